//! The text of `.cargo-checksum.json`, as `cargo vendor` writes it.
//!
//! When it builds, Cargo checks the files that it lists, and that `package` is
//! the checksum in `Cargo.lock`. Other files in the folder are ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::Sha256;

/// The name of the file.
pub const CHECKSUM_FILE: &str = ".cargo-checksum.json";

/// The contents of one `.cargo-checksum.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChecksumFile {
    /// The SHA-256 of each file in hexadecimal, by path relative to the crate.
    pub files: BTreeMap<String, String>,
    /// The SHA-256 of the `.crate` file; `None` for git dependencies.
    pub package: Option<String>,
}

impl ChecksumFile {
    pub fn new(package: Option<&Sha256>, files: &BTreeMap<String, Sha256>) -> Self {
        Self {
            files: files
                .iter()
                .map(|(path, hash)| (path.clone(), hash.to_hex()))
                .collect(),
            package: package.map(Sha256::to_hex),
        }
    }

    /// The file's text, without a final line break.
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
