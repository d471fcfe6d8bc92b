//! Remembers which files of the caches were hashed before and haven't changed
//! since: hashing all crates again would take as long as hashing their tree.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Cache;
use super::read::open_regular;
use crate::hash::Sha256;

/// What tells a file from others, and from itself before a change. Whoever
/// changes a file can't set back the time of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileState {
    device: u64,
    inode: u64,
    size: u64,
    changed: i128,
}

/// In nanoseconds. A file that was changed more recently may change again
/// within the same tick of the file system's clock.
#[cfg(unix)]
const SETTLED: i128 = 2_000_000_000;

impl FileState {
    /// Returns the state of a file, if it has been unchanged for long enough.
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let changed = i128::from(metadata.ctime()) * 1_000_000_000;
        let changed = changed + i128::from(metadata.ctime_nsec());
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).ok()?;
        let is_settled = changed + SETTLED < i128::try_from(now.as_nanos()).ok()?;
        is_settled.then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            changed,
        })
    }

    /// Other systems have no time that can't be set back.
    #[cfg(not(unix))]
    pub(super) fn of(_metadata: &Metadata) -> Option<Self> {
        None
    }
}

/// A file that was hashed before. Its last read fails if the file has changed
/// since.
#[derive(Debug)]
pub struct VerifiedFile {
    file: fs_err::File,
    state: FileState,
}

impl VerifiedFile {
    /// In bytes.
    pub(super) const fn size(&self) -> u64 {
        self.state.size
    }
}

impl Read for VerifiedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let is_end = read == 0 && !buffer.is_empty();
        if is_end && FileState::of(&self.file.metadata()?) != Some(self.state) {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(read)
    }
}

impl Seek for VerifiedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// A list in the cache, with a line for each file. New lines are written when
/// it is dropped.
#[derive(Debug)]
pub(super) struct Verified {
    cache: Cache,
    name: &'static str,
    known: OnceLock<BTreeMap<String, FileState>>,
    new: Mutex<BTreeMap<String, FileState>>,
}

impl Verified {
    pub(super) fn of(cache: Cache, name: &'static str) -> Self {
        Self {
            cache,
            name,
            known: OnceLock::new(),
            new: Mutex::default(),
        }
    }

    /// Whether a file in this state had this checksum.
    pub(super) fn knows(&self, checksum: &Sha256, state: &FileState) -> bool {
        self.known
            .get_or_init(|| self.read())
            .get(&checksum.to_hex())
            == Some(state)
    }

    /// Returns the size in bytes of a file that had this checksum, if it is
    /// unchanged.
    pub(super) fn size(&self, checksum: &Sha256, path: &Path) -> Option<u64> {
        let state = FileState::of(&std::fs::metadata(path).ok()?)?;
        self.knows(checksum, &state).then_some(state.size)
    }

    /// Opens a file that had this checksum, if it is unchanged.
    pub(super) fn open(&self, checksum: &Sha256, path: &Path) -> Option<VerifiedFile> {
        let file = open_regular(path).ok()?;
        let state = FileState::of(&file.metadata().ok()?)?;
        let is_known = self.knows(checksum, &state);
        is_known.then_some(VerifiedFile { file, state })
    }

    pub(super) fn add(&self, checksum: &Sha256, state: FileState) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        new.insert(checksum.to_hex(), state);
    }

    fn read(&self) -> BTreeMap<String, FileState> {
        let bytes = self.cache.read_file(self.name).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.lines().filter_map(parse).collect()
    }
}

/// Parses `CHECKSUM DEVICE INODE SIZE CHANGED`.
fn parse(line: &str) -> Option<(String, FileState)> {
    let mut words = line.split(' ');
    let checksum = words.next()?.to_owned();
    let state = FileState {
        device: words.next()?.parse().ok()?,
        inode: words.next()?.parse().ok()?,
        size: words.next()?.parse().ok()?,
        changed: words.next()?.parse().ok()?,
    };
    Some((checksum, state))
}

impl Drop for Verified {
    /// A failure isn't reported: what isn't remembered is hashed again.
    fn drop(&mut self) {
        let new = self.new.get_mut().unwrap_or_else(PoisonError::into_inner);
        let new = std::mem::take(new);
        if new.is_empty() {
            return;
        }
        // Another run may have written the list meanwhile, or be doing so.
        let _lock = self.cache.lock(format!("locks/{}.lock", self.name));
        let mut all = self.read();
        all.extend(new);
        let mut text = String::new();
        for (checksum, state) in all {
            let FileState {
                device,
                inode,
                size,
                changed,
            } = state;
            let _ = writeln!(text, "{checksum} {device} {inode} {size} {changed}");
        }
        let _ = self.cache.write_file(self.name, text.as_bytes());
    }
}
