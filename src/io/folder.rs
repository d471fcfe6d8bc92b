//! Reads a project folder.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use walkdir::{DirEntry, WalkDir};

use super::IoError;
use super::git_ignored::GitIgnored;
use super::read::open_regular;
use super::text_budget::{Text, TextBudget, TextLimits};
use super::vendored::{Vendored, covers, paths_in_manifests};
use crate::project::{SourceFiles, is_read};
use crate::vendor::checksum_json::CHECKSUM_FILE;

/// Of one folder, which may have many packages.
const TEXT_LIMITS: TextLimits = TextLimits {
    manifests: 64 << 20,
    scripts: 16 << 20,
};

/// Files by which a folder is known to hold a project.
const PROJECT_FILES: [&str; 8] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "PKG-INFO",
    "uv.lock",
    "pylock.toml",
    "Cargo.toml",
    "Cargo.lock",
];

/// How deep a folder without a project is searched for one.
const SEARCHED_DEPTH: usize = 3;

/// How many entries of such a folder are looked at.
const SEARCHED_ENTRIES: usize = 10_000;

/// Reads a folder with the Python project in `python_root` of it, without what
/// builds, editors and vendoring leave in it and what git ignores. A folder
/// without a project is only searched for projects below, and not all of it.
pub(super) fn read_folder(root: &Utf8Path, python_root: &Utf8Path) -> Result<SourceFiles, IoError> {
    let mut reader = Reader {
        root,
        python_root,
        files: SourceFiles::new(root.as_str()),
        budget: TextBudget::new(TEXT_LIMITS),
        links: Vec::new(),
        git_ignored: GitIgnored::of(root),
        ignored: Vec::new(),
    };
    let roots = [root.to_owned(), root.join(python_root)];
    if !roots.iter().any(|folder| has_project(folder)) {
        reader.search()?;
        return Ok(reader.files);
    }
    let mut vendored = Vendored::default();
    reader.read(root, |entry| {
        let is_crate = entry.depth() > 0 && is_vendored_crate(entry);
        if is_crate && let Some(path) = relative(root, entry) {
            vendored.add(slashes(path));
        }
        !is_crate
    })?;
    let needed = vendored.take_out(&mut reader.files);
    let ignored = std::mem::take(&mut reader.ignored);
    let ignored = named_in_manifests(&reader.files, ignored);
    // What a manifest names is built, whether git has it or not.
    reader.git_ignored = None;
    for folder in needed.into_iter().chain(ignored) {
        reader.read(&root.join(folder), |_| true)?;
    }
    for (path, target) in reader.links {
        reader.files.link(&path, &target);
    }
    Ok(reader.files)
}

struct Reader<'a> {
    root: &'a Utf8Path,
    python_root: &'a Utf8Path,
    files: SourceFiles,
    budget: TextBudget,
    links: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    git_ignored: Option<GitIgnored>,
    /// The folders that weren't entered, as git ignores them.
    ignored: Vec<Utf8PathBuf>,
}

impl Reader<'_> {
    /// Reads what is below a folder, except for what `is_wanted` refuses.
    fn read(
        &mut self,
        folder: &Utf8Path,
        mut is_wanted: impl FnMut(&DirEntry) -> bool,
    ) -> Result<(), IoError> {
        // Sorted, as it decides which scripts are read.
        let mut entries = WalkDir::new(folder).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.pass_over_unreadable(error)?;
                    continue;
                }
            };
            if entry.depth() > 0 && (is_passed_over(&entry) || self.is_ignored(&entry))
                || !is_wanted(&entry)
            {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            // None of the files that decide something has a name that isn't
            // UTF-8.
            let Some(path) = relative(self.root, &entry) else {
                continue;
            };
            if entry.file_type().is_file() {
                let is_read = is_read(path, self.python_root);
                let bytes = is_read.then(|| read(entry.path(), path, &mut self.budget));
                match bytes.transpose() {
                    // A project without its own files can't be read at all.
                    Err(IoError::File(error)) if is_denied(&error) && entry.depth() > 1 => {
                        self.files.add_unreadable(slashes(path));
                    }
                    bytes => self.files.insert(slashes(path), bytes?.flatten()),
                }
            } else if entry.path_is_symlink() {
                let target = inside(self.root, &entry);
                self.links
                    .extend(target.map(|target| (slashes(path), target)));
            }
        }
        Ok(())
    }

    /// Lists files of a folder that holds no project, without reading them.
    fn search(&mut self) -> Result<(), IoError> {
        let walk = WalkDir::new(self.root).max_depth(SEARCHED_DEPTH);
        let mut entries = walk.into_iter();
        for _ in 0..SEARCHED_ENTRIES {
            let entry = match entries.next() {
                None => break,
                Some(Err(error)) if error.depth() > 0 => continue,
                Some(entry) => entry.map_err(std::io::Error::from)?,
            };
            if entry.depth() > 0 && (is_passed_over(&entry) || self.is_ignored(&entry)) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
            } else if let Some(path) = relative(self.root, &entry)
                && entry.file_type().is_file()
            {
                self.files.insert(slashes(path), None);
            }
        }
        Ok(())
    }

    /// Whether git ignores an entry that decides nothing. A file such as
    /// `Cargo.lock` counts even if git doesn't have it: builds see it.
    fn is_ignored(&mut self, entry: &DirEntry) -> bool {
        let (Some(path), Some(ignored)) = (relative(self.root, entry), &mut self.git_ignored)
        else {
            return false;
        };
        let is_folder = entry.file_type().is_dir();
        let is_ignored =
            (is_folder || !is_read(path, self.python_root)) && ignored.covers(path, is_folder);
        if is_ignored && is_folder {
            self.ignored.push(slashes(path));
        }
        is_ignored
    }

    /// Notes a folder that the user may not read.
    fn pass_over_unreadable(&mut self, error: walkdir::Error) -> Result<(), IoError> {
        let path = error.path().and_then(|path| {
            let path = path.strip_prefix(self.root).ok()?;
            Some(slashes(Utf8Path::from_path(path)?))
        });
        let depth = error.depth();
        let error = std::io::Error::from(error);
        match path {
            Some(path) if depth > 0 && is_denied(&error) => {
                self.files.add_unreadable(path);
                Ok(())
            }
            _ => Err(error.into()),
        }
    }
}

