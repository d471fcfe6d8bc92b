//! What a zip archive says twice.
//!
//! A zip archive has a directory at its end, and a header before each file.
//! Programs that read it from the end believe the directory, those that read it
//! from the beginning the headers: where the two differ, they unpack different
//! files. PKWARE's APPNOTE.TXT defines both, in 4.3.7 and 4.3.12.

use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipResult;

const SIGNATURE: &[u8] = b"PK\x03\x04";
/// The signature of the record at an archive's end.
const END: &[u8] = b"PK\x05\x06";
/// The length of that record without its comment.
const END_LENGTH: usize = 22;
/// How far from the end that record is looked for, in bytes: behind its comment,
/// zeros fill up the last block of some media.
const MAX_TAIL: u64 = 1 << 20;
/// The length of a header without its name.
const HEADER: usize = 30;
/// The flag that says that the sizes come behind the contents.
const SIZES_BEHIND: u16 = 1 << 3;
/// The length of sizes and a checksum behind the contents (APPNOTE.TXT, 4.3.9).
const MAX_SIZES: u64 = 24;

/// An entry of an archive, and what is wrong with it.
pub(super) struct Contradiction {
    pub entry: Vec<u8>,
    pub problem: &'static str,
}

/// An entry, as the directory describes it.
struct Listed {
    name: Vec<u8>,
    header_start: u64,
    directory_start: u64,
    size: u64,
    packed_size: u64,
}

/// Compares the directory of an archive with the headers of its entries.
/// Returns the archive, or what is wrong with it.
///
/// # Errors
/// Fails if the archive can't be read.
pub(super) fn checked<R: Read + Seek>(
    mut archive: ZipArchive<R>,
) -> ZipResult<Result<ZipArchive<R>, Contradiction>> {
    let wrong = |entry: &[u8], problem| {
        let entry = entry.to_owned();
        Ok(Err(Contradiction { entry, problem }))
    };
    if archive.offset() != 0 {
        return wrong(b"", "has another archive or a program before it");
    }
    let comment = archive.comment();
    if comment.windows(END.len()).any(|part| part == END) {
        return wrong(b"", "has another archive after it");
    }
    let listed = listed(&mut archive)?;
    let directory = listed.iter().map(|entry| entry.directory_start).min();
    let mut file = archive.into_inner();
    let end = End::read(&mut file)?;
    if end.entries != listed.len() && end.entries != usize::from(u16::MAX) {
        return wrong(b"", "has two entries with the same name");
    }
    if !end.follows_the_directory() {
        return wrong(b"", "has another archive after its directory");
    }
    let mut places = Places::default();
    for entry in &listed {
        let problem = entry.problem(&mut file, &mut places)?;
        if let Some(problem) = problem {
            return wrong(&entry.name, problem);
        }
    }
    if let Some(problem) = directory.and_then(|start| places.gap_before(start)) {
        return wrong(b"", problem);
    }
    ZipArchive::new(file).map(Ok)
}

/// The record at an archive's end (APPNOTE.TXT, 4.3.16).
struct End {
    start: u64,
    entries: usize,
    directory_start: u64,
    directory_size: u64,
}

impl End {
    /// Looks for the record, which a comment and zeros may follow.
    fn read(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        let tail_start = length.saturating_sub(MAX_TAIL);
        file.seek(SeekFrom::Start(tail_start))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        let mut parts = tail.windows(END.len());
        let found = parts.rposition(|part| part == END);
        let record = found.and_then(|at| tail.get(at..)?.split_first_chunk::<END_LENGTH>());
        let (Some(at), Some((record, rest))) = (found, record) else {
            return Err(io::Error::other("its end isn't at the end of the file"));
        };
        let behind = rest.get(usize::from(half(record, 20))..);
        let behind = behind.unwrap_or_default();
        if behind.iter().any(|byte| *byte != 0) {
            return Err(io::Error::other("it has data after its end"));
        }
        Ok(Self {
            start: tail_start + at as u64,
            entries: usize::from(half(record, 10)),
            directory_size: word(record, 12),
            directory_start: word(record, 16),
        })
    }

    /// Whether nothing is between the directory and this record. Of archives
    /// with 64-bit sizes that isn't known.
    fn follows_the_directory(&self) -> bool {
        let is_wide = [self.directory_size, self.directory_start].contains(&u64::from(u32::MAX));
        is_wide || self.directory_start + self.directory_size == self.start
    }
}

/// Reads a number of two bytes.
fn half(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

/// Reads a number of four bytes.
fn word(record: &[u8], at: usize) -> u64 {
    u64::from(half(record, at)) | u64::from(half(record, at + 2)) << 16
}

/// Where the entries so far end.
#[derive(Default)]
struct Places {
    end: u64,
    /// Whether the last one has its sizes behind its contents.
    has_sizes_behind: bool,
}

impl Places {
    /// Returns what is wrong with what comes next starting there.
    const fn gap_before(&self, start: u64) -> Option<&'static str> {
        match start.checked_sub(self.end) {
            None => Some("overlaps the file before it"),
            Some(0) => None,
            Some(gap) if self.has_sizes_behind && gap <= MAX_SIZES => None,
            Some(_) => Some("comes after data that the directory doesn't list"),
        }
    }
}

