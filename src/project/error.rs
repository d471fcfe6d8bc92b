//! Errors in a project's files.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::name::CrateVersion;
use super::problems::{ManifestProblem, MissingDependency, Unread, broken_help};
use crate::text_place::TextPlace;
use crate::toml_text::TomlError;

/// An error that only a change to the project, or another source, can fix.
///
/// `place` is the path that the message shows: the folder or archive, or a
/// file of it.
#[derive(Debug, Error, Diagnostic)]
pub enum ProjectError {
    /// The folder has neither `pyproject.toml` nor `setup.py`.
    #[error("no `pyproject.toml` found in `{place}`")]
    #[diagnostic(
        code(pyhack::project::no_pyproject),
        help("{}", no_pyproject_help(elsewhere))
    )]
    NoPyproject {
        place: String,
        /// Folders below that have a `pyproject.toml`.
        elsewhere: Vec<String>,
    },

    /// The Python project has nothing for cargo to build.
    #[error("no Rust extension found in `{place}`")]
    #[diagnostic(code(pyhack::project::no_rust), help("{}", no_rust_help(unread)))]
    NoRust {
        place: String,
        /// What couldn't be read and may build Rust.
        unread: Vec<Unread>,
        /// The first line that couldn't be read.
        at: Option<TextPlace>,
    },

    /// The package set lacks what a package is built with.
    #[error(
        "the build of `{place}` requires {}, which the package set doesn't have",
        list(missing)
    )]
    #[diagnostic(
        code(pyhack::project::missing_build_system),
        help("add it to the `uv.lock` of the package set: `uv add --dev {}`", missing.join(" "))
    )]
    MissingBuildSystem { place: String, missing: Vec<String> },

    /// Cargo builds in more than one folder.
    #[error(
        "`{place}` has several Cargo workspaces, each with its own `Cargo.lock`: {}",
        list(roots)
    )]
    #[diagnostic(
        code(pyhack::project::several_roots),
        help(
            "choose one with `--cargo-root`, for example `--cargo-root {}`; `importCargoLock` vendors a single `Cargo.lock`, so an override can't build all of them; `nix-snippet --as stanza` prints an override for each",
            roots.first().map_or("", String::as_str)
        )
    )]
    SeveralRoots { place: String, roots: Vec<String> },

    /// `--cargo-root` names another folder than the ones cargo builds in.
    #[error("`{root}` is not a Cargo root of `{place}`")]
    #[diagnostic(
        code(pyhack::project::no_such_root),
        help("choose one of {}", list(roots))
    )]
    NoSuchRoot {
        place: String,
        root: String,
        roots: Vec<String>,
    },

    /// A file names a manifest that doesn't exist.
    #[error("`{place}` names the manifest `{manifest}`, which doesn't exist")]
    #[diagnostic(
        code(pyhack::project::no_manifest),
        help("correct `{key}` in `{place}`, or add the missing file")
    )]
    NoManifest {
        place: String,
        /// The path as written.
        manifest: String,
        /// Where it would be, for messages.
        path: String,
        /// The key that names it.
        key: &'static str,
    },

    /// A path in the project's files leads out of the source.
    #[error("`{path}` in `{place}` is outside the project")]
    #[diagnostic(
        code(pyhack::project::outside),
        help(
            "run `cargo pyhack` in a clone of the whole repository: files above a project are only read within its git repository"
        )
    )]
    Outside {
        place: String,
        path: String,
        /// Number of folders above the source root; `None` for an absolute path.
        up: Option<usize>,
    },

    /// A name or path has a control character, which Nix allows but no reader
    /// sees.
    #[error("{what} of `{place}` contains a control character: `{value}`")]
    #[diagnostic(
        code(pyhack::project::control_character),
        help("don't build this package unless you trust its source")
    )]
    ControlCharacter {
        place: String,
        what: &'static str,
        /// The text, escaped.
        value: String,
    },

    /// Cargo can't read the manifests.
    #[error("cargo can't read the manifests of `{place}`: {}", listed(broken))]
    #[diagnostic(code(pyhack::project::broken), help("{}", broken_help(broken, *is_sdist)))]
    Broken {
        place: String,
        broken: Vec<ManifestProblem>,
        /// Whether the source is an sdist, packed or unpacked.
        is_sdist: bool,
        /// The first line that cargo names.
        at: Option<TextPlace>,
    },

    /// What the build reads is in a git submodule that isn't checked out.
    #[error(
        "`{path}`{} is in the git submodule `{submodule}`, which isn't checked out",
        named_by.as_ref().map_or_else(String::new, |file| format!(", which `{file}` names,"))
    )]
    #[diagnostic(
        code(pyhack::project::broken),
        help(
            "{checkout}; a flake only contains its submodules with `inputs.self.submodules = true`, or with `?submodules=1` in its URL"
        )
    )]
    MissingSubmodule {
        named_by: Option<String>,
        path: String,
        submodule: String,
        /// How to check it out.
        checkout: String,
    },

    /// `Cargo.lock` lacks crates that the manifests depend on.
    #[error("`{place}` doesn't match the manifests: it lacks {}", listed(lacking))]
    #[diagnostic(
        code(pyhack::lock::stale),
        help(
            "update it and keep all other versions: `cargo pyhack nix-snippet --generate-lock --write FILE`; offline builds fail until then"
        )
    )]
    StaleLock {
        place: String,
        lacking: Vec<MissingDependency>,
    },

    /// `Cargo.lock` is missing.
    #[error("no `Cargo.lock` found: `{place}` doesn't exist")]
    #[diagnostic(
        code(pyhack::project::no_lock),
        help(
            "generate one: pass `--generate-lock --write FILE` to `cargo pyhack nix-snippet` or `lock`; it is saved next to FILE, and other commands use it with `--lock-file`"
        )
    )]
    NoLock { place: String },

    /// A text file isn't UTF-8.
    #[error("`{place}` is not UTF-8 text")]
    #[diagnostic(code(pyhack::project::not_utf8), help("save `{place}` as UTF-8"))]
    NotUtf8 { place: String },

    /// A TOML file doesn't parse or has a value of the wrong type.
    #[error("{at}: {message}")]
    #[diagnostic(code(pyhack::project::toml), help("{help}"))]
    Toml {
        at: TextPlace,
        message: String,
        help: &'static str,
    },

    /// `Cargo.lock` has a format newer than this program.
    #[error("{at}: format version {format}, but only versions 1 to 4 are supported")]
    #[diagnostic(
        code(pyhack::lock::format),
        help(
            "update cargo-pyhack, or delete the file and regenerate it with a released cargo: `cargo generate-lockfile`"
        )
    )]
    LockFormat {
        at: TextPlace,
        /// The `version` as written.
        format: String,
    },

    /// A crate from a registry has no checksum.
    #[error("`{place}` has no checksum for {}", list(crates))]
    #[diagnostic(
        code(pyhack::lock::no_checksum),
        help(
            "run `cargo generate-lockfile` in its folder, then try again: crates can't be verified without checksums"
        )
    )]
    NoChecksum {
        place: String,
        crates: Vec<CrateVersion>,
    },

    /// PEP 508 forbids the package's name.
    #[error("`{place}` has the name `{name}`, which PEP 508 doesn't allow")]
    #[diagnostic(
        code(pyhack::project::invalid_name),
        help("correct `name` in the `[project]` table of `pyproject.toml`")
    )]
    InvalidName {
        place: String,
        /// The name, escaped.
        name: String,
    },

    /// Two of the projects would become stanzas of one name.
    #[error(
        "several of the projects are the same package, and an overlay has one override per package: {}",
        list(names)
    )]
    #[diagnostic(code(pyhack::stanza::same_package), help("pass each package once"))]
    SamePackage { names: Vec<String> },

    /// Two crates would be vendored into the same folder.
    #[error(
        "`{krate}` comes from two sources, but the layout `{layout}` has a single folder for both: {}",
        list(sources)
    )]
    #[diagnostic(
        code(pyhack::vendor::same_crate),
        help(
            "use a layout of nixpkgs' `fetchCargoVendor`, which has a folder for each: `--layout fetch-cargo-vendor-unpacked`"
        )
    )]
    SameCrate {
        /// `name version`
        krate: String,
        sources: Vec<String>,
        layout: &'static str,
    },

    /// Crates of one name and version from different sources, which
    /// `importCargoLock` puts into the same folder.
    #[error(
        "`{place}` has crates with the same name and version from different sources: {}",
        list(crates)
    )]
    #[diagnostic(
        code(pyhack::lock::same_crate_twice),
        help(
            "use `fetchCargoVendor` of nixpkgs 26.05 or later, with the hash that `cargo pyhack hash` prints: `importCargoLock` doesn't support this"
        )
    )]
    SameCrateTwice {
        place: String,
        crates: Vec<CrateVersion>,
    },

    /// A build requirement isn't a PEP 508 requirement.
    #[error(
        "{at}: `{requirement}` in `[build-system].requires` is not a valid requirement: {message}"
    )]
    #[diagnostic(
        code(pyhack::project::requirement),
        help("write it as in PEP 508, for example `maturin>=1.9,<2`")
    )]
    Requirement {
        at: TextPlace,
        requirement: String,
        message: String,
    },

    /// Neither Python nor Cargo metadata has a name.
    #[error("the Python package in `{place}` has no name")]
    #[diagnostic(
        code(pyhack::project::no_name),
        help("set `name` in the `[project]` table of `pyproject.toml`")
    )]
    NoName { place: String },
}

