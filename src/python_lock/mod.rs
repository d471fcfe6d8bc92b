//! Locks of whole Python environments: `uv.lock`, and `pylock.toml` as
//! PEP 751 has it.
//!
//! Which packages an environment has, and whether each is a wheel or built
//! from source there, is decided as uv2nix decides it: its package set is what
//! stanzas are put into.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use pep508_rs::MarkerTree;
use percent_encoding::percent_decode_str;

use crate::hash::Sha256;
use crate::project::{PythonName, SourceKind};

mod choose;
mod environment;
mod error;
mod indexes;
mod pylock;
mod reader;
mod resolve;
mod settings;
mod tags;
mod uv;
mod workspace;

pub use choose::{Built, choose};
pub use environment::{Environment, Libc, default_python, python_version, usual_python};
pub use error::PythonLockError;
pub use indexes::{NamedIndex, indexes};
pub use resolve::reach;
pub use settings::{Preference, UvSettings};
pub use tags::WheelName;

/// A lock.
#[derive(Debug, Clone)]
pub struct PythonLock {
    /// `requires-python`.
    pub requires_python: Option<String>,
    /// The packages, in their order; one has several entries where the
    /// resolution forks.
    pub packages: Vec<LockedPackage>,
    /// Extras and groups of which an environment has one at most.
    pub conflicts: Vec<Vec<Conflict>>,
    /// Whether all packages whose markers hold are in the environment,
    /// whatever depends on them: as `pylock.toml` has it.
    pub is_flat: bool,
    /// The extras that markers may ask for, all of which are chosen.
    pub extras: Vec<String>,
}

/// A package of a lock.
#[derive(Debug, Clone)]
pub struct LockedPackage {
    /// Its name.
    pub name: PythonName,
    /// Its version; none where only the build backend could tell.
    pub version: Option<String>,
    /// Where it is from.
    pub source: PackageSource,
    /// Its sdist, or the archive that is built.
    pub sdist: Option<Artifact>,
    /// Its wheels.
    pub wheels: Vec<LockedWheel>,
    /// It is in an environment only where one of these holds; empty: in all.
    pub markers: Vec<MarkerTree>,
    /// What it needs.
    pub dependencies: Vec<Dependency>,
    /// By extra.
    pub optional: BTreeMap<String, Vec<Dependency>>,
    /// By dependency group.
    pub groups: BTreeMap<String, Vec<Dependency>>,
    /// The line of its entry, from 1 on.
    pub line: usize,
}

/// Where a package is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// An index; its address, or a folder.
    Registry(String),
    /// A repository, at a revision.
    Git {
        /// Its address.
        url: String,
        /// The full revision.
        revision: String,
        /// The package's folder in it.
        subdirectory: Option<Utf8PathBuf>,
    },
    /// An archive or a wheel.
    Url {
        /// Its address.
        url: String,
        /// The package's folder in it.
        subdirectory: Option<Utf8PathBuf>,
    },
    /// An archive or a wheel, in the user's folders.
    Path(Utf8PathBuf),
    /// A project in the user's folders.
    Directory(Utf8PathBuf),
    /// The same, installed as editable.
    Editable(Utf8PathBuf),
    /// The same, not built at all.
    Virtual(Utf8PathBuf),
}

/// A file that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its address, or its place in the user's folders.
    pub place: ArtifactPlace,
    /// Its SHA-256.
    pub hash: Option<Sha256>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactPlace {
    /// An address.
    Url(String),
    /// Relative to the lock.
    Path(Utf8PathBuf),
    /// The entry doesn't say.
    Nowhere,
}

/// A wheel of a package.
#[derive(Debug, Clone)]
pub struct LockedWheel {
    /// What its name says.
    pub name: WheelName,
    /// The file.
    pub artifact: Artifact,
}

