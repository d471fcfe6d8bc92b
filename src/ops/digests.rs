//! Digests of a stanza's input. They are computed from the bytes of files
//! without interpreting them, so that `check` is fast.

use std::sync::{Arc, LazyLock};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::load::{Loaded, Request};
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::io::paths::{join_below, parent_folder};
use crate::io::source::{Source, folder_above, is_workspace, project_folder};
use crate::io::write::read_file;
use crate::io::{IoError, Session};
use crate::overlay::{Digests, digest, shorten};
use crate::project::{PythonName, SourceFiles, SourceKind};
use crate::toml_text::parse_manifest;

/// Incremented if generated stanzas change without a change of a table.
const RULES: u32 = 3;

/// The tables that decide what stanzas contain.
const TABLES: [&str; 11] = [
    include_str!("../../data/build-bounds.toml"),
    include_str!("../../data/build-system-pkgs.toml"),
    include_str!("../../data/build-systems.toml"),
    include_str!("../../data/import-names.toml"),
    include_str!("../../data/native-deps.toml"),
    include_str!("../../data/nixpkgs-libraries.toml"),
    include_str!("../../data/pkg-config.toml"),
    include_str!("../../data/programs.toml"),
    include_str!("../../data/python-native.toml"),
    include_str!("../../data/rust-and-python.toml"),
    include_str!("../../data/rustc-refusals.toml"),
];

/// Input that the digest of a stanza's source covers besides the files.
pub(super) struct Beside<'a> {
    /// The text of the `Cargo.lock` next to the overlay.
    pub lock: Option<&'a [u8]>,
    /// Where the package set takes the package from.
    pub kind: Option<SourceKind>,
}

/// Returns the digests of a request's source, from `up` folders above its path.
///
/// # Errors
/// Fails if it can't be read.
pub(super) fn of_source(
    source: &Source,
    request: &Request,
    up: usize,
    beside: &Beside,
) -> Result<Digests, Error> {
    let mut locks = Vec::new();
    let kind = format!("{:?}", beside.kind);
    let source = if let Some(archive) = source.archive() {
        shorten(&archive.hash_with(kind.as_bytes())?)
    } else {
        let mut texts = texts(&*source.files()?, &mut locks);
        texts.extend(kind.as_bytes());
        digest(&texts)
    };
    add_locks(request, beside, &mut locks)?;
    Ok(Digests {
        source,
        cargo_lock: digest(&locks),
        rules: rules(),
        up,
        ..Digests::default()
    })
}

/// Returns the digests of a released sdist whose hash is known. It needn't be
/// read, and not even be there. `None` for other sources.
///
/// # Errors
/// Fails if a lock can't be read.
pub(super) fn of_release(request: &Request, beside: &Beside) -> Result<Option<Digests>, Error> {
    let release = request.options.input.sdist.as_ref();
    let Some(hash) = release.and_then(|release| release.hash) else {
        return Ok(None);
    };
    let mut locks = Vec::new();
    add_locks(request, beside, &mut locks)?;
    let source = format!("{}{:?}", hash.to_hex(), beside.kind);
    Ok(Some(Digests {
        source: digest(source.as_bytes()),
        cargo_lock: digest(&locks),
        rules: rules(),
        ..Digests::default()
    }))
}

/// Adds the locks that aren't in the source.
fn add_locks(request: &Request, beside: &Beside, locks: &mut Vec<u8>) -> Result<(), Error> {
    if let Some(path) = request.options.cargo_lock() {
        locks.extend(read_file(path)?.unwrap_or_default());
    }
    locks.extend(beside.lock.unwrap_or_default());
    Ok(())
}

/// Returns the digests of a package's entries in a lock of Python packages, and
/// of the `Cargo.lock` next to the overlay.
pub(super) fn of_locked(source: &[u8], file: &Utf8Path, beside: Option<&str>) -> Digests {
    let path = beside.map(|name| join_below(parent_folder(file), Utf8Path::new(name)));
    let bytes = path.and_then(|path| read_file(&path).ok().flatten());
    Digests {
        source: digest(source),
        cargo_lock: digest(&bytes.unwrap_or_default()),
        rules: rules(),
        ..Digests::default()
    }
}

/// Returns where the package set takes a package from, by the `uv.lock` above.
pub(super) fn kind_in_lock(folder: &Utf8Path, name: &str, session: &Session) -> Option<SourceKind> {
    let found = session.python_lock_above(folder).ok()??;
    found.lock.kind(&PythonName::new(name))
}

