//! Where a package set takes a package's source from.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// Where the package set takes a package's source from, as `source` in
/// `uv.lock` says it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// An sdist of a package index. Other package sets may use a wheel of it.
    #[default]
    Registry,
    /// A project of the workspace, whose `[build-system]` uv2nix reads.
    Local,
    /// A git repository, and the package's folder in it.
    Git(Option<Utf8PathBuf>),
    /// An archive at a URL, and the package's folder in it.
    Url(Option<Utf8PathBuf>),
    /// An archive in a local folder.
    Path,
}

impl SourceKind {
    /// Returns whether uv2nix gives the source no `name`, which Nix names the
    /// unpacked folder after.
    pub const fn is_nameless(&self) -> bool {
        matches!(self, Self::Git(_) | Self::Path)
    }

    /// Returns the package's folder in the source.
    pub fn subdirectory(&self) -> Option<&Utf8Path> {
        match self {
            Self::Git(folder) | Self::Url(folder) => folder.as_deref(),
            _ => None,
        }
    }
}
