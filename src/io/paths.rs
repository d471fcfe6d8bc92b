//! Paths between folders, and what is at a path.

use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::IoError;

/// Returns the folder that a file is in: `.` for a bare name.
#[must_use]
pub fn parent_folder(file: &Utf8Path) -> &Utf8Path {
    match file.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    }
}

/// Joins a path to a folder, without `./` before it.
#[must_use]
pub fn join_below(folder: &Utf8Path, below: impl AsRef<Utf8Path>) -> Utf8PathBuf {
    if folder == "." {
        below.as_ref().to_owned()
    } else {
        folder.join(below)
    }
}

/// Returns the path that leads from a folder to a file or folder: `.` for the
/// folder itself. Neither needs to exist.
///
/// # Errors
/// Fails if what exists can't be resolved.
pub fn path_from(folder: &Utf8Path, path: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    if path.is_dir() {
        return relative_folder(folder, path);
    }
    let parent = relative_folder(folder, parent_folder(path))?;
    Ok(join_below(&parent, path.file_name().unwrap_or_default()))
}

fn relative_folder(from: &Utf8Path, to: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    let (Some(here), Some(there)) = (full_path(from)?, full_path(to)?) else {
        return Ok(to.to_owned());
    };
    let common = here
        .components()
        .zip(there.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = here.components().skip(common).map(|_| "..");
    let down = there.components().skip(common).map(|part| part.as_str());
    let path: Utf8PathBuf = up.chain(down).collect();
    Ok(if path.as_str().is_empty() {
        ".".into()
    } else {
        path
    })
}

/// Returns the full path, without links, of a file or folder that may have to
/// be made yet; `None` if it isn't UTF-8.
///
/// # Errors
/// Fails if what is there can't be resolved.
pub fn full_path(path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
    if path.exists() || path.is_symlink() {
        return Ok(Utf8PathBuf::from_path_buf(fs::canonicalize(path)?).ok());
    }
    let name = path.file_name().unwrap_or_default();
    Ok(full_path(parent_folder(path))?.map(|folder| folder.join(name)))
}

/// Returns the full path of a folder, or of the one that a file is in; `None`
/// if it isn't UTF-8.
///
/// # Errors
/// Fails if it can't be resolved.
pub(super) fn full_folder_path(path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    Ok(Utf8PathBuf::from_path_buf(fs::canonicalize(folder)?).ok())
}

/// Returns a path as text.
///
/// # Errors
/// Fails if it isn't UTF-8.
pub fn utf8_path(path: PathBuf) -> Result<Utf8PathBuf, IoError> {
    Utf8PathBuf::from_path_buf(path).map_err(|path| IoError::NoText { path })
}

/// Changes the working folder of the program.
///
/// # Errors
/// Fails if the folder can't be entered.
pub fn enter(folder: &Utf8Path) -> Result<(), IoError> {
    std::env::set_current_dir(folder).map_err(|error| {
        let message = format!("failed to change to the folder `{folder}`: {error}");
        IoError::File(std::io::Error::new(error.kind(), message))
    })
}

/// Whether there is a file or folder, or a link to one.
#[must_use]
pub fn exists(path: &Utf8Path) -> bool {
    path.exists()
}

/// Whether there is a file, or a link to one.
#[must_use]
pub fn is_file(path: &Utf8Path) -> bool {
    path.is_file()
}

/// Whether there is a folder, or a link to one.
#[must_use]
pub fn is_folder(path: &Utf8Path) -> bool {
    path.is_dir()
}

/// Whether there is a link, wherever it leads.
#[must_use]
pub fn is_link(path: &Utf8Path) -> bool {
    path.is_symlink()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_folder_to_folder_and_file() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join("c")).unwrap();
        for (from, to, expected) in [
            ("a", "a", "."),
            ("a", "a/b", "b"),
            ("a/b", "c", "../../c"),
            ("a", "c/file", "../c/file"),
            ("a", "a/file", "file"),
            // The overlay's folder is made with it.
            ("a/new", "c", "../../c"),
            ("a", "gone/file", "../gone/file"),
        ] {
            let found = path_from(&root.join(from), &root.join(to));
            assert_eq!(found.unwrap(), expected, "{from} {to}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_resolved() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        fs::create_dir_all(root.join("real")).unwrap();
        std::os::unix::fs::symlink("real", root.join("link")).unwrap();
        let found = path_from(&root.join("link"), &root.join("real/file"));
        assert_eq!(found.unwrap(), "file");
        let full = full_path(&root.join("link/new/file")).unwrap().unwrap();
        assert!(full.ends_with("real/new/file"), "{full}");
    }
}
