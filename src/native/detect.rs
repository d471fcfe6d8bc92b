//! Collects the native inputs of the crates that are built, each with the
//! reason and the platforms that it is for.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::cfg::CfgSet;
use super::features::{BuildRequest, Side, Unit, UnitGraph};
use super::graph::{CrateGraph, CrateKind};
use super::needs::{CrateBuild, CrateNeed, CrateNeeds, Evidence, Needed, Problem, as_text};
use super::source_facts::SourceFacts;
use super::table::{BuildContext, EnvValue, Preferences};
use crate::project::CargoOptions;
use crate::target::Platform;

/// What a package needs to build besides Rust.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NativeInputs {
    /// Libraries for the host, sorted by attribute and crate.
    pub build_inputs: Vec<NativeInput>,
    /// Programs that the build runs and the libraries of build scripts, sorted
    /// as `build_inputs`.
    pub native_build_inputs: Vec<NativeInput>,
    /// Environment variables, sorted by name.
    pub env: Vec<NativeVariable>,
    pub problems: Vec<NativeProblem>,
}

/// A nixpkgs attribute and why it is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "Input")]
pub struct NativeInput {
    /// The attribute's path below `pkgs`.
    pub attr: String,
    #[serde(flatten)]
    pub origin: Origin,
}

/// An environment variable and why it is set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "Variable")]
pub struct NativeVariable {
    /// The variable.
    pub name: String,
    /// Its value.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub value: EnvValue,
    #[serde(flatten)]
    pub origin: Origin,
}

/// The crate that needs something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Origin {
    /// The crate that needs it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why.
    pub reason: String,
    /// How that is known.
    pub evidence: Evidence,
    /// The platforms that it is needed on, by Nix's names.
    #[schemars(with = "Vec<String>")]
    pub platforms: BTreeSet<Platform>,
}

/// A problem of a crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NativeProblem {
    pub krate: String,
    pub version: String,
    pub problem: Problem,
    /// The platforms that have the problem.
    pub platforms: BTreeSet<Platform>,
}

/// The facts about crates, by name and version.
pub type SourceFactsByCrate = BTreeMap<(String, String), SourceFacts>;

/// A crate that becomes a Python module or a program.
#[derive(Clone, Copy)]
pub struct ModuleCrate<'a> {
    /// Index into [`CrateGraph::crates`].
    pub root: usize,
    /// The options that cargo builds it with.
    pub options: &'a CargoOptions,
}

/// What the needs of a project are detected from.
#[derive(Clone, Copy)]
pub struct DetectRequest<'a> {
    /// The crates that may be built.
    pub graph: &'a CrateGraph,
    pub facts: &'a SourceFactsByCrate,
    pub modules: &'a [ModuleCrate<'a>],
    pub platforms: &'a BTreeSet<Platform>,
    pub preferences: &'a Preferences,
}

/// The build of a module on a platform.
#[derive(Debug, Clone)]
pub struct ModuleBuild {
    /// The module's crate; an index into [`CrateGraph::crates`].
    pub root: usize,
    pub platform: Platform,
    /// The crates that are built.
    pub units: UnitGraph,
    /// What each of them needs.
    pub needs: BTreeMap<Unit, CrateNeeds>,
}

