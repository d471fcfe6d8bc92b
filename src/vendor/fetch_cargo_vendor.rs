//! The tree that nixpkgs' `fetchCargoVendor` downloads, as a stream.
//!
//! ```text
//! Cargo.lock                             the lock, byte for byte
//! git/<revision>/                        each git checkout
//! registry-<n>/<name>-<version>.tar.gz   each crate of the n-th other registry
//! tarballs/<name>-<version>.tar.gz       each crate of crates.io, as downloaded
//! ```
//!
//! Registries are counted from 1 on, in the order in which the lock names
//! them. There are no empty folders. Files in checkouts are executable as git
//! has them, others are not. The `cargoHash` of a package is the SHA-256 of
//! the tree's NAR. The crates come as an iterator, so that one at a time is in
//! memory and none is unpacked.

#[cfg(test)]
use std::io::Cursor;
use std::io::{self, BufRead, Write};
use std::iter::Peekable;

use crate::hash::{Directory, NarWriter, Sha256, Sha256Writer};
use crate::project::{CargoLock, CrateSource, LockedCrate};

/// A file of the tree, apart from the lock.
#[derive(Debug)]
pub struct TreeFile<R> {
    /// Relative to the tree, with `/` between the parts.
    pub path: String,
    /// In bytes.
    pub size: u64,
    pub contents: R,
}

#[cfg(test)]
impl TreeFile<Cursor<Vec<u8>>> {
    pub const fn new(path: String, bytes: Vec<u8>) -> Self {
        Self {
            path,
            size: bytes.len() as u64,
            contents: Cursor::new(bytes),
        }
    }
}

/// The path in the tree of a crate that isn't from git.
pub fn tarball_path(krate: &LockedCrate, cargo_lock: &CargoLock) -> String {
    let number = match &krate.source {
        CrateSource::Registry(registry) => cargo_lock.registry_number(&registry.id),
        _ => None,
    };
    let folder = number.map_or("tarballs".to_owned(), |number| format!("registry-{number}"));
    format!("{folder}/{}-{}.tar.gz", krate.name, krate.version)
}

