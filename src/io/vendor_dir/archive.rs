//! A folder as a tar archive, with the same bytes for the same files.

use std::io::{self, Write};
use std::path::Path;

use fs_err as fs;
use walkdir::WalkDir;

use super::super::IoError;
use super::super::read::open_regular;

/// Writes the contents of `folder` as a tar archive, below the folder `name`:
/// sorted, without owners and times.
///
/// # Errors
/// Fails if a file can't be read, or `out` can't be written.
pub fn write_tar(folder: &Path, name: &str, out: &mut dyn Write) -> Result<(), IoError> {
    let mut builder = tar::Builder::new(out);
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(io::Error::from)?;
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let path = Path::new(name).join(relative);
        let metadata = entry.metadata().map_err(io::Error::from)?;
        let mut header = tar::Header::new_gnu();
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        if metadata.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o755);
            header.set_size(0);
            builder.append_data(&mut header, path, io::empty())?;
        } else if metadata.is_symlink() {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            builder.append_link(&mut header, path, fs::read_link(entry.path())?)?;
        } else {
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(if is_executable(&metadata) {
                0o755
            } else {
                0o644
            });
            header.set_size(metadata.len());
            builder.append_data(&mut header, path, &mut open_regular(entry.path())?)?;
        }
    }
    builder.into_inner()?.flush()?;
    Ok(())
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
const fn is_executable(_metadata: &std::fs::Metadata) -> bool {
    false
}