fn has_project(folder: &Utf8Path) -> bool {
    PROJECT_FILES.iter().any(|name| folder.join(name).is_file())
}

/// Returns those of some folders that a manifest of the project names.
fn named_in_manifests(files: &SourceFiles, folders: Vec<Utf8PathBuf>) -> Vec<Utf8PathBuf> {
    if folders.is_empty() {
        return folders;
    }
    let named = paths_in_manifests(files);
    let is_named = |folder: &Utf8PathBuf| {
        let mut named = named.iter();
        named.any(|path| path.starts_with(folder) || covers(path, folder))
    };
    folders.into_iter().filter(is_named).collect()
}

fn is_denied(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::PermissionDenied
}

fn relative<'a>(root: &Utf8Path, entry: &'a DirEntry) -> Option<&'a Utf8Path> {
    Utf8Path::from_path(entry.path().strip_prefix(root).ok()?)
}

/// Whether an entry is the folder of a vendored crate, or a link to one.
fn is_vendored_crate(entry: &DirEntry) -> bool {
    let may_be = entry.file_type().is_dir() || entry.path_is_symlink();
    may_be && entry.path().join(CHECKSUM_FILE).is_file()
}

/// Reads a file; `None` if enough other scripts were read.
fn read(
    path: &Path,
    relative: &Utf8Path,
    budget: &mut TextBudget,
) -> Result<Option<Vec<u8>>, IoError> {
    match budget.read(relative, open_regular(path)?)? {
        Text::Read(bytes) => Ok(Some(bytes)),
        Text::PassedOver => Ok(None),
        Text::Refused(message) => Err(IoError::Damaged {
            path: Utf8PathBuf::from(path.to_string_lossy().into_owned()),
            message,
        }),
    }
}

fn is_passed_over(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_str().unwrap_or_default();
    if !entry.file_type().is_dir() {
        return false;
    }
    (name.starts_with('.') && name != ".cargo")
        || matches!(name, "node_modules" | "__pycache__")
        || entry.path().join("CACHEDIR.TAG").exists()
        || entry.path().join("pyvenv.cfg").exists()
}

/// Returns where a link of the folder leads, relative to the folder. Links out
/// of it aren't followed: a stranger's project must not have other files read.
fn inside(root: &Utf8Path, link: &DirEntry) -> Option<Utf8PathBuf> {
    let root = fs::canonicalize(root).ok()?;
    let target = fs::canonicalize(link.path()).ok()?;
    let relative = Utf8Path::from_path(target.strip_prefix(root).ok()?)?;
    (!relative.as_str().is_empty()).then(|| slashes(relative))
}

