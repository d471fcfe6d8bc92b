//! The paths of an archive's entries, as long as they fit together.
//!
//! Programs differ in what they make of a path that an archive has twice, as a
//! file and as a folder or a link: some replace what is there, some write
//! through the link, some fail. Such archives are refused.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use camino::{Utf8Path, Utf8PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathKind {
    Folder,
    File,
    Link,
}

/// The paths so far, and the folders above them.
#[derive(Default)]
pub(super) struct ArchivePaths {
    known: BTreeMap<Utf8PathBuf, PathKind>,
    folders: usize,
}

impl ArchivePaths {
    /// Adds a path and the folders above it. Returns whether an entry before had
    /// the path; the error says what is wrong with it.
    pub(super) fn add(&mut self, path: &Utf8Path, kind: PathKind) -> Result<bool, &'static str> {
        let above = path.ancestors().skip(1);
        for folder in above.take_while(|folder| *folder != "") {
            match self.known.get(folder) {
                Some(PathKind::Folder) => break,
                Some(PathKind::File) => return Err("is below a file"),
                Some(PathKind::Link) => return Err("is below a link"),
                None => self.insert(folder, PathKind::Folder),
            }
        }
        match (self.known.get(path), kind) {
            (None, _) => {
                self.insert(path, kind);
                Ok(false)
            }
            (Some(PathKind::Folder), PathKind::Folder) | (Some(PathKind::File), PathKind::File) => {
                Ok(true)
            }
            (Some(PathKind::Folder), _) => Err("has the path of a folder"),
            (Some(PathKind::File), PathKind::Folder) => Err("is a folder with the path of a file"),
            (Some(PathKind::File), _) => Err("is a link with the path of a file"),
            (Some(PathKind::Link), _) => Err("has the path of a link"),
        }
    }

    /// The number of folders, those above files included.
    pub(super) const fn folders(&self) -> usize {
        self.folders
    }

    fn insert(&mut self, path: &Utf8Path, kind: PathKind) {
        if let Entry::Vacant(place) = self.known.entry(path.to_owned()) {
            place.insert(kind);
            self.folders += usize::from(kind == PathKind::Folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PathKind::{File, Folder, Link};
    use super::*;

    /// What is wrong with the last of some paths.
    fn problem(paths: &[(&str, PathKind)]) -> Option<&'static str> {
        let mut known = ArchivePaths::default();
        let (last, before) = paths.split_last().unwrap();
        for (path, kind) in before {
            known.add((*path).into(), *kind).unwrap();
        }
        known.add(last.0.into(), last.1).err()
    }

    #[test]
    fn paths_that_fit_together_are_taken() {
        let mut known = ArchivePaths::default();
        for (path, kind, is_known) in [
            ("a/b", File, false),
            ("a", Folder, true),
            ("a/c", Link, false),
            ("a/b", File, true),
            ("d", Folder, false),
        ] {
            assert_eq!(known.add(path.into(), kind), Ok(is_known), "{path}");
        }
        assert_eq!(known.folders(), 2);
    }

    #[test]
    fn one_path_is_not_two_things() {
        for (paths, expected) in [
            (vec![("a", File), ("a/b", File)], "is below a file"),
            (vec![("a", Link), ("a/b", File)], "is below a link"),
            (vec![("a", Link), ("a/b/c", Link)], "is below a link"),
            (vec![("a/b", File), ("a", File)], "has the path of a folder"),
            (vec![("a", Folder), ("a", Link)], "has the path of a folder"),
            (
                vec![("a", File), ("a", Folder)],
                "is a folder with the path of a file",
            ),
            (
                vec![("a", File), ("a", Link)],
                "is a link with the path of a file",
            ),
            (vec![("a", Link), ("a", File)], "has the path of a link"),
            (vec![("a", Link), ("a", Link)], "has the path of a link"),
            (vec![("a", Link), ("a", Folder)], "has the path of a link"),
        ] {
            assert_eq!(problem(&paths), Some(expected), "{paths:?}");
        }
    }
}
