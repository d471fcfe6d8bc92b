//! What both `inspect` and `nix-snippet` are made from.

use std::collections::BTreeSet;

use semver::Version;

use super::load::Loaded;
use super::native::{Asking, BOOTSTRAP, NativeFacts};
use crate::build_system::{self, Requirements};
use crate::error::Error;
use crate::io::CrateStore;
use crate::nix::pins::NeededRust;
use crate::project::{
    BuildEnvironment, CargoConfig, CargoLock, Guess, LocalCrates, LockState, Project, PythonName,
    RustProject, Unread, join,
};
use crate::python_lock::{self, PythonLock};
use crate::target::{Pyo3Support, Toolchains};
use crate::warning::{Warning, WarningCode};

/// What is known of one folder that cargo builds in.
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
        asking: Asking,
    ) -> Result<Self, Error> {
        let requirements = requirements(loaded)?;
        let mut warnings = project_warnings(loaded);
        let (mut native, mut lock_state) = (NativeFacts::default(), LockState::default());
        let mut needed = None;
        if let Some(rust) = rust {
            let files = &loaded.files;
            let local = LocalCrates::find(files, rust)?;
            native = NativeFacts::gather(loaded, rust, &local, asking)?;
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
                &asking.request.locked.names,
            )?);
            warnings.extend(rust_warnings(rust, &lock_state));
            native.allow_newer_python(&environment, &loaded.target);
            warnings.extend(native.warnings());
            let store = asking.request.store();
            let lock = rust.cargo_lock.as_ref();
            warnings.extend(lock.and_then(|lock| yanked_warning(lock, &store)));
            if !local.without_lib.is_empty() {
                let message = format!(
                    "the source of the library of {} isn't there",
                    quoted(&local.without_lib)
                );
                warnings.push(Warning::new(WarningCode::Broken, message));
            }
            let is_set = native.inputs.env.iter().any(|v| v.name == BOOTSTRAP);
            warnings.extend(environment_warnings(
                &environment,
                loaded.target.python_minor,
                (needed.as_ref(), is_set),
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
}

pub(super) fn requirements(loaded: &Loaded) -> Result<Requirements, Error> {
    let project = &loaded.project;
    let place = loaded
        .files
        .display(&join(&project.python_root, "pyproject.toml"));
    let request = build_system::RequiringPackage {
        name: &project.identity.name,
        extras: &project.pyproject.optional_dependencies,
        target: &loaded.target,
        place: &place,
    };
    let all = project
        .pyproject
        .requires
        .iter()
        .chain(&project.hook_requires);
    Ok(Requirements::read(all, request)?)
}

fn pyproject_warnings(project: &Project) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let name = &project.identity.name;
    if !name.is_valid() {
        let message = format!("`{name}` is no name that PEP 508 allows");
        warnings.push(Warning::new(WarningCode::InvalidName, message));
    }
    let missing = &project.pyproject.missing_fields;
    if !missing.is_empty() {
        let message = format!(
            "`pyproject.toml` has a `[project]` table without {}: uv, which pyproject.nix builds \
             with, refuses it",
            quoted(missing)
        );
        warnings.push(Warning::error(WarningCode::IncompleteProject, message));
    }
    warnings
}

fn project_warnings(loaded: &Loaded) -> Vec<Warning> {
    let project = &loaded.project;
    let mut warnings = pyproject_warnings(project);
    if project.rust.is_empty() {
        warnings.push(if project.unread.is_empty() {
            let message = "there is no Rust in it: pyproject.nix builds it without a stanza";
            Warning::note(WarningCode::NoRust, message)
        } else {
            let message = "no crate is found, but not all that says how it is built could be read";
            Warning::new(WarningCode::NoRust, message)
        });
    }
    if project.rust.len() > 1 {
        let roots: Vec<_> = project
            .rust
            .iter()
            .map(|p| format!("`{}`", p.cargo_root))
            .collect();
        let message = format!(
            "it has {} Cargo roots, each with a lock of its own: {}; `importCargoLock` holds the \
             crates of one",
            roots.len(),
            roots.join(", ")
        );
        warnings.push(Warning::new(WarningCode::SeveralRoots, message));
    }
    let guesses = project.rust.iter().flat_map(|rust| &rust.modules);
    for module in guesses {
        if let Some(why) = &module.build.guess {
            let message = format!("`{}` is a guess: {why}", module.build.manifest);
            warnings.push(Warning::new(WarningCode::Guess, message));
        }
    }
    let is_reported = |unread: &Unread| {
        let mut modules = project.rust.iter().flat_map(|rust| &rust.modules);
        modules.any(
            |module| matches!(&module.build.guess, Some(Guess::Unread(known)) if known == unread),
        )
    };
    for unread in project.unread.iter().filter(|unread| !is_reported(unread)) {
        let message = format!("not to be told without running it: {unread}");
        warnings.push(Warning::new(WarningCode::Unread, message));
    }
    if let Some(above) = &loaded.above {
        let message = format!(
            "its Rust side reaches above the Python project, to `{above}`, where uv2nix doesn't look"
        );
        warnings.push(Warning::new(WarningCode::WorkspaceAbove, message));
    }
    warnings
}

