//! Errors of git repositories. All URLs in them are already without
//! credentials.

use miette::Diagnostic;
use thiserror::Error;

/// A git repository can't be fetched or checked out.
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    #[error("failed to run git: {message}")]
    #[diagnostic(
        code(pyhack::git::missing),
        help("install git: some of the crates come from git repositories")
    )]
    NoGit { message: String },

    /// The lock names no full revision.
    #[error("the lockfile has no full revision for `{url}`{}", found.as_ref().map(|found| format!(", only `{found}`")).unwrap_or_default())]
    #[diagnostic(
        code(pyhack::lock::no_revision),
        help("regenerate it with `cargo generate-lockfile`: a branch or tag isn't reproducible")
    )]
    NoRevision {
        url: String,
        /// What the lock names instead.
        found: Option<String>,
    },

    /// A URL that is never handed to git.
    #[error("refusing to fetch the git repository `{url}`: its URL {problem}")]
    #[diagnostic(
        code(pyhack::git::url),
        help("don't build this project unless you trust its source")
    )]
    Url {
        /// Escaped.
        url: String,
        problem: &'static str,
    },

    #[error("revision {revision} of `{url}` isn't cached, and `--offline` was specified")]
    #[diagnostic(
        code(pyhack::git::offline),
        help("run the command once without `--offline`")
    )]
    Offline { url: String, revision: String },

    /// The server can't be reached, or refuses access.
    #[error("failed to fetch `{url}`: {message}")]
    #[diagnostic(
        code(pyhack::git::network),
        help(
            "check that `git ls-remote URL` works without prompts; git's configuration, credential helpers and ssh are used"
        )
    )]
    Fetch { url: String, message: String },

    #[error("`{url}` has no revision {revision}")]
    #[diagnostic(
        code(pyhack::git::no_such_revision),
        help(
            "choose another revision with `cargo update`, or use a fork that has it; the history may have been rewritten"
        )
    )]
    NoSuchRevision { url: String, revision: String },

    #[error("revision {revision} of `{url}` has {what}")]
    #[diagnostic(
        code(pyhack::git::too_large),
        help(
            "don't build this project unless you trust its source: repositories of crates are smaller"
        )
    )]
    TooLarge {
        url: String,
        revision: String,
        what: &'static str,
    },

    #[error("failed to check out revision {revision} of `{url}`: {message}")]
    #[diagnostic(
        code(pyhack::git::checkout),
        help("check the repository; none of its files were used")
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