impl DetectRequest<'_> {
    /// Works out what is built for each module on each platform, and what it
    /// needs.
    pub fn builds(&self) -> Vec<ModuleBuild> {
        let mut builds = Vec::new();
        for module in self.modules {
            for &platform in self.platforms {
                builds.push(self.build(*module, platform));
            }
        }
        builds
    }

    fn build(&self, module: ModuleCrate, platform: Platform) -> ModuleBuild {
        let platform_cfgs = CfgSet::of(platform);
        let request = BuildRequest {
            graph: self.graph,
            root: module.root,
            options: module.options,
            cfgs: &platform_cfgs,
        };
        let mut build = ModuleBuild {
            root: module.root,
            platform,
            units: request.unit_graph(),
            needs: BTreeMap::new(),
        };
        let units = build.units.iter();
        let cfgs: BTreeMap<_, _> = units
            .map(|(&unit, node)| {
                let features = node.features.keys().map(String::as_str);
                (unit, platform_cfgs.with_features(features))
            })
            .collect();
        let unfit = self.unfit_libraries(&build, &cfgs);
        build.needs = self.each_unit(&build, &cfgs, &unfit, |unit| unit.find_needs());
        self.drop_uncalled(&mut build, &cfgs);
        build
    }

    /// The libraries whose version in nixpkgs a crate of the build doesn't take:
    /// none of its crates links them from the system.
    fn unfit_libraries(
        &self,
        build: &ModuleBuild,
        cfgs: &BTreeMap<Unit, CfgSet>,
    ) -> BTreeSet<String> {
        let none = BTreeSet::new();
        let unfit = self.each_unit(build, cfgs, &none, |unit| {
            unit.unfit_libraries().collect::<Vec<_>>()
        });
        unfit.into_values().flatten().map(str::to_owned).collect()
    }

    /// Looks at each crate as it is built.
    fn each_unit<T>(
        &self,
        build: &ModuleBuild,
        cfgs: &BTreeMap<Unit, CfgSet>,
        unfit: &BTreeSet<String>,
        look: impl Fn(CrateBuild) -> T,
    ) -> BTreeMap<Unit, T> {
        let crates = &self.graph.crates;
        let is_module_loaded = crates[build.root].kind == CrateKind::Cdylib;
        let mut found = BTreeMap::new();
        for (&unit, node) in &build.units {
            let krate = &crates[unit.krate];
            let features = node.features.keys().map(String::as_str).collect();
            let dependencies = node.dependencies.iter();
            let dependencies =
                dependencies.map(|dependency| crates[dependency.to.krate].name.as_str());
            let crate_build = CrateBuild {
                krate,
                facts: self.facts_of(unit.krate),
                platform: build.platform,
                context: BuildContext {
                    features: (!krate.is_placeholder).then_some(&features),
                    dependencies: &dependencies.collect(),
                    cfgs: &cfgs[&unit],
                    is_loaded: unit.side == Side::Host && is_module_loaded,
                    preferences: self.preferences,
                    unfit,
                },
            };
            found.insert(unit, look(crate_build));
        }
        found
    }

    fn facts_of(&self, krate: usize) -> Option<&SourceFacts> {
        let krate = &self.graph.crates[krate];
        let key = (krate.name.clone(), krate.version.to_string());
        self.facts.get(&key)
    }

    /// Drops the needs of crates for build scripts that no build script calls.
    fn drop_uncalled(&self, build: &mut ModuleBuild, cfgs: &BTreeMap<Unit, CfgSet>) {
        let calls = Calls {
            request: self,
            needs: &build.needs,
            cfgs,
            callers: callers(&build.units),
        };
        let uncalled: Vec<_> = build
            .needs
            .iter()
            .filter(|(_, needs)| needs.is_for_build_scripts)
            .map(|(unit, _)| *unit)
            .filter(|unit| !calls.is_called(*unit, &mut BTreeSet::new()))
            .collect();
        for unit in uncalled {
            build.needs.insert(unit, CrateNeeds::default());
        }
    }
}

/// A crate that depends on another.
#[derive(Clone, Copy)]
struct Caller {
    unit: Unit,
    /// Whether it does so for its build script.
    is_build: bool,
}

fn callers(units: &UnitGraph) -> BTreeMap<Unit, Vec<Caller>> {
    let mut callers: BTreeMap<Unit, Vec<Caller>> = BTreeMap::new();
    for (&unit, built) in units {
        for dependency in &built.dependencies {
            let caller = Caller {
                unit,
                is_build: dependency.is_build,
            };
            callers.entry(dependency.to).or_default().push(caller);
        }
    }
    callers
}

