//! Which crates a registry has yanked. Cargo takes such crates into no new
//! lock, and still builds with those of an existing one.

use std::path::Path;

use semver::Version;
use tame_index::index::cache::ValidCacheEntry;
use tame_index::utils::url_to_local_dir;
use tame_index::{IndexKrate, KrateName};

use super::Index;
use crate::io::read::read_bytes;
use crate::project::LockedCrate;

/// Returns the address of a crate's entry in a sparse index.
pub(in crate::io) fn entry_url(index: &str, krate: &LockedCrate) -> Option<String> {
    Some(format!("{index}{}", entry_path(krate)?))
}

/// Whether an entry says that a version was yanked.
pub(in crate::io) fn says_yanked(entry: &[u8], version: &Version) -> bool {
    IndexKrate::from_slice(entry).is_ok_and(|krate| is_yanked(&krate, version))
}

/// Whether cargo's copy of an index says so.
pub(in crate::io) fn is_known_yanked(index: &Index, home: &Path, krate: &LockedCrate) -> bool {
    let url = match index {
        Index::Sparse(url) => format!("sparse+{url}"),
        Index::Git(url) => url.clone(),
    };
    let Some(path) = entry_path(krate) else {
        return false;
    };
    // Newer and older versions of cargo name the folder differently.
    [true, false].into_iter().any(|is_stable| {
        let Ok(folder) = url_to_local_dir(&url, is_stable) else {
            return false;
        };
        let indices = home.join("registry").join("index");
        let path = indices.join(folder.dir_name).join(".cache").join(&path);
        let Ok(bytes) = read_bytes(path) else {
            return false;
        };
        let entry = ValidCacheEntry::read(&bytes).ok();
        let entry = entry.and_then(|entry| entry.to_krate(None).ok().flatten());
        entry.is_some_and(|entry| is_yanked(&entry, &krate.version))
    })
}

fn entry_path(krate: &LockedCrate) -> Option<String> {
    let name = krate.name.as_str().to_lowercase();
    let name: KrateName = name.as_str().try_into().ok()?;
    Some(name.relative_path(Some('/')))
}

fn is_yanked(krate: &IndexKrate, version: &Version) -> bool {
    let version = version.to_string();
    let mut versions = krate.versions.iter();
    versions.any(|found| found.version == version.as_str() && found.is_yanked())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read() {
        let line = |version: &str, yanked: bool| {
            format!(
                "{{\"name\":\"alpha\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{}\",\
                 \"features\":{{}},\"yanked\":{yanked}}}\n",
                "0".repeat(64)
            )
        };
        let entry = line("1.0.0", true) + &line("1.0.1", false);
        let says = |version: &str| says_yanked(entry.as_bytes(), &version.parse().unwrap());
        assert!(says("1.0.0"));
        assert!(!says("1.0.1"));
        assert!(!says("1.0.2"));
        assert!(!says_yanked(b"no entry", &Version::new(1, 0, 0)));
    }

    #[test]
    fn entries_are_where_cargo_looks_for_them() {
        let url =
            |name: &str| entry_url("https://example.org/", &LockedCrate::example(name, "1.0.0"));
        assert_eq!(url("A").unwrap(), "https://example.org/1/a");
        assert_eq!(url("abc").unwrap(), "https://example.org/3/a/abc");
        assert_eq!(
            url("Serde_json").unwrap(),
            "https://example.org/se/rd/serde_json"
        );
    }
}
