//! Files that are written as a whole or not at all.

use std::io::Write as _;
use std::path::Path;

use camino::Utf8Path;
use fs_err as fs;

use super::IoError;

/// Writes a file beside its place and renames it there; false where it has
/// these bytes already.
///
/// # Errors
/// Where the disk fails, or the file has other bytes and `overwrite` is off;
/// it is then as it was.
pub fn write_file(path: &Utf8Path, bytes: &[u8], overwrite: bool) -> Result<bool, IoError> {
    match fs::read(path) {
        Ok(old) if old == bytes => return Ok(false),
        Ok(_) if !overwrite => {
            return Err(IoError::Exists {
                path: path.to_owned(),
            });
        }
        _ => {}
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder.as_std_path(),
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o644));
    }
    let mut part = builder.prefix(".pyhack-").tempfile_in(folder)?;
    part.write_all(bytes)?;
    part.persist(path).map_err(|error| error.error)?;
    Ok(true)
}

/// Reads a file, if there is one.
///
/// # Errors
/// Where it can't be read.
pub fn read_file(path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
