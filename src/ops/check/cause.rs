//! Why `check` finds fault with a stanza.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::overlay::Reason;
use crate::python_lock::PythonLockError;

/// Why a stanza isn't what it should be, or can't be checked.
///
/// JSON has the words of [`Display`](fmt::Display).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It isn't what would be written today.
    Stale(Reason),
    /// Its source doesn't exist.
    SourceMissing { path: Utf8PathBuf },
    /// The lock that it comes from doesn't exist, or has no such package.
    NotInPythonLock { error: String },
    /// Its source is another package.
    OtherPackage { name: String },
    /// The lock no longer has the package.
    Removed { python_lock: String },
    /// The package contains no Rust, and the lock's mark or the configuration
    /// asks for stanzas of packages with Rust alone.
    RustOnly,
    /// The package contains no Rust.
    NoRust,
    /// The package needs a stanza, since it contains Rust.
    HasRust,
    /// The package needs a stanza, since it is built from source.
    IsBuilt,
    /// The configuration asks for a stanza of a source.
    Configured { path: Utf8PathBuf },
    /// The configuration takes the package from nixpkgs.
    ConfiguredPrebuilt { package: String },
    /// The stanza can't be generated.
    Failed { error: String },
}

impl Cause {
    /// The cause if a stanza can't be generated.
    pub(super) fn failed(error: &Error) -> Self {
        let error = error.to_string();
        Self::Failed { error }
    }

    /// The cause if a lock doesn't have the package.
    pub(super) fn not_in_python_lock(error: &PythonLockError) -> Self {
        let error = error.to_string();
        Self::NotInPythonLock { error }
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        Self::Stale(reason)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Stale(reason) => reason.fmt(f),
            Self::SourceMissing { path } => write!(f, "its source `{path}` isn't there"),
            Self::NotInPythonLock { error } => f.write_str(error),
            Self::OtherPackage { name } => write!(
                f,
                "its source is the package `{name}` now: delete the stanza, and write that one's"
            ),
            Self::Removed { python_lock } => write!(f, "`{python_lock}` no longer has it"),
            Self::RustOnly => f.write_str("there is no Rust in it, and `rust-only` is set"),
            Self::NoRust => f.write_str("there is no Rust in it: delete the stanza"),
            Self::HasRust => f.write_str("it is built from source, and has Rust in it"),
            Self::IsBuilt => f.write_str("it is built from source, and needs a build system"),
            Self::Configured { path } => {
                write!(f, "the configuration asks for a stanza of `{path}`")
            }
            Self::ConfiguredPrebuilt { package } => {
                write!(f, "the configuration takes `{package}` from nixpkgs")
            }
            Self::Failed { error } => write!(f, "what would change can't be told: {error}"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
