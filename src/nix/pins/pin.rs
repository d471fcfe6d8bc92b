//! A pinned input and its age.

use jiff::civil::Date;

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
    Of(Date),
    /// The version's name shows that it is older than this day.
    Before(Date),
    Unknown,
}

impl Age {
    /// Whether the version is older than `day` beyond doubt.
    pub fn is_before(self, day: Date) -> bool {
        match self {
            Self::Of(own) => own < day,
            Self::Before(bound) => bound <= day,
            Self::Unknown => false,
        }
    }
}

/// Escapes control characters: a name in a file that somebody else wrote must
/// not steer the terminal.
pub(super) fn escape(name: &str) -> String {
    name.escape_debug().to_string()
}
