//! What a stanza is made from.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::build_system::BuildSystem;
use crate::native::EnvValue;
use crate::nix::UserExpr;
use crate::project::{PythonName, SourceKind};
use crate::target::Platform;

/// Environment variables: their values, each with the platforms that it is
/// for.
pub(super) type Variables = BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>;

/// Lists in the place of maps, whose keys are texts in JSON.
mod values {
    use super::{BTreeSet, EnvValue, Platform, Variables};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Listed = Vec<(String, Vec<(EnvValue, BTreeSet<Platform>)>)>;

    pub(super) fn serialize<S: Serializer>(
        env: &Variables,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let listed = env
            .iter()
            .map(|(name, values)| (name.clone(), values.clone().into_iter().collect()));
        listed.collect::<Listed>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Variables, D::Error> {
        let listed = Listed::deserialize(deserializer)?.into_iter();
        let env = listed.map(|(name, values)| (name, values.into_iter().collect()));
        Ok(env.collect())
    }
}

/// What a stanza says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stanza {
    /// The package: the attribute's name.
    pub name: PythonName,
    /// Where the package set has its source from.
    pub kind: SourceKind,
    /// The folder of the lock, relative to the Python root.
    pub cargo_root: Utf8PathBuf,
    /// A lock that lies beside the overlay instead.
    pub lock_file: Option<LockFile>,
    /// `outputHashes`: the hashes of git dependencies.
    pub output_hashes: BTreeMap<String, String>,
    /// The revisions that they are of, by the same keys.
    pub revisions: BTreeMap<String, String>,
    /// `extraRegistries`: index and download address of other registries.
    pub extra_registries: BTreeMap<String, String>,
    /// An expression whose `cargo` and `rustc` are used.
    pub toolchain: Option<UserExpr>,
    /// A source that stands in for the package's own.
    pub source: Option<Source>,
    /// The Python build system.
    pub build_system: BuildSystem,
    /// The platforms that it was asked for.
    pub platforms: BTreeSet<Platform>,
    /// Libraries of the host, as attribute paths below `pkgs`, each with the
    /// platforms that it is for.
    pub build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Programs of the build, likewise.
    pub native_build_inputs: BTreeMap<String, BTreeSet<Platform>>,
    /// Environment variables: their values, each with the platforms that it
    /// is for.
    #[serde(with = "values")]
    pub env: Variables,
    /// Whether cmake's hook must be kept from taking the configure phase.
    pub dont_use_cmake_configure: bool,
    /// Why an input or a variable is there, by its attribute path or name.
    pub reasons: BTreeMap<String, String>,
    /// The one version of the package that it is for, where a lock has
    /// several.
    pub only_version: Option<String>,
    /// The stanza of another version.
    pub otherwise: Option<Box<Self>>,
}

/// A lock beside the overlay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockFile {
    /// Where it is, relative to the overlay file.
    pub path: Utf8PathBuf,
    /// Whether it has to be copied into the source, whose own is missing or
    /// doesn't fit: `cargoSetupHook` compares both.
    pub is_copied: bool,
}

/// The folder that holds both the Python project and its Cargo workspace,
/// where uv2nix takes the Python project's alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it is, relative to the overlay file.
    pub path: Utf8PathBuf,
    /// The Python project in it.
    pub python_root: Utf8PathBuf,
}

/// How much is printed around a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// `NAME = ...;` alone
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, to import
    File,
}

/// `a/../b` is `b`, and nothing is `.`.
#[must_use]
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
