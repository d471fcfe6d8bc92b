//! Works out which crates are built on a platform, and with which features.
//!
//! This follows the Cargo Reference, "Features" (resolver versions 1 and 2)
//! and "Feature unification". Cargo prints its unit graph only when it builds,
//! and `cargo metadata` unifies features over all platforms and dependency
//! kinds.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::DependencyKind;

use super::cfg::CfgSet;
use super::graph::{CrateGraph, CrateKind, FeatureValue, GraphDependency, Resolver};
use crate::project::CargoOptions;

/// The machine that a crate runs on, in Nix's terms. Cargo calls the first
/// "host" and the second "target".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The machine that builds: it runs build scripts and procedural macros.
    Build,
    /// The machine that the package is for.
    Host,
}

/// A crate on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Index into [`CrateGraph::crates`].
    pub krate: usize,
    pub side: Side,
}

/// The crates that are built.
pub type UnitGraph = BTreeMap<Unit, BuiltUnit>;

/// A crate that is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuiltUnit {
    /// The enabled features, each with what enabled it first.
    pub features: BTreeMap<String, Cause>,
    pub dependencies: Vec<UnitDependency>,
}

/// A dependency that is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitDependency {
    pub to: Unit,
    /// Whether it is a dependency of the build script.
    pub is_build: bool,
    /// The feature that enabled it; `None` if it isn't optional or the command
    /// line named it.
    pub feature: Option<String>,
}

/// What enabled a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Cargo's options.
    Options,
    /// Another feature of the crate.
    Feature(String),
    /// A crate that depends on it; an index into [`CrateGraph::crates`].
    Dependent(usize),
}

/// A build of one crate on one platform.
#[derive(Debug, Clone, Copy)]
pub struct BuildRequest<'a> {
    /// The crates that may be built.
    pub graph: &'a CrateGraph,
    /// The crate to build; an index into [`CrateGraph::crates`].
    pub root: usize,
    /// Cargo's options.
    pub options: &'a CargoOptions,
    /// The platform.
    pub cfgs: &'a CfgSet,
}

impl BuildRequest<'_> {
    /// Works out what cargo builds.
    #[must_use]
    pub fn unit_graph(&self) -> UnitGraph {
        let mut features = FeatureResolution {
            request: self,
            open: Vec::new(),
            enabled: BTreeMap::new(),
            dependencies: BTreeMap::new(),
            weak: BTreeMap::new(),
            seen: BTreeSet::new(),
        };
        features.resolve();
        features.unit_graph()
    }
}

/// Enables features until nothing changes.
struct FeatureResolution<'a> {
    request: &'a BuildRequest<'a>,
    open: Vec<Step>,
    enabled: BTreeMap<Unit, BTreeMap<String, Cause>>,
    /// The enabled optional dependencies by name, each with the feature that
    /// enabled it.
    dependencies: BTreeMap<Unit, BTreeMap<String, Option<String>>>,
    /// The features to enable once an optional dependency is enabled.
    weak: BTreeMap<(Unit, String), BTreeSet<String>>,
    seen: BTreeSet<Unit>,
}

/// Something to enable.
enum Step {
    Crate(Unit),
    Value(Unit, FeatureValue, Cause),
}

impl<'a> FeatureResolution<'a> {
    fn resolve(&mut self) {
        let root = self.root();
        let requested = self.requested_features(root);
        self.open.extend(
            requested
                .into_iter()
                .map(|value| Step::Value(root, value, Cause::Options)),
        );
        self.open.push(Step::Crate(root));
        // Breadth first, so that causes are the nearest ones.
        while !self.open.is_empty() {
            for step in std::mem::take(&mut self.open) {
                match step {
                    Step::Crate(unit) => self.enable_crate(unit),
                    Step::Value(unit, value, cause) => self.enable_value(unit, value, cause),
                }
            }
        }
    }

    const fn root(&self) -> Unit {
        Unit {
            krate: self.request.root,
            side: Side::Host,
        }
    }

    /// The features that the options enable.
    fn requested_features(&self, root: Unit) -> Vec<FeatureValue> {
        let options = self.request.options;
        let krate = &self.request.graph.crates[root.krate];
        let mut requested = Vec::new();
        if options.all_features {
            requested.extend(krate.features.keys().cloned().map(FeatureValue::Feature));
        } else if !options.no_default_features {
            requested.push(FeatureValue::Feature("default".to_owned()));
        }
        // `--features NAME/FEATURE` means the crate's own if it has that name.
        let prefix = format!("{}/", krate.name);
        requested.extend(
            options.features.iter().map(|feature| {
                FeatureValue::parse(feature.strip_prefix(&prefix).unwrap_or(feature))
            }),
        );
        requested
    }

    /// Enables the dependencies of a crate that aren't optional.
    fn enable_crate(&mut self, unit: Unit) {
        if !self.seen.insert(unit) {
            return;
        }
        for dependency in self.dependencies_of(unit) {
            if !dependency.is_optional {
                self.open_dependency(unit, dependency);
            }
        }
    }

    fn enable_value(&mut self, unit: Unit, value: FeatureValue, cause: Cause) {
        match value {
            FeatureValue::Feature(name) => self.enable_feature(unit, &name, cause),
            FeatureValue::Dependency(key) => self.enable_dependency(unit, &key, &cause),
            FeatureValue::DependencyFeature {
                dependency: key,
                feature,
                is_weak,
            } => {
                for dependency in self.dependencies_named(unit, &key) {
                    if dependency.is_optional {
                        if is_weak && !self.is_enabled(unit, &key) {
                            let waiting = self.weak.entry((unit, key.clone())).or_default();
                            waiting.insert(feature.clone());
                            continue;
                        }
                        self.enable_dependency(unit, &key, &cause);
                        if !is_weak {
                            self.enable_feature(unit, &key, cause.clone());
                        }
                    }
                    self.open_feature(unit, dependency, &feature);
                }
            }
        }
    }

