//! What the edges of a lock lead to.
//!
//! A lock holds the edges of every platform and of every feature that the
//! workspace can turn on, so they lead to too much rather than too little.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::DependencyKind;

use super::features::Resolver;
use super::graph::{CrateGraph, CrateKind, GraphCrate, GraphDependency};
use crate::project::{CargoLock, CrateSource};

/// For each local crate, the names of the crates that only its tests need.
pub type DevOnly = BTreeMap<String, BTreeSet<String>>;

/// The places in the lock that can be reached from the modules' crates,
/// without what only tests need; all of them where no module is in it.
#[must_use]
pub fn reached<'a>(
    lock: &CargoLock,
    modules: impl IntoIterator<Item = &'a str>,
    dev_only: &DevOnly,
) -> BTreeSet<usize> {
    let starts = modules.into_iter().filter_map(|name| lock.local(name));
    let mut found: BTreeSet<usize> = starts.collect();
    if found.is_empty() {
        return (0..lock.crates.len()).collect();
    }
    let mut waiting: Vec<_> = found.iter().copied().collect();
    while let Some(place) = waiting.pop() {
        for dependency in edges(lock, place, dev_only) {
            if found.insert(dependency) {
                waiting.push(dependency);
            }
        }
    }
    found
}

fn edges<'a>(
    lock: &'a CargoLock,
    place: usize,
    dev_only: &'a DevOnly,
) -> impl Iterator<Item = usize> + 'a {
    let krate = &lock.crates[place];
    let skipped = match krate.source {
        CrateSource::Local => dev_only.get(krate.name.as_str()),
        _ => None,
    };
    krate
        .dependencies
        .iter()
        .copied()
        .filter(move |&dependency| {
            let name = lock.crates[dependency].name.as_str();
            !skipped.is_some_and(|skipped| skipped.contains(name))
        })
}

impl CrateGraph {
    /// The edges of a lock, as if each of them were built.
    #[must_use]
    pub fn of_lock(lock: &CargoLock, dev_only: &DevOnly) -> Self {
        let crates = lock.crates.iter().enumerate().map(|(place, krate)| {
            let dependencies = edges(lock, place, dev_only).map(|to| GraphDependency {
                key: lock.crates[to].name.to_string(),
                to,
                kind: DependencyKind::Normal,
                target: None,
                is_optional: false,
                has_default_features: true,
                features: Vec::new(),
            });
            GraphCrate {
                name: krate.name.to_string(),
                version: krate.version.clone(),
                rust_version: None,
                is_local: krate.source == CrateSource::Local,
                manifest_path: String::new(),
                kind: CrateKind::Cdylib,
                has_build_script: true,
                is_stand_in: true,
                links: None,
                metadata: serde_json::Value::Null,
                features: BTreeMap::new(),
                dependencies: dependencies.collect(),
            }
        });
        Self {
            is_exact: false,
            resolver: Resolver::One,
            crates: crates.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::LockedCrate;

    /// A lock from `name -> dependencies`; `module` and `tests` are local.
    fn lock(edges: &[(&str, &[&str])]) -> CargoLock {
        let place = |name: &str| edges.iter().position(|(n, _)| *n == name).unwrap();
        let crates = edges.iter().map(|(name, dependencies)| {
            let mut krate = LockedCrate::example(name, "1.2.3");
            if ["module", "tests"].contains(name) {
                krate.source = CrateSource::Local;
            }
            krate.dependencies = dependencies.iter().map(|d| place(d)).collect();
            krate
        });
        CargoLock::example(crates.collect())
    }

    fn names(lock: &CargoLock, dev_only: &DevOnly) -> Vec<String> {
        let places = reached(lock, Some("module"), dev_only);
        places
            .iter()
            .map(|&p| lock.crates[p].name.to_string())
            .collect()
    }

    #[test]
    fn only_what_the_module_reaches_counts() {
        let lock = lock(&[
            ("module", &["a"]),
            ("a", &["b"]),
            ("b", &[]),
            ("tests", &["c"]),
            ("c", &[]),
        ]);
        assert_eq!(names(&lock, &DevOnly::new()), ["module", "a", "b"]);
        assert_eq!(reached(&lock, None, &DevOnly::new()).len(), 5);
    }

    #[test]
    fn what_only_tests_need_is_left_out() {
        let lock = lock(&[("module", &["a"]), ("a", &[])]);
        let dev_only = BTreeMap::from([("module".to_owned(), ["a".to_owned()].into())]);
        assert_eq!(names(&lock, &dev_only), ["module"]);
        assert!(
            CrateGraph::of_lock(&lock, &dev_only).crates[0]
                .dependencies
                .is_empty()
        );
    }
}
