//! Which packages of a lock are built from source where.

use std::collections::{BTreeMap, BTreeSet};

use super::Workspace;
use crate::ops::recipe::{Recipe, python_minor};
use crate::project::PythonName;
use crate::python_lock::{
    Environment, LockedPackage, PackageFormat, Preference, choose_format, reach,
};
use crate::target::Platform;

/// The environments that are asked for, and how packages are chosen in them.
pub(in crate::ops) struct Asked {
    pub environments: Vec<Environment>,
    pub preference: Preference,
    /// Whether what is a wheel everywhere is looked at, too.
    pub all: bool,
}

/// A package of a lock in the environments.
pub(in crate::ops) struct Planned<'a> {
    pub package: &'a LockedPackage,
    /// Where it is at all.
    pub builds: BTreeMap<Environment, PackageFormat>,
}

impl Asked {
    /// What a recipe asks of a lock.
    pub(in crate::ops) fn of(recipe: &Recipe, workspace: &Workspace) -> Result<Self, String> {
        let python = recipe.python.as_deref();
        let is_free_threaded = python.is_some_and(|python| python.ends_with('t'));
        let minor = python.map(python_minor).transpose()?;
        let python_minor = minor.unwrap_or(workspace.python_minor);
        let platforms = recipe.request()?.platforms;
        let platforms = if platforms.is_empty() {
            BTreeSet::from(Platform::DEFAULT)
        } else {
            platforms
        };
        let libc = recipe.libc.unwrap_or_default();
        let environments = platforms.into_iter().map(|platform| Environment {
            platform,
            libc,
            python_minor,
            is_free_threaded,
        });
        Ok(Self {
            environments: environments.collect(),
            preference: recipe.source_preference.unwrap_or_default(),
            all: recipe.all.unwrap_or_default(),
        })
    }

    pub(in crate::ops) fn python_minor(&self) -> Option<u8> {
        self.environments.first().map(|first| first.python_minor)
    }
}

impl Planned<'_> {
    /// Whether it is built from source somewhere.
    pub(in crate::ops) fn is_built(&self) -> bool {
        let mut builds = self.builds.values();
        builds.any(|built| matches!(built, PackageFormat::Source(_)))
    }
}

impl Workspace {
    /// All packages, in the lock's order.
    pub(in crate::ops) fn plan(&self, asked: &Asked) -> Vec<Planned<'_>> {
        let packages = self.lock.packages.iter();
        let mut planned: Vec<_> = packages
            .map(|package| Planned {
                package,
                builds: BTreeMap::new(),
            })
            .collect();
        for &environment in &asked.environments {
            for place in reach(&self.lock, &environment.markers()) {
                let package = &self.lock.packages[place];
                let built = choose_format(package, environment, &self.settings, asked.preference);
                planned[place].builds.insert(environment, built);
            }
        }
        planned
    }

    /// The packages that may get a stanza, each with the entries that it is
    /// made from.
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
}
