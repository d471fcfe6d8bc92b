//! Why something is needed, or built: the ways from a module's crate to the
//! crate that asks for it. And why not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cargo_metadata::DependencyKind;

use super::detect::ModuleBuild;
use super::features::{Cause, Unit};
use super::graph::{CrateGraph, FeatureValue, GraphDependency};
use super::needs::{CrateNeed, Needed};
use super::shortest_paths::{back, shortest};
use super::table::{NativeTable, PkgConfigTable};
use crate::target::Platform;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An attribute below `pkgs`, or a variable, that some crate needs.
    Need,
    /// A crate, or what it says in `links`.
    Crate,
}

/// A shortest way from a module's crate to the one that asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The crates on it, the module's first.
    pub steps: Vec<Step>,
    /// What the last one needs, of what was asked about.
    pub needs: Vec<CrateNeed>,
    /// The platforms on which it is built.
    pub platforms: BTreeSet<Platform>,
}

/// A crate on a way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The crate's name.
    pub krate: String,
    /// Its version.
    pub version: String,
    /// Whether the build script of the one before needs it.
    pub is_build: bool,
    /// The feature of the one before that turned it on, then what turned that
    /// on, and so on; empty where it isn't optional.
    pub features: Vec<String>,
}

/// Why something isn't needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    /// The crate that would need it.
    pub krate: String,
    /// Its version.
    pub version: String,
    /// What keeps it from that.
    pub reason: String,
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The ways, where it is needed or built.
    pub ways: Vec<Way>,
    /// Why not, where it isn't.
    pub why_not: Vec<WhyNot>,
}

/// What can be asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The crates that may be built.
    pub graph: &'a CrateGraph,
    /// What is built, for each module and platform.
    pub builds: &'a [ModuleBuild],
}

