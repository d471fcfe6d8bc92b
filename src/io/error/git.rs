//! Errors of git repositories. All URLs in them are already without
//! credentials.

use miette::Diagnostic;
use thiserror::Error;

/// A git repository can't be fetched or checked out.
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    #[error("git can't be run: {message}")]
    #[diagnostic(
        code(pyhack::git::missing),
        help("install git: crates of the lock come from git repositories")
    )]
    NoGit { message: String },

    /// The lock names no full revision.
    #[error("the lock has no full revision of `{url}`{}", found.as_ref().map(|found| format!(", only `{found}`")).unwrap_or_default())]
    #[diagnostic(
        code(pyhack::lock::no_revision),
        help(
            "a branch or tag may be another one tomorrow: let cargo write the lock anew, `cargo generate-lockfile`"
        )
    )]
    NoRevision {
        url: String,
        /// What the lock names instead.
        found: Option<String>,
    },

    /// A URL that is never handed to git.
    #[error("the git repository `{url}` can't be fetched: its URL {problem}")]
    #[diagnostic(
        code(pyhack::git::url),
        help("don't build it: no sound project asks for that")
    )]
    Url {
        /// Escaped.
        url: String,
        problem: &'static str,
    },

    #[error("revision {revision} of `{url}` is in no cache, and `--offline` forbids fetching it")]
    #[diagnostic(code(pyhack::git::offline), help("run it once without `--offline`"))]
    Offline { url: String, revision: String },

    /// The server can't be reached, or refuses access.
    #[error("`{url}` can't be fetched: {message}")]
    #[diagnostic(
        code(pyhack::git::network),
        help(
            "see whether `git ls-remote URL` works: git's own configuration, credential helpers and ssh are used, but \
             nothing is asked on the terminal"
        )
    )]
    Fetch { url: String, message: String },

    #[error("`{url}` has no revision {revision}")]
    #[diagnostic(
        code(pyhack::git::no_such_revision),
        help(
            "its history was rewritten, perhaps: choose another revision with `cargo update`, or name a fork that has it"
        )
    )]
    NoSuchRevision { url: String, revision: String },

    #[error("revision {revision} of `{url}` has {what}")]
    #[diagnostic(
        code(pyhack::git::too_large),
        help("don't build it: no repository of crates is that large")
    )]
    TooLarge {
        url: String,
        revision: String,
        what: &'static str,
    },

    #[error("revision {revision} of `{url}` can't be checked out: {message}")]
    #[diagnostic(
        code(pyhack::git::checkout),
        help("look at the repository: nothing of it was used")
    )]
    Checkout {
        url: String,
        revision: String,
        message: String,
    },
}

impl GitError {
    /// Whether the environment of the run is at fault, and not the project.
    #[must_use]
    pub const fn is_of_the_surroundings(&self) -> bool {
        matches!(
            self,
            Self::NoGit { .. } | Self::Offline { .. } | Self::Fetch { .. }
        )
    }
}
