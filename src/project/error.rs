//! What can be wrong with a project's files.

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// The text of a file, for errors that point into it.
pub type FileText = NamedSource<String>;

/// Something in the project has to be mended.
#[derive(Debug, Error, Diagnostic)]
pub enum ProjectError {
    /// Neither `pyproject.toml` nor `setup.py`.
    #[error("no `pyproject.toml` in `{place}`")]
    #[diagnostic(
        code(pyhack::project::no_pyproject),
        help("{}", no_pyproject_help(elsewhere))
    )]
    NoPyproject {
        /// The folder or archive.
        place: String,
        /// Folders below that have one.
        elsewhere: Vec<String>,
    },

    /// A Python project with nothing for cargo to build.
    #[error("no Rust crate in `{place}` belongs to the Python project")]
    #[diagnostic(code(pyhack::project::no_rust), help("{}", no_rust_help(unread)))]
    NoRust {
        /// The folder or archive.
        place: String,
        /// What couldn't be read, and where.
        unread: Vec<String>,
    },

    /// More than one folder that cargo builds in.
    #[error(
        "`{place}` has several Cargo roots, each with a lock of its own: {}",
        list(roots)
    )]
    #[diagnostic(
        code(pyhack::project::several_roots),
        help(
            "choose one with `--cargo-root`, for example `--cargo-root {}`; \
             `importCargoLock` holds the crates of one lock, so one stanza can't build them all: \
             `nix-snippet --as stanza` prints one for each",
            roots.first().map_or("", String::as_str)
        )
    )]
    SeveralRoots {
        /// The folder or archive.
        place: String,
        /// The roots.
        roots: Vec<String>,
    },

    /// `--cargo-root` names none of them.
    #[error("`{root}` is no folder that `{place}` builds with cargo")]
    #[diagnostic(code(pyhack::project::no_such_root), help("it has {}", list(roots)))]
    NoSuchRoot {
        /// The folder or archive.
        place: String,
        /// What was asked for.
        root: String,
        /// The roots that there are.
        roots: Vec<String>,
    },

    /// `pyproject.toml` names a manifest that isn't there.
    #[error("`{place}` names the manifest `{manifest}`, which doesn't exist")]
    #[diagnostic(
        code(pyhack::project::no_manifest),
        help("correct `{key}` in `{place}`, or add the missing file")
    )]
    NoManifest {
        /// The file that names it.
        place: String,
        /// The manifest as written.
        manifest: String,
        /// The key that names it.
        key: &'static str,
    },

    /// A path in the project's files leaves the project.
    #[error("`{path}` in `{place}` leads out of the project")]
    #[diagnostic(
        code(pyhack::project::outside),
        help(
            "what lies above a project is read within its git repository only: run `cargo pyhack` in a clone of the \
             whole"
        )
    )]
    Outside {
        /// The file that names it.
        place: String,
        /// The path as written.
        path: String,
        /// How many folders above the source root it leads; `None` for an
        /// absolute one.
        up: Option<usize>,
    },

    /// A name or path that Nix can hold, but nobody can see.
    #[error("{what} of `{place}` has a control character: `{value}`")]
    #[diagnostic(
        code(pyhack::project::control_character),
        help("don't build it: no sound project has that")
    )]
    ControlCharacter {
        /// The folder or archive.
        place: String,
        /// What has it.
        what: &'static str,
        /// The text, escaped.
        value: String,
    },

    /// Cargo can't read the manifests.
    #[error(
        "cargo can't read the manifests of `{place}`: there isn't {}",
        listed(broken)
    )]
    #[diagnostic(
        code(pyhack::project::broken),
        help(
            "no build can succeed with it: take the source from its repository, whose sdist lacks files, or put them \
             back"
        )
    )]
    Broken {
        /// The folder or archive.
        place: String,
        /// What is missing, and who names it.
        broken: Vec<String>,
    },

    /// The lock lacks what the manifests ask for.
    #[error("`{place}` doesn't fit the manifests: it lacks {}", listed(lacking))]
    #[diagnostic(
        code(pyhack::lock::stale),
        help(
            "no offline build can succeed with it: let cargo mend it, keeping every other version: \
             `cargo pyhack nix-snippet --generate-lock --write FILE`; `--lock-file` takes it from there"
        )
    )]
    StaleLock {
        /// The lock.
        place: String,
        /// What it lacks, and who asks for it.
        lacking: Vec<String>,
    },

    /// The file that cargo would read is missing.
    #[error("no lock file: `{place}` doesn't exist")]
    #[diagnostic(
        code(pyhack::project::no_lock),
        help(
            "let cargo make one: `--generate-lock --write FILE`, of `cargo pyhack nix-snippet` and `lock`, \
             keeps it beside FILE, and `--lock-file` takes it from there"
        )
    )]
    NoLock {
        /// The lock's place.
        place: String,
    },

    /// Bytes that are no text.
    #[error("`{place}` is not UTF-8 text")]
    #[diagnostic(code(pyhack::project::not_utf8), help("save `{place}` as UTF-8"))]
    NotUtf8 {
        /// The file.
        place: String,
    },

    /// A TOML file that doesn't parse, or with a value of the wrong type.
    #[error("`{place}` can't be read: {message}")]
    #[diagnostic(code(pyhack::project::toml), help("{help}"))]
    Toml {
        /// The file.
        place: String,
        /// What the parser says.
        message: String,
        /// What to do.
        help: &'static str,
        /// The file's text.
        #[source_code]
        text: FileText,
        /// Where the trouble is.
        #[label]
        at: Option<SourceSpan>,
    },

    /// A lock format from the future.
    #[error("`{place}` has lock format {format}; formats 1 to 4 can be read")]
    #[diagnostic(
        code(pyhack::lock::format),
        help(
            "update cargo-pyhack, or delete the lock and let a released cargo write it: `cargo generate-lockfile`"
        )
    )]
    LockFormat {
        /// The lock.
        place: String,
        /// Its `version`.
        format: String,
        /// The lock's text.
        #[source_code]
        text: FileText,
        /// The `version` line.
        #[label]
        at: Option<SourceSpan>,
    },

    /// A crate of a registry without a checksum.
    #[error("`{place}` has no checksum for {}", list(crates))]
    #[diagnostic(
        code(pyhack::lock::no_checksum),
        help(
            "nothing can be verified without it: run `cargo generate-lockfile` beside the lock, then run this again"
        )
    )]
    NoChecksum {
        /// The lock.
        place: String,
        /// The crates, as `name version`.
        crates: Vec<String>,
    },

    /// A name that breaks PEP 508.
    #[error("the name of `{place}`, `{name}`, is none that PEP 508 allows")]
    #[diagnostic(
        code(pyhack::project::invalid_name),
        help("correct `name` in the `[project]` table of `pyproject.toml`")
    )]
    InvalidName {
        /// The project.
        place: String,
        /// The name, escaped.
        name: String,
    },

    /// Two stanzas of one name.
    #[error(
        "two of the projects are one package, of which an overlay holds one stanza: {}",
        list(names)
    )]
    #[diagnostic(code(pyhack::stanza::same_package), help("name each package once"))]
    SamePackage {
        /// The packages.
        names: Vec<String>,
    },

    /// Crates that would go into the same folder.
    #[error(
        "`{krate}` comes from two sources, and the layout `{layout}` has one folder for both: {}",
        list(sources)
    )]
    #[diagnostic(
        code(pyhack::vendor::same_crate),
        help(
            "a layout of nixpkgs' `fetchCargoVendor` holds both: `--layout fetch-cargo-vendor-unpacked`"
        )
    )]
    SameCrate {
        /// `name version`
        krate: String,
        /// Where they come from.
        sources: Vec<String>,
        /// The layout.
        layout: &'static str,
    },

    /// Crates that go into the same folder of `importCargoLock`'s.
    #[error(
        "`{place}` has crates of one name and version from different sources: {}",
        list(crates)
    )]
    #[diagnostic(
        code(pyhack::lock::same_crate_twice),
        help(
            "`importCargoLock` can't hold both; nixpkgs' `fetchCargoVendor` can: use it with the hash that \
             `cargo pyhack hash` prints"
        )
    )]
    SameCrateTwice {
        /// The lock.
        place: String,
        /// The crates, as `name version`.
        crates: Vec<String>,
    },

    /// A requirement that PEP 508 doesn't allow.
    #[error(
        "`{requirement}` in `[build-system].requires` of `{place}` is no requirement: {message}"
    )]
    #[diagnostic(
        code(pyhack::project::requirement),
        help("write it as PEP 508 says, for example `maturin>=1.9,<2`")
    )]
    Requirement {
        /// The file.
        place: String,
        /// The requirement as written.
        requirement: String,
        /// What the parser says.
        message: String,
    },

    /// Neither Python nor Cargo metadata gives a name.
    #[error("the Python package in `{place}` has no name")]
    #[diagnostic(
        code(pyhack::project::no_name),
        help("set `name` in the `[project]` table of `pyproject.toml`")
    )]
    NoName {
        /// The folder or archive.
        place: String,
    },
}

