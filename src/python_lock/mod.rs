//! Lockfiles of Python environments: `uv.lock`, and `pylock.toml` (PEP 751).
//!
//! Which packages an environment has, and whether each is a wheel or built
//! from source, is decided by uv2nix's rules, since stanzas override uv2nix's
//! package set.

mod choose;
mod environment;
mod error;
mod indexes;
mod model;
mod parse;
mod pylock;
mod reach;
mod reader;
mod settings;
mod uv;
mod wheel;

pub use choose::{PackageFormat, choose_format};
pub use environment::{Environment, Libc, choose_python, nixpkgs_python, parse_python_version};
pub use error::PythonLockError;
pub use indexes::{NamedIndex, read_indexes};
pub use model::{
    Artifact, ArtifactPlace, LockedPackage, LockedSource, PythonDependency, PythonLock,
};
pub use parse::parse;
pub use reach::reach;
pub use settings::{Preference, UvSettings};
pub use wheel::WheelName;

#[cfg(test)]
mod formats;
#[cfg(test)]
mod tests;
