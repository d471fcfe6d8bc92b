//! What is in a folder, and whether that has changed, without reading a file.

use std::fs::Metadata;
use std::io::Write as _;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::super::IoError;
use crate::hash::Sha256Writer;

/// Ends each path. Cargo packages no file with this character in its name; a
/// folder with one counts as changed.
const END: char = '|';

/// The files and folders in a folder, itself included, and a digest of what the
/// file system says about them.
///
/// Both are single strings, as there are tens of thousands of files.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Nodes {
    /// Relative to the folder; the folder's own is empty.
    paths: String,
    /// In hexadecimal.
    states: String,
    /// Whether the time of the last change to the file's data about itself
    /// counts, which nobody can set back. A new hard link changes it, too.
    #[serde(default)]
    is_strict: bool,
}

/// What is compared of a file, a folder or a link.
struct State {
    mode: u32,
    /// Of a file or link, in bytes; 0 for a folder, whose size says nothing.
    size: u64,
    /// When it was last changed, in seconds since 1970. A folder's time changes
    /// with the names in it.
    seconds: i64,
    nanoseconds: u64,
    /// When its size, time or mode was last set; 0 if that doesn't count.
    changed_seconds: i64,
    changed_nanoseconds: u64,
}

impl Nodes {
    /// Reads the state of a folder, without paths that `is_left_out` accepts
    /// and what is below them. A link isn't followed: what it leads to isn't
    /// the user's.
    pub(super) fn of(folder: &Path, is_left_out: impl Fn(&str) -> bool) -> Result<Self, IoError> {
        Self::read(folder, is_left_out, false)
    }

    /// Likewise; nobody can change a file and put its time back.
    pub(super) fn strict(
        folder: &Path,
        is_left_out: impl Fn(&str) -> bool,
    ) -> Result<Self, IoError> {
        Self::read(folder, is_left_out, true)
    }

    fn read(
        folder: &Path,
        is_left_out: impl Fn(&str) -> bool,
        is_strict: bool,
    ) -> Result<Self, IoError> {
        let (mut paths, mut states) = (String::new(), States::of(is_strict));
        let mut entries = WalkDir::new(folder).follow_root_links(false).into_iter();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(std::io::Error::from)?;
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let path = path.to_string_lossy().replace(MAIN_SEPARATOR, "/");
            if is_left_out(&path) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            let metadata = entry.metadata().map_err(std::io::Error::from)?;
            states.add(&State::of(&metadata));
            paths.push_str(&path);
            paths.push(END);
        }
        let states = states.finish();
        Ok(Self {
            paths,
            states,
            is_strict,
        })
    }

    /// Returns the paths, each after that of its folder.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.split_terminator(END)
    }

    /// Whether everything in a folder is unchanged.
    pub(super) fn are_in(&self, folder: &Path) -> bool {
        let found = self.states_in(folder);
        found.is_some_and(|found| found == self.states)
    }

    /// Looks up the paths from the opened folder, so that its own path is
    /// resolved only once.
    #[cfg(unix)]
    fn states_in(&self, folder: &Path) -> Option<String> {
        use rustix::fs::{AtFlags, Mode, OFlags, open, statat};
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY;
        let Ok(opened) = open(folder, flags, Mode::empty()) else {
            return self.states_by_path(folder);
        };
        let mut states = States::of(self.is_strict);
        for path in self.paths() {
            let path = if path.is_empty() { "." } else { path };
            let stat = statat(&opened, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            states.add(&State::of_stat(&stat)?);
        }
        Some(states.finish())
    }

    #[cfg(not(unix))]
    fn states_in(&self, folder: &Path) -> Option<String> {
        self.states_by_path(folder)
    }

    /// For a link or a file in the place of the folder.
    fn states_by_path(&self, folder: &Path) -> Option<String> {
        let mut states = States::of(self.is_strict);
        for path in self.paths() {
            let path = below(folder, path);
            let metadata = std::fs::symlink_metadata(&path).ok()?;
            // A link has to lead somewhere.
            if metadata.is_symlink() && !path.exists() {
                return None;
            }
            states.add(&State::of(&metadata));
        }
        Some(states.finish())
    }

    /// Puts hard links to the files into a new folder.
    pub(super) fn link(&self, folder: &Path, new: &Path) -> Result<(), IoError> {
        fs::create_dir_all(new.parent().unwrap_or(new))?;
        for path in self.paths() {
            let (from, to) = (below(folder, path), below(new, path));
            if fs::symlink_metadata(&from)?.file_type().is_dir() {
                fs::create_dir(to)?;
            } else {
                fs::hard_link(from, to)?;
            }
        }
        Ok(())
    }
}

impl State {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            mode: metadata.mode(),
            size: if metadata.is_dir() { 0 } else { metadata.len() },
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec().unsigned_abs(),
            changed_seconds: metadata.ctime(),
            changed_nanoseconds: metadata.ctime_nsec().unsigned_abs(),
        }
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        let time = metadata.modified().ok();
        let time = time.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let time = time.unwrap_or_default();
        Self {
            mode: 0,
            size: if metadata.is_dir() { 0 } else { metadata.len() },
            seconds: i64::try_from(time.as_secs()).unwrap_or_default(),
            nanoseconds: time.subsec_nanos().into(),
            // Other systems have no time that can't be set back.
            changed_seconds: 0,
            changed_nanoseconds: 0,
        }
    }

    /// Reads the state from the system's own struct, whose types depend on the
    /// system.
    #[cfg(unix)]
    #[allow(
        clippy::useless_conversion,
        clippy::unnecessary_fallible_conversions,
        reason = "the types differ between systems"
    )]
    fn of_stat(stat: &rustix::fs::Stat) -> Option<Self> {
        let is_folder = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
        let size = if is_folder { 0 } else { stat.st_size };
        Some(Self {
            mode: stat.st_mode.into(),
            size: size.try_into().ok()?,
            seconds: stat.st_mtime.into(),
            nanoseconds: stat.st_mtime_nsec.try_into().ok()?,
            changed_seconds: stat.st_ctime.into(),
            changed_nanoseconds: stat.st_ctime_nsec.try_into().ok()?,
        })
    }
}