fn build_system_warnings(
    loaded: &Loaded,
    found: &Requirements,
    given: &BTreeSet<PythonName>,
) -> Result<Vec<Warning>, Error> {
    let mut warnings = Vec::new();
    let python_root = &loaded.project.python_root;
    let places = [join(python_root, "uv.lock"), "uv.lock".into()];
    let mut locked: Option<BTreeSet<PythonName>> = None;
    for place in &places {
        if let (None, Some(text)) = (&locked, loaded.files.text(place)?) {
            let lock = python_lock::parse(place.as_str(), text).ok();
            let names = lock.iter().flat_map(PythonLock::names);
            locked = Some(names.cloned().collect());
        }
    }
    if !given.is_empty() {
        locked.get_or_insert_default().extend(given.iter().cloned());
    }
    for name in found.unknown(locked.as_ref()) {
        let beside = if locked.is_some() {
            ", nor has the `uv.lock` beside the project"
        } else {
            ""
        };
        let message =
            format!("`{name}` is no build system that pyproject-build-systems brings{beside}");
        warnings.push(Warning::new(WarningCode::UnknownBuildSystem, message));
    }
    for (name, url) in &found.urls {
        let message = format!(
            "the build asks for `{name}` from {url}; `resolveBuildSystem` takes the one of the \
             package set"
        );
        warnings.push(Warning::new(WarningCode::UrlRequirement, message));
    }
    Ok(warnings)
}

fn rust_warnings(rust: &RustProject, state: &LockState) -> Vec<Warning> {
    if !state.broken.is_empty() {
        let what = counted(&state.broken, "; ");
        let message = format!("cargo can't read the manifests: there isn't {what}");
        return vec![Warning::new(WarningCode::Broken, message)];
    }
    let Some(lock) = &rust.cargo_lock else {
        let message = format!("there is no `Cargo.lock` in `{}`", rust.cargo_root);
        return vec![Warning::new(WarningCode::NoLock, message)];
    };
    let mut warnings = lock_warnings(lock);
    if !state.lacking.is_empty() {
        let message = format!(
            "the lock doesn't fit the manifests: it lacks {}",
            counted(&state.lacking, "; ")
        );
        warnings.push(Warning::new(WarningCode::StaleLock, message));
    }
    // Where it lacks something too, what it has instead isn't worth a word.
    if state.lacking.is_empty() {
        warnings.extend(locked_warnings(rust, state));
    }
    warnings
}

/// What cargo mends by itself, unless `--locked` forbids it.
fn locked_warnings(rust: &RustProject, state: &LockState) -> Vec<Warning> {
    let refused = rust
        .modules
        .iter()
        .any(|module| module.build.options.locked);
    let (make, consequence): (fn(_, String) -> Warning, _) = if refused {
        (
            Warning::new,
            "the build runs cargo with `--locked`, which refuses it",
        )
    } else {
        (Warning::note, "only `--locked` refuses it")
    };
    let mut warnings = Vec::new();
    if !state.unneeded.is_empty() {
        let message = format!(
            "the lock has {} that nothing needs: {}; {consequence}",
            crates(state.unneeded.len()),
            counted(&state.unneeded, ", ")
        );
        warnings.push(make(WarningCode::UnneededCrates, message));
    }
    if !state.outdated.is_empty() {
        let message = format!(
            "the lock is of another version of the project: {}; {consequence}",
            counted(&state.outdated, ", ")
        );
        warnings.push(make(WarningCode::OutdatedLock, message));
    }
    warnings
}

