//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::Utf8PathBuf;

use super::artifact::{MadeStanza, Place, Saved, SavedLock, Snippet, SnippetPackage};
use super::digests::{self, Beside};
use super::load::{Loaded, Request};
use super::prebuilt::make_prebuilt;
use super::stanza::Making;
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::{IoError, Session};
use crate::nix::Form;
use crate::options::Options;
use crate::project::{is_version, require_name};

mod draft;
#[cfg(test)]
mod tests;

pub(super) use draft::{Draft, OverlayFile};

/// How often the work on an overlay is done that other programs change.
const MAX_TRIES: usize = 5;

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

/// Puts the stanzas of some packages into a file; paths in the options are
/// relative to the working folder.
///
/// # Errors
/// Where a stanza can't be made, the file can't be changed, or something can't
/// be written; files are then as they were.
pub(super) fn write_stanzas(
    packages: &[Options],
    writing: &Writing,
    session: &Session,
) -> Result<Snippet, Error> {
    redo_if_changed(|| write_stanzas_once(packages, writing, session))
}

/// Does the work on an overlay again if another program changed the file
/// meanwhile, which happens only if the file can't be locked.
pub(super) fn redo_if_changed<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..MAX_TRIES {
        match work() {
            Err(Error::Io(IoError::Changed { .. })) => {}
            result => return result,
        }
    }
    work()
}

fn write_stanzas_once(
    packages: &[Options],
    writing: &Writing,
    session: &Session,
) -> Result<Snippet, Error> {
    let file = OverlayFile::open(writing, session)?;
    let mut draft = file.draft();
    let place = Place {
        file: file.path(),
        document: file.document(),
        session,
    };
    let mut snippet = Snippet::default();
    for options in packages {
        let made = make(options, place)?;
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
pub(super) fn make(options: &Options, place: Place) -> Result<MadeStanza, Error> {
    let session = place.session;
    if options.nixpkgs.prebuilt.is_some() {
        return make_prebuilt(options, place.file, session);
    }
    let folder = parent_folder(place.file);
    let mut request = Request::new(options);
    request.lock_folder = Some(folder.to_owned());
    let loaded = Loaded::read(&request, session)?;
    let saved = made_of(&loaded, &mut request, place)?;
    let beside = saved.locks.first();
    // What was read just now isn't read again.
    let source = digests::source(&request.path, saved.up, session)?;
    let decisive = Beside {
        lock: beside.map(|lock| lock.text.as_bytes()),
        kind: digests::kind_in_lock(folder, &saved.package.name, session),
    };
    let mut digests = digests::of_source(&source, &request, saved.up, &decisive)?;
    drop(loaded);
    digests.build.clone_from(&saved.build);
    if let Some(lock) = beside {
        digests.beside.clone_from(&lock.name);
    }
    let marked = options
        .clone()
        .try_with_paths(|path| path_from(folder, path))?;
    Ok(saved.made(folder, marked.in_one_line(), digests))
}

/// Makes the stanza of a project.
pub(super) fn made_of(
    loaded: &Loaded,
    request: &mut Request,
    place: Place,
) -> Result<Saved, Error> {
    let folder = parent_folder(place.file);
    let name = loaded.project.identity.name.as_str();
    request.known_hashes = place.document.known_hashes(name);
    let making = Making {
        folder,
        request,
        session: place.session,
    };
    require_name(&loaded.project.identity.name, loaded.files.origin())?;
    let rust = if loaded.project.rust.is_empty() && request.options.cargo_root().is_none() {
        None
    } else {
        Some(loaded.rust(request)?)
    };
    let made = match rust {
        Some(rust) => making.make(loaded, rust)?,
        None => making.make_without_rust(loaded)?,
    };
    let cargo_lock = rust.and_then(|rust| rust.cargo_lock.as_ref());
    let above = loaded.above.as_ref();
    let lock = made.lock.map(|lock| SavedLock {
        name: lock.path.file_name().unwrap_or_default().to_owned(),
        text: String::from_utf8_lossy(&lock.bytes).into_owned(),
    });
    Ok(Saved {
        package: SnippetPackage {
            name: loaded.project.identity.name.to_string(),
            version: written_version(loaded),
            cargo_roots: rust.iter().map(|r| r.cargo_root.to_string()).collect(),
            dropped: Vec::new(),
        },
        crates: cargo_lock.map_or(0, |lock| lock.crates.len()),
        build_system: made.build_system.keys().map(ToString::to_string).collect(),
        build: digests::of_build_system(&made.build_system),
        up: above.map_or(0, |way| way.components().count()),
        facts: made.facts.map(Box::new),
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
