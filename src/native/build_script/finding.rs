//! The actions that are found in build scripts.

use serde::{Deserialize, Serialize};

use crate::native::cfg::CfgCondition;
use crate::native::library_versions::LibraryVersions;

/// An action in a build script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    #[serde(rename = "what")]
    pub action: Action,
    /// The script takes the action if all of these hold.
    pub conditions: Vec<CfgCondition>,
    /// `FILE:LINE`, with the file relative to the crate.
    #[serde(rename = "place")]
    pub location: String,
}

/// Something that a build script does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Asks pkg-config for a module.
    PkgConfig {
        module: String,
        /// The versions that the script takes.
        versions: LibraryVersions,
    },
    /// Runs a program.
    Program {
        name: String,
        /// The arguments that the text shows; others are `{}`.
        arguments: Vec<String>,
    },
    /// Calls a crate, by its name in Rust.
    Uses(String),
    /// Has rustc link a library that the script doesn't build; `None` if the
    /// text doesn't show the name.
    Links(Option<String>),
}
