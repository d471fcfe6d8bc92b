//! The facts from which both `inspect` and `nix-snippet` are made.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::load::{Loaded, Request};
use super::manifests::{BOOTSTRAP, checked_crates, is_sdist};
use super::native::{NativeFacts, outdated_pyo3};
use crate::build_system::{self, BuildSystem, Requirements};
use crate::error::Error;
use crate::io::crate_store::yanked_crates;
use crate::io::git::is_ignored;
use crate::io::{CrateStore, Session};
use crate::nix::pins::NeededRust;
use crate::project::{
    BuildEnvironment, CargoConfig, CargoLock, Guess, LockState, NATIVE_CPU, Project, PythonName,
    RustProject, Unread, broken_help, join,
};
use crate::python_lock::PythonLock;
use crate::target::Toolchains;
use crate::warning::{RustcOf, Warning};

/// What is known about one folder that cargo builds in.
pub(super) struct Facts {
    pub requirements: Requirements,
    pub native: NativeFacts,
    pub lock_state: LockState,
    pub rust: Option<NeededRust>,
    pub warnings: Vec<Warning>,
}

impl Facts {
    /// Gathers the facts for a folder that cargo builds in, if there is one.
    pub(super) fn gather(
        loaded: &Loaded,
        rust: Option<&RustProject>,
        request: &Request,
        session: &Session,
    ) -> Result<Self, Error> {
        let requirements = requirements(loaded)?;
        let mut warnings = project_warnings(loaded);
        let (mut native, mut lock_state) = (NativeFacts::default(), LockState::default());
        let mut needed = None;
        if let Some(rust) = rust {
            let files = &loaded.files;
            let local = checked_crates(files, rust, &request.options, session)?;
            native = NativeFacts::gather(loaded, rust, &local, request, session)?;
            lock_state = match &rust.cargo_lock {
                Some(lock) => LockState::compare(lock, &local),
                None => LockState {
                    broken: local.problems(),
                    ..LockState::default()
                },
            };
            let root = &loaded.project.python_root;
            let environment = BuildEnvironment::read(files, root, rust, &local);
            needed = native.needed_rust(&environment);
            warnings.extend(build_system_warnings(
                loaded,
                &requirements,
                &request.locked.names,
                session,
            )?);
            warnings.extend(rust_warnings(loaded, rust, &lock_state));
            if !request.locked.is_whole {
                warnings.extend(ignored_lock_warning(loaded, rust));
            }
            native.allow_newer_python(&environment, &loaded.target);
            warnings.extend(native.warnings());
            let store = request.crates(session);
            let lock = rust.cargo_lock.as_ref();
            warnings.extend(lock.and_then(|lock| yanked_warning(lock, &store)));
            if !local.without_lib.is_empty() {
                let folders = local.without_lib.iter().map(ToString::to_string);
                warnings.push(Warning::MissingLibraries {
                    folders: folders.collect(),
                });
            }
            let is_set = native.inputs.env.iter().any(|v| v.name == BOOTSTRAP);
            warnings.extend(environment_warnings(
                &environment,
                loaded.target.python_minor,
                needed.as_ref(),
                is_set,
            ));
        }
        Ok(Self {
            requirements,
            native,
            lock_state,
            rust: needed,
            warnings,
        })
    }

    /// Adds the packages and extras of another build system, on the platforms
    /// where that has them.
    pub(super) fn add_build_system(&mut self, system: BuildSystem) {
        for (name, on) in system {
            let known = self.requirements.system.entry(name).or_default();
            for (platform, extras) in on {
                known.entry(platform).or_default().extend(extras);
            }
        }
    }

    /// Removes warnings about nixpkgs' rustc, since another one counts.
    pub(super) fn forget_rustc(&mut self) {
        self.warnings
            .retain(|warning| !matches!(warning, Warning::RustVersion { .. }));
        self.rust = None;
    }

    /// Removes warnings about crates that nixpkgs' rustc refuses, since another
    /// one compiles them.
    pub(super) fn forget_refusals(&mut self) {
        self.warnings
            .retain(|warning| !matches!(warning, Warning::RefusedByRustc { .. }));
    }
}

pub(super) fn requirements(loaded: &Loaded) -> Result<Requirements, Error> {
    let project = &loaded.project;
    let path = join(&project.python_root, "pyproject.toml");
    let place = loaded.files.display(&path);
    let request = build_system::RequiringPackage {
        name: &project.identity.name,
        extras: &project.pyproject.optional_dependencies,
        target: &loaded.target,
        place: &place,
    };
    let text = loaded.files.text(&path)?.unwrap_or_default();
    let (requires, more) = (&project.pyproject.requires, &project.hook_requires);
    Ok(Requirements::read_pyproject(requires, more, request, text)?)
}

