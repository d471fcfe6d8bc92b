//! What doesn't stop a command, but will or may stop the user's build.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a warning matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Note,
    /// It will or may stop the build.
    Warning,
    /// It will stop the build.
    Error,
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// How much it matters.
    pub level: Level,
    /// A stable name; `docs/diagnostics.md` has a heading for each.
    pub code: String,
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The kinds of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningCode {
    /// The package's name breaks PEP 508.
    InvalidName,
    /// A `[project]` table without what PEP 621 requires.
    IncompleteProject,
    /// Nothing for cargo to build.
    NoRust,
    /// More folders than one that cargo builds in.
    SeveralRoots,
    /// A crate that may be the wrong one.
    Guess,
    /// What only running the project would tell.
    Unread,
    /// The Cargo workspace is above the Python project.
    WorkspaceAbove,
    /// No `Cargo.lock`.
    NoLock,
    /// A build requirement that the package set doesn't bring.
    UnknownBuildSystem,
    /// A build requirement from a URL.
    UrlRequirement,
    /// A lock that some of nixpkgs' tools can't read.
    OldLock,
    /// Manifests that cargo can't read.
    Broken,
    /// A lock that lacks what the manifests ask for.
    StaleLock,
    /// A lock with crates that nothing needs.
    UnneededCrates,
    /// A lock of another version of the project.
    OutdatedLock,
    /// Such crates that the registry no longer has.
    GoneCrates,
    /// A lock that has to lie beside the overlay.
    LockBeside,
    /// Crates that the registry has yanked.
    YankedCrates,
    /// Cargo's configuration in the source.
    CargoConfig,
    /// `pyo3/generate-import-lib`.
    GenerateImportLib,
    /// A newer rustc than nixpkgs has.
    RustVersion,
    /// A nixpkgs that crates.io doesn't answer.
    OldNixpkgs,
    /// A pyproject.nix without what the stanza uses.
    OldPyprojectNix,
    /// Pins that can't be read.
    UnreadPins,
    /// Something that a file in nixpkgs' style lacks.
    IncompletePackage,
    /// Features of a nightly rustc.
    Nightly,
    /// A newer Python than `PyO3` knows.
    Pyo3TooOld,
    /// Native inputs by the lock's edges alone.
    Approximate,
    /// A crate from git that needs files outside of its folder.
    GitCrateReachesOut,
    /// A build script that downloads.
    Download,
    /// A native crate that nothing is known of.
    UnknownNative,
    /// A module of pkg-config that no attribute is known for.
    UnknownModule,
    /// A build script that can't be read.
    UnreadableBuildScript,
    /// Something that is loaded when the program runs.
    Runtime,
    /// A `.python-version` that names no `CPython`.
    PythonVersion,
    /// A Python that a lock isn't for.
    PythonNotAllowed,
    /// A flake that can't be read.
    UnreadFlake,
}

impl Warning {
    pub(crate) fn new(code: WarningCode, message: impl Into<String>) -> Self {
        let (code, help) = code.describe();
        Self {
            level: Level::Warning,
            code: code.to_owned(),
            message: message.into(),
            help: help.to_owned(),
        }
    }

    /// The same as something that will stop the build.
    pub(crate) fn error(code: WarningCode, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            ..Self::new(code, message)
        }
    }

    /// The same as something that is good to know.
    pub(crate) fn note(code: WarningCode, message: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            ..Self::new(code, message)
        }
    }
}

