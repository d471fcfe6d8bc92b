//! Generates stanzas and writes them to overlay files.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::digests::{self, Beside};
use super::finished::{FinishedStanza, Place, Snippet};
use super::load::{Loaded, Request};
use super::locked::sets_of_lock;
use super::prebuilt::make_prebuilt;
use super::stanza::made_of;
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::{IoError, Session};
use crate::nix::Form;
use crate::options::Options;
use crate::python_build::PackageSets;

mod draft;
#[cfg(test)]
mod tests;

pub(super) use draft::{Draft, OverlayFile};

/// Number of attempts to write an overlay that other programs change.
const MAX_TRIES: usize = 5;

/// How an overlay file is written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// The path of the overlay.
    pub file: Utf8PathBuf,
    /// What a new file has around the stanzas.
    pub form: Form,
    /// Whether to replace stanzas that were edited by hand.
    pub force: bool,
    /// Whether to write nothing.
    pub dry_run: bool,
    /// A command that formats stanzas from standard input.
    pub formatter: Option<String>,
}

/// Writes the stanzas of some packages to a file. Paths in the options are
/// relative to the working folder.
///
/// # Errors
/// Fails if a stanza can't be generated, the file can't be changed, or
/// something can't be written. The files then stay as they were.
pub(super) fn write_stanzas(
    packages: &[Options],
    writing: &Writing,
    session: &Session,
) -> Result<Snippet, Error> {
    redo_if_changed(|| write_stanzas_once(packages, writing, session))
}

/// Repeats the work on an overlay if another program changed the file
/// meanwhile, which can only happen if the file couldn't be locked.
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
    snippet.written = draft.finish()?;
    Ok(snippet)
}

/// Generates a stanza for a file, and reuses hashes that the file has.
pub(super) fn make(options: &Options, place: Place) -> Result<FinishedStanza, Error> {
    let session = place.session;
    if options.nixpkgs.prebuilt.is_some() {
        return make_prebuilt(options, place.file, session);
    }
    let request = Request::new(options).fetched(session)?;
    let sets = sets_of_lock(&request, session);
    make_from_request(request, sets, place)
}

/// Generates the stanza of a source. `sets` are those of the lock that has the
/// source as a local project.
pub(super) fn make_from_source(
    options: &Options,
    sets: Option<Arc<PackageSets>>,
    place: Place,
) -> Result<FinishedStanza, Error> {
    make_from_request(Request::new(options), sets, place)
}

fn make_from_request(
    mut request: Request,
    sets: Option<Arc<PackageSets>>,
    place: Place,
) -> Result<FinishedStanza, Error> {
    let session = place.session;
    let folder = parent_folder(place.file);
    let options = request.options.clone();
    request.locked.sets = sets;
    request.lock_folder = Some(folder.to_owned());
    let loaded = Loaded::read(&request, session)?;
    let finished = made_of(&loaded, &mut request, place)?;
    let up = finished.digests.up;
    // The session still has the source open.
    let source = digests::source(&request.path, up, session)?;
    let decisive = Beside {
        lock: finished.locks.first().map(|lock| lock.text.as_bytes()),
        kind: digests::kind_in_lock(folder, &finished.package.name, session),
    };
    let digests = match digests::of_release(&request, &decisive)? {
        Some(digests) => digests,
        None => digests::of_source(&source, &request, up, &decisive)?,
    };
    drop(loaded);
    let marked = options.try_with_paths(|path| path_from(folder, path))?;
    Ok(finished.marked(marked.in_one_line(), digests))
}
