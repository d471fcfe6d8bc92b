//! Lists what a revision has before anything of it is written.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use camino::Utf8PathBuf;

use super::super::IoError;
use super::program::{no_git, sealed};
use super::spec::CheckoutSpec;

/// What may still be written. Trees may name the same file over and over, so
/// that a small repository can have an endless checkout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    files: u64,
    bytes: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub path: Utf8PathBuf,
    pub revision: String,
}

/// The submodules of a revision.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub links: Vec<Link>,
    /// Whether there is a file `.gitmodules`.
    pub has_modules: bool,
}

/// Upper bound on a file, in bytes: cargo reads each into memory.
const MAX_FILE: u64 = 256 << 20;

/// Why a revision isn't checked out.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    TooLarge(&'static str),
    Unsound(&'static str),
    Missing,
}

impl Limits {
    /// Several times the size of the largest repositories that hold crates.
    pub(super) const fn of_a_checkout() -> Self {
        Self {
            files: 500_000,
            bytes: 2 << 30,
        }
    }

    fn take(&mut self, bytes: u64) -> Result<(), Refusal> {
        if bytes > MAX_FILE {
            return Err(Refusal::TooLarge("a file of more than 256 MiB"));
        }
        let files = self.files.checked_sub(1);
        self.files = files.ok_or(Refusal::TooLarge("more than 500000 files"))?;
        let bytes = self.bytes.checked_sub(bytes);
        self.bytes = bytes.ok_or(Refusal::TooLarge("more than 2 GiB"))?;
        Ok(())
    }
}

impl Listing {
    /// Lists a revision, and takes its size off the limits. Returns `None` if
    /// objects are missing.
    pub(super) fn read(
        spec: &CheckoutSpec,
        repository: &Path,
        limits: &mut Limits,
    ) -> Result<Option<Self>, IoError> {
        let mut left = *limits;
        let mut git = sealed(repository);
        git.args(["ls-tree", "-r", "-l", "-z", "--full-tree"])
            .arg(&spec.revision)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = git.spawn().map_err(|error| no_git(&error))?;
        let stdout = child.stdout.take().expect("it is piped");
        let listing = Self::parse(BufReader::new(stdout), &mut left);
        if !matches!(listing, Ok(Ok(_))) {
            stop(&mut child);
        }
        let status = child.wait()?;
        match listing? {
            Err(Refusal::TooLarge(what)) => Err(spec.too_large(what)),
            Err(Refusal::Unsound(what)) => Err(spec.unsound(what.to_owned())),
            Err(Refusal::Missing) => Ok(None),
            Ok(_) if !status.success() => Ok(None),
            Ok(listing) => {
                *limits = left;
                Ok(Some(listing))
            }
        }
    }

    fn parse(
        mut lines: impl BufRead,
        limits: &mut Limits,
    ) -> std::io::Result<Result<Self, Refusal>> {
        let (mut listing, mut line) = (Self::default(), Vec::new());
        let mut paths = KnownPaths::default();
        loop {
            line.clear();
            if lines.read_until(0, &mut line)? == 0 {
                return Ok(Ok(listing));
            }
            if let Err(refusal) = listing.add(&line, limits, &mut paths) {
                return Ok(Err(refusal));
            }
        }
    }

    /// Parses `<mode> <type> <object> <size>\t<path>\0`.
    fn add(
        &mut self,
        line: &[u8],
        limits: &mut Limits,
        paths: &mut KnownPaths,
    ) -> Result<(), Refusal> {
        let unsound = Refusal::Unsound("failed to read its trees");
        let line = line.strip_suffix(&[0]).unwrap_or(line);
        let Some(tab) = line.iter().position(|&byte| byte == b'\t') else {
            return Err(unsound);
        };
        let (head, path) = (&line[..tab], &line[tab + 1..]);
        let head = String::from_utf8_lossy(head);
        let [mode, _, object, size] = head.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(unsound);
        };
        // Git goes on without an object that isn't there.
        if size == "BAD" {
            return Err(Refusal::Missing);
        }
        limits.take(size.parse().unwrap_or(0))?;
        if std::str::from_utf8(path).is_err() {
            return Err(Refusal::Unsound("a path isn't UTF-8"));
        }
        paths.add(path)?;
        if path == b".gitmodules" {
            self.has_modules = mode.starts_with("100");
        }
        if mode == "160000" {
            let path = String::from_utf8(path.to_vec())
                .map_err(|_| Refusal::Unsound("a submodule's path isn't UTF-8"))?;
            self.links.push(Link {
                path: path.into(),
                revision: object.to_owned(),
            });
        }
        Ok(())
    }
}

