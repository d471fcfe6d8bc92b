//! Reads an sdist in memory; nothing of it is written to the disk.
//!
//! By the source distribution format, there is one folder at the top,
//! `<name>-<version>/`; paths are returned relative to it. An entry that would
//! leave that folder makes the whole archive suspect: it is refused rather than
//! skipped.

use std::io::{self, Read, Seek as _};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use fs_err::File;
use zip::ZipArchive;
use zip::result::ZipError;

use super::IoError;
use super::archive_paths::{ArchivePaths, PathKind};
use super::gzip::{GzipReader, is_of_bytes_behind};
use super::metered::Metered;
use super::tar_members::{
    Member, MemberKind, Stopped, TarError, TarLimits, each_member, shown_name,
};
use super::text_budget::{Text, TextBudget, TextLimits};
use super::zip_headers;
use crate::project::{
    GITMODULES, INCLUDES_LENGTH, MAX_PATH, SourceFiles, is_compiled, is_read, read_includes,
};

/// Of one archive: several are read at the same time.
const TEXT_LIMITS: TextLimits = TextLimits {
    manifests: 20 << 20,
    scripts: 4 << 20,
};
/// Upper bound on the central directory of a zip archive, in bytes: it is read
/// into memory. A file takes about 100 of them.
const MAX_DIRECTORY: u64 = 4 << 20;
/// Upper bound on the size of an unpacked archive, in bytes. A larger one is an
/// attack.
const MAX_UNPACKED: u64 = 8 << 30;
/// The largest source trees have a third of that.
const LIMITS: TarLimits = TarLimits {
    bytes: MAX_UNPACKED,
    members: 250_000,
    names: 16 << 20,
};

/// Reads an sdist from its beginning; `path` is its name.
///
/// # Errors
/// Fails if it isn't called `.tar.gz`, `.tgz` or `.zip`, is damaged, or has
/// entries that are refused.
pub fn read_archive(path: &Utf8Path, file: &mut File) -> Result<SourceFiles, IoError> {
    let name = path.file_name().unwrap_or_default().to_lowercase();
    let is_called = |ending| name.ends_with(ending);
    if is_called(".tar.gz") || is_called(".tgz") {
        read_tar_gz(path, file)
    } else if is_called(".zip") {
        read_zip(path, file)
    } else {
        let path = path.to_owned();
        Err(IoError::UnknownKind { path })
    }
}

/// Reads a `.tar.gz` from its beginning; `path` is its name.
fn read_tar_gz(path: &Utf8Path, file: &mut File) -> Result<SourceFiles, IoError> {
    let mut collector = Collector::new(path);
    file.rewind()?;
    let gzip = GzipReader::new(io::BufReader::new(&mut *file));
    match each_member(gzip, LIMITS, |mut member| collector.add_member(&mut member)) {
        Ok(()) => collector.finish(),
        Err(Stopped::Refused(error)) => Err(error),
        Err(Stopped::Tar(error)) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Utf8Path, error: TarError) -> IoError {
    match error {
        TarError::Damaged(error) => damaged(path, &error),
        TarError::Unsound { entry, problem } => IoError::UnsafeEntry {
            path: path.to_string(),
            entry,
            problem,
        },
    }
}

/// Reads a `.zip`; `path` is its name.
fn read_zip(path: &Utf8Path, file: &mut File) -> Result<SourceFiles, IoError> {
    let mut collector = Collector::new(path);
    file.rewind()?;
    let (file, meter) = Metered::new(io::BufReader::new(file), MAX_DIRECTORY);
    let unreadable = |error: ZipError| damaged(path, &error.into());
    let archive = ZipArchive::new(file).map_err(unreadable)?;
    meter.lift();
    let checked = zip_headers::checked(archive).map_err(unreadable)?;
    let mut archive = checked.map_err(|found| match &found.entry[..] {
        [] => damaged(path, &io::Error::other(format!("it {}", found.problem))),
        entry => collector.refuse(entry, found.problem),
    })?;
    for place in 0..archive.len() {
        let mut entry = archive
            .by_index(place)
            .map_err(|e| damaged(path, &e.into()))?;
        let name = entry.name_raw().to_vec();
        if entry.is_symlink() {
            let mut target = Vec::new();
            let read = entry
                .by_ref()
                .take(MAX_PATH as u64)
                .read_to_end(&mut target);
            read.map_err(|e| damaged(path, &e))?;
            collector.add_link(&name, &target, true)?;
        } else {
            let is_file = !entry.is_dir();
            collector.add(&name, is_file, &mut entry)?;
        }
    }
    collector.finish()
}

fn damaged(path: &Utf8Path, error: &io::Error) -> IoError {
    let path = path.to_owned();
    if is_of_bytes_behind(error) {
        return IoError::BehindTheEnd { path };
    }
    IoError::Damaged {
        path,
        message: error.to_string(),
    }
}

struct Collector<'a> {
    path: &'a Utf8Path,
    top: Option<String>,
    files: SourceFiles,
    links: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    /// Of the entries so far, below the top folder.
    known: ArchivePaths,
    budget: TextBudget,
}

