//! Unpacks `.crate` files.
//!
//! A crate comes from a stranger: each entry has to be a file or folder below
//! `<name>-<version>/`, or the whole crate is refused. Crates that cargo
//! packages have no links.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::path::Path;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::IoError;
use super::archive_paths::{ArchivePaths, PathKind};
use super::crate_store::CrateFile;
use super::gzip::GzipReader;
use super::tar_members::{
    Member, MemberKind, Stopped, TarError, TarLimits, each_member, shown_name,
};
use crate::hash::{Sha256, Sha256Writer};
use crate::project::LockedCrate;
use crate::vendor::checksum_json::CHECKSUM_FILE;
use crate::vendor::plan::is_kept_by_cargo_vendor;

/// Cargo's own limits: a crate unpacks to at most 512 MiB, or to 20 times its
/// size if that is more.
const MAX_UNPACKED: u64 = 512 << 20;
const MAX_RATIO: u64 = 20;
/// Several times what the largest crates have.
const LIMITS: TarLimits = TarLimits {
    bytes: MAX_UNPACKED,
    members: 50_000,
    names: 4 << 20,
};
/// Upper bound on a manifest, in bytes.
const MAX_MANIFEST: u64 = 4 << 20;
/// Upper bound on a part of a path, in bytes: that of file systems.
const MAX_NAME: usize = 255;

/// Which files of a crate are kept, and whether their checksums are returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Those that `cargo vendor` keeps, with their checksums.
    AsCargo,
    /// All files, without checksums.
    All,
}

/// Unpacks a crate into the new folder `target`, and returns the checksums of
/// the files if `kept` asks for them.
pub(super) fn unpack_crate(
    krate: &LockedCrate,
    mut file: CrateFile,
    kept: Kept,
    target: &Path,
) -> Result<BTreeMap<String, Sha256>, IoError> {
    let mut hashes = BTreeMap::new();
    let mut folders = Folders::new(target)?;
    each_file(krate, &mut file, |path, entry| {
        let Some(entry) = entry else {
            return folders.make(path);
        };
        if kept == Kept::All || is_kept_by_cargo_vendor(path.as_str()) {
            folders.make(path.parent().unwrap_or(Utf8Path::new("")))?;
            let new = new_file(&target.join(path), entry.mode)?;
            let hash = copy(krate, entry.contents, new)?;
            if kept == Kept::AsCargo {
                hashes.insert(path.as_str().to_owned(), hash);
            }
        }
        Ok(())
    })?;
    Ok(hashes)
}

/// Copies the contents of an entry, and returns their checksum.
fn copy(
    krate: &LockedCrate,
    contents: &mut dyn Read,
    mut new: fs::File,
) -> Result<Sha256, IoError> {
    let mut hasher = Sha256Writer::default();
    let mut part = vec![0; 64 << 10];
    loop {
        let length = match contents.read(&mut part) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(krate, &error)),
        };
        new.write_all(&part[..length])?;
        hasher.write_all(&part[..length])?;
    }
}

/// The folders of a crate. Each file asks for its folder, which is made once.
struct Folders<'a> {
    target: &'a Path,
    made: BTreeSet<Utf8PathBuf>,
}

impl<'a> Folders<'a> {
    fn new(target: &'a Path) -> Result<Self, IoError> {
        fs::create_dir_all(target)?;
        let made = BTreeSet::from([Utf8PathBuf::new()]);
        Ok(Self { target, made })
    }

    fn make(&mut self, path: &Utf8Path) -> Result<(), IoError> {
        if self.made.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        fs::create_dir(self.target.join(path))?;
        self.made.insert(path.to_owned());
        Ok(())
    }
}

/// Reads the names of a crate's files, and the contents of those that `wanted`
/// accepts by name and size, as far as the limits allow.
pub(super) fn read_crate(
    krate: &LockedCrate,
    file: &mut CrateFile,
    wanted: impl Fn(&Utf8Path, u64) -> bool,
) -> Result<BTreeMap<String, Option<Vec<u8>>>, IoError> {
    let mut files = BTreeMap::new();
    let mut budget = Budget::default();
    each_file(krate, file, |path, entry| {
        let Some(entry) = entry else {
            return Ok(());
        };
        let mut contents = None;
        if wanted(path, entry.size) && budget.take(krate, path, entry.size)? {
            let mut bytes = Vec::new();
            let read = entry.contents.read_to_end(&mut bytes);
            read.map_err(|error| damaged(krate, &error))?;
            contents = Some(bytes);
        }
        files.insert(path.to_string(), contents);
        Ok(())
    })?;
    Ok(files)
}

/// How much of a crate is read into memory: many are read at the same time.
/// Build scripts and roots are near the top, and don't wait behind what is
/// further down.
struct Budget {
    near: u64,
    far: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            near: 4 << 20,
            far: 4 << 20,
        }
    }
}

