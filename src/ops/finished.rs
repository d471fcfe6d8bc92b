//! Finished stanzas, and the reports of the commands that make them.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::io::Session;
use crate::nix::{AnyStanza, Dropped};
use crate::overlay::{Digests, Document};
use crate::project::{ProjectError, PythonName, is_version};
use crate::python_build::BuildFacts;
use crate::warning::{Warning, WarningReport, as_reports};

/// The overlay file that a stanza is generated for.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Place<'a> {
    pub file: &'a Utf8Path,
    /// The parsed content of the file.
    pub document: &'a Document,
    pub session: &'a Session,
}

/// A finished stanza, from its making to the report.
///
/// Made from a package of a `uv.lock`, it depends on no overlay file, so that
/// the cache and other runs can hold it, until [`FinishedStanza::marked`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ops) struct FinishedStanza {
    pub stanza: AnyStanza,
    pub package: SnippetPackage,
    /// What the source of a package without Rust says about its build.
    #[serde(default)]
    pub facts: Option<Box<BuildFacts>>,
    /// Number of crates in its `Cargo.lock` files.
    pub crates: usize,
    /// The names of the packages in its build system, sorted.
    pub build_system: Vec<String>,
    /// The `Cargo.lock` files that have to be next to the overlay.
    pub locks: Vec<LockBeside>,
    pub warnings: Vec<Warning>,
    /// How the stanza is made, as its mark has it: options in one line, with
    /// paths relative to the overlay's folder.
    #[serde(skip)]
    pub recipe: String,
    /// The digests in its mark. Before it is marked, only `build` and `up` are
    /// set.
    pub digests: Digests,
}

/// A `Cargo.lock` next to an overlay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ops) struct LockBeside {
    /// The file name, which ends in `.lock`.
    pub name: String,
    pub text: String,
}

impl FinishedStanza {
    /// Tells whether this is a stanza of the package `name` that refers to no
    /// file except `Cargo.lock` files next to the overlay. The result of
    /// another run is a file that anybody may have written.
    pub(in crate::ops) fn is_sound(&self, name: &str) -> bool {
        let AnyStanza::Source(stanza) = &self.stanza else {
            return false;
        };
        let is_name = |name: &str| PythonName::new(name).as_str() == name;
        let is_lock = |lock: &LockBeside| {
            let stem = lock.name.strip_suffix(".lock");
            stem.is_some_and(|stem| !stem.is_empty() && is_version(stem))
        };
        let mut stanzas = std::iter::successors(Some(stanza), |s| s.otherwise.as_ref());
        let version = self.package.version.as_deref();
        is_name(name)
            && PythonName::new(name).is_valid()
            && self.package.name == name
            && version.is_none_or(|version| version.split(',').all(is_version))
            && self.locks.iter().all(is_lock)
            && stanzas.all(|stanza| stanza.name.as_str() == name && stanza.source.is_none())
    }

    /// Restricts the stanza to its version of the package. Unless the
    /// `uv.lock` has no other version, the `Cargo.lock` next to the overlay
    /// gets the version in its name.
    pub(in crate::ops) fn restrict(&mut self, is_only_version: bool) {
        let version = self.package.version.clone();
        let Some(version) = version.filter(|_| !is_only_version) else {
            return;
        };
        let AnyStanza::Source(stanza) = &mut self.stanza else {
            return;
        };
        if is_version(&version) {
            for lock in &mut self.locks {
                let stem = lock.name.trim_end_matches(".lock").to_owned();
                lock.name = format!("{stem}-{version}.lock");
            }
            let cargo = stanza.cargo.as_mut();
            let file = cargo.and_then(|cargo| cargo.lock_file.as_mut());
            if let (Some(file), Some(lock)) = (file, self.locks.first()) {
                file.path = Utf8PathBuf::from(&lock.name);
            }
        }
        stanza.only_version = Some(version);
    }

    /// Adds the stanza of another version of the package, which is evaluated
    /// where the version isn't this one.
    pub(in crate::ops) fn or_else(mut self, other: Self) -> Self {
        if let (AnyStanza::Source(stanza), AnyStanza::Source(other)) =
            (&mut self.stanza, other.stanza)
        {
            stanza.otherwise = Some(other);
        }
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

    /// Returns the stanza with the options and digests for its mark.
    pub(in crate::ops) fn marked(self, recipe: String, digests: Digests) -> Self {
        Self {
            recipe,
            digests: Digests {
                build: self.digests.build,
                beside: match self.locks.first() {
                    Some(lock) => lock.name.clone(),
                    None => digests.beside,
                },
                ..digests
            },
            ..self
        }
    }
}

/// The Nix text that is printed or written.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Written {
    /// The Nix text: the printed overrides, or the contents of the file.
    pub nix: String,
    /// The overlay and the `Cargo.lock` files next to it; empty if the text is
    /// printed.
    pub files: Vec<String>,
    /// The files that changed, or would with `--dry-run`.
    pub changed: Vec<String>,
    /// The changes as a unified diff.
    pub diff: String,
}

/// What `cargo pyhack nix-snippet --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Snippet {
    /// The packages, in the order of the overrides.
    pub packages: Vec<SnippetPackage>,
    /// The text, and where it was written to.
    #[serde(flatten)]
    pub written: Written,
    /// Warnings about the packages and their builds.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// A package for which an override was generated.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SnippetPackage {
    /// The name, normalised by PEP 503. It is the name of the attribute.
    pub name: String,
    /// The version; null if only the build backend can compute it.
    pub version: Option<String>,
    /// The folder of the Cargo workspace, relative to the source root. There is
    /// one override per folder; only `--as stanza` prints several.
    pub cargo_roots: Vec<String>,
    /// For a package from nixpkgs: the dependencies that are left out, with the
    /// reasons.
    #[serde(default)]
    pub dropped: Vec<Dropped>,
}

impl Snippet {
    /// Fails if two stanzas are for the same package: an overlay has one
    /// attribute per package.
    pub(in crate::ops) fn require_distinct(&self) -> Result<(), ProjectError> {
        let names: Vec<_> = self.packages.iter().map(|p| p.name.clone()).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        if distinct.len() == names.len() {
            return Ok(());
        }
        Err(ProjectError::SamePackage { names })
    }

    /// Adds warnings that the report doesn't have yet.
    pub(in crate::ops) fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }
}
