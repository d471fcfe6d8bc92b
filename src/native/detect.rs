//! From the crates of a lock to native inputs, each with its reason.
//!
//! The lock's edges from the module's crate are followed. A lock holds the
//! edges of every platform and of every feature that the workspace can turn
//! on, so this finds too much rather than too little; what only the tests of
//! a local crate need is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::NativeTable;
use crate::project::{CrateSource, LockFile, LockedCrate};

/// What a package needs to build besides Rust.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NativeInputs {
    /// Libraries of the host, sorted by attribute and crate.
    pub build_inputs: Vec<NativeInput>,
    /// Programs of the build, sorted likewise.
    pub native_build_inputs: Vec<NativeInput>,
    /// Environment variables, by name.
    pub env: BTreeMap<String, NativeVariable>,
}

/// A nixpkgs attribute and the crate that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NativeInput {
    /// The attribute's path below `pkgs`.
    pub attr: String,
    /// The crate.
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why it is needed.
    pub reason: String,
}

/// An environment variable and the crate that reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeVariable {
    /// The variable's value.
    pub value: String,
    /// The crate.
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why it is set.
    pub reason: String,
}

/// Finds what the crates below `modules` need. `dev_only` holds, for local
/// crates, the names that only their tests need; without any of `modules` in
/// the lock every crate of it counts.
#[must_use]
pub fn detect<'a>(
    table: &NativeTable,
    lock: &LockFile,
    modules: impl IntoIterator<Item = &'a str>,
    dev_only: &BTreeMap<String, BTreeSet<String>>,
) -> NativeInputs {
    let mut inputs = NativeInputs::default();
    for place in reachable(lock, modules, dev_only) {
        let krate = &lock.crates[place];
        let dependencies: BTreeSet<_> = krate
            .dependencies
            .iter()
            .map(|&d| lock.crates[d].name.as_str())
            .collect();
        for row in table.rows(krate.name.as_str(), &dependencies) {
            let input = |attr: &String| native_input(krate, attr, &row.note);
            inputs
                .build_inputs
                .extend(row.build_inputs.iter().map(input));
            inputs
                .native_build_inputs
                .extend(row.native_build_inputs.iter().map(input));
            for (name, value) in &row.env {
                let variable = NativeVariable {
                    value: value.clone(),
                    krate: krate.name.to_string(),
                    version: krate.version.to_string(),
                    reason: row.note.clone(),
                };
                inputs.env.entry(name.clone()).or_insert(variable);
            }
        }
    }
    inputs.build_inputs.sort();
    inputs.native_build_inputs.sort();
    inputs
}

fn native_input(krate: &LockedCrate, attr: &str, reason: &str) -> NativeInput {
    NativeInput {
        attr: attr.to_owned(),
        krate: krate.name.to_string(),
        version: krate.version.to_string(),
        reason: reason.to_owned(),
    }
}

/// The places in the lock that can be reached from the modules' crates.
fn reachable<'a>(
    lock: &LockFile,
    modules: impl IntoIterator<Item = &'a str>,
    dev_only: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<usize> {
    let starts = modules.into_iter().filter_map(|name| lock.local(name));
    let mut found: BTreeSet<usize> = starts.collect();
    if found.is_empty() {
        return (0..lock.crates.len()).collect();
    }
    let mut waiting: Vec<_> = found.iter().copied().collect();
    while let Some(place) = waiting.pop() {
        let krate = &lock.crates[place];
        let skipped = match krate.source {
            CrateSource::Local => dev_only.get(krate.name.as_str()),
            _ => None,
        };
        for &dependency in &krate.dependencies {
            let name = lock.crates[dependency].name.as_str();
            if !skipped.is_some_and(|s| s.contains(name)) && found.insert(dependency) {
                waiting.push(dependency);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock from `name -> dependencies`; `module` and `tests` are local.
    fn lock(edges: &[(&str, &[&str])]) -> LockFile {
        let place = |name: &str| edges.iter().position(|(n, _)| *n == name).unwrap();
        let crates = edges
            .iter()
            .map(|(name, dependencies)| {
                let mut krate = LockedCrate::example(name, "1.2.3");
                if ["module", "tests"].contains(name) {
                    krate.source = CrateSource::Local;
                }
                krate.dependencies = dependencies.iter().map(|d| place(d)).collect();
                krate
            })
            .collect();
        LockFile::example(crates)
    }

    fn attrs(inputs: &[NativeInput]) -> Vec<&str> {
        inputs.iter().map(|i| i.attr.as_str()).collect()
    }

    #[test]
    fn only_what_the_module_reaches_counts() {
        let lock = lock(&[
            ("module", &["native-tls"]),
            ("native-tls", &["openssl-sys"]),
            ("openssl-sys", &[]),
            ("tests", &["zstd-sys"]),
            ("zstd-sys", &[]),
        ]);
        let table = NativeTable::built_in();
        let inputs = detect(&table, &lock, Some("module"), &BTreeMap::new());
        assert_eq!(attrs(&inputs.build_inputs), ["openssl"]);
        assert_eq!(inputs.build_inputs[0].krate, "openssl-sys");
        assert!(inputs.env.is_empty());
        let all = detect(&table, &lock, None, &BTreeMap::new());
        assert_eq!(attrs(&all.build_inputs), ["openssl", "zstd"]);
        assert_eq!(all.env["ZSTD_SYS_USE_PKG_CONFIG"].value, "1");
    }

    #[test]
    fn what_only_tests_need_is_left_out() {
        let lock = lock(&[("module", &["bindgen"]), ("bindgen", &[])]);
        let dev_only = BTreeMap::from([("module".to_owned(), ["bindgen".to_owned()].into())]);
        let inputs = detect(&NativeTable::built_in(), &lock, Some("module"), &dev_only);
        assert_eq!(inputs, NativeInputs::default());
    }
}
