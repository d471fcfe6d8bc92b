//! `cache`: what our cache has, and removing it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::io::Cache;
use crate::io::cache_size::{self, Size, limit_of_user};

/// What `cargo pyhack cache --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CacheReport {
    /// The folder of the cache; null if the user has none.
    pub folder: Option<String>,
    /// What it has, by the name of the folder in it, in order; only with
    /// `dir --sizes`.
    pub parts: Vec<CachePart>,
    /// How many bytes were removed.
    pub removed_bytes: u64,
    /// How many files were removed.
    pub removed_files: u64,
}

/// A folder in the cache.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CachePart {
    /// The name of the folder or file.
    pub name: String,
    /// How many bytes its files have.
    pub bytes: u64,
    /// How many files it has.
    pub files: u64,
}

/// Returns where the cache is, and how large its parts are if `with_sizes` is
/// set.
#[must_use]
pub fn dir(cache: &Cache, with_sizes: bool) -> CacheReport {
    let parts = if with_sizes {
        cache_size::sizes(cache)
    } else {
        Vec::new()
    };
    let part = |(name, Size { bytes, files })| CachePart { name, bytes, files };
    CacheReport {
        parts: parts.into_iter().map(part).collect(),
        ..report(cache, Size::default())
    }
}

/// Removes everything.
///
/// # Errors
/// Fails if something can't be removed.
pub fn clean(cache: &Cache) -> Result<CacheReport, Error> {
    Ok(report(cache, cache_size::clean(cache)?))
}

/// Removes what was used least recently, until the cache has at most
/// `max_size` bytes, or as many as the environment says.
///
/// # Errors
/// Fails if something can't be removed.
pub fn prune(cache: &Cache, max_size: Option<u64>) -> Result<CacheReport, Error> {
    let pruned = cache_size::prune(cache, max_size.unwrap_or_else(limit_of_user))?;
    Ok(report(cache, pruned.removed))
}

fn report(cache: &Cache, removed: Size) -> CacheReport {
    let folder = cache.folder().map(|folder| folder.display().to_string());
    CacheReport {
        folder,
        parts: Vec::new(),
        removed_bytes: removed.bytes,
        removed_files: removed.files,
    }
}
