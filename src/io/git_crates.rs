//! The crates of a git checkout: their manifests, and skeletons of them that
//! cargo resolves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use walkdir::{DirEntry, WalkDir};

use super::skeleton::{MAX_TEXT, Skeleton, kept_digest};
use super::{GitStore, GitTree, IoError};
use crate::io::read::read_bytes;
use crate::project::{GitSource, LockedCrate};
use crate::vendor::git_crate::{is_searched_for_crates, leaves_crate, paths_outside_crate};
use crate::vendor::{GitCrate, GitManifests};

/// The folder in the cache; its name changes with what is kept.
const FOLDER: &str = "skeletons-git-1";
const REACHES_OUT: &str = ".pyhack-reaches-out.json";

#[derive(Debug, Clone)]
pub(super) struct GitSkeleton {
    pub skeleton: Skeleton,
    /// What the crate needs outside of its folder.
    pub reaches_out: BTreeSet<String>,
}

/// Returns the skeletons of crates of one revision, in their order, or why the
/// repository doesn't have one of them.
pub(super) fn git_skeletons(
    git: &GitSource,
    crates: &[&LockedCrate],
    store: &GitStore,
) -> Result<Vec<Result<GitSkeleton, String>>, IoError> {
    let cache = store.cache_folder()?.join(FOLDER);
    let folder = |krate: &LockedCrate| {
        let revision = git.full_revision()?;
        let name = format!("{}-{}", krate.name, krate.version);
        Some(cache.join(revision).join(name))
    };
    let known = crates.iter().map(|krate| kept(&folder(krate)?));
    if let Some(known) = known.collect::<Option<Vec<_>>>() {
        return Ok(known.into_iter().map(Ok).collect());
    }
    let tree = store.tree(git)?;
    let manifests = git_manifests(&tree)?;
    let of = |krate: &&LockedCrate| {
        let folder = folder(krate).expect("a tree has a revision");
        let name = krate.name.as_str();
        match manifests.find(name, &krate.version.to_string()) {
            Ok(found) => write(&tree, &manifests, &found, &folder).map(Ok),
            Err(why) => Ok(Err(format!("can't be read: {why}"))),
        }
    };
    crates.iter().map(of).collect()
}

/// Reads the manifests of a checkout.
///
/// # Errors
/// Fails if the disk does.
pub fn git_manifests(tree: &GitTree) -> Result<GitManifests, IoError> {
    let is_wanted = |entry: &DirEntry| {
        let name = entry.file_name().to_str();
        !entry.file_type().is_dir()
            || entry.depth() == 0
            || name.is_some_and(is_searched_for_crates)
    };
    let mut texts = BTreeMap::new();
    let entries = WalkDir::new(&tree.folder).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(is_wanted) {
        let entry = entry.map_err(std::io::Error::from)?;
        if entry.file_name() != "Cargo.toml" {
            continue;
        }
        if let (Some(path), Some(text)) = (below(&tree.folder, &entry), text(tree, &entry)?) {
            let folder = path.parent().filter(|folder| *folder != "");
            texts.insert(folder.unwrap_or(Utf8Path::new(".")).to_owned(), text);
        }
    }
    Ok(GitManifests::new(&texts, &tree.submodules))
}

fn kept(folder: &Path) -> Option<GitSkeleton> {
    let digest = kept_digest(folder)?;
    let reaches_out = read_bytes(folder.join(REACHES_OUT)).ok()?;
    Some(GitSkeleton {
        skeleton: Skeleton {
            folder: folder.to_owned(),
            digest,
        },
        reaches_out: serde_json::from_slice(&reaches_out).ok()?,
    })
}

fn write(
    tree: &GitTree,
    manifests: &GitManifests,
    found: &GitCrate,
    folder: &Path,
) -> Result<GitSkeleton, IoError> {
    let (mut files, mut reaches_out) = (BTreeMap::new(), BTreeSet::new());
    let of_crate = tree.folder.join(&found.folder);
    let is_wanted = |entry: &DirEntry| {
        if !entry.file_type().is_dir() || entry.depth() == 0 {
            return true;
        }
        let inside = below(&tree.folder, entry);
        let is_other = inside.is_some_and(|folder| manifests.has(&folder));
        !is_other
            && entry
                .file_name()
                .to_str()
                .is_some_and(is_searched_for_crates)
    };
    let entries = WalkDir::new(&of_crate).sort_by_file_name();
    for entry in entries.into_iter().filter_entry(is_wanted) {
        let entry = entry.map_err(std::io::Error::from)?;
        let Some(path) = below(&of_crate, &entry) else {
            continue;
        };
        if entry.path_is_symlink() {
            let target = fs::read_link(entry.path())?;
            let parent = path.parent().filter(|parent| *parent != "");
            let parent = parent.unwrap_or(Utf8Path::new("."));
            if leaves_crate(parent, &target.to_string_lossy()) {
                reaches_out.insert(format!("the link `{path}`"));
            }
        }
        if path.extension() == Some("rs") {
            let text = text(tree, &entry)?;
            files.insert(path.into_string(), text.map(String::into_bytes));
        }
    }
    let texts = files.iter().filter_map(|(path, bytes)| {
        let text = String::from_utf8(bytes.clone()?).ok()?;
        Some((path.clone(), text))
    });
    reaches_out.extend(paths_outside_crate(&found.manifest, &texts.collect()));
    let manifest = found.manifest.to_string();
    let beside = (REACHES_OUT, serde_json::to_vec(&reaches_out));
    let beside = [(beside.0, beside.1.unwrap_or_default())];
    let digest = Skeleton::write(folder, None, &manifest, files, &beside)?;
    let skeleton = Skeleton {
        folder: folder.to_owned(),
        digest,
    };
    Ok(GitSkeleton {
        skeleton,
        reaches_out,
    })
}

/// Returns a path relative to a folder; `None` if it isn't UTF-8, as nothing is
/// that cargo builds.
fn below(folder: &Path, entry: &DirEntry) -> Option<Utf8PathBuf> {
    let path = entry.path().strip_prefix(folder).ok()?;
    Utf8PathBuf::from_path_buf(path.to_owned()).ok()
}

/// Reads the text of a file. Links are followed within the checkout: others
/// could lead to any file of the user's.
fn text(tree: &GitTree, entry: &DirEntry) -> Result<Option<String>, IoError> {
    let mut path = entry.path().to_owned();
    if entry.path_is_symlink() {
        let (root, to) = (fs::canonicalize(&tree.folder)?, fs::canonicalize(&path));
        match to {
            Ok(to) if to.starts_with(root) => path = to,
            _ => return Ok(None),
        }
    }
    let metadata = fs::metadata(&path)?;
    if !metadata.is_file() || metadata.len() > MAX_TEXT {
        return Ok(None);
    }
    Ok(String::from_utf8(read_bytes(path)?).ok())
}
