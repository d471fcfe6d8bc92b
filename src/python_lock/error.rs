//! What can be wrong with a lock.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// A lock that can't be read.
#[derive(Debug, Error, Diagnostic)]
pub enum PythonLockError {
    /// No lock of Python packages.
    #[error("there is no `{path}`")]
    #[diagnostic(
        code(pyhack::python_lock::not_found),
        help("name a `uv.lock` or `pylock.toml`, or the folder of one; `uv lock` makes one")
    )]
    NotFound {
        /// The lock.
        path: String,
    },

    /// Packages that are built with each other.
    #[error("each of these is built with the next: {cycle}; Nix can't evaluate that")]
    #[diagnostic(
        code(pyhack::python_lock::cycle),
        help(
            "have the wheel of one of them in the lock, or leave it out of the lock where the package set has it"
        )
    )]
    Cycle {
        /// The packages; the last one is the first one again.
        cycle: String,
    },

    /// It is no TOML, or lacks what every lock has.
    #[error("`{place}`, line {line}: {message}")]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help(
            "let the program that wrote it write it anew: `uv lock`, or `uv export --format pylock.toml`"
        )
    )]
    Syntax {
        /// The lock.
        place: String,
        /// The line, from 1 on.
        line: usize,
        /// What is wrong.
        message: String,
        /// Its text.
        #[source_code]
        text: Arc<NamedSource<String>>,
        /// Where.
        #[label]
        at: Option<SourceSpan>,
    },

    /// A version of the format that isn't known.
    #[error("`{place}` has version {found} of its format; known is {known}")]
    #[diagnostic(
        code(pyhack::python_lock::version),
        help(
            "a newer cargo-pyhack may know it; or lock again with a uv that writes version {known}"
        )
    )]
    Version {
        /// The lock.
        place: String,
        /// Its version.
        found: String,
        /// The one that is known.
        known: &'static str,
    },

    /// An entry that makes no sense.
    #[error("`{place}`, line {line}: `{package}` {message}")]
    #[diagnostic(
        code(pyhack::python_lock::entry),
        help(
            "lock again: `uv lock`; if that changes nothing, the entry is of a kind that isn't known"
        )
    )]
    Entry {
        /// The lock.
        place: String,
        /// The line of the entry, from 1 on.
        line: usize,
        /// The package.
        package: String,
        /// What is wrong with it.
        message: String,
    },

    /// A source of another package than the lock says.
    #[error("`{place}` is the source of `{found}`, and the lock says `{expected}`")]
    #[diagnostic(
        code(pyhack::python_lock::other_package),
        help(
            "lock again: `uv lock`; if it stays so, whoever published it mixed files up, or somebody else put another one there"
        )
    )]
    OtherPackage {
        /// The source.
        place: String,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },

    /// A folder that leads out of a source.
    #[error("the lock has `{package}` in `{subdirectory}` of its source, which is no folder of it")]
    #[diagnostic(code(pyhack::python_lock::subdirectory), help("lock again: `uv lock`"))]
    Subdirectory {
        /// The package.
        package: String,
        /// The folder.
        subdirectory: String,
    },

    /// A package that isn't in the lock.
    #[error("`{place}` has no package `{package}`")]
    #[diagnostic(
        code(pyhack::python_lock::no_package),
        help("name one that it has: `cargo pyhack inspect {place}` lists them")
    )]
    NoPackage {
        /// The lock.
        place: String,
        /// The package.
        package: String,
    },

    /// `[tool.uv]` makes no sense.
    #[error("`[tool.uv]` of the workspace of `{place}`: {message}")]
    #[diagnostic(
        code(pyhack::python_lock::settings),
        help("mend it in the `pyproject.toml` beside the lock or of a member")
    )]
    Settings {
        /// The lock.
        place: String,
        /// What is wrong.
        message: String,
    },
}
