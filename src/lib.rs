//! draft
#![forbid(unsafe_code)]
pub mod build_system;
pub mod hash;
pub mod nix;
pub mod project;
pub mod vendor;