/// Makes an error of a TOML parser's, pointing at the line.
pub(super) fn toml_error(
    place: String,
    text: &str,
    error: &toml::de::Error,
    help: &'static str,
) -> ProjectError {
    ProjectError::Toml {
        message: error.message().trim().replace('\n', " "),
        help,
        at: error.span().map(SourceSpan::from),
        text: NamedSource::new(&place, text.to_owned()),
        place,
    }
}

fn no_rust_help(unread: &[String]) -> String {
    if unread.is_empty() {
        return "pyproject.nix builds it without a stanza; if there is a crate, name its manifest in \
                `pyproject.toml`: `[tool.maturin] manifest-path = \"...\"`, or `path` in \
                `[[tool.setuptools-rust.ext-modules]]`"
            .to_owned();
    }
    format!(
        "some of what says how it is built couldn't be read: {}; if that builds Rust, write this \
         package's stanza by hand",
        unread.join("; ")
    )
}

fn no_pyproject_help(elsewhere: &[String]) -> String {
    match elsewhere.first() {
        Some(folder) => format!(
            "there is one in {}: run `cargo pyhack inspect {folder}`",
            list(elsewhere)
        ),
        None => {
            "name the folder or sdist of a Python project: `cargo pyhack inspect PATH`".to_owned()
        }
    }
}

/// Puts clauses into a sentence; after six the rest is counted.
fn listed(clauses: &[String]) -> String {
    let rest = match clauses.len().saturating_sub(6) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let shown: Vec<_> = clauses.iter().take(6).map(String::as_str).collect();
    format!("{}{rest}", shown.join("; "))
}

/// Puts names into a sentence; after eight the rest is counted.
fn list(names: &[String]) -> String {
    let shown: Vec<_> = names
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    let rest = match names.len().saturating_sub(8) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{rest}", shown.join(", "))
}
