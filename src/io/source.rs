//! A project folder or an sdist, as far as it has to be read.

use std::io;

use camino::Utf8Path;
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