    fn is_enabled(&self, unit: Unit, key: &str) -> bool {
        let enabled = self.dependencies.get(&unit);
        enabled.is_some_and(|enabled| enabled.contains_key(key))
    }

    fn enable_feature(&mut self, unit: Unit, name: &str, cause: Cause) {
        let Some(values) = self.request.graph.crates[unit.krate].features.get(name) else {
            return;
        };
        let enabled = self.enabled.entry(unit).or_default();
        if enabled.contains_key(name) {
            return;
        }
        enabled.insert(name.to_owned(), cause);
        let steps = values
            .iter()
            .map(|value| Step::Value(unit, value.clone(), Cause::Feature(name.to_owned())));
        self.open.extend(steps);
    }

    fn enable_dependency(&mut self, unit: Unit, key: &str, cause: &Cause) {
        let enabled = self.dependencies.entry(unit).or_default();
        if enabled.contains_key(key) {
            return;
        }
        let feature = match cause {
            Cause::Feature(name) => Some(name.clone()),
            Cause::Options | Cause::Dependent(_) => None,
        };
        enabled.insert(key.to_owned(), feature);
        let waiting = self.weak.remove(&(unit, key.to_owned()));
        for dependency in self.dependencies_named(unit, key) {
            self.open_dependency(unit, dependency);
            for feature in waiting.iter().flatten() {
                self.open_feature(unit, dependency, feature);
            }
        }
    }

    fn open_dependency(&mut self, unit: Unit, dependency: &GraphDependency) {
        if dependency.has_default_features {
            self.open_feature(unit, dependency, "default");
        }
        for feature in &dependency.features {
            self.open_feature(unit, dependency, feature);
        }
        let to = self.feature_unit(self.unit_of(unit, dependency));
        self.open.push(Step::Crate(to));
    }

    fn open_feature(&mut self, unit: Unit, dependency: &GraphDependency, feature: &str) {
        let to = self.feature_unit(self.unit_of(unit, dependency));
        let value = FeatureValue::Feature(feature.to_owned());
        let step = Step::Value(to, value, Cause::Dependent(unit.krate));
        self.open.push(step);
    }

    fn dependencies_named(&self, unit: Unit, key: &str) -> Vec<&'a GraphDependency> {
        let mut dependencies = self.dependencies_of(unit);
        dependencies.retain(|dependency| dependency.key == key);
        dependencies
    }

    /// The dependencies whose features the resolver unifies.
    fn dependencies_of(&self, unit: Unit) -> Vec<&'a GraphDependency> {
        let is_v1 = self.request.graph.resolver == Resolver::V1;
        self.request.graph.crates[unit.krate]
            .dependencies
            .iter()
            .filter(|dependency| match dependency.kind {
                // The manifests of other crates were trimmed of theirs.
                DependencyKind::Development => is_v1 && unit.krate == self.request.root,
                _ => is_v1 || self.is_on_platform(dependency),
            })
            .collect()
    }

    fn is_on_platform(&self, dependency: &GraphDependency) -> bool {
        let target = dependency.target.as_ref();
        target.is_none_or(|target| self.request.cfgs.is_target(target))
    }

    fn unit_of(&self, unit: Unit, dependency: &GraphDependency) -> Unit {
        let runs_in_build = dependency.kind == DependencyKind::Build
            || self.request.graph.crates[dependency.to].kind == CrateKind::ProcMacro;
        Unit {
            krate: dependency.to,
            side: if runs_in_build {
                Side::Build
            } else {
                unit.side
            },
        }
    }

    /// The unit whose features are the unit's: resolver 1 unifies both sides.
    const fn feature_unit(&self, unit: Unit) -> Unit {
        match self.request.graph.resolver {
            Resolver::V1 => Unit {
                side: Side::Host,
                ..unit
            },
            Resolver::V2 => unit,
        }
    }

    /// Follows the dependencies from the root, once all features are known.
    fn unit_graph(&self) -> UnitGraph {
        let mut units = UnitGraph::new();
        let mut open = vec![self.root()];
        while let Some(unit) = open.pop() {
            if units.contains_key(&unit) {
                continue;
            }
            let dependencies = self.unit_dependencies(unit);
            open.extend(dependencies.iter().map(|dependency| dependency.to));
            let features = self.enabled.get(&self.feature_unit(unit));
            let built = BuiltUnit {
                features: features.cloned().unwrap_or_default(),
                dependencies,
            };
            units.insert(unit, built);
        }
        units
    }

    fn unit_dependencies(&self, unit: Unit) -> Vec<UnitDependency> {
        let krate = &self.request.graph.crates[unit.krate];
        let enabled = self.dependencies.get(&self.feature_unit(unit));
        let dependencies = krate.dependencies.iter().filter_map(|dependency| {
            let is_build = dependency.kind == DependencyKind::Build;
            let is_kind_built = match dependency.kind {
                DependencyKind::Development => false,
                DependencyKind::Build => krate.has_build_script,
                _ => true,
            };
            let feature = enabled.and_then(|enabled| enabled.get(&dependency.key));
            let is_enabled = feature.is_some() || !dependency.is_optional;
            (is_kind_built && is_enabled && self.is_on_platform(dependency)).then(|| {
                let feature = feature.cloned().flatten();
                UnitDependency {
                    to: self.unit_of(unit, dependency),
                    is_build,
                    feature: feature.filter(|_| dependency.is_optional),
                }
            })
        });
        dependencies.collect()
    }
}
