//! The one reader of tar archives that strangers made.
//!
//! An archive is read once, from its beginning to its end, and its extended
//! headers are read here instead of by `tar`, which takes them into memory
//! whatever their size. What other programs unpack to something else is
//! refused. POSIX.1-2024 defines the headers (`pax`, "pax Interchange Format"),
//! the manual of GNU tar those of types `L`, `K` and `S`.

use std::io::{self, Read};

use thiserror::Error;

use super::IoError;
use crate::project::MAX_PATH;

/// Upper bound on an extended header, in bytes.
const MAX_HEADER: u64 = 1 << 20;
/// How much of a name a message shows, in bytes.
const SHOWN: usize = 80;

/// How much an archive may have.
#[derive(Clone, Copy)]
pub(super) struct TarLimits {
    /// Of the whole archive, in bytes.
    pub bytes: u64,
    pub members: usize,
    /// Of the names and link targets of all members, in bytes.
    pub names: usize,
}

/// A member of an archive.
pub(super) struct Member<'a> {
    pub name: Vec<u8>,
    pub kind: MemberKind,
    /// The permission bits.
    pub mode: u32,
    /// Of the contents, in bytes.
    pub size: u64,
    pub contents: &'a mut dyn Read,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
    Folder,
    File,
    /// With its target.
    SymbolicLink(Vec<u8>),
    /// With its target.
    HardLink(Vec<u8>),
    /// A device, a pipe, or something that no standard has.
    Other,
}

