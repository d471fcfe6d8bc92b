#![forbid(unsafe_code)]
pub mod build_system;
pub mod cli;
pub mod error;
pub mod hash;
pub mod io;
pub mod native;
pub mod nix;
pub mod ops;
pub mod project;
pub mod vendor;
pub mod warning;
