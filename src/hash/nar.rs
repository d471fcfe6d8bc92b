//! Nix archives (NAR), written as a stream.
//!
//! The format is defined in figure 5.2 of Eelco Dolstra's thesis, "The Purely
//! Functional Software Deployment Model". A token is its length as 64 bits,
//! little-endian, then its bytes, then zeros up to a multiple of 8. The entries
//! of a directory are sorted by the bytes of their names. [`NarWriter`] refuses
//! to write an archive that isn't canonical.

use std::io::{self, BufRead, Read, Write};

/// Writes one file system object as a Nix archive.
pub struct NarWriter<W> {
    out: W,
}

impl<W: Write> NarWriter<W> {
    /// Starts an archive. Exactly one node must follow.
    ///
    /// # Errors
    /// Fails if `out` does.
    pub fn start(out: W) -> io::Result<Self> {
        let mut writer = Self { out };
        writer.token(b"nix-archive-1")?;
        Ok(writer)
    }

    /// Returns the underlying writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Writes a regular file of `len` bytes from `contents`.
    ///
    /// # Errors
    /// Fails if `contents` or the underlying writer do; with `UnexpectedEof` if
    /// `contents` has fewer bytes than `len`, with `InvalidData` if it has more.
    pub fn file(
        &mut self,
        executable: bool,
        len: u64,
        mut contents: impl BufRead,
    ) -> io::Result<()> {
        self.tokens(&[b"(", b"type", b"regular"])?;
        if executable {
            self.tokens(&[b"executable", b""])?;
        }
        self.token(b"contents")?;
        self.out.write_all(&len.to_le_bytes())?;
        let mut left = len;
        while left > 0 {
            let block = filled(&mut contents)?;
            let used = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if used == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.out.write_all(&block[..used])?;
            contents.consume(used);
            left -= used as u64;
        }
        if !filled(&mut contents)?.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a file grew while it was read",
            ));
        }
        self.padding(len)?;
        self.token(b")")
    }

    /// Writes a symbolic link.
    ///
    /// # Errors
    /// Fails if the underlying writer does.
    pub fn symlink(&mut self, target: &[u8]) -> io::Result<()> {
        self.tokens(&[b"(", b"type", b"symlink", b"target", target, b")"])
    }

    /// Writes a directory. `body` adds the entries, in the order of their
    /// names' bytes.
    ///
    /// # Errors
    /// Fails if `body` or the underlying writer do.
    pub fn directory(
        &mut self,
        body: impl FnOnce(&mut Directory<'_, W>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.tokens(&[b"(", b"type", b"directory"])?;
        let mut directory = Directory {
            nar: self,
            last: None,
        };
        body(&mut directory)?;
        self.token(b")")
    }

    fn tokens(&mut self, tokens: &[&[u8]]) -> io::Result<()> {
        tokens.iter().try_for_each(|token| self.token(token))
    }

    fn token(&mut self, bytes: &[u8]) -> io::Result<()> {
        let len = bytes.len() as u64;
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(bytes)?;
        self.padding(len)
    }

    fn padding(&mut self, len: u64) -> io::Result<()> {
        let missing = (8 - len % 8) % 8;
        io::copy(&mut io::repeat(0).take(missing), &mut self.out).map(drop)
    }
}

/// Calls `fill_buf` until it isn't interrupted by a signal.
fn filled(contents: &mut impl BufRead) -> io::Result<&[u8]> {
    while let Err(error) = contents.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // The buffer is filled; this returns it without reading.
    contents.fill_buf()
}

/// A directory that is being written.
pub struct Directory<'a, W> {
    nar: &'a mut NarWriter<W>,
    last: Option<Vec<u8>>,
}

impl<W: Write> Directory<'_, W> {
    /// Adds an entry. `node` writes its node.
    ///
    /// # Errors
    /// Fails with `InvalidInput` if `name` is not a file name or is not sorted
    /// after the last one; otherwise if `node` or the underlying writer do.
    pub fn entry(
        &mut self,
        name: &[u8],
        node: impl FnOnce(&mut NarWriter<W>) -> io::Result<()>,
    ) -> io::Result<()> {
        let is_name =
            !matches!(name, b"" | b"." | b"..") && !name.iter().any(|b| b"/\0".contains(b));
        let is_next = self.last.as_deref().is_none_or(|last| last < name);
        if !is_name || !is_next {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{}` cannot stand here in a NAR", name.escape_ascii()),
            ));
        }
        self.last = Some(name.to_vec());
        self.nar.tokens(&[b"entry", b"(", b"name", name, b"node"])?;
        node(self.nar)?;
        self.nar.token(b")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nar(write: impl FnOnce(&mut NarWriter<Vec<u8>>) -> io::Result<()>) -> io::Result<Vec<u8>> {
        let mut writer = NarWriter::start(Vec::new())?;
        write(&mut writer)?;
        Ok(writer.into_inner())
    }

    #[test]
    fn tokens_are_padded_to_eight_bytes() {
        for len in 0..20_u64 {
            let bytes = vec![b'x'; usize::try_from(len).unwrap()];
            let archive = nar(|n| n.file(false, len, &bytes[..])).unwrap();
            assert_eq!(archive.len() % 8, 0);
        }
    }

    #[test]
    fn entries_out_of_order_are_refused() {
        let result = nar(|n| {
            n.directory(|d| {
                d.entry(b"b", |n| n.symlink(b"x"))?;
                d.entry(b"a", |n| n.symlink(b"x"))
            })
        });
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn names_that_are_not_file_names_are_refused() {
        for name in [&b""[..], b".", b"..", b"a/b", b"a\0"] {
            let result = nar(|n| n.directory(|d| d.entry(name, |n| n.symlink(b"x"))));
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_wrong_length_is_refused() {
        let short = nar(|n| n.file(false, 4, &b"abc"[..])).unwrap_err();
        assert_eq!(short.kind(), io::ErrorKind::UnexpectedEof);
        let long = nar(|n| n.file(false, 2, &b"abc"[..])).unwrap_err();
        assert_eq!(long.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn names_are_sorted_by_bytes() {
        // Upper case is before lower case, and `-` before `.`.
        let archive = nar(|n| {
            n.directory(|d| {
                for name in [&b"A"[..], b"a", b"a-b", b"a.b"] {
                    d.entry(name, |n| n.file(true, 0, io::empty()))?;
                }
                Ok(())
            })
        });
        assert!(archive.is_ok());
    }
}
