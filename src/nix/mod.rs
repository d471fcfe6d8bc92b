//! Nix text, printed from a typed model: nothing is pasted together from
//! strings.

mod any_stanza;
pub mod expr;
pub mod flake;
pub mod ident;
mod names;
pub mod package;
mod package_table;
pub(crate) mod parse;
pub mod pins;
mod platforms;
mod prebuilt;
pub mod print;
pub(crate) mod scope;
mod shell;
pub mod stanza;
mod user_expr;

pub use any_stanza::{AnyStanza, empty_overlay, print_all};
pub use ident::is_identifier;
pub use names::{Names, Role};
pub use package_table::PackageTable;
pub use prebuilt::{Dropped, Prebuilt, RefusedPackage};
pub use stanza::{
    AdjacentCargoLock, CargoLockImport, CompactStanza, Form, Guard, REVISION, SourceOverride,
    Stanza, normalized, output_hashes_set,
};
pub use user_expr::UserExpr;
