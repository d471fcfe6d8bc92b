//! Errors in a lockfile of Python packages.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// An error that only a change to the lockfile or its workspace can fix.
///
/// `place` is the path that the message shows.
#[derive(Debug, Error, Diagnostic)]
pub enum PythonLockError {
    /// The lockfile doesn't exist.
    #[error("there is no `{path}`")]
    #[diagnostic(
        code(pyhack::python_lock::not_found),
        help("name a `uv.lock` or `pylock.toml`, or the folder of one; `uv lock` makes one")
    )]
    NotFound { path: String },

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

    /// uv2nix refuses the package on every platform of the run.
    #[error("`{name}` can't be had on any platform: {why}")]
    #[diagnostic(
        code(pyhack::python_lock::impossible),
        help(
            "take nixpkgs' build of it: `cargo pyhack nix-snippet --prebuilt {name} --write overlay.nix`; or lock a version that has a wheel or an sdist"
        )
    )]
    Impossible {
        name: String,
        /// Why uv2nix refuses it.
        why: String,
    },

    /// The file isn't TOML, or lacks a field that every lockfile has.
    #[error("`{place}`, line {line}: {message}")]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help(
            "let the program that wrote it write it anew: `uv lock`, or `uv export --format pylock.toml`"
        )
    )]
    Syntax {
        place: String,
        /// The line, from 1.
        line: usize,
        message: String,
        #[source_code]
        text: Arc<NamedSource<String>>,
        #[label]
        at: Option<SourceSpan>,
    },

    /// The lock has the tables of uv before 0.3, which uv2nix refuses. uv still
    /// reads them, and so leaves them as they are unless it upgrades the lock.
    #[error(
        "`{place}`, line {line}: `[[distribution]]` is the format of uv before 0.3, and uv2nix reads `[[package]]` alone"
    )]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help(
            "let a current uv write it anew: `uv lock --upgrade`; plain `uv lock` leaves the format as it is"
        )
    )]
    OldFormat {
        place: String,
        /// The line of the first table, from 1.
        line: usize,
    },

    /// The lockfile has no package at all.
    #[error("`{place}` has no packages")]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help(
            "nothing was changed; let uv write it anew: `uv lock`, or `uv export --format pylock.toml`"
        )
    )]
    Empty { place: String },

    /// The version of the format isn't known.
    #[error("`{place}` has version {found} of its format; known is {known}")]
    #[diagnostic(
        code(pyhack::python_lock::version),
        help(
            "a newer cargo-pyhack may know it; or lock again with a uv that writes version {known}"
        )
    )]
    Version {
        place: String,
        found: String,
        known: &'static str,
    },

    /// An entry makes no sense.
    #[error("`{place}`, line {line}: `{package}` {message}")]
    #[diagnostic(
        code(pyhack::python_lock::entry),
        help(
            "lock again: `uv lock`; if that changes nothing, the entry is of a kind that isn't known"
        )
    )]
    Entry {
        place: String,
        /// The line of the entry, from 1.
        line: usize,
        package: String,
        message: String,
    },

    /// The lockfile is for other platforms.
    #[error(
        "`{place}` is for none of {}: it is for {}",
        platforms.join(", "),
        markers.join(" or ")
    )]
    #[diagnostic(
        code(pyhack::python_lock::no_platform),
        help(
            "name one that it is for with `--platform`, or change `tool.uv.environments` and run `uv lock`"
        )
    )]
    NoPlatform {
        place: String,
        platforms: Vec<String>,
        /// The markers of the platforms that it is for.
        markers: Vec<String>,
    },

    /// A fetched source is another package's than the lockfile says.
    #[error("`{place}` is the source of `{found}`, and the lock says `{expected}`")]
    #[diagnostic(
        code(pyhack::python_lock::other_package),
        help(
            "lock again: `uv lock`; if it stays so, whoever published it mixed files up, or somebody else put another one there"
        )
    )]
    OtherPackage {
        place: String,
        found: String,
        expected: String,
    },

    /// A package's folder leads out of its source.
    #[error("the lock has `{package}` in `{subdirectory}` of its source, which is no folder of it")]
    #[diagnostic(code(pyhack::python_lock::subdirectory), help("lock again: `uv lock`"))]
    Subdirectory {
        package: String,
        subdirectory: String,
    },

    /// The folder of a local project doesn't exist, or is empty.
    #[error("`{place}` has `{package}` in `{folder}`, where nothing is")]
    #[diagnostic(
        code(pyhack::python_lock::no_folder),
        help(
            "if that is in a git submodule, check it out: `git submodule update --init --recursive`; otherwise lock again: `uv lock`"
        )
    )]
    NoFolder {
        place: String,
        package: String,
        folder: String,
    },

    /// The lockfile doesn't have the package.
    #[error("`{place}` has no package `{package}`")]
    #[diagnostic(
        code(pyhack::python_lock::no_package),
        help("name one that it has: `cargo pyhack inspect {place}` lists them")
    )]
    NoPackage { place: String, package: String },

    /// `[tool.uv]` has an invalid value.
    #[error("`[tool.uv]` of the workspace of `{place}`: {message}")]
    #[diagnostic(
        code(pyhack::python_lock::settings),
        help("mend it in the `pyproject.toml` beside the lock or of a member")
    )]
    Settings { place: String, message: String },
}