/// Returns the entries in the order of their headers.
fn listed<R: Read + Seek>(archive: &mut ZipArchive<R>) -> ZipResult<Vec<Listed>> {
    let mut all = Vec::with_capacity(archive.len());
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place)?;
        all.push(Listed {
            name: entry.name_raw().to_vec(),
            header_start: entry.header_start(),
            directory_start: entry.central_header_start(),
            size: entry.size(),
            packed_size: entry.compressed_size(),
        });
    }
    all.sort_by_key(|entry| entry.header_start);
    Ok(all)
}

impl Listed {
    /// Returns how the header before the contents differs, or doesn't follow on
    /// what comes before.
    fn problem(
        &self,
        file: &mut (impl Read + Seek),
        places: &mut Places,
    ) -> io::Result<Option<&'static str>> {
        if let Some(problem) = places.gap_before(self.header_start) {
            return Ok(Some(problem));
        }
        file.seek(SeekFrom::Start(self.header_start))?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        if !header.starts_with(SIGNATURE) {
            return Ok(Some("has no local header"));
        }
        let mut name = vec![0; usize::from(half(&header, 26))];
        file.read_exact(&mut name)?;
        if name != self.name {
            return Ok(Some("has a different name in its local header"));
        }
        // Larger ones are in the extra field (APPNOTE.TXT, 4.5.3).
        let differs = |said: u64, listed| said != listed && said != u64::from(u32::MAX);
        let has_sizes_behind = half(&header, 6) & SIZES_BEHIND != 0;
        let start = file.stream_position()? + u64::from(half(&header, 28));
        *places = Places {
            // The directory may give any size.
            end: start.saturating_add(self.packed_size),
            has_sizes_behind,
        };
        let packed_size = word(&header, 18);
        let size = word(&header, 22);
        if !has_sizes_behind && (differs(packed_size, self.packed_size) || differs(size, self.size))
        {
            return Ok(Some("has a different size in its local header"));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(names: &[&str]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            let options = SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(name.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn problem(bytes: Vec<u8>) -> Option<&'static str> {
        let archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let checked = checked(archive).unwrap();
        checked.err().map(|found| found.problem)
    }

    fn replaced(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
        [&bytes[..at], new, &bytes[at + new.len()..]].concat()
    }

    #[test]
    fn what_an_archive_says_once_is_taken() {
        assert_eq!(problem(archive(&["a/b", "a/c"])), None);
        assert_eq!(problem(archive(&[])), None);
    }

    #[test]
    fn another_name_before_the_contents_is_refused() {
        let changed = replaced(&archive(&["a/b"]), HEADER, b"a/c");
        let expected = "has a different name in its local header";
        assert_eq!(problem(changed), Some(expected));
    }

    #[test]
    fn another_size_before_the_contents_is_refused() {
        let changed = replaced(&archive(&["a/b"]), 22, &[7]);
        let expected = "has a different size in its local header";
        assert_eq!(problem(changed), Some(expected));
    }

    #[test]
    fn archives_one_behind_the_other_are_refused() {
        let two = [archive(&["a/b"]), archive(&["a/c"])].concat();
        let expected = "has another archive after its directory";
        assert_eq!(problem(two), Some(expected));
        let two = [archive(&["a/b", "a/d"]), archive(&["a/c"])].concat();
        assert!(problem(two).is_some());
        let padded = [archive(&["a/b"]), vec![0; 70_000]].concat();
        assert_eq!(problem(padded), None);
        let mut first = archive(&["a/b"]);
        let second = archive(&["a/c"]);
        let length = first.len();
        let comment = u16::try_from(second.len()).unwrap();
        first[length - 2..].copy_from_slice(&comment.to_le_bytes());
        let hidden = [first, second].concat();
        assert!(problem(hidden).is_some());
    }

    #[test]
    fn a_size_of_any_length_is_compared() {
        let entry = Listed {
            name: b"a/b".to_vec(),
            header_start: 0,
            directory_start: 0,
            size: 3,
            packed_size: u64::MAX,
        };
        let mut file = Cursor::new(archive(&["a/b"]));
        let found = entry.problem(&mut file, &mut Places::default()).unwrap();
        let expected = "has a different size in its local header";
        assert_eq!(found, Some(expected));
    }

    #[test]
    fn bytes_that_no_entry_has_are_refused() {
        let bytes = archive(&["a/b", "a/c"]);
        // The directory starts behind the contents of both files.
        let directory = bytes.windows(4).position(|part| part == b"PK\x01\x02");
        let mut changed = bytes.clone();
        changed.splice(directory.unwrap()..directory.unwrap(), *b"hidden");
        let end = changed.len() - 22;
        let start = u32::try_from(directory.unwrap() + 6).unwrap();
        changed[end + 16..end + 20].copy_from_slice(&start.to_le_bytes());
        let expected = "comes after data that the directory doesn't list";
        assert_eq!(problem(changed), Some(expected));
    }

    #[test]
    fn files_that_share_their_bytes_are_refused() {
        let bytes = archive(&["a/b", "a/b2"]);
        // Where the directory says that the second file starts.
        let mut directory = bytes.windows(4).enumerate();
        let second = directory
            .rfind(|(_, part)| *part == b"PK\x01\x02")
            .unwrap()
            .0;
        let changed = replaced(&bytes, second + 42, &0_u32.to_le_bytes());
        assert!(problem(changed).is_some());
    }
}
