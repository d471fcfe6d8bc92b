//! The size of the cache, and what is removed to keep it small.
//!
//! An entry is what one `FOLDER/12/` has: a file, or a folder that is used as a
//! whole. Files further up hold little and are kept.

use std::fs::{Metadata, Permissions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fs_err as fs;
use walkdir::WalkDir;

use super::vendor_dir::UNPACKED;
use super::{Cache, IoError};

/// The bound of the cache, if the user sets none: 2 GiB.
pub const DEFAULT_LIMIT: u64 = 2 << 30;

/// The variable with another bound, such as `10GiB`.
pub const LIMIT_VARIABLE: &str = "CARGO_PYHACK_CACHE_SIZE";

/// Folders whose entries are never removed to save space: locks of runs, and
/// crates that vendored folders of the user may link to.
const KEPT: [&str; 2] = ["locks", UNPACKED];

/// An entry that was used so recently may be in use.
const IN_USE: Duration = Duration::from_mins(10);

/// How often a run looks whether the cache is too large.
const LOOKS_EVERY: Duration = Duration::from_hours(24);

/// The file whose time says when that was.
const LOOKED: &str = "pruned";

/// Bytes and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    pub bytes: u64,
    pub files: u64,
}

impl Size {
    const fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.files += other.files;
    }
}

/// What was removed from the cache, and what it has now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub removed: Size,
    pub left: Size,
}

struct Entry {
    path: PathBuf,
    size: Size,
    used: SystemTime,
}

/// Returns the size of each folder in the cache, by its name.
#[must_use]
pub fn sizes(cache: &Cache) -> Vec<(String, Size)> {
    let mut sizes: Vec<_> = children(cache.folder())
        .map(|path| (name_of(&path), size_of(&path)))
        .collect();
    sizes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    sizes
}

/// Removes everything in the cache, and returns its size.
///
/// # Errors
/// Fails if something can't be removed.
pub fn clean(cache: &Cache) -> Result<Size, IoError> {
    let mut removed = Size::default();
    for path in children(cache.folder()) {
        removed.add(remove(&path)?);
    }
    Ok(removed)
}

/// Removes the entries that were used least recently, until the cache has
/// at most `limit` bytes. The use of an entry is when it was last read or
/// written, as far as the file system records it.
///
/// # Errors
/// Fails if an entry can't be removed.
pub fn prune(cache: &Cache, limit: u64) -> Result<Pruned, IoError> {
    let mut pruned = Pruned::default();
    let mut entries = Vec::new();
    for top in children(cache.folder()) {
        pruned.left.add(size_of(&top));
        if !KEPT.contains(&&*name_of(&top)) {
            entries.extend(entries_of(&top));
        }
    }
    entries.sort_unstable_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
    let now = SystemTime::now();
    for entry in entries {
        let is_in_use = now.duration_since(entry.used).is_ok_and(|age| age < IN_USE);
        if pruned.left.bytes <= limit || is_in_use {
            break;
        }
        remove(&entry.path)?;
        pruned.removed.add(entry.size);
        pruned.left.bytes = pruned.left.bytes.saturating_sub(entry.size.bytes);
        pruned.left.files = pruned.left.files.saturating_sub(entry.size.files);
    }
    Ok(pruned)
}

/// Prunes the cache to the user's bound, once a day. A failure costs
/// space, and never fails the run.
pub fn prune_daily(cache: &Cache) {
    let Some(folder) = cache.folder().filter(|folder| folder.is_dir()) else {
        return;
    };
    let looked = fs::metadata(folder.join(LOOKED)).and_then(|file| file.modified());
    let is_due = looked.map_or(true, |time| {
        time.elapsed().is_ok_and(|age| age > LOOKS_EVERY)
    });
    if is_due && cache.write_file(LOOKED, b"").is_ok() {
        let _ = prune(cache, limit_of_user());
    }
}

