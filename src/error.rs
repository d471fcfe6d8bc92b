//! Every error that a command can end with, and its exit code.

use miette::Diagnostic;
use thiserror::Error;

use crate::io::{IoError, PythonLockFailure};
use crate::nix::flake::InitError;
use crate::options::ConfigError;
use crate::overlay::OverlayError;
use crate::project::ProjectError;
use crate::python_lock::PythonLockError;

/// What a command ends with where it can't do what was asked.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// Something in the project.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// Something outside.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Io(#[from] IoError),
    /// An overlay file, or what a stanza is made from.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Overlay(#[from] OverlayError),
    /// A lock of a Python environment.
    #[error(transparent)]
    #[diagnostic(transparent)]
    PythonLock(#[from] PythonLockError),
    /// The configuration.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] Box<ConfigError>),
    /// What a flake is made from.
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

/// The exit codes, as `--help` lists them. 101 is Rust's own for a panic: our
/// bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// `check` found differences.
    Differences = 1,
    /// The command line is wrong; clap ends with it.
    Usage = 2,
    /// The input has to be mended.
    Input = 3,
    /// The surroundings have to be mended: network, disk, a missing program.
    Surroundings = 4,
}

impl Error {
    /// No overlay is named.
    #[must_use]
    pub const fn nothing_to_check() -> Self {
        Self::Overlay(OverlayError::Nothing)
    }

    /// Says who has to mend it.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Overlay(OverlayError::Formatter { .. }) => Exit::Surroundings,
            Self::Project(_)
            | Self::Overlay(_)
            | Self::PythonLock(_)
            | Self::Config(_)
            | Self::Init(_) => Exit::Input,
            Self::Io(error) => match error {
                IoError::Git(error) if error.is_of_the_surroundings() => Exit::Surroundings,
                IoError::Artifact(error) if error.is_of_the_surroundings() => Exit::Surroundings,
                IoError::NotFound { .. }
                | IoError::NoLockFile { .. }
                | IoError::UnknownKind { .. }
                | IoError::Damaged { .. }
                | IoError::BehindTheEnd { .. }
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
                | IoError::DownloadTemplate { .. }
                | IoError::NoFile { .. }
                | IoError::NoProjectConfig { .. }
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
