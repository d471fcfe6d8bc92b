//! Which of the crates that cargo resolved are built on a platform, and with
//! which features.
//!
//! Cargo Reference, "Features" (resolver versions 1 and 2) and "Feature
//! unification". Cargo prints this graph of units only where it builds;
//! `cargo metadata` unifies features over all platforms and kinds of
//! dependencies.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::DependencyKind;

use super::cfg::CfgSet;
use super::graph::{CrateGraph, CrateKind, FeatureValue, GraphDependency};
use crate::project::CargoOptions;

/// The version of Cargo's feature resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// Unifies features of all platforms and kinds of dependencies.
    One,
    /// Keeps apart what runs in the build, leaves out other platforms and
    /// dependencies of tests. Version 3 is the same here.
    Two,
}

/// What a crate is built to run on, in Nix's words: Cargo calls the first
/// "host", and the second "target".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The machine that builds: build scripts, procedural macros and what
    /// they need.
    Build,
    /// The machine that the package is for.
    Host,
}

/// A crate on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Where it stands in [`CrateGraph::crates`].
    pub krate: usize,
    /// The side.
    pub side: Side,
}

/// What is built on a platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Everything that is built.
    pub units: BTreeMap<Unit, BuiltCrate>,
}

/// A crate that is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuiltCrate {
    /// The features that are on, each with what turned it on first.
    pub features: BTreeMap<String, Cause>,
    /// What it depends on.
    pub dependencies: Vec<BuiltEdge>,
}

/// A dependency that is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltEdge {
    /// On what.
    pub to: Unit,
    /// Whether the build script needs it.
    pub is_build: bool,
    /// The feature that turned it on; `None` where it isn't optional or the
    /// command line named it.
    pub feature: Option<String>,
}

/// What turned a feature on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The options of the build.
    Asked,
    /// Another feature of the crate.
    Feature(String),
    /// A crate that depends on it.
    Dependent(usize),
}

/// What is built, and how.
#[derive(Debug, Clone, Copy)]
pub struct BuildRequest<'a> {
    /// The crate that becomes the module.
    pub root: usize,
    /// Cargo's options.
    pub options: &'a CargoOptions,
    /// Cargo's resolver.
    pub resolver: Resolver,
    /// The platform.
    pub cfgs: &'a CfgSet,
}

impl CrateGraph {
    /// Works out what is built.
    #[must_use]
    pub fn built(&self, request: &BuildRequest) -> Built {
        let mut features = Features {
            graph: self,
            request,
            open: Vec::new(),
            on: BTreeMap::new(),
            dependencies: BTreeMap::new(),
            weak: BTreeMap::new(),
            seen: BTreeSet::new(),
        };
        features.resolve();
        features.built()
    }
}

/// Features are turned on until nothing changes.
struct Features<'a> {
    graph: &'a CrateGraph,
    request: &'a BuildRequest<'a>,
    open: Vec<Step>,
    on: BTreeMap<Unit, BTreeMap<String, Cause>>,
    /// Optional dependencies that are on, by name, with the feature.
    dependencies: BTreeMap<Unit, BTreeMap<String, Option<String>>>,
    /// Features to turn on once an optional dependency is on.
    weak: BTreeMap<(Unit, String), BTreeSet<String>>,
    seen: BTreeSet<Unit>,
}

/// Something to turn on.
enum Step {
    Crate(Unit),
    Value(Unit, FeatureValue, Cause),
}

impl<'a> Features<'a> {
    fn resolve(&mut self) {
        let root = Unit {
            krate: self.request.root,
            side: Side::Host,
        };
        let options = self.request.options;
        let table = &self.graph.crates[root.krate].features;
        let mut asked: Vec<FeatureValue> = Vec::new();
        if options.all_features {
            asked.extend(table.keys().cloned().map(FeatureValue::Feature));
        } else if !options.no_default_features {
            asked.push(FeatureValue::Feature("default".to_owned()));
        }
        let own = format!("{}/", self.graph.crates[root.krate].name);
        asked.extend(
            options
                .features
                .iter()
                .map(|feature| FeatureValue::parse(feature.strip_prefix(&own).unwrap_or(feature))),
        );
        let values = asked
            .into_iter()
            .map(|value| Step::Value(root, value, Cause::Asked));
        self.open.extend(values);
        self.open.push(Step::Crate(root));
        // What is first on the list is done first: causes are then the
        // nearest ones.
        while !self.open.is_empty() {
            for step in std::mem::take(&mut self.open) {
                match step {
                    Step::Crate(unit) => self.take_crate(unit),
                    Step::Value(unit, value, cause) => self.take_value(unit, value, cause),
                }
            }
        }
    }

    /// What a crate depends on in any case is on.
    fn take_crate(&mut self, unit: Unit) {
        if !self.seen.insert(unit) {
            return;
        }
        for dependency in self.dependencies_of(unit) {
            if !dependency.is_optional {
                self.open_dependency(unit, dependency);
            }
        }
    }

    fn take_value(&mut self, unit: Unit, value: FeatureValue, cause: Cause) {
        match value {
            FeatureValue::Feature(name) => self.take_feature(unit, &name, cause),
            FeatureValue::Dependency(key) => self.take_dependency(unit, &key, &cause),
            FeatureValue::DependencyFeature {
                dependency,
                feature,
                is_weak,
            } => {
                let asked = (&*dependency, &*feature, is_weak);
                self.take_dependency_feature(unit, asked, &cause);
            }
        }
    }