fn pyproject_warnings(project: &Project) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let name = &project.identity.name;
    if !name.is_valid() {
        let name = name.to_string();
        warnings.push(Warning::InvalidName { name });
    }
    let missing = &project.pyproject.missing_fields;
    if !missing.is_empty() {
        let lacking = missing.iter().map(ToString::to_string).collect();
        warnings.push(Warning::IncompleteProject { lacking });
    }
    warnings
}

fn project_warnings(loaded: &Loaded) -> Vec<Warning> {
    let project = &loaded.project;
    let mut warnings = source_warnings(loaded);
    warnings.extend(pyproject_warnings(project));
    if project.rust.is_empty() {
        let all_read = project.unread.is_empty();
        warnings.push(Warning::NoRust { all_read });
    }
    if project.rust.len() > 1 {
        let roots = project.rust.iter().map(|rust| rust.cargo_root.to_string());
        warnings.push(Warning::SeveralRoots {
            roots: roots.collect(),
        });
    }
    let guesses = project.rust.iter().flat_map(|rust| &rust.modules);
    for module in guesses {
        if let Some(why) = &module.build.guess {
            warnings.push(Warning::Guess {
                manifest: module.build.manifest.to_string(),
                why: why.to_string(),
                at: why
                    .source_line()
                    .and_then(|line| loaded.files.place_of(line)),
            });
        }
    }
    let is_reported = |unread: &Unread| {
        let mut modules = project.rust.iter().flat_map(|rust| &rust.modules);
        modules.any(
            |module| matches!(&module.build.guess, Some(Guess::Unread(known)) if known == unread),
        )
    };
    for unread in project.unread.iter().filter(|unread| !is_reported(unread)) {
        warnings.push(Warning::Unread {
            what: unread.to_string(),
            at: unread
                .source_line()
                .and_then(|line| loaded.files.place_of(line)),
        });
    }
    if let Some(above) = &loaded.above {
        let above = above.to_string();
        warnings.push(Warning::WorkspaceAbove { above });
    }
    warnings
}

fn build_system_warnings(
    loaded: &Loaded,
    found: &Requirements,
    given: &BTreeSet<PythonName>,
    session: &Session,
) -> Result<Vec<Warning>, Error> {
    let mut warnings = Vec::new();
    let python_root = &loaded.project.python_root;
    let places = [join(python_root, "uv.lock"), "uv.lock".into()];
    let mut locked: Option<BTreeSet<PythonName>> = None;
    for place in &places {
        if let (None, Some(text)) = (&locked, loaded.files.text(place)?) {
            let lock = session.python_lock_in(place.as_str(), text).ok();
            let names = lock.iter().flat_map(|lock| PythonLock::names(lock));
            locked = Some(names.cloned().collect());
        }
    }
    if !given.is_empty() {
        locked.get_or_insert_default().extend(given.iter().cloned());
    }
    for name in found.unknown(locked.as_ref()) {
        warnings.push(Warning::UnknownBuildSystem {
            name: name.to_string(),
            is_beside_lock: locked.is_some(),
        });
    }
    for (name, url) in &found.urls {
        warnings.push(Warning::UrlRequirement {
            name: name.to_string(),
            url: url.clone(),
        });
    }
    Ok(warnings)
}

fn rust_warnings(loaded: &Loaded, rust: &RustProject, state: &LockState) -> Vec<Warning> {
    if !state.broken.is_empty() {
        return vec![Warning::BrokenManifests {
            problems: texts(&state.broken),
            help: broken_help(
                &state.broken,
                is_sdist(&loaded.files, &loaded.project.python_root),
            ),
        }];
    }
    let Some(lock) = &rust.cargo_lock else {
        let folder = rust.cargo_root.to_string();
        return vec![Warning::NoLock { folder }];
    };
    let mut warnings = lock_warnings(lock);
    if !state.lacking.is_empty() {
        let lacking = texts(&state.lacking);
        warnings.push(Warning::StaleLock { lacking });
    }
    // If it lacks crates, what it has instead isn't worth reporting.
    if state.lacking.is_empty() {
        warnings.extend(locked_warnings(rust, state));
    }
    warnings
}

