//! An overlay file that is being changed.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{MadeStanza, Writing};
use crate::error::Error;
use crate::io::cache::FileLock;
use crate::io::filter::send_through;
use crate::io::paths::{is_link, linked_file};
use crate::io::write::{NewFile, changed_files, read_file, read_text, write_files};
use crate::io::{IoError, Session};
use crate::nix::{AnyStanza, Form, skeleton};
use crate::ops::recipe::Recipe;
use crate::ops::stanza::{KeptLock, is_cargos_lock};
use crate::overlay::{
    LockMark, NewBlock, Overlay, OverlayError, unified_diff, with_block, without_block,
};

/// A file as it is, and as it is to be.
pub(in crate::ops) struct Draft {
    writing: Writing,
    /// Keeps other runs from the file until it is written.
    lock: Option<Arc<FileLock>>,
    is_there: bool,
    /// Its text; nothing where it isn't there.
    old: String,
    pub text: String,
    locks: Vec<KeptLock>,
}

/// What became of a [`Draft`].
pub(in crate::ops) struct Written {
    pub text: String,
    /// The file, and the locks beside it.
    pub files: Vec<String>,
    /// Those of them that are changed.
    pub changed: Vec<String>,
    pub diff: String,
}

impl Draft {
    /// Reads a file, or begins one. No other run writes it until the draft is
    /// finished, or dropped.
    pub(in crate::ops) fn open(writing: &Writing, session: &Session) -> Result<Self, Error> {
        let file = linked_file(&writing.file)?;
        let lock = (!writing.dry_run).then(|| session.lock_overlay(&file));
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
            lock: lock.flatten(),
            is_there,
            old,
            text,
            locks: Vec::new(),
        })
    }

    /// Begins a file that is never written, to print stanzas.
    pub(in crate::ops) fn nowhere() -> Self {
        Self {
            writing: Writing {
                file: Utf8PathBuf::from("overlay.nix"),
                form: Form::File,
                force: false,
                dry_run: true,
                formatter: None,
            },
            lock: None,
            is_there: false,
            old: String::new(),
            text: "{ }".to_owned(),
            locks: Vec::new(),
        }
    }

    /// Whether there is a file.
    pub(in crate::ops) const fn is_there(&self) -> bool {
        self.is_there
    }

    pub(in crate::ops) fn file(&self) -> &Utf8Path {
        &self.writing.file
    }

    /// Puts a stanza in; the text stays where that is refused.
    pub(in crate::ops) fn put(&mut self, made: &MadeStanza) -> Result<(), Error> {
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
    pub(in crate::ops) fn body(&self, name: &str) -> Option<String> {
        let overlay = Overlay::parse(self.writing.file.as_str(), &self.text).ok()?;
        let block = overlay.block(name)?;
        Some(self.text[block.body.clone()].to_owned())
    }

    /// Takes out the stanzas that `is_gone` says are no longer needed, but for
    /// those that were edited by hand.
    pub(in crate::ops) fn remove(
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
    pub(in crate::ops) fn mark(&mut self, mark: &LockMark) -> Result<(), Error> {
        let overlay = Overlay::parse(self.writing.file.as_str(), &self.text)?;
        let old = overlay.lock.as_ref().map(|(_, range)| range);
        let text = mark.put(&self.text, old);
        Overlay::parse(self.writing.file.as_str(), &text)?;
        self.text = text;
        Ok(())
    }

    /// Writes the file and its locks, if they are to be written.
    pub(in crate::ops) fn finish(mut self) -> Result<Written, Error> {
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
        let mut files: Vec<_> = locks
            .map(|KeptLock { path, bytes }| NewFile { path, bytes })
            .collect();
        files.push(NewFile {
            path: file.clone(),
            bytes: self.text.clone().into_bytes(),
        });
        let changed = changed_files(&files)?;
        if !dry_run {
            if self.lock.is_none() {
                require_unchanged(&file, &self.old)?;
            }
            write_files(&changed)?;
        }
        Ok(Written {
            text: self.text,
            files: files.iter().map(|file| file.path.to_string()).collect(),
            changed: changed.iter().map(|file| file.path.to_string()).collect(),
            diff,
        })
    }
}

/// The text of a file with a stanza in it.
pub(in crate::ops) fn with_stanza(
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

/// Refuses to overwrite what another run wrote meanwhile.
fn require_unchanged(file: &Utf8Path, old: &str) -> Result<(), Error> {
    if read_text(file)?.unwrap_or_default() == old {
        return Ok(());
    }
    let path = file.to_owned();
    Err(IoError::Changed { path }.into())
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
