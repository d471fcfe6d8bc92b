//! `data/native-deps.toml`, `data/pkg-config.toml` and
//! `data/nixpkgs-libraries.toml`, which are compiled into the program. Comments
//! in the files explain their fields.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use cargo_platform::Platform as TargetSpec;
use clap::ValueEnum;
use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::cfg::CfgSet;
use super::library_versions::LibraryVersions;

const NATIVE_DEPS: &str = include_str!("../../../data/native-deps.toml");
const PKG_CONFIG: &str = include_str!("../../../data/pkg-config.toml");
const NIXPKGS_LIBRARIES: &str = include_str!("../../../data/nixpkgs-libraries.toml");

/// What crates need to build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeTable {
    pub library: Vec<Library>,
    /// Sorted by crate.
    pub native: Vec<NativeRow>,
}

/// A library that a crate can link from the system or build itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    pub name: String,
    /// What most packages in nixpkgs do.
    pub default: Choice,
    /// Where nixpkgs shows it. Every row must have it; no code reads it.
    #[expect(dead_code, reason = "for those who check the table")]
    pub evidence: String,
}

/// Whose copy of a library is linked.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Deserialize,
    Serialize,
    JsonSchema,
    ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// nixpkgs' library.
    System,
    /// The crate's own.
    Bundled,
}

/// How a crate's need is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// The build fails without the system's library.
    Hard,
    /// The build links the system's library if it finds it, else its own.
    Soft,
    /// The build links its own copy by default.
    Bundled,
    /// The build runs a program.
    Tool,
    /// The build downloads something, which Nix's sandbox forbids.
    Net,
    /// The program loads something when it runs.
    Runtime,
    None,
}

/// What a crate needs under some conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeRow {
    #[serde(rename = "crate")]
    pub krate: String,
    pub need: Need,
    pub versions: Option<VersionReq>,
    #[serde(default)]
    pub features: BTreeSet<String>,
    #[serde(default)]
    pub without_features: BTreeSet<String>,
    #[serde(default)]
    pub with: BTreeSet<String>,
    #[serde(default)]
    pub without: BTreeSet<String>,
    pub target: Option<TargetSpec>,
    pub library: Option<String>,
    pub prefer: Option<Choice>,
    #[serde(default)]
    pub build_inputs: BTreeSet<String>,
    #[serde(default)]
    pub native_build_inputs: BTreeSet<String>,
    #[serde(default)]
    pub env: BTreeMap<String, EnvValue>,
    #[serde(default)]
    pub variables: BTreeSet<String>,
    #[serde(default)]
    pub unused: BTreeSet<String>,
    #[serde(default)]
    pub not_run: BTreeSet<String>,
    pub system_versions: Option<LibraryVersions>,
    #[serde(default)]
    pub called: bool,
    #[serde(default)]
    pub loaded: bool,
    #[serde(default)]
    pub asked: bool,
    pub note: String,
    pub evidence: String,
}

/// The value of an environment variable. It is displayed as it stands between
/// the quotes of a Nix string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EnvValue {
    Text(String),
    /// A path in a package of nixpkgs.
    InPackage {
        /// An attribute path below `pkgs`.
        package: String,
        /// The path in the package, from its leading `/` on.
        #[serde(default)]
        path: String,
    },
}

impl fmt::Display for EnvValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::InPackage { package, path } => write!(f, "${{pkgs.{package}}}{path}"),
        }
    }
}

/// Whose copies of libraries the user prefers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// For all libraries that `libraries` lacks.
    pub all: Option<Choice>,
    pub libraries: BTreeMap<String, Choice>,
}

impl Preferences {
    /// The user's choice for a library.
    pub fn of(&self, library: &str) -> Option<Choice> {
        self.libraries.get(library).copied().or(self.all)
    }
}

/// How a crate is built on a platform.
#[derive(Debug, Clone, Copy)]
pub struct BuildContext<'a> {
    /// The enabled features; `None` if they aren't known.
    pub features: Option<&'a BTreeSet<&'a str>>,
    /// The names of the dependencies that are built.
    pub dependencies: &'a BTreeSet<&'a str>,
    /// The platform's `cfg`s and the crate's features.
    pub cfgs: &'a CfgSet,
    /// Whether the crate becomes part of a module that Python loads, not of a
    /// program.
    pub is_loaded: bool,
    pub preferences: &'a Preferences,
    /// The libraries whose version in nixpkgs a crate of the build doesn't take.
    pub unfit: &'a BTreeSet<String>,
}

impl BuildContext<'_> {
    /// Whether a feature is on; unknown features may be.
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.is_none_or(|enabled| enabled.contains(name))
    }

    fn lacks_feature(&self, name: &str) -> bool {
        self.features.is_none_or(|enabled| !enabled.contains(name))
    }
}

