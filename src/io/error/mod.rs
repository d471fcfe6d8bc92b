//! Errors of files, archives, the network and the programs that are run.

use std::io;

use camino::Utf8PathBuf;
use miette::Diagnostic;
use thiserror::Error;

use super::read::NotRead;

mod artifact;
mod git;
mod release;

pub use artifact::ArtifactError;
pub use git::GitError;
pub use release::ReleaseError;

/// Reading, fetching or writing failed.
#[derive(Debug, Error, Diagnostic)]
#[expect(missing_docs, reason = "the message of a variant documents it")]
pub enum IoError {
    #[error("`{path}` doesn't exist")]
    #[diagnostic(
        code(pyhack::source::not_found),
        help(
            "pass a project folder, an sdist, or a release as `NAME==VERSION`; `cargo pyhack --help` lists the commands"
        )
    )]
    NotFound { path: Utf8PathBuf },

    /// The file that `--lock-file` names doesn't exist.
    #[error("the lockfile `{path}` doesn't exist")]
    #[diagnostic(
        code(pyhack::lock::not_found),
        help(
            "pass an existing `Cargo.lock`, or generate one: `cargo pyhack nix-snippet --generate-lock --write FILE`"
        )
    )]
    NoLockFile { path: Utf8PathBuf },

    #[error("`{path}` is neither a folder nor an sdist")]
    #[diagnostic(
        code(pyhack::source::unknown_kind),
        help(
            "pass an sdist that ends in `.tar.gz` or `.zip`, or unpack the archive and pass the folder"
        )
    )]
    UnknownKind { path: Utf8PathBuf },

    /// A folder or pipe where a file is expected.
    #[error("`{path}` is not a regular file")]
    #[diagnostic(code(pyhack::files::no_file), help("pass a file"))]
    NoFile { path: Utf8PathBuf },

    /// A file that would fill the memory.
    #[error("`{path}` is larger than {limit} MiB, the limit for such files")]
    #[diagnostic(
        code(pyhack::files::too_large),
        help(
            "pass another file, or fetch this one again: manifests, lockfiles and overlays are smaller"
        )
    )]
    TooLarge {
        path: Utf8PathBuf,
        /// In MiB.
        limit: u64,
    },

    #[error(
        "nixpkgs' `importCargoLock` can't fetch crates from the registry `{index}`: it supports `URL/NAME/VERSION/download`, but the registry has its crates at `{dl}`"
    )]
    #[diagnostic(
        code(pyhack::registry::no_nix_download),
        help(
            "vendor the crates with `cargo pyhack vendor`, and write an override by hand with that folder as `cargoDeps`"
        )
    )]
    DownloadTemplate {
        index: String,
        /// The `dl` template of the registry's `config.json`.
        dl: String,
    },

    #[error("failed to run cargo: {message}")]
    #[diagnostic(
        code(pyhack::cargo::missing),
        help("install Rust, or set the variable `CARGO` to the path of a cargo")
    )]
    NoCargo { message: String },

    /// All our folders are below settings that a project may have written.
    #[error(
        "cargo can't be run safely: the cache and the temporary folder are below the project, or below a `.cargo/config.toml` or `rust-toolchain.toml`"
    )]
    #[diagnostic(
        code(pyhack::cargo::no_safe_folder),
        help("set the variable `CARGO_PYHACK_CACHE_DIR` to another folder")
    )]
    NoSafeFolder,

    /// Cargo finds no versions that fit, or can't read the manifests.
    #[error("cargo failed to generate a `Cargo.lock`: {message}")]
    #[diagnostic(
        code(pyhack::cargo::resolution),
        help(
            "correct the manifests, or fetch the source again: an sdist may lack files that they name"
        )
    )]
    Resolution { message: String },

    /// Cargo can't read the crates that were put together for it.
    #[error("cargo failed to read the crates: {message}")]
    #[diagnostic(
        code(pyhack::cargo::failed),
        help(
            "check that `cargo --version` works, then fix what cargo reports, or fetch the source again"
        )
    )]
    CargoFailed { message: String },

    #[error("cargo failed to generate a `Cargo.lock`: {message}")]
    #[diagnostic(
        code(pyhack::cargo::network),
        help(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then try again without `--offline`"
        )
    )]
    CargoNetwork { message: String },

    #[error("`{path}` already exists with other contents")]
    #[diagnostic(
        code(pyhack::files::exists),
        help("choose another file, or overwrite it with `--force`")
    )]
    Exists { path: Utf8PathBuf },

    /// A link in a clone, which a stranger may have made.
    #[error("refusing to write `{path}`: a link leads out of the repository, to `{target}`")]
    #[diagnostic(
        code(pyhack::files::leads_out),
        help("pass the path of the file itself, or remove the link")
    )]
    LeadsOut {
        path: Utf8PathBuf,
        target: Utf8PathBuf,
    },

    /// Another program changed the file between reading and writing it.
    #[error("another program changed `{path}` at the same time")]
    #[diagnostic(
        code(pyhack::files::changed),
        help("run the command again; nothing was written")
    )]
    Changed { path: Utf8PathBuf },

    #[error("`{path}` is damaged or truncated: {message}")]
    #[diagnostic(code(pyhack::source::damaged), help("fetch the sdist again"))]
    Damaged { path: Utf8PathBuf, message: String },

    /// An archive with a file outside of any folder.
    #[error("`{path}` has `{entry}` at its root, not in a top-level folder")]
    #[diagnostic(
        code(pyhack::source::top_folder),
        help(
            "repack it with a single top-level folder, `NAME-VERSION` in an sdist, in which Nix builds; or unpack it and pass the folder"
        )
    )]
    NoTopFolder { path: Utf8PathBuf, entry: String },

    /// An archive with more than one folder at its root.
    #[error("`{path}` has several top-level folders: {}", folders.iter().map(|folder| format!("`{folder}`")).collect::<Vec<_>>().join(", "))]
    #[diagnostic(
        code(pyhack::source::top_folder),
        help(
            "repack it with a single top-level folder, `NAME-VERSION` in an sdist, in which Nix builds; or unpack it and pass the folder"
        )
    )]
    SeveralTopFolders {
        path: Utf8PathBuf,
        folders: Vec<String>,
    },

    #[error(
        "`{path}` has data after the end of the archive that isn't padding; `tar` and Nix fail on it"
    )]
    #[diagnostic(
        code(pyhack::source::behind_the_end),
        help("build the package from its repository, or repack the sdist")
    )]
    BehindTheEnd { path: Utf8PathBuf },

    /// An archive with an entry that no sdist or crate may have.
    #[error("`{path}` is not a safe archive: the entry `{entry}` {problem}")]
    #[diagnostic(
        code(pyhack::source::unsafe_entry),
        help("don't unpack it; fetch it from a source that you trust")
    )]
    UnsafeEntry {
        path: String,
        entry: String,
        problem: &'static str,
    },

    #[error("the archive of crate `{krate}` is damaged: {message}")]
    #[diagnostic(
        code(pyhack::crates::damaged),
        help(
            "choose another version with `cargo update`: the checksum matches `Cargo.lock`, so the published crate is damaged"
        )
    )]
    DamagedCrate {
        /// Name and version.
        krate: String,
        message: String,
    },

    #[error(
        "checksum mismatch for crate `{krate}` from `{url}`: `Cargo.lock` has {expected}, the file {found}"
    )]
    #[diagnostic(
        code(pyhack::crates::checksum),
        help(
            "compare with a fresh `cargo generate-lockfile`, and don't build the project until you know whether `Cargo.lock` or the registry is wrong"
        )
    )]
    Checksum {
        /// Name and version.
        krate: String,
        url: String,
        /// In hexadecimal, as the next one.
        found: String,
        expected: String,
    },

    #[error("the registry has no crate `{krate}` (`{url}` {answer})")]
    #[diagnostic(
        code(pyhack::crates::missing),
        help(
            "choose an existing version: `cargo update` in your project, or `cargo pyhack nix-snippet --generate-lock --write FILE` for a source that you can't change"
        )
    )]
    NoSuchCrate {
        /// Name and version.
        krate: String,
        url: String,
        /// `doesn't exist`, or what the server answered.
        answer: String,
    },

    #[error("crate `{krate}` isn't cached, and `--offline` was specified")]
    #[diagnostic(
        code(pyhack::network::offline),
        help("run the command once without `--offline`")
    )]
    Offline {
        /// Name and version.
        krate: String,
    },

    #[error("failed to fetch `{url}`: {message}")]
    #[diagnostic(
        code(pyhack::network::failed),
        help(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then run the command again: finished downloads are cached"
        )
    )]
    Download { url: String, message: String },

    #[error("unsupported Cargo configuration: {message}")]
    #[diagnostic(
        code(pyhack::network::cargo_config),
        help(
            "correct `[source]` in `config.toml` in `CARGO_HOME`, which may replace a registry with another registry or a `local-registry`"
        )
    )]
    CargoConfig { message: String },

    #[error("failed to read the index `{url}` with git: {message}")]
    #[diagnostic(
        code(pyhack::network::index),
        help("check that git is installed, and that `git ls-remote` can read that URL")
    )]
    IndexRepository { url: String, message: String },

    /// A registry asks for a token, and none is known.
    #[error("the registry `{url}` requires a token, and none was found")]
    #[diagnostic(
        code(pyhack::network::no_token),
        help("{advice}; credential providers aren't run")
    )]
    NoToken {
        url: String,
        /// Where a token can be put.
        advice: String,
    },

    #[error("the registry `{url}` rejected the token (status {status})")]
    #[diagnostic(
        code(pyhack::network::token_refused),
        help("create a new token and pass it to `{login}`")
    )]
    TokenRefused {
        url: String,
        /// The command that stores a token.
        login: String,
        status: u16,
    },

    /// `--trust-project-config` for an archive, which has no configuration.
    #[error("`--trust-project-config` doesn't work for an archive: `{path}`")]
    #[diagnostic(
        code(pyhack::source::no_config),
        help("omit `--trust-project-config`, or unpack the archive and pass the folder")
    )]
    NoProjectConfig { path: Utf8PathBuf },

    #[error("{0}")]
    #[diagnostic(
        code(pyhack::files::failed),
        help("check the free disk space and the permissions of that path")
    )]
    File(io::Error),

    #[error("`{}` is not valid UTF-8", path.display())]
    #[diagnostic(
        code(pyhack::files::no_text),
        help("use a folder whose path is UTF-8, also in `TMPDIR`")
    )]
    NoText { path: std::path::PathBuf },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Artifact(#[from] ArtifactError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Release(#[from] ReleaseError),

    /// A file or link where the vendor folder would be.
    #[error("`{path}` is a file or a link, not a folder")]
    #[diagnostic(
        code(pyhack::vendor::not_a_folder),
        help("choose another folder with `--to DIR`, or move it away; links aren't followed")
    )]
    NotAFolder { path: Utf8PathBuf },

    /// A vendor folder that holds something else.
    #[error("`{path}` contains `{entry}`, which `cargo pyhack vendor` didn't write")]
    #[diagnostic(
        code(pyhack::vendor::not_ours),
        help(
            "choose another folder with `--to DIR`, or move it away: `vendor` replaces the whole folder"
        )
    )]
    NotOurs {
        path: Utf8PathBuf,
        /// The name of what is in it.
        entry: String,
    },
}

impl From<io::Error> for IoError {
    /// What isn't read on principle isn't the disk's fault.
    fn from(error: io::Error) -> Self {
        let named = |path: &std::path::Path| Utf8PathBuf::from(path.to_string_lossy().into_owned());
        match NotRead::of(&error) {
            Some(NotRead::Special { path }) => Self::NoFile { path: named(path) },
            Some(NotRead::TooLarge { path, limit }) => Self::TooLarge {
                path: named(path),
                limit: limit >> 20,
            },
            None => Self::File(error),
        }
    }
}

impl IoError {
    /// Whether something can't be fetched at the moment, rather than being
    /// wrong.
    #[must_use]
    pub const fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::NoSuchCrate { .. }
                | Self::Offline { .. }
                | Self::Download { .. }
                | Self::CargoConfig { .. }
                | Self::Git(_)
                | Self::Artifact(_)
                | Self::Release(_)
                | Self::IndexRepository { .. }
                | Self::NoToken { .. }
                | Self::TokenRefused { .. }
        )
    }
}
