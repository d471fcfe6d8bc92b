//! Arithmetic on paths inside a source: relative to the source root, `/`
//! between their parts, without `.` or `..`; the root itself is `.`.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// Longest path that is handled, in bytes: Linux's `PATH_MAX`.
pub const MAX_PATH: usize = 4096;

/// Joins a path to a folder and resolves `.` and `..`. Returns `None` if the
/// path is absolute, too long, or leads out of the source root.
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

/// Returns how many folders above the source root a path leads; `None` if it
/// is absolute.
pub(super) fn levels_above(folder: &Utf8Path, path: &str) -> Option<usize> {
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

/// Returns the path of folder `to` as seen from folder `from`.
pub fn relative_path(to: &Utf8Path, from: &Utf8Path) -> Utf8PathBuf {
    fn parts(path: &Utf8Path) -> Vec<&str> {
        let names = path.components().map(|component| component.as_str());
        names.filter(|name| *name != ".").collect()
    }
    let (to, from) = (parts(to), parts(from));
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let ups = from[common..].iter().map(|_| "..");
    let path: Utf8PathBuf = ups.chain(to[common..].iter().copied()).collect();
    if path.as_str().is_empty() {
        ".".into()
    } else {
        path
    }
}

/// Joins a plain file name to a folder.
pub fn join(folder: &Utf8Path, name: &str) -> Utf8PathBuf {
    if folder == "." {
        Utf8PathBuf::from(name)
    } else {
        folder.join(name)
    }
}

/// Returns the folder that holds a path; `None` for the source root.
pub(super) fn parent(path: &Utf8Path) -> Option<&Utf8Path> {
    (path != ".").then(|| folder_of(path))
}

/// Returns the folder that a file is in.
pub(super) fn folder_of(file: &Utf8Path) -> &Utf8Path {
    match file.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_lead_from_folder_to_folder() {
        for (to, from, expected) in [
            (".", ".", "."),
            ("src/rust", ".", "src/rust"),
            (".", "crates/py", "../.."),
            ("crates/core", "crates/py", "../core"),
        ] {
            assert_eq!(relative_path(to.into(), from.into()), expected);
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
}