/// Why an archive isn't read to its end.
#[derive(Debug, Error)]
pub(super) enum TarError {
    /// It isn't a tar archive, or can't be decompressed.
    #[error(transparent)]
    Damaged(#[from] io::Error),
    /// No sound archive has such a member.
    #[error("the entry `{entry}` {problem}")]
    Unsound {
        /// The member's name, or its beginning.
        entry: String,
        problem: &'static str,
    },
}

impl TarError {
    fn unsound(entry: &[u8], problem: &'static str) -> Self {
        let entry = shown_name(entry);
        Self::Unsound { entry, problem }
    }
}

/// Why reading an archive stopped.
pub(super) enum Stopped {
    /// The archive itself is damaged or unsound.
    Tar(TarError),
    /// A member of it isn't accepted.
    Refused(IoError),
}

impl From<TarError> for Stopped {
    fn from(error: TarError) -> Self {
        Self::Tar(error)
    }
}

impl From<IoError> for Stopped {
    fn from(error: IoError) -> Self {
        Self::Refused(error)
    }
}

/// Returns the name of a member for messages: its beginning, if it is long.
pub(super) fn shown_name(name: &[u8]) -> String {
    let cut = name.get(..SHOWN).filter(|_| name.len() > SHOWN);
    let text = String::from_utf8_lossy(cut.unwrap_or(name)).into_owned();
    match cut {
        Some(_) => format!("{text}..."),
        None => text,
    }
}

/// What extended headers say about the next member.
#[derive(Default)]
struct Extensions {
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    pax: Option<Pax>,
}

/// The records of a PAX header that decide what is unpacked.
#[derive(Default)]
struct Pax {
    path: Option<Vec<u8>>,
    link_path: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Calls `take` for each member of an archive, and reads the archive to its
/// end: checksums of compressed data are there. An archive that has more than
/// `limits` is damaged.
///
/// # Errors
/// Returns the first error of reading or of `take`.
pub(super) fn each_member<E: From<TarError>>(
    archive: impl Read,
    limits: TarLimits,
    mut take: impl FnMut(Member) -> Result<(), E>,
) -> Result<(), E> {
    let damaged = |error: io::Error| E::from(TarError::from(error));
    let mut archive = tar::Archive::new(archive.take(limits.bytes));
    let mut bounds = Bounds::of(limits);
    let mut extensions = Extensions::default();
    // Raw, so that nothing is read into memory unasked.
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        if extensions.read(&mut entry)? {
            continue;
        }
        let about = std::mem::take(&mut extensions);
        let (name, kind) = about.describe(&entry)?;
        bounds.count(&name, &kind)?;
        take(Member {
            mode: entry.header().mode().unwrap_or(0o644),
            size: entry.size(),
            name,
            kind,
            contents: &mut entry,
        })?;
    }
    if !extensions.is_empty() {
        let error = io::Error::other("its last header belongs to no entry");
        return Err(damaged(error));
    }
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(damaged)?;
    if rest.limit() == 0 {
        let error = io::Error::other(format!(
            "it unpacks to more than {} MiB",
            limits.bytes >> 20
        ));
        return Err(damaged(error));
    }
    Ok(())
}

impl Extensions {
    /// Reads a header that is about the next member, or about all. Returns
    /// false if the entry is a member itself.
    fn read<R: Read>(&mut self, entry: &mut tar::Entry<R>) -> Result<bool, TarError> {
        let kind = entry.header().entry_type();
        let twice = |is_known| {
            let name = entry.path_bytes();
            let problem = "has two extended headers of the same kind";
            if is_known {
                Err(TarError::unsound(&name, problem))
            } else {
                Ok(())
            }
        };
        if kind.is_gnu_longname() {
            twice(self.long_name.is_some())?;
            self.long_name = Some(text_of(entry)?);
        } else if kind.is_gnu_longlink() {
            twice(self.long_link.is_some())?;
            self.long_link = Some(text_of(entry)?);
        } else if kind.is_pax_local_extensions() {
            twice(self.pax.is_some())?;
            self.pax = Some(Pax::of(&header_of(entry)?)?);
        } else if kind.is_pax_global_extensions() {
            if !Pax::of(&header_of(entry)?)?.is_empty() {
                let problem = "sets the same path, link target or size for all entries";
                return Err(TarError::unsound(&entry.path_bytes(), problem));
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    const fn is_empty(&self) -> bool {
        self.long_name.is_none() && self.long_link.is_none() && self.pax.is_none()
    }

    /// Returns the name and kind of the member that the headers are about. PAX
    /// comes before GNU, as in GNU tar.
    fn describe<R: Read>(self, entry: &tar::Entry<R>) -> Result<(Vec<u8>, MemberKind), TarError> {
        let pax = self.pax.unwrap_or_default();
        let own = || entry.path_bytes().into_owned();
        if let (Some(pax), Some(long)) = (&pax.path, &self.long_name)
            && pax != long
        {
            let problem = "has two names, which programs read differently";
            return Err(TarError::unsound(pax, problem));
        }
        let name = pax.path.or(self.long_name).unwrap_or_else(own);
        if pax.size.is_some_and(|size| size != entry.size()) {
            let problem = "has two sizes, which programs read differently";
            return Err(TarError::unsound(&name, problem));
        }
        let target = || {
            let own = || entry.link_name_bytes().unwrap_or_default().into_owned();
            pax.link_path.or(self.long_link).unwrap_or_else(own)
        };
        let kind = entry.header().entry_type();
        let kind = if kind.is_dir() {
            MemberKind::Folder
        } else if kind.is_file() || kind.is_contiguous() {
            MemberKind::File
        } else if kind.is_symlink() {
            MemberKind::SymbolicLink(target())
        } else if kind.is_hard_link() {
            MemberKind::HardLink(target())
        } else if kind.is_gnu_sparse() {
            let problem = "is a sparse file, which programs unpack differently";
            return Err(TarError::unsound(&name, problem));
        } else {
            MemberKind::Other
        };
        require_agreed(&name, &kind, entry.size())?;
        Ok((name, kind))
    }
}

/// Refuses what readers take for something else: some cut names at a NUL, and
/// some read the contents of what has none as further members.
fn require_agreed(name: &[u8], kind: &MemberKind, size: u64) -> Result<(), TarError> {
    let target = match kind {
        MemberKind::SymbolicLink(target) | MemberKind::HardLink(target) => &target[..],
        _ => b"",
    };
    if name.contains(&0) || target.contains(&0) {
        return Err(TarError::unsound(
            name,
            "has a NUL character in its name or target",
        ));
    }
    if size > 0 && *kind != MemberKind::File {
        return Err(TarError::unsound(name, "has contents, but isn't a file"));
    }
    Ok(())
}

impl Pax {
    fn of(header: &[u8]) -> Result<Self, TarError> {
        let mut pax = Self::default();
        for record in tar::PaxExtensions::new(header) {
            let record = record?;
            let value = record.value_bytes();
            match record.key_bytes() {
                b"path" => pax.path = Some(value.to_vec()),
                b"linkpath" => pax.link_path = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok();
                    let size = size.and_then(|size| size.parse().ok());
                    let size = size.ok_or_else(|| io::Error::other("a size in it is not a number"));
                    pax.size = Some(size?);
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    let name = pax.path.unwrap_or_else(|| key.to_vec());
                    let problem = "is a sparse file, which programs unpack differently";
                    return Err(TarError::unsound(&name, problem));
                }
                _ => {}
            }
        }
        Ok(pax)
    }

    const fn is_empty(&self) -> bool {
        self.path.is_none() && self.link_path.is_none() && self.size.is_none()
    }
}

/// What was counted of an archive so far.
struct Bounds {
    limits: TarLimits,
    members: usize,
    names: usize,
}

impl Bounds {
    const fn of(limits: TarLimits) -> Self {
        Self {
            limits,
            members: 0,
            names: 0,
        }
    }

    fn count(&mut self, name: &[u8], kind: &MemberKind) -> Result<(), TarError> {
        let (MemberKind::SymbolicLink(target) | MemberKind::HardLink(target)) = kind else {
            return self.add(name, 0);
        };
        self.add(name, target.len())
    }

    fn add(&mut self, name: &[u8], more: usize) -> Result<(), TarError> {
        if name.len() > MAX_PATH || more > MAX_PATH {
            let problem = "has a path that is too long";
            return Err(TarError::unsound(name, problem));
        }
        self.members += 1;
        self.names += name.len() + more;
        if self.members > self.limits.members || self.names > self.limits.names {
            return Err(io::Error::other("it has too many files").into());
        }
        Ok(())
    }
}

/// Reads the contents of an extended header.
fn header_of<R: Read>(entry: &mut tar::Entry<R>) -> Result<Vec<u8>, TarError> {
    if entry.size() > MAX_HEADER {
        let error = io::Error::other("it has a name or header of more than 1 MiB");
        return Err(error.into());
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    if bytes.len() as u64 != entry.size() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(bytes)
}

/// Reads a long name, which ends with a zero byte.
fn text_of<R: Read>(entry: &mut tar::Entry<R>) -> Result<Vec<u8>, TarError> {
    let mut bytes = header_of(entry)?;
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TarLimits = TarLimits {
        bytes: 1 << 30,
        members: 1000,
        names: 1 << 20,
    };

    /// A block of a tar archive, with its contents.
    fn block(name: &str, kind: u8, size: u64, contents: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend_from_slice(contents);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn pax(kind: u8, records: &[(&str, &str)]) -> Vec<u8> {
        let mut text = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            let mut lengths = (1..=4).map(|digits| rest.len() + digits);
            let length = lengths.find(|length| length.to_string().len() + rest.len() == *length);
            text.push_str(&length.unwrap().to_string());
            text.push_str(&rest);
        }
        let records = text;
        block("pax", kind, records.len() as u64, records.as_bytes())
    }

    fn file(name: &str) -> Vec<u8> {
        block(name, b'0', 1, b"x")
    }

    fn read(archive: &[u8]) -> Result<Vec<(String, MemberKind, u64)>, TarError> {
        let mut found = Vec::new();
        each_member(archive, LIMITS, |member| {
            let name = String::from_utf8_lossy(&member.name).into_owned();
            found.push((
                name,
                member.kind,
                io::copy(member.contents, &mut io::sink())?,
            ));
            Ok::<_, TarError>(())
        })?;
        Ok(found)
    }

    fn refusal(archive: &[Vec<u8>]) -> String {
        read(&archive.concat()).unwrap_err().to_string()
    }

    #[test]
    fn what_readers_take_for_something_else_is_refused() {
        for kind in *b"125" {
            let text = refusal(&[block("a", kind, 1, b"x")]);
            assert!(text.ends_with("has contents, but isn't a file"), "{text}");
        }
        let text = refusal(&[pax(b'x', &[("path", "a/b\0c")]), file("a")]);
        assert!(
            text.ends_with("has a NUL character in its name or target"),
            "{text}"
        );
        let long = block("././@LongLink", b'L', 4, b"a/b\0");
        let text = refusal(&[long, pax(b'x', &[("path", "a/c")]), file("a")]);
        let expected = "has two names, which programs read differently";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn names_come_from_extended_headers() {
        let long = "a".repeat(300);
        let gnu = block("x", b'L', 301, format!("{long}\0").as_bytes());
        let pax = pax(b'x', &[("path", "b/c"), ("mtime", "1"), ("size", "1")]);
        let archive = [gnu, file("x"), pax, file("x"), block("d/", b'5', 0, b"")];
        let found = read(&archive.concat()).unwrap();
        let expected = [
            (long, MemberKind::File, 1),
            ("b/c".to_owned(), MemberKind::File, 1),
            ("d/".to_owned(), MemberKind::Folder, 0),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_header_that_is_about_all_may_be_a_comment() {
        let comment = pax(b'g', &[("comment", "0123456789abcdef")]);
        assert_eq!(read(&[comment, file("a")].concat()).unwrap().len(), 1);
        for key in ["path", "linkpath", "size"] {
            let global = pax(b'g', &[(key, "1")]);
            let message = refusal(&[global, file("a")]);
            assert!(message.contains("sets the same path"), "{message}");
        }
    }

    #[test]
    fn sizes_and_headers_that_readers_understand_differently_are_refused() {
        let two = pax(b'x', &[("size", "0")]);
        let message = refusal(&[two, file("a")]);
        assert_eq!(
            message,
            "the entry `a` has two sizes, which programs read differently"
        );
        for sparse in [
            vec![block("a", b'S', 1, b"x")],
            vec![pax(b'x', &[("GNU.sparse.major", "1")]), file("a")],
        ] {
            let message = refusal(&sparse);
            assert!(message.contains("sparse"), "{message}");
        }
        let name = || block("x", b'L', 2, b"a\0");
        let message = refusal(&[name(), name(), file("a")]);
        assert!(message.contains("two extended headers"), "{message}");
        assert!(refusal(&[name()]).contains("belongs to no entry"));
    }

    /// Only the header exists: nothing is reserved for what it claims.
    #[test]
    fn long_headers_are_refused_before_they_are_read() {
        for kind in [b'L', b'K', b'x', b'g'] {
            let message = refusal(&[block("a", kind, 500 << 20, b"")]);
            assert!(message.contains("more than 1 MiB"), "{message}");
        }
        let name = "a".repeat(MAX_PATH + 1);
        let long = block("x", b'L', name.len() as u64, name.as_bytes());
        let message = refusal(&[long, file("a")]);
        assert!(
            message.len() < 200 && message.contains("aaa..."),
            "{message}"
        );
    }

    #[test]
    fn an_archive_beyond_its_limit_is_damaged() {
        let archive = [file("a"), vec![0; 4096]].concat();
        let read = |bytes| {
            let limits = TarLimits { bytes, ..LIMITS };
            each_member(&archive[..], limits, |_| Ok::<_, TarError>(()))
        };
        assert!(read(archive.len() as u64 + 1).is_ok());
        let message = read(4096).unwrap_err().to_string();
        assert!(message.contains("unpacks to more than"), "{message}");
    }

    #[test]
    fn members_are_counted() {
        let mut bounds = Bounds::of(LIMITS);
        for _ in 0..LIMITS.members {
            bounds.add(b"a", 0).unwrap();
        }
        assert!(bounds.add(b"a", 0).is_err());
        let mut bounds = Bounds::of(LIMITS);
        let name = vec![b'a'; MAX_PATH];
        let most = LIMITS.names / MAX_PATH;
        (0..most).for_each(|_| bounds.add(&name, 0).unwrap());
        assert!(bounds.add(&name, 0).is_err());
    }
}
