//! Maps imported modules to the distributions that provide them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::project::PythonName;

const TABLE: &str = include_str!("../../data/import-names.toml");

/// The table `data/import-names.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportNames {
    stdlib: BTreeSet<String>,
    removed: Vec<RemovedModules>,
    distributions: BTreeMap<String, PythonName>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovedModules {
    modules: BTreeSet<String>,
    since: u8,
    distribution: Option<PythonName>,
}

/// What provides a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider<'a> {
    /// The standard library of the Python in question.
    StandardLibrary,
    /// A distribution that the table lists.
    Distribution(&'a PythonName),
    /// Nothing, since the module was removed from the standard library before
    /// this version of Python.
    Removed,
    /// The table doesn't list the module.
    Unknown,
}

impl ImportNames {
    /// Returns the table that is compiled into the program.
    ///
    /// # Panics
    /// Never: a test reads the table too.
    pub(super) fn built_in() -> &'static Self {
        static TABLE_READ: LazyLock<ImportNames> =
            LazyLock::new(|| toml::from_str(TABLE).expect("the table is checked by a test"));
        &TABLE_READ
    }

    /// Returns what provides a module to `CPython` 3.`python_minor`.
    pub(super) fn provider(&self, module: &str, python_minor: u8) -> Provider<'_> {
        let root = module.split('.').next().unwrap_or(module);
        if let Some(distribution) = self.distribution(module) {
            return Provider::Distribution(distribution);
        }
        for removed in &self.removed {
            if removed.modules.contains(root) {
                return match &removed.distribution {
                    _ if python_minor < removed.since => Provider::StandardLibrary,
                    Some(distribution) => Provider::Distribution(distribution),
                    None => Provider::Removed,
                };
            }
        }
        if self.stdlib.contains(root) {
            Provider::StandardLibrary
        } else {
            Provider::Unknown
        }
    }

    /// Returns the distribution of the module, or else of the nearest package
    /// around it that the table lists.
    fn distribution(&self, module: &str) -> Option<&PythonName> {
        let ends = module.match_indices('.').map(|(end, _)| end);
        let mut ends: Vec<_> = ends.chain([module.len()]).collect();
        ends.reverse();
        let mut prefixes = ends.into_iter().map(|end| &module[..end]);
        prefixes.find_map(|prefix| self.distributions.get(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(module: &str, python_minor: u8) -> String {
        match ImportNames::built_in().provider(module, python_minor) {
            Provider::Distribution(name) => name.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn modules_belong_to_distributions() {
        for (module, expected) in [
            ("Cython.Build", "cython"),
            ("pkg_resources", "setuptools"),
            ("skbuild", "scikit-build"),
            ("poetry.core.masonry.api", "poetry-core"),
            ("poetry.masonry.api", "poetry"),
            ("google.protobuf.compiler", "protobuf"),
            ("google.cloud", "Unknown"),
            ("os.path", "StandardLibrary"),
            ("importlib.metadata", "StandardLibrary"),
            ("a_module", "Unknown"),
        ] {
            assert_eq!(provider(module, 13), expected, "{module}");
        }
    }

    #[test]
    fn distutils_is_setuptools_from_3_12_on() {
        assert_eq!(provider("distutils.core", 11), "StandardLibrary");
        assert_eq!(provider("distutils.core", 12), "setuptools");
    }

    #[test]
    fn modules_leave_the_standard_library() {
        assert_eq!(provider("imp", 11), "StandardLibrary");
        assert_eq!(provider("imp", 12), "Removed");
        assert_eq!(provider("pipes", 12), "StandardLibrary");
        assert_eq!(provider("pipes", 13), "Removed");
        assert_eq!(provider("ConfigParser", 9), "Removed");
    }

    #[test]
    fn the_table_is_sound() {
        let names = ImportNames::built_in();
        assert!(names.distributions.values().all(PythonName::is_valid));
        for removed in &names.removed {
            assert!(removed.modules.is_disjoint(&names.stdlib), "{removed:?}");
        }
        let rest = TABLE.split_once("[distributions]").unwrap().1;
        let key = |line: &str| line.split_once(" = ").unwrap().0.replace('"', "");
        let keys: Vec<_> = rest.lines().filter(|l| !l.is_empty()).map(key).collect();
        assert!(keys.is_sorted());
    }
}
