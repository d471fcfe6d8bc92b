//! What was found of packages, kept by what it was found from: so that a
//! second run finds it again, and runs on other machines can be joined.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use miette::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Exit};
use crate::hash::Sha256;
use crate::io::Cache;
use crate::io::cache::Stage;
use crate::nix::Stanza;
use crate::ops::digests::rules;
use crate::ops::nix_snippet::SnippetPackage;
use crate::ops::overlay::MadeStanza;
use crate::ops::stanza::KeptLock;
use crate::overlay::Digests;
use crate::project::{PythonName, is_version};
use crate::python_build::BuildFacts;
use crate::warning::Warning;

/// What was found, in our cache.
const RESULTS: Stage<Finding> = Stage::json("results-3", "");

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

/// What was found of a package.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ops) enum Finding {
    /// Its stanza.
    Stanza(Box<Saved>),
    /// No need for a stanza.
    Nothing,
    /// Nothing: why.
    Failed(Failure),
}

/// An error, as it is told and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Its stable name; `docs/diagnostics.md` has a heading for each.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The exit code that it alone would end with.
    pub exit: u8,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
            part.map_or_else(String::new, |part| part.to_string())
        };
        Self {
            code: text(error.code()),
            message: error.to_string(),
            help: text(error.help()),
            exit: error.exit() as u8,
        }
    }
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
    pub(super) fn only(&mut self, is_only: bool) {
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
    pub(super) fn or_else(mut self, other: Self) -> Self {
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
        folder: &camino::Utf8Path,
        recipe: String,
        digests: Digests,
    ) -> MadeStanza {
        let locks = self.locks.into_iter().map(|lock| KeptLock {
            path: crate::io::paths::join_below(folder, &lock.name),
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

/// What is known of packages.
#[derive(Default)]
pub(in crate::ops) struct Results {
    cache: Cache,
    /// From other runs.
    known: BTreeMap<String, Finding>,
}

impl Results {
    /// What is in our cache, and in files of other runs.
    pub(in crate::ops) fn open(known: BTreeMap<String, Finding>, cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            known,
        }
    }

    /// What decides a finding: what it is made from, and by which rules.
    pub(in crate::ops) fn key(digests: &Digests, recipe: &str, beside: Option<&[u8]>) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let beside = beside.map(Sha256::of).map(|hash| hash.to_hex());
        let (source, rules) = (&digests.source, rules());
        let text = format!("{version}\n{rules}\n{source}\n{recipe}\n{beside:?}\n");
        Sha256::of(text.as_bytes()).to_hex()
    }

    pub(in crate::ops) fn get(&self, key: &str) -> Option<Finding> {
        if let Some(known) = self.known.get(key) {
            return Some(known.clone());
        }
        self.cache.get(&RESULTS, &Sha256::from_hex(key)?)
    }

    /// Keeps what the same run elsewhere would find.
    pub(in crate::ops) fn add(&self, key: &str, finding: &Finding) {
        let is_lasting = match finding {
            Finding::Stanza(saved) => {
                let mut warnings = saved.warnings.iter();
                !warnings.any(|warning| matches!(warning, Warning::Approximate { .. }))
            }
            Finding::Nothing => true,
            Finding::Failed(_) => false,
        };
        if let (true, Some(key)) = (is_lasting, Sha256::from_hex(key)) {
            // Without it, the next run works it out again.
            let _ = self.cache.put(&RESULTS, &key, finding);
        }
    }
}

/// The exit code of a run in which these failed.
pub(in crate::ops) fn worst(failures: &[Failure]) -> Exit {
    let codes = failures.iter().map(|failure| failure.exit);
    match codes.max() {
        None => Exit::Done,
        Some(code) if code == Exit::Surroundings as u8 => Exit::Surroundings,
        Some(_) => Exit::Input,
    }
}
