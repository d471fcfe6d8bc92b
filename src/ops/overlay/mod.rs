//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::{Utf8Path, Utf8PathBuf};

use super::digests;
use super::load::{Loaded, Request};
use super::locked::{Place, Saved, SavedLock};
use super::native::Asking;
use super::nix_snippet::{Snippet, SnippetPackage};
use super::prebuilt::make_prebuilt;
use super::recipe::Recipe;
use super::stanza::{KeptLock, Making, StanzaOptions, folder_of, keep_lock, require_name};
use crate::error::Error;
use crate::io::source::way_to;
use crate::io::write::read_file;
use crate::io::{IoError, Progress};
use crate::nix::{AnyStanza, Form};
use crate::overlay::Digests;
use crate::warning::Warning;

mod draft;
#[cfg(test)]
mod tests;

pub(super) use draft::{Draft, OverlayFile};

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
    pub digests: Digests,
}

/// Puts the stanzas of some projects into a file; the paths of the recipes
/// are relative to the working folder. Of `base`, what is fetched counts.
///
/// # Errors
/// Where a stanza can't be made, the file can't be changed, or something can't
/// be written; files are then as they were.
pub fn write_stanzas(
    recipes: &[Recipe],
    base: &Request,
    writing: &Writing,
    progress: &dyn Progress,
) -> Result<Snippet, Error> {
    let file = OverlayFile::open(writing)?;
    let mut draft = file.draft();
    let place = Place {
        file: file.path(),
        document: file.document(),
        base,
        progress,
    };
    let mut snippet = Snippet::default();
    for recipe in recipes {
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
    if recipe.prebuilt.is_some() {
        return make_prebuilt(recipe, place.file);
    }
    let folder = folder_of(place.file);
    let (mut request, options) = recipe.asked(place.base, place.file.as_str())?;
    let saved = made_of(&mut request, &options, place)?;
    let beside = saved.locks.first();
    let kind = digests::kind_in_lock(folder, &saved.package.name);
    let bytes = beside.map(|lock| lock.text.as_bytes());
    let mut digests = digests::of_source(&request, saved.up, (bytes, kind))?;
    digests.build.clone_from(&saved.build);
    if let Some(lock) = beside {
        digests.beside.clone_from(&lock.name);
    }
    let recipe = recipe.clone().moved(|path| way_to(folder, path))?;
    Ok(saved.made(folder, recipe.in_one_line(), digests))
}

/// Makes the stanza of a project.
pub(super) fn made_of(
    request: &mut Request,
    options: &StanzaOptions,
    place: Place,
) -> Result<Saved, Error> {
    let folder = folder_of(place.file);
    keep_lock(request, folder)?;
    let loaded = Loaded::read(request)?;
    let name = loaded.project.identity.name.as_str();
    request.known_hashes = place.document.known_hashes(name);
    let making = Making {
        options,
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

/// Whether a text is a version by the characters of PEP 440: it goes into a
/// comment, of which a stranger's text shall not make something else.
pub(super) fn is_version(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._+!-".contains(c);
    !text.is_empty() && text.chars().all(is_part)
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
