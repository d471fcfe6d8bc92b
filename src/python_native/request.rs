//! What the files of a build ask for, before it is known what nixpkgs calls it.

use crate::python_build::Place;

/// Something that a build looks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// A library that is linked: `z` of `-lz`.
    Library(String),
    /// A module of pkg-config.
    Module(String),
    /// A package of CMake's `find_package`, or of Meson's `dependency`.
    Dependency(String),
    /// A program that is run.
    Program(String),
    /// The rules of a CMake that version 4 has no longer: the version.
    OldCmake(String),
    /// Something from the network: what fetches it.
    Download(String),
    /// Libraries that the text doesn't tell: what is in their place.
    Unread(String),
}

/// What is asked for, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub asked: Asked,
    /// Whether the build fails without it.
    pub is_required: bool,
    /// The extension that needs it, if it has a name.
    pub extension: Option<String>,
    pub place: Place,
}

impl Asked {
    /// What the file does, in words that follow its name.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Library(name) => format!("links `{name}`"),
            Self::Module(name) => format!("asks pkg-config for `{name}`"),
            Self::Dependency(name) => format!("looks for `{name}`"),
            Self::Program(name) => format!("runs `{name}`"),
            Self::OldCmake(version) => format!("asks for the rules of CMake {version}"),
            Self::Download(what) => format!("downloads with `{what}`"),
            Self::Unread(what) => format!("links libraries that its text doesn't tell: {what}"),
        }
    }
}
