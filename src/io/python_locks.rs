//! Locks of Python packages, each parsed once a run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::IoError;
use super::once_map::OnceMap;
use super::search_up::find_file_above;
use super::write::read_text;
use crate::hash::Sha256;
use crate::python_lock::{self, PythonLock, PythonLockError};

/// A lock, and where it was found.
#[derive(Clone)]
pub struct FoundPythonLock {
    /// The full path.
    pub path: Utf8PathBuf,
    pub lock: Arc<PythonLock>,
}

/// Why a lock can't be read.
#[derive(Debug)]
pub enum PythonLockFailure {
    Io(IoError),
    /// The text isn't a lock.
    Lock(PythonLockError),
}

impl From<IoError> for PythonLockFailure {
    fn from(error: IoError) -> Self {
        Self::Io(error)
    }
}

/// The locks that were parsed so far. Failures aren't kept, as their messages
/// name the lock as it was asked for.
#[derive(Default)]
pub(super) struct PythonLocks {
    by_path: OnceMap<PathBuf, Option<Arc<PythonLock>>>,
    /// By the digest of the text and the name of the file, which decides the
    /// format.
    by_text: OnceMap<(Sha256, String), Arc<PythonLock>>,
    parsed: AtomicUsize,
}

impl PythonLocks {
    /// Reads a lock file; returns `None` if there isn't one.
    pub(super) fn read(
        &self,
        path: &Utf8Path,
    ) -> Result<Option<Arc<PythonLock>>, PythonLockFailure> {
        // A file that doesn't exist may be written later.
        let Ok(full) = fs::canonicalize(path) else {
            return Ok(None);
        };
        self.by_path.get_or_try(full, || {
            let Some(text) = read_text(path)? else {
                return Ok(None);
            };
            let lock = self.parse(path.as_str(), &text);
            lock.map(Some).map_err(PythonLockFailure::Lock)
        })
    }

    /// Reads the first `uv.lock` in a folder or above it.
    pub(super) fn read_above(
        &self,
        folder: &Utf8Path,
    ) -> Result<Option<FoundPythonLock>, PythonLockFailure> {
        let Some(path) = find_file_above(folder, "uv.lock") else {
            return Ok(None);
        };
        let lock = self.read(&path)?;
        Ok(lock.map(|lock| FoundPythonLock { path, lock }))
    }

    /// Parses a lock, unless one with the same text was parsed before.
    pub(super) fn parse(
        &self,
        place: &str,
        text: &str,
    ) -> Result<Arc<PythonLock>, PythonLockError> {
        let name = Utf8Path::new(place).file_name().unwrap_or_default();
        let key = (Sha256::of(text.as_bytes()), name.to_owned());
        self.by_text.get_or_try(key, || {
            self.parsed.fetch_add(1, Ordering::Relaxed);
            python_lock::parse(place, text).map(Arc::new)
        })
    }

    /// Returns how many locks were parsed.
    #[cfg(test)]
    pub(super) fn parsed(&self) -> usize {
        self.parsed.load(Ordering::Relaxed)
    }
}