fn slashes(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(path.as_str().replace(std::path::MAIN_SEPARATOR, "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builds_leave_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let file = |path: &str| {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), path).unwrap();
        };
        for path in [
            "Cargo.toml",
            "src/rust/Cargo.toml",
            ".cargo/config.toml",
            "target/CACHEDIR.TAG",
            "target/package/Cargo.toml",
            "env/pyvenv.cfg",
            "env/lib/Cargo.toml",
            ".git/Cargo.toml",
            "README.md",
        ] {
            file(path);
        }
        let files = read_folder(root, Utf8Path::new(".")).unwrap();
        let paths: Vec<_> = files.paths().map(Utf8Path::as_str).collect();
        assert_eq!(
            paths,
            [
                ".cargo/config.toml",
                "Cargo.toml",
                "README.md",
                "src/rust/Cargo.toml"
            ]
        );
        assert_eq!(
            files.bytes(Utf8Path::new("Cargo.toml")),
            Some(&b"Cargo.toml"[..])
        );
        assert_eq!(files.bytes(Utf8Path::new("README.md")), None);
    }

    /// Writes files and returns the paths that are read.
    fn paths_read(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        for (path, text) in files {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let files = read_folder(root, Utf8Path::new(".")).unwrap();
        files.paths().map(ToString::to_string).collect()
    }

    const VENDORED: [(&str, &str); 2] = [
        ("vendor/a/.cargo-checksum.json", "{}"),
        ("vendor/a/Cargo.toml", ""),
    ];

    #[test]
    fn vendored_crates_are_no_part_of_the_project() {
        let files = [
            ("Cargo.toml", "[workspace]\nexclude = [\"vendor/*\"]\n"),
            ("lib/.cargo-checksum.json", ""),
            ("vendor/Cargo.lock", ""),
            ("vendor/.cargo/config.toml", ""),
            ("src/vendor/mod.rs", ""),
            ("sources/Cargo.lock", ""),
            ("sources/source-registry-0/b/.cargo-checksum.json", "{}"),
            ("sources/source-registry-0/b/Cargo.toml", ""),
            ("sources/source-git-0/c/.cargo-checksum.json", "{}"),
            ("tree/Cargo.lock", ""),
            ("tree/tarballs/d-1.0.0.tar.gz", ""),
            ("tree/git/123/Cargo.toml", ""),
        ];
        let read = paths_read(&[&VENDORED[..], &files].concat());
        assert_eq!(read, ["Cargo.toml", "src/vendor/mod.rs"]);
    }

    #[test]
    fn a_project_beside_vendored_crates_stays() {
        let own = [
            ("setup.py", ""),
            ("vendor/pyproject.toml", ""),
            ("vendor/Cargo.lock", ""),
        ];
        let read = paths_read(&[&VENDORED[..], &own].concat());
        let kept = ["setup.py", "vendor/Cargo.lock", "vendor/pyproject.toml"];
        assert_eq!(read, kept);
    }

    #[test]
    fn a_vendored_crate_that_is_built_from_its_path_stays() {
        for manifest in [
            "[patch.crates-io]\na = { path = \"vendor/a\" }\n",
            "[workspace]\nmembers = [\"vendor/*\"]\n",
        ] {
            let own = [
                ("Cargo.toml", manifest),
                ("vendor/b/.cargo-checksum.json", "{}"),
            ];
            let read = paths_read(&[&VENDORED[..], &own].concat());
            assert!(read.contains(&"vendor/a/Cargo.toml".to_owned()), "{read:?}");
        }
    }

    #[test]
    fn what_git_ignores_is_passed_over_unless_it_decides() {
        let files = [
            (".git/HEAD", ""),
            (
                ".gitignore",
                "/data\nCargo.lock\n*.bin\n/generated\n/unused\n",
            ),
            ("pyproject.toml", ""),
            (
                "Cargo.toml",
                "[dependencies]\na = { path = \"generated/a\" }\n",
            ),
            ("Cargo.lock", ""),
            ("a.bin", ""),
            ("data/setup.py", ""),
            ("generated/a/Cargo.toml", ""),
            ("unused/a/Cargo.toml", ""),
        ];
        let read = paths_read(&files);
        let kept = [
            ".gitignore",
            "Cargo.lock",
            "Cargo.toml",
            "generated/a/Cargo.toml",
            "pyproject.toml",
        ];
        assert_eq!(read, kept);
    }

    #[test]
    fn a_folder_without_a_project_is_not_read() {
        let files = [
            ("a/b/pyproject.toml", "[project]"),
            ("a/b/c/d/e/pyproject.toml", ""),
            ("README.md", ""),
        ];
        assert_eq!(paths_read(&files), ["README.md", "a/b/pyproject.toml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap().join("project");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/Cargo.lock"), "inside").unwrap();
        fs::write(folder.path().join("pyproject.toml"), "outside").unwrap();
        std::os::unix::fs::symlink("a/Cargo.lock", root.join("Cargo.lock")).unwrap();
        std::os::unix::fs::symlink("../pyproject.toml", root.join("pyproject.toml")).unwrap();
        std::os::unix::fs::symlink(".", root.join("loop")).unwrap();
        std::os::unix::fs::symlink("a", root.join("b")).unwrap();
        let files = read_folder(&root, Utf8Path::new(".")).unwrap();
        assert_eq!(
            files.bytes(Utf8Path::new("Cargo.lock")),
            Some(&b"inside"[..])
        );
        let paths: Vec<_> = files.paths().map(Utf8Path::as_str).collect();
        assert_eq!(paths, ["Cargo.lock", "a/Cargo.lock", "b/Cargo.lock"]);
    }
}
