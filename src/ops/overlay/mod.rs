//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::Utf8PathBuf;

use super::digests::{self, Beside};
use super::load::{Loaded, Request};
use super::locked::{Place, Saved, SavedLock};
use super::nix_snippet::{Snippet, SnippetPackage};
use super::prebuilt::make_prebuilt;
use super::recipe::Recipe;
use super::stanza::{KeptLock, Making, StanzaOptions, require_name};
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::{IoError, Session};
use crate::nix::{AnyStanza, Form};
use crate::overlay::{Made, Overlay};
use crate::warning::Warning;

mod draft;

/// How often the work on one overlay is done before it is given up.
const MAX_TRIES: usize = 5;

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

/// Puts the stanzas of some projects into a file; the paths of the recipes
/// are relative to the working folder.
///
/// # Errors
/// Where a stanza can't be made, the file can't be changed, or something can't
/// be written; files are then as they were.
pub fn write_stanzas(
    recipes: &[Recipe],
    writing: &Writing,
    session: &Session,
) -> Result<Snippet, Error> {
    redo_if_changed(|| write_stanzas_once(recipes, writing, session))
}

/// Does the work on an overlay again if another program changed the file
/// meanwhile, which happens only where the file can't be locked.
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
    recipes: &[Recipe],
    writing: &Writing,
    session: &Session,
) -> Result<Snippet, Error> {
    let mut draft = Draft::open(writing, session)?;
    let mut snippet = Snippet::default();
    for recipe in recipes {
        let place = Place {
            file: draft.file(),
            text: &draft.text,
            session,
        };
        let made = make(recipe, place)?;
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
pub(super) fn make(recipe: &Recipe, place: Place) -> Result<MadeStanza, Error> {
    let (file, session) = (place.file, place.session);
    if recipe.prebuilt.is_some() {
        return make_prebuilt(recipe, file, session);
    }
    let folder = parent_folder(file);
    let (mut request, options) = recipe.asked(file.as_str())?;
    request.lock_folder = Some(folder.to_owned());
    let loaded = Loaded::read(&request, session)?;
    let saved = made_of(&loaded, &mut request, &options, place)?;
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
    let recipe = recipe.clone().moved(|path| path_from(folder, path))?;
    Ok(saved.made(folder, recipe.in_one_line(), digests))
}

/// Makes the stanza of a project.
pub(super) fn made_of(
    loaded: &Loaded,
    request: &mut Request,
    options: &StanzaOptions,
    place: Place,
) -> Result<Saved, Error> {
    let folder = parent_folder(place.file);
    let name = loaded.project.identity.name.as_str();
    let overlay = Overlay::parse(place.file.as_str(), place.text)?;
    request.known_hashes = overlay.known_hashes(name);
    let making = Making {
        options,
        folder,
        request,
        session: place.session,
    };
    require_name(&loaded.project.identity.name, loaded.files.origin())?;
    let rust = loaded.rust(request)?;
    let made = making.make(loaded, rust)?;
    let above = loaded.above.as_ref();
    let lock = made.lock.map(|lock| SavedLock {
        name: lock.path.file_name().unwrap_or_default().to_owned(),
        text: String::from_utf8_lossy(&lock.bytes).into_owned(),
    });
    Ok(Saved {
        package: SnippetPackage {
            name: loaded.project.identity.name.to_string(),
            version: written_version(loaded),
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

/// Whether a text is a version by the characters of PEP 440: it goes into a
/// comment, of which a stranger's text shall not make something else.
pub(super) fn is_version(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._+!-".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}
