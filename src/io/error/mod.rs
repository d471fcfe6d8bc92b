//! What can go wrong outside.

use std::io;

use camino::Utf8PathBuf;
use miette::Diagnostic;
use thiserror::Error;

mod artifact;
mod git;

pub use artifact::ArtifactError;
pub use git::GitError;

/// Reading, fetching or writing failed.
#[derive(Debug, Error, Diagnostic)]
pub enum IoError {
    /// PATH doesn't exist.
    #[error("`{path}` doesn't exist")]
    #[diagnostic(
        code(pyhack::source::not_found),
        help("name a project folder or an sdist; `cargo pyhack --help` lists the commands")
    )]
    NotFound {
        /// PATH.
        path: Utf8PathBuf,
    },

    /// `--lock-file` names nothing.
    #[error("the lock `{path}` doesn't exist")]
    #[diagnostic(
        code(pyhack::lock::not_found),
        help(
            "name a lock that is there, or let cargo make one: `cargo pyhack nix-snippet --generate-lock --write FILE`"
        )
    )]
    NoLockFile {
        /// The file.
        path: Utf8PathBuf,
    },

    /// PATH is neither folder nor archive.
    #[error("`{path}` is neither a folder nor an sdist")]
    #[diagnostic(
        code(pyhack::source::unknown_kind),
        help(
            "an sdist's name ends in `.tar.gz` or `.zip`; unpack other archives and name the folder"
        )
    )]
    UnknownKind {
        /// PATH.
        path: Utf8PathBuf,
    },

    /// A folder or pipe where a file is expected.
    #[error("`{path}` is no file")]
    #[diagnostic(code(pyhack::files::no_file), help("name a file"))]
    NoFile {
        /// The path.
        path: Utf8PathBuf,
    },

    /// nixpkgs' tools can't fetch from a registry.
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
        /// The index.
        index: String,
        /// The template of its addresses.
        dl: String,
    },

    /// No cargo to ask.
    #[error("cargo can't be run: {message}")]
    #[diagnostic(
        code(pyhack::cargo::missing),
        help("install Rust, or name a cargo in the variable `CARGO`")
    )]
    NoCargo {
        /// What the system says.
        message: String,
    },

    /// Our folders lie below settings that a project may have written.
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
    Resolution {
        /// What cargo says.
        message: String,
    },

    /// Cargo can't make sense of the crates.
    #[error("cargo can't read the crates: {message}")]
    #[diagnostic(
        code(pyhack::cargo::failed),
        help(
            "see that `cargo --version` works; then mend what cargo says, or fetch the source again"
        )
    )]
    CargoFailed {
        /// What cargo says.
        message: String,
    },

    /// Cargo can't reach the registry.
    #[error("cargo can't make a lock: {message}")]
    #[diagnostic(
        code(pyhack::cargo::network),
        help(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), and run it without `--offline`"
        )
    )]
    CargoNetwork {
        /// What cargo says.
        message: String,
    },

    /// A file with something else in it.
    #[error("`{path}` exists and has something else in it")]
    #[diagnostic(
        code(pyhack::files::exists),
        help("name another file, or have it overwritten with `--force`")
    )]
    Exists {
        /// The file.
        path: Utf8PathBuf,
    },

    /// Another program changed a file between reading and writing it.
    #[error("`{path}` was changed by another program while it was worked at")]
    #[diagnostic(
        code(pyhack::files::changed),
        help("nothing was written: run the command again")
    )]
    Changed {
        /// The file.
        path: Utf8PathBuf,
    },

    /// An archive that can't be read to its end.
    #[error("`{path}` is damaged or cut short: {message}")]
    #[diagnostic(code(pyhack::source::damaged), help("fetch the sdist again"))]
    Damaged {
        /// The archive.
        path: Utf8PathBuf,
        /// What the reader says.
        message: String,
    },

    /// An archive with something behind it.
    #[error("`{path}` has bytes behind its end, over which `tar` stops, and so does Nix")]
    #[diagnostic(
        code(pyhack::source::behind_the_end),
        help("build the package from its repository, or pack the sdist anew")
    )]
    BehindTheEnd {
        /// The archive.
        path: Utf8PathBuf,
    },

    /// An archive with an entry that no sdist has.
    #[error("`{path}` is no sound archive: the entry `{entry}` {problem}")]
    #[diagnostic(
        code(pyhack::source::unsafe_entry),
        help("don't unpack it; fetch it from a source that you trust")
    )]
    UnsafeEntry {
        /// The archive.
        path: String,
        /// The entry's name.
        entry: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// A crate archive that can't be unpacked.
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
        /// What the reader says.
        message: String,
    },

    /// A checksum that differs from the lock's.
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
        /// Where it was downloaded.
        url: String,
        /// SHA-256 of what came.
        found: String,
        /// SHA-256 in the lock.
        expected: String,
    },

    /// The registry has no such crate.
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
        /// Where it was looked for.
        url: String,
        /// What came of it.
        answer: String,
    },

    /// A crate is missing and nothing may be fetched.
    #[error("crate `{krate}` is in no cache, and `--offline` forbids fetching it")]
    #[diagnostic(
        code(pyhack::network::offline),
        help("run it once without `--offline`")
    )]
    Offline {
        /// Name and version.
        krate: String,
    },

    /// A download failed.
    #[error("`{url}` can't be fetched: {message}")]
    #[diagnostic(
        code(pyhack::network::failed),
        help(
            "check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then run it again: what was fetched is kept"
        )
    )]
    Download {
        /// The address.
        url: String,
        /// What the client says.
        message: String,
    },

    /// Cargo's own configuration can't be used.
    #[error("Cargo's configuration can't be used: {message}")]
    #[diagnostic(
        code(pyhack::network::cargo_config),
        help(
            "`[source]` in `config.toml` of `CARGO_HOME` may replace a registry by another one or by a `local-registry`"
        )
    )]
    CargoConfig {
        /// What is wrong.
        message: String,
    },

    /// An index in git can't be read.
    #[error("the index `{url}` can't be read with git: {message}")]
    #[diagnostic(
        code(pyhack::network::index),
        help("see that git is installed and that `git ls-remote` can read that address")
    )]
    IndexRepository {
        /// The repository.
        url: String,
        /// What git says.
        message: String,
    },

    /// A registry asks for a token, and there is none.
    #[error("the registry `{url}` asks for a token, and none is known")]
    #[diagnostic(
        code(pyhack::network::no_token),
        help("{advice}; credential providers, which are programs, aren't run")
    )]
    NoToken {
        /// The index.
        url: String,
        /// Where to put one.
        advice: String,
    },

    /// A registry doesn't take the token that is known.
    #[error("the registry `{url}` doesn't take the token that is known (it answered {status})")]
    #[diagnostic(
        code(pyhack::network::token_refused),
        help("get a new one and give it to `{login}`")
    )]
    TokenRefused {
        /// The index.
        url: String,
        /// The command that takes one.
        login: String,
        /// The HTTP status.
        status: u16,
    },

    /// The project's settings are trusted, but there is no folder for them.
    #[error("`{path}` is an archive, in which Cargo's configuration isn't looked for")]
    #[diagnostic(
        code(pyhack::source::no_config),
        help("leave out `--trust-project-config`, or unpack the archive and name the folder")
    )]
    NoProjectConfig {
        /// PATH.
        path: Utf8PathBuf,
    },

    /// A file or folder can't be read or written.
    #[error("{0}")]
    #[diagnostic(
        code(pyhack::files::failed),
        help("check the disk's free space and the permissions of that path")
    )]
    File(#[from] io::Error),

    /// A path that is no text.
    #[error("`{}` is no text", path.display())]
    #[diagnostic(
        code(pyhack::files::no_text),
        help("name a folder whose path is UTF-8, in `TMPDIR` too")
    )]
    NoText {
        /// The path.
        path: std::path::PathBuf,
    },

    /// A git repository can't be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// A file of a Python lock can't be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Artifact(#[from] ArtifactError),

    /// The folder to write to is none.
    #[error("`{path}` is a file or a link, not a folder")]
    #[diagnostic(
        code(pyhack::vendor::not_a_folder),
        help("a link could lead anywhere: name another folder with `--to DIR`, or move it away")
    )]
    NotAFolder {
        /// The path.
        path: Utf8PathBuf,
    },

    /// The folder to write to holds something else.
    #[error("`{path}` holds `{entry}`, which no `cargo pyhack vendor` wrote")]
    #[diagnostic(
        code(pyhack::vendor::not_ours),
        help(
            "the folder would be replaced as a whole: name another with `--to DIR`, or move it away"
        )
    )]
    NotOurs {
        /// The folder.
        path: Utf8PathBuf,
        /// What is in it.
        entry: String,
    },
}

impl IoError {
    /// Whether something can't be had, here and now.
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
                | Self::IndexRepository { .. }
                | Self::NoToken { .. }
                | Self::TokenRefused { .. }
        )
    }
}
