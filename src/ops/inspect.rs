//! `inspect`: reports what is known about a project.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::build_plan::{extension_native, native_warnings};
use super::facts::Facts;
use super::load::{Loaded, Request};
use super::locked::with_python_of_lock;
pub use super::native_report::{ExtensionInput, ExtensionInputKind, Native};
use super::pins::judge_pins;
use crate::error::Error;
use crate::io::Session;
use crate::io::paths::is_file;
use crate::nix::normalized;
use crate::project::{CargoLock, CrateSource, RustModule, RustProject, without_credentials};
use crate::warning::{Warning, WarningReport, as_reports};

/// What `cargo pyhack inspect --format json` prints. Paths are relative to
/// the source root, `.` for the root itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Inspection {
    /// The name and version of the Python package.
    pub package: Package,
    /// The PEP 517 build backend.
    pub build_backend: String,
    /// The source root, relative to the Python project: `..` and further up
    /// where its Rust side reaches above it.
    pub source_root: String,
    /// Whether the override must replace the package's source with the source
    /// root, since cargo reads files outside the former.
    pub needs_source: bool,
    /// The folder of `pyproject.toml`.
    pub python_root: String,
    /// The folder of the Cargo workspace's root; null without Rust.
    pub cargo_root: Option<String>,
    /// The manifest of the crate that becomes the Python module.
    pub manifest_path: Option<String>,
    /// How the manifest was found.
    pub manifest_rule: Option<String>,
    /// The `Cargo.lock` that cargo builds with; null if it is missing.
    pub lock_file: Option<String>,
    /// The format version of `Cargo.lock`, 1 to 4.
    pub lock_format: Option<u8>,
    /// How `Cargo.lock` matches the manifests.
    pub lock_state: LockStateReport,
    /// The crate that becomes the Python module, or the first of several.
    pub module: Option<Module>,
    /// Every crate that becomes a module or a program.
    pub modules: Vec<Module>,
    /// The number of crates in `Cargo.lock`, by source.
    pub crates: Option<CrateCount>,
    /// The Python that requirements are for: by default, the newest that the
    /// project allows.
    pub python: String,
    /// The platforms that requirements are for, by Nix's names.
    pub platforms: Vec<String>,
    /// Build requirements: PEP 503 name to the extras asked for.
    pub build_system: BTreeMap<String, Vec<String>>,
    /// The build requirements that only some of the platforms have.
    pub build_system_platforms: BTreeMap<String, Vec<String>>,
    /// What the crates need besides Rust.
    pub native: Native,
    /// What extension modules in C, C++ and Fortran need.
    pub extension_inputs: Vec<ExtensionInput>,
    /// The crates in `Cargo.lock` that come from git.
    pub git_dependencies: Vec<GitDependency>,
    /// Warnings about the build.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// The name and version of a Python package.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Package {
    /// Its name, normalised by PEP 503.
    pub name: String,
    /// Its version; null if the build backend computes it.
    pub version: Option<String>,
}

/// A crate that becomes a Python module or a program.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own in the format"
)]
pub struct Module {
    /// The crate's name; null for a workspace without a Python module.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// The version in the crate's manifest.
    pub version: Option<String>,
    /// The dotted name of the module, or that of the program, if it is set.
    pub name: Option<String>,
    /// Whether it is a program instead of a module.
    pub is_program: bool,
    /// The path of the crate's manifest.
    pub manifest_path: String,
    /// The folder of its Cargo workspace's root.
    pub cargo_root: String,
    /// How the manifest was found.
    pub rule: String,
    /// Why the crate is a guess; null if it is certain.
    pub guess: Option<String>,
    /// Cargo's `--features` that the backend passes.
    pub features: Vec<String>,
    /// Whether the backend passes `--no-default-features`.
    pub no_default_features: bool,
    /// Whether the backend passes `--all-features`.
    pub all_features: bool,
    /// Cargo's `--profile` that the backend passes.
    pub profile: Option<String>,
    /// Whether the backend passes `--locked` or `--frozen`.
    pub locked: bool,
}

