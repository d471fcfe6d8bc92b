//! The errors that make a command fail, and the exit codes.

use miette::Diagnostic;
use thiserror::Error;

use crate::io::{IoError, PythonLockFailure};
use crate::nix::flake::InitError;
use crate::options::ConfigError;
use crate::overlay::OverlayError;
use crate::project::ProjectError;
use crate::python_lock::PythonLockError;
use crate::text_place::TextPlace;

/// An error that makes a command fail.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// The project or its lock is wrong or not supported.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// Files, archives, the network or another program failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Io(#[from] IoError),
    /// An overlay file, or the recipe of a stanza in it, is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Overlay(#[from] OverlayError),
    /// A `uv.lock` or `pylock.toml` is wrong or not supported.
    #[error(transparent)]
    #[diagnostic(transparent)]
    PythonLock(#[from] PythonLockError),
    /// The configuration can't be read or has a wrong value.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] Box<ConfigError>),
    /// A flake can't be made from the project.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Init(#[from] InitError),
}

impl From<PythonLockFailure> for Error {
    fn from(failure: PythonLockFailure) -> Self {
        match failure {
            PythonLockFailure::Io(error) => error.into(),
            PythonLockFailure::Lock(error) => error.into(),
        }
    }
}

/// The exit codes that `--help` lists. Rust, too, ends a program with 101 that
/// panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command did what was asked.
    Done = 0,
    /// `check` found stanzas that aren't up to date.
    Differences = 1,
    /// The command line is wrong. clap ends with this code.
    Usage = 2,
    /// The project, overlay or configuration has to be corrected.
    Input = 3,
    /// The network or disk failed, or a program or credential is missing.
    Surroundings = 4,
    /// A package made cargo-pyhack panic. Others were finished.
    Bug = 101,
}

impl Error {
    /// The place in a file that the error is about.
    #[must_use]
    pub fn place(&self) -> Option<&TextPlace> {
        match self {
            Self::Project(error) => error.place(),
            Self::Overlay(error) => error.place(),
            Self::PythonLock(error) => error.place(),
            Self::Config(error) => Some(&error.at),
            Self::Io(_) | Self::Init(_) => None,
        }
    }

    /// Returns the error for a `check` without an overlay: neither the command
    /// line nor the configuration names one.
    #[must_use]
    pub const fn nothing_to_check() -> Self {
        Self::Overlay(OverlayError::Nothing)
    }

    /// Returns the exit code: whether the input or the environment of the run
    /// has to be corrected.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Overlay(OverlayError::Formatter { .. }) => Exit::Surroundings,
            // Flags that go with nothing that there is.
            Self::Overlay(OverlayError::Nothing | OverlayError::NotAFile { .. })
            | Self::Project(ProjectError::NoSuchRoot { .. }) => Exit::Usage,
            Self::Project(_)
            | Self::Overlay(_)
            | Self::PythonLock(_)
            | Self::Config(_)
            | Self::Init(_) => Exit::Input,
            Self::Io(error) => match error {
                IoError::NoProjectConfig { .. } => Exit::Usage,
                IoError::Git(error) if error.is_of_the_surroundings() => Exit::Surroundings,
                IoError::Release(error) if error.is_of_the_surroundings() => Exit::Surroundings,
                IoError::Artifact(error) if error.is_of_the_surroundings() => Exit::Surroundings,
                IoError::NotFound { .. }
                | IoError::NoLockFile { .. }
                | IoError::UnknownKind { .. }
                | IoError::Damaged { .. }
                | IoError::BehindTheEnd { .. }
                | IoError::NoTopFolder { .. }
                | IoError::SeveralTopFolders { .. }
                | IoError::UnsafeEntry { .. }
                | IoError::DamagedCrate { .. }
                | IoError::Checksum { .. }
                | IoError::NoSuchCrate { .. }
                | IoError::NotAFolder { .. }
                | IoError::NotOurs { .. }
                | IoError::Resolution { .. }
                | IoError::CargoFailed { .. }
                | IoError::Git(_)
                | IoError::Artifact(_)
                | IoError::Release(_)
                | IoError::DownloadTemplate { .. }
                | IoError::NoFile { .. }
                | IoError::TooLarge { .. }
                | IoError::LeadsOut { .. }
                | IoError::Exists { .. } => Exit::Input,
                IoError::Offline { .. }
                | IoError::Download { .. }
                | IoError::CargoConfig { .. }
                | IoError::IndexRepository { .. }
                | IoError::NoToken { .. }
                | IoError::TokenRefused { .. }
                | IoError::NoCargo { .. }
                | IoError::NoSafeFolder
                | IoError::CargoNetwork { .. }
                | IoError::NoText { .. }
                | IoError::Changed { .. }
                | IoError::File(_) => Exit::Surroundings,
            },
        }
    }
}
