//! The table `data/native-deps.toml`, compiled into the program.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

const TEXT: &str = include_str!("../../data/native-deps.toml");

/// What crates need to build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeTable {
    /// The rows, sorted by crate.
    pub native: Vec<NativeRow>,
}

/// What a crate needs, and when; the file itself explains the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the head of the data file is their documentation"
)]
pub struct NativeRow {
    #[serde(rename = "crate")]
    pub krate: String,
    #[serde(default)]
    pub build_inputs: BTreeSet<String>,
    #[serde(default)]
    pub native_build_inputs: BTreeSet<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub with: BTreeSet<String>,
    #[serde(default)]
    pub without: BTreeSet<String>,
    pub note: String,
    pub evidence: String,
}

impl NativeTable {
    /// Reads the table that came with the program.
    ///
    /// # Panics
    /// Never: a test reads it too.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(TEXT).expect("the table is checked by a test")
    }

    /// The rows of a crate whose conditions hold for these dependencies.
    pub fn rows<'a>(
        &'a self,
        krate: &'a str,
        dependencies: &'a BTreeSet<&str>,
    ) -> impl Iterator<Item = &'a NativeRow> {
        self.native
            .iter()
            .filter(move |row| row.krate == krate)
            .filter(|row| row.with.iter().all(|c| dependencies.contains(c.as_str())))
            .filter(|row| {
                !row.without
                    .iter()
                    .any(|c| dependencies.contains(c.as_str()))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_something() {
        let table = NativeTable::built_in();
        let key = |row: &NativeRow| (row.krate.clone(), row.with.clone(), row.without.clone());
        let keys: Vec<_> = table.native.iter().map(key).collect();
        assert!(
            keys.is_sorted_by(|a, b| a < b),
            "sort the rows of data/native-deps.toml"
        );
        for row in &table.native {
            let is_empty = row.build_inputs.is_empty()
                && row.native_build_inputs.is_empty()
                && row.env.is_empty();
            assert!(!is_empty, "{} needs nothing", row.krate);
            assert!(
                !row.note.is_empty() && !row.evidence.is_empty(),
                "{}",
                row.krate
            );
        }
    }

    #[test]
    fn what_every_stanza_has_is_in_no_row() {
        for row in NativeTable::built_in().native {
            for name in ["pkg-config", "cargo", "rustc"] {
                assert!(!row.native_build_inputs.contains(name), "{}", row.krate);
            }
        }
    }

    #[test]
    fn conditions_are_dependencies() {
        let table = NativeTable::built_in();
        let bundled = BTreeSet::from(["cc", "pkg-config"]);
        assert_eq!(table.rows("libsqlite3-sys", &bundled).count(), 0);
        let system = BTreeSet::from(["pkg-config"]);
        assert_eq!(table.rows("libsqlite3-sys", &system).count(), 1);
    }
}
