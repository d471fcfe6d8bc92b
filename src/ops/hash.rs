//! `hash`: nixpkgs' `cargoHash`.

use schemars::JsonSchema;
use serde::Serialize;

use super::load::{Loaded, Request, require_fitting};
use crate::error::Error;
use crate::hash::Sha256;
use crate::io::{CrateStore, IoError, Progress, in_order};
use crate::project::LockedCrate;
use crate::vendor::fetch_cargo_vendor::{cargo_hash, tarball_name};
use crate::warning::Warning;

/// Enough to keep a slow network busy.
const THREADS: usize = 16;

/// What `cargo pyhack hash --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HashReport {
    /// nixpkgs' `cargoHash`, as SRI.
    pub cargo_hash: String,
    /// The lock, relative to the source root.
    pub lock_file: String,
    /// How many crates the hash covers.
    pub crates: usize,
    /// What will or may fail, and what to do.
    pub warnings: Vec<Warning>,
}

/// Computes the hash for a project.
///
/// # Errors
/// Where there is no Rust or no lock, or a crate can't be had.
pub fn hash(request: Request, progress: &dyn Progress) -> Result<HashReport, Error> {
    let loaded = Loaded::read(&request)?;
    let rust = loaded.rust(&request)?;
    let lock = rust.require_lock(&loaded.files)?;
    let mut crates = lock.crates_io()?;
    require_fitting(&loaded.files, rust)?;
    crates.sort_by_cached_key(|(krate, _)| tarball_name(krate));
    let store = CrateStore::open(request.network);
    Ok(HashReport {
        cargo_hash: hash_crates(&lock.bytes, &crates, &store, progress)?.to_sri(),
        lock_file: rust
            .lock_file
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        crates: crates.len(),
        warnings: super::facts::lock_warnings(lock),
    })
}

fn hash_crates(
    lock: &[u8],
    crates: &[(LockedCrate, Sha256)],
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<Sha256, IoError> {
    progress.start("Hashing", crates.len() as u64);
    let hash = in_order(
        crates,
        THREADS,
        |(krate, checksum)| {
            let bytes = store.read(krate, checksum);
            progress.step();
            bytes.map(|bytes| (tarball_name(krate), bytes))
        },
        |tarballs| cargo_hash(lock, tarballs),
    );
    progress.finish();
    hash
}
