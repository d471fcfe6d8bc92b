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
            "name a project folder, an sdist, or a release as `NAME==VERSION`; `cargo pyhack --help` lists the commands"
        )
    )]
    NotFound { path: Utf8PathBuf },

    /// The file that `--lock-file` names doesn't exist.
    #[error("the lock `{path}` doesn't exist")]
    #[diagnostic(
        code(pyhack::lock::not_found),
        help(
            "name a lock that is there, or let cargo make one: `cargo pyhack nix-snippet --generate-lock --write FILE`"
        )
    )]
    NoLockFile { path: Utf8PathBuf },

    #[error("`{path}` is neither a folder nor an sdist")]
    #[diagnostic(
        code(pyhack::source::unknown_kind),
        help(
            "an sdist's name ends in `.tar.gz` or `.zip`; unpack other archives and name the folder"
        )
    )]
    UnknownKind { path: Utf8PathBuf },

    /// A folder or pipe where a file is expected.
    #[error("`{path}` is no file")]
    #[diagnostic(code(pyhack::files::no_file), help("name a file"))]
    NoFile { path: Utf8PathBuf },

    /// A file that would fill the memory.
    #[error("`{path}` is larger than the {limit} MiB that are read of such a file")]
    #[diagnostic(
        code(pyhack::files::too_large),
        help(
            "name another file, or fetch this one again: manifests, locks and overlays are smaller"
        )
    )]
    TooLarge {
        path: Utf8PathBuf,
        /// In MiB.
        limit: u64,
    },

    #[error(
        "the registry `{index}` has its crates at `{dl}`, where nixpkgs' `importCargoLock` can't fetch them: it knows only `ADDRESS/NAME/VERSION/download`"
    )]
    #[diagnostic(
        code(pyhack::registry::no_nix_download),
        help(
            "vendor the crates with `cargo pyhack vendor`, and name that folder as `cargoDeps` in a stanza by hand"
        )
    )]
    DownloadTemplate {
        index: String,
        /// The `dl` template of the registry's `config.json`.
        dl: String,
    },

    #[error("cargo can't be run: {message}")]
    #[diagnostic(
        code(pyhack::cargo::missing),
        help("install Rust, or name a cargo in the variable `CARGO`")
    )]
    NoCargo { message: String },

    /// All our folders are below settings that a project may have written.
    #[error(
        "cargo can't be run safely: our cache and the temporary folder lie below the project, or below a `.cargo/config.toml` or `rust-toolchain.toml`"
    )]
    #[diagnostic(
        code(pyhack::cargo::no_safe_folder),
        help("name a folder elsewhere in the variable `CARGO_PYHACK_CACHE_DIR`")
    )]
    NoSafeFolder,

    /// Cargo finds no versions that fit, or can't read the manifests.
    #[error("cargo can't make a lock: {message}")]
    #[diagnostic(
        code(pyhack::cargo::resolution),
        help("mend the manifests, or fetch the source again: an sdist may lack what they name")
    )]
    Resolution { message: String },

    /// Cargo can't read the crates that were put together for it.
    #[error("cargo can't read the crates: {message}")]
    #[diagnostic(
        code(pyhack::cargo::failed),
        help(
            "see that `cargo --version` works; then mend what cargo says, or fetch the source again"
        )
    )]
    CargoFailed { message: String },

    #[error("cargo can't make a lock: {message}")]
    #[diagnostic(
        code(pyhack::cargo::network),
        help(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), and run it without `--offline`"
        )
    )]
    CargoNetwork { message: String },

    #[error("`{path}` exists and has something else in it")]
    #[diagnostic(
        code(pyhack::files::exists),
        help("name another file, or have it overwritten with `--force`")
    )]
    Exists { path: Utf8PathBuf },

    /// A link in a clone, which a stranger may have made.
    #[error("`{path}` isn't written: a link leads out of the repository, to `{target}`")]
    #[diagnostic(
        code(pyhack::files::leads_out),
        help("name the file itself if it is meant, or remove the link")
    )]
    LeadsOut {
        path: Utf8PathBuf,
        target: Utf8PathBuf,
    },

    /// Another program changed the file between reading and writing it.
    #[error("`{path}` was changed by another program while it was worked at")]
    #[diagnostic(
        code(pyhack::files::changed),
        help("nothing was written: run the command again")
    )]
    Changed { path: Utf8PathBuf },

    #[error("`{path}` is damaged or cut short: {message}")]
    #[diagnostic(code(pyhack::source::damaged), help("fetch the sdist again"))]
    Damaged { path: Utf8PathBuf, message: String },

    /// An archive with a file outside of any folder.
    #[error("`{path}` has `{entry}` at its root, not in a top-level folder")]
    #[diagnostic(
        code(pyhack::source::top_folder),
        help(
            "Nix builds in the one top-level folder of an archive, `NAME-VERSION` in an sdist: pack it anew with that folder, \
             or unpack it and name the folder"
        )
    )]
    NoTopFolder { path: Utf8PathBuf, entry: String },

    /// An archive with more than one folder at its root.
    #[error("`{path}` has several top-level folders: {}", folders.iter().map(|folder| format!("`{folder}`")).collect::<Vec<_>>().join(", "))]
    #[diagnostic(
        code(pyhack::source::top_folder),
        help(
            "Nix builds in the one top-level folder of an archive, `NAME-VERSION` in an sdist: pack it anew with that folder, \
             or unpack it and name the folder"
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
        help("build the package from its repository, or pack the sdist anew")
    )]
    BehindTheEnd { path: Utf8PathBuf },

    /// An archive with an entry that no sdist or crate may have.
    #[error("`{path}` is no sound archive: the entry `{entry}` {problem}")]
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
            "its checksum is the lock's, so the published crate itself is: choose another version with `cargo update`"
        )
    )]
    DamagedCrate {
        /// Name and version.
        krate: String,
        message: String,
    },

    #[error("crate `{krate}` from `{url}` has the checksum {found}, the lock says {expected}")]
    #[diagnostic(
        code(pyhack::crates::checksum),
        help(
            "either the lock or the registry is wrong: compare with a fresh `cargo generate-lockfile`, and don't build from it until you know which"
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
            "choose a version that exists, `cargo update` beside the lock, or let cargo choose for a source that \
             isn't yours: `cargo pyhack nix-snippet --generate-lock --write FILE`"
        )
    )]
    NoSuchCrate {
        /// Name and version.
        krate: String,
        url: String,
        /// `doesn't exist`, or what the server answered.
        answer: String,
    },

    #[error("crate `{krate}` is in no cache, and `--offline` forbids fetching it")]
    #[diagnostic(
        code(pyhack::network::offline),
        help("run it once without `--offline`")
    )]
    Offline {
        /// Name and version.
        krate: String,
    },

    #[error("`{url}` can't be fetched: {message}")]
    #[diagnostic(
        code(pyhack::network::failed),
        help(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then run it again: what was fetched is kept"
        )
    )]
    Download { url: String, message: String },

    #[error("Cargo's configuration can't be used: {message}")]
    #[diagnostic(
        code(pyhack::network::cargo_config),
        help(
            "`[source]` in `config.toml` of `CARGO_HOME` may replace a registry by another one or by a `local-registry`"
        )
    )]
    CargoConfig { message: String },

    #[error("the index `{url}` can't be read with git: {message}")]
    #[diagnostic(
        code(pyhack::network::index),
        help("see that git is installed and that `git ls-remote` can read that address")
    )]
    IndexRepository { url: String, message: String },

    /// A registry asks for a token, and none is known.
    #[error("the registry `{url}` asks for a token, and none is known")]
    #[diagnostic(
        code(pyhack::network::no_token),
        help("{advice}; credential providers, which are programs, aren't run")
    )]
    NoToken {
        url: String,
        /// Where a token can be put.
        advice: String,
    },

    #[error("the registry `{url}` doesn't take the token that is known (it answered {status})")]
    #[diagnostic(
        code(pyhack::network::token_refused),
        help("get a new one and give it to `{login}`")
    )]
    TokenRefused {
        url: String,
        /// The command that stores a token.
        login: String,
        status: u16,
    },

    /// `--trust-project-config` for an archive, which has no configuration.
    #[error("`{path}` is an archive, in which Cargo's configuration isn't looked for")]
    #[diagnostic(
        code(pyhack::source::no_config),
        help("leave out `--trust-project-config`, or unpack the archive and name the folder")
    )]
    NoProjectConfig { path: Utf8PathBuf },

    #[error("{0}")]
    #[diagnostic(
        code(pyhack::files::failed),
        help("check the disk's free space and the permissions of that path")
    )]
    File(io::Error),

    #[error("`{}` is no text", path.display())]
    #[diagnostic(
        code(pyhack::files::no_text),
        help("name a folder whose path is UTF-8, in `TMPDIR` too")
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
        help("a link could lead anywhere: name another folder with `--to DIR`, or move it away")
    )]
    NotAFolder { path: Utf8PathBuf },

    /// A vendor folder that holds something else.
    #[error("`{path}` holds `{entry}`, which no `cargo pyhack vendor` wrote")]
    #[diagnostic(
        code(pyhack::vendor::not_ours),
        help(
            "the folder would be replaced as a whole: name another with `--to DIR`, or move it away"
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