/// Finds out which crates build scripts call.
struct Calls<'a> {
    request: &'a DetectRequest<'a>,
    needs: &'a BTreeMap<Unit, CrateNeeds>,
    cfgs: &'a BTreeMap<Unit, CfgSet>,
    callers: BTreeMap<Unit, Vec<Caller>>,
}

impl Calls<'_> {
    /// Whether a build script calls the crate, or a library that may. Only the
    /// text of build scripts is read: a library in between is taken to call
    /// the crate whenever it is called itself.
    fn is_called(&self, unit: Unit, seen: &mut BTreeSet<Unit>) -> bool {
        if !seen.insert(unit) {
            return false;
        }
        let graph = self.request.graph;
        let name = &graph.crates[unit.krate].name;
        let callers = self.callers.get(&unit).into_iter().flatten();
        callers.copied().any(|caller| {
            let krate = &graph.crates[caller.unit.krate];
            if self.needs[&caller.unit].unused.contains(name) {
                return false;
            }
            // Whether its build script is the dependent isn't known.
            if krate.is_placeholder {
                return true;
            }
            if !caller.is_build {
                return krate.kind == CrateKind::ProcMacro
                    || (caller.unit.side == Side::Build && self.is_called(caller.unit, seen));
            }
            let facts = self.request.facts_of(caller.unit.krate);
            let cfgs = &self.cfgs[&caller.unit];
            facts.is_none_or(|facts| facts.script.calls_crate(name, cfgs, true))
        })
    }
}

/// A need of a crate, apart from the platform.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct MergedNeed {
    is_host_library: bool,
    need: CrateNeed,
    krate: String,
    version: String,
}

/// Merges the needs of the builds of all modules and platforms.
pub fn merge(graph: &CrateGraph, builds: &[ModuleBuild]) -> NativeInputs {
    let mut merged: BTreeMap<MergedNeed, BTreeSet<Platform>> = BTreeMap::new();
    let mut problems: BTreeMap<(Problem, String, String), BTreeSet<Platform>> = BTreeMap::new();
    for build in builds {
        for (unit, needs) in &build.needs {
            let krate = &graph.crates[unit.krate];
            let (name, version) = (&krate.name, krate.version.to_string());
            for need in &needs.needs {
                let is_library = matches!(need.what, Needed::Library(_));
                let key = MergedNeed {
                    is_host_library: is_library && unit.side == Side::Host,
                    need: need.clone(),
                    krate: name.clone(),
                    version: version.clone(),
                };
                merged.entry(key).or_default().insert(build.platform);
            }
            for problem in &needs.problems {
                let key = (problem.clone(), name.clone(), version.clone());
                problems.entry(key).or_default().insert(build.platform);
            }
        }
    }
    let mut inputs = NativeInputs::default();
    for (merged, platforms) in merged {
        inputs.add(merged, platforms);
    }
    inputs.build_inputs.sort();
    inputs.native_build_inputs.sort();
    inputs.env.sort();
    let problems = problems.into_iter();
    inputs.problems = problems
        .map(|((problem, krate, version), platforms)| NativeProblem {
            krate,
            version,
            problem,
            platforms,
        })
        .collect();
    inputs
}

impl NativeInputs {
    fn add(&mut self, merged: MergedNeed, platforms: BTreeSet<Platform>) {
        let origin = Origin {
            krate: merged.krate,
            version: merged.version,
            reason: merged.need.reason,
            evidence: merged.need.evidence,
            platforms,
        };
        match merged.need.what {
            Needed::Library(attr) if merged.is_host_library => {
                self.build_inputs.push(NativeInput { attr, origin });
            }
            Needed::Library(attr) | Needed::Program(attr) => {
                self.native_build_inputs.push(NativeInput { attr, origin });
            }
            Needed::Variable(name, value) => self.env.push(NativeVariable {
                name,
                value,
                origin,
            }),
        }
    }
}
