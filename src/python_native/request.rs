//! Requests of build files, before they are resolved to attributes of nixpkgs.

use crate::python_build::Place;

/// A library, program or other thing that a build requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    /// A linked library: `z` for `-lz`.
    Library(String),
    /// A pkg-config module.
    Module(String),
    /// The name in CMake's `find_package` or Meson's `dependency`.
    Dependency(String),
    /// A program that the build runs.
    Program(String),
    /// A `cmake_minimum_required` version that CMake 4 rejects.
    OldCmake(String),
    /// A download: the function or command that fetches.
    Download(String),
    /// Libraries that can't be evaluated: a description of the expression.
    Unread(String),
    /// A header that the source doesn't have: its path in the `#include`, and
    /// where that is.
    Header { path: String, place: Place },
}

/// A request and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub asked: Asked,
    /// Whether the build fails if it isn't found.
    pub is_required: bool,
    /// The name of the extension that needs it, if any.
    pub extension: Option<String>,
    pub place: Place,
}

impl Asked {
    /// Returns the request as a clause that follows the name of the file.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Library(name) => format!("links `{name}`"),
            Self::Module(name) => format!("asks pkg-config for `{name}`"),
            Self::Dependency(name) => format!("looks for `{name}`"),
            Self::Program(name) => format!("runs `{name}`"),
            Self::OldCmake(version) => format!("requires the policies of CMake {version}"),
            Self::Download(what) => format!("downloads with `{what}`"),
            Self::Header { path, place } => {
                format!("includes `{path}` ({place}), which the sdist doesn't have")
            }
            Self::Unread(what) => format!("links libraries that couldn't be determined: {what}"),
        }
    }
}
