//! An overlay file, and changes to it that are written together.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::Writing;
use crate::error::Error;
use crate::io::cache::FileLock;
use crate::io::filter::send_through;
use crate::io::links::linked_file;
use crate::io::paths::{is_link, join_below, parent_folder};
use crate::io::write::{NewFile, changed_files, read_file, read_text, write_files};
use crate::io::{IoError, Session};
use crate::nix::{AnyStanza, CompactStanza, Form, Guard, Names, empty_overlay};
use crate::ops::finished::{FinishedStanza, LockBeside, Written};
use crate::overlay::{
    Change, Document, Edits, Layout, NewBlock, OverlayError, PythonLockMark, says_the_same,
    unified_diff,
};
use crate::project::is_cargos_lock;

/// An overlay file as it was read.
pub(in crate::ops) struct OverlayFile {
    /// How it is written. The path has symbolic links resolved.
    writing: Writing,
    /// The text of the file, if it exists.
    old: Option<String>,
    document: Document,
    /// Keeps other runs from writing the file until this value is dropped;
    /// `None` in a dry run, or if the cache can't hold a lock.
    lock: Option<Arc<FileLock>>,
}

/// Changes to an [`OverlayFile`] that aren't written yet.
pub(in crate::ops) struct Draft<'f> {
    file: &'f OverlayFile,
    edits: Edits<'f>,
    /// The short stanzas, which the formatter doesn't get.
    compact: Vec<CompactStanza>,
    locks: Vec<LockBeside>,
}

impl OverlayFile {
    /// Reads and parses a file. If it doesn't exist or is empty, the skeleton
    /// of a new overlay is parsed. No other run writes the file until this
    /// value is dropped.
    pub(in crate::ops) fn open(writing: &Writing, session: &Session) -> Result<Self, Error> {
        let file = linked_file(&writing.file)?;
        let lock = (!writing.dry_run).then(|| session.lock_overlay(&file));
        let old = read_text(&file)?;
        let written = old.as_deref().filter(|text| !text.trim().is_empty());
        let document = if let Some(text) = written {
            Document::parse(file.as_str(), text)?
        } else {
            let text = empty_overlay(writing.form).ok_or_else(|| OverlayError::NotAFile {
                place: file.to_string(),
            })?;
            Document::parse(file.as_str(), &text)?
        };
        Ok(Self {
            writing: Writing {
                file,
                ..writing.clone()
            },
            old,
            document,
            lock: lock.flatten(),
        })
    }

    /// Returns a file that is never written, for stanzas that are printed.
    pub(in crate::ops) fn nowhere() -> Result<Self, Error> {
        let file = Utf8PathBuf::from("overlay.nix");
        Ok(Self {
            document: Document::parse(file.as_str(), "{ }")?,
            writing: Writing {
                file,
                form: Form::File,
                force: false,
                dry_run: true,
                formatter: None,
            },
            old: None,
            lock: None,
        })
    }

    pub(in crate::ops) const fn exists(&self) -> bool {
        self.old.is_some()
    }

    /// Returns the path of the file, with symbolic links resolved.
    pub(in crate::ops) fn path(&self) -> &Utf8Path {
        &self.writing.file
    }

    /// Returns the path of a file next to this one.
    fn beside(&self, name: &str) -> Utf8PathBuf {
        join_below(parent_folder(self.path()), Utf8Path::new(name))
    }

    pub(in crate::ops) const fn document(&self) -> &Document {
        &self.document
    }

    /// Whether a stanza has the same tokens as the one in the file.
    pub(in crate::ops) fn says_the_same(&self, made: &FinishedStanza) -> bool {
        let layout = self.layout(&made.stanza);
        says_the_same(&self.document, &self.new_block(made, &layout))
    }

    /// Makes an empty draft of changes to the file.
    pub(in crate::ops) fn draft(&self) -> Draft<'_> {
        Draft {
            file: self,
            edits: Edits::new(&self.document),
            compact: Vec::new(),
            locks: Vec::new(),
        }
    }

    fn new_block<'a>(&self, made: &'a FinishedStanza, layout: &'a Layout<'a>) -> NewBlock<'a> {
        NewBlock {
            name: &made.package.name,
            version: made.package.version.as_deref(),
            recipe: &made.recipe,
            digests: &made.digests,
            layout,
            may_be_absent: made.stanza.may_be_absent(),
            force: self.writing.force,
        }
    }

    /// Formats a stanza for its place.
    fn layout<'a>(
        &'a self,
        stanza: &'a AnyStanza,
    ) -> impl Fn(usize, Guard, &Names) -> Result<String, OverlayError> + 'a {
        |indentation, guard, names| match &self.writing.formatter {
            Some(command) => formatted(stanza, guard, names, command),
            None => Ok(stanza.print_at(indentation, guard, names)),
        }
    }

    /// Whether the file was never formatted by the user: it is new, or as
    /// `init` writes it.
    fn has_own_layout(&self) -> bool {
        let old = self.old.as_deref().unwrap_or_default();
        let is_skeleton = empty_overlay(Form::File).as_deref() == Some(old);
        (old.trim().is_empty() || is_skeleton) && self.writing.formatter.is_none()
    }
}

