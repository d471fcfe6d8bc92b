//! Where a package set has a package from.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// Where the package set has a package's source from, as `source` in uv.lock
/// says it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// An sdist of a package index, which may be a wheel in other sets.
    #[default]
    Registry,
    /// A project of the workspace, whose `[build-system]` uv2nix reads.
    Local,
    /// A git repository, and the folder of the package in it.
    Git(Option<Utf8PathBuf>),
    /// An archive at a URL, likewise.
    Url(Option<Utf8PathBuf>),
    /// An archive in the user's own folders.
    Path,
}

impl SourceKind {
    /// uv2nix gives these sources no name, which an unpacked one is called by.
    #[must_use]
    pub const fn is_nameless(&self) -> bool {
        matches!(self, Self::Git(_) | Self::Path)
    }

    /// Where the package is in it.
    #[must_use]
    pub fn subdirectory(&self) -> Option<&Utf8Path> {
        match self {
            Self::Git(folder) | Self::Url(folder) => folder.as_deref(),
            _ => None,
        }
    }
}
