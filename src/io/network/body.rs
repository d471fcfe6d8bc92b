//! The body of an answer, which goes to the disk as it comes.

use std::io::{self, Read, Seek, Write as _};

use tempfile::SpooledTempFile;

use crate::hash::{Sha256, Sha256Writer};

/// In bytes; a longer body is in a nameless temporary file.
const IN_MEMORY: usize = 1 << 20;

/// A body, complete as far as HTTP can tell.
pub struct Body {
    contents: SpooledTempFile,
    size: u64,
    /// Whether it was put together from several answers.
    pub was_resumed: bool,
    /// The address that it came from, after redirects.
    pub url: String,
}

impl Body {
    pub(super) fn empty() -> Self {
        Self {
            contents: SpooledTempFile::new(IN_MEMORY),
            size: 0,
            was_resumed: false,
            url: String::new(),
        }
    }

    /// In bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds what came.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.contents.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Removes what came so far.
    pub(super) fn clear(&mut self) {
        *self = Self::empty();
    }

    /// Returns its checksum.
    ///
    /// # Errors
    /// Fails if the disk does.
    pub fn hash(&mut self) -> io::Result<Sha256> {
        let mut hasher = Sha256Writer::default();
        self.contents.rewind()?;
        io::copy(&mut self.contents, &mut hasher)?;
        self.contents.rewind()?;
        Ok(hasher.finish())
    }

    /// Returns a reader from its beginning.
    ///
    /// # Errors
    /// Fails if the disk does.
    pub fn reader(&mut self) -> io::Result<impl Read> {
        self.contents.rewind()?;
        Ok(&mut self.contents)
    }

    /// Returns the contents from the beginning, to be kept.
    ///
    /// # Errors
    /// Fails if the disk does.
    pub fn into_reader(mut self) -> io::Result<impl Read + Seek + Send> {
        self.contents.rewind()?;
        Ok(self.contents)
    }

    /// Returns its bytes, if there are at most `limit` of them.
    ///
    /// # Errors
    /// Fails if it is longer, or the disk fails.
    pub fn into_bytes(self, limit: u64) -> io::Result<Vec<u8>> {
        if self.size > limit {
            let message = format!("the response is larger than {} MiB", limit >> 20);
            return Err(io::Error::other(message));
        }
        let mut bytes = Vec::new();
        self.into_reader()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_the_same_as_a_short_one() {
        for length in [10, IN_MEMORY + 10] {
            let bytes: Vec<u8> = (0..length)
                .map(|i| u8::try_from(i % 251).unwrap())
                .collect();
            let mut body = Body::empty();
            body.add(b"old").unwrap();
            body.clear();
            bytes.chunks(7).for_each(|part| body.add(part).unwrap());
            assert_eq!(body.hash().unwrap(), Sha256::of(&bytes));
            let mut read = Vec::new();
            body.reader().unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, bytes);
            assert_eq!(body.size(), length as u64);
            assert_eq!(body.into_bytes(length as u64).unwrap(), bytes);
        }
        let mut body = Body::empty();
        body.add(b"abc").unwrap();
        assert!(body.into_bytes(2).is_err());
    }
}