impl<'f> Draft<'f> {
    /// Returns the file that the draft changes.
    pub(in crate::ops) const fn file(&self) -> &'f OverlayFile {
        self.file
    }

    /// Adds or replaces a stanza. If that is refused, the draft stays as it
    /// was.
    pub(in crate::ops) fn put(&mut self, made: &FinishedStanza) -> Result<Change, Error> {
        for lock in &made.locks {
            self.require_own_lock(lock, made)?;
        }
        let layout = self.file.layout(&made.stanza);
        let change = self.edits.put(&self.file.new_block(made, &layout))?;
        // Files with a layout of our own have `intersectAttrs prev`.
        self.compact
            .extend(made.stanza.compact(Guard::Set, &Names::default()));
        self.locks.extend(made.locks.iter().cloned());
        Ok(change)
    }

    /// Removes the stanza of a package.
    pub(in crate::ops) fn remove(&mut self, name: &str) {
        self.edits.remove(name);
    }

    /// Whether the draft removes the stanza of a package.
    pub(in crate::ops) fn removes(&self, name: &str) -> bool {
        self.edits.removes(name)
    }

    /// Sets the mark of the lock that the stanzas come from.
    pub(in crate::ops) fn set_python_lock_mark(&mut self, mark: PythonLockMark) {
        self.edits.set_python_lock_mark(mark);
    }

    /// Writes the file and the locks next to it, unless this is a dry run.
    pub(in crate::ops) fn finish(self) -> Result<Written, Error> {
        let mut text = self.edits.apply()?;
        if self.file.has_own_layout() {
            let compact = self.compact.iter();
            let hidden = compact
                .clone()
                .fold(text, |text, stanza| stanza.hide(&text));
            let laid_out = nixfmt_rs::format(&hidden).unwrap_or(hidden);
            text = compact.fold(laid_out, |text, stanza| stanza.reveal(&text));
        }
        let Writing { file, dry_run, .. } = &self.file.writing;
        let old = self.file.old.as_deref().unwrap_or_default();
        let diff = unified_diff(old, &text, file.as_str());
        let locks = self.locks.into_iter();
        let mut files: Vec<_> = locks
            .map(|lock| NewFile {
                path: self.file.beside(&lock.name),
                bytes: lock.text.into_bytes(),
            })
            .collect();
        files.push(NewFile {
            path: file.clone(),
            bytes: text.clone().into_bytes(),
        });
        let changed = changed_files(&files)?;
        if !dry_run {
            if self.file.lock.is_none() {
                require_unchanged(file, old)?;
            }
            write_files(&changed)?;
        }
        Ok(Written {
            nix: text,
            files: files.iter().map(|file| file.path.to_string()).collect(),
            changed: changed.iter().map(|file| file.path.to_string()).collect(),
            diff,
        })
    }

    /// Refuses to overwrite a file that isn't known to be a `Cargo.lock`:
    /// its name comes from the package, whose author can choose any.
    fn require_own_lock(&self, lock: &LockBeside, made: &FinishedStanza) -> Result<(), Error> {
        let path = self.file.beside(&lock.name);
        let exists = || IoError::Exists { path: path.clone() };
        // The target of a link may be any file of the user.
        if is_link(&path) {
            return Err(exists().into());
        }
        let Some(old) = read_file(&path)? else {
            return Ok(());
        };
        let block = self.file.document.block(&made.package.name);
        let known = block.and_then(|block| block.digests.as_ref());
        let is_known = known.is_some_and(|known| known.beside == made.digests.beside);
        let force = self.file.writing.force;
        if is_known || is_cargos_lock(&old) || force || old == lock.text.as_bytes() {
            return Ok(());
        }
        Err(exists().into())
    }
}

/// Formats a stanza with the user's formatter.
fn formatted(
    stanza: &AnyStanza,
    guard: Guard,
    names: &Names,
    command: &str,
) -> Result<String, OverlayError> {
    let text = send_through(command, &stanza.in_set(guard, names));
    let text = text.and_then(|text| {
        let inside = AnyStanza::out_of_set(&text);
        inside.ok_or_else(|| "its output is not the set that it was given".to_owned())
    });
    text.map_err(|message| OverlayError::Formatter {
        command: command.to_owned(),
        message,
    })
}

/// Refuses to overwrite a file that another program changed meanwhile.
fn require_unchanged(file: &Utf8Path, old: &str) -> Result<(), Error> {
    if read_text(file)?.unwrap_or_default() == old {
        return Ok(());
    }
    let path = file.to_owned();
    Err(IoError::Changed { path }.into())
}
