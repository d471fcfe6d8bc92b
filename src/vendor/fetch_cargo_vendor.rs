//! The tree that nixpkgs' `fetchCargoVendor` hashes, as a stream.
//!
//! ```text
//! Cargo.lock                           the lock, byte for byte
//! git/<revision>/                      each git checkout, if there are any
//! tarballs/<name>-<version>.tar.gz     each crate as downloaded, if there are any
//! ```
//!
//! No file of these is executable, those of checkouts are as git has them. The `cargoHash` of a package is the SHA-256 of the
//! tree's NAR; the crates come as an iterator, so that one is in memory at a
//! time and none is unpacked.

use std::io;

use crate::hash::{NarWriter, Sha256, Sha256Writer};
use crate::project::LockedCrate;

/// Names the file that holds a crate in the tree.
#[must_use]
pub fn tarball_name(krate: &LockedCrate) -> String {
    format!("{}-{}.tar.gz", krate.name, krate.version)
}

/// Hashes the tree of `lock` and `tarballs`, which are pairs of file name and
/// contents in the order of the file names' bytes.
///
/// # Errors
/// The first error that `tarballs` yields.
///
/// # Panics
/// Where the file names are not sorted or stand in it twice.
pub fn cargo_hash<E, I>(lock: &[u8], tarballs: I) -> Result<Sha256, E>
where
    I: IntoIterator<Item = Result<(String, Vec<u8>), E>>,
{
    cargo_hash_with_git(lock, None, tarballs)
}

/// Writes the folder of git checkouts.
pub type GitNode<'a, E> = &'a mut dyn FnMut(&mut NarWriter<Sha256Writer>) -> Result<(), E>;

/// As [`cargo_hash`], with the folder of git checkouts.
///
/// # Errors
/// The first error that `git` or `tarballs` gives.
///
/// # Panics
/// Where the file names are not sorted or stand in it twice.
pub fn cargo_hash_with_git<E, I>(
    lock: &[u8],
    git: Option<GitNode<E>>,
    tarballs: I,
) -> Result<Sha256, E>
where
    I: IntoIterator<Item = Result<(String, Vec<u8>), E>>,
{
    let mut tarballs = tarballs.into_iter().peekable();
    let mut failed = None;
    let hash = (|| -> io::Result<Sha256> {
        let mut nar = NarWriter::start(Sha256Writer::default())?;
        nar.directory(|root| {
            root.entry(b"Cargo.lock", |node| {
                node.file(false, lock.len() as u64, lock)
            })?;
            if let Some(git) = git {
                root.entry(b"git", |node| {
                    failed = git(node).err();
                    Ok(())
                })?;
            }
            if failed.is_some() || tarballs.peek().is_none() {
                return Ok(());
            }
            root.entry(b"tarballs", |node| {
                node.directory(|folder| {
                    for tarball in tarballs {
                        match tarball {
                            Ok((name, bytes)) => folder.entry(name.as_bytes(), |node| {
                                node.file(false, bytes.len() as u64, &bytes[..])
                            })?,
                            Err(error) => {
                                failed = Some(error);
                                return Ok(());
                            }
                        }
                    }
                    Ok(())
                })
            })
        })?;
        Ok(nar.into_inner().finish())
    })();
    match failed {
        Some(error) => Err(error),
        None => Ok(hash.expect("names are sorted and unique, and hashing in memory cannot fail")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A NAR put together by hand, with no use of our writer.
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
    fn without_crates_there_is_no_folder() {
        let hash = cargo_hash::<(), _>(b"version = 4\n", []).unwrap();
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
    fn an_error_of_the_crates_comes_through() {
        let tarballs = [Ok(("a-1.tar.gz".to_owned(), vec![1])), Err("gone")];
        assert_eq!(cargo_hash(b"", tarballs), Err("gone"));
    }
}
