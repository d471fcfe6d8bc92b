//! Writes one crate into a vendor folder, in each of its forms.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use walkdir::WalkDir;

use super::super::skeleton::Skeleton;
use super::super::unpack::{Kept, unpack_crate};
use super::super::{CrateStore, GitStore, IoError};
use super::git_folder::{skeleton, write_checkout, write_whole};
use super::nodes::Nodes;
use crate::hash::Sha256;
use crate::io::read::read_bytes;
use crate::io::temporary;
use crate::project::{CrateSource, GitSource};
use crate::vendor::checksum_json::{CHECKSUM_FILE, ChecksumFile};
use crate::vendor::{CrateForm, Layout, LinkMode, PlannedCrate};

/// The folder in the cache; its name changes with what is kept.
pub(in crate::io) const UNPACKED: &str = "unpacked-1";
/// The start of file names in a skeleton that are ours, and not the crate's.
const OURS: &str = ".pyhack-";

#[derive(Clone, Copy)]
pub(super) struct CrateWriter<'a> {
    pub store: &'a CrateStore,
    pub git: &'a GitStore,
    /// Crates from git as cargo wrote them, by `name version`.
    pub from_cargo: &'a BTreeMap<String, PathBuf>,
    pub layout: Layout,
    /// For what isn't kept.
    pub scratch: &'a Path,
    pub link_mode: LinkMode,
}

impl CrateWriter<'_> {
    /// Writes a crate to `target`, which doesn't exist yet.
    pub(super) fn write(self, planned: &PlannedCrate, target: &Path) -> Result<(), IoError> {
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        if let CrateSource::Git(git) = &planned.krate.source {
            return self.write_git(planned, git, target);
        }
        match planned.form {
            CrateForm::Tarball => {
                let mut file = self.store.open_crate(&planned.krate, &checksum(planned))?;
                io::copy(&mut file.contents, &mut fs::File::create_new(target)?)?;
                Ok(())
            }
            CrateForm::Stub => {
                let checksum = checksum(planned);
                let skeleton = Skeleton::of(&planned.krate, &checksum, self.store, self.scratch)?;
                copy_skeleton(&skeleton.folder, target)
            }
            CrateForm::Cargo | CrateForm::Whole if self.link_mode == LinkMode::Copy => {
                self.unpack(planned, target)
            }
            CrateForm::Cargo | CrateForm::Whole => match self.unpacked(planned)? {
                Some(folder) => self.link_or_copy(&folder, target),
                // There is no cache to link to.
                None => self.unpack(planned, target),
            },
            // Only crates from git have one.
            CrateForm::Checkout => Ok(()),
        }
    }

    fn write_git(
        self,
        planned: &PlannedCrate,
        git: &GitSource,
        target: &Path,
    ) -> Result<(), IoError> {
        let krate = &planned.krate;
        match planned.form {
            CrateForm::Checkout | CrateForm::Tarball => write_checkout(git, self.git, target),
            CrateForm::Stub => copy_skeleton(&skeleton(krate, git, self.git)?, target),
            CrateForm::Whole => write_whole(krate, git, self.layout, self.git, target),
            CrateForm::Cargo => match self.from_cargo.get(&planned.label()) {
                // The cache's folder is writable, so hard links to its files
                // are unsafe.
                Some(folder) if self.link_mode == LinkMode::Symlink => {
                    self.link_or_copy(folder, target)
                }
                Some(folder) => each_file(folder, target, copy),
                None => write_whole(krate, git, self.layout, self.git, target),
            },
        }
    }

    /// Unpacks a crate with its checksum file.
    fn unpack(self, planned: &PlannedCrate, target: &Path) -> Result<(), IoError> {
        let sum = checksum(planned);
        let file = self.store.open_crate(&planned.krate, &sum)?;
        let kept = if planned.form == CrateForm::Whole {
            Kept::All
        } else {
            Kept::AsCargo
        };
        let files = unpack_crate(&planned.krate, file, kept, target)?;
        let text = if self.layout == Layout::FetchCargoVendorUnpacked {
            // As Python's `json` writes it.
            format!("{{\"files\": {{}}, \"package\": \"{}\"}}", sum.to_hex())
        } else {
            ChecksumFile::new(Some(&sum), &files).to_text()
        };
        Ok(fs::write(target.join(CHECKSUM_FILE), text)?)
    }

    /// Returns the folder in the cache that the crate is unpacked in.
    fn unpacked(self, planned: &PlannedCrate) -> Result<Option<PathBuf>, IoError> {
        let Some(cache) = self.store.cache().folder() else {
            return Ok(None);
        };
        let hex = checksum(planned).to_hex();
        let form = match self.layout {
            Layout::FetchCargoVendorUnpacked => "unpacked".to_owned(),
            _ => format!("{:?}", planned.form).to_lowercase(),
        };
        let beside = cache.join(UNPACKED).join(form).join(&hex[..2]);
        let folder = beside.join(&hex);
        let known = beside.join(format!("{hex}.json"));
        let is_kept = || {
            let nodes = read_bytes(&known).ok();
            let nodes = nodes.and_then(|bytes| serde_json::from_slice::<Nodes>(&bytes).ok());
            nodes.is_some_and(|nodes| nodes.are_in(&folder))
        };
        if is_kept() {
            return Ok(Some(folder));
        }
        fs::create_dir_all(&beside)?;
        // The lock keeps a run from removing as a leftover what another one has
        // just made, and links from. If files can't be locked, a run may fail.
        let lock = File::create(beside.join(".lock"))?;
        let _ = lock.lock();
        if is_kept() {
            return Ok(Some(folder));
        }
        if folder.is_dir() {
            // Changed through a link, or left over.
            fs::remove_dir_all(&folder)?;
        }
        let part = temporary::folder_in(&beside, ".part-")?;
        let new = part.path().join("new");
        self.unpack(planned, &new)?;
        make_read_only(&new)?;
        fs::rename(&new, &folder)?;
        let text = serde_json::to_vec(&Nodes::of(&folder, |_| false)?).unwrap_or_default();
        self.store.cache().write_file(known, &text)?;
        Ok(Some(folder))
    }

    /// Puts a folder of the cache at `target`.
    fn link_or_copy(self, from: &Path, target: &Path) -> Result<(), IoError> {
        match self.link_mode {
            LinkMode::Symlink => symlink(from, target),
            LinkMode::Copy => each_file(from, target, copy),
            LinkMode::Hardlink => each_file(from, target, hardlink),
            LinkMode::Reflink => each_file(from, target, reflink),
        }
    }
}

