//! Errors of the files that Python locks name.

use miette::Diagnostic;
use thiserror::Error;

/// A file of a Python lock can't be fetched or read, or isn't what the lock
/// says.
#[derive(Debug, Error, Diagnostic)]
pub enum ArtifactError {
    #[error("the lockfile has no URL or path for the source of `{label}`")]
    #[diagnostic(
        code(pyhack::artifacts::nowhere),
        help("run `uv lock` with an index that provides URLs")
    )]
    Nowhere { label: String },

    #[error("the lockfile has no SHA-256 to verify `{url}`, the source of `{label}`")]
    #[diagnostic(
        code(pyhack::artifacts::no_hash),
        help(
            "run `uv lock` again; if that doesn't help, use an index that provides SHA-256 hashes"
        )
    )]
    NoHash { label: String, url: String },

    #[error("the source of `{label}` is at `{url}`, which is not a valid `http(s)` or `file` URL")]
    #[diagnostic(
        code(pyhack::artifacts::address),
        help("run `uv lock` with an index or source that has `https://` URLs")
    )]
    Address { label: String, url: String },

    /// A file name that can't be used in the cache.
    #[error("the source of `{label}` is the file `{name}`, which is not a valid name for an sdist")]
    #[diagnostic(
        code(pyhack::artifacts::name),
        help(
            "download and unpack the file by hand, and pass the folder; names of sdists consist of letters, digits and `._+!~-`, and end in `.tar.gz`, `.tgz` or `.zip`"
        )
    )]
    Name { label: String, name: String },

    #[error("the source of `{label}` has {size} bytes, more than the limit of {limit} MiB")]
    #[diagnostic(
        code(pyhack::artifacts::too_large),
        help("unpack it by hand, and pass the folder")
    )]
    TooLarge {
        label: String,
        /// In bytes, of the file or as the lock has it.
        size: u64,
        /// In MiB.
        limit: u64,
    },

    #[error(
        "hash mismatch for the source of `{label}` from `{url}`: the lockfile has SHA-256 {expected}, the file {found}"
    )]
    #[diagnostic(
        code(pyhack::artifacts::checksum),
        help(
            "compare with a fresh `uv lock`, and don't build the package until you know whether the lockfile or the file is wrong"
        )
    )]
    Checksum {
        label: String,
        url: String,
        found: String,
        expected: String,
    },

    #[error(
        "size mismatch for the source of `{label}` from `{url}`: the lockfile has {expected} bytes, the file {found}"
    )]
    #[diagnostic(
        code(pyhack::artifacts::size),
        help(
            "compare with a fresh `uv lock`, and don't build the package until you know whether the lockfile or the file is wrong"
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

    #[error("the source of `{label}` was not found (`{url}` {answer})")]
    #[diagnostic(
        code(pyhack::artifacts::missing),
        help("lock a version that exists: `uv lock --upgrade-package NAME`")
    )]
    Missing {
        label: String,
        url: String,
        /// `doesn't exist`, or what the server answered.
        answer: String,
    },

    #[error("the source of `{label}` isn't cached, and `--offline` was specified")]
    #[diagnostic(
        code(pyhack::artifacts::offline),
        help("run the command once without `--offline`")
    )]
    Offline { label: String },

    #[error("no cache folder found")]
    #[diagnostic(
        code(pyhack::artifacts::no_cache),
        help("set `HOME`, or set the variable `CARGO_PYHACK_CACHE_DIR` to a folder")
    )]
    NoCache,

    #[error("`{url}` requires a login (status {status}), and none was found")]
    #[diagnostic(
        code(pyhack::artifacts::no_credentials),
        help("{advice}; keyrings aren't used")
    )]
    NoCredentials {
        url: String,
        status: u16,
        /// Where a login can be put.
        advice: String,
    },

    #[error("`{url}` rejected the login from {origin} (status {status})")]
    #[diagnostic(
        code(pyhack::artifacts::credentials_refused),
        help("correct the name and password there; they may have expired, or lack read access")
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
