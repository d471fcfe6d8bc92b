//! The build systems of all packages of a lock, without cycles.
//!
//! `resolveBuildSystem` adds packages of the set and their run-time
//! dependencies to a build environment. If a package is built from source and
//! its build, directly or not, needs the package itself, Nix reports an
//! infinite recursion.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use pep440_rs::Version;

use super::facts::{BuildFacts, ImportedModule};
use super::package_set::{BuildFormat, PackageOrigin, PackageSet, PackageSets};
use super::requirement::Origin;
use super::resolve::{ResolveRequest, Resolved, resolve};
use super::rules::Rules;
use crate::project::PythonName;
use crate::python_lock::UvSettings;
use crate::target::Platform;

/// A cycle: each package needs the next one, for its build or at run time. The
/// first package is repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// A platform that has the cycle.
    pub platform: Platform,
    /// The packages, in the order in which they need each other.
    pub packages: Vec<PythonName>,
}

/// A build requirement that is left out to break a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedRequirement {
    /// The package that is built.
    pub package: PythonName,
    /// The requirement that is left out.
    pub requirement: PythonName,
    /// The cycle that it would close.
    pub cycle: Cycle,
}

/// The build systems of all packages that are built from source.
#[derive(Debug, Clone, Default)]
pub struct BuildPlan {
    /// The build system of each package that gets a stanza. Packages whose
    /// wheel is taken everywhere have none.
    pub systems: BTreeMap<PythonName, Resolved>,
    /// The requirements that are left out.
    pub dropped: Vec<DroppedRequirement>,
    /// The packages whose wheel is taken, by `override { sourcePreference =
    /// "wheel"; }`, each with the cycle that this breaks.
    pub wheels: BTreeMap<PythonName, Cycle>,
    /// Cycles that couldn't be broken. Nix reports an infinite recursion.
    pub unbroken: Vec<Cycle>,
    /// Packages that are built from source but have no facts.
    pub unknown: BTreeSet<PythonName>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, package) in self.packages.iter().enumerate() {
            let separator = if place == 0 { "" } else { " > " };
            write!(f, "{separator}{package}")?;
        }
        Ok(())
    }
}

/// Resolves the build system of every package of `facts`, and breaks cycles by
/// leaving out requirements that building a wheel doesn't use, or else by using
/// the wheel of one package.
#[must_use]
pub fn plan(
    facts: &BTreeMap<PythonName, BuildFacts>,
    sets: &PackageSets,
    settings: &UvSettings,
) -> BuildPlan {
    let mut planner = Planner {
        facts,
        sets,
        settings,
        plan: BuildPlan::default(),
    };
    for (name, facts) in facts {
        let resolved = resolve(ResolveRequest {
            name,
            requirements: &facts.requirements,
            sets,
            settings: Some(settings),
        });
        planner.plan.systems.insert(name.clone(), resolved);
    }
    for (platform, set) in sets {
        planner.break_cycles(*platform, set);
    }
    planner.finish()
}

struct Planner<'a> {
    facts: &'a BTreeMap<PythonName, BuildFacts>,
    sets: &'a PackageSets,
    settings: &'a UvSettings,
    plan: BuildPlan,
}

/// For each package that is built, the packages that are built before it.
type Edges = BTreeMap<PythonName, BTreeSet<PythonName>>;