/// Plans have only crates with a checksum.
fn checksum(planned: &PlannedCrate) -> Sha256 {
    planned
        .krate
        .checksum()
        .unwrap_or_else(|| Sha256::of(b"no checksum"))
}

/// So that files which several folders share aren't written to by accident.
fn make_read_only(folder: &Path) -> Result<(), IoError> {
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(io::Error::from)?;
        if entry.file_type().is_file() {
            let metadata = fs::metadata(entry.path())?;
            let mut permissions = metadata.permissions();
            permissions.set_readonly(true);
            fs::set_permissions(entry.path(), permissions)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), IoError> {
    fs::copy(from, to)?;
    Ok(())
}

/// Makes a hard link, or copies the file if the cache is on another file
/// system.
fn hardlink(from: &Path, to: &Path) -> Result<(), IoError> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to),
        result => Ok(result?),
    }
}

/// Moves a folder, if need be to another file system. It arrives as a whole or
/// not at all.
pub(in crate::io) fn move_folder(from: &Path, to: &Path) -> Result<(), IoError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        result => return Ok(result?),
    }
    let beside = to.parent().unwrap_or(Path::new("."));
    let staging = temporary::folder_in(beside, "new-")?;
    let copied = staging.path().join("folder");
    each_file(from, &copied, copy)?;
    Ok(fs::rename(copied, to)?)
}

/// Copies a skeleton without our own files. It is never linked to, as other
/// runs read it.
fn copy_skeleton(from: &Path, to: &Path) -> Result<(), IoError> {
    each_file(from, to, |file, to| {
        let relative = file.strip_prefix(from).unwrap_or(file).to_str();
        if relative.is_some_and(|name| name.starts_with(OURS)) {
            return Ok(());
        }
        copy(file, to)
    })
}

/// Makes the folders of `from` at `to`, and calls `each` for each file.
fn each_file(
    from: &Path,
    to: &Path,
    each: impl Fn(&Path, &Path) -> Result<(), IoError>,
) -> Result<(), IoError> {
    for entry in WalkDir::new(from) {
        let entry = entry.map_err(io::Error::from)?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let target = to.join(relative);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else {
            each(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(from: &Path, to: &Path) -> Result<(), IoError> {
    let from = fs::canonicalize(from)?;
    Ok(fs_err::os::unix::fs::symlink(from, to)?)
}

#[cfg(not(unix))]
fn symlink(from: &Path, to: &Path) -> Result<(), IoError> {
    each_file(from, to, |from, to| Ok(fs::copy(from, to).map(drop)?))
}

/// Shares a file's blocks, or copies them if the file system can't.
fn reflink(from: &Path, to: &Path) -> Result<(), IoError> {
    let source = fs::File::open(from)?;
    let mut target = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(to)?;
    if !shares(&source, &target) {
        let mut source = source;
        io::copy(&mut source, &mut target)?;
        target.flush()?;
    }
    let mut permissions = fs::metadata(from)?.permissions();
    // The copy is the user's own.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        permissions.set_mode(permissions.mode() | 0o200);
    }
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    Ok(fs::set_permissions(to, permissions)?)
}

#[cfg(target_os = "linux")]
fn shares(from: &fs::File, to: &fs::File) -> bool {
    rustix::fs::ioctl_ficlone(to.file(), from.file()).is_ok()
}

#[cfg(not(target_os = "linux"))]
const fn shares(_from: &fs::File, _to: &fs::File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_read_only_files_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("a")).unwrap();
        fs::write(from.join("a/b"), b"x").unwrap();
        make_read_only(&from).unwrap();
        each_file(&from, &to, reflink).unwrap();
        assert_eq!(fs::read(to.join("a/b")).unwrap(), b"x");
        assert!(
            !fs::metadata(to.join("a/b"))
                .unwrap()
                .permissions()
                .readonly()
        );
        assert!(
            fs::metadata(from.join("a/b"))
                .unwrap()
                .permissions()
                .readonly()
        );
    }
}
