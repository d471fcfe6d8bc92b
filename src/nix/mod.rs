//! Nix text, from a typed model: no part of it is pasted from strings.

pub mod expr;
pub mod print;
pub mod stanza;

pub use stanza::{Form, Stanza};
