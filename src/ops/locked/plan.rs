//! Finds the packages of a lock that are built from source.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Workspace;
use crate::options::{Chosen, EnvironmentOptions, Options};
use crate::overlay::digest;
use crate::project::PythonName;
use crate::python_build::{BuildSystemTable, PackageSet, PackageSets, UserLock};
use crate::python_lock::{
    Environment, LockedPackage, PackageFormat, Preference, choose_format, reach,
};
use crate::target::Python;

/// The environments to plan for, and how wheels or sdists are chosen in them.
pub(in crate::ops) struct Asked {
    pub environments: Vec<Environment>,
    pub preference: Preference,
    /// Whether packages that are wheels in all environments count, too.
    pub all: bool,
    /// The digest of the lock's packages that replace those of the package
    /// set.
    pub set_digest: String,
    /// The package set of each environment.
    pub sets: Arc<PackageSets>,
}

/// A package of a lock, and how the environments build it.
pub(in crate::ops) struct Planned<'a> {
    pub package: &'a LockedPackage,
    /// The format in each environment that has the package.
    pub builds: BTreeMap<Environment, PackageFormat>,
}

impl Asked {
    /// Returns the environments that options ask for.
    pub(in crate::ops) fn of(options: &Options, workspace: &Workspace) -> Self {
        let python = options.target.python.chosen().copied();
        let python = python.unwrap_or(Python::regular(workspace.python_minor));
        let EnvironmentOptions {
            source_preference,
            libc,
            all,
            ..
        } = &options.environment;
        let libc = libc.chosen().copied().unwrap_or_default();
        let platforms = options.platforms().into_iter();
        let environments = platforms.map(|platform| Environment {
            platform,
            libc,
            python_minor: python.minor,
            is_free_threaded: python.is_free_threaded,
        });
        let environments: Vec<_> = environments.collect();
        let preference = source_preference.chosen().copied().unwrap_or_default();
        let lock = UserLock {
            python_lock: &workspace.lock,
            settings: &workspace.settings,
            preference,
        };
        let table = BuildSystemTable::built_in();
        let names = workspace.lock.packages.iter();
        let names = names.map(|package| format!("{} {:?}\n", package.name, package.version));
        let names: String = names.collect();
        Self {
            set_digest: digest(names.as_bytes()),
            sets: Arc::new(PackageSet::of_all(table, Some(lock), &environments)),
            environments,
            preference,
            all: all.unwrap_or_default(),
        }
    }

    pub(in crate::ops) fn python_minor(&self) -> Option<u8> {
        self.environments.first().map(|first| first.python_minor)
    }
}

impl Planned<'_> {
    /// Whether an environment builds it from source.
    pub(in crate::ops) fn is_built(&self) -> bool {
        let mut builds = self.builds.values();
        builds.any(|built| matches!(built, PackageFormat::Source(_)))
    }
}

/// Returns all packages, in the lock's order.
pub(in crate::ops) fn plan<'a>(workspace: &'a Workspace, asked: &Asked) -> Vec<Planned<'a>> {
    let packages = workspace.lock.packages.iter();
    let mut planned: Vec<_> = packages
        .map(|package| Planned {
            package,
            builds: BTreeMap::new(),
        })
        .collect();
    for &environment in &asked.environments {
        for place in reach(&workspace.lock, &environment.markers()) {
            let package = &workspace.lock.packages[place];
            let built = choose_format(package, environment, &workspace.settings, asked.preference);
            planned[place].builds.insert(environment, built);
        }
    }
    planned
}

/// Returns the packages that may get a stanza, each with the indices of the
/// entries that it is generated from.
pub(in crate::ops) fn candidates(
    asked: &Asked,
    planned: &[Planned],
) -> BTreeMap<PythonName, Vec<usize>> {
    let mut candidates: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, planned) in planned.iter().enumerate() {
        let is_wanted = planned.is_built() || (asked.all && planned.package.can_be_built());
        if is_wanted {
            let name = planned.package.name.clone();
            candidates.entry(name).or_default().push(place);
        }
    }
    candidates
}
