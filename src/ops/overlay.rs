//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::{Utf8Path, Utf8PathBuf};

use super::digests;
use super::load::{Loaded, Request};
use super::native::Asking;
use super::nix_snippet::{Snippet, SnippetPackage};
use super::recipe::Recipe;
use super::stanza::{KeptLock, Making, StanzaOptions, folder_of, joined, kept_lock_name};
use crate::error::Error;
use crate::io::filter::send_through;
use crate::io::source::way_to;
use crate::io::write::{is_link, read_file, real_file, write_files};
use crate::io::{IoError, Progress, ProjectConfig};
use crate::nix::{Form, Stanza, skeleton};
use crate::overlay::{Made, NewBlock, Overlay, OverlayError, unified_diff, with_block};
use crate::project::ProjectError;
use crate::warning::Warning;

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
    pub stanza: Stanza,
    pub package: SnippetPackage,
    pub lock: Option<KeptLock>,
    pub warnings: Vec<Warning>,
    /// As the marker has it: paths relative to the file's folder.
    pub recipe: String,
    pub made: Made,
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
    let writing = &Writing {
        file: real_file(&writing.file)?,
        ..writing.clone()
    };
    let old = read_text(&writing.file)?;
    let mut text = match &old {
        Some(text) if !text.trim().is_empty() => text.clone(),
        _ => skeleton(writing.form).ok_or_else(|| OverlayError::NotAFile {
            place: writing.file.to_string(),
        })?,
    };
    let is_new = old.as_ref().is_none_or(|text| text.trim().is_empty());
    let mut snippet = Snippet::default();
    let mut locks = Vec::new();
    for recipe in recipes {
        let made = make((recipe, &text), &writing.file, base, progress)?;
        let name = &made.package.name;
        if snippet.packages.iter().any(|package| package.name == *name) {
            let names = vec![name.clone(), name.clone()];
            return Err(ProjectError::SamePackage { names }.into());
        }
        require_ours(&text, &made, writing)?;
        text = put(&text, &made, writing)?;
        locks.extend(made.lock);
        snippet.warn(made.warnings);
        snippet.packages.push(made.package);
    }
    if is_new && writing.formatter.is_none() {
        // All of it is ours.
        text = nixfmt_rs::format(&text).unwrap_or(text);
    }
    let mut files = Vec::new();
    for lock in locks {
        let old = read_file(&lock.path)?;
        snippet.file(&lock.path, old.as_deref() != Some(&lock.bytes));
        files.push((lock.path, lock.bytes));
    }
    let old = old.unwrap_or_default();
    snippet.file(&writing.file, old != text);
    snippet.diff = unified_diff(&old, &text, writing.file.as_str());
    files.push((writing.file.clone(), text.clone().into_bytes()));
    if !writing.dry_run {
        write_files(&files)?;
    }
    snippet.nix = text;
    Ok(snippet)
}

impl Snippet {
    fn file(&mut self, path: &Utf8Path, is_changed: bool) {
        self.files.push(path.to_string());
        if is_changed {
            self.changed.push(path.to_string());
        }
    }
}

/// Makes a stanza for a file, of which hashes are reused.
pub(super) fn make(
    (recipe, text): (&Recipe, &str),
    file: &Utf8Path,
    base: &Request,
    progress: &dyn Progress,
) -> Result<MadeStanza, Error> {
    let folder = folder_of(file);
    let (mut request, options) = asked(recipe, base, file)?;
    if request.generate_lock {
        let name = kept_lock_name(&request)?;
        request.kept_lock = Some(joined(folder, Utf8Path::new(&name)));
    }
    let loaded = Loaded::read(&request)?;
    let name = loaded.project.identity.name.as_str();
    request.known_hashes = Overlay::parse(file.as_str(), text)?.known_hashes(name);
    let making = Making {
        options: &options,
        folder,
        asking: Asking {
            request: &request,
            progress,
        },
    };
    require_writable_name(&loaded)?;
    let rust = loaded.rust(&request)?;
    let made = making.make(&loaded, rust)?;
    let up = loaded
        .above
        .as_ref()
        .map_or(0, |way| way.components().count());
    let beside = made.lock.as_ref().map(|lock| &*lock.bytes);
    let kind = digests::kind_in_lock(folder, loaded.project.identity.name.as_str());
    let mut digests = digests::of_source(&request, up, (beside, kind))?;
    digests.build = digests::of_build_system(&made.build_system);
    if let Some(lock) = &made.lock {
        let name = lock.path.file_name().unwrap_or_default();
        name.clone_into(&mut digests.beside);
    }
    let recipe = recipe.clone().moved(|path| way_to(folder, path))?;
    Ok(MadeStanza {
        package: SnippetPackage {
            name: loaded.project.identity.name.to_string(),
            version: written_version(&loaded),
            cargo_roots: vec![rust.cargo_root.to_string()],
        },
        stanza: made.stanza,
        lock: made.lock,
        warnings: made.warnings,
        recipe: recipe.in_one_line(),
        made: digests,
    })
}

