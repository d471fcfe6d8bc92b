//! Licences by their attributes in nixpkgs, and other names that nixpkgs has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

const TABLE: &str = include_str!("../../data/nixpkgs-packages.toml");

/// The table `data/nixpkgs-packages.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageTable {
    /// Packages that Python's set has one of the same name of.
    pub python_names: BTreeSet<String>,
    /// Extras for those who work on a package.
    pub development_extras: BTreeSet<String>,
    licenses: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
}

impl PackageTable {
    /// The table that the program comes with.
    ///
    /// # Panics
    /// Never: a test reads the table too.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(TABLE).expect("the table is checked by a test")
    }

    /// The attributes of `lib.licenses` that an SPDX expression or else
    /// classifiers name; none where one of them isn't known, since a part
    /// would be wrong.
    #[must_use]
    pub fn licenses(&self, expression: Option<&str>, classifiers: &[String]) -> Vec<&str> {
        let expression = expression.map(|text| self.words.get(text).map_or(text, String::as_str));
        let by_expression = expression.and_then(|text| self.of_expression(text));
        let by_classifiers = || {
            let licenses = classifiers
                .iter()
                .filter(|classifier| classifier.starts_with("License ::"));
            let licenses = licenses.map(|words| self.of_expression(self.words.get(words)?));
            licenses.collect::<Option<Vec<_>>>().map(|all| all.concat())
        };
        let mut found = by_expression.or_else(by_classifiers).unwrap_or_default();
        let mut seen = BTreeSet::new();
        found.retain(|license| seen.insert(*license));
        found
    }

    fn of_expression(&self, text: &str) -> Option<Vec<&str>> {
        let text = text.replace(['(', ')'], " ");
        let words = text.split_whitespace();
        let ids = words.filter(|word| !matches!(word.to_uppercase().as_str(), "AND" | "OR"));
        let found: Option<Vec<_>> = ids.map(|id| self.of_id(id)).collect();
        found.filter(|found| !found.is_empty())
    }

    fn of_id(&self, id: &str) -> Option<&str> {
        let mut rows = self.licenses.iter();
        let row = rows.find(|(known, _)| known.eq_ignore_ascii_case(id));
        row.map(|(_, attribute)| attribute.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::layout::Name;

    #[test]
    fn the_table_names_attributes() {
        let table = PackageTable::built_in();
        for attribute in table.licenses.values().chain(&table.python_names) {
            assert!(Name::new(attribute).is_some(), "{attribute}");
        }
        for text in table.words.values() {
            assert!(table.of_expression(text).is_some(), "{text}");
        }
    }

    #[test]
    fn expressions_go_before_classifiers() {
        let table = PackageTable::built_in();
        let classifiers = ["License :: OSI Approved :: MIT License".to_owned()];
        for (text, licenses) in [
            (Some("mit"), &["mit"][..]),
            (
                Some("MPL-2.0 AND (Apache-2.0 OR MIT)"),
                &["mpl20", "asl20", "mit"],
            ),
            (Some("MIT or MIT"), &["mit"]),
            // What isn't understood isn't half of it.
            (Some("Apache-2.0 WITH LLVM-exception"), &["mit"]),
            (Some("Apache License 2.0"), &["asl20"]),
            (Some("see LICENSE"), &["mit"]),
            (Some("()"), &["mit"]),
            (None, &["mit"]),
        ] {
            assert_eq!(table.licenses(text, &classifiers), licenses, "{text:?}");
        }
        let unknown = ["License :: OSI Approved".to_owned(), classifiers[0].clone()];
        assert_eq!(table.licenses(None, &unknown), [""; 0]);
    }
}
