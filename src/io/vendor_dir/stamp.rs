//! What we wrote into a vendored folder, and when: kept in our cache, so that
//! no stranger's folder can claim it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use fs_err as fs;
use serde::{Deserialize, Serialize};
use walkdir::{DirEntry, WalkDir};

use super::super::{CrateStore, IoError, all_in_order};
use crate::hash::Sha256;
use crate::vendor::{LinkMode, PlannedCrate, VendorPlan};

/// As many as there are in small machines: no file is read here.
const THREADS: usize = 4;

/// What is in a folder: of each path its size, and when it was changed, in
/// nanoseconds since 1970.
///
/// One text, as there are tens of thousands: `SIZE TIME PATH//`, again and
/// again. No path has two slashes in a row.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Nodes(String);

#[derive(Debug, Clone, Copy)]
struct Node<'a> {
    /// Relative to the crate's folder, or to the vendored one; empty for that
    /// itself.
    path: &'a str,
    size: u64,
    time: u64,
}

impl Nodes {
    fn add(&mut self, path: &str, entry: &DirEntry) -> Result<(), IoError> {
        let (size, time) = seen(&entry.metadata().map_err(std::io::Error::from)?);
        let _ = write!(self.0, "{size} {time} {path}//");
        Ok(())
    }

    fn iter(&self) -> impl Iterator<Item = Node<'_>> {
        self.0.split("//").filter_map(|entry| {
            let mut parts = entry.splitn(3, ' ');
            let (size, time) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let path = parts.next()?;
            Some(Node { path, size, time })
        })
    }
}

/// What a folder was made from, and what is in it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stamp {
    digest: String,
    link_mode: String,
    /// By path.
    crates: BTreeMap<String, StampedCrate>,
    /// The folder itself, and what isn't a crate's.
    others: Nodes,
}

#[derive(Debug, Serialize, Deserialize)]
struct StampedCrate {
    key: String,
    nodes: Nodes,
}

impl Stamp {
    /// The stamp of a folder that is yet to be written.
    pub(super) fn of(plan: &VendorPlan, link_mode: LinkMode) -> Self {
        Self {
            digest: plan.digest().to_hex(),
            link_mode: format!("{link_mode:?}"),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, planned: &PlannedCrate, nodes: Nodes) {
        let key = planned.key();
        self.crates
            .insert(planned.path.clone(), StampedCrate { key, nodes });
    }

    /// Takes up what isn't a crate's: before the folder is put in its place,
    /// where another run may write.
    pub(super) fn add_others(&mut self, folder: &Path) -> Result<(), IoError> {
        let mut others = Nodes::default();
        let mut entries = WalkDir::new(folder).into_iter();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(std::io::Error::from)?;
            let path = relative(folder, entry.path());
            if self.crates.contains_key(&path) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            others.add(&path, &entry)?;
        }
        self.others = others;
        Ok(())
    }

    /// Keeps the stamp of a folder that was written just now.
    pub(super) fn keep(self, folder: &Path, store: &CrateStore) -> Result<(), IoError> {
        let own_folder = store.own_folder();
        let Some(path) = own_folder.and_then(|own_folder| place(folder, own_folder)) else {
            return Ok(());
        };
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        CrateStore::keep(Some(path), &bytes)
    }

    /// The stamp of a folder, if we wrote it.
    pub(super) fn load(folder: &Path, own_folder: &Path) -> Option<Self> {
        let bytes = fs::read(place(folder, own_folder)?).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    pub(super) fn is_of(&self, plan: &VendorPlan, link_mode: LinkMode) -> bool {
        self.digest == plan.digest().to_hex() && self.link_mode_is(link_mode)
    }

    pub(super) fn link_mode_is(&self, link_mode: LinkMode) -> bool {
        self.link_mode == format!("{link_mode:?}")
    }

    pub(super) fn crates(&self) -> usize {
        self.crates.len()
    }

    /// The crates of a plan that were left out.
    pub(super) fn gone(&self, plan: &VendorPlan) -> Vec<String> {
        let gone = plan.crates.iter();
        let gone = gone.filter(|planned| !self.crates.contains_key(&planned.path));
        gone.map(PlannedCrate::label).collect()
    }

    /// Whether an entry of the folder was written by us.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_it = |path: &str| path.split('/').next() == Some(name);
        self.crates.keys().any(|path| is_it(path))
            || self.others.iter().any(|node| is_it(node.path))
    }

    /// Whether all of the folder is as we wrote it.
    pub(super) fn holds(&self, folder: &Path) -> bool {
        let crates = self.crates.iter();
        let mut lists: Vec<_> = crates
            .map(|(path, krate)| (folder.join(path), &krate.nodes))
            .collect();
        lists.push((folder.to_owned(), &self.others));
        let are_same = |(folder, nodes): &(PathBuf, &Nodes)| is_unchanged(folder, nodes);
        all_in_order(&lists, THREADS, are_same, |results| {
            for is_same in results {
                if !is_same {
                    return false;
                }
            }
            true
        })
    }