/// A need of a package.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package.
    pub name: PythonName,
    /// Its version, where the lock has several.
    pub version: Option<String>,
    /// The extras of it that are needed.
    pub extras: Vec<String>,
    /// Where it is needed.
    pub marker: MarkerTree,
}

/// An extra or group that goes with no other of its set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Whose it is.
    pub package: PythonName,
    /// It.
    pub item: ConflictItem,
}

/// What conflicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictItem {
    /// An extra.
    Extra(String),
    /// A dependency group.
    Group(String),
    /// The package itself.
    Package,
}

impl PythonLock {
    /// Whether a file's name is one of a lock: `uv.lock`, `pylock.toml` or
    /// `pylock.NAME.toml`.
    #[must_use]
    pub fn is_named(file_name: &str) -> bool {
        file_name == "uv.lock" || is_pylock(file_name)
    }

    /// Whether a path is that of a lock, by its file name.
    #[must_use]
    pub fn is_path(path: &Utf8Path) -> bool {
        path.file_name().is_some_and(Self::is_named)
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// Where it is none, of a version that isn't known, or an entry makes no
    /// sense.
    pub fn read(place: &str, text: &str) -> Result<Self, PythonLockError> {
        let is_pylock = Utf8Path::new(place).file_name().is_some_and(is_pylock);
        if is_pylock {
            pylock::read(place, text)
        } else {
            uv::read(place, text)
        }
    }

    /// The entries of a package.
    pub fn entries<'a>(
        &'a self,
        name: &PythonName,
    ) -> impl Iterator<Item = &'a LockedPackage> + use<'a> {
        let name = name.clone();
        self.packages.iter().filter(move |entry| entry.name == name)
    }
}

/// Whether a file's name is one that PEP 751 gives.
fn is_pylock(file_name: &str) -> bool {
    let middle = file_name
        .strip_prefix("pylock.")
        .and_then(|rest| rest.strip_suffix("toml"));
    middle.is_some_and(|middle| {
        middle.is_empty()
            || middle
                .strip_suffix('.')
                .is_some_and(|name| !name.is_empty() && !name.contains('.'))
    })
}

impl PackageSource {
    /// What uv2nix makes of it.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Registry(_) => SourceKind::Registry,
            Self::Git { subdirectory, .. } => SourceKind::Git(subdirectory.clone()),
            Self::Url { subdirectory, .. } => SourceKind::Url(subdirectory.clone()),
            Self::Path(_) => SourceKind::Path,
            Self::Directory(_) | Self::Editable(_) | Self::Virtual(_) => SourceKind::Local,
        }
    }

    /// The word that `uv.lock` has for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Registry(_) => "registry",
            Self::Git { .. } => "git",
            Self::Url { .. } => "url",
            Self::Path(_) => "path",
            Self::Directory(_) => "directory",
            Self::Editable(_) => "editable",
            Self::Virtual(_) => "virtual",
        }
    }

    /// The folder of a local project.
    #[must_use]
    pub const fn folder(&self) -> Option<&Utf8PathBuf> {
        match self {
            Self::Directory(path) | Self::Editable(path) | Self::Virtual(path) => Some(path),
            _ => None,
        }
    }
}

impl LockedPackage {
    /// Whether there is a source to build it from.
    #[must_use]
    pub const fn can_be_built(&self) -> bool {
        match &self.source {
            PackageSource::Virtual(_) => false,
            PackageSource::Registry(_) | PackageSource::Url { .. } => self.sdist.is_some(),
            PackageSource::Path(_) => self.wheels.is_empty(),
            _ => true,
        }
    }
}

impl Artifact {
    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        match &self.place {
            ArtifactPlace::Url(url) => url_file_name(url),
            ArtifactPlace::Path(path) => path.file_name().unwrap_or_default().to_owned(),
            ArtifactPlace::Nowhere => String::new(),
        }
    }
}

/// The last part of an address' path, without query and fragment, decoded.
pub(crate) fn url_file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod formats;
#[cfg(test)]
mod tests;
