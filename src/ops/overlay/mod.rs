//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::{Utf8Path, Utf8PathBuf};

use super::digests;
use super::load::{Loaded, Request};
use super::locked::{Place, Saved, SavedLock};
use super::native::Asking;
use super::nix_snippet::{Snippet, SnippetPackage};
use super::prebuilt::make_prebuilt;
use super::stanza::{KeptLock, Making, folder_of, keep_lock};
use crate::error::Error;
use crate::io::source::way_to;
use crate::io::write::read_file;
use crate::io::{IoError, Progress};
use crate::nix::{AnyStanza, Form};
use crate::options::Options;
use crate::overlay::{Made, Overlay};
use crate::project::{is_version, require_name};
use crate::warning::Warning;

mod draft;

pub(super) use draft::{Draft, with_stanza};

/// What is done with a file.
#[derive(Debug, Clone)]
pub struct Writing {
    /// The overlay.
    pub file: Utf8PathBuf,
    /// What stands around the stanzas in a file that isn't there yet.
    pub form: Form,
    /// Whether stanzas that were edited by hand are replaced.
    pub force: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// A program that lays the stanzas out.
    pub formatter: Option<String>,
}

/// A stanza that was made for a file.
pub(super) struct MadeStanza {
    pub stanza: AnyStanza,
    pub package: SnippetPackage,
    /// How many crates its locks have.
    pub crates: usize,
    /// Its build system, by name.
    pub build_system: Vec<String>,
    pub locks: Vec<KeptLock>,
    pub warnings: Vec<Warning>,
    /// As the marker has it: paths relative to the file's folder.
    pub recipe: String,
    pub made: Made,
}

/// Puts the stanzas of some packages into a file; paths in the options are
/// relative to the working folder. `base` has the network and the trust.
///
/// # Errors
/// Where a stanza can't be made, the file can't be changed, or something can't
/// be written; files are then as they were.
pub(super) fn write_stanzas(
    packages: &[Options],
    base: &Request,
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Snippet, Error> {
    let mut draft = Draft::open(writing)?;
    let mut snippet = Snippet::default();
    for options in packages {
        let made = make((options, &draft.text), draft.file(), base, progress)?;
        draft.put(&made)?;
        snippet.warn(made.warnings);
        snippet.packages.push(made.package);
    }
    snippet.require_distinct()?;
    let written = draft.finish()?;
    snippet.nix = written.text;
    snippet.files = written.files;
    snippet.changed = written.changed;
    snippet.diff = written.diff;
    Ok(snippet)
}

/// Makes a stanza for a file, of which hashes are reused.
pub(super) fn make(
    (options, text): (&Options, &str),
    file: &Utf8Path,
    base: &Request,
    progress: &dyn Progress,
) -> Result<MadeStanza, Error> {
    if options.nixpkgs.prebuilt.is_some() {
        return make_prebuilt(options, file);
    }
    let folder = folder_of(file);
    let mut request = Request::new(options, base);
    let place = Place {
        file,
        text,
        base,
        progress,
    };
    let saved = made_of(&mut request, place)?;
    let beside = saved.locks.first();
    let kind = digests::kind_in_lock(folder, &saved.package.name);
    let bytes = beside.map(|lock| lock.text.as_bytes());
    let mut digests = digests::of_source(&request, saved.up, (bytes, kind))?;
    digests.build.clone_from(&saved.build);
    if let Some(lock) = beside {
        digests.beside.clone_from(&lock.name);
    }
    let marked = options
        .clone()
        .try_with_paths(|path| way_to(folder, path))?;
    Ok(saved.made(folder, marked.in_one_line(), digests))
}

/// Makes the stanza of a project.
pub(super) fn made_of(request: &mut Request, place: Place) -> Result<Saved, Error> {
    let folder = folder_of(place.file);
    keep_lock(request, folder)?;
    let loaded = Loaded::read(request)?;
    let name = loaded.project.identity.name.as_str();
    let overlay = Overlay::parse(place.file.as_str(), place.text)?;
    request.known_hashes = overlay.known_hashes(name);
    let making = Making {
        folder,
        asking: Asking {
            request,
            progress: place.progress,
        },
    };
    require_name(&loaded.project.identity.name, loaded.files.origin())?;
    let rust = loaded.rust(request)?;
    let made = making.make(&loaded, rust)?;
    let above = loaded.above.as_ref();
    let lock = made.lock.map(|lock| SavedLock {
        name: lock.path.file_name().unwrap_or_default().to_owned(),
        text: String::from_utf8_lossy(&lock.bytes).into_owned(),
    });
    Ok(Saved {
        package: SnippetPackage {
            name: loaded.project.identity.name.to_string(),
            version: written_version(&loaded),
            cargo_roots: vec![rust.cargo_root.to_string()],
            dropped: Vec::new(),
        },
        crates: rust.lock.as_ref().map_or(0, |lock| lock.crates.len()),
        build_system: made.build_system.keys().map(ToString::to_string).collect(),
        build: digests::of_build_system(&made.build_system),
        up: above.map_or(0, |way| way.components().count()),
        stanza: made.stanza,
        locks: lock.into_iter().collect(),
        warnings: made.warnings,
    })
}

/// The version, if it is one.
fn written_version(loaded: &Loaded) -> Option<String> {
    let version = loaded.project.identity.version.clone();
    version.filter(|version| is_version(version))
}

/// The text of a file, if there is one.
pub(super) fn read_text(path: &Utf8Path) -> Result<Option<String>, Error> {
    let Some(bytes) = read_file(path)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| IoError::NoText {
        path: path.to_owned().into(),
    })?;
    Ok(Some(text))
}