    /// Takes a crate that is unchanged over into a new folder: its files are
    /// the same ones there.
    pub(super) fn keep_crate(&self, planned: &PlannedCrate, folder: &Path, new: &Path) -> bool {
        let stamped = self.crates.get(&planned.path);
        let Some(stamped) = stamped.filter(|stamped| stamped.key == planned.key()) else {
            return false;
        };
        let (old, new) = (folder.join(&planned.path), new.join(&planned.path));
        if !is_unchanged(&old, &stamped.nodes) {
            return false;
        }
        let taken = take(&old, &new, &stamped.nodes);
        if taken.is_err() {
            // Not every file system has hard links.
            let _ = fs::remove_dir_all(&new);
        }
        taken.is_ok()
    }
}

fn place(folder: &Path, own_folder: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder).ok()?;
    Some(named(&folder, own_folder))
}

fn named(folder: &Path, own_folder: &Path) -> PathBuf {
    let name = Sha256::of(folder.as_os_str().as_encoded_bytes()).to_hex();
    own_folder.join("vendored").join(name + ".json")
}

/// Waits until no other run writes the folder. Where files can't be locked,
/// the last one to end wins.
pub(super) fn lock(folder: &Path, store: &CrateStore) -> Option<std::fs::File> {
    let parent = folder.parent().filter(|path| !path.as_os_str().is_empty());
    let parent = fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
    let folder = parent.join(folder.file_name()?);
    let place = named(&folder, store.own_folder()?).with_extension("lock");
    fs::create_dir_all(place.parent()?).ok()?;
    let file = std::fs::File::create(place).ok()?;
    file.lock().ok()?;
    Some(file)
}

fn relative(folder: &Path, path: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    let path = path.to_string_lossy();
    path.replace(std::path::MAIN_SEPARATOR, "/")
}

/// What is at a path, and below.
pub(super) fn nodes(folder: &Path) -> Result<Nodes, IoError> {
    let mut nodes = Nodes::default();
    // A crate that is a link is one node: what it leads to isn't the user's.
    for entry in WalkDir::new(folder).follow_root_links(false) {
        let entry = entry.map_err(std::io::Error::from)?;
        nodes.add(&relative(folder, entry.path()), &entry)?;
    }
    Ok(nodes)
}

/// Whether a folder is as it was when the file `known` was written.
pub(super) fn is_as_written(folder: &Path, known: &Path) -> bool {
    let nodes = fs::read(known).ok();
    let nodes = nodes.and_then(|bytes| serde_json::from_slice::<Nodes>(&bytes).ok());
    nodes.is_some_and(|nodes| is_unchanged(folder, &nodes))
}

/// A folder's size says nothing, its time changes with what is in it.
fn seen(metadata: &std::fs::Metadata) -> (u64, u64) {
    let size = if metadata.is_dir() { 0 } else { metadata.len() };
    let modified = metadata.modified().ok();
    let time = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanos = time.and_then(|time| u64::try_from(time.as_nanos()).ok());
    (size, nanos.unwrap_or_default())
}

/// Asks from the crate's folder on: the way there is gone once.
#[cfg(unix)]
fn is_unchanged(folder: &Path, nodes: &Nodes) -> bool {
    use rustix::fs::{AtFlags, Mode, OFlags, open, statat};
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY;
    let Ok(opened) = open(folder, flags, Mode::empty()) else {
        return is_unchanged_by_path(folder, nodes);
    };
    nodes.iter().all(|node| {
        let path = if node.path.is_empty() { "." } else { node.path };
        let Ok(found) = statat(&opened, path, AtFlags::SYMLINK_NOFOLLOW) else {
            return false;
        };
        let is_folder = rustix::fs::FileType::from_raw_mode(found.st_mode).is_dir();
        let found_size = if is_folder { 0 } else { found.st_size };
        let nanos = i128::from(found.st_mtime) * 1_000_000_000 + i128::from(found.st_mtime_nsec);
        i128::from(node.time) == nanos && u64::try_from(found_size) == Ok(node.size)
    })
}

#[cfg(not(unix))]
fn is_unchanged(folder: &Path, nodes: &Nodes) -> bool {
    is_unchanged_by_path(folder, nodes)
}

/// For what is no folder: a link, or a file.
fn is_unchanged_by_path(folder: &Path, nodes: &Nodes) -> bool {
    nodes.iter().all(|node| {
        let path = below(folder, node.path);
        let metadata = std::fs::symlink_metadata(&path);
        metadata.is_ok_and(|metadata| {
            // A link has to lead somewhere.
            seen(&metadata) == (node.size, node.time) && (!metadata.is_symlink() || path.exists())
        })
    })
}

fn below(folder: &Path, path: &str) -> PathBuf {
    if path.is_empty() {
        folder.to_owned()
    } else {
        folder.join(path)
    }
}

fn take(old: &Path, new: &Path, nodes: &Nodes) -> Result<(), IoError> {
    let parent = new.parent().unwrap_or(new);
    fs::create_dir_all(parent)?;
    for node in nodes.iter() {
        let (from, to) = (below(old, node.path), below(new, node.path));
        if fs::symlink_metadata(&from)?.file_type().is_dir() {
            fs::create_dir(to)?;
        } else {
            fs::hard_link(from, to)?;
        }
    }
    Ok(())
}