impl Planner<'_> {
    fn break_cycles(&mut self, platform: Platform, set: &PackageSet) {
        let mut given_up = BTreeSet::new();
        loop {
            let mut edges = self.edges(platform, set);
            edges.retain(|name, _| !given_up.contains(name));
            let Some(component) = components(&edges).into_iter().next() else {
                return;
            };
            if self.drop_requirement(platform, set, &edges, &component)
                || self.take_wheel(platform, set, &edges, &component)
            {
                continue;
            }
            let path = shortest_cycle(&edges, &component, None);
            let cycle = self.cycle(platform, set, path);
            self.plan.unbroken.push(cycle);
            given_up.extend(component);
        }
    }

    /// Whether a package is built from source on a platform.
    fn is_built(&self, name: &PythonName, set: &PackageSet) -> bool {
        let Some(package) = set.get(name) else {
            return false;
        };
        let has_wheel = matches!(
            &package.origin,
            PackageOrigin::Lock {
                fitting_wheel: Some(_),
                ..
            }
        );
        match package.format {
            BuildFormat::Source => !(has_wheel && self.plan.wheels.contains_key(name)),
            BuildFormat::NixpkgsStub => true,
            BuildFormat::Wheel | BuildFormat::Unavailable => false,
        }
    }

    fn edges(&self, platform: Platform, set: &PackageSet) -> Edges {
        let built = set.packages.keys().filter(|name| self.is_built(name, set));
        built
            .map(|name| {
                let systems = self.system(name, platform, set).into_iter();
                let closures = systems.flat_map(|(name, extras)| set.closure(&name, &extras));
                let before = closures.filter(|name| self.is_built(name, set));
                (name.clone(), before.collect())
            })
            .collect()
    }

    /// Returns the packages that `resolveBuildSystem` is called with: by a
    /// stanza, by uv2nix and by the overlay of pyproject-build-systems.
    fn system(
        &self,
        name: &PythonName,
        platform: Platform,
        set: &PackageSet,
    ) -> BTreeMap<PythonName, BTreeSet<String>> {
        let mut system: BTreeMap<PythonName, BTreeSet<String>> = BTreeMap::new();
        let mut add = |name: &PythonName, extras: &BTreeSet<String>| {
            let known = system.entry(name.clone()).or_default();
            known.extend(extras.iter().cloned());
        };
        let none = BTreeSet::new();
        let Some(package) = set.get(name) else {
            return system;
        };
        match &package.origin {
            PackageOrigin::BuildSystems { .. } if package.format == BuildFormat::NixpkgsStub => {
                add(&PythonName::new("flit-core"), &none);
            }
            PackageOrigin::BuildSystems { build, .. } => {
                for name in build {
                    add(name, &none);
                }
            }
            PackageOrigin::Lock { is_local, .. } => {
                if let Some(resolved) = self.plan.systems.get(name) {
                    for (name, extras) in resolved.on(platform) {
                        add(name, extras);
                    }
                    // uv2nix calls it for local projects in any case.
                    if *is_local && resolved.system.is_empty() {
                        add(&PythonName::new("setuptools"), &none);
                        add(&PythonName::new("wheel"), &none);
                    }
                }
            }
        }
        let given = &self.settings.extra_build_dependencies;
        for requirement in given.get(name).into_iter().flatten() {
            if requirement.marker.evaluate(set.markers(), &[]) {
                let extras = requirement.extras.iter().map(ToString::to_string);
                let name = PythonName::new(requirement.name.as_ref());
                add(&name, &extras.collect());
            }
        }
        system
    }

    /// Leaves out one unneeded requirement in a component, if there is one.
    fn drop_requirement(
        &mut self,
        platform: Platform,
        set: &PackageSet,
        edges: &Edges,
        component: &BTreeSet<PythonName>,
    ) -> bool {
        let Some(dropped) = self.droppable(platform, set, edges, component) else {
            return false;
        };
        if let Some(resolved) = self.plan.systems.get_mut(&dropped.package) {
            resolved.system.remove(&dropped.requirement);
        }
        self.plan.dropped.push(dropped);
        true
    }

    fn droppable(
        &self,
        platform: Platform,
        set: &PackageSet,
        edges: &Edges,
        component: &BTreeSet<PythonName>,
    ) -> Option<DroppedRequirement> {
        for package in component {
            let system = self.plan.systems.get(package);
            let named = system
                .into_iter()
                .flat_map(|resolved| resolved.on(platform));
            for (requirement, extras) in named {
                let closure = set.closure(requirement, extras);
                let Some(first) = closure.intersection(component).next() else {
                    continue;
                };
                if !self.is_droppable(package, requirement, set) {
                    continue;
                }
                let path = shortest_cycle(edges, component, Some((package, first)));
                return Some(DroppedRequirement {
                    package: package.clone(),
                    requirement: requirement.clone(),
                    cycle: self.cycle(platform, set, path),
                });
            }
        }
        None
    }

    /// Whether a package certainly builds without a requirement.
    fn is_droppable(
        &self,
        package: &PythonName,
        requirement: &PythonName,
        set: &PackageSet,
    ) -> bool {
        let Some(facts) = self.facts.get(package) else {
            return false;
        };
        // uv2nix adds the requirements of a local project.
        if let Some(PackageOrigin::Lock { is_local: true, .. }) =
            set.get(package).map(|p| &p.origin)
        {
            return false;
        }
        let is_imported = facts.requirements.iter().any(|asked| {
            asked.name() == *requirement && matches!(asked.origin, Origin::SetupImport { .. })
        });
        if is_imported {
            return false;
        }
        if requirement.as_str() == "wheel" {
            let is_wheel = |import: &ImportedModule| {
                import.module == "wheel" || import.module.starts_with("wheel.")
            };
            let setuptools = set.get(&PythonName::new("setuptools"));
            let version = setuptools.and_then(|package| package.version.as_ref());
            // setuptools has had `bdist_wheel` itself since 70.1.
            let has_command = version.is_some_and(|v| *v >= Version::new([70, 1]));
            return facts.runs_setup_py && has_command && !facts.doubtful.iter().any(is_wheel);
        }
        Rules::built_in().is_unneeded(requirement)
    }

    /// Uses the wheel of one package of a component: preferably a pure wheel,
    /// then the one that leaves the fewest packages in cycles.
    fn take_wheel(
        &mut self,
        platform: Platform,
        set: &PackageSet,
        edges: &Edges,
        component: &BTreeSet<PythonName>,
    ) -> bool {
        let rank = |name: &PythonName| {
            let PackageOrigin::Lock { fitting_wheel, .. } = &set.get(name)?.origin else {
                return None;
            };
            let wheel = fitting_wheel.as_ref()?;
            let mut rest = edges.clone();
            rest.remove(name);
            let left: usize = components(&rest).iter().map(BTreeSet::len).sum();
            Some((!wheel.ends_with("-none-any.whl"), left, name.clone()))
        };
        let Some((.., name)) = component.iter().filter_map(rank).min() else {
            return false;
        };
        let path = shortest_cycle(edges, &BTreeSet::from([name.clone()]), None);
        let cycle = self.cycle(platform, set, path);
        self.plan.wheels.insert(name, cycle);
        true
    }

    /// Makes a cycle of a path of packages that are built, adding the wheels
    /// through which one needs the next.
    fn cycle(&self, platform: Platform, set: &PackageSet, path: Option<Vec<PythonName>>) -> Cycle {
        let path = path.unwrap_or_default();
        let mut packages: Vec<_> = path.first().cloned().into_iter().collect();
        for (from, to) in path.iter().zip(path.iter().skip(1)) {
            let system = self.system(from, platform, set);
            if !system.contains_key(to) {
                let mut system = system.into_iter();
                let through = system.find(|(name, extras)| set.closure(name, extras).contains(to));
                packages.extend(through.map(|(name, _)| name));
            }
            packages.push(to.clone());
        }
        Cycle { platform, packages }
    }

    fn finish(mut self) -> BuildPlan {
        let mut is_built_somewhere = BTreeSet::new();
        for set in self.sets.values() {
            for (name, package) in &set.packages {
                let is_ours = matches!(
                    package.origin,
                    PackageOrigin::Lock {
                        is_local: false,
                        ..
                    }
                );
                if is_ours && self.is_built(name, set) {
                    is_built_somewhere.insert(name.clone());
                }
            }
        }
        self.plan
            .systems
            .retain(|name, _| is_built_somewhere.contains(name));
        let known = |name: &PythonName| self.facts.contains_key(name);
        self.plan.unknown = is_built_somewhere
            .into_iter()
            .filter(|name| !known(name))
            .collect();
        self.plan
    }
}