impl Budget {
    /// Whether a file may be read.
    fn take(&mut self, krate: &LockedCrate, path: &Utf8Path, size: u64) -> Result<bool, IoError> {
        if path == "Cargo.toml" {
            if size <= MAX_MANIFEST {
                return Ok(true);
            }
            let message = "its manifest is larger than 4 MiB";
            return Err(damaged(krate, &io::Error::other(message)));
        }
        let is_near = path.components().count() <= 2;
        let left = if is_near {
            &mut self.near
        } else {
            &mut self.far
        };
        let rest = left.checked_sub(size);
        *left = rest.unwrap_or(*left);
        Ok(rest.is_some())
    }
}

/// Calls `take` for each file of a crate, and for each folder without an entry.
fn each_file(
    krate: &LockedCrate,
    file: &mut CrateFile,
    mut take: impl FnMut(&Utf8Path, Option<Member>) -> Result<(), IoError>,
) -> Result<(), IoError> {
    let top = format!("{}-{}", krate.name, krate.version);
    let refuse = |entry: &[u8], problem| IoError::UnsafeEntry {
        path: format!("{top}.crate"),
        entry: shown_name(entry),
        problem,
    };
    let limits = TarLimits {
        bytes: MAX_UNPACKED.max(file.size * MAX_RATIO),
        ..LIMITS
    };
    let gzip = GzipReader::new(io::BufReader::new(file.reader()?));
    let mut known = ArchivePaths::default();
    let result = each_member(gzip, limits, |member| {
        let path = below(&member.name, &top)
            .ok_or_else(|| refuse(&member.name, "is outside the crate's folder"))?;
        let is_folder = match member.kind {
            MemberKind::Folder => true,
            MemberKind::File => false,
            _ => return Err(refuse(&member.name, "is neither a file nor a folder").into()),
        };
        know(&mut known, &path, is_folder).map_err(|problem| refuse(&member.name, problem))?;
        take(&path, (!is_folder).then_some(member))?;
        Ok::<_, Stopped>(())
    });
    result.map_err(|stopped| match stopped {
        Stopped::Refused(error) => error,
        Stopped::Tar(TarError::Damaged(error)) => damaged(krate, &error),
        Stopped::Tar(TarError::Unsound { entry, problem }) => IoError::UnsafeEntry {
            path: format!("{top}.crate"),
            entry,
            problem,
        },
    })
}

/// Adds a path of a crate; the error says what is wrong with it.
fn know(known: &mut ArchivePaths, path: &Utf8Path, is_folder: bool) -> Result<(), &'static str> {
    let is_long = |part: Utf8Component<'_>| part.as_str().len() > MAX_NAME;
    if path.components().any(is_long) {
        return Err("has a name that is too long");
    }
    if path.starts_with(CHECKSUM_FILE) && (is_folder || path != CHECKSUM_FILE) {
        return Err("has the name of cargo's checksum file");
    }
    if path == "" && is_folder {
        return Ok(());
    }
    let kind = if is_folder {
        PathKind::Folder
    } else {
        PathKind::File
    };
    if known.add(path, kind)? && !is_folder {
        return Err("is in it twice");
    }
    if known.folders() > LIMITS.members {
        return Err("needs more than 50,000 folders");
    }
    Ok(())
}

fn damaged(krate: &LockedCrate, error: &io::Error) -> IoError {
    IoError::DamagedCrate {
        krate: format!("{} {}", krate.name, krate.version),
        message: error.to_string(),
    }
}

/// Returns the path below the crate's folder; `None` if it isn't below, or
/// isn't UTF-8.
fn below(name: &[u8], top: &str) -> Option<Utf8PathBuf> {
    let path = Utf8Path::new(std::str::from_utf8(name).ok()?);
    let path = path.strip_prefix(top).ok()?;
    let is_normal = |c: Utf8Component<'_>| matches!(c, Utf8Component::Normal(_));
    path.components().all(is_normal).then(|| path.to_owned())
}

fn new_file(path: &Path, mode: u32) -> Result<fs::File, IoError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, mode);
    Ok(options.open(path)?)
}

/// As cargo does: the archive's permission bits without those of the umask.
#[cfg(unix)]
fn set_mode(options: &mut fs::OpenOptions, mode: u32) {
    use fs_err::os::unix::fs::OpenOptionsExt;
    options.mode((mode & 0o777) | 0o600);
}

