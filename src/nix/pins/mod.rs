//! The versions of nixpkgs and pyproject.nix that a flake or npins pins, and
//! their age.

mod address;
mod file;
mod flake_lock;
mod judge;
mod npins;
mod pin;
mod problem;

pub use file::PinFile;
pub use judge::{NeededRust, PinFindings, PinRequirements, judge};
pub use pin::Pin;
