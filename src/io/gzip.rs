//! Decompresses gzip as the program `gzip` does (RFC 1952, section 2.2): members
//! one after another, and zero bytes behind the last one.
//!
//! GNU tar and Nix unpack with that program. Padding is fine for both; over
//! other bytes behind the last member, `gzip` ends with 2 and they fail.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use thiserror::Error;

/// Bytes behind the last member that aren't zero.
#[derive(Debug, Error)]
#[error("it has data after its end")]
struct BytesBehind;

/// Returns whether an archive is complete, and bytes that aren't zero follow it.
pub(super) fn is_of_bytes_behind(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(source) if source.is::<BytesBehind>())
}

/// The decompressed contents of all members.
pub(super) struct GzipReader<R> {
    state: State<R>,
}

enum State<R> {
    /// In a member.
    Member {
        decoder: Box<GzDecoder<R>>,
        is_first: bool,
    },
    /// Behind a member.
    Between(R),
    End,
}

impl<R: BufRead> GzipReader<R> {
    pub(super) fn new(reader: R) -> Self {
        let decoder = Box::new(GzDecoder::new(reader));
        Self {
            state: State::Member {
                decoder,
                is_first: true,
            },
        }
    }
}

impl<R: BufRead> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::End) {
                State::Member {
                    mut decoder,
                    is_first,
                } => match decoder.read(buffer) {
                    Ok(0) => self.state = State::Between(decoder.into_inner()),
                    // Without a header, it isn't a member.
                    Err(_) if !is_first && decoder.header().is_none() => {
                        return Err(bytes_behind());
                    }
                    read => {
                        self.state = State::Member { decoder, is_first };
                        return read;
                    }
                },
                State::Between(reader) => self.state = next(reader)?,
                State::End => return Ok(0),
            }
        }
    }
}

/// Goes on behind a member: with the next one, or over padding to the end.
fn next<R: BufRead>(mut reader: R) -> io::Result<State<R>> {
    match reader.fill_buf()?.first() {
        None => Ok(State::End),
        Some(0) => skip_padding(reader),
        Some(_) => Ok(State::Member {
            decoder: Box::new(GzDecoder::new(reader)),
            is_first: false,
        }),
    }
}

/// Reads zero bytes up to the end of the file.
fn skip_padding<R: BufRead>(mut reader: R) -> io::Result<State<R>> {
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(State::End);
        }
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(bytes_behind());
        }
        let length = bytes.len();
        reader.consume(length);
    }
}

fn bytes_behind() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, BytesBehind)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn member(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// Decompresses with a buffer of `size` bytes.
    fn read_with(bytes: &[u8], size: usize) -> io::Result<String> {
        let mut text = String::new();
        GzipReader::new(io::BufReader::with_capacity(size, bytes)).read_to_string(&mut text)?;
        Ok(text)
    }

    fn read(bytes: &[u8]) -> io::Result<String> {
        read_with(bytes, 8192)
    }

    #[test]
    fn members_are_one_text() {
        let bytes = [member("one, "), member(""), member("two")].concat();
        assert_eq!(read(&bytes).unwrap(), "one, two");
        assert_eq!(read_with(&bytes, 1).unwrap(), "one, two");
    }

    #[test]
    fn zeros_to_the_end_are_padding() {
        for padding in [1, 7, 512, 100_000] {
            for members in [vec![member("a")], vec![member(""), member("a")]] {
                let bytes = [members.concat(), vec![0; padding]].concat();
                assert_eq!(read(&bytes).unwrap(), "a", "{padding}");
                assert_eq!(read_with(&bytes, 3).unwrap(), "a", "{padding}");
            }
        }
    }

    #[test]
    fn other_bytes_behind_the_end_are_refused() {
        let again = [&[0, 0][..], &member("b")].concat();
        for behind in [
            &b"garbage"[..],
            b"\0\0garbage",
            b"\0x",
            b"\x1f",
            b"\x1f\x8b",
            b"\x1f\x8b\x08\0\0",
            b"\x1f\0",
            &again,
        ] {
            let bytes = [&member("a")[..], behind].concat();
            let error = read(&bytes).unwrap_err();
            assert!(is_of_bytes_behind(&error), "{behind:?}: {error}");
        }
    }

    #[test]
    fn a_damaged_member_is_no_padding() {
        let (whole, mut other) = (member("some text"), member("other text"));
        let length = other.len();
        other[length - 6] ^= 1;
        for bytes in [
            Vec::new(),
            vec![0; 9],
            whole[..whole.len() - 1].to_vec(),
            [&whole[..], &whole[..whole.len() - 1]].concat(),
            [whole, other].concat(),
        ] {
            let error = read(&bytes).unwrap_err();
            assert!(!is_of_bytes_behind(&error), "{bytes:?}: {error}");
        }
    }
}