impl NativeTable {
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<NativeTable> =
            LazyLock::new(|| toml::from_str(NATIVE_DEPS).expect("a test reads the table"));
        &TABLE
    }

    /// The rows of a crate.
    pub fn rows(&self, krate: &str) -> &[NativeRow] {
        let start = self
            .native
            .partition_point(|row| row.krate.as_str() < krate);
        let rows = &self.native[start..];
        let length = rows.partition_point(|row| row.krate == krate);
        &rows[..length]
    }

    /// The crates of the table, and the attributes that they need.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.native.iter().flat_map(|row| {
            let inputs = row.build_inputs.iter().chain(&row.native_build_inputs);
            std::iter::once(row.krate.as_str()).chain(inputs.map(String::as_str))
        })
    }

    /// The rows of a crate whose conditions hold; `None` if the table has no
    /// row for this version of the crate.
    pub fn matching_rows(
        &self,
        krate: &str,
        version: &Version,
        context: &BuildContext,
    ) -> Option<Vec<&NativeRow>> {
        let mut rows: Vec<_> = self
            .rows(krate)
            .iter()
            .filter(|row| {
                let versions = row.versions.as_ref();
                versions.is_none_or(|versions| matches_version(versions, version))
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        rows.retain(|row| self.holds(row, context));
        Some(rows)
    }

    /// Whether the conditions of a row hold, apart from the version.
    fn holds(&self, row: &NativeRow, context: &BuildContext) -> bool {
        let is_dependency = |name: &String| context.dependencies.contains(name.as_str());
        let target = row.target.as_ref();
        let is_preferred = match (&row.library, row.prefer) {
            (Some(library), Some(prefer)) => {
                self.choice(library, context) == prefer
                    && (!row.asked || context.preferences.of(library).is_some())
            }
            _ => true,
        };
        is_preferred
            && (!row.loaded || context.is_loaded)
            && row.features.iter().all(|name| context.has_feature(name))
            && row
                .without_features
                .iter()
                .all(|name| context.lacks_feature(name))
            && row.with.iter().all(is_dependency)
            && !row.without.iter().any(is_dependency)
            && target.is_none_or(|target| context.cfgs.is_target(target))
    }

    /// Whose copy of a library is linked: the user's choice, else the default;
    /// but never the system's if its version doesn't fit.
    fn choice(&self, library: &str, context: &BuildContext) -> Choice {
        if context.unfit.contains(library) {
            return Choice::Bundled;
        }
        context.preferences.of(library).unwrap_or_else(|| {
            let row = self.library.iter().find(|row| row.name == library);
            row.map_or(Choice::System, |row| row.default)
        })
    }
}

/// Whether a version matches; a pre-release counts as its release.
fn matches_version(versions: &VersionReq, version: &Version) -> bool {
    let release = Version::new(version.major, version.minor, version.patch);
    versions.matches(version) || versions.matches(&release)
}

/// The modules of pkg-config and the nixpkgs attributes that provide them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PkgConfigTable {
    /// Sorted by name.
    pub module: Vec<PkgConfigModule>,
}

/// A module of pkg-config and the nixpkgs attribute that provides it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PkgConfigModule {
    pub name: String,
    /// An attribute path below `pkgs`.
    pub attr: String,
    /// Whether macOS doesn't have the library.
    #[serde(default)]
    pub linux_only: bool,
    /// Where nixpkgs shows it. Every row must have it; no code reads it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who check the table"))]
    pub evidence: String,
}

impl PkgConfigTable {
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<PkgConfigTable> =
            LazyLock::new(|| toml::from_str(PKG_CONFIG).expect("a test reads the table"));
        &TABLE
    }

    pub fn find(&self, name: &str) -> Option<&PkgConfigModule> {
        let index = self
            .module
            .binary_search_by(|row| row.name.as_str().cmp(name));
        index.ok().map(|index| &self.module[index])
    }
}

/// The versions of libraries in nixpkgs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibraryTable {
    /// Sorted by attribute.
    pub library: Vec<NixpkgsLibrary>,
}

/// A library in nixpkgs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NixpkgsLibrary {
    /// An attribute path below `pkgs`.
    pub attr: String,
    pub version: String,
    /// The version that pkg-config tells, if it is another one; empty if the
    /// modules of the package have several.
    pub pkg_config: Option<String>,
}

impl LibraryTable {
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<LibraryTable> =
            LazyLock::new(|| toml::from_str(NIXPKGS_LIBRARIES).expect("a test reads the table"));
        &TABLE
    }

    pub fn find(&self, attr: &str) -> Option<&NixpkgsLibrary> {
        let index = self
            .library
            .binary_search_by(|row| row.attr.as_str().cmp(attr));
        index.ok().map(|index| &self.library[index])
    }
}

impl NixpkgsLibrary {
    /// The version that pkg-config tells for a module of the package; `None` if
    /// it isn't known.
    pub fn module_version(&self) -> Option<&str> {
        let version = self.pkg_config.as_deref().unwrap_or(&self.version);
        (!version.is_empty()).then_some(version)
    }
}

#[cfg(test)]
mod tests;
