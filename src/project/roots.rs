//! The folders that cargo builds in, and the crates that become Python modules
//! or programs there.
//!
//! If the build backend names a virtual manifest, the member that is a
//! `cdylib` is built.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::backend::PlannedModule;
use super::cargo_lock::CargoLock;
use super::error::ProjectError;
use super::files::SourceFiles;
use super::manifest::CargoManifest;
use super::paths::{folder_of, join};
use super::workspace::{find_workspace_root, members};

/// A folder that cargo builds in, with its own `Cargo.lock`.
#[derive(Debug)]
pub struct RustProject {
    /// The folder of the Cargo workspace's root: `cargoRoot`.
    pub cargo_root: Utf8PathBuf,
    /// The path of `Cargo.lock`, if the file exists.
    pub cargo_lock_path: Option<Utf8PathBuf>,
    pub cargo_lock: Option<CargoLock>,
    /// The crates that are built, at least one.
    pub modules: Vec<RustModule>,
}

/// A crate that becomes a Python module or a program, and how it is built.
#[derive(Debug)]
pub struct RustModule {
    /// How the backend builds it. The manifest is a crate's, not a virtual one,
    /// if there is such a crate.
    pub build: PlannedModule,
    pub manifest: Arc<CargoManifest>,
    /// The crate's version, with an inherited one filled in.
    pub version: Option<String>,
}

/// Groups the crates that a backend builds by their workspace roots, in the
/// backend's order.
pub(super) fn rust_projects(
    files: &SourceFiles,
    modules: Vec<PlannedModule>,
) -> Result<Vec<RustProject>, ProjectError> {
    let mut projects: Vec<RustProject> = Vec::new();
    for mut build in modules {
        build.manifest = module_manifest(files, build.manifest)?;
        let cargo_root = find_workspace_root(files, &build.manifest)?;
        let module = RustModule::read(files, &cargo_root, build)?;
        let known = projects.iter_mut().find(|p| p.cargo_root == cargo_root);
        match known {
            Some(project) => project.modules.push(module),
            None => projects.push(RustProject::read(files, cargo_root, module)?),
        }
    }
    Ok(projects)
}

impl RustModule {
    fn read(
        files: &SourceFiles,
        cargo_root: &Utf8Path,
        build: PlannedModule,
    ) -> Result<Self, ProjectError> {
        let manifest = files.manifest(&build.manifest)?;
        let root = files.manifest(&join(cargo_root, "Cargo.toml"))?;
        let workspace = root.workspace.as_ref();
        let inherited = workspace.and_then(|w| w.package.version.as_deref());
        let version = manifest.version.as_ref();
        let version = version.and_then(|version| version.resolve(inherited));
        Ok(Self {
            version: version.map(str::to_owned),
            build,
            manifest,
        })
    }
}

impl RustProject {
    fn read(
        files: &SourceFiles,
        cargo_root: Utf8PathBuf,
        module: RustModule,
    ) -> Result<Self, ProjectError> {
        let cargo_lock_path = Some(join(&cargo_root, "Cargo.lock")).filter(|path| files.has(path));
        let cargo_lock = cargo_lock_path
            .as_deref()
            .map(|path| CargoLock::read(files, path))
            .transpose()?;
        Ok(Self {
            cargo_root,
            cargo_lock_path,
            cargo_lock,
            modules: vec![module],
        })
    }

    /// Returns the lockfile, which offline builds need.
    ///
    /// # Errors
    /// If `Cargo.lock` is missing.
    pub fn require_cargo_lock(&self, files: &SourceFiles) -> Result<&CargoLock, ProjectError> {
        self.cargo_lock
            .as_ref()
            .ok_or_else(|| ProjectError::NoLock {
                place: files.display(&join(&self.cargo_root, "Cargo.lock")),
            })
    }
}

/// Returns the manifest of the crate to build: for a virtual manifest, that of
/// the first member by name that is a `cdylib`, if there is one.
fn module_manifest(files: &SourceFiles, path: Utf8PathBuf) -> Result<Utf8PathBuf, ProjectError> {
    let manifest = files.manifest(&path)?;
    let (None, Some(workspace)) = (&manifest.name, &manifest.workspace) else {
        return Ok(path);
    };
    for folder in members(files, folder_of(&path), workspace) {
        let member = join(&folder, "Cargo.toml");
        if files.manifest(&member)?.is_cdylib {
            return Ok(member);
        }
    }
    Ok(path)
}