/// The name goes into marks, and into a file's: it has to be one.
fn require_writable_name(loaded: &Loaded) -> Result<(), ProjectError> {
    let name = &loaded.project.identity.name;
    if name.is_valid() {
        return Ok(());
    }
    Err(ProjectError::ControlCharacter {
        place: loaded.files.origin().to_owned(),
        what: "the name",
        value: name.as_str().escape_debug().to_string(),
    })
}

/// The version, if it is one by the characters of PEP 440: it goes into a
/// comment, of which a stranger's text shall not make something else.
fn written_version(loaded: &Loaded) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._+!-".contains(c);
    let version = loaded.project.identity.version.clone();
    version.filter(|version| !version.is_empty() && version.chars().all(is_part))
}

/// What a recipe asks for, with what the command line says of all.
pub(super) fn asked(
    recipe: &Recipe,
    base: &Request,
    place: &Utf8Path,
) -> Result<(Request, StanzaOptions), Error> {
    let wrong = |message| OverlayError::Recipe {
        place: place.to_string(),
        message,
    };
    let request = recipe.request().map_err(wrong)?;
    let project_config = match base.project_config {
        ProjectConfig::Trusted(_) => ProjectConfig::Trusted(request.path.clone().into()),
        ProjectConfig::Ignored => ProjectConfig::Ignored,
    };
    let request = Request {
        network: base.network.clone(),
        project_config,
        ..request
    };
    Ok((request, recipe.options().map_err(wrong)?))
}

/// Puts a stanza into a text.
pub(super) fn put(text: &str, made: &MadeStanza, writing: &Writing) -> Result<String, Error> {
    let overlay = Overlay::parse(writing.file.as_str(), text)?;
    let stanza = |indentation| match &writing.formatter {
        Some(command) => formatted(&made.stanza, command),
        None => Ok(made.stanza.print_at(indentation)),
    };
    let block = NewBlock {
        name: &made.package.name,
        version: made.package.version.as_deref(),
        recipe: &made.recipe,
        made: made.made.clone(),
        stanza: &stanza,
        force: writing.force,
    };
    Ok(with_block(&overlay, &block)?)
}

/// Refuses to overwrite a file that is no lock of ours: whoever chose the
/// package's name chose the file's, too.
pub(super) fn require_ours(text: &str, made: &MadeStanza, writing: &Writing) -> Result<(), Error> {
    let Some(lock) = &made.lock else {
        return Ok(());
    };
    // Where a link leads to, nobody named.
    if is_link(&lock.path) {
        let path = lock.path.clone();
        return Err(IoError::Exists { path }.into());
    }
    let Some(old) = read_file(&lock.path)? else {
        return Ok(());
    };
    let overlay = Overlay::parse(writing.file.as_str(), text)?;
    let block = overlay.block(&made.package.name);
    let known = block.and_then(|block| block.made.as_ref());
    let is_known = known.is_some_and(|known| known.beside == made.made.beside);
    let is_lock = old.starts_with(b"# This file is automatically @generated by Cargo.");
    if is_known || is_lock || writing.force || old == lock.bytes {
        return Ok(());
    }
    let path = lock.path.clone();
    Err(IoError::Exists { path }.into())
}

/// Has a program of the user's lay out a stanza.
fn formatted(stanza: &Stanza, command: &str) -> Result<String, OverlayError> {
    let text = send_through(command, &stanza.in_set());
    let text = text.and_then(|text| {
        let inside = Stanza::out_of_set(&text);
        inside.ok_or_else(|| "it gave something else than the set that it got".to_owned())
    });
    text.map_err(|message| OverlayError::Formatter {
        command: command.to_owned(),
        message,
    })
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
