//! SHA-256 in the notations of Cargo and Nix, and Nix archives.

pub mod nar;
pub mod sha256;

pub use nar::{Directory, NarWriter};
pub use sha256::{Sha256, Sha256Writer};