impl Question<'_> {
    /// Explains a nixpkgs attribute, a variable, a crate or a `links` name.
    #[must_use]
    pub fn why(&self, name: &str) -> Explanation {
        let name = name.strip_prefix("pkgs.").unwrap_or(name);
        for subject in [Subject::Need, Subject::Crate] {
            let ways = self.ways(|unit, build| self.answers((subject, name), unit, build));
            if !ways.is_empty() {
                let why_not = Vec::new();
                return Explanation { ways, why_not };
            }
        }
        Explanation {
            ways: Vec::new(),
            why_not: self.why_not(name),
        }
    }

    /// The ways to everything that needs something.
    #[must_use]
    pub fn all(&self) -> Vec<Way> {
        self.ways(|unit, build| {
            let needs = &build.needs.get(&unit)?.needs;
            (!needs.is_empty()).then(|| needs.clone())
        })
    }

    /// Whether a crate that is built is what is asked about, and what it needs
    /// of that.
    fn answers(
        &self,
        (subject, name): (Subject, &str),
        unit: Unit,
        build: &ModuleBuild,
    ) -> Option<Vec<CrateNeed>> {
        let needs = build.needs.get(&unit).map(|needs| &needs.needs);
        let needs = needs.into_iter().flatten();
        match subject {
            Subject::Need => {
                let is_it = |need: &&CrateNeed| match &need.what {
                    Needed::Library(attr) | Needed::Program(attr) => {
                        attr == name || attr.rsplit('.').next() == Some(name)
                    }
                    Needed::Variable(variable, _) => variable == name,
                };
                let needs: Vec<_> = needs.filter(is_it).cloned().collect();
                (!needs.is_empty()).then_some(needs)
            }
            Subject::Crate => {
                let krate = &self.graph.crates[unit.krate];
                let is_it = krate.name == name || krate.links.as_deref() == Some(name);
                is_it.then(|| needs.cloned().collect())
            }
        }
    }

    /// The shortest ways to the crates that `asks` says something of, those
    /// of several platforms together.
    fn ways(&self, asks: impl Fn(Unit, &ModuleBuild) -> Option<Vec<CrateNeed>>) -> Vec<Way> {
        let mut found: BTreeMap<(Vec<Step>, Vec<CrateNeed>), BTreeSet<Platform>> = BTreeMap::new();
        for build in self.builds {
            let root = Unit {
                krate: build.root,
                side: super::Side::Host,
            };
            let before = shortest(build, root);
            for &unit in build.built.units.keys() {
                let Some(needs) = asks(unit, build) else {
                    continue;
                };
                for way in back(&before, root, unit) {
                    let steps = self.steps(build, &way);
                    found
                        .entry((steps, needs.clone()))
                        .or_default()
                        .insert(build.platform);
                }
            }
        }
        let mut ways: Vec<_> = found
            .into_iter()
            .map(|((steps, needs), platforms)| Way {
                steps,
                needs,
                platforms,
            })
            .collect();
        ways.sort_by(|a, b| (a.steps.len(), a).cmp(&(b.steps.len(), b)));
        ways
    }

    fn steps(&self, build: &ModuleBuild, way: &[Unit]) -> Vec<Step> {
        let step = |place: usize| {
            let unit = way[place];
            let krate = &self.graph.crates[unit.krate];
            let edge = place.checked_sub(1).and_then(|before| {
                let edges = &build.built.units[&way[before]].dependencies;
                // Where several lead there, one that no feature had to turn on.
                let to = edges.iter().filter(|edge| edge.to == unit);
                Some((way[before], to.min_by_key(|edge| edge.feature.is_some())?))
            });
            Step {
                krate: krate.name.clone(),
                version: krate.version.to_string(),
                is_build: edge.is_some_and(|(_, edge)| edge.is_build),
                features: edge.map_or_else(Vec::new, |(from, edge)| {
                    self.causes(build, from, edge.feature.as_deref())
                }),
            }
        };
        (0..way.len()).map(step).collect()
    }

    /// A feature, what turned it on, and so on; the last may be a crate that
    /// asked for it.
    fn causes(&self, build: &ModuleBuild, unit: Unit, feature: Option<&str>) -> Vec<String> {
        let (mut causes, mut next) = (Vec::new(), feature.map(str::to_owned));
        let features = &build.built.units[&unit].features;
        while let Some(feature) = next.take() {
            if causes.contains(&feature) {
                break;
            }
            match features.get(&feature) {
                Some(Cause::Feature(by)) => next = Some(by.clone()),
                Some(Cause::Dependent(krate)) if *krate != unit.krate => {
                    let by = &self.graph.crates[*krate].name;
                    causes.extend([feature, format!("asked for by {by}")]);
                    break;
                }
                Some(Cause::Asked) => {
                    causes.extend([feature, "asked for by the build".to_owned()]);
                    break;
                }
                _ => {}
            }
            causes.push(feature);
        }
        causes
    }

    /// Why no crate that is built needs something, or is it.
    fn why_not(&self, name: &str) -> Vec<WhyNot> {
        let crates = self.graph.crates.iter().enumerate();
        let candidates = crates.filter(|(_, krate)| {
            krate.name == name
                || krate.links.as_deref() == Some(name)
                || may_need(&krate.name, &krate.metadata, name)
        });
        let built: BTreeSet<usize> = self
            .builds
            .iter()
            .flat_map(|build| build.built.units.keys().map(|unit| unit.krate))
            .collect();
        candidates
            .map(|(place, krate)| {
                let reason = if built.contains(&place) {
                    self.met_otherwise(place)
                } else {
                    self.obstacle(&built, place)
                };
                WhyNot {
                    krate: krate.name.clone(),
                    version: krate.version.to_string(),
                    reason,
                }
            })
            .collect()
    }

    /// A crate that is built, but needs something else or nothing.
    fn met_otherwise(&self, place: usize) -> String {
        let needs = self.builds.iter().flat_map(|build| &build.needs);
        let needs = needs.filter(|(unit, _)| unit.krate == place);
        let reasons: BTreeSet<_> = needs
            .flat_map(|(_, needs)| needs.needs.iter().map(|need| need.reason.as_str()))
            .collect();
        if reasons.is_empty() {
            return "it is built, but as it is built it doesn't need it".to_owned();
        }
        let reasons: Vec<_> = reasons.into_iter().collect();
        format!("it is built, but {}", reasons.join("; "))
    }

    /// What stands between the crates that are built and one that isn't.
    fn obstacle(&self, built: &BTreeSet<usize>, target: usize) -> String {
        // From the target back: the nearest dependency of a crate that is
        // built.
        let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (from, krate) in self.graph.crates.iter().enumerate() {
            for dependency in &krate.dependencies {
                if dependency.kind != DependencyKind::Development {
                    dependents.entry(dependency.to).or_default().push(from);
                }
            }
        }
        let (mut open, mut seen) = (VecDeque::from([target]), BTreeSet::from([target]));
        while let Some(place) = open.pop_front() {
            for &from in dependents.get(&place).into_iter().flatten() {
                if built.contains(&from) {
                    return self.missing_edge(from, place, target);
                }
                if seen.insert(from) {
                    open.push_back(from);
                }
            }
        }
        "nothing that is built leads to it, not even with other features".to_owned()
    }

    /// Why a crate that is built doesn't depend on another.
    fn missing_edge(&self, from: usize, to: usize, target: usize) -> String {
        let krate = &self.graph.crates[from];
        let edges = krate.dependencies.iter().filter(|edge| edge.to == to);
        let mut reasons: Vec<String> = edges.map(|edge| self.reason(from, edge)).collect();
        reasons.sort();
        reasons.dedup();
        let name = &self.graph.crates[to].name;
        let way = if to == target {
            format!("`{}` depends on it", krate.name)
        } else {
            format!("`{}` depends on `{name}`, which leads to it,", krate.name)
        };
        format!("{way} only {}", reasons.join(", or "))
    }

    fn reason(&self, from: usize, edge: &GraphDependency) -> String {
        let mut reasons = Vec::new();
        if let Some(target) = &edge.target {
            reasons.push(format!("where `{target}` holds"));
        }
        if edge.is_optional {
            let features = &self.graph.crates[from].features;
            let turns_on = |values: &Vec<FeatureValue>| {
                values.iter().any(|value| match value {
                    FeatureValue::Dependency(key) => *key == edge.key,
                    FeatureValue::DependencyFeature {
                        dependency,
                        is_weak,
                        ..
                    } => *dependency == edge.key && !is_weak,
                    FeatureValue::Feature(_) => false,
                })
            };
            let names = features.iter().filter(|(_, values)| turns_on(values));
            let names: Vec<_> = names.map(|(name, _)| format!("`{name}`")).collect();
            reasons.push(format!("with its feature {}", names.join(" or ")));
        }
        if edge.kind == DependencyKind::Build && !self.graph.crates[from].has_build_script {
            reasons.push("for a build script that it doesn't have".to_owned());
        }
        if reasons.is_empty() {
            return "on the other side of a build".to_owned();
        }
        reasons.join(" and ")
    }
}

/// Whether our tables know of a crate that it may need an attribute.
fn may_need(krate: &str, metadata: &serde_json::Value, attr: &str) -> bool {
    let rows = NativeTable::built_in().rows(krate);
    let named = rows.iter().any(|row| {
        row.build_inputs.contains(attr)
            || row.native_build_inputs.contains(attr)
            || row.env.contains_key(attr)
            || row.variables.contains(attr)
    });
    let modules = ["system-deps", "pkg-config"]
        .into_iter()
        .filter_map(|key| metadata.get(key)?.as_object());
    let mut modules = modules.flat_map(|table| {
        table.iter().map(|(key, value)| {
            let name = value.get("name").and_then(|name| name.as_str());
            name.unwrap_or(key)
        })
    });
    named
        || modules.any(|module| {
            let row = PkgConfigTable::built_in().find(module);
            row.is_some_and(|row| row.attr == attr)
        })
}
