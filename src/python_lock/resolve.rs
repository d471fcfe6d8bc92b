//! Which packages of a lock an environment has.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree};

use super::{Conflict, ConflictItem, Dependency, LockedPackage, PackageSource, PythonLock};
use crate::project::PythonName;

/// The packages of an environment, by their places in the lock.
pub type Reached = BTreeSet<usize>;

/// Finds what an environment has: all that the workspace's members need, with
/// their extras and groups, as uv2nix' `deps.all`. Of conflicting extras and
/// groups each is chosen once.
#[must_use]
pub fn reach(lock: &PythonLock, environment: &MarkerEnvironment) -> Reached {
    let items = lock.conflicts.iter().flatten();
    let choices = [None].into_iter().chain(items.map(Some));
    let mut reached = Reached::new();
    for chosen in choices {
        let run = Run::new(lock, environment, chosen);
        reached.extend(run.reach());
    }
    reached
}

struct Run<'a> {
    lock: &'a PythonLock,
    environment: &'a MarkerEnvironment,
    chosen: Option<&'a Conflict>,
    /// uv's names for what was chosen.
    extras: Vec<ExtraName>,
    /// The entries that the environment may have, by name.
    candidates: BTreeMap<&'a PythonName, Vec<usize>>,
}

impl<'a> Run<'a> {
    fn new(
        lock: &'a PythonLock,
        environment: &'a MarkerEnvironment,
        chosen: Option<&'a Conflict>,
    ) -> Self {
        let mut run = Self {
            lock,
            environment,
            chosen,
            extras: (lock.extras.iter().cloned())
                .chain(chosen.map(Conflict::extra))
                .filter_map(|extra| ExtraName::new(extra).ok())
                .collect(),
            candidates: BTreeMap::new(),
        };
        for (place, package) in lock.packages.iter().enumerate() {
            let markers = &package.markers;
            if markers.is_empty() || markers.iter().any(|marker| run.holds(marker)) {
                run.candidates.entry(&package.name).or_default().push(place);
            }
        }
        run
    }

    fn holds(&self, marker: &MarkerTree) -> bool {
        marker.evaluate(self.environment, &self.extras)
    }

    fn reach(&self) -> Reached {
        let is_root = |package: &LockedPackage| {
            matches!(
                package.source,
                PackageSource::Editable(_) | PackageSource::Virtual(_)
            )
        };
        let all = self.candidates.values().flatten().copied();
        let (mut reached, mut roots) = (Reached::new(), Vec::new());
        for place in all {
            if self.lock.is_flat || is_root(&self.lock.packages[place]) {
                roots.push(place);
            }
        }
        // The lock of a script has no project.
        if roots.is_empty() {
            roots.extend(self.candidates.values().flatten());
        }
        while let Some(place) = roots.pop() {
            if !reached.insert(place) {
                continue;
            }
            let package = &self.lock.packages[place];
            let needs = self.needs(package).filter(|need| self.holds(&need.marker));
            for need in needs {
                roots.extend(self.entries(need));
            }
        }
        reached
    }

    /// With all extras and groups, but for those that go with no other that
    /// was chosen.
    fn needs(&self, package: &'a LockedPackage) -> impl Iterator<Item = &'a Dependency> {
        let extras = package.optional.iter();
        let extras = extras
            .filter(|(name, _)| self.is_open(&package.name, &ConflictItem::Extra((*name).clone())));
        let groups = package.groups.iter();
        let groups = groups
            .filter(|(name, _)| self.is_open(&package.name, &ConflictItem::Group((*name).clone())));
        let optional = extras.chain(groups).flat_map(|(_, needs)| needs);
        package
            .dependencies
            .iter()
            .chain(optional)
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn is_open(&self, package: &PythonName, item: &ConflictItem) -> bool {
        let Some(chosen) = self.chosen else {
            return true;
        };
        let sets = self.lock.conflicts.iter();
        let excluded = sets
            .filter(|set| set.contains(chosen))
            .flatten()
            .any(|other| other != chosen && other.package == *package && other.item == *item);
        !excluded
    }

    fn entries(&self, need: &Dependency) -> Vec<usize> {
        let candidates = self.candidates.get(&need.name).into_iter().flatten();
        let is_it = |place: &&usize| {
            let version = self.lock.packages[**place].version.as_ref();
            need.version.is_none() || need.version.as_ref() == version
        };
        candidates.filter(is_it).copied().collect()
    }
}

impl Conflict {
    /// The extra by which uv's markers call what was chosen.
    fn extra(&self) -> String {
        let package = self.package.as_str();
        match &self.item {
            ConflictItem::Extra(extra) => format!("extra-{}-{package}-{extra}", package.len()),
            ConflictItem::Group(group) => format!("group-{}-{package}-{group}", package.len()),
            ConflictItem::Package => format!("project-{}-{package}", package.len()),
        }
    }
}
