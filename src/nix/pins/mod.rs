//! The versions of nixpkgs and pyproject.nix that a user's flake or npins
//! pins, and how old they are.

use camino::Utf8Path;

mod address;
mod date;
mod flake_lock;
mod judge;
mod npins;

pub use date::Day;
pub use judge::{Asked, Judged, NeededRust, judge};

/// A kind of file that pins inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinFile {
    /// Nix' own, of a flake.
    FlakeLock,
    /// npins'.
    Npins,
}

/// A pinned input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The input to update to have a newer one.
    pub name: String,
    /// What it is.
    pub input: Input,
    /// How old it is.
    pub age: Age,
    /// The branch or channel that it follows, where that is told.
    pub branch: Option<String>,
}

/// An input that we know something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// nixpkgs.
    Nixpkgs,
    /// pyproject.nix.
    PyprojectNix,
    /// uv2nix.
    Uv2nix,
}

/// How old an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// It is of this day.
    Of(Day),
    /// It is older than this day, by its name.
    Before(Day),
    /// Nothing tells.
    Unknown,
}

impl PinFile {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::FlakeLock, Self::Npins];

    /// Where it is, from the folder that it is for.
    #[must_use]
    pub fn path(self) -> &'static Utf8Path {
        Utf8Path::new(match self {
            Self::FlakeLock => "flake.lock",
            Self::Npins => "npins/sources.json",
        })
    }

    /// The command that updates an input.
    #[must_use]
    pub fn update(self, name: &str) -> String {
        let command = match self {
            Self::FlakeLock => "nix flake update",
            Self::Npins => "npins update",
        };
        format!("{command} {}", shown(name))
    }

    /// Reads the inputs that we know something of.
    ///
    /// # Errors
    /// Where it is no file of its kind, with the reason.
    pub fn read(self, text: &str) -> Result<Vec<Pin>, String> {
        match self {
            Self::FlakeLock => flake_lock::read(text),
            Self::Npins => npins::read(text),
        }
    }
}

impl Age {
    /// Whether it is certainly older than a day.
    #[must_use]
    pub fn is_before(self, day: Day) -> bool {
        match self {
            Self::Of(own) => own < day,
            Self::Before(bound) => bound <= day,
            Self::Unknown => false,
        }
    }
}

/// A name for a terminal: whoever wrote the file chose it.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}
