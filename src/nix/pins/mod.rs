//! The versions of nixpkgs and pyproject.nix that a flake or npins pins, and
//! their age.

use camino::Utf8Path;

mod address;
mod date;
mod flake_lock;
mod judge;
mod npins;

pub use date::Day;
pub use judge::{NeededRust, PinFindings, PinRequirements, judge};

/// A kind of file that pins inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinFile {
    FlakeLock,
    Npins,
}

/// A pinned input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The input to update for a newer version.
    pub name: String,
    pub project: PinnedProject,
    pub age: Age,
    /// The branch or channel of nixpkgs that the input follows, if the file
    /// says it.
    pub branch: Option<String>,
}

/// A project whose age matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinnedProject {
    Nixpkgs,
    PyprojectNix,
    Uv2nix,
}

/// The age of a pinned version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// The version is of this day.
    Of(Day),
    /// The version's name shows that it is older than this day.
    Before(Day),
    Unknown,
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
    pub fn read(self, text: &str) -> Result<Vec<Pin>, String> {
        match self {
            Self::FlakeLock => flake_lock::read(text),
            Self::Npins => npins::read(text),
        }
    }
}

impl Age {
    /// Whether the version is older than `day` beyond doubt.
    pub fn is_before(self, day: Day) -> bool {
        match self {
            Self::Of(own) => own < day,
            Self::Before(bound) => bound <= day,
            Self::Unknown => false,
        }
    }
}

/// Escapes control characters: a name in a file that somebody else wrote must
/// not steer the terminal.
fn escape(name: &str) -> String {
    name.escape_debug().to_string()
}
