//! Skeletons of crates: what cargo needs to resolve dependencies, which is the
//! manifest, and empty files for the targets.
//!
//! The cache keeps them with the digest of the crate's text, so that a crate is
//! unpacked for this only once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::unpack::read_crate;
use super::{CrateStore, IoError};
use crate::hash::Sha256;
use crate::io::read::read_bytes;
use crate::io::temporary;
use crate::native::SourceFacts;
use crate::native::source_facts::target_files;
use crate::project::LockedCrate;
use crate::vendor::checksum_json::{CHECKSUM_FILE, ChecksumFile};

/// The folder in the cache; its name changes with what is kept.
const FOLDER: &str = "skeletons-3";
const DIGEST: &str = ".pyhack-digest.json";
/// In bytes; larger Rust files hold tables.
pub(super) const MAX_TEXT: u64 = 1 << 20;

#[derive(Debug, Clone)]
pub(super) struct Skeleton {
    pub folder: PathBuf,
    pub digest: SourceFacts,
}

/// The Rust files that most crates' facts come from.
const USUAL_FILES: [&str; 2] = ["build.rs", "src/lib.rs"];

impl Skeleton {
    /// Returns the skeleton of a crate from the cache, or makes it; without a
    /// cache, in `scratch`.
    pub(super) fn of(
        krate: &LockedCrate,
        checksum: &Sha256,
        store: &CrateStore,
        scratch: &Path,
    ) -> Result<Self, IoError> {
        let cache = store.cache().folder().unwrap_or(scratch);
        let hex = checksum.to_hex();
        let folder = cache.join(FOLDER).join(&hex[..2]).join(&hex);
        if let Some(digest) = kept_digest(&folder) {
            return Ok(Self { folder, digest });
        }
        let mut file = store.open_crate(krate, checksum)?;
        let mut files = read_crate(krate, &mut file, |path, size| {
            path == "Cargo.toml" || (USUAL_FILES.contains(&path.as_str()) && size <= MAX_TEXT)
        })?;
        let text = |path: &str| files.get(path)?.as_deref().map(String::from_utf8_lossy);
        let manifest = text("Cargo.toml").unwrap_or_default().into_owned();
        if !SourceFacts::can_be_read(&manifest, |path| files.contains_key(path), text) {
            files = read_crate(krate, &mut file, |path, size| {
                path.extension() == Some("rs") && size <= MAX_TEXT
            })?;
        }
        let digest = Self::write(&folder, Some(checksum), &manifest, files, &[])?;
        Ok(Self { folder, digest })
    }

    /// Writes the skeleton of a crate; `files` are its paths with the texts
    /// that were read, `others` are more files for the skeleton.
    pub(super) fn write(
        folder: &Path,
        checksum: Option<&Sha256>,
        manifest: &str,
        files: BTreeMap<String, Option<Vec<u8>>>,
        others: &[(&str, Vec<u8>)],
    ) -> Result<SourceFacts, IoError> {
        let paths: Vec<String> = files.keys().cloned().collect();
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        };
        let texts = files.into_iter();
        let texts = texts.filter_map(|(path, bytes)| Some((path, text(bytes?))));
        let digest = SourceFacts::new(manifest, &texts.collect());
        let beside = folder.parent().expect("the folder is two below the cache");
        fs::create_dir_all(beside)?;
        let part = temporary::folder_in(beside, ".part-")?;
        let new = part.path().join("new");
        write_manifest(&new, manifest, paths.iter().map(String::as_str))?;
        let checksums = ChecksumFile::new(checksum, &BTreeMap::new()).to_text();
        fs::write(new.join(CHECKSUM_FILE), checksums)?;
        for (name, bytes) in others {
            fs::write(new.join(name), bytes)?;
        }
        let text = serde_json::to_vec(&digest).unwrap_or_default();
        fs::write(new.join(DIGEST), text)?;
        // Another run may have been faster, with the same result; or the folder
        // is damaged.
        if fs::rename(&new, folder).is_err() && kept_digest(folder).is_none() {
            let _ = fs::rename(folder, part.path().join("old"));
            fs::rename(&new, folder)?;
        }
        Ok(digest)
    }
}

pub(super) fn kept_digest(folder: &Path) -> Option<SourceFacts> {
    let manifest = fs::metadata(folder.join("Cargo.toml")).ok()?;
    let text = read_bytes(folder.join(DIGEST)).ok()?;
    if manifest.len() == 0 {
        return None;
    }
    serde_json::from_slice(&text).ok()
}

/// Writes a manifest, and empty files for the targets that are among `paths`.
pub(super) fn write_manifest<'a>(
    folder: &Path,
    manifest: &str,
    paths: impl IntoIterator<Item = &'a str>,
) -> Result<(), IoError> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    for path in target_files(manifest, paths) {
        let target = folder.join(path);
        fs::create_dir_all(target.parent().unwrap_or(folder))?;
        fs::write(target, b"")?;
    }
    Ok(())
}