fn environment_warnings(
    environment: &BuildEnvironment,
    python_minor: u8,
    (needed, has_bootstrap): (Option<&NeededRust>, bool),
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(CargoConfig { path, keys }) = &environment.cargo_config
        && !keys.is_empty()
    {
        let message = format!("`{path}` changes how cargo builds: {}", keys.join(", "));
        warnings.push(Warning::new(WarningCode::CargoConfig, message));
    }
    if let Some(is_locked) = environment.import_lib {
        let (make, has): (fn(_, String) -> Warning, _) = if is_locked {
            (Warning::note, "has")
        } else {
            (Warning::new, "lacks, so that an offline build fails")
        };
        let message = format!(
            "`pyo3/generate-import-lib`, for Windows, needs the crate `python3-dll-a`, which the lock {has}"
        );
        warnings.push(make(WarningCode::GenerateImportLib, message));
    }
    warnings.extend(needed.and_then(rust_version_warning));
    if !environment.nightly_files.is_empty() {
        let places: Vec<_> = environment
            .nightly_files
            .iter()
            .map(|path| format!("`{path}`"))
            .collect();
        let message = format!(
            "unstable features of a nightly rustc are on in {}",
            counted(&places, ", ")
        );
        // The stanza lets a stable one take them.
        warnings.push(if has_bootstrap {
            Warning::note(WarningCode::Nightly, message)
        } else {
            Warning::new(WarningCode::Nightly, message)
        });
    }
    warnings.extend(pyo3_warning(environment, python_minor));
    warnings
}

/// Which of nixpkgs' branches have an older rustc than is needed.
fn rust_version_warning(needed: &NeededRust) -> Option<Warning> {
    let NeededRust { version, krate } = needed;
    let too_old: Vec<_> = Toolchains::built_in()
        .nixpkgs
        .iter()
        .filter(|branch| branch.rustc < *version)
        .map(|branch| format!("{} has {}", branch.branch, branch.rustc))
        .collect();
    let message = format!("`{krate}` needs rustc {version}: {}", too_old.join(", "));
    (!too_old.is_empty()).then(|| Warning::new(WarningCode::RustVersion, message))
}

/// PyO3, where it doesn't know a Python as new as this one.
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

fn pyo3_warning(environment: &BuildEnvironment, python_minor: u8) -> Option<Warning> {
    let (pyo3, known) = outdated_pyo3(environment, python_minor)?;
    let message = format!(
        "PyO3 {pyo3} knows Python 3.{} at the newest, not 3.{python_minor}{}",
        known.newest_python,
        if known.refuses {
            ", and refuses it"
        } else {
            ""
        }
    );
    Some(Warning::new(WarningCode::Pyo3TooOld, message))
}

/// What is told of crates that were seen to be yanked.
pub(super) fn yanked_warning(lock: &CargoLock, store: &CrateStore) -> Option<Warning> {
    let yanked = store.yanked(lock.crates.iter());
    let labels = yanked
        .iter()
        .map(|krate| format!("{} {}", krate.name, krate.version));
    let labels: Vec<_> = labels.collect();
    if labels.is_empty() {
        return None;
    }
    let message = format!("the registry has yanked {}", labels.join(", "));
    Some(Warning::new(WarningCode::YankedCrates, message))
}

pub(super) fn lock_warnings(lock: &CargoLock) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if lock.format == 1 {
        let message = "the lock has format 1, which nixpkgs' `fetchCargoVendor` can't read";
        warnings.push(Warning::new(WarningCode::OldLock, message));
    }
    warnings
}

fn crates(n: usize) -> String {
    match n {
        1 => "a crate".to_owned(),
        n => format!("{n} crates"),
    }
}

fn quoted(paths: &[impl std::fmt::Display]) -> String {
    let quoted: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
    counted(&quoted, ", ")
}

/// The first few of a list, the rest counted.
fn counted(items: &[impl ToString], separator: &str) -> String {
    let shown: Vec<_> = items.iter().take(5).map(ToString::to_string).collect();
    match items.len().saturating_sub(5) {
        0 => shown.join(separator),
        more => format!("{}{separator}and {more} more", shown.join(separator)),
    }
}
