//! What is wrong with a project or couldn't be read of it, as values.
//!
//! Decisions look at the fields; warnings, errors and JSON show the words of
//! `Display`.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;
use thiserror::Error;

/// What keeps cargo from reading the manifests, in words that follow "there
/// isn't".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestProblem {
    /// A file that a manifest names doesn't exist.
    #[error("`{path}`, which `{named_by}` names")]
    MissingFile { path: String, named_by: String },
    /// A path leads `up` folders out of the source; `None` if it is absolute.
    #[error("`{path}`, which lies outside of the source")]
    Outside { path: String, up: Option<usize> },
    /// A manifest below a workspace root that the workspace neither lists nor
    /// excludes.
    #[error("`{manifest}` among the members: its workspace neither lists nor excludes it")]
    Stray { manifest: String },
    /// A manifest inherits from a workspace that doesn't exist.
    #[error("the workspace that `{manifest}` inherits from")]
    NoWorkspace { manifest: String },
}

impl ManifestProblem {
    /// Returns what tells two problems apart: kind, path, and who names it.
    /// Kinds are numbered in the order in which they are reported.
    pub(super) fn key(&self) -> (u8, &str, &str) {
        match self {
            Self::MissingFile { path, named_by } => (0, path, named_by),
            Self::Outside { path, .. } => (1, path, ""),
            Self::Stray { manifest } => (2, manifest, ""),
            Self::NoWorkspace { manifest } => (3, manifest, ""),
        }
    }
}

/// A dependency that no crate in `Cargo.lock` satisfies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingDependency {
    pub package: String,
    /// The version requirement as the manifest has it.
    pub requirement: Option<String>,
    /// The versions that `Cargo.lock` has instead.
    pub locked: Vec<Version>,
    /// The crate that depends on it.
    pub required_by: String,
}

impl fmt::Display for MissingDependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.requirement {
            Some(requirement) => write!(f, "`{} {requirement}`", self.package)?,
            None => write!(f, "`{}`", self.package)?,
        }
        if !self.locked.is_empty() {
            let locked: Vec<_> = self.locked.iter().map(ToString::to_string).collect();
            write!(f, " (locked: {})", locked.join(", "))?;
        }
        write!(f, ", which `{}` asks for", self.required_by)
    }
}

/// A crate of the project that `Cargo.lock` has in another version, or not at
/// all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutdatedCrate {
    pub name: String,
    pub version: String,
    pub locked: Option<Version>,
}

impl fmt::Display for OutdatedCrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, .. } = self;
        match &self.locked {
            Some(locked) => write!(f, "{name} {version} (locked: {locked})"),
            None => write!(f, "{name} {version} (not in it)"),
        }
    }
}

/// A part of what says how the project is built that couldn't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The file, relative to the source root.
    pub file: Option<Utf8PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
    pub part: UnreadPart,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnreadPart {
    /// An expression of Python, described by the interpreter.
    #[error("{0}")]
    Python(String),
    #[error("{0} in `setup_requires`")]
    SetupRequires(String),
    #[error("on macOS, it builds or asks for something else")]
    DiffersOnMacos,
    #[error("a crate, by a path that isn't plain text")]
    CratePath,
    #[error("a call of cargo or maturin, for a manifest that isn't found")]
    BuildCommand,
    /// A hook whose name suggests Rust.
    #[error("hatchling's hook `{0}`, whose rules aren't known")]
    HatchHook(String),
    #[error("`{0}`, the project's own build backend, isn't in its `backend-path`")]
    InTreeBackend(String),
}

impl Unread {
    pub(super) fn new(file: &Utf8Path, line: Option<usize>, part: UnreadPart) -> Self {
        Self {
            file: Some(file.to_owned()),
            line,
            part,
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: {}", self.part),
            (Some(file), None) => write!(f, "{file}: {}", self.part),
            (None, _) => self.part.fmt(f),
        }
    }
}

/// Why it isn't certain that a crate is built, or how.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Guess {
    /// Part of what describes the crate couldn't be read.
    #[error("{0}")]
    Unread(Unread),
    /// Build files are searched for words, not evaluated.
    #[error("{file}:{line} has it built")]
    BuildFile { file: Utf8PathBuf, line: usize },
    /// Whether the build runs the script's command isn't known.
    #[error("{file}:{line} calls cargo or maturin")]
    BuildScript { file: Utf8PathBuf, line: usize },
    #[error("maturin finds no manifest without `--manifest-path`")]
    NoMaturinManifest,
    #[error("there is a `[tool.maturin]`, but the build backend isn't maturin")]
    MaturinTable,
    #[error("it asks for setuptools-rust, but no extension can be read")]
    NoExtension,
    #[error("the rules of the build backend `{0}` aren't known")]
    UnknownBackend(String),
}
