//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::Utf8PathBuf;

use super::digests::{self, Beside};
use super::finished::{FinishedStanza, Place, Snippet};
use super::load::{Loaded, Request};
use super::prebuilt::make_prebuilt;
use super::stanza::Making;
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::{IoError, Session};
use crate::nix::Form;
use crate::options::Options;
use crate::project::require_name;

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
pub(super) fn make(options: &Options, place: Place) -> Result<FinishedStanza, Error> {
    let session = place.session;
    if options.nixpkgs.prebuilt.is_some() {
        return make_prebuilt(options, place.file, session);
    }
    let folder = parent_folder(place.file);
    let mut request = Request::new(options);
    request.lock_folder = Some(folder.to_owned());
    let loaded = Loaded::read(&request, session)?;
    let finished = made_of(&loaded, &mut request, place)?;
    let up = finished.digests.up;
    // What was read just now isn't read again.
    let source = digests::source(&request.path, up, session)?;
    let decisive = Beside {
        lock: finished.locks.first().map(|lock| lock.text.as_bytes()),
        kind: digests::kind_in_lock(folder, &finished.package.name, session),
    };
    let digests = digests::of_source(&source, &request, up, &decisive)?;
    drop(loaded);
    let marked = options
        .clone()
        .try_with_paths(|path| path_from(folder, path))?;
    Ok(finished.marked(marked.in_one_line(), digests))
}

/// Makes the stanza of a project.
pub(super) fn made_of(
    loaded: &Loaded,
    request: &mut Request,
    place: Place,
) -> Result<FinishedStanza, Error> {
    let identity = &loaded.project.identity;
    request.known_hashes = place.document.known_hashes(identity.name.as_str());
    require_name(&identity.name, loaded.files.origin())?;
    let making = Making {
        folder: parent_folder(place.file),
        request,
        session: place.session,
    };
    if loaded.project.rust.is_empty() && request.options.cargo_root().is_none() {
        making.make_without_rust(loaded)
    } else {
        making.make(loaded, loaded.rust(request)?)
    }
}
