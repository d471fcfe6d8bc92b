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
use super::gzip::GzipReader;
use crate::hash::Sha256;
use crate::project::LockedCrate;
use crate::vendor::plan::is_kept_by_cargo_vendor;

/// Cargo's own limits: a crate unpacks to at most 512 MiB, or to 20 times its
/// size if that is more.
const MAX_UNPACKED: u64 = 512 << 20;
const MAX_RATIO: u64 = 20;

/// Which files of a crate are kept, and whether their checksums are returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Those that `cargo vendor` keeps, with their checksums.
    AsCargo,
    /// All files, without checksums.
    All,
}

/// Unpacks `bytes` into the new folder `target`, and returns the checksums of
/// the files if `kept` asks for them.
pub(super) fn unpack_crate(
    krate: &LockedCrate,
    bytes: &[u8],
    kept: Kept,
    target: &Path,
) -> Result<BTreeMap<String, Sha256>, IoError> {
    let mut hashes = BTreeMap::new();
    let mut folders = Folders::new(target)?;
    let mut contents = Vec::new();
    each_file(krate, bytes, |path, mode, mut entry| {
        let Some(mode) = mode else {
            return folders.make(path);
        };
        if kept == Kept::All || is_kept_by_cargo_vendor(path.as_str()) {
            contents.clear();
            let read = entry.read_to_end(&mut contents);
            read.map_err(|error| damaged(krate, &error))?;
            if kept == Kept::AsCargo {
                hashes.insert(path.as_str().to_owned(), Sha256::of(&contents));
            }
            folders.make(path.parent().unwrap_or(Utf8Path::new("")))?;
            write_new(&target.join(path), mode, &contents)?;
        }
        Ok(())
    })?;
    Ok(hashes)
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
/// accepts by name and size.
pub(super) fn read_crate(
    krate: &LockedCrate,
    bytes: &[u8],
    wanted: impl Fn(&Utf8Path, u64) -> bool,
) -> Result<BTreeMap<String, Option<Vec<u8>>>, IoError> {
    let mut files = BTreeMap::new();
    each_file(krate, bytes, |path, mode, mut entry| {
        if mode.is_some() {
            let mut contents = Vec::new();
            let is_wanted = wanted(path, entry.size());
            if is_wanted {
                let read = entry.read_to_end(&mut contents);
                read.map_err(|error| damaged(krate, &error))?;
            }
            files.insert(path.to_string(), is_wanted.then_some(contents));
        }
        Ok(())
    })?;
    Ok(files)
}

type Entry<'a, 'b> = tar::Entry<'a, io::Take<GzipReader<&'b [u8]>>>;

/// Calls `take` for each file of a crate with its mode, and for each folder
/// without.
fn each_file<'b>(
    krate: &LockedCrate,
    bytes: &'b [u8],
    mut take: impl FnMut(&Utf8Path, Option<u32>, Entry<'_, 'b>) -> Result<(), IoError>,
) -> Result<(), IoError> {
    let top = format!("{}-{}", krate.name, krate.version);
    let damaged = |error: io::Error| damaged(krate, &error);
    let refuse = |entry: &[u8], problem| IoError::UnsafeEntry {
        path: format!("{top}.crate"),
        entry: String::from_utf8_lossy(entry).into_owned(),
        problem,
    };
    let limit = MAX_UNPACKED.max(bytes.len() as u64 * MAX_RATIO);
    let mut archive = tar::Archive::new(GzipReader::new(bytes).take(limit));
    let mut seen = BTreeSet::new();
    for entry in archive.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let name = entry.path_bytes().into_owned();
        let path =
            below(&name, &top).ok_or_else(|| refuse(&name, "is outside the crate's folder"))?;
        if kind.is_dir() {
            take(&path, None, entry)?;
        } else if !kind.is_file() {
            return Err(refuse(&name, "is neither a file nor a folder"));
        } else {
            if !seen.insert(path.clone()) {
                return Err(refuse(&name, "stands in it twice"));
            }
            let mode = entry.header().mode().unwrap_or(0o644);
            take(&path, Some(mode), entry)?;
        }
    }
    // gzip's checksum is at the end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
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

fn write_new(path: &Path, mode: u32, contents: &[u8]) -> Result<(), IoError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, mode);
    options.open(path)?.write_all(contents)?;
    Ok(())
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
        let result = unpack_crate(&krate, bytes, Kept::AsCargo, &folder.path().join("a"));
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
