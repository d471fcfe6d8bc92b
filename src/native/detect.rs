//! From the crates that are built to native inputs, each with its reason and
//! the platforms that it is for.

use std::collections::{BTreeMap, BTreeSet};

use super::cfg::CfgSet;
use super::features::{BuildRequest, Built, Side, Unit};
use super::graph::{CrateGraph, CrateKind};
use super::needs::{BuiltAs, CrateNeeds, Evidence, Needed, Problem};
use super::source_facts::CrateDigest;
use super::table::{EnvValue, Preferences};
use crate::project::CargoOptions;
use crate::target::Platform;

/// What a package needs to build besides Rust.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NativeInputs {
    /// Libraries of the host, sorted by attribute and crate.
    pub build_inputs: Vec<NativeInput>,
    /// Programs of the build, and libraries of what runs in it, sorted
    /// likewise.
    pub native_build_inputs: Vec<NativeInput>,
    /// Environment variables, sorted by name.
    pub env: Vec<NativeVariable>,
    /// What keeps crates from being built or understood.
    pub problems: Vec<NativeProblem>,
}

/// A nixpkgs attribute and the crate that asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NativeInput {
    /// The attribute's path below `pkgs`.
    pub attr: String,
    /// Who asks, where and why.
    pub origin: Origin,
}

/// An environment variable and the crate that reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NativeVariable {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: EnvValue,
    /// Who asks, where and why.
    pub origin: Origin,
}

/// A crate that asks for something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The crate.
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why it asks.
    pub reason: String,
    /// How we know.
    pub evidence: Evidence,
    /// Where it asks.
    pub platforms: BTreeSet<Platform>,
}

/// A crate that is a problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NativeProblem {
    /// The crate.
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// What is wrong.
    pub problem: Problem,
    /// Where it is.
    pub platforms: BTreeSet<Platform>,
}

/// The digests of crates, by name and version.
pub type Digests = BTreeMap<(String, String), CrateDigest>;

/// What is looked at.
#[derive(Clone, Copy)]
pub struct DetectRequest<'a> {
    /// The crates that may be built.
    pub graph: &'a CrateGraph,
    /// What is kept of their texts.
    pub digests: &'a Digests,
    /// The modules' crates, with the options of their builds.
    pub modules: &'a [(usize, &'a CargoOptions)],
    /// The platforms.
    pub platforms: &'a BTreeSet<Platform>,
    /// What the user prefers.
    pub preferences: &'a Preferences,
}

/// What is built for a module on a platform.
#[derive(Debug, Clone)]
pub struct ModuleBuild {
    /// The module's crate.
    pub root: usize,
    /// The platform.
    pub platform: Platform,
    /// What is built.
    pub built: Built,
    /// What each of it needs.
    pub needs: BTreeMap<Unit, CrateNeeds>,
}

impl DetectRequest<'_> {
    /// Works out what is built, and what that needs.
    #[must_use]
    pub fn builds(&self) -> Vec<ModuleBuild> {
        let pairs = self.modules.iter().flat_map(|module| {
            let platforms = self.platforms.iter();
            platforms.map(move |&platform| (*module, platform))
        });
        pairs
            .map(|((root, options), platform)| {
                let cfgs = CfgSet::of(platform);
                let built = self.graph.built(&BuildRequest {
                    root,
                    options,
                    resolver: self.graph.resolver,
                    cfgs: &cfgs,
                });
                let needs = self.needs(&built, (root, platform), &cfgs);
                ModuleBuild {
                    root,
                    platform,
                    built,
                    needs,
                }
            })
            .collect()
    }

    fn needs(
        &self,
        built: &Built,
        (root, platform): (usize, Platform),
        cfgs: &CfgSet,
    ) -> BTreeMap<Unit, CrateNeeds> {
        let is_loaded = self.graph.crates[root].kind == CrateKind::Cdylib;
        let mut needs = BTreeMap::new();
        let mut sets = BTreeMap::new();
        for (unit, krate) in &built.units {
            let features: BTreeSet<&str> = krate.features.keys().map(String::as_str).collect();
            let dependencies = krate.dependencies.iter();
            let dependencies: BTreeSet<&str> = dependencies
                .map(|edge| self.graph.crates[edge.to.krate].name.as_str())
                .collect();
            let set = cfgs.with_features(features.iter().copied());
            let built_as = BuiltAs {
                krate: &self.graph.crates[unit.krate],
                digest: self.digest(unit.krate),
                features: (!self.graph.crates[unit.krate].is_stand_in).then_some(&features),
                dependencies: &dependencies,
                platform,
                cfgs: &set,
                is_loaded: unit.side == Side::Host && is_loaded,
                preferences: self.preferences,
            };
            needs.insert(*unit, built_as.needs());
            sets.insert(*unit, set);
        }
        let calls = Calls {
            request: self,
            needs: &needs,
            sets: &sets,
            callers: callers(built),
        };
        let idle = needs
            .iter()
            .filter(|(_, needs)| needs.is_for_build_scripts)
            .map(|(unit, _)| *unit)
            .filter(|unit| !calls.is_called(*unit, &mut BTreeSet::new()));
        for unit in idle.collect::<Vec<_>>() {
            needs.insert(unit, CrateNeeds::default());
        }
        needs
    }

    fn digest(&self, krate: usize) -> Option<&CrateDigest> {
        let krate = &self.graph.crates[krate];
        let key = (krate.name.clone(), krate.version.to_string());
        self.digests.get(&key)
    }
}

