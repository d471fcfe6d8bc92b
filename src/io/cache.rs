//! The program's own cache: a folder of the user's that all runs share.
//!
//! All files in it are written here, each as a whole or not at all. Most
//! entries are found by the digest of everything that decides them. The name of
//! an entry's folder changes with the format of the entries, so that those of
//! another version are never read.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use fs_err as fs;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::IoError;
use super::write::{replace_file, replace_file_from};
use crate::hash::Sha256;
use crate::io::read::{open_regular, read_bytes};

pub const CACHE_VARIABLE: &str = "CARGO_PYHACK_CACHE_DIR";

/// The cache. Nothing is kept if the user has no folder for one.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
}

/// A kind of entry: files `FOLDER/12/1234...ENDING`, named after the digest of
/// the entry's key.
pub struct Stage<T> {
    folder: &'static str,
    ending: &'static str,
    read: fn(Vec<u8>) -> Option<T>,
    write: fn(&T) -> Option<Vec<u8>>,
}

impl<T: Serialize + DeserializeOwned> Stage<T> {
    #[must_use]
    pub const fn json(folder: &'static str, ending: &'static str) -> Self {
        Self {
            folder,
            ending,
            read: |bytes| serde_json::from_slice(&bytes).ok(),
            write: |value| serde_json::to_vec(value).ok(),
        }
    }
}

impl Stage<Vec<u8>> {
    #[must_use]
    pub const fn bytes(folder: &'static str, ending: &'static str) -> Self {
        Self {
            folder,
            ending,
            read: Some,
            write: |bytes| Some(bytes.clone()),
        }
    }
}

impl Stage<String> {
    #[must_use]
    pub const fn text(folder: &'static str, ending: &'static str) -> Self {
        Self {
            folder,
            ending,
            read: |bytes| String::from_utf8(bytes).ok(),
            write: |text| Some(text.clone().into_bytes()),
        }
    }
}

impl Stage<Sha256> {
    #[must_use]
    pub const fn digest(folder: &'static str, ending: &'static str) -> Self {
        Self {
            folder,
            ending,
            read: |bytes| Sha256::from_hex(std::str::from_utf8(&bytes).ok()?.trim()),
            write: |hash| Some(hash.to_hex().into_bytes()),
        }
    }
}

impl Cache {
    /// Opens the folder that the environment variable names, else
    /// `cargo-pyhack` in the user's cache folder.
    #[must_use]
    pub fn of_user() -> Self {
        let variable = std::env::var_os(CACHE_VARIABLE).filter(|path| !path.is_empty());
        let folder = variable.map(PathBuf::from).or_else(|| {
            let strategy = etcetera::choose_base_strategy().ok()?;
            Some(strategy.cache_dir().join("cargo-pyhack"))
        });
        // Links lead here, and git and cargo run in other folders.
        Self::at(folder.and_then(|folder| std::path::absolute(folder).ok()))
    }

