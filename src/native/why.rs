//! Explains why something is needed or built, by the paths from a module's
//! crate to the crate that needs it, and why something isn't.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cargo_metadata::DependencyKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::detect::ModuleBuild;
use super::features::{Cause, Side, Unit};
use super::graph::{CrateGraph, FeatureValue, GraphDependency};
use super::needs::{CrateNeed, Needed};
use super::shortest_paths::ShortestPaths;
use super::table::{NativeTable, PkgConfigTable};
use crate::target::Platform;

/// A way from the module's crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "WhyWay")]
pub struct DependencyPath {
    /// The crates on it, the module's first.
    pub crates: Vec<PathStep>,
    /// What the last one needs.
    pub needs: Vec<CrateNeed>,
    /// The platforms on which it is built, by Nix's names.
    #[schemars(with = "Vec<String>")]
    pub platforms: BTreeSet<Platform>,
}

/// A crate on a way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "WhyStep")]
pub struct PathStep {
    /// Its name.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Its version.
    pub version: String,
    /// Whether the build script of the one before needs it.
    pub is_build_dependency: bool,
    /// The feature of the one before that turned it on, then what turned that
    /// on.
    pub features: Vec<String>,
}

/// A crate that needs nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WhyNotCrate")]
pub struct WhyNot {
    /// The crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Its version.
    pub version: String,
    /// What keeps it.
    pub reason: String,
}

/// The answer to a question about a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The paths to what needs it or is it.
    pub paths: Vec<DependencyPath>,
    /// If there are no paths, the crates that could need it or be it.
    pub why_not: Vec<WhyNot>,
}

/// Explains what is built for a project.
#[derive(Clone, Copy)]
pub struct Explainer<'a> {
    /// The crates that may be built.
    pub graph: &'a CrateGraph,
    /// The builds of all modules and platforms.
    pub builds: &'a [ModuleBuild],
}