/// Returns warnings about what cargo corrects unless `--locked` forbids it.
fn locked_warnings(rust: &RustProject, state: &LockState) -> Vec<Warning> {
    let mut modules = rust.modules.iter();
    let is_refused = modules.any(|module| module.build.options.locked);
    let mut warnings = Vec::new();
    if !state.unneeded.is_empty() {
        let crates = texts(&state.unneeded);
        warnings.push(Warning::UnneededCrates { crates, is_refused });
    }
    if !state.outdated.is_empty() {
        let crates = texts(&state.outdated);
        warnings.push(Warning::OutdatedLock { crates, is_refused });
    }
    warnings
}

fn environment_warnings(
    environment: &BuildEnvironment,
    python_minor: u8,
    needed: Option<&NeededRust>,
    is_bootstrapped: bool,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(CargoConfig { path, keys, .. }) = &environment.cargo_config
        && !keys.is_empty()
    {
        warnings.push(Warning::CargoConfig {
            path: path.to_string(),
            keys: keys.iter().map(ToString::to_string).collect(),
        });
    }
    if let Some(config) = &environment.cargo_config
        && !config.native_cpu.is_empty()
    {
        warnings.push(Warning::NativeCpu {
            path: config.path.to_string(),
            flag: NATIVE_CPU.to_owned(),
            keys: config.native_cpu.clone(),
        });
    }
    if let Some(is_locked) = environment.import_lib {
        warnings.push(Warning::GenerateImportLib { is_locked });
    }
    warnings.extend(needed.and_then(rust_version_warning));
    if !environment.nightly_files.is_empty() {
        warnings.push(Warning::Nightly {
            places: environment
                .nightly_files
                .iter()
                .map(ToString::to_string)
                .collect(),
            is_allowed: is_bootstrapped,
        });
    }
    warnings.extend(pyo3_warning(environment, python_minor));
    warnings
}

/// Returns a warning if branches of nixpkgs have an older rustc than is needed.
fn rust_version_warning(needed: &NeededRust) -> Option<Warning> {
    let NeededRust { version, krate } = needed;
    let branches = Toolchains::built_in().nixpkgs.into_iter();
    let too_old = branches
        .filter(|branch| branch.rustc < *version)
        .map(|branch| (branch.branch, branch.rustc));
    let too_old: Vec<_> = too_old.collect();
    (!too_old.is_empty()).then(|| Warning::RustVersion {
        krate: krate.clone(),
        version: version.clone(),
        rustc: RustcOf::Branches(too_old),
    })
}

fn pyo3_warning(environment: &BuildEnvironment, python_minor: u8) -> Option<Warning> {
    let (pyo3, known) = outdated_pyo3(environment, python_minor)?;
    Some(Warning::Pyo3TooOld {
        pyo3: pyo3.clone(),
        newest: known.newest_python,
        python_minor,
        refuses: known.refuses,
    })
}

/// Returns a warning if crates of the lock are known to be yanked.
pub(super) fn yanked_warning(lock: &CargoLock, store: &CrateStore) -> Option<Warning> {
    let yanked = yanked_crates(store, lock.crates.iter());
    let labels = yanked
        .iter()
        .map(|krate| format!("{} {}", krate.name, krate.version));
    let labels: Vec<_> = labels.collect();
    if labels.is_empty() {
        return None;
    }
    Some(Warning::YankedCrates { crates: labels })
}

/// Returns warnings about what `fetchCargoVendor` makes of a lock.
pub(super) fn vendor_warnings(lock: &CargoLock) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let registries = lock.other_registries();
    if !registries.is_empty() {
        warnings.push(Warning::OtherRegistries { registries });
    }
    let crates = lock.same_crates();
    if !crates.is_empty() {
        let crates = texts(&crates);
        warnings.push(Warning::SameCrates { crates });
    }
    warnings
}

/// Returns a warning if a flake would copy the project without its lock.
fn ignored_lock_warning(loaded: &Loaded, rust: &RustProject) -> Option<Warning> {
    if is_sdist(&loaded.files, &loaded.project.python_root) || loaded.other_lock.is_some() {
        return None;
    }
    let path = loaded.files.display(rust.cargo_lock_path.as_ref()?);
    is_ignored(Utf8Path::new(&path)).then_some(Warning::IgnoredLock { path })
}

pub(super) fn lock_warnings(lock: &CargoLock) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if lock.format == 1 {
        warnings.push(Warning::OldLock);
    }
    warnings
}

/// Returns warnings about the source itself: what couldn't be read of it, and
/// what its index says.
pub(super) fn source_warnings(loaded: &Loaded) -> Vec<Warning> {
    let mut warnings = loaded.warnings.clone();
    let paths = texts(loaded.files.unreadable());
    if !paths.is_empty() {
        warnings.push(Warning::Unreadable { paths });
    }
    warnings
}

fn texts(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}
