//! The words of recipes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the package set has a package's source from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceWord {
    /// An sdist of a package index.
    Registry,
    /// A project of the workspace.
    Local,
    /// A git repository.
    Git,
    /// An archive at a URL.
    Url,
    /// An archive in the user's own folders.
    Path,
}

/// Whose copy of a library is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChoiceWord {
    /// nixpkgs' library.
    System,
    /// The crate's own.
    Bundled,
}