/// For each crate who depends on it, and whether for its build script.
fn callers(built: &Built) -> BTreeMap<Unit, Vec<(Unit, bool)>> {
    let mut callers: BTreeMap<Unit, Vec<(Unit, bool)>> = BTreeMap::new();
    for (unit, krate) in &built.units {
        for edge in &krate.dependencies {
            callers
                .entry(edge.to)
                .or_default()
                .push((*unit, edge.is_build));
        }
    }
    callers
}

/// Who calls the crates that are for build scripts.
struct Calls<'a> {
    request: &'a DetectRequest<'a>,
    needs: &'a BTreeMap<Unit, CrateNeeds>,
    sets: &'a BTreeMap<Unit, CfgSet>,
    callers: BTreeMap<Unit, Vec<(Unit, bool)>>,
}

impl Calls<'_> {
    /// Whether a build script calls a crate, or one that calls it. Through a
    /// library the call can't be followed: it counts if that is called.
    fn is_called(&self, unit: Unit, seen: &mut BTreeSet<Unit>) -> bool {
        if !seen.insert(unit) {
            return false;
        }
        let graph = self.request.graph;
        let name = &graph.crates[unit.krate].name;
        let callers = self.callers.get(&unit).into_iter().flatten();
        callers.copied().any(|(caller, is_build)| {
            if self.needs[&caller].unused.contains(name) {
                return false;
            }
            // What for it depends on it isn't known.
            if graph.crates[caller.krate].is_stand_in {
                return true;
            }
            if !is_build {
                return graph.crates[caller.krate].kind == CrateKind::ProcMacro
                    || (caller.side == Side::Build && self.is_called(caller, seen));
            }
            let digest = self.request.digest(caller.krate);
            digest.is_none_or(|digest| digest.script.uses(name, &self.sets[&caller], true))
        })
    }
}

/// What the builds of all modules and platforms need together.
#[must_use]
pub fn merge(graph: &CrateGraph, builds: &[ModuleBuild]) -> NativeInputs {
    let mut merged = Merged::default();
    for build in builds {
        for (unit, needs) in &build.needs {
            let krate = &graph.crates[unit.krate];
            let of = |list: &mut BTreeMap<_, BTreeSet<_>>, what| {
                let key = (what, krate.name.clone(), krate.version.to_string());
                list.entry(key).or_default().insert(build.platform);
            };
            for need in &needs.needs {
                let key = (
                    need.what.clone(),
                    need.reason.clone(),
                    need.evidence.clone(),
                );
                match (&need.what, unit.side) {
                    (Needed::Library(_), Side::Host) => of(&mut merged.libraries, key),
                    (Needed::Variable(..), _) => of(&mut merged.variables, key),
                    _ => of(&mut merged.programs, key),
                }
            }
            for problem in &needs.problems {
                let key = (
                    problem.clone(),
                    krate.name.clone(),
                    krate.version.to_string(),
                );
                merged
                    .problems
                    .entry(key)
                    .or_default()
                    .insert(build.platform);
            }
        }
    }
    merged.finish()
}

type Asked = BTreeMap<((Needed, String, Evidence), String, String), BTreeSet<Platform>>;

#[derive(Default)]
struct Merged {
    libraries: Asked,
    programs: Asked,
    variables: Asked,
    problems: BTreeMap<(Problem, String, String), BTreeSet<Platform>>,
}

impl Merged {
    fn finish(self) -> NativeInputs {
        let problems = self.problems.into_iter();
        NativeInputs {
            build_inputs: inputs(self.libraries),
            native_build_inputs: inputs(self.programs),
            env: variables(self.variables),
            problems: problems
                .map(|((problem, krate, version), platforms)| NativeProblem {
                    krate,
                    version,
                    problem,
                    platforms,
                })
                .collect(),
        }
    }
}

fn origins(asked: Asked) -> impl Iterator<Item = (Needed, Origin)> {
    asked
        .into_iter()
        .map(|(((what, reason, evidence), krate, version), platforms)| {
            let origin = Origin {
                krate,
                version,
                reason,
                evidence,
                platforms,
            };
            (what, origin)
        })
}

fn inputs(asked: Asked) -> Vec<NativeInput> {
    let inputs = origins(asked).filter_map(|(what, origin)| match what {
        Needed::Library(attr) | Needed::Program(attr) => Some(NativeInput { attr, origin }),
        Needed::Variable(..) => None,
    });
    let mut inputs: Vec<_> = inputs.collect();
    inputs.sort();
    inputs
}

fn variables(asked: Asked) -> Vec<NativeVariable> {
    let variables = origins(asked).filter_map(|(what, origin)| match what {
        Needed::Variable(name, value) => Some(NativeVariable {
            name,
            value,
            origin,
        }),
        _ => None,
    });
    let mut variables: Vec<_> = variables.collect();
    variables.sort();
    variables
}