impl ProjectError {
    /// The place in a file that the error is about.
    #[must_use]
    pub const fn place(&self) -> Option<&TextPlace> {
        match self {
            Self::Toml { at, .. } | Self::LockFormat { at, .. } | Self::Requirement { at, .. } => {
                Some(at)
            }
            Self::NoRust { at, .. } | Self::Broken { at, .. } => at.as_ref(),
            _ => None,
        }
    }

    /// Whether the source and the package set alone decide on the error, so
    /// that another run fails in the same way.
    #[must_use]
    pub const fn is_of_the_source(&self) -> bool {
        matches!(
            self,
            Self::NoPyproject { .. }
                | Self::MissingBuildSystem { .. }
                | Self::SeveralRoots { .. }
                | Self::NoLock { .. }
                | Self::NoName { .. }
        )
    }
}

/// Converts a TOML parser's error to one that points at the line.
pub(super) fn toml_error(
    place: &str,
    text: &str,
    error: TomlError,
    help: &'static str,
) -> ProjectError {
    ProjectError::Toml {
        at: TextPlace::span_or_file(place, text, error.span),
        message: error.message,
        help,
    }
}

fn no_rust_help(unread: &[Unread]) -> String {
    if unread.is_empty() {
        return "if the build compiles a crate, set its manifest in `pyproject.toml`: `manifest-path` in `[tool.maturin]`, or `path` in `[[tool.setuptools-rust.ext-modules]]`; otherwise there are no crates to vendor"
            .to_owned();
    }
    let unread: Vec<_> = unread.iter().map(ToString::to_string).collect();
    format!(
        "if the build compiles a crate, write the override by hand; some parts of the build couldn't be read: {}",
        unread.join("; ")
    )
}

fn no_pyproject_help(elsewhere: &[String]) -> String {
    match elsewhere.first() {
        Some(folder) => format!(
            "pass a folder that has one: {}; for example, `cargo pyhack inspect {folder}`",
            list(elsewhere)
        ),
        None => {
            "pass the folder or sdist of a Python project: `cargo pyhack inspect PATH`".to_owned()
        }
    }
}

/// Joins clauses with semicolons; after six, the rest is counted.
fn listed(clauses: &[impl fmt::Display]) -> String {
    let texts = clauses.iter().map(ToString::to_string);
    join_counted(texts.collect(), 6, "; ", ";")
}

/// Joins names with commas, each in backticks; after eight, the rest is
/// counted.
fn list(names: &[impl fmt::Display]) -> String {
    let texts = names.iter().map(|name| format!("`{name}`"));
    join_counted(texts.collect(), 8, ", ", "")
}

fn join_counted(mut texts: Vec<String>, most: usize, separator: &str, last: &str) -> String {
    let rest = texts.len().saturating_sub(most);
    texts.truncate(most);
    let joined = texts.join(separator);
    match rest {
        0 => joined,
        rest => format!("{joined}{last} and {rest} more"),
    }
}
