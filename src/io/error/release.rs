//! Errors of sdists that are named by a release or an address.

use miette::Diagnostic;
use thiserror::Error;

/// An sdist can't be found or fetched, or isn't what it should be.
#[derive(Debug, Error, Diagnostic)]
pub enum ReleaseError {
    #[error("no package index is configured that could have `{label}`")]
    #[diagnostic(
        code(pyhack::index::not_configured),
        help(
            "name the index as uv and pip do: `UV_DEFAULT_INDEX=https://...`, `index-url` in `uv.toml` or `pip.conf`, or \
             `[[tool.uv.index]]` in `pyproject.toml`; in a project with a `uv.lock`, its index is taken"
        )
    )]
    NoIndex { label: String },

    #[error(
        "no configured index has the package `{name}`: not at {}",
        quoted(asked)
    )]
    #[diagnostic(
        code(pyhack::index::no_package),
        help("correct the name, or configure the index that has it: `UV_INDEX=https://...`")
    )]
    NoPackage { name: String, asked: Vec<String> },

    #[error("the index has no `{label}` ({url}){}", newest_words(newest))]
    #[diagnostic(
        code(pyhack::index::no_version),
        help("name a version that the index has an sdist of")
    )]
    NoVersion {
        label: String,
        url: String,
        /// The newest versions that have an sdist, newest first.
        newest: Vec<String>,
    },

    #[error("`{label}` has no sdist on its index ({url}), only {}", quoted(files))]
    #[diagnostic(
        code(pyhack::index::no_sdist),
        help(
            "nothing is built of it, so it needs no stanza; if no wheel fits, take nixpkgs' build with `--prebuilt`, or \
             name a checkout of its repository"
        )
    )]
    NoSdist {
        label: String,
        url: String,
        files: Vec<String>,
    },

    #[error(
        "the index has no SHA-256 for `{file}`, the sdist of `{label}`, so it couldn't be verified"
    )]
    #[diagnostic(
        code(pyhack::index::no_hash),
        help(
            "fetch the file by hand and name its path, or use an index that gives SHA-256 hashes"
        )
    )]
    NoHash { label: String, file: String },

    #[error("`{url}` isn't `https://`, and no hash is given, so the file couldn't be verified")]
    #[diagnostic(
        code(pyhack::index::not_verified),
        help("add the file's hash to the address: `#sha256=HEX`")
    )]
    NotVerified { url: String },

    #[error("what the index answers at `{url}` can't be read: {message}")]
    #[diagnostic(
        code(pyhack::index::page),
        help(
            "see that the address in the configuration is that of a simple index, which mostly ends in `/simple`"
        )
    )]
    Page { url: String, message: String },

    #[error(
        "`{label}` is another file now: the index has `{file}` with the SHA-256 {found}, the mark or the argument says {expected}"
    )]
    #[diagnostic(
        code(pyhack::index::other_file),
        help(
            "a release doesn't change on a sound index: see which index is configured, and don't build from it until you know why; \
             without `#sha256=...` the new file is taken"
        )
    )]
    OtherFile {
        label: String,
        file: String,
        found: String,
        expected: String,
    },

    #[error("the sdist of `{label}` from `{url}` has {found}, but {expected} is expected")]
    #[diagnostic(
        code(pyhack::index::checksum),
        help(
            "don't build from it until you know whether the index or the server of the file is wrong"
        )
    )]
    Checksum {
        label: String,
        url: String,
        /// A SHA-256 or a size, as the next one.
        found: String,
        expected: String,
    },

    #[error("the sdist of `{label}` isn't there (`{url}` {answer})")]
    #[diagnostic(
        code(pyhack::index::missing),
        help("correct the address, or name another release")
    )]
    Missing {
        label: String,
        url: String,
        /// What the server answered.
        answer: String,
    },
}

impl ReleaseError {
    /// Whether the configuration of the run is at fault, not what was asked
    /// for.
    #[must_use]
    pub const fn is_of_the_surroundings(&self) -> bool {
        matches!(self, Self::NoIndex { .. } | Self::Page { .. })
    }
}

fn quoted(items: &[String]) -> String {
    const MOST: usize = 3;
    let shown = items.iter().take(MOST).map(|item| format!("`{item}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn newest_words(newest: &[String]) -> String {
    match newest {
        [] => ", and no version with an sdist".to_owned(),
        _ => format!("; its newest sdists are {}", newest.join(", ")),
    }
}