/// The paths of a revision so far, as hashes: there may be half a million.
///
/// Git writes what a tree says, even if it has one name twice: as a link, and
/// as a folder whose files are then written to where the link leads.
#[derive(Default)]
struct KnownPaths {
    hasher: RandomState,
    entries: HashSet<u64>,
    folders: HashSet<u64>,
}

impl KnownPaths {
    fn add(&mut self, path: &[u8]) -> Result<(), Refusal> {
        let is_odd =
            |part: &[u8]| matches!(part, b"" | b"." | b"..") || part.eq_ignore_ascii_case(b".git");
        if path.split(|byte| *byte == b'/').any(is_odd) {
            return Err(Refusal::Unsound("a path isn't a regular path"));
        }
        let twice = Refusal::Unsound("its trees have a path twice");
        for (end, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            let folder = self.hasher.hash_one(&path[..end]);
            if self.entries.contains(&folder) {
                return Err(twice);
            }
            self.folders.insert(folder);
        }
        let entry = self.hasher.hash_one(path);
        if self.folders.contains(&entry) || !self.entries.insert(entry) {
            return Err(twice);
        }
        Ok(())
    }
}

/// Ends a process whose output isn't needed any more.
fn stop(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, files: u64, bytes: u64) -> Result<Listing, Refusal> {
        Listing::parse(text.as_bytes(), &mut Limits { files, bytes }).unwrap()
    }

    const TEXT: &str = "100644 blob 12ab      10\t.gitmodules\x00120000 blob 34cd       3\ta b\tc\x00\
                        160000 commit 56ef       -\tlibs/x\x00";

    #[test]
    fn submodules_are_found() {
        let link = Link {
            path: "libs/x".into(),
            revision: "56ef".to_owned(),
        };
        let expected = Listing {
            links: vec![link],
            has_modules: true,
        };
        assert_eq!(parse(TEXT, 3, 13), Ok(expected));
        // A link could lead anywhere.
        let linked = TEXT.replace("100644", "120000");
        assert!(!parse(&linked, 3, 13).unwrap().has_modules);
    }

    #[test]
    fn a_path_is_one_thing_only() {
        let entry = |mode: &str, path: &str| format!("{mode} blob 12ab 1\t{path}\0");
        let parse = |paths: [(&str, &str); 2]| {
            let text: String = paths.iter().map(|(mode, path)| entry(mode, path)).collect();
            parse(&text, 9, 99)
        };
        let (link, file, module) = ("120000", "100644", "160000");
        for paths in [
            [(link, "a"), (module, "a/b")],
            [(file, "a/b/c"), (link, "a")],
            [(file, "a"), (file, "a")],
            [(file, "a"), (file, "b/../c")],
            [(file, "a"), (file, "b/.GIT/config")],
            [(file, "a"), (file, "b//c")],
        ] {
            assert!(
                matches!(parse(paths), Err(Refusal::Unsound(_))),
                "{paths:?}"
            );
        }
        assert!(parse([(file, "a.b"), (file, "a/b")]).is_ok());
    }

    #[test]
    fn more_than_the_limits_is_refused() {
        assert!(matches!(parse(TEXT, 2, 13), Err(Refusal::TooLarge(_))));
        assert!(matches!(parse(TEXT, 3, 12), Err(Refusal::TooLarge(_))));
        let large = format!(" {}\t", MAX_FILE + 1);
        let large = TEXT.replace(" 10\t", &large);
        assert!(matches!(
            parse(&large, 3, u64::MAX),
            Err(Refusal::TooLarge(_))
        ));
        assert!(matches!(parse("x\0", 3, 12), Err(Refusal::Unsound(_))));
        let missing = TEXT.replace(" 10\t", "BAD\t");
        assert_eq!(parse(&missing, 9, 99), Err(Refusal::Missing));
    }
}
