//! The names of a project's files, and the contents of those that matter.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{ProjectError, toml_error};
use super::includes::Include;
use super::manifest::{self, CargoManifest};
use super::problems::SourceLine;
use crate::text_place::TextPlace;

/// Python files nested deeper below the Python root are not read: build
/// scripts and in-tree backends (`backend/build_backend.py`) are near it.
const MAX_SCRIPT_DEPTH: usize = 4;

/// Upper bound on files added through symlinks, which can multiply without
/// end.
const MAX_LINKED: usize = 100_000;
/// Upper bound on the paths of these files, in bytes.
const MAX_LINKED_PATHS: usize = 16 << 20;

/// Upper bound on files whose includes are kept.
const MAX_INCLUDING: usize = 2000;

/// A folder or archive as far as it was read: the name of every file, and the
/// bytes of those that [`is_read`] selects.
///
/// Paths are relative to the source root, `/` between their parts, without
/// `.` or `..`; the root itself is `.`.
#[derive(Debug, Clone, Default)]
pub struct SourceFiles {
    origin: String,
    is_archive: bool,
    /// Number of files that links have added.
    linked: usize,
    /// Length of the paths of these files.
    linked_paths: usize,
    files: BTreeMap<Utf8PathBuf, Option<Arc<Contents>>>,
    /// What the sources of an archive include, if they are in C or C++.
    includes: BTreeMap<Utf8PathBuf, Vec<Include>>,
    /// Folders and files that the user may not read.
    unreadable: Vec<Utf8PathBuf>,
}

#[derive(Debug)]
struct Contents {
    bytes: Vec<u8>,
    /// Parsed on the first request, since many callers need the same manifest.
    manifest: OnceLock<Arc<CargoManifest>>,
}

