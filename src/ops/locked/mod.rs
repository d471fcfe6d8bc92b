//! A lock of Python packages, with the settings that decide which are built.

mod make;
mod plan;
mod python;
mod results;
mod sets;
mod wheel;

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Error;
use crate::io::paths::{is_file, is_folder, join_below, parent_folder};
use crate::io::search_up::find_file_above;
use crate::io::source::is_sdist_folder;
use crate::io::write::read_text;
use crate::io::{ArtifactStore, Session};
use crate::project::PythonName;
use crate::python_lock::{
    LockedPackage, PythonLock, PythonLockError, SettingsProblem, UvSettings, read_indexes,
};
use crate::text_place::TextPlace;

pub(super) use make::{digests_of, has_checkout, label, make_locked, request_for};
pub(super) use plan::{Asked, Planned, candidates, plan};
pub(super) use python::with_python_of_lock;
use python::{Pythons, newest_python};
pub use results::{Failure, contained};
pub(super) use results::{Finding, Results, worst};
pub(super) use sets::sets_of_lock;

/// The names of locks, in the order in which they are searched for.
const NAMES: [&str; 2] = ["uv.lock", "pylock.toml"];

/// A lock, and the settings of its workspace.
pub(super) struct Workspace {
    pub lock: Arc<PythonLock>,
    pub settings: UvSettings,
    /// The path of the lockfile.
    pub path: Utf8PathBuf,
    pub store: ArtifactStore,
    /// What decides on the Python where none is asked for.
    pythons: Pythons,
    names: Arc<BTreeSet<PythonName>>,
}

impl Workspace {
    /// Reads the `uv.lock` in or above a project folder. Returns `None` if there
    /// is none, the folder is an unpacked sdist, or the lock can't be read: the
    /// commands for locks report the error.
    pub(super) fn above(folder: &Utf8Path, session: &Session) -> Option<Self> {
        if !is_folder(folder) || is_sdist_folder(folder) {
            return None;
        }
        let lock = find_file_above(folder, "uv.lock")?;
        Self::read(&lock, session).ok()
    }

    /// Reads the lock at a path, or in the folder at a path.
    pub(super) fn read(path: &Utf8Path, session: &Session) -> Result<Self, Error> {
        let path = lock_file(path)?;
        let lock = session.python_lock(&path)?;
        let lock = lock.ok_or_else(|| PythonLockError::NotFound {
            path: path.to_string(),
        })?;
        let folder = parent_folder(&path);
        let text_of = |path: &Utf8Path| -> Result<Option<String>, Error> {
            let path = join_below(folder, path);
            Ok(if is_file(&path) {
                read_text(&path)?
            } else {
                None
            })
        };
        let root = text_of("pyproject.toml".into())?.unwrap_or_default();
        let (mut files, mut members) = (Vec::new(), Vec::new());
        for package in &lock.packages {
            if let Some(below) = package.source.folder().filter(|below| *below != ".") {
                let file = below.join("pyproject.toml");
                if let Some(text) = text_of(&file)? {
                    members.push(text);
                    files.push(file);
                }
            }
        }
        let settings = UvSettings::read(&root, &members).map_err(|problem| {
            let member = problem.member;
            let file = member.map_or(Utf8Path::new("pyproject.toml"), |place| &files[place]);
            let text = member.map_or(&root, |place| &members[place]);
            settings_error(&join_below(folder, file), text, problem)
        })?;
        let python = text_of(".python-version".into())?;
        let pythons = Pythons {
            newest: newest_python(folder, &lock, session),
            lock: Arc::clone(&lock),
            file: python,
        };
        let names = lock.names().cloned();
        Ok(Self {
            names: Arc::new(names.collect()),
            pythons,
            store: session.artifacts().with_indexes(&read_indexes(&root)),
            settings,
            lock,
            path,
        })
    }

    /// Returns the folder that contains the lock.
    pub(super) fn folder(&self) -> &Utf8Path {
        parent_folder(&self.path)
    }

    /// Returns the indices of a package's entries that have a source.
    pub(super) fn buildable(&self, name: &PythonName) -> Vec<usize> {
        let packages = self.lock.packages.iter().enumerate();
        let is_it = |package: &LockedPackage| package.name == *name && package.can_be_built();
        packages
            .filter(|(_, package)| is_it(package))
            .map(|(place, _)| place)
            .collect()
    }
}

/// Converts what is wrong with `[tool.uv]` of a file.
fn settings_error(file: &Utf8Path, text: &str, problem: SettingsProblem) -> PythonLockError {
    PythonLockError::Settings {
        at: TextPlace::span_or_file(file.as_str(), text, problem.span),
        message: problem.message,
    }
}

/// Returns the lock that a path names, itself or by its folder.
fn lock_file(path: &Utf8Path) -> Result<Utf8PathBuf, PythonLockError> {
    if !is_folder(path) {
        return Ok(path.to_owned());
    }
    let files = NAMES.map(|name| join_below(path, name));
    let found = files.iter().find(|file| is_file(file));
    found.cloned().ok_or_else(|| PythonLockError::NotFound {
        path: files[0].to_string(),
    })
}