impl Explainer<'_> {
    /// Explains a nixpkgs attribute, an environment variable, a crate or the
    /// `links` of a crate.
    pub fn explain(&self, name: &str) -> Explanation {
        let name = name.strip_prefix("pkgs.").unwrap_or(name);
        let mut paths = self.paths(|unit, build| needs_named(name, unit, build));
        if paths.is_empty() {
            paths = self.paths(|unit, build| {
                let krate = &self.graph.crates[unit.krate];
                let is_it = krate.name == name || krate.links.as_deref() == Some(name);
                is_it.then(|| needs_of(unit, build).to_vec())
            });
        }
        let why_not = if paths.is_empty() {
            self.why_not(name)
        } else {
            Vec::new()
        };
        Explanation { paths, why_not }
    }

    /// The paths to all crates that need something.
    pub fn all_needs(&self) -> Vec<DependencyPath> {
        self.paths(|unit, build| {
            let needs = needs_of(unit, build);
            (!needs.is_empty()).then(|| needs.to_vec())
        })
    }

    /// The shortest paths to the crates for which `needs` returns something,
    /// shortest first. A path that several platforms have is listed once.
    fn paths(
        &self,
        needs: impl Fn(Unit, &ModuleBuild) -> Option<Vec<CrateNeed>>,
    ) -> Vec<DependencyPath> {
        let mut found: BTreeMap<(Vec<PathStep>, Vec<CrateNeed>), BTreeSet<Platform>> =
            BTreeMap::new();
        for build in self.builds {
            let root = Unit {
                krate: build.root,
                side: Side::Host,
            };
            let shortest = ShortestPaths::from_root(&build.units, root);
            for &unit in build.units.keys() {
                let Some(needs) = needs(unit, build) else {
                    continue;
                };
                for path in shortest.paths_to(unit) {
                    let key = (self.steps(build, &path), needs.clone());
                    found.entry(key).or_default().insert(build.platform);
                }
            }
        }
        let mut paths: Vec<_> = found
            .into_iter()
            .map(|((crates, needs), platforms)| DependencyPath {
                crates,
                needs,
                platforms,
            })
            .collect();
        paths.sort_by(|a, b| (a.crates.len(), a).cmp(&(b.crates.len(), b)));
        paths
    }

    fn steps(&self, build: &ModuleBuild, path: &[Unit]) -> Vec<PathStep> {
        let step = |index: usize| {
            let unit = path[index];
            let krate = &self.graph.crates[unit.krate];
            let from = index.checked_sub(1).map(|before| path[before]);
            let dependency = from.and_then(|from| {
                let dependencies = build.units[&from].dependencies.iter();
                // Of several, one that no feature had to enable.
                dependencies
                    .filter(|dependency| dependency.to == unit)
                    .min_by_key(|dependency| dependency.feature.is_some())
            });
            let feature = dependency.and_then(|dependency| dependency.feature.as_deref());
            PathStep {
                krate: krate.name.clone(),
                version: krate.version.to_string(),
                is_build_dependency: dependency.is_some_and(|dependency| dependency.is_build),
                features: from.map_or_else(Vec::new, |from| self.causes(build, from, feature)),
            }
        };
        (0..path.len()).map(step).collect()
    }

    /// A feature of a crate, the feature that enabled it, and so on. The last
    /// item may say who requested the feature before.
    fn causes(&self, build: &ModuleBuild, unit: Unit, feature: Option<&str>) -> Vec<String> {
        let (mut causes, mut next) = (Vec::new(), feature.map(str::to_owned));
        let features = &build.units[&unit].features;
        while let Some(feature) = next.take() {
            if causes.contains(&feature) {
                break;
            }
            let requested_by = match features.get(&feature) {
                Some(Cause::Feature(by)) => {
                    next = Some(by.clone());
                    None
                }
                Some(Cause::Dependent(krate)) if *krate != unit.krate => {
                    Some(self.graph.crates[*krate].name.as_str())
                }
                Some(Cause::Options) => Some("the build"),
                Some(Cause::Dependent(_)) | None => None,
            };
            causes.push(feature);
            causes.extend(requested_by.map(|by| format!("enabled by {by}")));
        }
        causes
    }

    /// Why no crate that is built needs something, or is it.
    fn why_not(&self, name: &str) -> Vec<WhyNot> {
        let built: BTreeSet<usize> = self
            .builds
            .iter()
            .flat_map(|build| build.units.keys().map(|unit| unit.krate))
            .collect();
        self.graph
            .crates
            .iter()
            .enumerate()
            .filter(|(_, krate)| {
                krate.name == name
                    || krate.links.as_deref() == Some(name)
                    || may_need(&krate.name, &krate.metadata, name)
            })
            .map(|(index, krate)| WhyNot {
                krate: krate.name.clone(),
                version: krate.version.to_string(),
                reason: if built.contains(&index) {
                    self.other_needs(index)
                } else {
                    self.obstacle(&built, index)
                },
            })
            .collect()
    }

    /// What a crate that is built needs instead.
    fn other_needs(&self, krate: usize) -> String {
        let reasons: BTreeSet<_> = self
            .builds
            .iter()
            .flat_map(|build| &build.needs)
            .filter(|(unit, _)| unit.krate == krate)
            .flat_map(|(_, needs)| needs.needs.iter().map(|need| need.reason.as_str()))
            .collect();
        if reasons.is_empty() {
            return "it is built, but doesn't need it in this configuration".to_owned();
        }
        let reasons: Vec<_> = reasons.into_iter().collect();
        format!("it is built, but {}", reasons.join("; "))
    }

    /// What keeps a crate from being built: the condition on the dependency
    /// nearest to it that a crate has which is built.
    fn obstacle(&self, built: &BTreeSet<usize>, target: usize) -> String {
        let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (from, krate) in self.graph.crates.iter().enumerate() {
            for dependency in &krate.dependencies {
                if dependency.kind != DependencyKind::Development {
                    dependents.entry(dependency.to).or_default().push(from);
                }
            }
        }
        let (mut open, mut seen) = (VecDeque::from([target]), BTreeSet::from([target]));
        while let Some(krate) = open.pop_front() {
            for &from in dependents.get(&krate).into_iter().flatten() {
                if built.contains(&from) {
                    let conditions = self.conditions(from, krate);
                    let name = &self.graph.crates[from].name;
                    let to = if krate == target {
                        "it".to_owned()
                    } else {
                        let name = &self.graph.crates[krate].name;
                        format!("`{name}`, which requires it,")
                    };
                    return format!("`{name}` only depends on {to} {conditions}");
                }
                if seen.insert(from) {
                    open.push_back(from);
                }
            }
        }
        "no crate that is built depends on it, with any features".to_owned()
    }

    /// The conditions under which one crate depends on another.
    fn conditions(&self, from: usize, to: usize) -> String {
        let conditions: BTreeSet<_> = self.graph.crates[from]
            .dependencies
            .iter()
            .filter(|dependency| dependency.to == to)
            .map(|dependency| self.condition(from, dependency))
            .collect();
        let conditions: Vec<_> = conditions.into_iter().collect();
        conditions.join(", or ")
    }

    fn condition(&self, from: usize, dependency: &GraphDependency) -> String {
        let krate = &self.graph.crates[from];
        let mut conditions = Vec::new();
        if let Some(target) = &dependency.target {
            conditions.push(format!("for `{target}`"));
        }
        if dependency.is_optional {
            let names: Vec<_> = krate
                .features
                .iter()
                .filter(|(_, values)| values.iter().any(|value| enables(value, dependency)))
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            conditions.push(format!("with its feature {}", names.join(" or ")));
        }
        if dependency.kind == DependencyKind::Build && !krate.has_build_script {
            conditions.push("for a build script that it doesn't have".to_owned());
        }
        if conditions.is_empty() {
            return "in another build (host or target)".to_owned();
        }
        conditions.join(" and ")
    }
}

