//! What is wrong with a project or couldn't be read of it, as values.
//!
//! Decisions look at the fields; warnings, errors and JSON show the words of
//! `Display`.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;
use thiserror::Error;

/// A line of a file of the source.
#[derive(Debug, Clone, Copy)]
pub struct SourceLine<'a> {
    /// Relative to the source root.
    pub file: &'a Utf8Path,
    /// From 1.
    pub line: usize,
    /// In characters from 1, if not the whole line is meant.
    pub column: Option<usize>,
}

/// What keeps cargo from reading the manifests, as a clause.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestProblem {
    /// A file that a manifest names doesn't exist.
    #[error("`{path}`, which `{named_by}` names, doesn't exist")]
    MissingFile { path: String, named_by: String },
    /// A file that a manifest names is in a git submodule, and the source is an
    /// archive, made without it.
    #[error(
        "`{path}`, which `{named_by}` names, is in the git submodule `{submodule}`, which the archive doesn't have"
    )]
    InSubmodule {
        path: String,
        named_by: String,
        submodule: String,
    },
    /// A path leads `up` folders out of the source; `None` if it is absolute.
    #[error("`{path}`, which `{named_by}` names, is outside the {bounds}")]
    Outside {
        path: String,
        named_by: String,
        up: Option<usize>,
        bounds: Bounds,
    },
    /// A manifest below a workspace root that the workspace neither lists nor
    /// excludes.
    #[error("the workspace above `{manifest}` neither lists nor excludes it")]
    Stray { manifest: String },
    /// A manifest inherits from a workspace that doesn't exist.
    #[error("the workspace that `{manifest}` inherits from doesn't exist")]
    NoWorkspace { manifest: String },
    /// A manifest that cargo was asked about and refused.
    #[error("cargo rejects `{manifest}`{}: {reason}", line.map_or_else(String::new, |line| format!(", line {line}")))]
    Refused {
        manifest: String,
        /// The line, from 1, if cargo says it.
        line: Option<usize>,
        /// The column, in characters from 1.
        column: Option<usize>,
        /// Cargo's words.
        reason: String,
    },
}

/// Returns what the user can do about manifests that cargo can't read.
pub fn broken_help(problems: &[ManifestProblem], is_sdist: bool) -> String {
    let helps = problems.iter().map(|problem| problem.help(is_sdist));
    let mut helps: Vec<_> = helps.collect();
    helps.dedup();
    helps.join("; ")
}

/// What a source ends at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bounds {
    /// The folder or archive that was read.
    #[default]
    Source,
    /// The top of the git repository; what is outside exists.
    Repository,
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Repository => "git repository",
        })
    }
}

impl ManifestProblem {
    /// Returns what tells two problems apart: kind, path, and who names it.
    /// Kinds are numbered in the order in which they are reported.
    pub(super) fn key(&self) -> (u8, &str, &str) {
        match self {
            Self::MissingFile { path, named_by } | Self::InSubmodule { path, named_by, .. } => {
                (0, path, named_by)
            }
            Self::Outside { path, named_by, .. } => (1, path, named_by),
            Self::Stray { manifest } => (2, manifest, ""),
            Self::NoWorkspace { manifest } => (3, manifest, ""),
            Self::Refused {
                manifest, reason, ..
            } => (4, manifest, reason),
        }
    }

