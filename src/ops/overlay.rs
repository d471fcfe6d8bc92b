//! Stanzas in overlay files: made, put there, and what they were made from.

use camino::{Utf8Path, Utf8PathBuf};

use super::digests;
use super::load::{Loaded, Request};
use super::locked::{Place, Saved, SavedLock};
use super::native::Asking;
use super::nix_snippet::{Snippet, SnippetPackage};
use super::prebuilt::make_prebuilt;
use super::recipe::Recipe;
use super::stanza::{
    KeptLock, Making, StanzaOptions, folder_of, is_cargos_lock, keep_lock, require_name,
};
use crate::error::Error;
use crate::io::filter::send_through;
use crate::io::source::way_to;
use crate::io::write::{is_link, read_file, real_file, write_files};
use crate::io::{IoError, Progress};
use crate::nix::{AnyStanza, Form, skeleton};
use crate::overlay::{
    LockMark, Made, NewBlock, Overlay, OverlayError, unified_diff, with_block, without_block,
};
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

    /// Begins a file that is never written, to print stanzas.
    pub(super) fn nowhere() -> Self {
        Self {
            writing: Writing {
                file: Utf8PathBuf::from("overlay.nix"),
                form: Form::File,
                force: false,
                dry_run: true,
                formatter: None,
            },
            is_there: false,
            old: String::new(),
            text: "{ }".to_owned(),
            locks: Vec::new(),
        }
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
        for lock in &made.locks {
            require_ours(lock, (&overlay, made), self.writing.force)?;
        }
        let text = with_stanza(&overlay, made, &self.writing)?;
        self.text = text;
        self.locks.extend(made.locks.iter().cloned());
        Ok(())
    }

    /// The stanza of a package, as it is laid out now.
    pub(super) fn body(&self, name: &str) -> Option<String> {
        let overlay = Overlay::parse(self.writing.file.as_str(), &self.text).ok()?;
        let block = overlay.block(name)?;
        Some(self.text[block.body.clone()].to_owned())
    }

    /// Takes out the stanzas that `is_gone` says are no longer needed, but for
    /// those that were edited by hand.
    pub(super) fn remove(
        &mut self,
        is_gone: impl Fn(&str, &Recipe) -> bool,
    ) -> Result<Vec<String>, Error> {
        let mut removed = Vec::new();
        let text = self.text.clone();
        let overlay = Overlay::parse(self.writing.file.as_str(), &text)?;
        for block in &overlay.blocks {
            let recipe = block.recipe.as_deref().unwrap_or("{}");
            let recipe: Recipe = serde_json::from_str(recipe).unwrap_or_default();
            if !is_gone(&block.name, &recipe) || block.is_edited(&text) {
                continue;
            }
            let now = self.text.clone();
            let overlay = Overlay::parse(self.writing.file.as_str(), &now)?;
            if let Some(block) = overlay.block(&block.name) {
                self.text = without_block(&overlay, block);
                removed.push(block.name.clone());
            }
        }
        Ok(removed)
    }

    /// Says which lock the stanzas are of.
    pub(super) fn mark(&mut self, mark: &LockMark) -> Result<(), Error> {
        let overlay = Overlay::parse(self.writing.file.as_str(), &self.text)?;
        let old = overlay.lock.as_ref().map(|(_, range)| range);
        let text = mark.put(&self.text, old);
        Overlay::parse(self.writing.file.as_str(), &text)?;
        self.text = text;
        Ok(())
    }

    /// Writes the file and its locks, if they are to be written.
    pub(super) fn finish(mut self) -> Result<Written, Error> {
        // As `init` leaves it.
        let is_skeleton = skeleton(Form::File).as_ref() == Some(&self.old);
        let is_ours =
            (self.old.trim().is_empty() || is_skeleton) && self.writing.formatter.is_none();
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
    if recipe.prebuilt.is_some() {
        return make_prebuilt(recipe, file);
    }
    let folder = folder_of(file);
    let (mut request, options) = recipe.asked(base, file.as_str())?;
    let place = Place {
        file,
        text,
        base,
        progress,
    };
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
    let overlay = Overlay::parse(place.file.as_str(), place.text)?;
    request.known_hashes = overlay.known_hashes(name);
    let making = Making {
        options,
        folder,
        asking: Asking {
            request,
            progress: place.progress,
        },
    };
    require_name(&loaded)?;
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
fn formatted(stanza: &AnyStanza, command: &str) -> Result<String, OverlayError> {
    let text = send_through(command, &stanza.in_set());
    let text = text.and_then(|text| {
        let inside = AnyStanza::out_of_set(&text);
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
