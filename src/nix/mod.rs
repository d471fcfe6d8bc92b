//! Nix text, from a typed model: no part of it is pasted from strings.

pub mod expr;
pub mod layout;
mod licenses;
mod own;
pub mod package;
pub mod pins;
mod platforms;
pub mod print;
pub mod stanza;

pub use licenses::PackageTable;
pub use own::OwnExpr;
pub use package::Package;
pub use print::is_identifier;
pub use stanza::{
    Form, LockFile, REVISION, Source, Stanza, normalized, output_hashes_set, print_all, skeleton,
};