    /// Returns the line that cargo names.
    pub fn source_line(&self) -> Option<SourceLine<'_>> {
        match self {
            Self::Refused {
                manifest,
                line: Some(line),
                column,
                ..
            } => Some(SourceLine {
                file: Utf8Path::new(manifest),
                line: *line,
                column: *column,
            }),
            _ => None,
        }
    }

    /// Returns what the user can do about it. `is_sdist` tells whether the
    /// source was made from a repository that may have more.
    fn help(&self, is_sdist: bool) -> &'static str {
        match self {
            Self::Outside { .. } => {
                "put both into one repository, since Nix copies a single source, or depend on it from git or a registry"
            }
            Self::InSubmodule { .. } => {
                "use the repository as a git source: its archives don't contain submodules"
            }
            Self::Refused { reason, .. } if reason.contains("nightly") => {
                "set `env.RUSTC_BOOTSTRAP = \"1\"` in the configuration so that a stable cargo accepts it, or patch the manifest"
            }
            _ if is_sdist => {
                "build the package from its repository: this sdist lacks files, or differs from the repository"
            }
            Self::Refused { .. } => {
                "correct the manifest; `cargo metadata --no-deps` in its folder shows cargo's error"
            }
            Self::Stray { .. } => {
                "add it to `members` or `exclude` in the `[workspace]` of the manifest above"
            }
            Self::NoWorkspace { .. } | Self::MissingFile { .. } => {
                "restore the missing file, or correct the manifest that names it"
            }
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
        write!(f, ", required by `{}`", self.required_by)
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
            None => write!(f, "{name} {version} (not locked)"),
        }
    }
}

/// A part of what says how the project is built that couldn't be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unread {
    /// The file, relative to the source root.
    pub file: Option<Utf8PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, in characters from 1.
    pub column: Option<usize>,
    pub part: UnreadPart,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Error)]
pub enum UnreadPart {
    /// An expression of Python, described by the interpreter.
    #[error("{0}")]
    Python(String),
    #[error("{0} in `setup_requires`")]
    SetupRequires(String),
    #[error("builds or requires something else on macOS")]
    DiffersOnMacos,
    #[error("a crate whose path isn't a plain string")]
    CratePath,
    #[error("a call to cargo or maturin for a manifest that wasn't found")]
    BuildCommand,
    /// A hook whose name suggests Rust.
    #[error("the hatchling hook `{0}`, which isn't supported")]
    HatchHook(String),
    #[error("the project's build backend `{0}` isn't in its `backend-path`")]
    InTreeBackend(String),
    /// A manifest that isn't in the source of a project with a backend of its
    /// own.
    #[error(
        "this build backend may generate `{0}`, which isn't in the source: choose the crate with `--cargo-root`"
    )]
    MadeByBackend(String),
}

impl Unread {
    pub(super) fn new(file: &Utf8Path, line: Option<usize>, part: UnreadPart) -> Self {
        Self {
            file: Some(file.to_owned()),
            line,
            column: None,
            part,
        }
    }

    /// Returns the line.
    pub fn source_line(&self) -> Option<SourceLine<'_>> {
        Some(SourceLine {
            file: self.file.as_ref()?,
            line: self.line?,
            column: self.column,
        })
    }
}

impl Guess {
    /// Returns the line that it is about.
    pub fn source_line(&self) -> Option<SourceLine<'_>> {
        match self {
            Self::Unread(unread) => unread.source_line(),
            Self::BuildFile { file, line }
            | Self::BuildScript { file, line }
            | Self::Staged { file, line, .. } => Some(SourceLine {
                file,
                line: *line,
                column: None,
            }),
            Self::NoMaturinManifest
            | Self::MaturinTable
            | Self::NoExtension
            | Self::UnknownBackend(_)
            | Self::MadeByBackend { .. } => None,
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
    #[error("{file}:{line} builds it")]
    BuildFile { file: Utf8PathBuf, line: usize },
    /// Whether the build runs the script's command isn't known.
    #[error("{file}:{line} calls cargo or maturin")]
    BuildScript { file: Utf8PathBuf, line: usize },
    #[error("maturin finds no manifest without `--manifest-path`")]
    NoMaturinManifest,
    #[error("there is a `[tool.maturin]`, but the build backend isn't maturin")]
    MaturinTable,
    #[error("the build requires setuptools-rust, but no extension could be read")]
    NoExtension,
    #[error("the build backend `{0}` isn't supported")]
    UnknownBackend(String),
    /// The backend copies the crate to where it is built.
    #[error("{file}:{line} copies it to `{manifest}` and builds it there")]
    Staged {
        manifest: String,
        file: Utf8PathBuf,
        line: usize,
    },
    /// The backend may make the manifest that is named.
    #[error("`{manifest}` isn't in the source; the build backend `{file}` may generate it")]
    MadeByBackend { manifest: String, file: Utf8PathBuf },
}
