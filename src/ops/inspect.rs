//! `inspect`: what is here.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::read_project;
use crate::build_system::{BuildSystem, build_system, unknown};
use crate::error::Error;
use crate::native::{NativeInput, NativeInputs, NativeTable, detect};
use crate::project::{
    CargoManifest, CrateSource, LockFile, Project, RustProject, SourceFiles, join,
};
use crate::warning::{Warning, WarningCode};

/// What `cargo pyhack inspect --format json` prints. Paths are relative to
/// the source root, `.` for the root itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Inspection {
    /// The Python package.
    pub package: Package,
    /// The PEP 517 build backend.
    pub build_backend: String,
    /// The folder of `pyproject.toml`.
    pub python_root: String,
    /// The folder of the Cargo workspace's root; null without Rust.
    pub cargo_root: Option<String>,
    /// The manifest of the crate that becomes the Python module.
    pub manifest_path: Option<String>,
    /// How the manifest was found.
    pub manifest_rule: Option<String>,
    /// The lock that cargo builds with; null where the file is missing.
    pub lock_file: Option<String>,
    /// The lock's format, 1 to 4.
    pub lock_format: Option<u8>,
    /// The crate that becomes the Python module.
    pub module: Option<Module>,
    /// How many crates the lock has, by source.
    pub crates: Option<CrateCount>,
    /// Build requirements: PEP 503 name to the extras asked for.
    pub build_system: BTreeMap<String, Vec<String>>,
    /// What the crates need besides Rust.
    pub native: Native,
    /// The crates of the lock that come from git.
    pub git_dependencies: Vec<GitDependency>,
    /// What will or may fail, and what to do.
    pub warnings: Vec<Warning>,
}

/// The Python package.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Package {
    /// Its name, normalised by PEP 503.
    pub name: String,
    /// Its version; null where only the build backend could tell.
    pub version: Option<String>,
}

/// The crate that becomes the Python module.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Module {
    /// The crate's name.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// The crate's version.
    pub version: Option<String>,
}

/// How many crates a lock has.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct CrateCount {
    /// All of them.
    pub total: usize,
    /// From crates.io.
    pub crates_io: usize,
    /// From other registries.
    pub other_registries: usize,
    /// From git repositories.
    pub git: usize,
    /// Folders of the project.
    pub local: usize,
}

/// What crates need besides Rust, by the edges of the lock: possibly more
/// than is built.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Native {
    /// Libraries of the host.
    pub build_inputs: Vec<Input>,
    /// Programs of the build.
    pub native_build_inputs: Vec<Input>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Why each variable is set.
    pub env_reasons: Vec<Variable>,
}

/// A nixpkgs attribute and why it is needed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Input {
    /// The attribute's path below `pkgs`.
    pub attr: String,
    /// The crate that needs it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why.
    pub reason: String,
}

/// An environment variable and why it is set.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Variable {
    /// The variable.
    pub name: String,
    /// The crate that reads it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why.
    pub reason: String,
}

/// A crate that comes from git.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GitDependency {
    /// The crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Its version.
    pub version: String,
    /// The repository.
    pub url: String,
    /// The full revision.
    pub revision: Option<String>,
}

/// Says what is at `path`.
///
/// # Errors
/// Where there is no Python project, or it can't be read.
pub fn inspect(path: &Utf8Path) -> Result<Inspection, Error> {
    let (files, project) = read_project(path)?;
    Ok(Facts::gather(&files, &project)?.into_inspection(&project))
}

/// What both `inspect` and `nix-snippet` are made from.
pub(super) struct Facts {
    pub build_system: BuildSystem,
    pub native: NativeInputs,
    pub warnings: Vec<Warning>,
}

impl Facts {
    pub(super) fn gather(files: &SourceFiles, project: &Project) -> Result<Self, Error> {
        let place = files.display(&join(&project.python_root, "pyproject.toml"));
        let build_system = build_system(&project.pyproject.requires, &place)?;
        let native = match &project.rust {
            Some(rust) => native_inputs(files, rust),
            None => NativeInputs::default(),
        };
        let mut warnings = warnings(project);
        let unknown = project.rust.as_ref().map(|_| unknown(&build_system));
        warnings.extend(unknown.into_iter().flatten().map(|name| {
            let message =
                format!("`{name}` is no build system that pyproject-build-systems brings");
            Warning::new(WarningCode::UnknownBuildSystem, message)
        }));
        Ok(Self {
            build_system,
            native,
            warnings,
        })
    }

    fn into_inspection(self, project: &Project) -> Inspection {
        let rust = project.rust.as_ref();
        let lock = rust.and_then(|r| r.lock.as_ref());
        Inspection {
            package: Package {
                name: project.identity.name.to_string(),
                version: project.identity.version.clone(),
            },
            build_backend: project.pyproject.build_backend.clone(),
            python_root: project.python_root.to_string(),
            cargo_root: rust.map(|r| r.root.cargo_root.to_string()),
            manifest_path: rust.map(|r| r.root.manifest_path.to_string()),
            manifest_rule: rust.map(|r| r.root.rule.describe().to_owned()),
            lock_file: rust.and_then(|r| r.root.lock_file.as_ref().map(ToString::to_string)),
            lock_format: lock.map(|l| l.format),
            module: rust.map(|r| Module {
                krate: r.manifest.name.clone(),
                version: r.version.clone(),
            }),
            crates: lock.map(count),
            build_system: self
                .build_system
                .into_iter()
                .map(|(name, extras)| (name.to_string(), extras.into_iter().collect()))
                .collect(),
            native: self.native.into(),
            git_dependencies: lock.map(git_dependencies).unwrap_or_default(),
            warnings: self.warnings,
        }
    }
}