/// Returns whether a file's contents are needed, by its path alone;
/// `python_root` is the folder of the Python project.
pub fn is_read(path: &Utf8Path, python_root: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    match name {
        "Cargo.toml" | "Cargo.lock" | "pyproject.toml" | "setup.cfg" | "PKG-INFO"
        // Where scikit-build-core and meson-python call cargo.
        | "CMakeLists.txt" | "meson.build"
        // Say which dependencies Meson can do without.
        | "meson_options.txt" | "meson.options"
        // Tells which build systems the package set has.
        | "uv.lock"
        // Crate roots, which turn on unstable features.
        | "lib.rs" | "main.rs"
        // Build scripts look for native libraries.
        | "build.rs" => true,
        _ if path.extension() == Some("rs") => {
            path.parent().is_some_and(|folder| folder.file_name() == Some("build"))
        }
        "config" | "config.toml" => path.parent().is_some_and(|p| p.file_name() == Some(".cargo")),
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

impl SourceFiles {
    /// Starts with no files; `origin` names the folder or archive in messages.
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            ..Self::default()
        }
    }

    pub fn of_archive(origin: impl Into<String>) -> Self {
        Self {
            is_archive: true,
            ..Self::new(origin)
        }
    }

    /// Changes the name that messages use for the folder or archive.
    pub fn rename(&mut self, origin: String) {
        self.origin = origin;
    }

    /// Returns whether the files are an archive's, in which no command can be
    /// run.
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

    /// Adds what a source in C or C++ includes.
    pub fn insert_includes(&mut self, path: impl Into<Utf8PathBuf>, includes: Vec<Include>) {
        if self.includes.len() < MAX_INCLUDING && !includes.is_empty() {
            self.includes.insert(path.into(), includes);
        }
    }

    /// Returns what a source of an archive includes; nothing is known of a
    /// folder's.
    pub fn includes(&self, path: &Utf8Path) -> &[Include] {
        self.includes.get(path).map_or(&[], Vec::as_slice)
    }

    /// Notes a folder or file that is left out, since the user may not read it.
    pub fn add_unreadable(&mut self, path: Utf8PathBuf) {
        self.unreadable.push(path);
    }

    /// Returns the folders and files that were left out.
    pub fn unreadable(&self) -> &[Utf8PathBuf] {
        &self.unreadable
    }

    /// Removes the files whose paths `is_kept` refuses.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&Utf8Path) -> bool) {
        self.files.retain(|path, _| is_kept(path));
    }

    /// Adds the files that a symlink at `path` makes visible; `target` is a
    /// file or folder of the same source. Dangling links and links to a parent
    /// folder add nothing.
    pub fn link(&mut self, path: &Utf8Path, target: &Utf8Path) {
        let linked: Vec<_> = self
            .files
            // Paths are ordered by their parts, so a folder's files are adjacent.
            .range::<Utf8Path, _>((Bound::Included(target), Bound::Unbounded))
            .take_while(|(file, _)| file.starts_with(target))
            .filter(|(file, _)| !file.starts_with(path))
            .filter_map(|(file, contents)| {
                let rest = file.strip_prefix(target).ok()?;
                let visible_at = if rest.as_str().is_empty() {
                    path.to_owned()
                } else {
                    path.join(rest)
                };
                Some((visible_at, contents.clone()))
            })
            .take(MAX_LINKED.saturating_sub(self.linked))
            .take_while(|(path, _)| {
                self.linked_paths += path.as_str().len();
                self.linked_paths <= MAX_LINKED_PATHS
            })
            .collect();
        self.linked += linked.len();
        for (path, contents) in linked {
            self.files.entry(path).or_insert(contents);
        }
    }

    /// Returns the folder or archive as the user named it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Formats a path of the project for messages, with the origin before it.
    pub fn display(&self, path: &Utf8Path) -> String {
        match (self.origin.as_str(), path.as_str()) {
            (origin, ".") => origin.to_owned(),
            (".", path) => path.to_owned(),
            (origin, path) => format!("{}/{path}", origin.trim_end_matches('/')),
        }
    }

    pub fn has(&self, path: &Utf8Path) -> bool {
        self.files.contains_key(path)
    }

    /// Returns whether a folder exists, that is, whether a file is below it.
    pub fn has_folder(&self, path: &Utf8Path) -> bool {
        let from = (Bound::Excluded(path), Bound::Unbounded);
        let first = self.files.range::<Utf8Path, _>(from).next();
        first.is_some_and(|(file, _)| file.starts_with(path))
    }

    /// Returns the paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Utf8Path> {
        self.files.keys().map(Utf8PathBuf::as_path)
    }

    /// Returns the bytes of a file that [`is_read`] selects.
    pub fn bytes(&self, path: &Utf8Path) -> Option<&[u8]> {
        Some(&self.contents(path)?.bytes)
    }

    /// Returns the text of a file without its byte order mark; `None` if the
    /// file doesn't exist.
    ///
    /// # Errors
    /// If the file isn't UTF-8.
    pub fn text(&self, path: &Utf8Path) -> Result<Option<&str>, ProjectError> {
        let Some(bytes) = self.bytes(path) else {
            return Ok(None);
        };
        // Editors on Windows write a byte order mark.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(ProjectError::NotUtf8 {
                place: self.display(path),
            }),
        }
    }

    /// Returns a line as errors show it; `None` if the file wasn't read.
    pub fn place_of(&self, at: SourceLine) -> Option<TextPlace> {
        let text = self.text(at.file).ok()??;
        let file = self.display(at.file);
        Some(TextPlace::line_of(&file, text, at.line, at.column))
    }

    /// Returns the Cargo manifest at `path`, parsed at the first request. A
    /// missing file counts as an empty manifest.
    ///
    /// # Errors
    /// If the file isn't UTF-8 or isn't a Cargo manifest.
    pub fn manifest(&self, path: &Utf8Path) -> Result<Arc<CargoManifest>, ProjectError> {
        let cached = self.contents(path).map(|contents| &contents.manifest);
        if let Some(manifest) = cached.and_then(OnceLock::get) {
            return Ok(manifest.clone());
        }
        let text = self.text(path)?.unwrap_or_default();
        let manifest = CargoManifest::parse(text)
            .map(Arc::new)
            .map_err(|error| toml_error(&self.display(path), text, error, manifest::HELP))?;
        Ok(match cached {
            Some(cached) => cached.get_or_init(|| manifest).clone(),
            None => manifest,
        })
    }

    fn contents(&self, path: &Utf8Path) -> Option<&Contents> {
        self.files.get(path)?.as_deref()
    }

    /// A folder with these text files, by path.
    #[cfg(test)]
    pub(crate) fn example(files: &[(&str, &str)]) -> Self {
        let mut source = Self::new(".");
        for (path, text) in files {
            source.insert(*path, Some(text.as_bytes().to_vec()));
        }
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
