//! A vendored folder on the disk: replaced as a whole, or not at all.

use std::collections::BTreeSet;
use std::path::Path;

use camino::Utf8Path;
use fs_err as fs;

use super::unpack::unpack_crate;
use super::{CrateStore, IoError, Progress, in_order};
use crate::vendor::checksum_json::ChecksumFile;
use crate::vendor::{PlannedCrate, VendorPlan};

const CHECKSUM_FILE: &str = ".cargo-checksum.json";
/// Most of the time of a cold run goes into waiting for answers.
const THREADS: usize = 16;

/// Tells whether `folder` holds what the plan says and nothing else, by the
/// checksum files; cargo itself checks every other file when it builds.
///
/// # Errors
/// Where the folder holds what no `vendor` wrote, or can't be read.
pub fn is_current(folder: &Utf8Path, plan: &VendorPlan) -> Result<bool, IoError> {
    if !folder.exists() {
        return Ok(false);
    }
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().join(CHECKSUM_FILE).is_file() {
            return Err(IoError::NotOurs {
                path: folder.to_owned(),
                entry: name,
            });
        }
        found.insert(name);
    }
    let is_same = found.iter().map(String::as_str).eq(plan.folders());
    Ok(is_same && plan.crates.iter().all(|krate| has_crate(folder, krate)))
}

fn has_crate(folder: &Utf8Path, planned: &PlannedCrate) -> bool {
    let path = folder.join(&planned.folder).join(CHECKSUM_FILE);
    let Some(file) = fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice::<ChecksumFile>(&text).ok())
    else {
        return false;
    };
    file.package == Some(planned.checksum.to_hex())
}

/// Writes the folder beside its place and renames it there.
///
/// # Errors
/// Where a crate can't be had, is unsound, or the disk fails; the folder is
/// then as it was.
pub fn write(
    folder: &Utf8Path,
    plan: &VendorPlan,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<(), IoError> {
    // A link to a folder stays a link.
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.as_std_path().to_owned());
    let beside = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(beside)?;
    let staging = tempfile::Builder::new()
        .prefix(".pyhack-vendor-")
        .tempdir_in(beside)?;
    let new = staging.path().join("new");
    fs::create_dir(&new)?;
    progress.start("Vendoring", plan.crates.len() as u64);
    let written = in_order(
        &plan.crates,
        THREADS,
        |krate| {
            let result = write_crate(&new, krate, store);
            progress.step();
            result
        },
        |results| results.collect::<Result<(), _>>(),
    );
    progress.finish();
    written?;
    swap(&folder, &new, &staging.path().join("old"))
}

fn write_crate(new: &Path, planned: &PlannedCrate, store: &CrateStore) -> Result<(), IoError> {
    let bytes = store.read(&planned.krate, &planned.checksum)?;
    let target = new.join(&planned.folder);
    let files = unpack_crate(&planned.krate, &bytes, &target)?;
    let text = ChecksumFile::new(&planned.checksum, &files).to_text();
    fs::write(target.join(CHECKSUM_FILE), text)?;
    Ok(())
}

/// Puts `new` in the place of `folder`, in one step where the system can.
fn swap(folder: &Path, new: &Path, old: &Path) -> Result<(), IoError> {
    if !folder.exists() {
        return Ok(fs::rename(new, folder)?);
    }
    if exchange(folder, new) {
        return Ok(());
    }
    fs::rename(folder, old)?;
    fs::rename(new, folder).or_else(|error| {
        fs::rename(old, folder)?;
        Err(error.into())
    })
}

/// Exchanges two folders, so that nobody ever sees none. Not every file
/// system can.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange(_a: &Path, _b: &Path) -> bool {
    false
}
