//! Lockfiles of Python environments: `uv.lock`, and `pylock.toml` (PEP 751).
//!
//! Which packages an environment has, and whether each is a wheel or built
//! from source, is decided by uv2nix's rules, since stanzas override uv2nix's
//! package set.

mod choose;
mod conflicts;
mod environment;
mod error;
mod indexes;
mod markers;
mod model;
mod parse;
mod pylock;
mod python;
mod reach;
mod reader;
mod settings;
mod uv;
mod wheel;

pub use choose::{PackageFormat, choose_format};
pub use conflicts::ChosenMembers;
pub use environment::{Environment, Libc, parse_python_version};
pub use error::PythonLockError;
pub use indexes::{NamedIndex, named_index, read_indexes};
pub use markers::{platform_markers, supports};
pub use model::{
    Artifact, ArtifactPlace, Conflict, ConflictItem, LockedPackage, LockedSource, PythonDependency,
    PythonLock,
};
pub use parse::parse;
pub use python::{PythonChoice, python_version_override};
pub use reach::{held, reach};
pub use settings::{DefaultGroups, Preference, SettingsProblem, UvSettings};
pub use wheel::WheelName;

#[cfg(test)]
mod formats;
#[cfg(test)]
mod tests;