/// Returns the strongly connected components that contain a cycle, by
/// Kosaraju's algorithm without recursion.
fn components(edges: &Edges) -> Vec<BTreeSet<PythonName>> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for start in edges.keys() {
        let mut open = vec![(start, false)];
        while let Some((name, is_left)) = open.pop() {
            if is_left {
                order.push(name);
            } else if seen.insert(name) {
                open.push((name, true));
                let next = edges.get(name).into_iter().flatten();
                open.extend(next.filter(|n| edges.contains_key(*n)).map(|n| (n, false)));
            }
        }
    }
    let mut reversed: BTreeMap<&PythonName, Vec<&PythonName>> = BTreeMap::new();
    for (name, needs) in edges {
        for need in needs {
            reversed.entry(need).or_default().push(name);
        }
    }
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for start in order.into_iter().rev() {
        let mut component = BTreeSet::new();
        let mut open = vec![start];
        while let Some(name) = open.pop() {
            if done.insert(name) {
                component.insert(name.clone());
                open.extend(reversed.get(name).into_iter().flatten());
            }
        }
        let needs_itself = edges.get(start).is_some_and(|needs| needs.contains(start));
        if component.len() > 1 || needs_itself {
            found.push(component);
        }
    }
    found.sort();
    found
}

/// Returns the shortest cycle through a package of `starts`, or through `edge`.
fn shortest_cycle(
    edges: &Edges,
    starts: &BTreeSet<PythonName>,
    edge: Option<(&PythonName, &PythonName)>,
) -> Option<Vec<PythonName>> {
    if let Some((from, to)) = edge {
        let mut path = vec![from.clone()];
        path.extend(shortest_path(edges, to, from)?);
        return Some(path);
    }
    let cycles = starts.iter().filter_map(|start| {
        let needs = edges.get(start)?;
        let paths = needs
            .iter()
            .filter_map(|need| shortest_path(edges, need, start));
        let path = paths.min_by_key(Vec::len)?;
        Some([vec![start.clone()], path].concat())
    });
    cycles.min_by_key(Vec::len)
}

/// Returns the shortest path between two packages, including both.
fn shortest_path(edges: &Edges, from: &PythonName, to: &PythonName) -> Option<Vec<PythonName>> {
    let mut before: BTreeMap<&PythonName, Option<&PythonName>> = BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(name) = open.pop_front() {
        if name == to {
            let mut path = vec![name.clone()];
            let mut place = name;
            while let Some(Some(previous)) = before.get(place) {
                path.push((*previous).clone());
                place = previous;
            }
            path.reverse();
            return Some(path);
        }
        for next in edges.get(name).into_iter().flatten() {
            if edges.contains_key(next) && !before.contains_key(next) {
                before.insert(next, Some(name));
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
