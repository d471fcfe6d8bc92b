//! Files that a separate thread reads ahead of their use.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// In bytes; fits into the cache of a core.
const BLOCK: usize = 256 << 10;
/// How many blocks there are. They are used again and again, since new memory
/// costs more than reading does.
const BLOCKS: usize = 4;

struct Block {
    bytes: Vec<u8>,
    /// Whether the file ends with this block.
    is_last: bool,
}

/// The blocks that were read, and the way back for used ones.
pub struct Ahead {
    filled: Receiver<Block>,
    used: SyncSender<Vec<u8>>,
}

impl Ahead {
    /// Returns the next file. It has to be read to its end before the one after
    /// it.
    pub const fn file(&self) -> AheadFile<'_> {
        AheadFile {
            ahead: self,
            block: None,
            at: 0,
        }
    }
}

pub struct AheadFile<'a> {
    ahead: &'a Ahead,
    block: Option<Block>,
    at: usize,
}

/// Reads files one after the other, and hands what was read to `consume`.
///
/// # Errors
/// Returns the first error of opening or reading a file. The result of
/// `consume` is worth nothing then.
pub fn read_ahead<F: Read, R>(
    files: impl Iterator<Item = io::Result<F>> + Send,
    consume: impl FnOnce(&Ahead) -> R,
) -> io::Result<R> {
    let (to_consumer, filled) = sync_channel(BLOCKS);
    let (used, empty) = sync_channel(BLOCKS);
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .spawn_scoped(scope, move || read_all(files, &to_consumer, &empty))?;
        let ahead = Ahead { filled, used };
        let result = consume(&ahead);
        // Otherwise the thread would wait for ever if not everything was asked
        // for.
        drop(ahead);
        let read = reader.join();
        read.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))?;
        Ok(result)
    })
}

/// Ends when no further blocks are asked for.
fn read_all<F: Read>(
    files: impl Iterator<Item = io::Result<F>>,
    filled: &SyncSender<Block>,
    empty: &Receiver<Vec<u8>>,
) -> io::Result<()> {
    let mut blocks = (0..BLOCKS).map(|_| Vec::with_capacity(BLOCK));
    for file in files {
        let mut file = file?;
        let mut is_last = false;
        while !is_last {
            let Some(mut bytes) = blocks.next().or_else(|| empty.recv().ok()) else {
                return Ok(());
            };
            bytes.clear();
            file.by_ref().take(BLOCK as u64).read_to_end(&mut bytes)?;
            is_last = bytes.len() < BLOCK;
            if filled.send(Block { bytes, is_last }).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl BufRead for AheadFile<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let is_used = |block: &Block| self.at == block.bytes.len() && !block.is_last;
        if self.block.as_ref().is_none_or(is_used) {
            let next = self.ahead.filled.recv();
            // The thread reports why.
            let next = next.map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
            if let Some(used) = self.block.replace(next) {
                self.give_back(used);
            }
            self.at = 0;
        }
        Ok(self
            .block
            .as_ref()
            .map_or(&[], |block| &block.bytes[self.at..]))
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl AheadFile<'_> {
    fn give_back(&self, block: Block) {
        // There is room for each block; the thread may have ended.
        let _ = self.ahead.used.send(block.bytes);
    }
}

impl Drop for AheadFile<'_> {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            self.give_back(block);
        }
    }
}

impl Read for AheadFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: &[usize]) -> impl Iterator<Item = io::Result<io::Cursor<Vec<u8>>>> + Send {
        let contents = |(number, size): (usize, &usize)| {
            let byte = u8::try_from(number).expect("there are few");
            io::Cursor::new(vec![byte; *size])
        };
        let files: Vec<_> = sizes.iter().enumerate().map(contents).map(Ok).collect();
        files.into_iter()
    }

    #[test]
    fn files_of_all_sizes_come_in_order() {
        let sizes = [
            0,
            1,
            BLOCK - 1,
            BLOCK,
            BLOCK + 1,
            9 * BLOCK,
            0,
            0,
            5,
            6,
            7,
            0,
        ];
        let read = read_ahead(files(&sizes), |ahead| {
            let read = sizes.iter().map(|_| {
                let mut bytes = Vec::new();
                ahead.file().read_to_end(&mut bytes).unwrap();
                bytes
            });
            read.collect::<Vec<_>>()
        });
        for (number, (bytes, size)) in read.unwrap().iter().zip(sizes).enumerate() {
            assert_eq!(bytes.len(), size);
            assert!(bytes.iter().all(|byte| usize::from(*byte) == number));
        }
    }

    #[test]
    fn nobody_has_to_read_to_the_end() {
        let first = read_ahead(files(&[3, 20 * BLOCK, 20 * BLOCK]), |ahead| {
            let mut byte = [7];
            ahead.file().read_exact(&mut byte).map(|()| byte)
        });
        assert_eq!(first.unwrap().unwrap(), [0]);
        assert_eq!(read_ahead(files(&[20 * BLOCK]), |_| 5).unwrap(), 5);
    }

    #[test]
    fn an_error_is_that_of_the_file() {
        let gone = Err(io::Error::other("gone"));
        let all = files(&[BLOCK + 1]).chain([gone]).chain(files(&[1]));
        let read = read_ahead(all, |ahead| {
            let mut bytes = Vec::new();
            let first = ahead.file().read_to_end(&mut bytes);
            let second = ahead.file().read_to_end(&mut bytes);
            (first.unwrap(), second.unwrap_err().kind())
        });
        assert_eq!(read.unwrap_err().to_string(), "gone");
    }
}