    fn take_feature(&mut self, unit: Unit, name: &str, cause: Cause) {
        let Some(values) = self.graph.crates[unit.krate].features.get(name) else {
            return;
        };
        let on = self.on.entry(unit).or_default();
        if on.contains_key(name) {
            return;
        }
        on.insert(name.to_owned(), cause);
        let steps = values
            .iter()
            .map(|value| Step::Value(unit, value.clone(), Cause::Feature(name.to_owned())));
        self.open.extend(steps);
    }

    fn take_dependency(&mut self, unit: Unit, key: &str, cause: &Cause) {
        let on = self.dependencies.entry(unit).or_default();
        if on.contains_key(key) {
            return;
        }
        on.insert(key.to_owned(), feature_of(cause));
        let waiting = self.weak.remove(&(unit, key.to_owned()));
        for dependency in self.named(unit, key) {
            self.open_dependency(unit, dependency);
            for feature in waiting.iter().flatten() {
                self.open_feature(unit, dependency, feature);
            }
        }
    }

    fn take_dependency_feature(
        &mut self,
        unit: Unit,
        (key, feature, is_weak): (&str, &str, bool),
        cause: &Cause,
    ) {
        for dependency in self.named(unit, key) {
            if dependency.is_optional {
                let is_on = |on: &BTreeMap<_, _>| on.contains_key(key);
                if is_weak && !self.dependencies.get(&unit).is_some_and(is_on) {
                    let waiting = self.weak.entry((unit, key.to_owned())).or_default();
                    waiting.insert(feature.to_owned());
                    continue;
                }
                self.take_dependency(unit, key, cause);
                if !is_weak {
                    self.take_feature(unit, key, cause.clone());
                }
            }
            self.open_feature(unit, dependency, feature);
        }
    }

    fn open_dependency(&mut self, unit: Unit, dependency: &GraphDependency) {
        let to = self.feature_unit(self.to(unit, dependency));
        if dependency.has_default_features {
            self.open_feature(unit, dependency, "default");
        }
        for feature in &dependency.features {
            self.open_feature(unit, dependency, feature);
        }
        self.open.push(Step::Crate(to));
    }

    fn open_feature(&mut self, unit: Unit, dependency: &GraphDependency, feature: &str) {
        let to = self.feature_unit(self.to(unit, dependency));
        let value = FeatureValue::Feature(feature.to_owned());
        let step = Step::Value(to, value, Cause::Dependent(unit.krate));
        self.open.push(step);
    }

    fn named(&self, unit: Unit, key: &str) -> Vec<&'a GraphDependency> {
        let mut all = self.dependencies_of(unit);
        all.retain(|dependency| dependency.key == key);
        all
    }

    /// What may turn features on.
    fn dependencies_of(&self, unit: Unit) -> Vec<&'a GraphDependency> {
        let is_one = self.request.resolver == Resolver::One;
        let all = self.graph.crates[unit.krate].dependencies.iter();
        all.filter(|dependency| match dependency.kind {
            // Those of the workspace's other crates cargo wasn't shown.
            DependencyKind::Development => is_one && unit.krate == self.request.root,
            _ => is_one || self.is_on_platform(dependency),
        })
        .collect()
    }

    fn is_on_platform(&self, dependency: &GraphDependency) -> bool {
        let target = dependency.target.as_ref();
        target.is_none_or(|target| self.request.cfgs.is_target(target))
    }

    fn to(&self, unit: Unit, dependency: &GraphDependency) -> Unit {
        let runs = dependency.kind == DependencyKind::Build
            || self.graph.crates[dependency.to].kind == CrateKind::ProcMacro;
        Unit {
            krate: dependency.to,
            side: if runs { Side::Build } else { unit.side },
        }
    }

    /// The unit that a crate's features are kept for.
    const fn feature_unit(&self, unit: Unit) -> Unit {
        match self.request.resolver {
            Resolver::One => Unit {
                side: Side::Host,
                ..unit
            },
            Resolver::Two => unit,
        }
    }

    /// What the module's crate leads to, now that all features are known.
    fn built(mut self) -> Built {
        let mut built = Built::default();
        let mut open = vec![Unit {
            krate: self.request.root,
            side: Side::Host,
        }];
        while let Some(unit) = open.pop() {
            if built.units.contains_key(&unit) {
                continue;
            }
            let dependencies = self.edges(unit);
            open.extend(dependencies.iter().map(|edge| edge.to));
            let key = self.feature_unit(unit);
            let features = self.on.get(&key).cloned().unwrap_or_default();
            built.units.insert(
                unit,
                BuiltCrate {
                    features,
                    dependencies,
                },
            );
        }
        self.open.clear();
        built
    }

    fn edges(&self, unit: Unit) -> Vec<BuiltEdge> {
        let krate = &self.graph.crates[unit.krate];
        let on = self.dependencies.get(&self.feature_unit(unit));
        let edges = krate.dependencies.iter().filter_map(|dependency| {
            let is_build = dependency.kind == DependencyKind::Build;
            let is_wanted = match dependency.kind {
                DependencyKind::Development => false,
                DependencyKind::Build => krate.has_build_script,
                _ => true,
            };
            let feature = on.and_then(|on| on.get(&dependency.key));
            let is_on = feature.is_some() || !dependency.is_optional;
            (is_wanted && is_on && self.is_on_platform(dependency)).then(|| BuiltEdge {
                to: self.to(unit, dependency),
                is_build,
                feature: feature
                    .cloned()
                    .flatten()
                    .filter(|_| dependency.is_optional),
            })
        });
        edges.collect()
    }
}

fn feature_of(cause: &Cause) -> Option<String> {
    match cause {
        Cause::Feature(name) => Some(name.clone()),
        Cause::Asked | Cause::Dependent(_) => None,
    }
}