/// Returns the limit that the variable sets, or the default if it is unset or
/// isn't a size.
#[must_use]
pub fn limit_of_user() -> u64 {
    let set = std::env::var(LIMIT_VARIABLE).ok();
    let set = set.and_then(|text| text.parse::<bytesize::ByteSize>().ok());
    set.map_or(DEFAULT_LIMIT, |size| size.as_u64())
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Returns what a folder has; nothing if it can't be read.
fn children(folder: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
    entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

/// Returns the entries of a folder at the top.
fn entries_of(top: &Path) -> impl Iterator<Item = Entry> {
    let paths = children(Some(top)).filter(|path| path.is_dir());
    let paths = paths.flat_map(|folder| children(Some(&folder)).collect::<Vec<_>>());
    paths.filter_map(|path| {
        let used = last_use(&fs::symlink_metadata(&path).ok()?)?;
        let size = size_of(&path);
        Some(Entry { path, size, used })
    })
}

fn last_use(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok().max(metadata.accessed().ok())
}

/// Returns the size of a file, or of all files below a folder. Links aren't
/// followed.
fn size_of(path: &Path) -> Size {
    let files = WalkDir::new(path).into_iter().flatten();
    let files = files.filter(|entry| !entry.file_type().is_dir());
    let mut size = Size::default();
    for file in files {
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        size.add(Size { bytes, files: 1 });
    }
    size
}

/// Removes a file or folder, and returns its size. Folders of unpacked crates
/// are read-only.
fn remove(path: &Path) -> Result<Size, IoError> {
    let size = size_of(path);
    if fs::symlink_metadata(path)?.is_dir() {
        for folder in WalkDir::new(path).into_iter().flatten() {
            if folder.file_type().is_dir() {
                make_writable(folder.path())?;
            }
        }
        fs::remove_dir_all(path)?;
    } else {
        fs::remove_file(path)?;
    }
    Ok(size)
}

fn make_writable(folder: &Path) -> Result<(), IoError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o200 == 0 {
        fs::set_permissions(folder, Permissions::from_mode(mode | 0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// Makes a cache with entries of 1000 bytes each, last used the given number
    /// of hours ago.
    fn cache(entries: &[(&str, u32)]) -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        for (path, hours) in entries {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, [b'x'; 1000]).unwrap();
            let time = SystemTime::now() - HOUR * *hours;
            let times = FileTimes::new().set_accessed(time).set_modified(time);
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.file().set_times(times).unwrap();
        }
        let cache = Cache::at(Some(folder.path().to_owned()));
        (folder, cache)
    }

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let (folder, cache) = cache(&[
            ("crates/aa/new.crate", 1),
            ("crates/aa/old.crate", 9),
            ("results-4/bb/older", 20),
            ("results-4/bb/just-now", 0),
        ]);
        let pruned = prune(&cache, 2500).unwrap();
        let size = |bytes, files| Size { bytes, files };
        assert_eq!(pruned.removed, size(2000, 2));
        assert_eq!(pruned.left, size(2000, 2));
        let is_there = |path: &str| folder.path().join(path).exists();
        assert!(is_there("crates/aa/new.crate") && !is_there("crates/aa/old.crate"));
        // What may be in use stays, whatever the bound is.
        assert_eq!(prune(&cache, 0).unwrap().left, size(1000, 1));
        assert!(is_there("results-4/bb/just-now"));
    }

    #[test]
    fn what_the_user_may_link_to_stays() {
        let (_folder, cache) = cache(&[("unpacked-1/crate/aa/file", 90), ("locks/a.lock", 90)]);
        assert_eq!(prune(&cache, 0).unwrap().removed, Size::default());
        assert_eq!(clean(&cache).unwrap().bytes, 2000);
        assert_eq!(sizes(&cache), []);
    }

    #[test]
    fn a_run_looks_once_a_day() {
        let (folder, cache) = cache(&[("crates/aa/old.crate", 9)]);
        prune_daily(&cache);
        assert!(folder.path().join("crates/aa/old.crate").exists(), "2 GiB");
        assert!(folder.path().join(LOOKED).exists());
    }

    #[test]
    fn a_cache_that_is_missing_is_empty() {
        for cache in [
            Cache::at(None),
            Cache::at(Some("/nonexistent/cache".into())),
        ] {
            prune_daily(&cache);
            assert_eq!(prune(&cache, 0).unwrap(), Pruned::default());
            assert_eq!(clean(&cache).unwrap(), Size::default());
        }
    }
}