impl WarningCode {
    /// The stable name, and what to do.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm a code")]
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidName => (
                "pyhack::warning::invalid_name",
                "correct `name` in the `[project]` table of `pyproject.toml`",
            ),
            Self::IncompleteProject => (
                "pyhack::warning::incomplete_project",
                "add it by a patch: `dynamic = [\"version\"]` where the backend knows it; or take the wheel",
            ),
            Self::NoRust => (
                "pyhack::warning::no_rust",
                "if there is a crate, name its manifest in `pyproject.toml`",
            ),
            Self::SeveralRoots => (
                "pyhack::warning::several_roots",
                "choose one with `--cargo-root`; to build all with one stanza, make their crates members \
                 of one Cargo workspace",
            ),
            Self::Guess => (
                "pyhack::warning::guess",
                "compare it with what the build does before relying on it",
            ),
            Self::Unread => (
                "pyhack::warning::unread",
                "look at that line: it may build more, or ask for more, than is said here",
            ),
            Self::WorkspaceAbove => (
                "pyhack::warning::workspace_above",
                "`nix-snippet` puts the whole of it in the place of the package's source",
            ),
            Self::NoLock => (
                "pyhack::warning::no_lock",
                "let cargo make one: `--generate-lock --write FILE`, of `cargo pyhack nix-snippet` and `lock`, \
                 keeps it beside FILE, and `--lock-file` takes it from there",
            ),
            Self::UnknownBuildSystem => (
                "pyhack::warning::unknown_build_system",
                "have it in the uv.lock that the package set is made from, for example `uv add --dev \
                 NAME`, so that the stanza evaluates",
            ),
            Self::UrlRequirement => (
                "pyhack::warning::url_requirement",
                "see that the package set's version builds it too",
            ),
            Self::OldLock => (
                "pyhack::warning::old_lock",
                "let a current cargo write it anew: `cargo generate-lockfile`",
            ),
            Self::Broken => (
                "pyhack::warning::broken",
                "no build can succeed with it: take the source from its repository, or put back what is missing",
            ),
            Self::StaleLock => (
                "pyhack::warning::stale_lock",
                "no offline build can succeed with it: let cargo mend it with `--generate-lock`",
            ),
            Self::UnneededCrates => (
                "pyhack::warning::unneeded_crates",
                "nothing, unless cargo runs with `--locked`: then let it mend the lock with `--generate-lock`",
            ),
            Self::OutdatedLock => (
                "pyhack::warning::outdated_lock",
                "nothing, unless cargo runs with `--locked`: then let it mend the lock with `--generate-lock`",
            ),
            Self::GoneCrates => (
                "pyhack::warning::gone_crates",
                "nothing of the project needs them, but Nix fetches all that the lock names: let cargo \
                 take them out with `cargo pyhack nix-snippet --generate-lock --write FILE`",
            ),
            Self::LockBeside => (
                "pyhack::warning::lock_beside",
                "let `--write FILE` put the stanza into the file and the lock beside it",
            ),
            Self::YankedCrates => (
                "pyhack::warning::yanked_crates",
                "the build goes on with them, since the lock names them: see why they were yanked, and whether a later \
                 release of the package has others",
            ),
            Self::CargoConfig => (
                "pyhack::warning::cargo_config",
                "if the build fails over it, delete it in the stanza: `postPatch = \"rm -r .cargo\";`",
            ),
            Self::GenerateImportLib => (
                "pyhack::warning::generate_import_lib",
                "Linux and macOS need no import library: take the feature out with a patch if the build \
                 fails over it",
            ),
            Self::RustVersion => (
                "pyhack::warning::rust_version",
                "build with a newer nixpkgs, or hand `importCargoLock` a `cargo` and a `rustc` of rust-overlay's or fenix's",
            ),
            Self::OldNixpkgs => ("pyhack::warning::old_nixpkgs", "update the input"),
            Self::OldPyprojectNix => ("pyhack::warning::old_pyproject_nix", "update the input"),
            Self::UnreadPins => (
                "pyhack::warning::unread_pins",
                "see by yourself that its nixpkgs and pyproject.nix are new enough",
            ),
            Self::IncompletePackage => (
                "pyhack::warning::incomplete_package",
                "look at that in the file, and fill in what is missing",
            ),
            Self::Nightly => (
                "pyhack::warning::nightly",
                "let a stable rustc take them with `env.RUSTC_BOOTSTRAP = \"1\"`",
            ),
            Self::Pyo3TooOld => (
                "pyhack::warning::pyo3_too_old",
                "build for an older Python; where PyO3 refuses it, `env.PYO3_USE_ABI3_FORWARD_COMPATIBILITY = \"1\"` may \
                 help",
            ),
            Self::Approximate => (
                "pyhack::warning::approximate",
                "look at each with `cargo pyhack why NAME`; mend what keeps cargo from resolving to be told exactly",
            ),
            Self::GitCrateReachesOut => (
                "pyhack::warning::git_crate_reaches_out",
                "vendoring copies the crate's folder alone: if the build fails over a missing file, put it there with \
                 a patch, or ask the crate's authors to",
            ),
            Self::Download => (
                "pyhack::warning::download",
                "no build in Nix's sandbox succeeds with it: fetch what it wants with Nix, and name it in the variable",
            ),
            Self::UnknownNative => (
                "pyhack::warning::unknown_native",
                "if it needs a library, add it to the stanza; then tell us, or add a row for the crate to \
                 `data/native-deps.toml`: `cargo pyhack why CRATE` prints one to fill in",
            ),
            Self::UnknownModule => (
                "pyhack::warning::unknown_module",
                "add the package that has it to the stanza's `buildInputs`; then tell us, or add a row to \
                 `data/pkg-config.toml`",
            ),
            Self::UnreadableBuildScript => (
                "pyhack::warning::unreadable_build_script",
                "look at it: it may need more than is said here",
            ),
            Self::PythonVersion => (
                "pyhack::warning::python_version",
                "choose one with `--python 3.13`, say",
            ),
            Self::PythonNotAllowed => (
                "pyhack::warning::python_not_allowed",
                "choose another one with `--python`: uv2nix refuses to make a set for this one",
            ),
            Self::UnreadFlake => (
                "pyhack::warning::unread_flake",
                "see by yourself which inputs it has",
            ),
            Self::Runtime => (
                "pyhack::warning::runtime",
                "nothing to build it; what loads it has to find it where the program runs",
            ),
        }
    }
}
