//! What git ignores in a project folder.
//!
//! Only the `.gitignore` files of the repository count. `.git/info/exclude` and
//! the user's own list differ between machines, and with them would the digests
//! in the marks of a stanza.

use std::collections::HashMap;
use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::paths::full_folder_path;
use super::read::open_regular;
use super::search_up::steps_to_repository;

/// Upper bound on the size of a `.gitignore`, in bytes; the rest isn't read.
const MAX_SIZE: u64 = 256 << 10;

/// The patterns of a repository, as far as they apply to one folder of it.
pub(super) struct GitIgnored {
    /// The full path of the folder that is read.
    root: Utf8PathBuf,
    /// The folder above which no pattern counts.
    top: Utf8PathBuf,
    /// The patterns of each folder whose entries were compared.
    patterns: HashMap<Utf8PathBuf, Gitignore>,
}

impl GitIgnored {
    /// Returns the patterns for a folder, or `None` outside of a repository.
    pub(super) fn of(folder: &Utf8Path) -> Option<Self> {
        let root = full_folder_path(folder).ok()??;
        let steps = steps_to_repository(&root)?;
        let top = root.ancestors().nth(steps)?.to_owned();
        let mut ignored = Self {
            root,
            top,
            patterns: HashMap::new(),
        };
        let inside: Vec<_> = ignored.root.ancestors().take(steps).collect();
        let inside: Vec<_> = inside.into_iter().map(Utf8Path::to_owned).collect();
        // Who names an ignored folder wants what is in it.
        if inside.iter().any(|folder| ignored.has(folder, true)) {
            ignored.top.clone_from(&ignored.root);
        }
        Some(ignored)
    }

    /// Whether git ignores a path, which is relative to the folder. Parents are
    /// taken not to be ignored.
    pub(super) fn covers(&mut self, path: &Utf8Path, is_folder: bool) -> bool {
        self.has(&self.root.join(path), is_folder)
    }

    fn has(&mut self, path: &Utf8Path, is_folder: bool) -> bool {
        let top = self.top.clone();
        let mut folders = path.ancestors().skip(1);
        let found = folders
            .by_ref()
            .take_while(|folder| folder.starts_with(&top))
            .find_map(
                |folder| match self.patterns(folder).matched(path, is_folder) {
                    Match::None => None,
                    Match::Ignore(_) => Some(true),
                    Match::Whitelist(_) => Some(false),
                },
            );
        found.unwrap_or(false)
    }

    fn patterns(&mut self, folder: &Utf8Path) -> &Gitignore {
        self.patterns
            .entry(folder.to_owned())
            .or_insert_with(|| read(folder))
    }
}

/// Reads the `.gitignore` of a folder. Lines that make no sense are left out, as
/// git does.
fn read(folder: &Utf8Path) -> Gitignore {
    let path = folder.join(".gitignore");
    let mut bytes = Vec::new();
    let file = open_regular(path);
    let _ = file.and_then(|file| file.take(MAX_SIZE).read_to_end(&mut bytes));
    let mut builder = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(&bytes).lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    /// A repository with these `.gitignore` files, by folder.
    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let root = root.canonicalize_utf8().unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        for (folder, text) in files {
            fs::create_dir_all(root.join(folder)).unwrap();
            fs::write(root.join(folder).join(".gitignore"), text).unwrap();
        }
        (temporary, root)
    }

    #[test]
    fn patterns_count_from_the_repository_down() {
        let files = [
            ("", "data/\n*.bin\n/top\n["),
            ("a", "!keep.bin\nlocal\n"),
            ("data", ""),
        ];
        let (_temporary, root) = repository(&files);
        let mut ignored = GitIgnored::of(&root.join("a")).unwrap();
        for (path, is_folder, is_ignored) in [
            ("data", true, true),
            ("data", false, false),
            ("x.bin", false, true),
            ("keep.bin", false, false),
            ("b/x.bin", false, true),
            ("top", true, false),
            ("local", true, true),
            ("src", true, false),
        ] {
            assert_eq!(ignored.covers(path.into(), is_folder), is_ignored, "{path}");
        }
    }

    #[test]
    fn a_folder_that_is_ignored_itself_is_read() {
        let files = [("", "scratch/**\n/build\n"), ("scratch/a", "gone\n")];
        let (_temporary, root) = repository(&files);
        fs::create_dir_all(root.join("build/b")).unwrap();
        let mut ignored = GitIgnored::of(&root.join("scratch/a")).unwrap();
        assert!(!ignored.covers("src".into(), true) && ignored.covers("gone".into(), true));
        let mut ignored = GitIgnored::of(&root.join("build/b")).unwrap();
        assert!(!ignored.covers("src".into(), true));
    }

    #[test]
    fn outside_of_a_repository_nothing_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::write(root.join(".gitignore"), "*").unwrap();
        assert!(GitIgnored::of(root).is_none());
    }
}
