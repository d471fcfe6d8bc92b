//! The values that a stanza is printed from.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::build_system::BuildSystem;
use crate::native::EnvValue;
use crate::nix::UserExpr;
use crate::project::{PythonName, SourceKind};
use crate::target::Platform;

/// Environment variables by name; each value with its platforms.
pub(super) type Variables = BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>;

/// Serializes [`Variables`] as lists: JSON maps take strings as keys only.
mod variables_as_lists {
    use super::{BTreeSet, EnvValue, Platform, Variables};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Lists = Vec<(String, Vec<(EnvValue, BTreeSet<Platform>)>)>;

    pub(super) fn serialize<S: Serializer>(
        env: &Variables,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let lists = env
            .iter()
            .map(|(name, values)| (name.clone(), values.clone().into_iter().collect()));
        lists.collect::<Lists>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Variables, D::Error> {
        let lists = Lists::deserialize(deserializer)?.into_iter();
        let env = lists.map(|(name, values)| (name, values.into_iter().collect()));
        Ok(env.collect())
    }
}

/// A stanza that builds a package from source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stanza {
    /// The package, and the name of the attribute.
    pub name: PythonName,
    /// Where the package set gets the package's source from.
    pub kind: SourceKind,
    /// What `hacks.importCargoLock` is called with; `None` for a package
    /// without Rust.
    pub cargo: Option<CargoLockImport>,
    /// A source that stands in for the package's own.
    pub source: Option<SourceOverride>,
    /// The Python build system.
    pub build_system: BuildSystem,
    /// Build requirements of a local project that the package set has without
    /// some of their extras, with those that it has.
    #[serde(default)]
    pub without_extras: BuildSystem,
    /// The platforms that the stanza was generated for.
    pub platforms: BTreeSet<Platform>,
    /// Attribute paths below `pkgs`, each with the platforms that need it.
    pub build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// As `build_inputs`.
    pub native_build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    #[serde(with = "variables_as_lists")]
    pub env: Variables,
    /// Shell commands that `postPatch` runs in the folder of
    /// `pyproject.toml`.
    #[serde(default)]
    pub patches: Vec<String>,
    /// Whether the package's wheel is taken: `sourcePreference = "wheel"`.
    #[serde(default)]
    pub prefers_wheel: bool,
    /// Whether CMake's setup hook must not replace the configure phase.
    pub dont_use_cmake_configure: bool,
    /// Comments by attribute path or variable name.
    pub reasons: BTreeMap<String, String>,
    /// The version that the stanza is for, if the lock has several versions
    /// of the package.
    pub only_version: Option<String>,
    /// The stanza of another version.
    pub otherwise: Option<Box<Self>>,
}

/// The arguments of `hacks.importCargoLock`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CargoLockImport {
    /// The folder of `Cargo.lock`, relative to the Python root.
    pub cargo_root: Utf8PathBuf,
    /// A `Cargo.lock` next to the overlay that replaces the source's.
    pub lock_file: Option<AdjacentCargoLock>,
    /// nixpkgs' `outputHashes`: SRI hashes of git dependencies by
    /// `NAME-VERSION`.
    pub output_hashes: BTreeMap<String, String>,
    /// The git revisions of `output_hashes`, by the same keys.
    pub revisions: BTreeMap<String, String>,
    /// nixpkgs' `extraRegistries`: the download addresses of registries other
    /// than crates.io, by index.
    pub extra_registries: BTreeMap<String, String>,
    /// An expression whose `cargo` and `rustc` are used.
    pub toolchain: Option<UserExpr>,
}

/// A `Cargo.lock` next to the overlay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjacentCargoLock {
    /// Relative to the overlay file.
    pub path: Utf8PathBuf,
    /// Whether it is copied into the source, which has none or one that
    /// doesn't fit: `cargoSetupHook` compares the two.
    pub is_copied: bool,
}

/// The folder that contains both the Python project and its Cargo workspace.
/// uv2nix alone would take the Python project's folder as the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceOverride {
    /// Relative to the overlay file.
    pub path: Utf8PathBuf,
    /// The Python project's folder, relative to `path`.
    pub python_root: Utf8PathBuf,
}

/// How much is printed around a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// Only `NAME = ...;`
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, a file to import
    File,
}

/// What keeps an overlay from setting a package that the package set lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The stanza itself: `prev ? NAME`.
    Stanza,
    /// `builtins.intersectAttrs prev` in front of the attribute set that the
    /// stanza is in.
    Set,
}

/// Resolves `.` and `..` as far as the path tells: `a/../b` becomes `b`, and
/// an empty path `.`.
pub fn normalized(path: &Utf8Path) -> Utf8PathBuf {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components().map(|part| part.as_str()) {
        match (part, parts.last()) {
            (".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if parts.is_empty() {
        parts.push(".");
    }
    parts.iter().collect()
}
