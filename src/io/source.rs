//! A project folder or an sdist, as far as it has to be read.

use std::io::{self, Seek as _, Write as _};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::paths::{full_folder_path, parent_folder};
use super::read::open_regular;
use super::search_up::{FolderAbove, search_up, steps_to_repository};
use super::{IoError, folder, programs, sdist};
use crate::hash::{Sha256, Sha256Writer};
use crate::project::SourceFiles;

/// A project folder or an sdist, as it was when it was opened.
pub struct Source(Kind);

enum Kind {
    Folder(Arc<SourceFiles>),
    Archive(Archive),
}

/// An sdist. Everything that is read of it comes from one opening of the file.
pub struct Archive {
    path: Utf8PathBuf,
    file: Mutex<fs::File>,
    files: OnceLock<Arc<SourceFiles>>,
    hashed: OnceLock<Sha256Writer>,
}

impl Source {
    /// Opens an archive, or reads a folder: the names of all files, and the
    /// texts that matter.
    pub(super) fn open(path: &Utf8Path) -> Result<Self, IoError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(IoError::NotFound {
                    path: path.to_owned(),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let folder = project_folder(path);
        if metadata.is_dir() || folder != path {
            return Self::of_folder(folder, Utf8Path::new("."));
        }
        // Reading a pipe may never end.
        if !metadata.is_file() {
            let path = path.to_owned();
            return Err(IoError::NoFile { path });
        }
        Ok(Self(Kind::Archive(Archive {
            path: path.to_owned(),
            file: Mutex::new(open_regular(path)?),
            files: OnceLock::new(),
            hashed: OnceLock::new(),
        })))
    }

    /// Reads a folder with the Python project in `python_root` of it.
    pub(super) fn of_folder(folder: &Utf8Path, python_root: &Utf8Path) -> Result<Self, IoError> {
        programs::distrust(folder);
        let files = folder::read_folder(folder, python_root)?;
        Ok(Self(Kind::Folder(Arc::new(files))))
    }

    /// Returns the names of all files, and the texts that matter. An archive is
    /// read in memory; nothing is unpacked.
    ///
    /// # Errors
    /// Fails if it is an archive of an unknown kind, or can't be read.
    pub fn files(&self) -> Result<Arc<SourceFiles>, IoError> {
        match &self.0 {
            Kind::Folder(files) => Ok(files.clone()),
            Kind::Archive(archive) => archive.files(),
        }
    }

    #[must_use]
    pub const fn archive(&self) -> Option<&Archive> {
        match &self.0 {
            Kind::Folder(_) => None,
            Kind::Archive(archive) => Some(archive),
        }
    }
}

impl Archive {
    fn files(&self) -> Result<Arc<SourceFiles>, IoError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = self.files.get() {
            return Ok(files.clone());
        }
        let files = sdist::read_archive(&self.path, &mut file)?;
        Ok(self.files.get_or_init(|| Arc::new(files)).clone())
    }

    /// Returns the SHA-256 of the file.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub fn hash(&self) -> Result<Sha256, IoError> {
        self.hash_with(b"")
    }

    /// Returns the SHA-256 of the file's bytes followed by `more`.
    ///
    /// # Errors
    /// Fails if the file can't be read.
    pub fn hash_with(&self, more: &[u8]) -> Result<Sha256, IoError> {
        let mut writer = self.hashed()?.clone();
        writer.write_all(more)?;
        Ok(writer.finish())
    }

    /// Returns the hasher after the file's bytes.
    fn hashed(&self) -> Result<&Sha256Writer, IoError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hashed) = self.hashed.get() {
            return Ok(hashed);
        }
        let mut writer = Sha256Writer::default();
        file.rewind()?;
        io::copy(&mut *file, &mut writer)?;
        Ok(self.hashed.get_or_init(|| writer))
    }
}

/// Returns the folder of a project, which may be named by its `pyproject.toml`
/// or `setup.py`.
#[must_use]
pub fn project_folder(path: &Utf8Path) -> &Utf8Path {
    let is_such = matches!(path.file_name(), Some("pyproject.toml" | "setup.py"));
    if !is_such || path.is_dir() {
        return path;
    }
    parent_folder(path)
}

/// Returns the folder of the Python project that a manifest belongs to: of a
/// `Cargo.toml`, the nearest one above it in the repository.
///
/// # Errors
/// Fails if there is no such file.
pub fn project_of_manifest(manifest: &Utf8Path) -> Result<Utf8PathBuf, IoError> {
    if !manifest.is_file() {
        return Err(IoError::NotFound {
            path: manifest.to_owned(),
        });
    }
    let folder = parent_folder(manifest);
    let is_project = |above: &FolderAbove| {
        let files = ["pyproject.toml", "setup.py"];
        files.iter().any(|name| above.path.join(name).is_file())
    };
    let steps = search_up(folder).into_iter().find(is_project);
    let steps = steps.map_or(0, |above| above.steps);
    if steps == 0 {
        return Ok(folder.to_owned());
    }
    Ok(folder.join(std::iter::repeat_n("..", steps).collect::<Utf8PathBuf>()))
}

/// Whether a folder is a cargo project, or in a git repository.
#[must_use]
pub fn is_workspace(folder: &Utf8Path) -> bool {
    folder.join("Cargo.toml").is_file() || within_repository(folder)
}

fn within_repository(folder: &Utf8Path) -> bool {
    let full = full_folder_path(folder).ok().flatten();
    full.is_some_and(|full| steps_to_repository(&full).is_some())
}

/// Whether a folder is an unpacked sdist.
#[must_use]
pub fn is_sdist_folder(folder: &Utf8Path) -> bool {
    folder.join("PKG-INFO").is_file()
}

/// Returns the folder `up` steps above `folder`, and the path back down. A
/// project may lead above itself only within its git repository, or to a
/// workspace of the user's: it must not have anything else read.
///
/// # Errors
/// Fails if the folder can't be resolved.
pub fn folder_above(
    folder: &Utf8Path,
    up: usize,
    is_workspace: bool,
) -> Result<Option<(Utf8PathBuf, Utf8PathBuf)>, IoError> {
    let Some(start) = full_folder_path(folder)? else {
        return Ok(None);
    };
    let repository = steps_to_repository(&start);
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
