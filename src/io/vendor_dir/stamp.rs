//! What we wrote into a vendor folder, and when. It is kept in the cache, so
//! that a stranger's folder can't claim it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread::available_parallelism;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::super::cache::FileLock;
use super::super::{Cache, IoError, all};
use super::nodes::Nodes;
use crate::hash::Sha256;
use crate::vendor::{LinkMode, PlannedCrate, VendorPlan};

/// The project is read at the same time.
const LEAST_THREADS: usize = 3;
/// The kernel does most of the work; more threads would wait for it.
const MOST_THREADS: usize = 8;

/// What a folder was made from, and what is in it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stamp {
    digest: String,
    link_mode: String,
    /// By path.
    crates: BTreeMap<String, StampedCrate>,
    /// The folder itself, and what doesn't belong to a crate.
    others: Nodes,
}

#[derive(Debug, Serialize, Deserialize)]
struct StampedCrate {
    key: String,
    nodes: Nodes,
}

impl Stamp {
    /// Starts the stamp of a folder that is being written.
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

    /// Adds what doesn't belong to a crate. The folder isn't in its place yet,
    /// where another run may write.
    pub(super) fn add_others(&mut self, folder: &Path) -> Result<(), IoError> {
        self.others = Nodes::of(folder, |path| self.crates.contains_key(path))?;
        Ok(())
    }

    /// Reads the states anew, once nothing links to the files any more that
    /// was removed since. Copies are the user's own, and nobody else links to
    /// them.
    pub(super) fn settle(&mut self, folder: &Path, link_mode: LinkMode) -> Result<(), IoError> {
        if link_mode != LinkMode::Copy {
            return Ok(());
        }
        let crates: BTreeSet<_> = self.crates.keys().cloned().collect();
        self.others = Nodes::strict(folder, |path| crates.contains(path))?;
        for (path, krate) in &mut self.crates {
            krate.nodes = Nodes::strict(&folder.join(path), |_| false)?;
        }
        Ok(())
    }

    /// Keeps the stamp of a folder that has just been written.
    pub(super) fn keep(self, folder: &Path, cache: &Cache) -> Result<(), IoError> {
        let Ok(folder) = fs::canonicalize(folder) else {
            return Ok(());
        };
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        cache.write_file(named(&folder, ".json"), &bytes)
    }

    /// Reads the stamp of a folder, if we wrote the folder.
    pub(super) fn load(folder: &Path, cache: &Cache) -> Option<Self> {
        let folder = fs::canonicalize(folder).ok()?;
        let bytes = cache.read_file(named(&folder, ".json"))?;
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

    /// Returns the crates of a plan that were left out.
    pub(super) fn gone(&self, plan: &VendorPlan) -> Vec<String> {
        let gone = plan.crates.iter();
        let gone = gone.filter(|planned| !self.crates.contains_key(&planned.path));
        gone.map(PlannedCrate::label).collect()
    }

    /// Whether we wrote an entry of the folder.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_it = |path: &str| path.split('/').next() == Some(name);
        self.crates.keys().map(String::as_str).any(is_it) || self.others.paths().any(is_it)
    }

    /// Whether the whole folder is as we wrote it.
    pub(super) fn holds(&self, folder: &Path) -> bool {
        let crates = self.crates.iter();
        let mut lists: Vec<_> = crates
            .map(|(path, krate)| (folder.join(path), &krate.nodes))
            .collect();
        lists.push((folder.to_owned(), &self.others));
        let threads = available_parallelism().map_or(1, Into::into);
        let threads = threads.clamp(LEAST_THREADS, MOST_THREADS);
        all(&lists, threads, |(folder, nodes)| nodes.are_in(folder))
    }

    /// Links the files of an unchanged crate into a new folder; returns whether
    /// that was possible.
    pub(super) fn keep_crate(&self, planned: &PlannedCrate, folder: &Path, new: &Path) -> bool {
        let stamped = self.crates.get(&planned.path);
        let Some(stamped) = stamped.filter(|stamped| stamped.key == planned.key()) else {
            return false;
        };
        let (old, new) = (folder.join(&planned.path), new.join(&planned.path));
        if !stamped.nodes.are_in(&old) {
            return false;
        }
        let taken = stamped.nodes.link(&old, &new);
        if taken.is_err() {
            // Not every file system has hard links.
            let _ = fs::remove_dir_all(&new);
        }
        taken.is_ok()
    }
}

/// Names the cache's file about a folder, by the folder's full path.
fn named(folder: &Path, ending: &str) -> String {
    let name = Sha256::of(folder.as_os_str().as_encoded_bytes()).to_hex();
    format!("vendored/{name}{ending}")
}

/// Waits until no other run writes the folder. If files can't be locked, the
/// last run wins.
pub(super) fn lock(folder: &Path, cache: &Cache) -> Option<FileLock> {
    let parent = folder.parent().filter(|path| !path.as_os_str().is_empty());
    let parent = fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
    let folder = parent.join(folder.file_name()?);
    cache.lock(named(&folder, ".lock")).ok()?
}
