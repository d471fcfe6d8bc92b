//! What can go wrong with git repositories. URLs are shown without
//! credentials: whoever makes an error takes them out.

use miette::Diagnostic;
use thiserror::Error;

/// A git repository can't be had, or not used.
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    /// No git to ask.
    #[error("git can't be run: {message}")]
    #[diagnostic(
        code(pyhack::git::missing),
        help("install git: crates of the lock come from git repositories")
    )]
    NoGit {
        /// What the system says.
        message: String,
    },

    /// The lock doesn't say which revision.
    #[error("the lock has no full revision of `{url}`{}", found.as_ref().map(|found| format!(", only `{found}`")).unwrap_or_default())]
    #[diagnostic(
        code(pyhack::lock::no_revision),
        help(
            "a branch or tag may be another one tomorrow: let cargo write the lock anew, `cargo generate-lockfile`"
        )
    )]
    NoRevision {
        /// The repository.
        url: String,
        /// What it says instead.
        found: Option<String>,
    },

    /// A URL that git shall not see.
    #[error("the git repository `{url}` can't be fetched: its URL {problem}")]
    #[diagnostic(
        code(pyhack::git::url),
        help("don't build it: no sound project asks for that")
    )]
    Url {
        /// The URL, escaped.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// Nothing may be fetched.
    #[error("revision {revision} of `{url}` is in no cache, and `--offline` forbids fetching it")]
    #[diagnostic(code(pyhack::git::offline), help("run it once without `--offline`"))]
    Offline {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
    },

    /// The server can't be reached, or doesn't let us in.
    #[error("`{url}` can't be fetched: {message}")]
    #[diagnostic(
        code(pyhack::git::network),
        help(
            "see whether `git ls-remote URL` works: git's own configuration, credential helpers and ssh are used, but \
             nothing is asked on the terminal"
        )
    )]
    Fetch {
        /// The repository.
        url: String,
        /// What git says.
        message: String,
    },

    /// The repository is there, the revision isn't.
    #[error("`{url}` has no revision {revision}")]
    #[diagnostic(
        code(pyhack::git::no_such_revision),
        help(
            "its history was rewritten, perhaps: choose another revision with `cargo update`, or name a fork that has it"
        )
    )]
    NoSuchRevision {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
    },

    /// More than any sound repository has.
    #[error("revision {revision} of `{url}` has {what}")]
    #[diagnostic(
        code(pyhack::git::too_large),
        help("don't build it: no repository of crates is that large")
    )]
    TooLarge {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
        /// What there is too much of.
        what: &'static str,
    },

    /// Git refuses what is in it.
    #[error("revision {revision} of `{url}` can't be checked out: {message}")]
    #[diagnostic(
        code(pyhack::git::checkout),
        help("look at the repository: nothing of it was used")
    )]
    Checkout {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
        /// What git says.
        message: String,
    },
}

impl GitError {
    /// Whether the surroundings have to be mended, not the project.
    #[must_use]
    pub const fn is_of_the_surroundings(&self) -> bool {
        matches!(
            self,
            Self::NoGit { .. } | Self::Offline { .. } | Self::Fetch { .. }
        )
    }
}
