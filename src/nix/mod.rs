//! Nix text, from a typed model: no part of it is pasted from strings.

pub mod expr;
mod platforms;
pub mod print;
pub mod stanza;

pub use stanza::{Form, LockFile, Source, Stanza, output_hashes_set};
