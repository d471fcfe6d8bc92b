//! Which packages of a lockfile an environment has.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree};

use super::markers::holds;
use super::model::{
    Conflict, ConflictItem, LockedPackage, LockedSource, PythonDependency, PythonLock,
};
use crate::project::PythonName;

/// Returns the packages of an environment, as indexes into the lockfile's: all
/// that the workspace's members need with their extras and groups, like
/// uv2nix's `deps.all`. Each of several conflicting extras and groups is
/// chosen once.
pub fn reach(lock: &PythonLock, environment: &MarkerEnvironment) -> BTreeSet<usize> {
    let conflicts = lock.conflicts.iter().flatten();
    let mut reached = BTreeSet::new();
    for chosen in [None].into_iter().chain(conflicts.map(Some)) {
        reached.extend(Walk::new(lock, environment, chosen).reach());
    }
    reached
}

/// Returns the dependencies whose markers hold in an environment, whichever of
/// the conflicting extras and groups it has.
pub fn held<'a>(
    dependencies: &'a [PythonDependency],
    lock: &PythonLock,
    environment: &MarkerEnvironment,
) -> Vec<&'a PythonDependency> {
    let conflicts = lock.conflicts.iter().flatten();
    let chosen = [None].into_iter().chain(conflicts.map(Some));
    let walks: Vec<_> = chosen
        .map(|chosen| Walk::new(lock, environment, chosen))
        .collect();
    let holds = |need: &&PythonDependency| walks.iter().any(|walk| walk.holds(&need.marker));
    dependencies.iter().filter(holds).collect()
}

/// A walk along the dependencies, with at most one conflicting item chosen.
struct Walk<'a> {
    lock: &'a PythonLock,
    environment: &'a MarkerEnvironment,
    chosen: Option<&'a Conflict>,
    /// The extras that are enabled in markers.
    extras: Vec<ExtraName>,
    /// The entries whose markers hold, by name.
    candidates: BTreeMap<&'a PythonName, Vec<usize>>,
}

impl<'a> Walk<'a> {
    fn new(
        lock: &'a PythonLock,
        environment: &'a MarkerEnvironment,
        chosen: Option<&'a Conflict>,
    ) -> Self {
        let extras = lock.extras.iter().cloned();
        let mut walk = Self {
            lock,
            environment,
            chosen,
            extras: extras
                .chain(chosen.map(Conflict::extra))
                .filter_map(|extra| ExtraName::new(extra).ok())
                .collect(),
            candidates: BTreeMap::new(),
        };
        for (index, package) in lock.packages.iter().enumerate() {
            let markers = &package.markers;
            if markers.is_empty() || markers.iter().any(|marker| walk.holds(marker)) {
                let entries = walk.candidates.entry(&package.name);
                entries.or_default().push(index);
            }
        }
        walk
    }

    fn holds(&self, marker: &MarkerTree) -> bool {
        holds(marker, self.environment, &self.extras)
    }

    fn reach(&self) -> BTreeSet<usize> {
        let all = || self.candidates.values().flatten().copied();
        let is_member = |index: &usize| {
            let source = &self.lock.packages[*index].source;
            matches!(source, LockedSource::Editable(_) | LockedSource::Virtual(_))
        };
        let is_root = |index: &usize| self.lock.is_flat || is_member(index);
        let mut open: Vec<usize> = all().filter(is_root).collect();
        // The lockfile of a script has no members.
        if open.is_empty() {
            open.extend(all());
        }
        let mut reached = BTreeSet::new();
        while let Some(index) = open.pop() {
            if !reached.insert(index) {
                continue;
            }
            for dependency in self.dependencies(&self.lock.packages[index]) {
                if self.holds(&dependency.marker) {
                    open.extend(self.entries(dependency));
                }
            }
        }
        reached
    }

    /// Returns the dependencies with all extras and groups, except those that
    /// conflict with the chosen item.
    fn dependencies(
        &self,
        package: &'a LockedPackage,
    ) -> impl Iterator<Item = &'a PythonDependency> {
        let is_open = |item: ConflictItem| !self.is_excluded(&package.name, &item);
        let extras = package.optional.iter();
        let groups = package.groups.iter();
        extras
            .filter(move |(name, _)| is_open(ConflictItem::Extra((*name).clone())))
            .chain(groups.filter(move |(name, _)| is_open(ConflictItem::Group((*name).clone()))))
            .flat_map(|(_, dependencies)| dependencies)
            .chain(&package.dependencies)
    }

    fn is_excluded(&self, package: &PythonName, item: &ConflictItem) -> bool {
        let Some(chosen) = self.chosen else {
            return false;
        };
        let sets = self.lock.conflicts.iter();
        sets.filter(|set| set.contains(chosen))
            .flatten()
            .any(|other| other != chosen && other.package == *package && other.item == *item)
    }

    /// Returns the entries that satisfy a dependency.
    fn entries(&self, dependency: &PythonDependency) -> impl Iterator<Item = usize> {
        let candidates = self.candidates.get(&dependency.name).into_iter().flatten();
        candidates.copied().filter(|index| {
            let version = &self.lock.packages[*index].version;
            dependency.version.is_none() || dependency.version == *version
        })
    }
}

impl Conflict {
    /// Returns the extra that stands for the item in uv's markers.
    fn extra(&self) -> String {
        let package = self.package.as_str();
        match &self.item {
            ConflictItem::Extra(extra) => format!("extra-{}-{package}-{extra}", package.len()),
            ConflictItem::Group(group) => format!("group-{}-{package}-{group}", package.len()),
            ConflictItem::Package => format!("project-{}-{package}", package.len()),
        }
    }
}
