//! Writes crates from git into a vendor folder.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use walkdir::WalkDir;

use super::super::git_crates::{git_manifests, git_skeletons};
use super::super::{GitStore, IoError};
use crate::io::read::read_string;
use crate::project::{GitSource, LockedCrate};
use crate::vendor::Layout;
use crate::vendor::checksum_json::CHECKSUM_FILE;
use crate::vendor::config::import_cargo_lock_git;

/// Copies a whole checkout.
pub(super) fn write_checkout(
    git: &GitSource,
    store: &GitStore,
    target: &Path,
) -> Result<(), IoError> {
    let tree = store.tree(git)?;
    for entry in WalkDir::new(&tree.folder) {
        let entry = entry.map_err(io::Error::from)?;
        let relative = entry.path().strip_prefix(&tree.folder);
        let to = target.join(relative.unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(to)?;
        } else if entry.path_is_symlink() {
            link(&fs::read_link(entry.path())?, &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<(), IoError> {
    Ok(fs_err::os::unix::fs::symlink(to, at)?)
}

#[cfg(not(unix))]
fn link(_to: &Path, at: &Path) -> Result<(), IoError> {
    let message = format!(
        "`{}` is a link, which this system doesn't support",
        at.display()
    );
    Err(io::Error::other(message).into())
}

pub(super) fn skeleton(
    krate: &LockedCrate,
    git: &GitSource,
    store: &GitStore,
) -> Result<PathBuf, IoError> {
    let skeletons = git_skeletons(git, &[krate], store)?;
    match skeletons.into_iter().next() {
        Some(Ok(made)) => Ok(made.skeleton.folder),
        Some(Err(why)) => Err(unfound(krate, &why)),
        None => Err(unfound(krate, "doesn't exist")),
    }
}

/// Copies a crate as nixpkgs does: its folder with what links within the
/// repository lead to, and a manifest that stands alone.
pub(super) fn write_whole(
    krate: &LockedCrate,
    git: &GitSource,
    layout: Layout,
    store: &GitStore,
    target: &Path,
) -> Result<(), IoError> {
    let tree = store.tree(git)?;
    let manifests = git_manifests(&tree)?;
    let found = manifests
        .find(krate.name.as_str(), &krate.version.to_string())
        .map_err(|why| unfound(krate, &why))?;
    let folder = tree.folder.join(&found.folder);
    let mut copy = Copy {
        root: fs::canonicalize(&tree.folder)?,
        above: Vec::new(),
        files: MAX_FILES,
        bytes: MAX_BYTES,
    };
    copy.folder(&fs::canonicalize(folder)?, target)
        .map_err(|error| copy.explained(krate, error))?;
    let manifest = target.join("Cargo.toml");
    if read_string(&manifest)?.contains("workspace") {
        fs::remove_file(&manifest)?;
        fs::write(&manifest, found.manifest.to_string())?;
    }
    let checksums = match layout {
        Layout::FetchCargoVendorUnpacked => "{\"files\": {}}",
        _ => "{\"files\":{},\"package\":null}",
    };
    fs::write(target.join(CHECKSUM_FILE), checksums)?;
    if layout == Layout::ImportCargoLock {
        fs::write(target.join(".cargo-config"), import_cargo_lock_git(git))?;
    }
    Ok(())
}

fn unfound(krate: &LockedCrate, why: &str) -> IoError {
    IoError::DamagedCrate {
        krate: format!("{} {}", krate.name, krate.version),
        message: why.to_owned(),
    }
}

/// Links can name a folder again and again; these are the limits of a checkout.
const MAX_FILES: usize = 500_000;
const MAX_BYTES: u64 = 2 << 30;

/// Copies a folder of a checkout. Links become what they lead to, except for
/// those that lead nowhere, out of the checkout or round in a circle.
struct Copy {
    root: PathBuf,
    /// The folders that are being copied.
    above: Vec<PathBuf>,
    files: usize,
    bytes: u64,
}

impl Copy {
    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), IoError> {
        fs::create_dir_all(to)?;
        self.above.push(from.to_owned());
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            let Ok(path) = fs::canonicalize(entry.path()) else {
                continue;
            };
            if !path.starts_with(&self.root) || self.above.contains(&path) {
                continue;
            }
            let metadata = fs::metadata(&path)?;
            let size = if metadata.is_dir() { 0 } else { metadata.len() };
            let files = self.files.checked_sub(1);
            let bytes = self.bytes.checked_sub(size);
            let (Some(files), Some(bytes)) = (files, bytes) else {
                (self.files, self.bytes) = (0, 0);
                return Err(io::Error::other("too large").into());
            };
            (self.files, self.bytes) = (files, bytes);
            if metadata.is_dir() {
                self.folder(&path, &target)?;
            } else {
                fs::copy(&path, &target)?;
            }
        }
        self.above.pop();
        Ok(())
    }

    fn explained(&self, krate: &LockedCrate, error: IoError) -> IoError {
        if self.files == 0 && self.bytes == 0 {
            return unfound(krate, "its links lead to more than 500,000 files or 2 GiB");
        }
        error
    }
}
