//! Where links lead that a stranger may have made.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::IoError;
use super::paths::{full_folder_path, full_path, utf8_path};
use super::search_up::steps_to_repository;

/// Refuses to write to a path in the current repository, or the current folder,
/// that a link leads out of it: a stranger's clone must not decide where the
/// user's files are overwritten. A path that leads out by itself is the user's
/// own.
///
/// # Errors
/// Fails if a link leads out.
pub fn require_no_way_out(path: &Utf8Path) -> Result<(), IoError> {
    let Some(here) = full_folder_path(Utf8Path::new("."))? else {
        return Ok(());
    };
    let steps = steps_to_repository(&here).unwrap_or_default();
    let top = here.ancestors().nth(steps).unwrap_or(&here);
    let Some(named) = resolved(&here, path) else {
        return Ok(());
    };
    if !named.starts_with(top) {
        return Ok(());
    }
    // A link that leads nowhere would be followed when the file is made.
    let target = match full_path(path) {
        Ok(Some(target)) => target,
        Ok(None) => return Ok(()),
        Err(_) => Utf8PathBuf::from("a dangling link"),
    };
    if target.starts_with(top) {
        return Ok(());
    }
    let path = path.to_owned();
    Err(IoError::LeadsOut { path, target })
}

/// Returns the path from a folder without `.` and `..`, and without asking the
/// disk; `None` if it goes above the root.
fn resolved(folder: &Utf8Path, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut full = folder.to_owned();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                if !full.pop() {
                    return None;
                }
            }
            // An absolute path replaces all before it.
            other => full.push(other.as_str()),
        }
    }
    Some(full)
}

/// Returns the file that a path leads to: Nix takes the paths in a file from
/// where it really is.
///
/// # Errors
/// Fails if it is a link that leads nowhere, or out of the repository.
pub fn linked_file(path: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    require_no_way_out(path)?;
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    utf8_path(fs::canonicalize(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_without_the_disk() {
        let resolved = |path: &str| resolved("/a/b".into(), path.into());
        assert_eq!(resolved("./c/../d").unwrap(), "/a/b/d");
        assert_eq!(resolved("../c").unwrap(), "/a/c");
        assert_eq!(resolved("/c").unwrap(), "/c");
        assert_eq!(resolved("../../../c"), None);
    }
}