/// The key to sort paths by, so that the entries of a folder are next to each
/// other and in the order of their names' bytes.
pub fn sort_key(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

/// Writes the folder of git checkouts.
pub type GitNode<'a, E> = &'a mut dyn FnMut(&mut NarWriter<Sha256Writer>) -> Result<(), E>;

/// Hashes the tree of a lock, files in the order of [`sort_key`], and the
/// folder of git checkouts.
///
/// # Errors
/// Fails with the first error of `files`, `git` or reading a file, and if a
/// file hasn't the size that it should have. Fails with `InvalidInput` if
/// `files` aren't sorted or contain a path twice.
pub fn cargo_hash<R, E, I>(
    cargo_lock: &[u8],
    git: Option<GitNode<E>>,
    files: I,
) -> Result<Sha256, E>
where
    R: BufRead,
    E: From<io::Error>,
    I: IntoIterator<Item = Result<TreeFile<R>, E>>,
{
    let mut files = files.into_iter().peekable();
    let mut failed = None;
    let hash = (|| -> io::Result<Sha256> {
        let mut nar = NarWriter::start(Sha256Writer::default())?;
        nar.directory(|root| {
            root.entry(b"Cargo.lock", |node| {
                node.file(false, cargo_lock.len() as u64, cargo_lock)
            })?;
            if let Some(git) = git {
                root.entry(b"git", |node| {
                    failed = git(node).err();
                    Ok(())
                })?;
            }
            if failed.is_some() {
                return Ok(());
            }
            write_below("", root, &mut files)
        })?;
        Ok(nar.into_inner().finish())
    })();
    if let Some(error) = failed {
        return Err(error);
    }
    let hash = hash?;
    match files.next() {
        Some(Err(error)) => Err(error),
        _ => Ok(hash),
    }
}

/// Writes the files whose paths begin with `prefix` into a folder. Stops at
/// an error in `files` without consuming it.
fn write_below<W: Write, R: BufRead, E>(
    prefix: &str,
    folder: &mut Directory<'_, W>,
    files: &mut Peekable<impl Iterator<Item = Result<TreeFile<R>, E>>>,
) -> io::Result<()> {
    while let Some(Ok(file)) = files.peek() {
        let Some(rest) = file.path.strip_prefix(prefix) else {
            break;
        };
        let name = rest.split('/').next().unwrap_or_default().to_owned();
        let is_folder = name.len() < rest.len();
        folder.entry(name.as_bytes(), |node| {
            if is_folder {
                let prefix = format!("{prefix}{name}/");
                return node.directory(|folder| write_below(&prefix, folder, files));
            }
            match files.next() {
                Some(Ok(file)) => node.file(false, file.size, file.contents),
                _ => unreachable!("the loop peeked at a file"),
            }
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A NAR written without [`NarWriter`].
    fn by_hand(parts: &[&[u8]]) -> Sha256 {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(*part);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        Sha256::of(&bytes)
    }

    #[test]
    fn without_crates_the_lock_is_the_only_entry() {
        let hash = cargo_hash::<&[u8], io::Error, _>(b"version = 4\n", None, []).unwrap();
        let parts: [&[u8]; 15] = [
            b"nix-archive-1",
            b"(",
            b"type",
            b"directory",
            b"entry",
            b"(",
            b"name",
            b"Cargo.lock",
            b"node",
            b"(",
            b"type",
            b"regular",
            b"contents",
            b"version = 4\n",
            b")",
        ];
        let mut parts = parts.to_vec();
        parts.extend([&b")"[..], b")"]);
        assert_eq!(hash, by_hand(&parts));
    }

    #[test]
    fn the_first_error_of_the_files_is_returned() {
        let gone = io::Error::other("gone");
        let files = [Ok(file("tarballs/a-1.tar.gz")), Err(gone)];
        let error = cargo_hash(b"", None, files).unwrap_err();
        assert_eq!(error.to_string(), "gone");
    }

    #[test]
    fn a_file_of_another_size_is_refused() {
        for (size, kind) in [
            (0, io::ErrorKind::InvalidData),
            (2, io::ErrorKind::UnexpectedEof),
        ] {
            let mut other = file("tarballs/a-1.tar.gz");
            other.size = size;
            let last = Err(io::Error::other("is never asked for"));
            let error = cargo_hash(b"", None, [Ok(other), last]).unwrap_err();
            assert_eq!(error.kind(), kind);
        }
    }

    #[test]
    fn files_out_of_order_are_refused() {
        let files = ["tarballs/b", "tarballs/a"].map(|path| Ok(file(path)));
        let error: io::Error = cargo_hash(b"", None, files).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    fn file(path: &str) -> TreeFile<Cursor<Vec<u8>>> {
        TreeFile::new(path.to_owned(), vec![1])
    }

    #[test]
    fn files_are_grouped_in_folders() {
        let hash = |paths: &[&str]| {
            let mut paths = paths.to_vec();
            paths.sort_by_key(|path| sort_key(path));
            let files = paths.into_iter().map(|path| Ok(file(path)));
            cargo_hash::<_, io::Error, _>(b"", None, files).unwrap()
        };
        let files = ["git/1/a-b/x", "git/1/a/x", "registry-1/x", "registry-10/x"];
        assert_ne!(hash(&files), hash(&files[1..]));
        let parts = "nix-archive-1 ( type directory \
             entry ( name Cargo.lock node ( type regular contents EMPTY ) ) \
             entry ( name registry-1 node ( type directory \
             entry ( name x node ( type regular contents ONE ) ) ) ) )";
        let parts = parts.split_whitespace().map(|part| match part {
            "EMPTY" => &b""[..],
            "ONE" => &[1],
            part => part.as_bytes(),
        });
        assert_eq!(hash(&["registry-1/x"]), by_hand(&parts.collect::<Vec<_>>()));
    }
}
