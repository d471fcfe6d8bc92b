//! Looks for files in a folder and in those above it.
//!
//! One rule holds for all of them: what is above a folder counts only within
//! its git repository. Outside of a repository the folder stands alone, so that
//! a file in a home or temporary folder changes nothing. The one exception is a
//! Cargo workspace, which is found wherever cargo finds it: the workspace
//! itself has to name the member.

use camino::{Utf8Path, Utf8PathBuf};

use super::IoError;
use super::paths::{full_folder_path, full_path};
use crate::io::read::read_string;

/// A folder that was reached from another one by going up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderAbove {
    /// The full path.
    pub path: Utf8PathBuf,
    /// How many folders it is above the first one.
    pub steps: usize,
    /// How many folders it is below the top of the git repository.
    pub depth: usize,
}

/// Returns a folder, which needn't exist yet, and those above it up to the top
/// of its git repository. Returns nothing if its full path isn't UTF-8.
#[must_use]
pub fn search_up(folder: &Utf8Path) -> Vec<FolderAbove> {
    let Some(start) = full_path(folder).ok().flatten() else {
        return Vec::new();
    };
    let top = steps_to_repository(&start).unwrap_or(0);
    let folders = start.ancestors().take(top + 1).enumerate();
    folders
        .map(|(steps, folder)| FolderAbove {
            path: folder.to_owned(),
            steps,
            depth: top - steps,
        })
        .collect()
}

/// Returns the first file of that name in a folder or above it.
#[must_use]
pub fn find_file_above(folder: &Utf8Path, name: &str) -> Option<Utf8PathBuf> {
    let folders = search_up(folder).into_iter();
    let mut paths = folders.map(|folder| folder.path.join(name));
    paths.find(|path| path.is_file())
}

/// Returns whether a folder is in a git repository.
#[must_use]
pub fn is_in_repository(folder: &Utf8Path) -> bool {
    let folder = full_path(folder).ok().flatten();
    folder.is_some_and(|folder| steps_to_repository(&folder).is_some())
}

/// Returns how many folders the top of the git repository is above a folder
/// with that full path; `None` outside of a repository.
pub(super) fn steps_to_repository(folder: &Utf8Path) -> Option<usize> {
    let mut folders = folder.ancestors();
    folders.position(|folder| folder.join(".git").exists())
}

/// Returns how many folders above `folder` the first `Cargo.toml` is for which
/// `is_workspace` holds. The function gets the text, and the path from there to
/// `member` in the folder.
///
/// # Errors
/// Fails if the folder can't be resolved.
pub fn find_cargo_workspace(
    folder: &Utf8Path,
    member: &Utf8Path,
    is_workspace: impl Fn(&str, &Utf8Path) -> bool,
) -> Result<Option<usize>, IoError> {
    let Some(start) = full_folder_path(folder)? else {
        return Ok(None);
    };
    let mut folders = start.ancestors().enumerate().skip(1);
    let found = folders.find(|(_, above)| {
        let below = start.strip_prefix(above).unwrap_or(&start).join(member);
        let text = read_string(above.join("Cargo.toml"));
        text.is_ok_and(|text| is_workspace(&text, &below))
    });
    Ok(found.map(|(steps, _)| steps))
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    /// `top/a/b` with a file `top/mark`, in a repository if `has_git`.
    fn folders(has_git: bool) -> (tempfile::TempDir, Utf8PathBuf) {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let top = root.canonicalize_utf8().unwrap().join("top");
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::write(top.join("mark"), "").unwrap();
        fs::write(root.join("mark"), "").unwrap();
        if has_git {
            fs::create_dir(top.join(".git")).unwrap();
        }
        (temporary, top)
    }

    #[test]
    fn a_repository_is_searched_to_its_top() {
        let (_temporary, top) = folders(true);
        let found = search_up(&top.join("a/b"));
        let found: Vec<_> = found
            .iter()
            .map(|folder| (folder.path.as_path(), folder.steps, folder.depth))
            .collect();
        let (a, b) = (top.join("a"), top.join("a/b"));
        assert_eq!(found, [(&*b, 0, 2), (&*a, 1, 1), (&*top, 2, 0)]);
        let mark = find_file_above(&b, "mark");
        assert_eq!(mark, Some(top.join("mark")));
        assert_eq!(find_file_above(&b, "other"), None);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_in_the_repository_too() {
        let (_temporary, top) = folders(true);
        let mark = find_file_above(&top.join("a/new/folder"), "mark");
        assert_eq!(mark, Some(top.join("mark")));
    }

    #[test]
    fn outside_of_a_repository_a_folder_stands_alone() {
        let (_temporary, top) = folders(false);
        assert_eq!(find_file_above(&top.join("a"), "mark"), None);
        assert_eq!(find_file_above(&top, "mark"), Some(top.join("mark")));
    }

    #[test]
    fn a_cargo_workspace_is_found_outside_of_a_repository() {
        let (_temporary, top) = folders(false);
        fs::write(top.join("Cargo.toml"), "[workspace]").unwrap();
        let found = find_cargo_workspace(&top.join("a/b"), "c".into(), |text, below| {
            text == "[workspace]" && below == "a/b/c"
        });
        assert_eq!(found.unwrap(), Some(2));
    }
}
