//! Starts programs: the one place where a program is looked for in `PATH`.
//!
//! A folder of `PATH` that is relative leads into the folder that the program is
//! started in, and one in a project is filled by whoever wrote the project. Both
//! are left out, for the program and for those that it starts in turn.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use fs_err as fs;

use super::search_up::search_up;

/// The folders whose projects are worked at.
static PROJECTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What programs are found in if nothing is left of `PATH`. An empty one would
/// be the working folder.
const SYSTEM: &str = "/usr/bin:/bin";

/// Variables that name folders of the user's: programs in them are the user's,
/// even if the folder is in a project.
const OWN_FOLDERS: [&str; 4] = ["CARGO_HOME", "RUSTUP_HOME", "CONDA_PREFIX", "VIRTUAL_ENV"];

/// Remembers that a project is in a folder, so that none of its programs is
/// started.
pub(super) fn distrust(project: &Utf8Path) {
    let folders = search_up(project);
    let ends = folders.first().into_iter().chain(folders.last());
    let home = full(env::var_os("HOME").unwrap_or_default());
    // Some users keep their home folder in a git repository. Programs in it are
    // the user's own.
    let is_project = |folder: &PathBuf| {
        let has_home = home.as_ref().is_some_and(|home| home.starts_with(folder));
        !has_home && folder.parent().is_some()
    };
    let found = ends.map(|folder| PathBuf::from(&folder.path));
    let mut projects = PROJECTS.lock().unwrap_or_else(PoisonError::into_inner);
    projects.extend(found.filter(is_project));
}

/// Prepares a program that is looked for in [`path`], as are those that it
/// starts.
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.envs(path().map(|path| ("PATH", path)));
    command
}

/// Returns the user's `PATH` without what a project may have filled, if it is
/// set.
pub(super) fn path() -> Option<OsString> {
    let path = env::var_os("PATH")?;
    distrust(Utf8Path::new("."));
    let own: Vec<_> = OWN_FOLDERS
        .iter()
        .filter_map(|name| full(env::var_os(name)?))
        .collect();
    let projects = PROJECTS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_in = |folder: &Path| {
        let is_below = |other: &PathBuf| folder.starts_with(other);
        projects.iter().any(is_below) && !own.iter().any(is_below)
    };
    without(&path, is_in)
}

/// Returns the entries of a `PATH` whose folder isn't in a project.
fn without(path: &OsStr, is_in_project: impl Fn(&Path) -> bool) -> Option<OsString> {
    let is_safe = |entry: &PathBuf| {
        let folder = full(entry).unwrap_or_else(|| entry.clone());
        entry.is_absolute() && !is_in_project(&folder)
    };
    let entries: Vec<_> = env::split_paths(path).filter(is_safe).collect();
    if entries.is_empty() {
        return Some(SYSTEM.into());
    }
    env::join_paths(entries).ok()
}

/// Returns a folder without links; `None` if it isn't there.
fn full(folder: impl AsRef<Path>) -> Option<PathBuf> {
    fs::canonicalize(folder.as_ref()).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn relative_folders_and_those_of_projects_are_left_out() {
        let is_in = |folder: &Path| folder.starts_with("/project");
        let of = |path: &str| {
            let left = without(OsStr::new(path), is_in);
            left.unwrap().into_string().unwrap()
        };
        assert_eq!(of(".:/nowhere::bin:/project/bin:/a"), "/nowhere:/a");
        for path in ["", ".", "/project:/project/x", "a/../b"] {
            assert_eq!(of(path), SYSTEM);
        }
    }

    #[test]
    fn a_home_folder_is_no_project() {
        let home = PathBuf::from(env::var_os("HOME").unwrap());
        distrust(Utf8Path::from_path(&home).unwrap());
        let folder = full("testdata").unwrap();
        distrust(Utf8Path::from_path(&folder).unwrap());
        let projects = PROJECTS.lock().unwrap();
        assert!(projects.contains(&folder));
        assert!(!projects.contains(&full(&home).unwrap_or(home)));
    }
}
