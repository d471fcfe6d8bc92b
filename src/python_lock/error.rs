//! Errors in a lockfile of Python packages.

use miette::Diagnostic;
use thiserror::Error;

use crate::text_place::TextPlace;

/// An error that only a change to the lockfile or its workspace can fix.
///
/// `place` is the path that the message shows.
#[derive(Debug, Error, Diagnostic)]
pub enum PythonLockError {
    /// The lockfile doesn't exist.
    #[error("`{path}` doesn't exist")]
    #[diagnostic(
        code(pyhack::python_lock::not_found),
        help("pass a `uv.lock`, a `pylock.toml`, or a folder that has one; `uv lock` creates it")
    )]
    NotFound { path: String },

    /// Packages that are built with each other.
    #[error("cyclic build dependencies, which Nix can't evaluate: {cycle}")]
    #[diagnostic(
        code(pyhack::python_lock::cycle),
        help(
            "lock a version of one of them that has a wheel, or remove it from the lockfile if the package set has it"
        )
    )]
    Cycle {
        /// The packages; the last one is the first one again.
        cycle: String,
    },

    /// uv2nix refuses the package on every platform of the run.
    #[error("`{name}` is not available on any platform: {why}")]
    #[diagnostic(
        code(pyhack::python_lock::impossible),
        help(
            "use nixpkgs' build: `cargo pyhack nix-snippet --prebuilt {name} --write overlay.nix`, or lock a version that has a wheel or an sdist"
        )
    )]
    Impossible {
        name: String,
        /// Why uv2nix refuses it.
        why: String,
    },

    /// The file isn't TOML, or lacks a field that every lockfile has.
    #[error("{at}: {message}")]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help("regenerate it: `uv lock`, or `uv export --format pylock.toml`")
    )]
    Syntax { at: TextPlace, message: String },

    /// The lock has the tables of uv before 0.3, which uv2nix refuses. uv still
    /// reads them, and so leaves them as they are unless it upgrades the lock.
    #[error(
        "{at}: `[[distribution]]` is the format of uv before 0.3, which uv2nix doesn't support"
    )]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help(
            "regenerate it with a current uv: `uv lock --upgrade`; plain `uv lock` doesn't change the format"
        )
    )]
    OldFormat {
        /// The first table.
        at: TextPlace,
    },

    /// The lockfile has no package at all.
    #[error("`{place}` has no packages")]
    #[diagnostic(
        code(pyhack::python_lock::syntax),
        help("regenerate it: `uv lock`, or `uv export --format pylock.toml`; nothing was changed")
    )]
    Empty { place: String },

    /// The version of the format isn't known.
    #[error(
        "{at}: {}, but only version {known} is supported",
        found.as_ref().map_or_else(|| "no format version".to_owned(), |found| format!("format version {found}"))
    )]
    #[diagnostic(
        code(pyhack::python_lock::version),
        help("update cargo-pyhack, or lock with a uv that writes version {known}")
    )]
    Version {
        at: TextPlace,
        /// As the lockfile has it. `None` if it has none.
        found: Option<String>,
        known: &'static str,
    },

    /// An entry makes no sense.
    #[error("{at}: `{package}` {message}")]
    #[diagnostic(
        code(pyhack::python_lock::entry),
        help("run `uv lock` again; if that doesn't help, this kind of entry isn't supported")
    )]
    Entry {
        at: TextPlace,
        package: String,
        message: String,
    },

    /// The lockfile is for other platforms.
    #[error(
        "`{place}` supports none of {}, only {}",
        platforms.join(", "),
        markers.join(" or ")
    )]
    #[diagnostic(
        code(pyhack::python_lock::no_platform),
        help(
            "choose a supported platform with `--platforms`, or change `tool.uv.environments` and run `uv lock`"
        )
    )]
    NoPlatform {
        place: String,
        platforms: Vec<String>,
        /// The markers of the platforms that it is for.
        markers: Vec<String>,
    },

    /// A fetched source is another package's than the lockfile says.
    #[error("`{place}` is the source of `{found}`, but the lockfile has it for `{expected}`")]
    #[diagnostic(
        code(pyhack::python_lock::other_package),
        help(
            "run `uv lock` again; if that doesn't help, don't build the package: the published file is wrong or was replaced"
        )
    )]
    OtherPackage {
        place: String,
        found: String,
        expected: String,
    },

    /// A package's folder leads out of its source.
    #[error("the lockfile has `{package}` in `{subdirectory}`, which is outside its source")]
    #[diagnostic(code(pyhack::python_lock::subdirectory), help("run `uv lock` again"))]
    Subdirectory {
        package: String,
        subdirectory: String,
    },

    /// The folder of a local project doesn't exist, or is empty.
    #[error("`{place}` has `{package}` in `{folder}`, which doesn't exist or is empty")]
    #[diagnostic(
        code(pyhack::python_lock::no_folder),
        help(
            "if it is in a git submodule, check it out: `git submodule update --init --recursive`; otherwise run `uv lock` again"
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
        help("choose one of its packages: `cargo pyhack inspect {place}` lists them")
    )]
    NoPackage { place: String, package: String },

    /// `[tool.uv]` has an invalid value.
    #[error("{at}: invalid `[tool.uv]`: {message}")]
    #[diagnostic(
        code(pyhack::python_lock::settings),
        help("correct it in the `pyproject.toml` of the workspace or of a member")
    )]
    Settings { at: TextPlace, message: String },
}

impl PythonLockError {
    /// The place in a file that the error is about.
    #[must_use]
    pub const fn place(&self) -> Option<&TextPlace> {
        match self {
            Self::Syntax { at, .. }
            | Self::OldFormat { at }
            | Self::Version { at, .. }
            | Self::Entry { at, .. }
            | Self::Settings { at, .. } => Some(at),
            _ => None,
        }
    }
}
