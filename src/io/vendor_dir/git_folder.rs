//! Crates from git in a vendored folder.

use std::io;
use std::path::Path;

use fs_err as fs;
use walkdir::WalkDir;

use super::super::git_crates::{git_manifests, git_skeletons};
use super::super::{GitStore, GitTree, IoError};
use super::crate_folder::CHECKSUM_FILE;
use crate::project::{GitSource, LockedCrate};
use crate::vendor::Layout;
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
        "`{}` is a link, which this system has none of",
        at.display()
    );
    Err(io::Error::other(message).into())
}

/// The skeleton of a crate.
pub(super) fn skeleton(
    (krate, git): (&LockedCrate, &GitSource),
    store: &GitStore,
) -> Result<std::path::PathBuf, IoError> {
    let skeletons = git_skeletons(git, &[krate], store)?;
    match skeletons.into_iter().next() {
        Some(Ok(made)) => Ok(made.skeleton.folder),
        Some(Err(why)) => Err(unfound(krate, &why)),
        None => Err(unfound(krate, "is not there")),
    }
}

/// Copies a crate as nixpkgs does: its folder, with what links in the
/// repository lead to, and a manifest that stands alone.
pub(super) fn write_whole(
    (krate, git): (&LockedCrate, &GitSource),
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
    copy_following(&tree, &folder, target)?;
    let manifest = target.join("Cargo.toml");
    if fs::read_to_string(&manifest)?.contains("workspace") {
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

/// Copies a folder of a checkout; links become what they lead to, but for
/// those that lead nowhere, out of the checkout, or round in a circle.
fn copy_following(tree: &GitTree, from: &Path, to: &Path) -> Result<(), IoError> {
    let root = fs::canonicalize(&tree.folder)?;
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        let mut path = entry.path();
        if kind.is_symlink() {
            let inside = fs::canonicalize(&path).ok();
            let inside = inside.filter(|inside| inside.starts_with(&root));
            // A link to a folder that it is in has no end.
            let Some(inside) = inside.filter(|inside| !entry.path().starts_with(inside)) else {
                continue;
            };
            path = inside;
        }
        if path.is_dir() {
            copy_following(tree, &path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