    #[must_use]
    pub const fn at(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Returns the folder, if there is a cache.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Returns the entry of a key; a damaged one doesn't count.
    #[must_use]
    pub fn get<T>(&self, stage: &Stage<T>, key: &Sha256) -> Option<T> {
        (stage.read)(read_bytes(self.path(stage, key)?).ok()?)
    }

    /// Keeps the entry of a key.
    ///
    /// # Errors
    /// Fails if it can't be written.
    pub fn put<T>(&self, stage: &Stage<T>, key: &Sha256, value: &T) -> Result<(), IoError> {
        match (self.path(stage, key), (stage.write)(value)) {
            (Some(path), Some(bytes)) => replace_file(&path, &bytes),
            _ => Ok(()),
        }
    }

    /// Returns the entry of a key, or makes and keeps it.
    ///
    /// # Errors
    /// Fails if `make` does. If the entry can't be kept, the next run makes it
    /// again.
    pub fn get_or<T, E>(
        &self,
        stage: &Stage<T>,
        key: &Sha256,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(value) = self.get(stage, key) {
            return Ok(value);
        }
        let value = make()?;
        let _ = self.put(stage, key, &value);
        Ok(value)
    }

    /// Returns where the entry of a key is, whether it exists or not.
    pub(super) fn path<T>(&self, stage: &Stage<T>, key: &Sha256) -> Option<PathBuf> {
        let hex = key.to_hex();
        let folder = self.folder()?.join(stage.folder).join(&hex[..2]);
        Some(folder.join(format!("{hex}{}", stage.ending)))
    }

    /// Reads a file of the cache that isn't named after a key.
    pub(super) fn read_file(&self, name: impl AsRef<Path>) -> Option<Vec<u8>> {
        read_bytes(self.folder()?.join(name)).ok()
    }

    /// Writes a file of the cache that isn't named after a key.
    pub(super) fn write_file(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<(), IoError> {
        match self.folder() {
            Some(folder) => replace_file(&folder.join(name), bytes),
            None => Ok(()),
        }
    }

    /// Likewise, with what comes from a reader.
    pub(super) fn write_from(
        &self,
        name: impl AsRef<Path>,
        contents: &mut impl Read,
    ) -> Result<(), IoError> {
        match self.folder() {
            Some(folder) => replace_file_from(&folder.join(name), contents),
            None => Ok(()),
        }
    }

    /// Waits until no other run or thread holds the lock of this name, and
    /// takes it. Returns `None` without a cache.
    ///
    /// # Errors
    /// Fails if the cache can't be written, or its file system has no locks.
    pub(super) fn lock(&self, name: impl AsRef<Path>) -> Result<Option<FileLock>, IoError> {
        self.lock_after(name, || ())
    }

    /// Likewise; calls `on_wait` before it waits for another run.
    ///
    /// # Errors
    /// See [`Cache::lock`].
    pub(super) fn lock_after(
        &self,
        name: impl AsRef<Path>,
        on_wait: impl FnOnce(),
    ) -> Result<Option<FileLock>, IoError> {
        let Some(folder) = self.folder() else {
            return Ok(None);
        };
        let path = folder.join(name);
        let mut on_wait = Some(on_wait);
        loop {
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            let file = File::create(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if let Some(on_wait) = on_wait.take() {
                        on_wait();
                    }
                    file.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            // Who had the lock removed the file: it is nobody's now.
            if is_at(&file, &path) {
                return Ok(Some(FileLock { path, file }));
            }
        }
    }

    /// Removes the files of locks that killed runs held.
    pub(super) fn remove_free_locks(&self) {
        let folder = self.folder().map(|folder| folder.join(LOCKS));
        let entries = folder.map(fs::read_dir);
        for entry in entries.into_iter().flatten().flatten().flatten() {
            let path = entry.path();
            let file = open_regular(&path);
            if let Ok(file) = file.map(fs::File::into_parts).map(|(file, _)| file)
                && file.try_lock().is_ok()
            {
                drop(FileLock { path, file });
            }
        }
    }
}

/// The folder of locks that are held for a short time.
const LOCKS: &str = "locks";

/// Whether an open file is the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (opened, found) = (file.metadata().map(id), fs::metadata(path).map(id));
    opened.is_ok_and(|opened| found.is_ok_and(|found| found == opened))
}

/// Elsewhere, files of locks aren't removed.
#[cfg(not(unix))]
const fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// A file that this run keeps locked until the value is dropped.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    /// Closing the file releases the lock.
    file: File,
}

impl Drop for FileLock {
    /// Removes the file while it is locked. A run that waits for it sees that
    /// it is gone.
    fn drop(&mut self) {
        if cfg!(unix) && is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: Stage<u32> = Stage::json("numbers-1", ".json");

    fn in_folder() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(folder.path().join("cache")));
        (folder, cache)
    }

    #[test]
    fn an_entry_is_made_once() {
        let (_folder, cache) = in_folder();
        let key = Sha256::of(b"key");
        let make = |value| move || Ok::<u32, IoError>(value);
        assert_eq!(cache.get_or(&NUMBERS, &key, make(1)).unwrap(), 1);
        assert_eq!(cache.get_or(&NUMBERS, &key, make(2)).unwrap(), 1);
        assert_eq!(cache.get(&NUMBERS, &Sha256::of(b"other")), None);
    }

    #[test]
    fn a_damaged_entry_is_made_again() {
        let (_folder, cache) = in_folder();
        let key = Sha256::of(b"key");
        cache.put(&NUMBERS, &key, &1).unwrap();
        fs::write(cache.path(&NUMBERS, &key).unwrap(), "{").unwrap();
        let made = cache.get_or(&NUMBERS, &key, || Ok::<_, IoError>(2));
        assert_eq!(made.unwrap(), 2);
        assert_eq!(cache.get(&NUMBERS, &key), Some(2));
    }

    #[test]
    fn without_a_cache_nothing_is_kept() {
        let (cache, key) = (Cache::at(None), Sha256::of(b"key"));
        cache.put(&NUMBERS, &key, &1).unwrap();
        assert_eq!(cache.get(&NUMBERS, &key), None);
        assert!(cache.lock("lock").unwrap().is_none());
    }

    #[test]
    fn a_cache_that_cannot_be_written_only_costs_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let (cache, key) = (Cache::at(Some(file)), Sha256::of(b"key"));
        assert!(cache.put(&NUMBERS, &key, &1).is_err());
        let made = cache.get_or(&NUMBERS, &key, || Ok::<_, IoError>(2));
        assert_eq!(made.unwrap(), 2);
    }

    #[test]
    fn a_lock_is_waited_for() {
        let (_folder, cache) = in_folder();
        let held = cache.lock("locks/a").unwrap();
        let (say, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| cache.lock_after("locks/a", || say.send(()).unwrap()));
            told.recv().unwrap();
            drop(held);
            assert!(waits.join().unwrap().unwrap().is_some());
        });
    }

    #[test]
    #[cfg(unix)]
    fn a_lock_is_held_by_one_and_leaves_no_file() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (_folder, cache) = in_folder();
        let holders = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let lock = cache.lock("locks/a").unwrap();
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                        cache.remove_free_locks();
                    }
                });
            }
        });
        let locks = cache.folder().unwrap().join(LOCKS);
        fs::write(locks.join("b"), "").unwrap();
        let held = cache.lock("locks/c").unwrap();
        cache.remove_free_locks();
        let left = |folder| fs::read_dir(folder).unwrap().count();
        assert_eq!(left(&locks), 1);
        drop(held);
        assert_eq!(left(&locks), 0);
    }
}
