//! A vendor folder on the disk, which is replaced as a whole or not at all.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use fs_err as fs;

use self::crate_folder::CrateWriter;
use self::nodes::Nodes;
use self::stamp::Stamp;
use super::{Cache, CrateStore, GitStore, IoError, Progress, all_in_order};
use crate::io::links::require_no_way_out;
use crate::io::read::read_string;
use crate::io::temporary::{self, remove_folder};
use crate::vendor::checksum_json::CHECKSUM_FILE;
use crate::vendor::{Layout, LinkMode, PlannedCrate, VendorPlan};

mod archive;
mod crate_folder;
mod git_folder;
mod nodes;
mod stamp;

pub use archive::write_tar;
pub(super) use crate_folder::{UNPACKED, move_folder};

/// Most of the time of a cold run is spent waiting for servers.
const THREADS: usize = 16;

/// A vendor folder, and what it is to hold.
#[derive(Clone, Copy)]
pub struct VendorFolder<'a> {
    pub folder: &'a Utf8Path,
    pub plan: &'a VendorPlan,
    pub link_mode: LinkMode,
    pub store: &'a CrateStore,
    pub git: &'a GitStore,
    /// Crates that cargo wrote, by `name version`.
    pub from_cargo: &'a BTreeMap<String, PathBuf>,
}

/// The result of writing a vendor folder.
#[derive(Debug, Default)]
pub struct Written {
    /// How many crates are in the folder.
    pub crates: usize,
    /// Crates that were left out: the registry no longer has them, and nothing
    /// needs them.
    pub gone: Vec<String>,
}

/// What is known of a folder before its plan is made: checking all of its files
/// takes as long as reading the project.
#[derive(Default)]
pub struct Seen {
    stamp: Option<Stamp>,
    is_unchanged: bool,
}

impl Seen {
    #[must_use]
    pub fn look(folder: &Utf8Path, cache: &Cache) -> Self {
        let folder = folder.as_std_path();
        let stamp = Stamp::load(folder, cache);
        let is_unchanged = stamp.as_ref().is_some_and(|stamp| stamp.holds(folder));
        Self {
            stamp,
            is_unchanged,
        }
    }
}

