//! Follows the edges of `Cargo.lock`.
//!
//! They are those of all platforms and of all features that the workspace can
//! enable, so that they lead to too many crates rather than too few.

use std::collections::{BTreeMap, BTreeSet};

use crate::project::{CargoLock, CrateSource};

/// For each local crate, the names of the crates that only its tests need.
pub type DevOnlyCrates = BTreeMap<String, BTreeSet<String>>;

/// The indices of the locked crates that the modules' crates lead to, without
/// those that only tests need. If the lock has none of the modules, all.
pub fn reachable_crates<'a>(
    cargo_lock: &CargoLock,
    modules: impl IntoIterator<Item = &'a str>,
    dev_only: &DevOnlyCrates,
) -> BTreeSet<usize> {
    let roots = modules
        .into_iter()
        .filter_map(|name| cargo_lock.local(name));
    let mut found: BTreeSet<usize> = roots.collect();
    if found.is_empty() {
        return (0..cargo_lock.crates.len()).collect();
    }
    let mut open: Vec<_> = found.iter().copied().collect();
    while let Some(index) = open.pop() {
        for dependency in dependencies_of(cargo_lock, index, dev_only) {
            if found.insert(dependency) {
                open.push(dependency);
            }
        }
    }
    found
}

/// The indices of a locked crate's dependencies, without those that only its
/// tests need.
pub(super) fn dependencies_of<'a>(
    cargo_lock: &'a CargoLock,
    index: usize,
    dev_only: &'a DevOnlyCrates,
) -> impl Iterator<Item = usize> + 'a {
    let krate = &cargo_lock.crates[index];
    let skipped = match krate.source {
        CrateSource::Local => dev_only.get(krate.name.as_str()),
        _ => None,
    };
    let dependencies = krate.dependencies.iter().copied();
    dependencies.filter(move |&dependency| {
        let name = cargo_lock.crates[dependency].name.as_str();
        !skipped.is_some_and(|skipped| skipped.contains(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::CrateGraph;
    use crate::project::LockedCrate;

    /// A lock of crates with their dependencies; `module` and `tests` are
    /// local.
    fn lock(edges: &[(&str, &[&str])]) -> CargoLock {
        let index = |name: &str| edges.iter().position(|(n, _)| *n == name).unwrap();
        let crates = edges.iter().map(|(name, dependencies)| {
            let mut krate = LockedCrate::example(name, "1.2.3");
            if ["module", "tests"].contains(name) {
                krate.source = CrateSource::Local;
            }
            krate.dependencies = dependencies.iter().map(|d| index(d)).collect();
            krate
        });
        CargoLock::example(crates.collect())
    }

    fn names(lock: &CargoLock, dev_only: &DevOnlyCrates) -> Vec<String> {
        reachable_crates(lock, Some("module"), dev_only)
            .into_iter()
            .map(|index| lock.crates[index].name.to_string())
            .collect()
    }

    #[test]
    fn crates_that_no_module_leads_to_are_left_out() {
        let lock = lock(&[
            ("module", &["a"]),
            ("a", &["b"]),
            ("b", &[]),
            ("tests", &["c"]),
            ("c", &[]),
        ]);
        assert_eq!(names(&lock, &DevOnlyCrates::new()), ["module", "a", "b"]);
        assert_eq!(
            reachable_crates(&lock, None, &DevOnlyCrates::new()).len(),
            5
        );
    }

    #[test]
    fn crates_that_only_tests_need_are_left_out() {
        let lock = lock(&[("module", &["a"]), ("a", &[])]);
        let dev_only = BTreeMap::from([("module".to_owned(), ["a".to_owned()].into())]);
        assert_eq!(names(&lock, &dev_only), ["module"]);
        assert!(
            CrateGraph::from_cargo_lock(&lock, &dev_only).crates[0]
                .dependencies
                .is_empty()
        );
    }
}
