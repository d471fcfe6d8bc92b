//! The table `data/native-deps.toml`, compiled into the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use cargo_platform::Platform as TargetSpec;
use clap::ValueEnum;
use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::cfg::CfgSet;

const TEXT: &str = include_str!("../../../data/native-deps.toml");
const PKG_CONFIG: &str = include_str!("../../../data/pkg-config.toml");

/// What crates need to build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeTable {
    /// Libraries that may be the system's or a crate's own copy.
    pub library: Vec<Library>,
    /// The rows, sorted by crate.
    pub native: Vec<NativeRow>,
    /// Programs that build scripts run by name.
    pub program: Vec<Program>,
}

/// A library that may be the system's or a crate's own copy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Its name.
    pub name: String,
    /// What nixpkgs' packagers mostly do.
    pub default: Choice,
    /// Where that can be seen. Every row has to name it; no code reads it.
    #[expect(dead_code, reason = "for those who check the table")]
    pub evidence: String,
}

/// A program that build scripts run by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// The attribute's path below `pkgs`; empty where stdenv has it.
    #[serde(default)]
    pub attr: String,
    /// Whether it fetches something.
    #[serde(default)]
    pub is_download: bool,
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
    /// It fails without the system's library.
    Hard,
    /// It takes the system's library if it finds it, else its own.
    Soft,
    /// It builds its own copy unless told otherwise.
    Bundled,
    /// It runs a program.
    Tool,
    /// It downloads, which no sandbox allows.
    Net,
    /// It loads something when the program runs.
    Runtime,
    /// It needs nothing.
    None,
}

/// What a crate needs, and when; the file itself explains the fields.
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
    pub called: bool,
    #[serde(default)]
    pub loaded: bool,
    #[serde(default)]
    pub asked: bool,
    pub note: String,
    pub evidence: String,
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EnvValue {
    /// As it is.
    Text(String),
    /// A path in a package of nixpkgs.
    InPackage {
        /// The attribute's path below `pkgs`.
        package: String,
        /// What comes behind it.
        #[serde(default)]
        path: String,
    },
}

/// Which copy of libraries the user prefers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// For all libraries.
    pub all: Option<Choice>,
    /// For some, by name.
    pub libraries: BTreeMap<String, Choice>,
}

impl Preferences {
    /// What the user said of a library.
    #[must_use]
    pub fn of(&self, library: &str) -> Option<Choice> {
        self.libraries.get(library).copied().or(self.all)
    }
}

/// A crate as it is built.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a Version,
    /// The features that are on; `None` where only the lock is known.
    pub features: Option<&'a BTreeSet<&'a str>>,
    /// The crates that it depends on as it is built.
    pub dependencies: &'a BTreeSet<&'a str>,
    /// The platform.
    pub cfgs: &'a CfgSet,
    /// Whether it becomes part of a module that Python loads, not of a
    /// program.
    pub is_loaded: bool,
    /// What the user prefers.
    pub preferences: &'a Preferences,
}

impl NativeTable {
    /// The table that came with the program.
    ///
    /// # Panics
    /// Never: a test reads it too.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<NativeTable> =
            LazyLock::new(|| toml::from_str(TEXT).expect("the table is checked by a test"));
        &TABLE
    }

    /// The rows of a crate.
    #[must_use]
    pub fn rows(&self, krate: &str) -> &[NativeRow] {
        let start = self
            .native
            .partition_point(|row| row.krate.as_str() < krate);
        let rows = &self.native[start..];
        let length = rows.partition_point(|row| row.krate == krate);
        &rows[..length]
    }

    /// The rows that hold; `None` where the table doesn't know the crate in
    /// this version.
    #[must_use]
    pub fn holding(&self, situation: &Situation) -> Option<Vec<&NativeRow>> {
        let of_version = |row: &&NativeRow| {
            let versions = row.versions.as_ref();
            versions.is_none_or(|versions| matches_version(versions, situation.version))
        };
        let mut rows: Vec<_> = self
            .rows(situation.name)
            .iter()
            .filter(of_version)
            .collect();
        if rows.is_empty() {
            return None;
        }
        rows.retain(|row| self.holds(row, situation));
        Some(rows)
    }

    fn holds(&self, row: &NativeRow, situation: &Situation) -> bool {
        let has = |name: &String| situation.dependencies.contains(name.as_str());
        // By the lock alone, a feature may be on.
        let is_on = |name: &String| {
            situation
                .features
                .is_none_or(|on| on.contains(name.as_str()))
        };
        let is_off = |name: &String| {
            situation
                .features
                .is_none_or(|on| !on.contains(name.as_str()))
        };
        let target = row.target.as_ref();
        let preferences = situation.preferences;
        let choice = match (&row.library, row.prefer) {
            (Some(library), Some(prefer)) => {
                self.choice(library, preferences) == prefer
                    && (!row.asked || preferences.of(library).is_some())
            }
            _ => true,
        };
        choice
            && (!row.loaded || situation.is_loaded)
            && row.features.iter().all(is_on)
            && row.without_features.iter().all(is_off)
            && row.with.iter().all(has)
            && !row.without.iter().any(has)
            && target.is_none_or(|target| situation.cfgs.is_target(target))
    }

    /// Whose copy of a library is linked.
    #[must_use]
    pub fn choice(&self, library: &str, preferences: &Preferences) -> Choice {
        preferences.of(library).unwrap_or_else(|| {
            let row = self.library.iter().find(|row| row.name == library);
            row.map_or(Choice::System, |row| row.default)
        })
    }

    /// A program that a build script runs.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.program.iter().find(|program| program.name == name)
    }
}

/// Whether a version is meant; those before a release count as it.
fn matches_version(versions: &VersionReq, version: &Version) -> bool {
    let plain = Version::new(version.major, version.minor, version.patch);
    versions.matches(version) || versions.matches(&plain)
}

/// pkg-config's modules in nixpkgs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PkgConfigTable {
    /// The modules, sorted by name.
    pub module: Vec<PkgConfigModule>,
}

/// A module of pkg-config and where nixpkgs has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PkgConfigModule {
    /// The module.
    pub name: String,
    /// The attribute's path below `pkgs`.
    pub attr: String,
    /// Whether there is none on macOS.
    #[serde(default)]
    pub linux_only: bool,
    /// Where that can be seen. Every row has to name it; no code reads it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who check the table"))]
    pub evidence: String,
}

impl PkgConfigTable {
    /// The table that came with the program.
    ///
    /// # Panics
    /// Never: a test reads it too.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<PkgConfigTable> =
            LazyLock::new(|| toml::from_str(PKG_CONFIG).expect("the table is checked by a test"));
        &TABLE
    }

    /// Where nixpkgs has a module.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&PkgConfigModule> {
        let place = self
            .module
            .binary_search_by(|row| row.name.as_str().cmp(name));
        place.ok().map(|place| &self.module[place])
    }
}

#[cfg(test)]
mod tests;
