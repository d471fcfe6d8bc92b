//! What the making of a stanza gives: the stanza, the files beside the overlay,
//! and what the reports say of it.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::io::Session;
use crate::io::paths::join_below;
use crate::nix::{AnyStanza, Dropped, Stanza};
use crate::overlay::{Digests, Document};
use crate::project::{ProjectError, PythonName, is_version};
use crate::python_build::BuildFacts;
use crate::warning::{Warning, WarningReport, as_reports};

/// The file that a stanza is made for.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Place<'a> {
    pub file: &'a Utf8Path,
    /// What is in it.
    pub document: &'a Document,
    pub session: &'a Session,
}

/// A stanza, with all that is told of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ops) struct Saved {
    pub stanza: Stanza,
    pub package: SnippetPackage,
    /// What the source of a package without Rust says of its build.
    #[serde(default)]
    pub facts: Option<Box<BuildFacts>>,
    /// How many crates its locks have.
    pub crates: usize,
    /// Its build system, by name.
    pub build_system: Vec<String>,
    /// The digest of that, as marks have it.
    pub build: String,
    /// How many folders above its path the source begins.
    pub up: usize,
    /// Locks that lie beside the overlay.
    pub locks: Vec<SavedLock>,
    pub warnings: Vec<Warning>,
}

/// A lock that lies beside an overlay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ops) struct SavedLock {
    pub name: String,
    pub text: String,
}

impl Saved {
    /// Whether it is of that package, and leads to no file but locks beside an
    /// overlay: another run's result is no more than somebody's file.
    pub(in crate::ops) fn is_sound(&self, name: &str) -> bool {
        let is_name = |name: &str| PythonName::new(name).as_str() == name;
        let is_lock = |lock: &SavedLock| {
            let stem = lock.name.strip_suffix(".lock");
            stem.is_some_and(|stem| !stem.is_empty() && is_version(stem))
        };
        let mut stanzas = std::iter::successors(Some(&self.stanza), |s| s.otherwise.as_deref());
        let version = self.package.version.as_deref();
        is_name(name)
            && PythonName::new(name).is_valid()
            && self.package.name == name
            && version.is_none_or(|version| version.split(',').all(is_version))
            && self.locks.iter().all(is_lock)
            && stanzas.all(|stanza| stanza.name.as_str() == name && stanza.source.is_none())
    }

    /// Says whether the lock has no other version.
    pub(in crate::ops) fn only(&mut self, is_only: bool) {
        let version = self.package.version.clone();
        let Some(version) = version.filter(|_| !is_only) else {
            return;
        };
        if is_version(&version) {
            for lock in &mut self.locks {
                let stem = lock.name.trim_end_matches(".lock").to_owned();
                lock.name = format!("{stem}-{version}.lock");
            }
            let cargo = self.stanza.cargo.as_mut();
            let file = cargo.and_then(|cargo| cargo.lock_file.as_mut());
            if let (Some(file), Some(lock)) = (file, self.locks.first()) {
                file.path = Utf8PathBuf::from(&lock.name);
            }
        }
        self.stanza.only_version = Some(version);
    }

    /// This version, or another one.
    pub(in crate::ops) fn or_else(mut self, other: Self) -> Self {
        self.stanza.otherwise = Some(Box::new(other.stanza));
        self.package.cargo_roots.extend(other.package.cargo_roots);
        self.package.version = match (self.package.version, other.package.version) {
            (Some(one), Some(other)) => Some(format!("{one},{other}")),
            (one, other) => one.or(other),
        };
        self.crates += other.crates;
        self.locks.extend(other.locks);
        for warning in other.warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self
    }

    /// The stanza for a file in a folder.
    pub(in crate::ops) fn made(
        self,
        folder: &Utf8Path,
        recipe: String,
        digests: Digests,
    ) -> MadeStanza {
        let locks = self.locks.into_iter().map(|lock| KeptLock {
            path: join_below(folder, &lock.name),
            bytes: lock.text.into_bytes(),
        });
        MadeStanza {
            stanza: self.stanza.into(),
            package: self.package,
            crates: self.crates,
            build_system: self.build_system,
            locks: locks.collect(),
            warnings: self.warnings,
            recipe,
            digests,
        }
    }
}

/// A stanza that was made for a file.
pub(in crate::ops) struct MadeStanza {
    pub stanza: AnyStanza,
    pub package: SnippetPackage,
    /// How many crates its locks have.
    pub crates: usize,
    /// Its build system, by name.
    pub build_system: Vec<String>,
    pub locks: Vec<KeptLock>,
    pub warnings: Vec<Warning>,
    /// As the marker has it: paths relative to the file's folder.
    pub recipe: String,
    pub digests: Digests,
}

/// A lock that lies beside an overlay.
#[derive(Clone)]
pub(in crate::ops) struct KeptLock {
    pub path: Utf8PathBuf,
    pub bytes: Vec<u8>,
}

/// What `cargo pyhack nix-snippet --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Snippet {
    /// The packages, in the order of the stanzas.
    pub packages: Vec<SnippetPackage>,
    /// The Nix text: what was asked for, or what is in the file now.
    pub nix: String,
    /// The files that hold it, where they were asked for.
    pub files: Vec<String>,
    /// Those of them that were changed, or would be with `--dry-run`.
    pub changed: Vec<String>,
    /// What changes in them, as a unified diff.
    pub diff: String,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// A package that has a stanza.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SnippetPackage {
    /// Its name, normalised by PEP 503: the attribute's name.
    pub name: String,
    /// Its version; null where only the build backend could tell.
    pub version: Option<String>,
    /// The folder of the Cargo workspace that it builds, relative to the
    /// source root. More than one, each with a stanza, where there are several
    /// and stanzas alone are asked for.
    pub cargo_roots: Vec<String>,
    /// Of a package from nixpkgs: the dependencies that are left out, and why.
    #[serde(default)]
    pub dropped: Vec<Dropped>,
}

impl Snippet {
    /// Refuses two stanzas of one package, of which an overlay holds one.
    pub(in crate::ops) fn require_distinct(&self) -> Result<(), ProjectError> {
        let names: Vec<_> = self.packages.iter().map(|p| p.name.clone()).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        if distinct.len() == names.len() {
            return Ok(());
        }
        Err(ProjectError::SamePackage { names })
    }

    /// Takes up warnings, each once.
    pub(in crate::ops) fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }
}