/// Returns the digest of this program's rules and tables.
pub(super) fn rules() -> String {
    // It is needed for each package of a lock.
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        let mut text = format!("{RULES}\n");
        for table in TABLES {
            text.push_str(table);
        }
        digest(text.as_bytes())
    });
    DIGEST.clone()
}

/// Returns the digest of a build system.
pub(super) fn of_build_system(system: &BuildSystem) -> String {
    digest(format!("{system:?}").as_bytes())
}

/// What a project says about itself today, to explain why its stanza is out of
/// date.
#[derive(Default)]
pub(super) struct Details {
    pub version: Option<String>,
    /// The digest of the build system; empty if it can't be determined.
    pub build: String,
}

impl Details {
    /// Reads a project, which takes longer than computing its digests.
    pub(super) fn read(request: &Request, session: &Session) -> Self {
        let Ok(loaded) = Loaded::read(request, session) else {
            return Self::default();
        };
        let system = super::facts::requirements(&loaded);
        Self {
            version: loaded.project.identity.version.clone(),
            build: system.map_or_else(|_| String::new(), |found| of_build_system(&found.system)),
        }
    }
}

/// Opens the source whose digest a mark has, from `up` folders above a path.
pub(super) fn source(
    path: &Utf8Path,
    up: usize,
    session: &Session,
) -> Result<Arc<Source>, IoError> {
    let above = match up {
        0 => None,
        up => folder_above(project_folder(path), up, true)?,
    };
    match above {
        // Anybody may have written the mark, so other folders aren't read.
        Some((folder, below)) if is_workspace(&folder) => session.source_around(&folder, &below),
        Some((folder, _)) => Err(IoError::NotFound { path: folder }),
        None => session.source(path),
    }
}

/// Returns the files that decide a stanza as one text. Adds locks to `locks`.
fn texts(files: &SourceFiles, locks: &mut Vec<u8>) -> Vec<u8> {
    let scripts = Scripts::of(files);
    let mut text = Vec::new();
    for path in files.paths() {
        let Some(bytes) = files.bytes(path) else {
            continue;
        };
        let bytes = match path.file_name().unwrap_or_default() {
            "Cargo.lock" => {
                locks.extend(path.as_str().as_bytes());
                locks.extend(bytes);
                continue;
            }
            // It changes with packages that don't affect the stanza.
            "uv.lock" => continue,
            "lib.rs" | "main.rs" => inner_attributes(bytes),
            _ if path.extension() == Some("py") && !scripts.has(path) => continue,
            _ => bytes.to_vec(),
        };
        text.extend(format!("{path}\0{}\0", bytes.len()).as_bytes());
        text.extend(bytes);
    }
    text
}

/// Returns the inner attributes of a Rust file, which enable unstable features.
fn inner_attributes(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let attributes = lines.filter(|line| line.trim_ascii_start().starts_with(b"#!["));
    attributes.flat_map(|line| [line, b"\n"].concat()).collect()
}

/// The Python files that a build runs.
#[derive(Default)]
struct Scripts {
    text: String,
    backend_path: Vec<Utf8PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Pyproject {
    build_system: BuildSystemTable,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct BuildSystemTable {
    backend_path: Vec<Utf8PathBuf>,
}

impl Scripts {
    fn of(files: &SourceFiles) -> Self {
        let mut scripts = Self::default();
        for path in files
            .paths()
            .filter(|path| path.file_name() == Some("pyproject.toml"))
        {
            let Ok(Some(text)) = files.text(path) else {
                continue;
            };
            let folder = path.parent().unwrap_or(Utf8Path::new(""));
            let table: Pyproject = parse_manifest(text).unwrap_or_default();
            let folders = table.build_system.backend_path.into_iter();
            scripts
                .backend_path
                .extend(folders.map(|below| match below.as_str() {
                    "." => folder.to_owned(),
                    below => folder.join(below),
                }));
            scripts.text.push_str(text);
        }
        scripts
    }

    /// Whether a file is `setup.py`, a script of a hook, or a backend that the
    /// project contains.
    fn has(&self, path: &Utf8Path) -> bool {
        let name = path.file_name().unwrap_or_default();
        let is_hook = matches!(
            name,
            "setup.py" | "build.py" | "hatch_build.py" | "pdm_build.py"
        );
        let parent = path.parent().unwrap_or(Utf8Path::new(""));
        is_hook
            || self.backend_path.iter().any(|folder| parent == folder)
            || (name != "__init__.py" && self.text.contains(name))
    }
}
