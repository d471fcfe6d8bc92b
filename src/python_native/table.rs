//! `data/python-native.toml`, which is compiled into the program. Comments in
//! the file explain its fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use crate::native::EnvValue;
use crate::project::PythonName;
use crate::target::Platform;

const PYTHON_NATIVE: &str = include_str!("../../data/python-native.toml");

/// The native inputs of Python packages, and names of libraries and programs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PythonNativeTable {
    /// Sorted by name.
    pub package: Vec<PackageRow>,
    /// Python packages that nixpkgs' programs can replace, sorted by name.
    pub stand_in: Vec<NamedRow>,
    /// Attributes by the name in `-lNAME`, sorted.
    pub library: Vec<NamedRow>,
    /// Attributes by the name in `find_package` or `dependency`, in lower case,
    /// sorted.
    pub dependency: Vec<NamedRow>,
    /// Attributes by `*-config` program, sorted.
    pub program: Vec<NamedRow>,
}

/// The native inputs of a package, for some versions or platforms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackageRow {
    pub name: String,
    pub versions: Option<VersionSpecifiers>,
    pub system: Option<System>,
    #[serde(default)]
    pub build_inputs: BTreeSet<String>,
    #[serde(default)]
    pub native_build_inputs: BTreeSet<String>,
    #[serde(default)]
    pub env: BTreeMap<String, EnvValue>,
    pub note: String,
    pub evidence: String,
}

/// The attribute for a name that builds use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedRow {
    pub name: String,
    /// The attribute path below `pkgs`; empty if the standard environment has
    /// it.
    #[serde(default)]
    pub attr: String,
    pub system: Option<System>,
}

/// The kind of platforms that a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum System {
    Linux,
    Darwin,
}

impl System {
    /// Tells whether a row applies to a platform.
    pub(super) fn counts(of: Option<Self>, platform: Platform) -> bool {
        of.is_none_or(|system| (system == Self::Linux) == platform.is_linux())
    }
}

impl PythonNativeTable {
    pub(super) fn built_in() -> &'static Self {
        static TABLE: LazyLock<PythonNativeTable> =
            LazyLock::new(|| toml::from_str(PYTHON_NATIVE).expect("a test reads the table"));
        &TABLE
    }

    /// Returns the rows for a version of a package, or `None` if the table
    /// doesn't have it. An unknown version matches only rows for all versions.
    pub(super) fn rows(
        &self,
        name: &PythonName,
        version: Option<&Version>,
    ) -> Option<Vec<&PackageRow>> {
        let start = self
            .package
            .partition_point(|row| row.name.as_str() < name.as_str());
        let rows = self.package[start..].iter();
        let rows = rows.take_while(|row| row.name == name.as_str());
        let rows: Vec<_> = rows
            .filter(|row| match (&row.versions, version) {
                (Some(versions), Some(version)) => versions.contains(version),
                (Some(_), None) => false,
                (None, _) => true,
            })
            .collect();
        (!rows.is_empty()).then_some(rows)
    }
}

/// Finds a name in a sorted list.
pub(super) fn find<'a>(rows: &'a [NamedRow], name: &str) -> Option<&'a NamedRow> {
    let index = rows.binary_search_by(|row| row.name.as_str().cmp(name));
    index.ok().map(|index| &rows[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_attribute(attr: &str) -> bool {
        attr.split(" or ").all(|path| {
            let mut parts = path.split('.');
            parts.all(|part| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            })
        })
    }

    /// `nixpkgs PATH (PACKAGE VERSION)`, or `PACKAGE VERSION FILE` of an sdist.
    fn is_evidence(text: &str) -> bool {
        match text.split(' ').collect::<Vec<_>>().as_slice() {
            ["nixpkgs", path, package, version] => {
                path.starts_with("pkgs/")
                    && path
                        .rsplit_once('.')
                        .is_some_and(|(_, ending)| ending == "nix")
                    && package.starts_with('(')
                    && version.ends_with(')')
            }
            [_, version, file] => version.parse::<Version>().is_ok() && file.contains('.'),
            _ => false,
        }
    }

    #[test]
    fn packages_are_sorted_normalised_and_explained() {
        let table = PythonNativeTable::built_in();
        assert!(table.package.is_sorted_by(|a, b| a.name <= b.name));
        let names: BTreeSet<_> = table.package.iter().map(|row| &row.name).collect();
        assert!(names.len() >= 120, "{}", names.len());
        for row in &table.package {
            assert_eq!(PythonName::new(&row.name).as_str(), row.name);
            assert!(!row.note.is_empty(), "{}", row.name);
            assert!(is_evidence(&row.evidence), "{}: {}", row.name, row.evidence);
            let attributes = row.build_inputs.iter().chain(&row.native_build_inputs);
            for attribute in attributes {
                assert!(is_attribute(attribute), "{}: {attribute}", row.name);
            }
        }
    }

    #[test]
    fn names_are_sorted_and_distinct() {
        let table = PythonNativeTable::built_in();
        for rows in [
            &table.stand_in,
            &table.library,
            &table.dependency,
            &table.program,
        ] {
            for pair in rows.windows(2) {
                assert!(
                    pair[0].name < pair[1].name,
                    "{} {}",
                    pair[0].name,
                    pair[1].name
                );
            }
            for row in rows {
                assert!(
                    row.attr.is_empty() || is_attribute(&row.attr),
                    "{}",
                    row.attr
                );
            }
        }
        let is_lower = |row: &NamedRow| row.name == row.name.to_lowercase();
        assert!(table.dependency.iter().all(is_lower));
    }

    #[test]
    fn rows_count_for_their_versions_alone() {
        let table = PythonNativeTable::built_in();
        let name = PythonName::new("cryptography");
        let rows = |version: &str| table.rows(&name, Some(&version.parse().unwrap()));
        assert!(rows("3.4.8").is_some());
        assert!(rows("42.0.0").is_none());
        assert!(table.rows(&name, None).is_none());
        assert!(table.rows(&PythonName::new("nobody"), None).is_none());
    }
}
