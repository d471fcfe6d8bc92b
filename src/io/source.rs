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
    let here = Utf8Path::new(".");
    let name = path.file_name().unwrap_or_default();
    let is_called = |ending| name.to_lowercase().ends_with(ending);
    if metadata.is_dir() {
        folder::read_folder(path, here)
    } else if name == "pyproject.toml" || name == "setup.py" {
        let folder = path.parent().filter(|folder| !folder.as_str().is_empty());
        folder::read_folder(folder.unwrap_or(here), here)
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

/// Whether something is a folder; nothing where it isn't there.
#[must_use]
pub fn is_folder(path: &Utf8Path) -> Option<bool> {
    let metadata = fs::metadata(path).ok()?;
    Some(metadata.is_dir())
}

/// Whether a folder is one that cargo or git has something in.
#[must_use]
pub fn is_workspace(folder: &Utf8Path) -> bool {
    folder.join("Cargo.toml").is_file() || within_repository(folder)
}

fn within_repository(folder: &Utf8Path) -> bool {
    let full = resolved(folder).ok().flatten();
    full.is_some_and(|full| full.ancestors().any(|above| above.join(".git").exists()))
}

/// Whether a folder is an unpacked sdist.
#[must_use]
pub fn is_sdist_folder(folder: &Utf8Path) -> bool {
    folder.join("PKG-INFO").is_file()
}

/// The bytes of an sdist file; none for a folder.
///
/// # Errors
/// Where it can't be read.
pub fn archive_bytes(path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
    let is_project = matches!(path.file_name(), Some("pyproject.toml" | "setup.py"));
    if path.is_dir() || is_project {
        return Ok(None);
    }
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let path = path.to_owned();
        return Err(IoError::NoFile { path });
    }
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(IoError::NotFound {
            path: path.to_owned(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// Reads a folder with the Python project in `python_root` of it.
///
/// # Errors
/// Where it can't be read.
pub fn read_around(folder: &Utf8Path, python_root: &Utf8Path) -> Result<SourceFiles, IoError> {
    folder::read_folder(folder, python_root)
}

/// Goes up from `folder` to the first `Cargo.toml` for which `is_it` holds,
/// and counts the steps; it gets the text, and the path from there to `below`
/// in the folder.
///
/// # Errors
/// Where the folder can't be resolved.
pub fn find_above(
    folder: &Utf8Path,
    below: &Utf8Path,
    is_it: impl Fn(&str, &Utf8Path) -> bool,
) -> Result<Option<usize>, IoError> {
    let Some(start) = resolved(folder)? else {
        return Ok(None);
    };
    for (steps, above) in start.ancestors().enumerate().skip(1) {
        let manifest = above.join("Cargo.toml");
        let relative = start.strip_prefix(above).unwrap_or(&start).join(below);
        if fs::read_to_string(&manifest).is_ok_and(|text| is_it(&text, &relative)) {
            return Ok(Some(steps));
        }
    }
    Ok(None)
}

/// The folder `up` steps above `folder`, and the way back down. A project may
/// send us up within its git repository only, unless a workspace of the
/// user's is there; what it shall not do is to have us read anything else.
///
/// # Errors
/// Where the folder can't be resolved.
pub fn folder_above(
    folder: &Utf8Path,
    up: usize,
    is_workspace: bool,
) -> Result<Option<(Utf8PathBuf, Utf8PathBuf)>, IoError> {
    let Some(start) = resolved(folder)? else {
        return Ok(None);
    };
    let repository = start
        .ancestors()
        .position(|folder| folder.join(".git").exists());
    if up == 0 || !(is_workspace || repository.is_some_and(|top| up <= top)) {
        return Ok(None);
    }
    let Some(above) = start.ancestors().nth(up) else {
        return Ok(None);
    };
    let below = start.strip_prefix(above).unwrap_or(&start).to_owned();
    let steps: Utf8PathBuf = std::iter::repeat_n("..", up).collect();
    let name = if folder == "." {
        steps
    } else {
        folder.join(steps)
    };
    Ok(Some((name, below)))
}

/// The way from one folder to another.
///
/// # Errors
/// Where either can't be resolved.
pub fn way_between(from: &Utf8Path, to: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    let (Some(here), Some(there)) = (full_path(from)?, resolved(to)?) else {
        return Ok(to.to_owned());
    };
    let common = here
        .components()
        .zip(there.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = here.components().skip(common).map(|_| "..");
    let down = there.components().skip(common).map(|part| part.as_str());
    let way: Utf8PathBuf = up.chain(down).collect();
    Ok(if way.as_str().is_empty() {
        ".".into()
    } else {
        way
    })
}

/// The way from a folder to a file or folder.
///
/// # Errors
/// Where either can't be resolved.
pub fn way_to(folder: &Utf8Path, path: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    if path.is_dir() {
        return way_between(folder, path);
    }
    let parent = path.parent().filter(|parent| !parent.as_str().is_empty());
    let way = way_between(folder, parent.unwrap_or(Utf8Path::new(".")))?;
    let name = path.file_name().unwrap_or_default();
    Ok(if way == "." {
        name.into()
    } else {
        way.join(name)
    })
}

/// The full path, without links, of a file or folder that may have to be made
/// yet; `None` where it is no UTF-8.
///
/// # Errors
/// Where what is there can't be resolved.
pub fn full_path(path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
    if path.exists() || path.is_symlink() {
        return Ok(Utf8PathBuf::from_path_buf(fs::canonicalize(path)?).ok());
    }
    let above = match path.parent() {
        Some(above) if !above.as_str().is_empty() => above,
        _ => Utf8Path::new("."),
    };
    let name = path.file_name().unwrap_or_default();
    Ok(full_path(above)?.map(|above| above.join(name)))
}

/// The folder's full path; `None` where it is no UTF-8.
fn resolved(folder: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
    let project = if folder.is_dir() {
        folder
    } else {
        folder.parent().unwrap_or(folder)
    };
    Ok(Utf8PathBuf::from_path_buf(fs::canonicalize(project)?).ok())
}
