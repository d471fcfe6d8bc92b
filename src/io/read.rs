//! The one place where files are opened to be read.
//!
//! A stranger decides what a name in a project leads to. Each file is opened
//! once, asked whether it is a regular file, and read up to a limit: a pipe
//! would never end, nor would a device, and a sparse file is larger than any
//! memory.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use thiserror::Error;

/// Upper bound on the size of a configuration file, an overlay, a lockfile or a
/// cache entry, in bytes.
pub(super) const MAX_FILE: u64 = 16 << 20;

/// Why a file isn't read; inside an [`io::Error`].
#[derive(Debug, Error)]
pub(super) enum NotRead {
    #[error("`{}` is not a regular file", path.display())]
    Special { path: PathBuf },
    #[error("`{}` is larger than {} MiB", path.display(), limit >> 20)]
    TooLarge { path: PathBuf, limit: u64 },
}

impl NotRead {
    pub(super) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// Opens a regular file to read it.
///
/// # Errors
/// Fails if it can't be opened, or is something else. Opening a pipe doesn't
/// wait for a writer.
pub(super) fn open_regular(path: impl AsRef<Path>) -> io::Result<fs::File> {
    let path = path.as_ref();
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        use rustix::fs::OFlags;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let path = path.to_owned();
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        NotRead::Special { path },
    ))
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Fails if it can't be read, is something else, or is larger.
pub(super) fn read_up_to(path: impl AsRef<Path>, limit: u64) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    let mut bytes = Vec::new();
    open_regular(path)?
        .take(limit + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= limit {
        return Ok(bytes);
    }
    let path = path.to_owned();
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        NotRead::TooLarge { path, limit },
    ))
}

/// Likewise for a file of a usual size.
///
/// # Errors
/// See [`read_up_to`].
pub(super) fn read_bytes(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    read_up_to(path, MAX_FILE)
}

/// Likewise for a text.
///
/// # Errors
/// See [`read_up_to`]; also fails if the file isn't UTF-8.
pub(super) fn read_string(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    String::from_utf8(read_bytes(path)?).map_err(|_| {
        let message = format!("`{}` is not UTF-8", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "abc").unwrap();
        assert_eq!(read_up_to(&path, 3).unwrap(), b"abc");
        let error = read_up_to(&path, 2).unwrap_err();
        assert!(matches!(
            NotRead::of(&error),
            Some(NotRead::TooLarge { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let link = folder.path().join("link");
        fs_err::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [pipe, link, folder.path().to_owned()] {
            let error = read_bytes(&path).unwrap_err();
            let is_special = matches!(NotRead::of(&error), Some(NotRead::Special { .. }));
            assert!(is_special, "{}: {error}", path.display());
        }
    }

    /// A file of 100 GB without any contents.
    #[test]
    fn a_sparse_file_takes_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        fs::File::create(&path).unwrap().set_len(100 << 30).unwrap();
        assert!(read_bytes(&path).is_err());
    }
}
