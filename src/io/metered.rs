//! A reader that stops once more was read of it than expected.

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::rc::Rc;

/// A file of which only so much may be read, until the limit is lifted.
pub(super) struct Metered<R> {
    reader: R,
    meter: Meter,
}

/// What may still be read of a file; `None` without a limit.
#[derive(Clone)]
pub(super) struct Meter(Rc<Cell<Option<u64>>>);

impl<R> Metered<R> {
    pub(super) fn new(reader: R, limit: u64) -> (Self, Meter) {
        let meter = Meter(Rc::new(Cell::new(Some(limit))));
        let metered = Self {
            reader,
            meter: meter.clone(),
        };
        (metered, meter)
    }
}

impl Meter {
    pub(super) fn lift(&self) {
        self.0.set(None);
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let Some(left) = self.0.get() else {
            return Ok(());
        };
        let left = left.checked_sub(bytes as u64);
        let left = left.ok_or_else(|| io::Error::other("its list of files is too long"))?;
        self.0.set(Some(left));
        Ok(())
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.meter.count(read)?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_until_it_is_lifted() {
        let (mut metered, meter) = Metered::new(io::repeat(1).take(1000), 100);
        let mut buffer = [0; 60];
        metered.read_exact(&mut buffer).unwrap();
        assert!(metered.read_exact(&mut buffer).is_err());
        meter.lift();
        metered.read_exact(&mut buffer).unwrap();
    }
}