#[cfg(not(unix))]
fn set_mode(_options: &mut fs::OpenOptions, _mode: u32) {}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn archive(entries: &[(&str, tar::EntryType)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, kind) in entries {
            let mut header = tar::Header::new_gnu();
            // Not `set_path`, which refuses what attackers write.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o755);
            header.set_size(u64::from(kind.is_file()));
            header.set_cksum();
            builder
                .append(&header, if kind.is_file() { &b"x"[..] } else { b"" })
                .unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn unpack(bytes: &[u8]) -> (tempfile::TempDir, Result<BTreeMap<String, Sha256>, IoError>) {
        let folder = tempfile::tempdir().unwrap();
        let krate = LockedCrate::example("a", "1.0.0");
        let file = CrateFile::in_memory(bytes.to_vec());
        let result = unpack_crate(&krate, file, Kept::AsCargo, &folder.path().join("a"));
        (folder, result)
    }

    #[test]
    fn files_are_written_and_hashed() {
        let bytes = archive(&[
            ("a-1.0.0/src/lib.rs", tar::EntryType::Regular),
            ("a-1.0.0/.gitignore", tar::EntryType::Regular),
            ("a-1.0.0/empty", tar::EntryType::Directory),
        ]);
        let (folder, files) = unpack(&bytes);
        let files = files.unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["src/lib.rs"]);
        assert_eq!(files["src/lib.rs"], Sha256::of(b"x"));
        let root = folder.path().join("a");
        assert_eq!(fs::read(root.join("src/lib.rs")).unwrap(), b"x");
        assert!(root.join("empty").is_dir() && !root.join(".gitignore").exists());
    }

    #[test]
    fn entries_that_would_escape_are_refused() {
        use tar::EntryType::{Block, Fifo, Link, Regular, Symlink};
        for (name, kind) in [
            ("../evil", Regular),
            ("/evil", Regular),
            ("a-1.0.0/../evil", Regular),
            ("a-1.0.0/../../evil", Regular),
            ("b-1.0.0/x", Regular),
            ("x", Regular),
            ("a-1.0.0/link", Symlink),
            ("a-1.0.0/link", Link),
            ("a-1.0.0/pipe", Fifo),
            ("a-1.0.0/disk", Block),
        ] {
            let (folder, result) = unpack(&archive(&[(name, kind)]));
            let error = result.unwrap_err();
            assert!(
                matches!(error, IoError::UnsafeEntry { .. }),
                "{name}: {error}"
            );
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{name}");
        }
    }

    #[test]
    fn a_file_twice_is_refused() {
        let entry = ("a-1.0.0/x", tar::EntryType::Regular);
        let error = unpack(&archive(&[entry, entry])).1.unwrap_err();
        assert!(matches!(error, IoError::UnsafeEntry { .. }), "{error}");
    }

    #[test]
    fn paths_that_can_not_be_written_are_the_crate_s_fault() {
        use tar::EntryType::{Directory, Regular};
        let long = format!("a-1.0.0/{}", "x".repeat(80));
        for entries in [
            [("a-1.0.0/x", Regular), ("a-1.0.0/x/y", Regular)],
            [("a-1.0.0/x/y", Regular), ("a-1.0.0/x", Regular)],
            [("a-1.0.0/x", Regular), ("a-1.0.0/x", Directory)],
            [("a-1.0.0/x", Directory), ("a-1.0.0/x", Regular)],
            [
                (long.as_str(), Regular),
                ("a-1.0.0/.cargo-checksum.json/x", Regular),
            ],
        ] {
            let error = unpack(&archive(&entries)).1.unwrap_err();
            assert!(
                matches!(error, IoError::UnsafeEntry { .. }),
                "{entries:?}: {error}"
            );
        }
        let mut known = ArchivePaths::default();
        let name = "x".repeat(MAX_NAME);
        assert!(know(&mut known, Utf8Path::new(&name), false).is_ok());
        assert!(know(&mut known, Utf8Path::new(&(name + "x")), false).is_err());
        let mut folders = (0..=LIMITS.members).map(|i| Utf8PathBuf::from(i.to_string()));
        assert!(folders.any(|folder| know(&mut known, &folder, true).is_err()));
    }

    #[test]
    fn what_is_read_of_a_crate_is_bounded() {
        let krate = LockedCrate::example("a", "1.0.0");
        let mut budget = Budget::default();
        let mut take = |path: &str, size| budget.take(&krate, path.into(), size);
        assert!(take("src/a/b.rs", 4 << 20).unwrap());
        assert!(!take("src/a/c.rs", 1).unwrap());
        assert!(take("src/lib.rs", 1).unwrap() && take("Cargo.toml", MAX_MANIFEST).unwrap());
        assert!(take("Cargo.toml", MAX_MANIFEST + 1).is_err());
    }

    #[test]
    fn a_cut_archive_is_damaged() {
        let whole = archive(&[("a-1.0.0/x", tar::EntryType::Regular)]);
        for cut in [0, 5, whole.len() / 2, whole.len() - 1] {
            let error = unpack(&whole[..cut]).1.unwrap_err();
            assert!(
                matches!(error, IoError::DamagedCrate { .. }),
                "{cut}: {error}"
            );
        }
    }
}
