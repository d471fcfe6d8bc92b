//! The text of `.cargo-checksum.json`, as `cargo vendor` writes it.
//!
//! Cargo checks each listed file when it builds; a file of the folder that is
//! not listed is ignored. `package` must equal the lock's checksum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::Sha256;

/// The name of the file.
pub const CHECKSUM_FILE: &str = ".cargo-checksum.json";

/// The contents of one `.cargo-checksum.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChecksumFile {
    /// SHA-256 of each file, by path relative to the crate's folder.
    pub files: BTreeMap<String, String>,
    /// SHA-256 of the `.crate` file; absent for git dependencies.
    pub package: Option<String>,
}

impl ChecksumFile {
    /// Puts together the file of a crate from a registry, or without a
    /// checksum that of one from git.
    #[must_use]
    pub fn new(package: Option<&Sha256>, files: &BTreeMap<String, Sha256>) -> Self {
        Self {
            files: files
                .iter()
                .map(|(path, hash)| (path.clone(), hash.to_hex()))
                .collect(),
            package: package.map(Sha256::to_hex),
        }
    }

    /// Writes the file's text, with no newline at its end.
    ///
    /// # Panics
    /// Never: maps of strings are always JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("maps of strings are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_compact_and_sorted() {
        let hash = Sha256::of(b"");
        let files = BTreeMap::from([("b".to_owned(), hash), ("a".to_owned(), hash)]);
        assert_eq!(
            ChecksumFile::new(Some(&hash), &files).to_text(),
            format!(r#"{{"files":{{"a":"{hash}","b":"{hash}"}},"package":"{hash}"}}"#)
        );
    }
}
