//! Finds the packages of a lock that are built from source.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::Workspace;
use crate::error::Error;
use crate::options::{Chosen, EnvironmentOptions, Options};
use crate::overlay::digest;
use crate::project::PythonName;
use crate::python_build::{BuildSystemTable, PackageSet, PackageSets, UserLock};
use crate::python_lock::{
    ConflictItem, Environment, LockedPackage, PackageFormat, Preference, PythonLock,
    PythonLockError, choose_format, platform_markers, python_version_override, reach, supports,
};
use crate::target::{Platform, Python, allows_python};
use crate::warning::Warning;

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
    /// The platforms that the lock isn't for, and that its Python may not fit.
    pub warnings: Vec<Warning>,
}

/// A package of a lock, and how the environments build it.
pub(in crate::ops) struct Planned<'a> {
    pub package: &'a LockedPackage,
    /// The format in each environment that has the package.
    pub builds: BTreeMap<Environment, PackageFormat>,
}

impl Asked {
    /// Returns the environments that options ask for.
    ///
    /// # Errors
    /// Fails if the lock is for none of the platforms.
    pub(in crate::ops) fn of(options: &Options, workspace: &Workspace) -> Result<Self, Error> {
        let EnvironmentOptions {
            source_preference,
            libc,
            all,
            ..
        } = &options.environment;
        let libc = libc.chosen().copied().unwrap_or_default();
        let preference = source_preference.chosen().copied().unwrap_or_default();
        let python = options.target.python.chosen().copied();
        let python =
            python.unwrap_or_else(|| Python::regular(workspace.pythons.choose(preference)));
        let platforms = options.platforms().into_iter();
        let environments = platforms.map(|platform| Environment {
            platform,
            libc,
            python_minor: python.minor,
            is_free_threaded: python.is_free_threaded,
        });
        let (environments, others): (Vec<_>, Vec<_>) =
            environments.partition(|environment| supports(&workspace.lock, *environment));
        if environments.is_empty() {
            return Err(no_platform(workspace, &others).into());
        }
        let mut warnings: Vec<_> = not_supported(workspace, &others).into_iter().collect();
        warnings.extend(not_allowed(workspace, environments[0]));
        warnings.extend(not_readable(workspace));
        warnings.extend(not_found(workspace));
        warnings.extend(package_conflicts(workspace));
        let lock = UserLock {
            python_lock: &workspace.lock,
            settings: &workspace.settings,
            preference,
        };
        let table = BuildSystemTable::built_in();
        let sets = PackageSet::of_all(table, Some(lock), &environments);
        Ok(Self {
            warnings,
            set_digest: set_digest(&workspace.lock, &sets),
            sets: Arc::new(sets),
            environments,
            preference,
            all: all.unwrap_or_default(),
        })
    }

    /// The platforms that the lock is for.
    pub(in crate::ops) fn platforms(&self) -> Vec<Platform> {
        let environments = self.environments.iter();
        environments.map(|each| each.platform).collect()
    }

    pub(in crate::ops) fn python_minor(&self) -> Option<u8> {
        self.environments.first().map(|first| first.python_minor)
    }
}

/// Returns the digest of what the package sets have of a lock: versions, and
/// whether they are built or could be wheels.
fn set_digest(lock: &PythonLock, sets: &PackageSets) -> String {
    let mut text = String::new();
    for package in &lock.packages {
        let _ = write!(text, "{} {:?}", package.name, package.version);
        for found in sets.values().filter_map(|set| set.get(&package.name)) {
            let has_wheel = found.fitting_wheel().is_some();
            let _ = write!(text, " {:?} {has_wheel}", found.format);
        }
        text.push('\n');
    }
    digest(text.as_bytes())
}

fn no_platform(workspace: &Workspace, platforms: &[Environment]) -> PythonLockError {
    PythonLockError::NoPlatform {
        place: workspace.path.to_string(),
        platforms: platforms.iter().map(|each| each.system()).collect(),
        markers: platform_markers(&workspace.lock),
    }
}

/// Warns of platforms that the lock isn't for.
fn not_supported(workspace: &Workspace, others: &[Environment]) -> Option<Warning> {
    (!others.is_empty()).then(|| Warning::PlatformsNotSupported {
        place: workspace.path.to_string(),
        platforms: others.iter().map(|each| each.system()).collect(),
        markers: platform_markers(&workspace.lock),
    })
}

/// Warns of a Python that the lock isn't for.
fn not_allowed(workspace: &Workspace, environment: Environment) -> Option<Warning> {
    let requires = workspace.lock.requires_python.as_deref();
    let minor = environment.python_minor;
    let place = workspace.path.to_string();
    if !allows_python(requires, minor) {
        return Some(Warning::PythonNotAllowed {
            place,
            requires: requires.unwrap_or_default().to_owned(),
            python: environment.python(),
        });
    }
    let version = python_version_override(requires, minor)?;
    Some(Warning::PythonPatchNotAllowed {
        place,
        requires: requires.unwrap_or_default().to_owned(),
        python: environment.python_full_version(),
        version,
    })
}

/// Warns of build dependencies of the lock's packages that uv2nix can't read.
fn not_readable(workspace: &Workspace) -> Option<Warning> {
    let tables = workspace.settings.tables_of_requirements.iter();
    let tables = tables.filter(|name| workspace.lock.kind(name).is_some());
    let packages: Vec<_> = tables.map(ToString::to_string).collect();
    (!packages.is_empty()).then_some(Warning::TablesOfRequirements { packages })
}

/// Warns of those that uv2nix passes over, as their names aren't normalized.
fn not_found(workspace: &Workspace) -> Option<Warning> {
    let names = workspace.settings.unnormalized_names.iter();
    let known = names.filter_map(|name| {
        let normalized = PythonName::new(name);
        let is_locked = workspace.lock.kind(&normalized).is_some();
        is_locked.then(|| (name.clone(), normalized.to_string()))
    });
    let (names, normalized): (Vec<_>, Vec<_>) = known.unzip();
    (!names.is_empty()).then_some(Warning::UnnormalizedNames { names, normalized })
}

/// Warns of conflicts between packages, which keep uv2nix from reading the lock
/// (`filterConflicts` looks for an extra or a group in each member).
fn package_conflicts(workspace: &Workspace) -> Option<Warning> {
    let members = workspace.lock.conflicts.iter().flatten();
    let packages = members.filter(|member| member.item == ConflictItem::Package);
    let packages: BTreeSet<_> = packages.map(|member| member.package.to_string()).collect();
    let packages: Vec<_> = packages.into_iter().collect();
    (!packages.is_empty()).then_some(Warning::PackageConflicts { packages })
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