impl<'a> Collector<'a> {
    fn new(path: &'a Utf8Path) -> Self {
        Self {
            path,
            top: None,
            files: SourceFiles::of_archive(path.as_str()),
            links: Vec::new(),
            known: ArchivePaths::default(),
            budget: TextBudget::new(TEXT_LIMITS),
        }
    }

    fn refuse(&self, entry: &[u8], problem: &'static str) -> IoError {
        IoError::UnsafeEntry {
            path: self.path.to_string(),
            entry: shown_name(entry),
            problem,
        }
    }

    fn add_member(&mut self, member: &mut Member) -> Result<(), Stopped> {
        let (name, kind) = (&member.name, &member.kind);
        match kind {
            MemberKind::Folder => self.add(name, false, member.contents)?,
            MemberKind::File => self.add(name, true, member.contents)?,
            MemberKind::SymbolicLink(target) => self.add_link(name, target, true)?,
            MemberKind::HardLink(target) => self.add_link(name, target, false)?,
            MemberKind::Other => {
                return Err(self
                    .refuse(name, "is a device, or of an unknown type")
                    .into());
            }
        }
        Ok(())
    }

    /// Adds a file; of a folder, only the name is checked.
    fn add(&mut self, name: &[u8], is_file: bool, contents: &mut dyn Read) -> Result<(), IoError> {
        if !is_file {
            return self.add_folder(name);
        }
        let path = self.below_top(name)?;
        self.know(name, &path, PathKind::File)?;
        let bytes = if is_read(&path, Utf8Path::new(".")) || path == GITMODULES {
            self.contents(&path, contents)?
        } else {
            if is_compiled(&path) {
                self.add_includes(&path, contents)?;
            }
            None
        };
        // Two readers could choose different ones, so those that decide
        // something must be the same.
        if self.files.has(&path) && self.files.bytes(&path) != bytes.as_deref() {
            return Err(self.refuse(name, "is in it twice, with different contents"));
        }
        self.files.insert(path, bytes);
        Ok(())
    }

    fn add_includes(&mut self, path: &Utf8Path, contents: &mut dyn Read) -> Result<(), IoError> {
        let mut head = Vec::new();
        let read = contents.take(INCLUDES_LENGTH).read_to_end(&mut head);
        read.map_err(|error| damaged(self.path, &error))?;
        self.files.insert_includes(path, read_includes(&head));
        Ok(())
    }

    fn add_folder(&mut self, name: &[u8]) -> Result<(), IoError> {
        let parts = self.parts(name)?;
        let Some((first, below)) = parts.split_first() else {
            return Ok(());
        };
        self.enter(first)?;
        if below.is_empty() {
            return Ok(());
        }
        let path: Utf8PathBuf = below.iter().collect();
        self.know(name, &path, PathKind::Folder)
    }

    /// Refuses an entry whose path the archive has for something else.
    fn know(&mut self, name: &[u8], path: &Utf8Path, kind: PathKind) -> Result<(), IoError> {
        match self.known.add(path, kind) {
            Ok(_) => Ok(()),
            Err(problem) => Err(self.refuse(name, problem)),
        }
    }

