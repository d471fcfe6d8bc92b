//! Errors of sdists that are named by a release or an address.

use miette::Diagnostic;
use thiserror::Error;

/// An sdist can't be found or fetched, or isn't what it should be.
#[derive(Debug, Error, Diagnostic)]
pub enum ReleaseError {
    #[error("no package index is configured to look up `{label}`")]
    #[diagnostic(
        code(pyhack::index::not_configured),
        help(
            "configure the index as for uv or pip: `UV_DEFAULT_INDEX=https://...`, `index-url` in `uv.toml` or `pip.conf`, or `[[tool.uv.index]]` in `pyproject.toml`; in a project with a `uv.lock`, its index is used"
        )
    )]
    NoIndex { label: String },

    #[error(
        "package `{name}` not found on the configured indexes: {}",
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
        help("choose a version that has an sdist")
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
            "use the wheel, which needs no override; if no wheel fits, use nixpkgs' build with `--prebuilt`, or pass a checkout of the repository"
        )
    )]
    NoSdist {
        label: String,
        url: String,
        files: Vec<String>,
    },

    #[error("the index has no SHA-256 to verify `{file}`, the sdist of `{label}`")]
    #[diagnostic(
        code(pyhack::index::no_hash),
        help(
            "download the file by hand and pass its path, or use an index that provides SHA-256 hashes"
        )
    )]
    NoHash { label: String, file: String },

    #[error("can't verify `{url}`: the URL isn't `https://`, and has no hash")]
    #[diagnostic(
        code(pyhack::index::not_verified),
        help("add the hash of the file to the URL: `#sha256=HEX`")
    )]
    NotVerified { url: String },

    #[error("failed to read the response of the index at `{url}`: {message}")]
    #[diagnostic(
        code(pyhack::index::page),
        help(
            "check that the configured URL is that of a simple index; it usually ends in `/simple`"
        )
    )]
    Page { url: String, message: String },

    #[error(
        "the sdist of `{label}` has changed: the index has `{file}` with SHA-256 {found}, but the override or argument has {expected}"
    )]
    #[diagnostic(
        code(pyhack::index::other_file),
        help(
            "check which index is configured, and don't build the package until you know why the file changed; omit `#sha256=...` to use the new file"
        )
    )]
    OtherFile {
        label: String,
        file: String,
        found: String,
        expected: String,
    },

    #[error("the sdist of `{label}` from `{url}` has {found}, expected {expected}")]
    #[diagnostic(
        code(pyhack::index::checksum),
        help("don't build the package until you know whether the index or the file is wrong")
    )]
    Checksum {
        label: String,
        url: String,
        /// A SHA-256 or a size, as the next one.
        found: String,
        expected: String,
    },

    #[error("the sdist of `{label}` was not found (`{url}` {answer})")]
    #[diagnostic(
        code(pyhack::index::missing),
        help("correct the URL, or choose another release")
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
        [] => ", nor any version with an sdist".to_owned(),
        _ => format!("; the newest sdists are {}", newest.join(", ")),
    }
}
