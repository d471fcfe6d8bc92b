//! Reads the table `data/build-bounds.toml`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use super::consequence::{Likelihood, Mend};
use crate::project::PythonName;

const TABLE: &str = include_str!("../../data/build-bounds.toml");

/// The table `data/build-bounds.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    pub bound: Vec<BoundRow>,
    replacement: Vec<ReplacementRow>,
    unneeded: Vec<UnneededRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BoundRow {
    pub system: PythonName,
    pub too_new: Option<VersionSpecifiers>,
    pub python: Option<VersionSpecifiers>,
    pub when: When,
    pub symptom: String,
    pub likelihood: Likelihood,
    pub mend: Option<Mend>,
    pub evidence: String,
}

/// The property of a source that makes a row apply.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum When {
    /// A requirement that excludes the set's version, which is newer.
    Excluded,
    /// A requirement that excludes both the set's version and this one.
    Excludes(Version),
    /// A true argument of `setup`.
    Keyword(String),
    /// An import of a module, or of one below it.
    Import(String),
    /// The module of `build-backend`.
    Backend(String),
    /// A build script of poetry that only defines `build`.
    BuildFunction,
    /// The package itself, in one of these versions.
    Package {
        name: PythonName,
        versions: VersionSpecifiers,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplacementRow {
    name: PythonName,
    with: PythonName,
    #[expect(dead_code, reason = "it is there for readers of the table")]
    evidence: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnneededRow {
    names: BTreeSet<PythonName>,
    #[expect(dead_code, reason = "it is there for readers of the table")]
    why: String,
}

impl Rules {
    /// Returns the table that is compiled into the program.
    ///
    /// # Panics
    /// Never: a test reads the table too.
    pub(super) fn built_in() -> &'static Self {
        static TABLE_READ: LazyLock<Rules> =
            LazyLock::new(|| toml::from_str(TABLE).expect("the table is checked by a test"));
        &TABLE_READ
    }

    /// Returns the package that replaces one that no package set has.
    pub(super) fn replacement(&self, name: &PythonName) -> Option<&PythonName> {
        let row = self.replacement.iter().find(|row| row.name == *name)?;
        Some(&row.with)
    }

    /// Whether building a wheel never uses the package.
    pub(super) fn is_unneeded(&self, name: &PythonName) -> bool {
        self.unneeded.iter().any(|row| row.names.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_build::package_set::{BuildSystemTable, PackageSet};
    use crate::python_build::requirement::known;
    use crate::python_lock::{Environment, Libc};
    use crate::target::Platform;

    #[test]
    fn the_table_is_sound() {
        let rules = Rules::built_in();
        let key = |row: &BoundRow| row.system.clone();
        assert!(rules.bound.iter().map(key).is_sorted());
        for row in &rules.bound {
            if let Some(Mend::Pin(pin)) = &row.mend {
                known(pin);
            }
        }
        let table = BuildSystemTable::built_in();
        let environment = Environment {
            platform: Platform::X86_64Linux,
            libc: Libc::Glibc,
            python_minor: 13,
            is_free_threaded: false,
        };
        let set = PackageSet::of(table, None, environment);
        for row in &rules.bound {
            assert!(set.get(&row.system).is_some(), "{row:?}");
        }
        for row in &rules.replacement {
            assert!(
                set.get(&row.with).is_some() && set.get(&row.name).is_none(),
                "{row:?}"
            );
        }
    }
}
