//! What doesn't stop a command, but will or may stop the user's build.

use schemars::JsonSchema;
use serde::Serialize;

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
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
    /// Nothing for cargo to build.
    NoRust,
    /// More extension modules than one.
    SeveralModules,
    /// The Cargo workspace is above the Python project.
    WorkspaceAbove,
    /// No `Cargo.lock`.
    NoLock,
    /// Crates from git or other registries.
    UnsupportedSource,
    /// A build requirement that the package set doesn't bring.
    UnknownBuildSystem,
    /// A lock that some of nixpkgs' tools can't read.
    OldLock,
}

impl Warning {
    pub(crate) fn new(code: WarningCode, message: impl Into<String>) -> Self {
        let (code, help) = code.describe();
        Self {
            code: code.to_owned(),
            message: message.into(),
            help: help.to_owned(),
        }
    }
}

impl WarningCode {
    /// The stable name, and what to do.
    #[must_use]
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidName => (
                "pyhack::warning::invalid_name",
                "correct `name` in the `[project]` table of `pyproject.toml`",
            ),
            Self::NoRust => (
                "pyhack::warning::no_rust",
                "if there is a crate, name its manifest in `pyproject.toml`",
            ),
            Self::SeveralModules => (
                "pyhack::warning::several_modules",
                "see that the other crates are members of the same workspace, so that one lock covers all",
            ),
            Self::WorkspaceAbove => (
                "pyhack::warning::workspace_above",
                "its lock is outside of what was named; the other commands don't support that yet",
            ),
            Self::NoLock => (
                "pyhack::warning::no_lock",
                "run `cargo generate-lockfile` there; the other commands need the lock",
            ),
            Self::UnsupportedSource => (
                "pyhack::warning::unsupported_source",
                "write this package's stanza by hand for now",
            ),
            Self::UnknownBuildSystem => (
                "pyhack::warning::unknown_build_system",
                "have it in the uv.lock that the package set is made from, for example `uv add --dev NAME`, \
                 so that the stanza evaluates",
            ),
            Self::OldLock => (
                "pyhack::warning::old_lock",
                "let a current cargo write it anew: `cargo generate-lockfile`",
            ),
        }
    }
}
