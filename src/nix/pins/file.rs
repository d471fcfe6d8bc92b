//! The files that pin inputs.

use camino::Utf8Path;

use super::pin::{Pin, escape};
use super::problem::PinProblem;
use super::{flake_lock, npins};

/// A kind of file that pins inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinFile {
    FlakeLock,
    Npins,
}

impl PinFile {
    pub const ALL: [Self; 2] = [Self::FlakeLock, Self::Npins];

    /// The file's path from the folder that it is for.
    pub fn path(self) -> &'static Utf8Path {
        Utf8Path::new(match self {
            Self::FlakeLock => "flake.lock",
            Self::Npins => "npins/sources.json",
        })
    }

    /// The command that updates an input.
    pub fn update(self, name: &str) -> String {
        let command = match self {
            Self::FlakeLock => "nix flake update",
            Self::Npins => "npins update",
        };
        format!("{command} {}", escape(name))
    }

    /// Reads the pins of known projects.
    ///
    /// # Errors
    /// Fails with the reason if the text is not a file of this kind.
    pub fn read(self, text: &str) -> Result<Vec<Pin>, PinProblem> {
        match self {
            Self::FlakeLock => flake_lock::read(text),
            Self::Npins => npins::read(text),
        }
    }
}