/// How a lock fits the manifests, as far as can be read from them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LockStateReport {
    /// The result in one word.
    pub fits: Fit,
    /// What prevents cargo from reading the manifests.
    pub broken: Vec<String>,
    /// Requirements of the manifests that `Cargo.lock` lacks.
    pub lacking: Vec<String>,
    /// Crates in `Cargo.lock` that nothing depends on.
    pub unneeded: Vec<String>,
    /// The project's own crates that have other versions in `Cargo.lock`, or
    /// that it lacks.
    pub outdated: Vec<String>,
}

/// How a lock fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The project has no `Cargo.lock`.
    Missing,
    /// It fits the manifests.
    Fits,
    /// It has crates that nothing needs, which `--locked` refuses.
    MoreThanNeeded,
    /// It has another version of a crate of the project's own, which
    /// `--locked` refuses.
    Outdated,
    /// It lacks crates that the manifests ask for, so offline builds fail.
    Stale,
    /// Cargo can't read the manifests.
    Broken,
}

/// The number of crates in a lock, by source.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct CrateCount {
    /// The number of all crates.
    pub total: usize,
    /// Crates from crates.io.
    pub crates_io: usize,
    /// Crates from other registries.
    pub other_registries: usize,
    /// Crates from git repositories.
    pub git: usize,
    /// Crates in folders of the project.
    pub local: usize,
}

/// A crate that comes from git.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GitDependency {
    /// The name of the crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The version of the crate.
    pub version: String,
    /// The URL of the repository.
    pub url: String,
    /// The full hash of the commit.
    pub revision: Option<String>,
}

/// Inspects a project or sdist.
///
/// # Errors
/// Fails if there is no Python project, or it can't be read.
pub fn inspect(request: &Request, session: &Session) -> Result<Inspection, Error> {
    let request = &with_python_of_lock(request, session);
    let loaded = Loaded::read(request, session)?;
    let rust = match loaded.chosen_root(request) {
        Some(_) => Some(loaded.rust(request)?),
        None => loaded.project.rust.first(),
    };
    let mut facts = Facts::gather(&loaded, rust, request, session)?;
    let lock = request.path.join("uv.lock");
    if rust.is_none() && is_file(&lock) {
        let lock = normalized(&lock).to_string();
        facts
            .warnings
            .retain(|warning| !matches!(warning, Warning::NoRust { all_read: true }));
        facts.warnings.push(Warning::PythonLock { lock });
    }
    if let Some(rust) = rust {
        judge_pins(&mut facts, Utf8Path::new("."), rust, session);
    }
    let extensions = extension_native(&loaded, rust.is_some(), &facts.requirements.system)?;
    facts.warnings.extend(native_warnings(&loaded, &extensions));
    // A stanza adds more than the build system then.
    if extensions.all().next().is_some() {
        facts
            .warnings
            .retain(|warning| !matches!(warning, Warning::NoRust { all_read: true }));
    }
    let extension_inputs = ExtensionInput::all(&extensions);
    Ok(inspection(&loaded, rust, facts, extension_inputs))
}

