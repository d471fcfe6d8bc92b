//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::{Utf8Path, Utf8PathBuf};

use super::digests;
use super::load::{Loaded, Request};
use super::native::Asking;
use super::nix_snippet::{Snippet, SnippetPackage};
use super::recipe::Recipe;
use super::stanza::{KeptLock, Making, folder_of, is_cargos_lock, keep_lock, require_name};
use crate::error::Error;
use crate::io::filter::send_through;
use crate::io::source::way_to;
use crate::io::write::{is_link, read_file, real_file, write_files};
use crate::io::{IoError, Progress};
use crate::nix::{Form, Stanza, skeleton};
use crate::overlay::{Made, NewBlock, Overlay, OverlayError, unified_diff, with_block};
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
    let mut draft = Draft::open(writing)?;
    let mut snippet = Snippet::default();
    for recipe in recipes {
        let made = make((recipe, &draft.text), draft.file(), base, progress)?;
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

/// A file as it is, and as it is to be.
pub(super) struct Draft {
    writing: Writing,
    is_there: bool,
    /// Its text; nothing where it isn't there.
    old: String,
    pub text: String,
    locks: Vec<KeptLock>,
}

/// What became of a [`Draft`].
pub(super) struct Written {
    pub text: String,
    /// The file, and the locks beside it.
    pub files: Vec<String>,
    /// Those of them that are changed.
    pub changed: Vec<String>,
    pub diff: String,
}

impl Draft {
    /// Reads a file, or begins one.
    pub(super) fn open(writing: &Writing) -> Result<Self, Error> {
        let file = real_file(&writing.file)?;
        let found = read_text(&file)?;
        let is_there = found.is_some();
        let old = found.unwrap_or_default();
        let text = if old.trim().is_empty() {
            skeleton(writing.form).ok_or_else(|| OverlayError::NotAFile {
                place: file.to_string(),
            })?
        } else {
            old.clone()
        };
        Ok(Self {
            writing: Writing {
                file,
                ..writing.clone()
            },
            is_there,
            old,
            text,
            locks: Vec::new(),
        })
    }

    /// Whether there is a file.
    pub(super) const fn is_there(&self) -> bool {
        self.is_there
    }

    pub(super) fn file(&self) -> &Utf8Path {
        &self.writing.file
    }

    /// Puts a stanza in; the text stays where that is refused.
    pub(super) fn put(&mut self, made: &MadeStanza) -> Result<(), Error> {
        let overlay = Overlay::parse(self.writing.file.as_str(), &self.text)?;
        if let Some(lock) = &made.lock {
            require_ours(lock, (&overlay, made), self.writing.force)?;
        }
        let text = with_stanza(&overlay, made, &self.writing)?;
        self.text = text;
        self.locks.extend(made.lock.clone());
        Ok(())
    }

    /// Writes the file and its locks, if they are to be written.
    pub(super) fn finish(mut self) -> Result<Written, Error> {
        let is_ours = self.old.trim().is_empty() && self.writing.formatter.is_none();
        if is_ours {
            self.text = nixfmt_rs::format(&self.text).unwrap_or(self.text);
        }
        let Writing { file, dry_run, .. } = self.writing;
        let diff = unified_diff(&self.old, &self.text, file.as_str());
        let locks = self.locks.into_iter();
        let mut files: Vec<_> = locks.map(|lock| (lock.path, lock.bytes)).collect();
        files.push((file, self.text.clone().into_bytes()));
        let mut changed = Vec::new();
        for (path, bytes) in &files {
            if read_file(path)?.as_ref() != Some(bytes) {
                changed.push(path.to_string());
            }
        }
        if !dry_run {
            write_files(&files)?;
        }
        Ok(Written {
            text: self.text,
            files: files.iter().map(|(path, _)| path.to_string()).collect(),
            changed,
            diff,
        })
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
    let (mut request, options) = recipe.asked(base, file.as_str())?;
    keep_lock(&mut request, folder)?;
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
    require_name(&loaded)?;
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

/// The version, if it is one by the characters of PEP 440: it goes into a
/// comment, of which a stranger's text shall not make something else.
fn written_version(loaded: &Loaded) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._+!-".contains(c);
    let version = loaded.project.identity.version.clone();
    version.filter(|version| !version.is_empty() && version.chars().all(is_part))
}

/// The text of a file with a stanza in it.
pub(super) fn with_stanza(
    overlay: &Overlay,
    made: &MadeStanza,
    writing: &Writing,
) -> Result<String, OverlayError> {
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
    with_block(overlay, &block)
}

/// Refuses to overwrite a file that is no lock of ours: whoever chose the
/// package's name chose the file's, too.
fn require_ours(
    lock: &KeptLock,
    (overlay, made): (&Overlay, &MadeStanza),
    force: bool,
) -> Result<(), Error> {
    let exists = || IoError::Exists {
        path: lock.path.clone(),
    };
    // Where a link leads to, nobody named.
    if is_link(&lock.path) {
        return Err(exists().into());
    }
    let Some(old) = read_file(&lock.path)? else {
        return Ok(());
    };
    let block = overlay.block(&made.package.name);
    let known = block.and_then(|block| block.made.as_ref());
    let is_known = known.is_some_and(|known| known.beside == made.made.beside);
    if is_known || is_cargos_lock(&old) || force || old == lock.bytes {
        return Ok(());
    }
    Err(exists().into())
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
