//! `data/nixpkgs-packages.toml`: names that nixpkgs has for licences and
//! packages.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

const TABLE: &str = include_str!("../../data/nixpkgs-packages.toml");

/// What is read as an expression. An unknown name may be a known one in another
/// case. Imprecise names aren't read: `BSD` is no licence.
const PARSED: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: true,
};

/// The contents of `data/nixpkgs-packages.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageTable {
    /// nixpkgs packages that share a name with a Python package of nixpkgs.
    pub python_names: BTreeSet<String>,
    /// Extras that only developers of a package install.
    pub development_extras: BTreeSet<String>,
    /// Attributes of `lib.licenses` by SPDX identifier.
    licenses: BTreeMap<String, String>,
    /// SPDX expressions by licence name or trove classifier.
    words: BTreeMap<String, String>,
}

impl PackageTable {
    pub fn built_in() -> Self {
        toml::from_str(TABLE).expect("a test reads the table")
    }

    /// The attributes of `lib.licenses` for an SPDX expression (PEP 639), or
    /// else for trove classifiers. Empty if any licence is unknown: a part of
    /// the licences would be wrong.
    pub fn licenses(&self, expression: Option<&str>, classifiers: &[String]) -> Vec<&str> {
        let expression = expression.map(|text| self.words.get(text).map_or(text, String::as_str));
        let mut found = expression
            .and_then(|text| self.licenses_of_expression(text))
            .or_else(|| self.licenses_of_classifiers(classifiers))
            .unwrap_or_default();
        let mut seen = BTreeSet::new();
        found.retain(|license| seen.insert(*license));
        found
    }

    fn licenses_of_classifiers(&self, classifiers: &[String]) -> Option<Vec<&str>> {
        let licenses = classifiers
            .iter()
            .filter(|classifier| classifier.starts_with("License ::"))
            .map(|words| self.licenses_of_expression(self.words.get(words)?));
        licenses.collect::<Option<Vec<_>>>().map(|all| all.concat())
    }

    fn licenses_of_expression(&self, text: &str) -> Option<Vec<&str>> {
        let expression = Expression::parse_mode(text, PARSED).ok()?;
        let requirements = expression.requirements();
        requirements
            .map(|found| self.license_of(&found.req))
            .collect()
    }

    /// The attribute of a licence. nixpkgs has none for one with an exception.
    fn license_of(&self, license: &LicenseReq) -> Option<&str> {
        if license.addition.is_some() {
            return None;
        }
        match &license.license {
            item @ LicenseItem::Spdx { .. } => self.license_of_id(&item.to_string()),
            LicenseItem::Other(other) => self.license_of_id(&other.lic_ref),
        }
    }

    fn license_of_id(&self, id: &str) -> Option<&str> {
        let mut rows = self.licenses.iter();
        let row = rows.find(|(known, _)| known.eq_ignore_ascii_case(id));
        row.map(|(_, attribute)| attribute.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::ident::Ident;

    #[test]
    fn the_table_names_attributes() {
        let table = PackageTable::built_in();
        for attribute in table.licenses.values().chain(&table.python_names) {
            assert!(Ident::parse(attribute).is_some(), "{attribute}");
        }
        for text in table.words.values() {
            assert!(table.licenses_of_expression(text).is_some(), "{text}");
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
            (Some("isc/Apache-2.0"), &["isc", "asl20"]),
            (Some("GPL-3.0+"), &["gpl3Plus"]),
            // An expression that isn't understood as a whole counts for nothing.
            (Some("Apache-2.0 WITH LLVM-exception"), &["mit"]),
            (Some("Apache License 2.0"), &["asl20"]),
            (Some("see LICENSE"), &["mit"]),
            (Some("()"), &["mit"]),
            (Some("Apache-2.0 ISC"), &["mit"]),
            (Some("Apache-2.0+"), &["mit"]),
            (None, &["mit"]),
        ] {
            assert_eq!(table.licenses(text, &classifiers), licenses, "{text:?}");
        }
        let unknown = ["License :: OSI Approved".to_owned(), classifiers[0].clone()];
        assert_eq!(table.licenses(None, &unknown), [""; 0]);
    }
}
