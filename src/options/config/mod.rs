//! Configuration: `[tool.cargo-pyhack]` in `pyproject.toml`, or
//! `[workspace.metadata.pyhack]` in `Cargo.toml`.
//!
//! Whoever wrote it isn't always who runs us: it can name no Nix but
//! attribute paths, and no overlay out of its repository.

mod error;
mod model;
mod prebuilt;
mod reader;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use model::{Config, PackageStyle};
