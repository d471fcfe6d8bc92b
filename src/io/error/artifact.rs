//! Why a file of a Python lock can't be had.

use miette::Diagnostic;
use thiserror::Error;

/// A file of a Python lock can't be had, or isn't what the lock says.
#[derive(Debug, Error, Diagnostic)]
pub enum ArtifactError {
    /// The lock has neither address nor path.
    #[error("the lock doesn't say where the source of `{label}` is")]
    #[diagnostic(
        code(pyhack::artifacts::nowhere),
        help("lock again with an index that gives addresses: `uv lock`")
    )]
    Nowhere {
        /// Name and version.
        label: String,
    },

    /// The lock has no SHA-256.
    #[error(
        "the lock has no SHA-256 for `{url}`, the source of `{label}`, so it couldn't be verified"
    )]
    #[diagnostic(
        code(pyhack::artifacts::no_hash),
        help(
            "lock again: `uv lock`; if that changes nothing, use an index that gives SHA-256 hashes"
        )
    )]
    NoHash {
        /// Name and version.
        label: String,
        /// The address.
        url: String,
    },

    /// An address that nothing is fetched from.
    #[error(
        "the source of `{label}` is at `{url}`, which is neither a sound http(s) nor a file address"
    )]
    #[diagnostic(
        code(pyhack::artifacts::address),
        help("lock again with an index or source that has `https://` addresses")
    )]
    Address {
        /// Name and version.
        label: String,
        /// The address.
        url: String,
    },

    /// A name that no sdist has.
    #[error("the source of `{label}` is the file `{name}`, which no sdist is called")]
    #[diagnostic(
        code(pyhack::artifacts::name),
        help(
            "sdists end in `.tar.gz`, `.tgz` or `.zip`, with letters, digits and `._+!~-` before; fetch the file by hand, unpack it and \
             name the folder"
        )
    )]
    Name {
        /// Name and version.
        label: String,
        /// The file's name.
        name: String,
    },

    /// Larger than anything that is read.
    #[error("the source of `{label}` has {size} bytes, and no more than {limit} MiB are read")]
    #[diagnostic(
        code(pyhack::artifacts::too_large),
        help("unpack it by hand and name the folder")
    )]
    TooLarge {
        /// Name and version.
        label: String,
        /// Its size, or what the lock says of it.
        size: u64,
        /// The limit in MiB.
        limit: u64,
    },

    /// Another hash than the lock's.
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
        /// Name and version.
        label: String,
        /// Where it is from.
        url: String,
        /// SHA-256 of what came.
        found: String,
        /// SHA-256 in the lock.
        expected: String,
    },

    /// Another size than the lock's.
    #[error("the source of `{label}` from `{url}` has {found} bytes, the lock says {expected}")]
    #[diagnostic(
        code(pyhack::artifacts::size),
        help(
            "either the lock or what is there is wrong: compare with a fresh `uv lock`, and don't build from it until you \
             know which"
        )
    )]
    Size {
        /// Name and version.
        label: String,
        /// Where it is from.
        url: String,
        /// What came.
        found: u64,
        /// What the lock says.
        expected: u64,
    },

    /// It isn't there.
    #[error("the source of `{label}` isn't there (`{url}` {answer})")]
    #[diagnostic(
        code(pyhack::artifacts::missing),
        help("lock again, to a version that exists: `uv lock --upgrade-package NAME`")
    )]
    Missing {
        /// Name and version.
        label: String,
        /// Where it was looked for.
        url: String,
        /// What came of it.
        answer: String,
    },

    /// Nothing may be fetched.
    #[error("the source of `{label}` is in no cache, and `--offline` forbids fetching it")]
    #[diagnostic(
        code(pyhack::artifacts::offline),
        help("run it once without `--offline`")
    )]
    Offline {
        /// Name and version.
        label: String,
    },

    /// There is no folder to keep it in.
    #[error("there is no folder for the cache")]
    #[diagnostic(
        code(pyhack::artifacts::no_cache),
        help("set `HOME`, or name a folder in the variable `CARGO_PYHACK_CACHE_DIR`")
    )]
    NoCache,

    /// A login is asked for, and none is known.
    #[error("`{url}` asks for a login (it answered {status}), and none is known")]
    #[diagnostic(
        code(pyhack::artifacts::no_credentials),
        help("{advice}; keyrings, which are programs, aren't asked")
    )]
    NoCredentials {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Where to put a login.
        advice: String,
    },

    /// The login that is known isn't taken.
    #[error("`{url}` doesn't take the login of {origin} (it answered {status})")]
    #[diagnostic(
        code(pyhack::artifacts::credentials_refused),
        help("mend name and password there; they may have expired, or lack the right to read")
    )]
    CredentialsRefused {
        /// The address.
        url: String,
        /// Where the login was found.
        origin: String,
        /// The HTTP status.
        status: u16,
    },
}

impl ArtifactError {
    /// Whether the surroundings have to be mended, not the lock.
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