struct States {
    hasher: Sha256Writer,
    is_strict: bool,
}

impl States {
    fn of(is_strict: bool) -> Self {
        Self {
            hasher: Sha256Writer::default(),
            is_strict,
        }
    }

    fn add(&mut self, state: &State) {
        let mut bytes = [0; 44];
        bytes[..4].copy_from_slice(&state.mode.to_le_bytes());
        bytes[4..12].copy_from_slice(&state.size.to_le_bytes());
        bytes[12..20].copy_from_slice(&state.seconds.to_le_bytes());
        bytes[20..28].copy_from_slice(&state.nanoseconds.to_le_bytes());
        bytes[28..36].copy_from_slice(&state.changed_seconds.to_le_bytes());
        bytes[36..].copy_from_slice(&state.changed_nanoseconds.to_le_bytes());
        let bytes = if self.is_strict {
            &bytes[..]
        } else {
            &bytes[..28]
        };
        self.hasher
            .write_all(bytes)
            .expect("hashing in memory cannot fail");
    }

    fn finish(self) -> String {
        self.hasher.finish().to_hex()
    }
}

fn below(folder: &Path, path: &str) -> PathBuf {
    if path.is_empty() {
        folder.to_owned()
    } else {
        folder.join(path)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn example() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/src")).unwrap();
        for path in ["a/src/lib.rs", "a/build.rs", "other"] {
            fs::write(folder.path().join(path), path).unwrap();
        }
        folder
    }

    #[test]
    fn each_path_comes_after_its_folder() {
        let folder = example();
        let nodes = Nodes::of(folder.path(), |path| path == "a/src").unwrap();
        let mut paths: Vec<_> = nodes.paths().collect();
        paths.sort_unstable();
        assert_eq!(paths, ["", "a", "a/build.rs", "other"]);
        assert_eq!(Nodes::default().paths().count(), 0);
    }

    #[test]
    fn a_time_that_was_put_back_is_seen() {
        let folder = example();
        let path = folder.path().join("other");
        let loose = Nodes::of(folder.path(), |_| false).unwrap();
        let strict = Nodes::strict(folder.path(), |_| false).unwrap();
        let before = fs::metadata(&path).unwrap();
        let length = usize::try_from(before.len()).unwrap();
        // The clock of file systems has ticks.
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(&path, "x".repeat(length)).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.file()
            .set_modified(before.modified().unwrap())
            .unwrap();
        assert!(loose.are_in(folder.path()) && !strict.are_in(folder.path()));
    }

    #[test]
    fn every_change_is_seen() {
        type Change = fn(&Path);
        let changes: [Change; 7] = [
            |folder| fs::write(folder.join("a/build.rs"), "a/build.rs, longer").unwrap(),
            |folder| fs::remove_file(folder.join("a/build.rs")).unwrap(),
            |folder| fs::write(folder.join("a/src/new.rs"), "").unwrap(),
            |folder| {
                let mode = std::fs::Permissions::from_mode(0o700);
                fs::set_permissions(folder.join("a/build.rs"), mode).unwrap();
            },
            |folder| {
                let file = fs::File::options().write(true).open(folder.join("other"));
                let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(1);
                file.unwrap().set_modified(time).unwrap();
            },
            |folder| {
                fs::remove_file(folder.join("other")).unwrap();
                symlink("a/build.rs", folder.join("other")).unwrap();
            },
            |folder| fs::remove_dir_all(folder).unwrap(),
        ];
        for (number, change) in changes.iter().enumerate() {
            let folder = example();
            let nodes = Nodes::of(folder.path(), |_| false).unwrap();
            assert!(nodes.are_in(folder.path()));
            assert_eq!(
                nodes.states_by_path(folder.path()),
                nodes.states_in(folder.path())
            );
            // The clock of the file system may stand still in between.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change(folder.path());
            assert!(!nodes.are_in(folder.path()), "{number}");
        }
    }

    #[test]
    fn a_name_that_hides_another_counts_as_changed() {
        let folder = example();
        fs::write(folder.path().join("other|a"), "").unwrap();
        let nodes = Nodes::of(folder.path(), |_| false).unwrap();
        assert!(!nodes.are_in(folder.path()));
    }

    #[test]
    fn a_link_to_nowhere_is_not_as_it_was() {
        let folder = example();
        let link = folder.path().join("link");
        symlink(folder.path().join("a"), &link).unwrap();
        let nodes = Nodes::of(&link, |_| false).unwrap();
        assert_eq!(nodes.paths().collect::<Vec<_>>(), [""]);
        assert!(nodes.are_in(&link));
        fs::remove_dir_all(folder.path().join("a")).unwrap();
        assert!(!nodes.are_in(&link));
    }

    #[test]
    fn the_same_files_are_put_elsewhere() {
        let (folder, other) = (example(), tempfile::tempdir().unwrap());
        let nodes = Nodes::of(&folder.path().join("a"), |_| false).unwrap();
        let new = other.path().join("b/c");
        nodes.link(&folder.path().join("a"), &new).unwrap();
        assert_eq!(
            fs::read_to_string(new.join("src/lib.rs")).unwrap(),
            "a/src/lib.rs"
        );
    }
}
