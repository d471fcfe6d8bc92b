//! The names of a project's files, and the texts that matter.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{CargoManifest, ProjectError};

/// No system takes longer paths, in bytes.
pub const MAX_PATH: usize = 4096;

/// `backend/build_backend.py` in `crates/python`, say.
const MAX_SCRIPT_DEPTH: usize = 4;

/// So many files are shown by links in no project.
const MAX_LINKED: usize = 100_000;

/// A folder or archive as far as it was read: the name of every file, the
/// bytes of those that [`is_read`] asks for.
///
/// Paths are relative to the source root, `/` between their parts, without
/// `.` or `..`; the root itself is `.`.
#[derive(Debug, Clone, Default)]
pub struct SourceFiles {
    origin: String,
    is_archive: bool,
    /// How many files links have added.
    linked: usize,
    files: BTreeMap<Utf8PathBuf, Option<Arc<Contents>>>,
}

/// What is in a file.
#[derive(Debug)]
struct Contents {
    bytes: Vec<u8>,
    /// What it says as a Cargo manifest, once somebody asked: many do.
    manifest: OnceLock<Arc<CargoManifest>>,
}

/// Tells whether the file's contents are needed, by its name alone;
/// `python_root` is the folder of the Python project.
#[must_use]
pub fn is_read(path: &Utf8Path, python_root: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    match name {
        "Cargo.toml" | "Cargo.lock" | "pyproject.toml" | "setup.cfg" | "PKG-INFO"
        // What other backends build with.
        | "CMakeLists.txt" | "meson.build"
        // What the user has beside it.
        | "uv.lock"
        // The roots of crates, which turn on unstable features.
        | "lib.rs" | "main.rs"
        // What looks for libraries.
        | "build.rs" => true,
        _ if path.extension() == Some("rs") => {
            path.parent().is_some_and(|folder| folder.file_name() == Some("build"))
        }
        "config" | "config.toml" => path.parent().is_some_and(|p| p.file_name() == Some(".cargo")),
        // Build scripts and backends of the project's own lie no deeper.
        _ => {
            let below = match python_root.as_str() {
                "." => Ok(path),
                _ => path.strip_prefix(python_root),
            };
            let is_near = |path: &Utf8Path| path.components().count() <= MAX_SCRIPT_DEPTH;
            path.extension() == Some("py") && below.is_ok_and(is_near)
        }
    }
}

/// Joins a path to a folder relative to the source root, `.` and `..`
/// worked out; `None` where it is absolute or leads out of the root.
#[must_use]
pub(crate) fn join_inside(folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    if folder.as_str().len() + path.len() > MAX_PATH {
        return None;
    }
    let mut joined = Utf8PathBuf::new();
    for component in folder.components().chain(Utf8Path::new(path).components()) {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::Normal(part) => joined.push(part),
            Utf8Component::ParentDir if joined.pop() => {}
            Utf8Component::ParentDir | Utf8Component::RootDir | Utf8Component::Prefix(_) => {
                return None;
            }
        }
    }
    if joined.as_str().is_empty() {
        joined.push(".");
    }
    Some(joined)
}

/// How many folders above the source root a path leads; `None` where it is
/// absolute.
#[must_use]
pub(crate) fn levels_above(folder: &Utf8Path, path: &str) -> Option<usize> {
    let (mut depth, mut above) = (0, 0);
    for component in folder.components().chain(Utf8Path::new(path).components()) {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::Normal(_) => depth += 1,
            Utf8Component::ParentDir if depth > 0 => depth -= 1,
            Utf8Component::ParentDir => above += 1,
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return None,
        }
    }
    Some(above)
}

/// The way from one folder of the source to another.
#[must_use]
pub fn way(to: &Utf8Path, from: &Utf8Path) -> Utf8PathBuf {
    let parts = |path: &Utf8Path| -> Vec<String> {
        let named = path.components().map(|c| c.as_str().to_owned());
        named.filter(|part| part != ".").collect()
    };
    let (to, from) = (parts(to), parts(from));
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..");
    let way: Utf8PathBuf = up.chain(to[common..].iter().map(String::as_str)).collect();
    if way.as_str().is_empty() {
        ".".into()
    } else {
        way
    }
}

