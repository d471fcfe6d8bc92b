//! The causes that `check` reports for a stanza.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::overlay::Reason;
use crate::python_lock::PythonLockError;

/// Why a stanza has to change, or can't be checked.
///
/// JSON has the text of [`Display`](fmt::Display).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It isn't what would be generated today.
    Stale(Reason),
    /// The source of the stanza doesn't exist.
    SourceMissing { path: Utf8PathBuf },
    /// The lock doesn't exist, or doesn't have the package.
    NotInPythonLock { error: String },
    /// The source contains another package.
    OtherPackage { name: String },
    /// The lock no longer has the package.
    Removed { python_lock: String },
    /// The package contains no Rust, and the lock's mark or the configuration
    /// asks for stanzas of packages with Rust alone.
    RustOnly,
    /// The package contains no Rust, and needs no stanza.
    NoRust,
    /// The package needs a stanza, since it contains Rust.
    HasRust,
    /// The package needs a stanza, since it is built from source.
    IsBuilt,
    /// The configuration lists the source.
    Configured { path: Utf8PathBuf },
    /// The configuration takes the package from nixpkgs.
    ConfiguredPrebuilt { package: String },
    /// The stanza can't be generated.
    Failed { error: String },
}

impl Cause {
    /// Returns the cause for a stanza that can't be generated.
    pub(super) fn failed(error: &Error) -> Self {
        let error = error.to_string();
        Self::Failed { error }
    }

    /// Returns the cause for a package that a lock doesn't have.
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
            Self::SourceMissing { path } => write!(f, "its source `{path}` doesn't exist"),
            Self::NotInPythonLock { error } => f.write_str(error),
            Self::OtherPackage { name } => write!(
                f,
                "its source is now the package `{name}`: delete the override, and generate one for `{name}`"
            ),
            Self::Removed { python_lock } => write!(f, "`{python_lock}` no longer has it"),
            Self::RustOnly => f.write_str("it has no Rust extension, and `rust-only` is set"),
            Self::NoRust => f.write_str("it has no Rust extension: delete the override"),
            Self::HasRust => f.write_str("it is built from source and has a Rust extension"),
            Self::IsBuilt => f.write_str("it is built from source and needs a build system"),
            Self::Configured { path } => {
                write!(f, "the configuration lists `{path}`")
            }
            Self::ConfiguredPrebuilt { package } => {
                write!(f, "the configuration takes `{package}` from nixpkgs")
            }
            Self::Failed { error } => write!(f, "the changes can't be determined: {error}"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
