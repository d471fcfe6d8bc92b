//! Files on the disk as a Nix archive, hashed as `nix hash path` does.

use std::io::{self, BufReader, Write};
use std::path::Path;

use fs_err as fs;

use crate::io::read::open_regular;

use super::{IoError, on_deep_stack};
use crate::hash::{NarWriter, Sha256, Sha256Writer};

/// In bytes: few system calls for large files, and within the cache of a core.
const BUFFER: usize = 64 << 10;

/// Hashes a file, a folder or a link as a Nix archive.
///
/// # Errors
/// Fails if it can't be read, or holds something else.
pub fn nar_hash(path: &Path) -> Result<Sha256, IoError> {
    if let Err(error) = fs::symlink_metadata(path)
        && error.kind() == io::ErrorKind::NotFound
    {
        let path = path.to_string_lossy().into_owned().into();
        return Err(IoError::NotFound { path });
    }
    on_deep_stack(|| {
        let mut nar = NarWriter::start(Sha256Writer::default())?;
        write_node(&mut nar, path)?;
        Ok(nar.into_inner().finish())
    })
}

/// Writes the node of a file, a folder or a link. Folders may be deep: run it
/// [`on_deep_stack`].
///
/// # Errors
/// See [`nar_hash`].
pub fn write_node<W: Write>(nar: &mut NarWriter<W>, path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return nar.symlink(fs::read_link(path)?.as_os_str().as_encoded_bytes());
    }
    if kind.is_file() {
        let file = open_regular(path)?;
        let contents = BufReader::with_capacity(BUFFER, file);
        return nar.file(is_executable(&metadata), metadata.len(), contents);
    }
    if !kind.is_dir() {
        let message = format!("`{}` is not a file, folder or link", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        // On Unix these are the bytes that are on the disk.
        names.push((name.as_encoded_bytes().to_vec(), name));
    }
    names.sort();
    nar.directory(|directory| {
        names.iter().try_for_each(|(name, file)| {
            directory.entry(name, |nar| write_node(nar, &path.join(file)))
        })
    })
}

/// Nix looks at the owner's bit alone.
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        metadata.permissions().mode() & 0o100 != 0
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}