impl VendorFolder<'_> {
    /// Returns the crates of the folder if it holds what the plan says, and
    /// nothing else.
    ///
    /// The folder may be a stranger's. It counts only if we wrote it, and no
    /// size or time in it has changed since.
    ///
    /// # Errors
    /// Fails if the folder is a link, holds what no `vendor` wrote, or can't be
    /// read.
    pub fn current(self, seen: Seen) -> Result<Option<Written>, IoError> {
        let Ok(metadata) = fs::symlink_metadata(self.folder) else {
            return Ok(None);
        };
        if !metadata.is_dir() {
            return Err(IoError::NotAFolder {
                path: self.folder.to_owned(),
            });
        }
        let Seen {
            stamp,
            is_unchanged,
        } = seen;
        if let Some(stamp) = &stamp
            && is_unchanged
            && stamp.is_of(self.plan, self.link_mode)
        {
            return Ok(Some(Written {
                crates: stamp.crates(),
                gone: stamp.gone(self.plan),
            }));
        }
        self.require_ours(stamp.as_ref())?;
        Ok(None)
    }

    /// Refuses to replace a folder unless everything in it looks like ours.
    fn require_ours(self, stamp: Option<&Stamp>) -> Result<(), IoError> {
        for entry in fs::read_dir(self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_known = stamp.is_some_and(|stamp| stamp.has(&name));
            // A crate may be a link.
            let is_crate = entry.path().join(CHECKSUM_FILE).is_file();
            let target = fs::read_link(entry.path()).ok();
            let cache = self.store.cache().folder();
            let is_link = target
                .zip(cache)
                .is_some_and(|(target, cache)| target.starts_with(cache));
            let is_layout = is_of_layout(self.plan.layout, &entry.path(), &name);
            if !is_known && !is_crate && !is_link && !is_layout {
                return Err(IoError::NotOurs {
                    path: self.folder.to_owned(),
                    entry: name,
                });
            }
        }
        Ok(())
    }

    /// Writes the folder beside its place and renames it. Crates that are in it
    /// unchanged keep their files.
    ///
    /// # Errors
    /// Fails if a crate can't be fetched or is invalid, or if the disk fails.
    /// The folder is then as it was.
    pub fn write(self, progress: &dyn Progress) -> Result<Written, IoError> {
        require_no_way_out(self.folder)?;
        let folder = self.folder.as_std_path();
        let beside = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(beside)?;
        let lock = stamp::lock(folder, self.store.cache());
        let name = self.folder.file_name().unwrap_or_default();
        let prefix = format!(".pyhack-vendor-{name}-");
        if lock.is_some() {
            clear_staging(beside, &prefix);
        }
        let staging = temporary::folder_in(beside, &prefix)?;
        let new = staging.path().join("new");
        fs::create_dir(&new)?;
        let mut stamp = Stamp::of(self.plan, self.link_mode);
        let written = self.write_crates(&new, &mut stamp, progress)?;
        for (path, bytes) in &self.plan.files {
            let target = new.join(path);
            fs::create_dir_all(target.parent().unwrap_or(&new))?;
            fs::write(target, bytes)?;
        }
        stamp.add_others(&new)?;
        let old = staging.path().join("old");
        swap(folder, &new, &old)?;
        // The former folder is in one of these places.
        remove_folder(&old);
        remove_folder(&new);
        stamp.settle(folder, self.link_mode)?;
        stamp.keep(folder, self.store.cache())?;
        Ok(written)
    }

    fn write_crates(
        self,
        new: &Path,
        stamp: &mut Stamp,
        progress: &dyn Progress,
    ) -> Result<Written, IoError> {
        let writer = CrateWriter {
            store: self.store,
            git: self.git,
            from_cargo: self.from_cargo,
            layout: self.plan.layout,
            scratch: new.parent().unwrap_or(new),
            link_mode: self.link_mode,
        };
        let folder = self.folder.as_std_path();
        let old = Stamp::load(folder, self.store.cache());
        let old = old.filter(|old| old.link_mode_is(self.link_mode));
        // The largest first, so that none of them is left for the end.
        let mut crates: Vec<_> = self.plan.crates.iter().collect();
        crates.sort_by_cached_key(|planned| Reverse(self.store.cached_size(&planned.krate)));
        progress.start("Vendoring", crates.len() as u64);
        let results = all_in_order(
            &crates,
            THREADS,
            |planned| {
                let name = planned.krate.name.as_str();
                progress.begin(name);
                let kept = old
                    .as_ref()
                    .is_some_and(|old| old.keep_crate(planned, folder, new));
                let result = if kept {
                    Ok(())
                } else {
                    writer.write(planned, &new.join(&planned.path))
                };
                progress.step(name);
                result.and_then(|()| Nodes::of(&new.join(&planned.path), |_| false))
            },
            |results| {
                let mut written = Written::default();
                for (planned, result) in crates.iter().zip(results) {
                    match result {
                        Ok(nodes) => {
                            written.crates += 1;
                            stamp.add(planned, nodes);
                        }
                        Err(IoError::NoSuchCrate { .. }) if !planned.is_needed => {
                            written.gone.push(PlannedCrate::label(planned));
                        }
                        Err(error) => return Err(error),
                    }
                }
                written.gone.sort();
                Ok(written)
            },
        );
        progress.finish();
        results
    }
}

/// Removes what killed runs left; no other run stages this folder now. What
/// can't be removed does no harm.
fn clear_staging(beside: &Path, prefix: &str) {
    for entry in fs::read_dir(beside).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // The rest is `tempfile`'s, which has no `-` as a longer name may have.
        let is_left = name
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.contains('-'));
        if is_left && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_folder(&entry.path());
        }
    }
}

/// Whether a layout of nixpkgs has this entry beside the crates, and the entry
/// holds nothing else.
fn is_of_layout(layout: Layout, path: &Path, name: &str) -> bool {
    let all = |is_it: &dyn Fn(&Path, &str) -> bool| {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        path.is_dir() && names.all(|name| is_it(&path.join(&name), &name))
    };
    let numbered = |start| {
        let number = name.strip_prefix(start);
        number.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_configuration = || {
        let text = read_string(path.join("config.toml")).unwrap_or_default();
        text.contains("[source.") && all(&|_, name| name == "config.toml")
    };
    match layout {
        Layout::Cargo => false,
        Layout::ImportCargoLock => name == "Cargo.lock" || (name == ".cargo" && is_configuration()),
        Layout::FetchCargoVendor => match name {
            "Cargo.lock" => true,
            "git" => {
                all(&|_, name| name.len() >= 40 && name.bytes().all(|b| b.is_ascii_hexdigit()))
            }
            _ => {
                (name == "tarballs" || numbered("registry-"))
                    && all(&|_, name| name.ends_with(".tar.gz"))
            }
        },
        Layout::FetchCargoVendorUnpacked => match name {
            "Cargo.lock" => true,
            ".cargo" => is_configuration(),
            _ => {
                let is_source = numbered("source-registry-") || numbered("source-git-");
                is_source && all(&|path, _| path.join(CHECKSUM_FILE).is_file())
            }
        },
    }
}

/// Replaces `folder` by `new`, in one step if the system can.
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

/// Exchanges two folders, so that one is there at any time. Not every file
/// system can do it.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange(_a: &Path, _b: &Path) -> bool {
    false
}
