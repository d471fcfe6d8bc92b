//! A project folder or an sdist, as far as it has to be read.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::{IoError, folder, sdist};
use crate::project::SourceFiles;

/// Reads the names of all files of `path` and the texts that matter. An
/// archive is read in memory, nothing is unpacked.
///
/// # Errors
/// Where it doesn't exist, is no source, or can't be read.
pub fn read_source(path: &Utf8Path) -> Result<SourceFiles, IoError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(IoError::NotFound {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    let name = path.file_name().unwrap_or_default();
    let is_called = |ending| name.to_lowercase().ends_with(ending);
    if metadata.is_dir() {
        folder::read_folder(path)
    } else if name == "pyproject.toml" || name == "setup.py" {
        let folder = path.parent().filter(|folder| !folder.as_str().is_empty());
        folder::read_folder(folder.unwrap_or(Utf8Path::new(".")))
    } else if is_called(".tar.gz") || is_called(".tgz") {
        sdist::read_tar_gz(path)
    } else if is_called(".zip") {
        sdist::read_zip(path)
    } else {
        Err(IoError::UnknownKind {
            path: path.to_owned(),
        })
    }
}

/// Goes up from `folder` and names the first `Cargo.toml` for which `is_it`
/// holds, relative to the folder; it gets the text, and the path from there to
/// `below` in the folder.
///
/// # Errors
/// Where the folder can't be resolved.
pub fn find_above(
    folder: &Utf8Path,
    below: &Utf8Path,
    is_it: impl Fn(&str, &Utf8Path) -> bool,
) -> Result<Option<String>, IoError> {
    let project = if folder.is_dir() {
        folder
    } else {
        folder.parent().unwrap_or(folder)
    };
    let Ok(start) = Utf8PathBuf::from_path_buf(fs::canonicalize(project)?) else {
        return Ok(None);
    };
    for (steps, above) in start.ancestors().enumerate().skip(1) {
        let manifest = above.join("Cargo.toml");
        let relative = start.strip_prefix(above).unwrap_or(&start).join(below);
        if fs::read_to_string(&manifest).is_ok_and(|text| is_it(&text, &relative)) {
            return Ok(Some(format!("{}Cargo.toml", "../".repeat(steps))));
        }
    }
    Ok(None)
}