/// Joins a plain file name to a folder relative to the source root.
#[must_use]
pub fn join(folder: &Utf8Path, name: &str) -> Utf8PathBuf {
    if folder == "." {
        Utf8PathBuf::from(name)
    } else {
        folder.join(name)
    }
}

/// The folder of a path relative to the source root; `None` for the root.
#[must_use]
pub(crate) fn parent(path: &Utf8Path) -> Option<&Utf8Path> {
    match path.parent() {
        _ if path == "." => None,
        Some(folder) if folder.as_str().is_empty() => Some(Utf8Path::new(".")),
        folder => folder,
    }
}

impl SourceFiles {
    /// Calls it by another name in messages.
    pub fn rename(&mut self, origin: String) {
        self.origin = origin;
    }

    /// Starts with no files; `origin` names the folder or archive to people.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            is_archive: false,
            linked: 0,
            files: BTreeMap::new(),
        }
    }

    /// Starts with no files of the archive `origin`.
    #[must_use]
    pub fn of_archive(origin: impl Into<String>) -> Self {
        Self {
            is_archive: true,
            ..Self::new(origin)
        }
    }

    /// Whether commands can't be run in it.
    #[must_use]
    pub const fn is_archive(&self) -> bool {
        self.is_archive
    }

    /// Adds a file, with its bytes if they were read.
    pub fn insert(&mut self, path: impl Into<Utf8PathBuf>, bytes: Option<Vec<u8>>) {
        let contents = |bytes| {
            Arc::new(Contents {
                bytes,
                manifest: OnceLock::new(),
            })
        };
        self.files.insert(path.into(), bytes.map(contents));
    }

    /// Removes the files whose paths `is_kept` refuses.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&Utf8Path) -> bool) {
        self.files.retain(|path, _| is_kept(path));
    }

    /// Adds what a link to `target`, a file or a folder of the same source,
    /// shows at `path`. Links to nothing and to what holds them add nothing.
    pub fn link(&mut self, path: &Utf8Path, target: &Utf8Path) {
        let seen: Vec<_> = self
            .files
            // Paths sort by their parts, so what is below stands together.
            .range::<Utf8Path, _>((Bound::Included(target), Bound::Unbounded))
            .take_while(|(file, _)| file.starts_with(target))
            .filter(|(file, _)| !file.starts_with(path))
            .filter_map(|(file, bytes)| {
                let rest = file.strip_prefix(target).ok()?;
                let shown = if rest.as_str().is_empty() {
                    path.to_owned()
                } else {
                    path.join(rest)
                };
                Some((shown, bytes.clone()))
            })
            .take(MAX_LINKED.saturating_sub(self.linked))
            .collect();
        self.linked += seen.len();
        for (path, bytes) in seen {
            self.files.entry(path).or_insert(bytes);
        }
    }

    /// The folder or archive, as the user named it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Names a path of the project to people.
    #[must_use]
    pub fn display(&self, path: &Utf8Path) -> String {
        match (self.origin.as_str(), path.as_str()) {
            (origin, ".") => origin.to_owned(),
            (".", path) => path.to_owned(),
            (origin, path) => format!("{}/{path}", origin.trim_end_matches('/')),
        }
    }

    /// Tells whether there is such a file.
    #[must_use]
    pub fn has(&self, path: &Utf8Path) -> bool {
        self.files.contains_key(path)
    }

    /// Tells whether there is a file in such a folder.
    #[must_use]
    pub fn has_folder(&self, path: &Utf8Path) -> bool {
        let from = (Bound::Excluded(path), Bound::Unbounded);
        let first = self.files.range::<Utf8Path, _>(from).next();
        first.is_some_and(|(file, _)| file.starts_with(path))
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Utf8Path> {
        self.files.keys().map(Utf8PathBuf::as_path)
    }

    /// The bytes of a file that [`is_read`] asked for.
    #[must_use]
    pub fn bytes(&self, path: &Utf8Path) -> Option<&[u8]> {
        Some(&self.contents(path)?.bytes)
    }

    /// Where to keep what a file says as a manifest.
    pub(super) fn manifest(&self, path: &Utf8Path) -> Option<&OnceLock<Arc<CargoManifest>>> {
        Some(&self.contents(path)?.manifest)
    }

    fn contents(&self, path: &Utf8Path) -> Option<&Contents> {
        self.files.get(path)?.as_deref()
    }

    /// The text of a file, `None` where there is no such file.
    ///
    /// # Errors
    /// Where it is not UTF-8.
    pub fn text(&self, path: &Utf8Path) -> Result<Option<&str>, ProjectError> {
        let Some(bytes) = self.bytes(path) else {
            return Ok(None);
        };
        // Editors on Windows put a byte order mark before it.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(ProjectError::NotUtf8 {
                place: self.display(path),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_lead_from_folder_to_folder() {
        for (to, from, expected) in [
            (".", ".", "."),
            ("src/rust", ".", "src/rust"),
            (".", "crates/py", "../.."),
            ("crates/core", "crates/py", "../core"),
        ] {
            assert_eq!(way(to.into(), from.into()), expected);
        }
    }

    #[test]
    fn paths_are_joined_within_the_root() {
        let join = |folder, path| join_inside(Utf8Path::new(folder), path).map(String::from);
        assert_eq!(
            join(".", "src/rust/Cargo.toml").unwrap(),
            "src/rust/Cargo.toml"
        );
        assert_eq!(join("a/b", "../c/./d").unwrap(), "a/c/d");
        assert_eq!(join("a", "..").unwrap(), ".");
        assert_eq!(join("a", "../.."), None);
        assert_eq!(join(".", "/etc/passwd"), None);
        let above = |folder, path| levels_above(Utf8Path::new(folder), path);
        assert_eq!(above("a", "../../b/../../c"), Some(2));
        assert_eq!(above("a", "../b"), Some(0));
        assert_eq!(above(".", "/etc"), None);
    }

    #[test]
    fn the_parent_of_a_top_level_file_is_the_root() {
        assert_eq!(
            parent(Utf8Path::new("Cargo.toml")),
            Some(Utf8Path::new("."))
        );
        assert_eq!(parent(Utf8Path::new("a/b")), Some(Utf8Path::new("a")));
        assert_eq!(parent(Utf8Path::new(".")), None);
    }

    #[test]
    fn links_show_files_and_folders() {
        let mut files = SourceFiles::new(".");
        files.insert("real/Cargo.toml", Some(b"x".to_vec()));
        files.link(Utf8Path::new("rust"), Utf8Path::new("real"));
        files.link(
            Utf8Path::new("Cargo.toml"),
            Utf8Path::new("real/Cargo.toml"),
        );
        files.link(Utf8Path::new("gone"), Utf8Path::new("nowhere"));
        files.link(Utf8Path::new("real/loop"), Utf8Path::new("real"));
        let paths: Vec<_> = files.paths().map(Utf8Path::as_str).collect();
        let expected = [
            "Cargo.toml",
            "real/Cargo.toml",
            "real/loop/Cargo.toml",
            "rust/Cargo.toml",
        ];
        assert_eq!(paths, expected);
        assert_eq!(
            files.bytes(Utf8Path::new("rust/Cargo.toml")),
            Some(&b"x"[..])
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let mut files = SourceFiles::new(".");
        files.insert("Cargo.toml", Some(b"\xEF\xBB\xBF[a]".to_vec()));
        assert_eq!(
            files.text(Utf8Path::new("Cargo.toml")).unwrap(),
            Some("[a]")
        );
    }
}
