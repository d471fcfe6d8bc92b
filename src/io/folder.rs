//! A project folder.

use std::io::Read;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use walkdir::{DirEntry, WalkDir};

use super::IoError;
use crate::project::{SourceFiles, is_read};

/// No manifest or lock is as large in earnest.
const MAX_TEXT: u64 = 64 << 20;

/// All that is read of a folder has no more in earnest.
const MAX_ALL: u64 = 512 << 20;

/// Reads a folder with the Python project in `python_root` of it; what builds
/// and editors leave in it is passed over.
pub(super) fn read_folder(root: &Utf8Path, python_root: &Utf8Path) -> Result<SourceFiles, IoError> {
    let mut files = SourceFiles::new(root.as_str());
    let mut left = MAX_ALL;
    let mut links = Vec::new();
    let entries = WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_passed_over(entry));
    for entry in entries {
        let entry = entry.map_err(std::io::Error::from)?;
        let relative = entry.path().strip_prefix(root).ok();
        // Whatever has a name that is no text can't be one of the files that
        // decide something.
        let Some(path) = relative.and_then(Utf8Path::from_path) else {
            continue;
        };
        if entry.file_type().is_file() {
            let is_read = is_read(path, python_root);
            let bytes = is_read.then(|| read(entry.path(), &mut left)).transpose()?;
            files.insert(slashes(path), bytes);
        } else if entry.path_is_symlink() {
            links.extend(inside(root, &entry).map(|target| (slashes(path), target)));
        }
    }
    for (path, target) in links {
        files.link(&path, &target);
    }
    Ok(files)
}

/// Reads a file, if it isn't larger than any manifest or lock is.
fn read(path: &Path, left: &mut u64) -> Result<Vec<u8>, IoError> {
    let mut bytes = Vec::new();
    let limit = MAX_TEXT.min(*left);
    fs::File::open(path)?
        .take(limit + 1)
        .read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > limit {
        return Err(IoError::Damaged {
            path: Utf8PathBuf::from(path.to_string_lossy().into_owned()),
            message: "it is larger than manifests, locks and scripts are".to_owned(),
        });
    }
    *left -= length;
    Ok(bytes)
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

/// What a link in the folder leads to, relative to it. A stranger's folder
/// shall not make us read another place's files.
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
