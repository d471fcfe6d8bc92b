//! Git submodules that aren't checked out.

use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::paths::{full_path, path_from};
use super::read::open_regular;
use super::search_up::{is_in_repository, search_up};
use crate::project::submodule_paths;

/// Upper bound on the size of `.gitmodules`, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// A submodule whose folder is empty or doesn't exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSubmodule {
    /// The folder with `.gitmodules`, as a full path.
    pub top: Utf8PathBuf,
    /// The folder, relative to the top.
    pub path: Utf8PathBuf,
    /// Whether the top is that of a git repository.
    has_repository: bool,
}

impl MissingSubmodule {
    /// Says how to check it out.
    #[must_use]
    pub fn checkout(&self) -> String {
        if !self.has_repository {
            return "clone the repository with its submodules: `git clone --recurse-submodules URL`"
                .to_owned();
        }
        let here = Utf8Path::new(".");
        let from_here = |path: &Utf8Path| path_from(here, path).unwrap_or_else(|_| path.to_owned());
        let is_inside = full_path(here).ok().flatten();
        if is_inside.is_some_and(|here| here.starts_with(&self.top)) {
            let below = from_here(&self.top.join(&self.path));
            return format!("check it out: `git submodule update --init {below}`");
        }
        let top = from_here(&self.top);
        format!(
            "check it out: `git -C {top} submodule update --init {}`",
            self.path
        )
    }
}

/// Returns the submodule that a file or folder of a source belongs to, if that
/// isn't checked out. Above the source, only its git repository counts.
#[must_use]
pub fn missing_submodule(source: &Utf8Path, path: &Utf8Path) -> Option<MissingSubmodule> {
    let (source, full) = (full_path(source).ok()??, full_path(path).ok()??);
    let below = full
        .ancestors()
        .take_while(|folder| folder.starts_with(&source));
    let above = search_up(&source).into_iter().map(|folder| folder.path);
    let mut folders = below.map(Utf8Path::to_owned).chain(above);
    folders.find_map(|top| {
        let text = read_gitmodules(&top)?;
        let paths = submodule_paths(&text).into_iter();
        let mut missing = paths.filter(|submodule| {
            let folder = top.join(submodule);
            full.starts_with(&folder) && is_empty(&folder)
        });
        Some(MissingSubmodule {
            path: missing.next()?,
            has_repository: is_in_repository(&top),
            top,
        })
    })
}

/// Whether a folder has nothing in it, or doesn't exist.
#[must_use]
pub fn is_empty(folder: &Utf8Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn read_gitmodules(folder: &Utf8Path) -> Option<String> {
    let mut text = String::new();
    let file = open_regular(folder.join(".gitmodules")).ok()?;
    file.take(MAX_TEXT).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_of_a_submodule_is_missing() {
        let temporary = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(temporary.path()).unwrap();
        let top = top.canonicalize_utf8().unwrap();
        let gitmodules = "[submodule \"a\"]\npath = deps/a\n[submodule \"b\"]\npath = deps/b\n";
        fs::write(top.join(".gitmodules"), gitmodules).unwrap();
        fs::create_dir_all(top.join(".git")).unwrap();
        fs::create_dir_all(top.join("deps/a")).unwrap();
        let found = |path: &str| missing_submodule(&top, &top.join(path)).map(|found| found.path);
        for (path, expected) in [
            ("deps/a", Some("deps/a")),
            ("deps/a/Cargo.toml", Some("deps/a")),
            ("deps/b/x/y", Some("deps/b")),
            ("deps", None),
            ("deps/ab", None),
            ("deps/c", None),
        ] {
            assert_eq!(found(path), expected.map(Utf8PathBuf::from), "{path}");
        }
        fs::write(top.join("deps/a/file"), "").unwrap();
        assert_eq!(found("deps/a/Cargo.toml"), None);
        let command = missing_submodule(&top, &top.join("deps/b"))
            .unwrap()
            .checkout();
        let expected = "submodule update --init deps/b`";
        assert!(command.starts_with("check it out: `git -C "), "{command}");
        assert!(command.ends_with(expected), "{command}");
    }
}