fn inspection(
    loaded: &Loaded,
    rust: Option<&RustProject>,
    facts: Facts,
    extension_inputs: Vec<ExtensionInput>,
) -> Inspection {
    let project = &loaded.project;
    let lock = rust.and_then(|r| r.cargo_lock.as_ref());
    let module = rust.and_then(|r| r.modules.first());
    let all = project.rust.iter();
    let modules = all.flat_map(|rust| rust.modules.iter().map(|module| Module::new(rust, module)));
    let platforms: Vec<_> = loaded
        .target
        .platforms
        .iter()
        .map(|p| p.system().to_owned())
        .collect();
    let systems = facts.requirements.system.iter();
    Inspection {
        package: Package {
            name: project.identity.name.to_string(),
            version: project.identity.version.clone(),
        },
        build_backend: project.pyproject.build_backend.clone(),
        source_root: loaded
            .above
            .as_ref()
            .map_or(".", |above| above.as_str())
            .to_owned(),
        needs_source: loaded.above.is_some(),
        python_root: project.python_root.to_string(),
        cargo_root: rust.map(|r| r.cargo_root.to_string()),
        manifest_path: module.map(|m| m.build.manifest.to_string()),
        manifest_rule: module.map(|m| m.build.rule.describe().to_owned()),
        lock_file: rust.and_then(|r| r.cargo_lock_path.as_ref().map(ToString::to_string)),
        lock_format: lock.map(|l| l.format),
        lock_state: lock_state(lock, &facts.lock_state),
        module: rust.and_then(|r| Some(Module::new(r, r.modules.first()?))),
        modules: modules.collect(),
        crates: lock.map(count),
        python: format!("3.{}", loaded.target.python_minor),
        build_system: systems
            .clone()
            .map(|(name, on)| {
                let extras: BTreeSet<_> = on.values().flatten().cloned().collect();
                (name.to_string(), extras.into_iter().collect())
            })
            .collect(),
        build_system_platforms: systems
            .filter(|(_, on)| on.len() < platforms.len())
            .map(|(name, on)| {
                let systems = on.keys().map(|platform| platform.system().to_owned());
                (name.to_string(), systems.collect())
            })
            .collect(),
        platforms,
        native: Native::new(&facts.native),
        extension_inputs,
        git_dependencies: lock.map(git_dependencies).unwrap_or_default(),
        warnings: facts.warnings,
    }
}

impl Module {
    fn new(rust: &RustProject, module: &RustModule) -> Self {
        let options = &module.build.options;
        Self {
            krate: module.manifest.name.clone(),
            version: module.version.clone(),
            name: module.build.name.clone(),
            is_program: module.build.is_bin,
            manifest_path: module.build.manifest.to_string(),
            cargo_root: rust.cargo_root.to_string(),
            rule: module.build.rule.describe().to_owned(),
            guess: module.build.guess.as_ref().map(ToString::to_string),
            features: options.features.clone(),
            no_default_features: options.no_default_features,
            all_features: options.all_features,
            profile: options.profile.clone(),
            locked: options.locked,
        }
    }
}

fn lock_state(lock: Option<&CargoLock>, state: &crate::project::LockState) -> LockStateReport {
    let fits = match lock {
        _ if !state.broken.is_empty() => Fit::Broken,
        None => Fit::Missing,
        Some(_) if !state.lacking.is_empty() => Fit::Stale,
        Some(_) if !state.unneeded.is_empty() => Fit::MoreThanNeeded,
        Some(_) if !state.outdated.is_empty() => Fit::Outdated,
        Some(_) => Fit::Fits,
    };
    LockStateReport {
        fits,
        broken: texts(&state.broken),
        lacking: texts(&state.lacking),
        unneeded: texts(&state.unneeded),
        outdated: texts(&state.outdated),
    }
}

fn texts(values: &[impl ToString]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

pub(super) fn count(lock: &CargoLock) -> CrateCount {
    let mut count = CrateCount {
        total: lock.crates.len(),
        ..CrateCount::default()
    };
    for krate in &lock.crates {
        match krate.source {
            CrateSource::Local => count.local += 1,
            CrateSource::CratesIo(_) => count.crates_io += 1,
            CrateSource::Registry(_) => count.other_registries += 1,
            CrateSource::Git(_) => count.git += 1,
        }
    }
    count
}

fn git_dependencies(lock: &CargoLock) -> Vec<GitDependency> {
    let git = |krate: &crate::project::LockedCrate| match &krate.source {
        CrateSource::Git(git) => Some(GitDependency {
            krate: krate.name.to_string(),
            version: krate.version.to_string(),
            url: without_credentials(&git.url),
            revision: git.revision.clone(),
        }),
        _ => None,
    };
    lock.crates.iter().filter_map(git).collect()
}
