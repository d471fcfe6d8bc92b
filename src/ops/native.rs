//! Finds what the crates of a project need to build besides Rust.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::load::{Loaded, Request};
use crate::error::Error;
use crate::io::Session;
use crate::io::resolve::{ResolveRequest, read_alone, resolve};
use crate::native::lock_edges::{DevOnlyCrates, reachable_crates};
use crate::native::{
    CrateGraph, DetectRequest, EnvValue, Evidence, ModuleBuild, ModuleCrate, NativeInputs,
    NativeProblem, NativeVariable, Origin, Problem, ResolvedBy, Resolver, merge, trimmed_manifest,
};
use crate::nix::pins::NeededRust;
use crate::project::{
    BuildEnvironment, CargoLock, LocalCrates, LockState, RustProject, SourceFiles, join,
};
use crate::target::{Pyo3Support, Target, Toolchains};
use crate::toml_text::parse_manifest;
use crate::warning::Warning;

/// What is known about the native inputs of a project.
#[derive(Default)]
pub(super) struct NativeFacts {
    /// The libraries, programs and variables that the build needs.
    pub inputs: NativeInputs,
    /// The crates that may be built, if there is a lock.
    pub graph: Option<CrateGraph>,
    /// The crates that are built, for each module and platform.
    pub builds: Vec<ModuleBuild>,
    /// Why the lock's dependencies were used instead of cargo's resolution.
    pub approximation: Option<String>,
    /// Descriptions of crates from git that use files outside of their folders.
    pub reaching_out: Vec<String>,
}

impl NativeFacts {
    /// Gathers what is known about the crates that are built for a project.
    pub(super) fn gather(
        loaded: &Loaded,
        rust: &RustProject,
        local: &LocalCrates,
        request: &Request,
        session: &Session,
    ) -> Result<Self, Error> {
        let Some(lock) = &rust.cargo_lock else {
            return Ok(Self::default());
        };
        let files = &loaded.files;
        let dev_only = dev_only(files);
        let names = rust
            .modules
            .iter()
            .filter_map(|module| module.manifest.name.as_deref());
        // If features are unified, those for the module's tests are on as well.
        let mut skipped = dev_only.clone();
        if resolver(files, rust) == Resolver::V1 {
            skipped.retain(|name, _| !names.clone().any(|module| module == name));
        }
        let places = reachable_crates(lock, names, &skipped);
        let asked = ResolveRequest {
            files,
            project: rust,
            local,
            lock,
            reached: &places,
            git: session.git(),
        };
        let (store, progress) = (request.crates(session), session.progress());
        let resolved = match unresolvable(rust, lock, local) {
            Some(reason) => read_alone(asked, reason, &store, progress)?,
            None => resolve(asked, &store, progress)?,
        };
        let (digests, reaching_out) = (resolved.digests, resolved.reaching_out);
        let follow = "the native dependencies may include more than is built";
        let stand_ins = resolved.stand_ins;
        let (graph, approximation) = match resolved.graph {
            Ok(graph) => {
                let told = |crates| format!("{follow}, since crates couldn't be read: {crates}");
                (graph, stand_ins.map(told))
            }
            Err(reason) => {
                let graph = CrateGraph::from_cargo_lock(lock, &dev_only);
                (graph, Some(format!("{follow}: {reason}")))
            }
        };
        let modules = modules(rust, lock, &graph);
        let preferences = request.options.preferences();
        let builds = DetectRequest {
            graph: &graph,
            facts: &digests,
            modules: &modules,
            platforms: &loaded.target.platforms,
            preferences: &preferences,
        }
        .builds();
        Ok(Self {
            inputs: merge(&graph, &builds),
            graph: Some(graph),
            builds,
            approximation,
            reaching_out,
        })
    }

    /// Returns the newest rustc that a crate of the build asks for: one of the
    /// project's own, or a dependency whose manifest is known.
    pub(super) fn needed_rust(&self, environment: &BuildEnvironment) -> Option<NeededRust> {
        let own = environment.rust_version.iter();
        let own = own.map(|required| (required.version.clone(), required.krate.clone()));
        let crates = self.graph.as_ref().map_or(&[][..], |graph| &graph.crates);
        let units = self.builds.iter().flat_map(|build| build.units.keys());
        let built = units.filter_map(|unit| {
            let krate = crates.get(unit.krate)?;
            Some((krate.rust_version.clone()?, krate.name.clone()))
        });
        // `max_by` prefers the project's own crate, which comes last.
        let newest = built.chain(own).max_by(|a, b| a.0.cmp(&b.0))?;
        let (version, krate) = newest;
        Some(NeededRust { version, krate })
    }

    /// Makes a `PyO3` that refuses the Python build for its stable ABI.
    pub(super) fn allow_newer_python(&mut self, environment: &BuildEnvironment, target: &Target) {
        let outdated = outdated_pyo3(environment, target.python_minor);
        let Some((version, _)) = outdated.filter(|(_, known)| known.refuses) else {
            return;
        };
        self.inputs.env.push(NativeVariable {
            name: "PYO3_USE_ABI3_FORWARD_COMPATIBILITY".to_owned(),
            value: EnvValue::Text("1".to_owned()),
            origin: Origin {
                krate: "pyo3-ffi".to_owned(),
                version: version.to_string(),
                reason: format!("refuses Python 3.{} otherwise", target.python_minor),
                evidence: Evidence::Table(format!("pyo3-ffi {version} build.rs")),
                platforms: target.platforms.clone(),
            },
        });
        self.inputs.env.sort();
    }

