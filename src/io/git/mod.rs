//! Checkouts of git repositories: from the cache, from what cargo has fetched,
//! or from the network.
//!
//! ```text
//! git/db/<hash of the URL>.git    what was fetched, without a work tree
//! git/trees/<revision>            a checkout, with submodules and without `.git`
//! git/trees/<revision>.json       its hash and submodules; written last
//! ```
//!
//! Nothing of a repository is run: no filter, no hook, no command of a
//! submodule's. A revision is a hash of all that belongs to it, so that a
//! checkout is the same wherever it comes from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use camino::Utf8PathBuf;
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::Network;
use super::cache::{Cache, FileLock};
use super::error::{GitError, IoError};
use super::network::HttpSettings;
use super::tree::nar_hash;
use crate::hash::Sha256;
use crate::io::read::read_bytes;
use crate::io::temporary::{self, TemporaryFolder};
use crate::project::{GitSource, is_local, without_credentials};

mod bounded;
mod checkout;
mod listing;
mod mirror;
mod objects;
mod program;

pub use program::is_ignored;

mod spec;

pub(crate) use mirror::{Mirrors, mirrors};

use self::checkout::Checkout;
use self::spec::CheckoutSpec;

/// Makes checkouts of git repositories, and keeps them.
pub struct GitStore {
    network: Network,
    cache: Cache,
    /// Stands in for the cache if there is none.
    scratch: OnceLock<(TemporaryFolder, Cache)>,
    cargo_home: Option<PathBuf>,
    /// How often a fetch is tried again, and when.
    http: HttpSettings,
}

/// A checkout, which never changes.
#[derive(Debug, Clone)]
pub struct GitTree {
    /// The checkout's folder.
    pub folder: PathBuf,
    /// The folders of submodules, relative to the checkout's.
    pub submodules: BTreeSet<Utf8PathBuf>,
    /// The SHA-256 of the folder as a Nix archive.
    pub hash: Sha256,
}

/// What is kept beside a checkout.
#[derive(Serialize, Deserialize)]
struct Metadata {
    nar_sha256: String,
    submodules: BTreeSet<Utf8PathBuf>,
}

impl GitStore {
    /// Opens the caches. Nothing is fetched yet.
    pub(super) const fn open(
        network: Network,
        cache: Cache,
        cargo_home: Option<PathBuf>,
        http: HttpSettings,
    ) -> Self {
        Self {
            network,
            cache,
            scratch: OnceLock::new(),
            cargo_home,
            http,
        }
    }

    /// Returns the checkout of a repository's revision.
    ///
    /// # Errors
    /// Fails if the lock names no revision, the repository can't be fetched, or
    /// git refuses what is in it.
    pub fn tree(&self, git: &GitSource) -> Result<GitTree, IoError> {
        let revision = revision(git)?;
        let trees = self.trees()?;
        if let Some(tree) = kept_tree(&trees, &revision) {
            return Ok(tree);
        }
        let _lock = self.lock(&revision)?;
        if let Some(tree) = kept_tree(&trees, &revision) {
            return Ok(tree);
        }
        fs::create_dir_all(&trees)?;
        let part = temporary::folder_in(&trees, ".part-")?;
        let new = part.path().join("tree");
        fs::create_dir(&new)?;
        let mut checkout = Checkout::new(self, part.path(), is_local(&git.url));
        let spec = CheckoutSpec {
            url: git.url.clone(),
            revision: revision.clone(),
        };
        checkout.fill(&spec, &new)?;
        let submodules = checkout.submodules;
        let hash = nar_hash(&new)?;
        let folder = trees.join(&revision);
        if folder.symlink_metadata().is_ok() {
            // Left over from a run that was stopped.
            fs::remove_dir_all(&folder)?;
        }
        fs::rename(&new, &folder)?;
        let tree = GitTree {
            folder,
            submodules,
            hash,
        };
        self.keep_metadata(&revision, &tree)?;
        Ok(tree)
    }

    /// Whether the cache has the checkout.
    #[must_use]
    pub fn has_tree(&self, git: &GitSource) -> bool {
        let revision = git.full_revision();
        let trees = self.trees().ok();
        let tree = revision.zip(trees);
        tree.is_some_and(|(revision, trees)| kept_tree(&trees, &revision).is_some())
    }

    /// Returns the hash of a revision's checkout as a Nix archive. That of a
    /// checkout that was made before is known.
    ///
    /// # Errors
    /// See [`GitStore::tree`].
    pub fn hash(&self, git: &GitSource) -> Result<Sha256, IoError> {
        let revision = revision(git)?;
        let known = kept_metadata(&self.trees()?, &revision);
        match known.and_then(|known| Sha256::from_hex(&known.nar_sha256)) {
            Some(hash) => Ok(hash),
            None => Ok(self.tree(git)?.hash),
        }
    }

    /// Returns the cache, or one for this run alone.
    fn own_cache(&self) -> Result<&Cache, IoError> {
        if self.cache.folder().is_some() {
            return Ok(&self.cache);
        }
        if self.scratch.get().is_none() {
            let folder = temporary::folder()?;
            let cache = Cache::at(Some(folder.path().to_owned()));
            let _ = self.scratch.set((folder, cache));
        }
        let (_, cache) = self.scratch.get().expect("it was just set");
        Ok(cache)
    }

    /// Returns the folder of the cache, or of the one for this run alone.
    pub(super) fn cache_folder(&self) -> Result<&Path, IoError> {
        let folder = self.own_cache()?.folder();
        Ok(folder.expect("one without a folder isn't given out"))
    }

    fn trees(&self) -> Result<PathBuf, IoError> {
        Ok(self.cache_folder()?.join("git").join("trees"))
    }

    /// Waits until no other run or thread holds the lock of this name, and
    /// takes it.
    fn lock(&self, name: &str) -> Result<Option<FileLock>, IoError> {
        let path = Path::new("git").join("locks").join(name);
        self.own_cache()?.lock(path)
    }

    fn keep_metadata(&self, revision: &str, tree: &GitTree) -> Result<(), IoError> {
        let metadata = Metadata {
            nar_sha256: tree.hash.to_hex(),
            submodules: tree.submodules.clone(),
        };
        let text = serde_json::to_vec(&metadata).unwrap_or_default();
        let name = self.trees()?.join(format!("{revision}.json"));
        self.own_cache()?.write_file(name, &text)
    }
}

/// Returns the full revision that a lock names.
fn revision(git: &GitSource) -> Result<String, GitError> {
    git.full_revision().ok_or_else(|| GitError::NoRevision {
        url: redacted_url(&git.url),
        found: git
            .revision
            .as_ref()
            .filter(|found| !found.is_empty())
            .map(|found| found.escape_debug().to_string()),
    })
}

/// Returns a URL for messages: without credentials, and escaped.
fn redacted_url(url: &str) -> String {
    without_credentials(url).escape_debug().to_string()
}

fn kept_metadata(trees: &Path, revision: &str) -> Option<Metadata> {
    let text = read_bytes(trees.join(format!("{revision}.json"))).ok()?;
    serde_json::from_slice(&text).ok()
}

fn kept_tree(trees: &Path, revision: &str) -> Option<GitTree> {
    let folder = trees.join(revision);
    let metadata = kept_metadata(trees, revision).filter(|_| folder.is_dir())?;
    Some(GitTree {
        folder,
        submodules: metadata.submodules,
        hash: Sha256::from_hex(&metadata.nar_sha256)?,
    })
}
