//! A vendored folder on the disk: replaced as a whole, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use camino::Utf8Path;
use fs_err as fs;
use walkdir::WalkDir;

use super::unpack::unpack_crate;
use super::{CrateStore, IoError, Progress, in_order};
use crate::vendor::checksum_json::ChecksumFile;
use crate::vendor::{PlannedCrate, VendorPlan};

const CHECKSUM_FILE: &str = ".cargo-checksum.json";
/// Most of the time of a cold run goes into waiting for answers.
const THREADS: usize = 16;

/// Tells whether `folder` holds what the plan says and nothing else: how many
/// crates.
///
/// The folder may be a stranger's: a crate counts only where its checksum
/// file is the one that we remember and its files are those listed there.
/// What is in the files, cargo checks when it builds.
///
/// # Errors
/// Where the folder is a link, holds what no `vendor` wrote, or can't be read.
pub fn is_current(
    folder: &Utf8Path,
    plan: &VendorPlan,
    store: &CrateStore,
) -> Result<Option<usize>, IoError> {
    let Ok(metadata) = fs::symlink_metadata(folder) else {
        return Ok(None);
    };
    if !metadata.is_dir() {
        return Err(IoError::NotAFolder {
            path: folder.to_owned(),
        });
    }
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_real = entry.file_type()?.is_dir();
        let Some(checksums) = checksum_file(&entry.path()).filter(|_| is_real) else {
            return Err(IoError::NotOurs {
                path: folder.to_owned(),
                entry: name,
            });
        };
        found.insert(name, checksums);
    }
    let is_same = plan.allows(found.keys().map(String::as_str));
    let is_current = is_same
        && plan.crates.iter().all(|planned| {
            let Some((text, file)) = found.get(&planned.folder) else {
                return true;
            };
            store.known_checksum_file(&planned.checksum).as_ref() == Some(text)
                && has_files(&folder.join(&planned.folder), file)
        });
    Ok(is_current.then_some(found.len()))
}

/// The checksum file of a crate's folder, where it has a sound one.
fn checksum_file(folder: &Path) -> Option<(String, ChecksumFile)> {
    let text = fs::read_to_string(folder.join(CHECKSUM_FILE)).ok()?;
    let file = serde_json::from_str(&text).ok()?;
    Some((text, file))
}

/// Tells whether the files of a crate's folder are those listed, none more:
/// cargo would take a build script that isn't.
fn has_files(folder: &Utf8Path, file: &ChecksumFile) -> bool {
    let mut files: BTreeSet<_> = file.files.keys().map(String::as_str).collect();
    files.insert(CHECKSUM_FILE);
    let found: Option<BTreeSet<_>> = WalkDir::new(folder)
        .into_iter()
        .filter(|entry| entry.as_ref().map_or(true, |e| !e.file_type().is_dir()))
        .map(|entry| {
            let entry = entry.ok().filter(|e| e.file_type().is_file())?;
            let path = entry.path().strip_prefix(folder).ok()?.to_str()?;
            Some(path.replace(std::path::MAIN_SEPARATOR, "/"))
        })
        .collect();
    found.is_some_and(|found| found.iter().map(String::as_str).eq(files))
}

/// Writes the folder beside its place and renames it there; gives the crates
/// that are left out, which the registry no longer has and nothing needs.
///
/// # Errors
/// Where a crate can't be had, is unsound, or the disk fails; the folder is
/// then as it was.
pub fn write(
    folder: &Utf8Path,
    plan: &VendorPlan,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<Vec<String>, IoError> {
    let folder = folder.as_std_path();
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
            let result = match write_crate(&new, krate, store) {
                Err(IoError::NoSuchCrate { .. }) if !krate.is_needed => Ok(Some(krate.label())),
                result => result.map(|()| None),
            };
            progress.step();
            result
        },
        |results| results.collect::<Result<Vec<_>, _>>(),
    );
    progress.finish();
    let gone = written?.into_iter().flatten().collect();
    swap(folder, &new, &staging.path().join("old"))?;
    Ok(gone)
}

fn write_crate(new: &Path, planned: &PlannedCrate, store: &CrateStore) -> Result<(), IoError> {
    let bytes = store.read(&planned.krate, &planned.checksum)?;
    let target = new.join(&planned.folder);
    let files = unpack_crate(&planned.krate, &bytes, &target)?;
    let text = ChecksumFile::new(Some(&planned.checksum), &files).to_text();
    fs::write(target.join(CHECKSUM_FILE), &text)?;
    store.remember_checksum_file(&planned.checksum, &text)
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
