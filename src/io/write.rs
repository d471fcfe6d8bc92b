//! Reads and writes whole files: a file is written completely or not at all.

use std::io::{Read, Write as _};
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::IoError;
use super::links::require_no_way_out;
use super::read::read_bytes;
use super::temporary;

/// Writes a file beside its place and renames it. Returns false if it has these
/// bytes already.
///
/// # Errors
/// Fails if the disk does, or if the file has other bytes and `overwrite` is
/// off. The file is then as it was.
pub fn write_file(path: &Utf8Path, bytes: &[u8], overwrite: bool) -> Result<bool, IoError> {
    require_no_way_out(path)?;
    match read_bytes(path) {
        Ok(old) if old == bytes => return Ok(false),
        Ok(_) if !overwrite => {
            return Err(IoError::Exists {
                path: path.to_owned(),
            });
        }
        _ => {}
    }
    let mut part = part(path, Readers::Everyone)?;
    part.write_all(bytes)?;
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(part.path(), metadata.permissions())?;
    }
    persist(part, path)?;
    Ok(true)
}

/// Writes a file, and makes the folders above it. If several runs write it at
/// the same time, each puts a whole file in its place.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), IoError> {
    replace_file_from(path, &mut &*bytes)
}

/// Likewise, with what comes from a reader.
pub(super) fn replace_file_from(path: &Path, contents: &mut impl Read) -> Result<(), IoError> {
    let mut part = part(path, Readers::User)?;
    std::io::copy(contents, &mut part)?;
    persist(part, path)
}

/// A file as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    pub path: Utf8PathBuf,
    pub bytes: Vec<u8>,
}

/// Returns the files that don't have their bytes yet.
///
/// # Errors
/// Fails if one can't be read.
pub fn changed_files(files: &[NewFile]) -> Result<Vec<&NewFile>, IoError> {
    let mut changed = Vec::new();
    for file in files {
        if read_file(&file.path)?.as_ref() != Some(&file.bytes) {
            changed.push(file);
        }
    }
    Ok(changed)
}

/// Writes all of these files, or none if one can't be written.
///
/// # Errors
/// Fails if the disk does.
pub fn write_files(files: &[&NewFile]) -> Result<(), IoError> {
    let mut parts = Vec::new();
    for NewFile { path, bytes } in files {
        require_no_way_out(path)?;
        let mut part = part(path, Readers::Everyone)?;
        part.write_all(bytes)?;
        if let Ok(metadata) = fs::metadata(path) {
            fs::set_permissions(part.path(), metadata.permissions())?;
        }
        parts.push((path, part));
    }
    for (path, part) in parts {
        persist(part, path)?;
    }
    Ok(())
}

/// Writes all of these new files, or none if one can't be written. An existing
/// file or link is never replaced.
///
/// # Errors
/// Fails if the disk does, or if one of them exists.
pub fn create_files(files: &[NewFile]) -> Result<(), IoError> {
    let mut parts = Vec::new();
    for NewFile { path, bytes } in files {
        require_no_way_out(path)?;
        let mut part = part(path, Readers::Everyone)?;
        part.write_all(bytes)?;
        parts.push((path, part));
    }
    let mut made: Vec<&Utf8PathBuf> = Vec::new();
    for (path, part) in parts {
        if let Err(error) = part.persist_noclobber(path) {
            for path in made {
                // The error that led here is the one to report.
                let _ = fs::remove_file(path);
            }
            return Err(not_written(path.as_std_path(), &error.error));
        }
        made.push(path);
    }
    Ok(())
}

/// A file that is written piece by piece, and renamed to its place once it is
/// complete.
pub struct AtomicFile {
    path: Utf8PathBuf,
    part: Part,
}

enum Part {
    Beside(tempfile::NamedTempFile),
    /// A pipe or a device, which can't be replaced.
    InPlace(fs::File),
}

impl AtomicFile {
    /// Starts a file; if the path is a link, the one that it leads to.
    ///
    /// # Errors
    /// Fails if its folder can't be written, or a folder is in its place.
    pub fn new(path: &Utf8Path) -> Result<Self, IoError> {
        require_no_way_out(path)?;
        let path = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        let part = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Err(IoError::NoFile { path }),
            Ok(metadata) if !metadata.is_file() => {
                Part::InPlace(fs::OpenOptions::new().write(true).open(&path)?)
            }
            _ => Part::Beside(part(&path, Readers::Everyone)?),
        };
        Ok(Self { path, part })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Fails if it can't be renamed.
    pub fn finish(self) -> Result<(), IoError> {
        if let Part::Beside(part) = self.part {
            persist(part, &self.path)?;
        }
        Ok(())
    }
}

impl std::io::Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.part {
            Part::Beside(part) => part.write(bytes),
            Part::InPlace(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.part {
            Part::Beside(part) => part.flush(),
            Part::InPlace(file) => file.flush(),
        }
    }
}

/// Puts a file in its place.
fn persist(part: tempfile::NamedTempFile, path: impl AsRef<Path>) -> Result<(), IoError> {
    let path = path.as_ref();
    let done = part.persist(path);
    done.map(drop)
        .map_err(|error| not_written(path, &error.error))
}

/// Names the file: the system's error doesn't.
fn not_written(path: &Path, error: &std::io::Error) -> IoError {
    let message = format!("failed to write `{}`: {error}", path.display());
    std::io::Error::new(error.kind(), message).into()
}

/// Who may read a new file, as far as the umask allows it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    User,
    Everyone,
}

/// Makes a new file beside the place of another one.
fn part(path: impl AsRef<Path>, readers: Readers) -> Result<tempfile::NamedTempFile, IoError> {
    let folder = match path.as_ref().parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let file = temporary::file_in(folder, |builder| {
        #[cfg(unix)]
        if readers == Readers::Everyone {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        #[cfg(not(unix))]
        let _ = (builder, readers);
    });
    Ok(file?)
}

/// Reads a file; returns `None` if there isn't one.
///
/// # Errors
/// Fails if it can't be read, or isn't a file: reading a pipe may never end.
pub fn read_file(path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
    match read_bytes(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads a text file; returns `None` if there isn't one.
///
/// # Errors
/// Fails likewise, or if it isn't UTF-8.
pub fn read_text(path: &Utf8Path) -> Result<Option<String>, IoError> {
    let Some(bytes) = read_file(path)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| IoError::NoText {
        path: path.to_owned().into(),
    })?;
    Ok(Some(text))
}
