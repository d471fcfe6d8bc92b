//! Errors of the files that Python locks name.

use miette::Diagnostic;
use thiserror::Error;

/// A file of a Python lock can't be fetched or read, or isn't what the lock
/// says.
#[derive(Debug, Error, Diagnostic)]
pub enum ArtifactError {
    #[error("the lock doesn't say where the source of `{label}` is")]
    #[diagnostic(
        code(pyhack::artifacts::nowhere),
        help("lock again with an index that gives addresses: `uv lock`")
    )]
    Nowhere { label: String },

    #[error(
        "the lock has no SHA-256 for `{url}`, the source of `{label}`, so it couldn't be verified"
    )]
    #[diagnostic(
        code(pyhack::artifacts::no_hash),
        help(
            "lock again: `uv lock`; if that changes nothing, use an index that gives SHA-256 hashes"
        )
    )]
    NoHash { label: String, url: String },

    #[error(
        "the source of `{label}` is at `{url}`, which is neither a sound http(s) nor a file address"
    )]
    #[diagnostic(
        code(pyhack::artifacts::address),
        help("lock again with an index or source that has `https://` addresses")
    )]
    Address { label: String, url: String },

    /// A file name that can't be used in the cache.
    #[error("the source of `{label}` is the file `{name}`, which no sdist is called")]
    #[diagnostic(
        code(pyhack::artifacts::name),
        help(
            "sdists end in `.tar.gz`, `.tgz` or `.zip`, with letters, digits and `._+!~-` before; fetch the file by hand, unpack it and \
             name the folder"
        )
    )]
    Name { label: String, name: String },

    #[error("the source of `{label}` has {size} bytes, and no more than {limit} MiB are read")]
    #[diagnostic(
        code(pyhack::artifacts::too_large),
        help("unpack it by hand and name the folder")
    )]
    TooLarge {
        label: String,
        /// In bytes, of the file or as the lock has it.
        size: u64,
        /// In MiB.
        limit: u64,
    },

    #[error(
        "the source of `{label}` from `{url}` has the SHA-256 {found}, the lock says {expected}"
    )]
    #[diagnostic(
        code(pyhack::artifacts::checksum),
        help(
            "either the lock or what is there is wrong: compare with a fresh `uv lock`, and don't build from it until you \
             know which"
        )
    )]
    Checksum {
        label: String,
        url: String,
        found: String,
        expected: String,
    },

    #[error("the source of `{label}` from `{url}` has {found} bytes, the lock says {expected}")]
    #[diagnostic(
        code(pyhack::artifacts::size),
        help(
            "either the lock or what is there is wrong: compare with a fresh `uv lock`, and don't build from it until you \
             know which"
        )
    )]
    Size {
        label: String,
        url: String,
        /// In bytes.
        found: u64,
        /// In bytes.
        expected: u64,
    },

    #[error("the source of `{label}` isn't there (`{url}` {answer})")]
    #[diagnostic(
        code(pyhack::artifacts::missing),
        help("lock again, to a version that exists: `uv lock --upgrade-package NAME`")
    )]
    Missing {
        label: String,
        url: String,
        /// `doesn't exist`, or what the server answered.
        answer: String,
    },

    #[error("the source of `{label}` is in no cache, and `--offline` forbids fetching it")]
    #[diagnostic(
        code(pyhack::artifacts::offline),
        help("run it once without `--offline`")
    )]
    Offline { label: String },

    #[error("there is no folder for the cache")]
    #[diagnostic(
        code(pyhack::artifacts::no_cache),
        help("set `HOME`, or name a folder in the variable `CARGO_PYHACK_CACHE_DIR`")
    )]
    NoCache,

    #[error("`{url}` asks for a login (it answered {status}), and none is known")]
    #[diagnostic(
        code(pyhack::artifacts::no_credentials),
        help("{advice}; keyrings, which are programs, aren't asked")
    )]
    NoCredentials {
        url: String,
        status: u16,
        /// Where a login can be put.
        advice: String,
    },

    #[error("`{url}` doesn't take the login of {origin} (it answered {status})")]
    #[diagnostic(
        code(pyhack::artifacts::credentials_refused),
        help("mend name and password there; they may have expired, or lack the right to read")
    )]
    CredentialsRefused {
        url: String,
        /// Where the login was found, with backquotes.
        origin: String,
        status: u16,
    },
}

impl ArtifactError {
    /// Whether the environment of the run is at fault: network, logins or disk,
    /// and not the lock.
    #[must_use]
    pub const fn is_of_the_surroundings(&self) -> bool {
        matches!(
            self,
            Self::Offline { .. }
                | Self::NoCache
                | Self::NoCredentials { .. }
                | Self::CredentialsRefused { .. }
        )
    }
}