    fn contents(
        &mut self,
        path: &Utf8Path,
        contents: &mut dyn Read,
    ) -> Result<Option<Vec<u8>>, IoError> {
        match self.budget.read(path, contents) {
            Ok(Text::Read(bytes)) => Ok(Some(bytes)),
            Ok(Text::PassedOver) => Ok(None),
            Ok(Text::Refused(message)) => Err(damaged(self.path, &io::Error::other(message))),
            Err(error) => Err(damaged(self.path, &error)),
        }
    }

    /// Remembers a link; links are followed after all files are known.
    fn add_link(&mut self, name: &[u8], target: &[u8], is_symbolic: bool) -> Result<(), IoError> {
        let path = self.below_top(name)?;
        self.know(name, &path, PathKind::Link)?;
        let leaves = "is a link that leads out of the archive's folder";
        let target = std::str::from_utf8(target).map_err(|_| self.refuse(name, leaves))?;
        // A symbolic link starts from its folder, a hard link from the top.
        let start = if is_symbolic {
            let top = self.top.as_deref().unwrap_or_default();
            let folder = path.parent().unwrap_or(Utf8Path::new(""));
            Utf8Path::new(top).join(folder)
        } else {
            Utf8PathBuf::new()
        };
        let joined = resolve(&start, target).ok_or_else(|| self.refuse(name, leaves))?;
        let parts = self.parts(joined.as_str().as_bytes());
        let parts = parts.map_err(|_| self.refuse(name, leaves))?;
        let Some((first, below)) = parts.split_first() else {
            return Ok(());
        };
        if self.top.as_deref() != Some(*first) {
            return Err(self.refuse(name, leaves));
        }
        if !below.is_empty() {
            self.links.push((path, below.iter().collect()));
        }
        Ok(())
    }

    /// Returns the path of a file or link below the top folder.
    fn below_top(&mut self, name: &[u8]) -> Result<Utf8PathBuf, IoError> {
        let parts = self.parts(name)?;
        let (Some(first), below @ [_, ..]) = (parts.first(), parts.get(1..).unwrap_or_default())
        else {
            return Err(IoError::NoTopFolder {
                path: self.path.to_owned(),
                entry: String::from_utf8_lossy(name).into_owned(),
            });
        };
        self.enter(first)?;
        Ok(below.iter().collect())
    }

    /// Checks that a folder is the only one at the top.
    fn enter(&mut self, first: &str) -> Result<(), IoError> {
        let top = self.top.get_or_insert_with(|| first.to_owned());
        if top == first {
            return Ok(());
        }
        Err(IoError::SeveralTopFolders {
            path: self.path.to_owned(),
            folders: vec![top.clone(), first.to_owned()],
        })
    }

    /// Returns the parts of an entry's path.
    fn parts<'n>(&self, name: &'n [u8]) -> Result<Vec<&'n str>, IoError> {
        if name.len() > MAX_PATH {
            return Err(self.refuse(name, "has a path that is too long"));
        }
        let text = std::str::from_utf8(name).map_err(|_| self.refuse(name, "is not UTF-8"))?;
        if text.contains('\0') {
            return Err(self.refuse(name, "has a NUL character in its name or target"));
        }
        let mut parts = Vec::new();
        for component in Utf8Path::new(text).components() {
            match component {
                Utf8Component::Normal(part) if !part.contains('\\') => parts.push(part),
                Utf8Component::CurDir => {}
                _ => return Err(self.refuse(name, "would leave the archive's folder")),
            }
        }
        Ok(parts)
    }

    fn finish(mut self) -> Result<SourceFiles, IoError> {
        for (path, target) in std::mem::take(&mut self.links) {
            self.files.link(&path, &target);
        }
        if self.top.is_none() {
            return Err(damaged(self.path, &io::Error::other("it is empty")));
        }
        Ok(self.files)
    }
}

/// Resolves a link's target from a folder; `None` if it is absolute or goes
/// above the start of the archive.
fn resolve(start: &Utf8Path, target: &str) -> Option<Utf8PathBuf> {
    let mut path = start.to_owned();
    for component in Utf8Path::new(target).components() {
        match component {
            Utf8Component::Normal(part) => path.push(part),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if path.pop() => {}
            _ => return None,
        }
    }
    Some(path)
}
