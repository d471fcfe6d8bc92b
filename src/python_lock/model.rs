//! The contents of a lockfile, whichever format it has.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use pep508_rs::MarkerTree;
use percent_encoding::percent_decode_str;

use super::wheel::WheelName;
use crate::hash::Sha256;
use crate::project::{PythonName, SourceKind};

#[derive(Debug, Clone)]
pub struct PythonLock {
    pub requires_python: Option<String>,
    /// The entries in the order of the file. A package has several if the
    /// resolution forks.
    pub packages: Vec<LockedPackage>,
    /// Sets of extras and groups of which an environment has at most one.
    pub conflicts: Vec<Vec<Conflict>>,
    /// `supported-markers` and `required-markers`: of each list that isn't empty,
    /// one holds in each environment. The latter are as uv2nix takes them.
    pub platforms: [Vec<MarkerTree>; 2],
    /// Whether an environment has every package whose marker holds, as in
    /// `pylock.toml`, and not only those that something depends on.
    pub is_flat: bool,
    /// The extras that markers may ask for. All of them are enabled.
    pub extras: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct LockedPackage {
    pub name: PythonName,
    /// The version; `None` if only the build backend knows it.
    pub version: Option<String>,
    pub source: LockedSource,
    /// The sdist, or another archive that is built.
    pub sdist: Option<Artifact>,
    pub wheels: Vec<WheelName>,
    /// The entry is for environments where one of these holds; for all if there
    /// is none.
    pub markers: Vec<MarkerTree>,
    pub dependencies: Vec<PythonDependency>,
    /// The dependencies of each extra.
    pub optional: BTreeMap<String, Vec<PythonDependency>>,
    /// The dependencies of each dependency group.
    pub groups: BTreeMap<String, Vec<PythonDependency>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockedSource {
    /// A package index: its URL, or a folder.
    Registry(String),
    Git {
        url: String,
        /// The full revision.
        revision: String,
        /// The package's folder in the repository.
        subdirectory: Option<Utf8PathBuf>,
    },
    /// An archive or a wheel at a URL.
    Url {
        url: String,
        /// The package's folder in the archive.
        subdirectory: Option<Utf8PathBuf>,
    },
    /// An archive or a wheel in a local folder.
    Path(Utf8PathBuf),
    /// A local project.
    Directory(Utf8PathBuf),
    /// A local project that is installed as editable.
    Editable(Utf8PathBuf),
    /// A local project that isn't built, only its dependencies are.
    Virtual(Utf8PathBuf),
}

/// A file that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Where the file is.
    pub place: ArtifactPlace,
    /// The file's SHA-256.
    pub hash: Option<Sha256>,
    /// The size in bytes.
    pub size: Option<u64>,
}

/// Where an [`Artifact`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactPlace {
    /// A URL.
    Url(String),
    /// A path relative to the lockfile.
    Path(Utf8PathBuf),
    /// The entry doesn't say.
    Nowhere,
}

#[derive(Debug, Clone)]
pub struct PythonDependency {
    pub name: PythonName,
    /// The version, if the lockfile has several.
    pub version: Option<String>,
    /// The extras that are needed.
    pub extras: Vec<String>,
    /// Where the dependency is needed.
    pub marker: MarkerTree,
}

/// An extra or group that conflicts with the others of its set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub package: PythonName,
    pub item: ConflictItem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictItem {
    Extra(String),
    /// A dependency group.
    Group(String),
    /// The package itself.
    Package,
}

impl PythonLock {
    /// Returns whether a file name is that of a lockfile: `uv.lock`,
    /// `pylock.toml` or `pylock.NAME.toml`.
    pub fn is_named(file_name: &str) -> bool {
        file_name == "uv.lock" || is_pylock(file_name)
    }

    /// Returns whether the file name of a path is that of a lockfile.
    pub fn is_path(path: &Utf8Path) -> bool {
        path.file_name().is_some_and(Self::is_named)
    }

    /// Returns the names of all packages.
    pub fn names(&self) -> impl Iterator<Item = &PythonName> {
        self.packages.iter().map(|package| &package.name)
    }

    /// Returns the entries of a package.
    pub fn entries<'a>(
        &'a self,
        name: &PythonName,
    ) -> impl Iterator<Item = &'a LockedPackage> + use<'a> {
        let name = name.clone();
        self.packages.iter().filter(move |entry| entry.name == name)
    }

    /// Returns where a package set takes a package from; `None` if the lockfile
    /// doesn't have the package.
    pub fn kind(&self, name: &PythonName) -> Option<SourceKind> {
        Some(self.entries(name).next()?.source.kind())
    }

    /// Returns the local projects, installed or not, each with its folder
    /// relative to the lockfile's.
    pub fn folders(&self) -> impl Iterator<Item = (&PythonName, &Utf8Path)> {
        let packages = self.packages.iter();
        packages.filter_map(|package| match &package.source {
            LockedSource::Directory(folder)
            | LockedSource::Editable(folder)
            | LockedSource::Virtual(folder) => Some((&package.name, folder.as_path())),
            _ => None,
        })
    }

    /// Returns the workspace members that are installed as packages, sorted by
    /// name, each with its folder relative to the lockfile's.
    pub fn members(&self) -> Vec<(&PythonName, &Utf8Path)> {
        let members = self
            .packages
            .iter()
            .filter_map(|entry| match &entry.source {
                LockedSource::Editable(folder) => Some((&entry.name, folder.as_path())),
                _ => None,
            });
        let mut members: Vec<_> = members.collect();
        members.sort_unstable();
        members
    }

    /// Returns whether a package is a local project but not a workspace member.
    pub fn has_folders(&self) -> bool {
        let mut sources = self.packages.iter().map(|package| &package.source);
        sources.any(|source| matches!(source, LockedSource::Directory(_)))
    }

    /// Returns whether each package that has wheels has one for `CPython`
    /// 3.`minor`, on any platform.
    pub fn has_wheels_for(&self, minor: u8) -> bool {
        let mut is_covered: BTreeMap<&PythonName, bool> = BTreeMap::new();
        for package in self.packages.iter().filter(|p| !p.wheels.is_empty()) {
            let has_fitting = package.wheels.iter().any(|w| w.is_for_python(minor));
            *is_covered.entry(&package.name).or_default() |= has_fitting;
        }
        is_covered.into_values().all(|is_covered| is_covered)
    }
}