fn native_inputs(files: &SourceFiles, rust: &RustProject) -> NativeInputs {
    let Some(lock) = &rust.lock else {
        return NativeInputs::default();
    };
    let dev_only = dev_only(files);
    let module = rust.manifest.name.as_deref();
    detect(&NativeTable::built_in(), lock, module, &dev_only)
}

/// For each crate of the source, what only its tests need.
fn dev_only(files: &SourceFiles) -> BTreeMap<String, BTreeSet<String>> {
    let manifests = files
        .paths()
        .filter(|p| p.file_name() == Some("Cargo.toml"));
    let mut found = BTreeMap::new();
    for path in manifests {
        // Templates and test data may look like manifests and be none; they
        // are no crates of the lock then.
        let Ok(manifest) = CargoManifest::read(files, path) else {
            continue;
        };
        let Some(name) = manifest.name else {
            continue;
        };
        // Another manifest of that name, of a test say, takes nothing away.
        found
            .entry(name)
            .and_modify(|known: &mut BTreeSet<_>| known.retain(|c| manifest.dev_only.contains(c)))
            .or_insert(manifest.dev_only.clone());
    }
    found
}

fn warnings(project: &Project) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let name = &project.identity.name;
    if !name.is_valid() {
        let message = format!("`{name}` is no name that PEP 508 allows");
        warnings.push(Warning::new(WarningCode::InvalidName, message));
    }
    let Some(rust) = &project.rust else {
        let message = "there is no Rust in it: pyproject.nix builds it without a stanza";
        warnings.push(Warning::new(WarningCode::NoRust, message));
        return warnings;
    };
    let paths = project.pyproject.setuptools_rust_paths.iter();
    let extensions: BTreeSet<_> = paths.map(|path| path.trim_start_matches("./")).collect();
    if extensions.len() > 1 {
        let message = format!(
            "`tool.setuptools-rust` names {} crates; this is about `{}` alone",
            extensions.len(),
            rust.root.manifest_path
        );
        warnings.push(Warning::new(WarningCode::SeveralModules, message));
    }
    if let Some(workspace) = &rust.root.workspace_above {
        let message = format!("the crate belongs to the workspace of `{workspace}`");
        warnings.push(Warning::new(WarningCode::WorkspaceAbove, message));
        return warnings;
    }
    match &rust.lock {
        None => {
            let message = format!("there is no `Cargo.lock` in `{}`", rust.root.cargo_root);
            warnings.push(Warning::new(WarningCode::NoLock, message));
        }
        Some(lock) => warnings.extend(lock_warnings(lock)),
    }
    warnings
}

pub(super) fn lock_warnings(lock: &LockFile) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let count = count(lock);
    if count.git + count.other_registries > 0 {
        let message = format!(
            "crates from git ({}) or from other registries than crates.io ({}): \
             `vendor`, `hash` and `nix-snippet` can't handle them yet",
            count.git, count.other_registries
        );
        warnings.push(Warning::new(WarningCode::UnsupportedSource, message));
    }
    if lock.format == 1 {
        let message = "the lock has format 1, which nixpkgs' `fetchCargoVendor` can't read";
        warnings.push(Warning::new(WarningCode::OldLock, message));
    }
    warnings
}

fn count(lock: &LockFile) -> CrateCount {
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

fn git_dependencies(lock: &LockFile) -> Vec<GitDependency> {
    let git = |krate: &crate::project::LockedCrate| match &krate.source {
        CrateSource::Git(git) => Some(GitDependency {
            krate: krate.name.to_string(),
            version: krate.version.to_string(),
            url: git.url.clone(),
            revision: git.revision.clone(),
        }),
        _ => None,
    };
    lock.crates.iter().filter_map(git).collect()
}

impl From<NativeInputs> for Native {
    fn from(inputs: NativeInputs) -> Self {
        let list = |inputs: Vec<NativeInput>| inputs.into_iter().map(Input::from).collect();
        Self {
            build_inputs: list(inputs.build_inputs),
            native_build_inputs: list(inputs.native_build_inputs),
            env: inputs
                .env
                .iter()
                .map(|(name, variable)| (name.clone(), variable.value.clone()))
                .collect(),
            env_reasons: inputs
                .env
                .into_iter()
                .map(|(name, variable)| Variable {
                    name,
                    krate: variable.krate,
                    version: variable.version,
                    reason: variable.reason,
                })
                .collect(),
        }
    }
}

impl From<NativeInput> for Input {
    fn from(input: NativeInput) -> Self {
        Self {
            attr: input.attr,
            krate: input.krate,
            version: input.version,
            reason: input.reason,
        }
    }
}
