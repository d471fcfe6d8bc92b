//! Nix text, from a typed model: no part of it is pasted from strings.

mod any_stanza;
pub mod expr;
pub mod flake;
pub mod layout;
mod licenses;
pub mod package;
pub(crate) mod parse;
pub mod pins;
mod platforms;
mod prebuilt;
pub mod print;
pub mod stanza;
mod user_expr;

pub use any_stanza::{AnyStanza, print_all, skeleton};
pub use licenses::PackageTable;
pub use prebuilt::{Dropped, Prebuilt};
pub use print::is_identifier;
pub use stanza::{Form, LockFile, REVISION, Source, Stanza, normalized, output_hashes_set};
pub use user_expr::UserExpr;