/// Returns whether a file name is one that PEP 751 defines.
pub(super) fn is_pylock(file_name: &str) -> bool {
    let middle = file_name
        .strip_prefix("pylock.")
        .and_then(|rest| rest.strip_suffix("toml"));
    middle.is_some_and(|middle| {
        let name = middle.strip_suffix('.');
        middle.is_empty() || name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
    })
}

impl LockedSource {
    /// Returns how uv2nix treats the source.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Registry(_) => SourceKind::Registry,
            Self::Git { subdirectory, .. } => SourceKind::Git(subdirectory.clone()),
            Self::Url { subdirectory, .. } => SourceKind::Url(subdirectory.clone()),
            Self::Path(_) => SourceKind::Path,
            Self::Directory(_) | Self::Editable(_) | Self::Virtual(_) => SourceKind::Local,
        }
    }

    /// Returns the key that `uv.lock` has for the source.
    pub const fn key(&self) -> &'static str {
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

    /// Returns the folder of a local project.
    pub const fn folder(&self) -> Option<&Utf8PathBuf> {
        match self {
            Self::Directory(path) | Self::Editable(path) | Self::Virtual(path) => Some(path),
            _ => None,
        }
    }
}

impl LockedPackage {
    /// Returns whether the entry has a source to build from.
    pub const fn can_be_built(&self) -> bool {
        match &self.source {
            LockedSource::Virtual(_) => false,
            LockedSource::Registry(_) | LockedSource::Url { .. } => self.sdist.is_some(),
            LockedSource::Path(_) => self.wheels.is_empty(),
            _ => true,
        }
    }
}

impl Artifact {
    /// Returns the file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        match &self.place {
            ArtifactPlace::Url(url) => url_file_name(url),
            ArtifactPlace::Path(path) => path.file_name().unwrap_or_default().to_owned(),
            ArtifactPlace::Nowhere => String::new(),
        }
    }
}

/// Returns the last part of a URL's path, percent-decoded.
pub(super) fn url_file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_lock::parse;

    #[test]
    fn members_are_what_is_installed() {
        let lock = r#"
version = 1
requires-python = ">=3.11"
conflicts = [[{ package = "app", extra = "a" }, { package = "app", extra = "b" }]]

[[package]]
name = "Under_Score"
source = { editable = "packages/under" }

[[package]]
name = "app"
source = { virtual = "." }

[[package]]
name = "a"
source = { editable = "." }

[[package]]
name = "b"
source = { directory = "../b" }
"#;
        let lock = parse("uv.lock", lock).unwrap();
        let members = lock.members().into_iter();
        let members: Vec<_> = members
            .map(|(name, folder)| (name.as_str(), folder.as_str()))
            .collect();
        assert_eq!(members, [("a", "."), ("under-score", "packages/under")]);
        assert!(!lock.conflicts.is_empty() && lock.has_folders());
        assert!(lock.has_wheels_for(15));
        assert_eq!(lock.kind(&PythonName::new("B")), Some(SourceKind::Local));
        assert_eq!(lock.kind(&PythonName::new("c")), None);
    }

    #[test]
    fn wheels_tell_the_pythons() {
        let pythons = |names: &[&str]| -> Vec<u8> {
            let wheels: Vec<_> = names
                .iter()
                .map(|name| format!("{{ url = \"https://example.org/{name}.whl\" }}"))
                .collect();
            let lock = format!(
                "version = 1\n[[package]]\nname = \"a\"\nsource = {{ registry = \"x\" }}\nwheels = [{}]",
                wheels.join(", ")
            );
            let lock = parse("uv.lock", &lock).unwrap();
            (11..=15)
                .filter(|minor| lock.has_wheels_for(*minor))
                .collect()
        };
        let all = [11, 12, 13, 14, 15];
        assert_eq!(pythons(&["a-1.0-py3-none-any"]), all);
        assert_eq!(pythons(&["a-1.0-py2.py3-none-any"]), all);
        assert_eq!(pythons(&["a-1.0-py312-none-any"]), [12, 13, 14, 15]);
        assert_eq!(
            pythons(&["a-1.0-cp313-abi3-macosx_11_0_arm64"]),
            [13, 14, 15]
        );
        assert_eq!(
            pythons(&[
                "a-1.0-cp311-cp311-musllinux_1_1_x86_64",
                "a-1.0-1-cp313-cp313-win32",
                "a-1.0-cp314-cp314t-win32",
            ]),
            [11, 13]
        );
        assert_eq!(pythons(&["a-1.0-pp310-pypy310_pp73-win32"]), [0u8; 0]);
        assert_eq!(pythons(&[]), all);
    }
}