    /// Returns the warnings about the native side.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let Some(why) = self.approximation.clone() {
            warnings.push(Warning::Approximate { why });
        }
        let reaching_out = self.reaching_out.iter().cloned();
        warnings.extend(reaching_out.map(|what| Warning::GitCrateReachesOut { what }));
        warnings.extend(self.inputs.problems.iter().map(problem));
        warnings
    }
}

fn problem(problem: &NativeProblem) -> Warning {
    let krate = format!("{} {}", problem.krate, problem.version);
    match &problem.problem {
        Problem::Download(what, variables) => Warning::Download {
            krate,
            what: what.clone(),
            variables: variables.iter().cloned().collect(),
        },
        Problem::Unknown(what) => Warning::UnknownNative {
            krate,
            what: what.clone(),
        },
        Problem::UnknownModule(module) => Warning::UnknownModule {
            krate,
            module: module.clone(),
        },
        Problem::Unreadable(what) => Warning::UnreadableBuildScript {
            krate,
            what: what.clone(),
        },
        Problem::Runtime(what) => Warning::Runtime {
            krate,
            what: what.clone(),
        },
        Problem::SystemVersion(unfit) => Warning::SystemVersion {
            krate,
            library: unfit.attr.clone(),
            takes: unfit.takes.to_string(),
            has: unfit.has.clone(),
            is_bundled: unfit.is_bundled,
        },
        Problem::Refused(refusal) => Warning::RefusedByRustc {
            krate,
            since: refusal.since.clone(),
            error: refusal.error.clone(),
            rustc: refusal.branches.clone(),
            way_out: refusal.way_out.to_string(),
        },
    }
}

fn resolver(files: &SourceFiles, rust: &RustProject) -> Resolver {
    let text = files.text(&join(&rust.cargo_root, "Cargo.toml"));
    let text = text.ok().flatten().unwrap_or_default();
    trimmed_manifest::workspace_resolver(&parse_manifest(text).unwrap_or_default())
}

/// Returns why cargo can't resolve the crates, if that is known beforehand.
fn unresolvable(rust: &RustProject, lock: &CargoLock, local: &LocalCrates) -> Option<String> {
    if !local.problems().is_empty() {
        return Some("cargo can't read the manifests".to_owned());
    }
    if !LockState::compare(lock, local).lacking.is_empty() {
        return Some("`Cargo.lock` doesn't match the manifests".to_owned());
    }
    let is_virtual = rust
        .modules
        .iter()
        .all(|module| module.manifest.name.is_none());
    is_virtual.then(|| "no module crate was found".to_owned())
}

/// Returns the crates of the modules in the graph, or all crates if none of
/// them is in the lock.
fn modules<'a>(
    rust: &'a RustProject,
    lock: &CargoLock,
    graph: &CrateGraph,
) -> Vec<ModuleCrate<'a>> {
    let found = rust.modules.iter().filter_map(|module| {
        let root = if graph.resolved_by == ResolvedBy::Cargo {
            graph.find_local(module.build.manifest.as_str())?
        } else {
            lock.local(module.manifest.name.as_deref()?)?
        };
        Some(ModuleCrate {
            root,
            options: &module.build.options,
        })
    });
    let found: Vec<_> = found.collect();
    let Some(first) = rust.modules.first().filter(|_| found.is_empty()) else {
        return found;
    };
    let options = &first.build.options;
    (0..graph.crates.len())
        .map(|root| ModuleCrate { root, options })
        .collect()
}

/// Returns the dependencies that only tests need, for each crate of the source.
fn dev_only(files: &SourceFiles) -> DevOnlyCrates {
    let manifests = files
        .paths()
        .filter(|p| p.file_name() == Some("Cargo.toml"));
    let mut found = BTreeMap::new();
    for path in manifests {
        // Templates and test data may be invalid manifests. They aren't
        // crates of the lock.
        let Ok(manifest) = files.manifest(path) else {
            continue;
        };
        let Some(name) = manifest.name.clone() else {
            continue;
        };
        // Test data may have a manifest with the same package name.
        found
            .entry(name)
            .and_modify(|known: &mut BTreeSet<_>| known.retain(|c| manifest.dev_only.contains(c)))
            .or_insert(manifest.dev_only.clone());
    }
    found
}

/// Returns a warning if the PyO3 of the lock is older than the Python.
pub(super) fn outdated_pyo3(
    environment: &BuildEnvironment,
    python_minor: u8,
) -> Option<(&Version, Pyo3Support)> {
    let pyo3 = environment
        .pyo3
        .as_ref()
        .filter(|pyo3| !pyo3.has_abi3_version)?;
    let known = Toolchains::built_in().pyo3(&pyo3.version)?;
    (known.newest_python < python_minor).then_some((&pyo3.version, known))
}
