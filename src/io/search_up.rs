//! Files of the user's that lie beside an overlay, or above it.

use camino::{Utf8Path, Utf8PathBuf};

use super::source::full_path;

/// As far as is looked where there is no git repository.
const MAX_STEPS: usize = 8;

/// The full paths of a folder and those above it, within the git repository,
/// each with how many folders it is below the repository's.
#[must_use]
pub fn above(folder: &Utf8Path) -> Vec<(Utf8PathBuf, usize)> {
    let Some(start) = full_path(folder).ok().flatten() else {
        return Vec::new();
    };
    let folders: Vec<_> = start.ancestors().take(MAX_STEPS).collect();
    let top = folders
        .iter()
        .position(|folder| folder.join(".git").exists());
    // Without a repository, a file reaches nothing above it.
    match top {
        Some(top) => folders[..=top]
            .iter()
            .enumerate()
            .map(|(step, folder)| ((*folder).to_owned(), top - step))
            .collect(),
        None => vec![(start, 0)],
    }
}

/// The first file of that name in a folder or above it, within the git
/// repository.
#[must_use]
pub fn find_file_above(folder: &Utf8Path, name: &str) -> Option<Utf8PathBuf> {
    let start = full_path(folder).ok().flatten()?;
    for folder in start.ancestors().take(MAX_STEPS) {
        let path = folder.join(name);
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}