fn needs_of(unit: Unit, build: &ModuleBuild) -> &[CrateNeed] {
    build.needs.get(&unit).map_or(&[], |needs| &needs.needs)
}

/// The needs of a crate for a nixpkgs attribute, which may be named without
/// the sets that it is in, or for an environment variable.
fn needs_named(name: &str, unit: Unit, build: &ModuleBuild) -> Option<Vec<CrateNeed>> {
    let mut needs = needs_of(unit, build).to_vec();
    needs.retain(|need| match &need.what {
        Needed::Library(attr) | Needed::Program(attr) => {
            attr == name || attr.rsplit('.').next() == Some(name)
        }
        Needed::Variable(variable, _) => variable == name,
    });
    (!needs.is_empty()).then_some(needs)
}

/// Whether the value of a feature enables an optional dependency.
fn enables(value: &FeatureValue, optional: &GraphDependency) -> bool {
    match value {
        FeatureValue::Dependency(key) => *key == optional.key,
        FeatureValue::DependencyFeature {
            dependency,
            is_weak,
            ..
        } => *dependency == optional.key && !is_weak,
        FeatureValue::Feature(_) => false,
    }
}

/// Whether the tables show that a crate may need an attribute or a variable.
fn may_need(krate: &str, metadata: &serde_json::Value, name: &str) -> bool {
    let rows = NativeTable::built_in().rows(krate);
    let is_in_row = rows.iter().any(|row| {
        row.build_inputs.contains(name)
            || row.native_build_inputs.contains(name)
            || row.env.contains_key(name)
            || row.variables.contains(name)
    });
    let mut modules = ["system-deps", "pkg-config"]
        .into_iter()
        .filter_map(|key| metadata.get(key)?.as_object())
        .flatten()
        .map(|(key, value)| {
            let name = value.get("name").and_then(|name| name.as_str());
            name.unwrap_or(key)
        });
    is_in_row
        || modules.any(|module| {
            let row = PkgConfigTable::built_in().find(module);
            row.is_some_and(|row| row.attr == name)
        })
}
