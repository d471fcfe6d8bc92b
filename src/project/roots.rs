//! From the crates that a backend names to the roots that cargo builds in.
//!
//! A virtual manifest stands for its member that is a `cdylib`.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::backend::Module;
use super::files::parent;
use super::workspace::{find_workspace_root, members};
use super::{CargoManifest, LockFile, ProjectError, SourceFiles, join};

/// How a module's manifest was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootRule {
    /// `tool.maturin.manifest-path`.
    MaturinManifestPath,
    /// maturin's layout with `rust/` beside `src/`.
    MaturinSrcLayout,
    /// `--manifest-path` in the arguments that uv passes on to maturin.
    BuildArguments,
    /// `Cargo.toml` in the Python root, which is maturin's last rule.
    SourceRoot,
    /// `path` in `tool.setuptools-rust`.
    SetuptoolsRust,
    /// `rust_extensions` in `setup.py`.
    SetupPy,
    /// The table of a plugin of hatchling's.
    HatchHook,
    /// A build script that calls cargo or maturin.
    BuildScript,
    /// `CMakeLists.txt` or `meson.build`.
    BuildFile,
    /// One of the folders that projects mostly use.
    ObviousPlace,
}

impl RootRule {
    /// Says it in the words of the configuration.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::MaturinManifestPath => "tool.maturin.manifest-path",
            Self::MaturinSrcLayout => "maturin's layout of `rust` beside `src`",
            Self::BuildArguments => "build-args in tool.uv.config-settings",
            Self::SourceRoot => "maturin looks beside pyproject.toml",
            Self::SetuptoolsRust => "tool.setuptools-rust",
            Self::SetupPy => "rust_extensions in setup.py",
            Self::HatchHook => "tool.hatch.build.hooks",
            Self::BuildScript => "the build script",
            Self::BuildFile => "CMakeLists.txt or meson.build",
            Self::ObviousPlace => "found there",
        }
    }
}

/// A folder that cargo builds in, with a lock of its own.
#[derive(Debug)]
pub struct RustProject {
    /// The folder of the Cargo workspace's root: `cargoRoot`.
    pub cargo_root: Utf8PathBuf,
    /// Where its lock is, if the file exists.
    pub lock_file: Option<Utf8PathBuf>,
    /// The lock; `None` where the file is missing.
    pub lock: Option<LockFile>,
    /// What is built in it, at least one.
    pub modules: Vec<RustModule>,
}

/// A crate that becomes a Python module or a program, and how it is built.
#[derive(Debug)]
pub struct RustModule {
    /// What the backend says; its manifest is a crate's if there is one.
    pub build: Module,
    /// The crate's manifest.
    pub manifest: Arc<CargoManifest>,
    /// The crate's version, inherited ones filled in.
    pub version: Option<String>,
}

/// Finds the roots of the crates that a backend names, in its order.
pub(super) fn rust_projects(
    files: &SourceFiles,
    modules: Vec<Module>,
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
    fn read(files: &SourceFiles, root: &Utf8Path, build: Module) -> Result<Self, ProjectError> {
        let manifest = CargoManifest::read(files, &build.manifest)?;
        let root = CargoManifest::read(files, &join(root, "Cargo.toml"))?;
        let inherited = root.workspace.as_ref().and_then(|w| w.version.as_deref());
        let version = manifest
            .version
            .as_ref()
            .and_then(|v| v.or_inherited(inherited));
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
        let lock_file = Some(join(&cargo_root, "Cargo.lock")).filter(|lock| files.has(lock));
        let lock = match &lock_file {
            Some(path) => Some(LockFile::read(files, path)?),
            None => None,
        };
        Ok(Self {
            cargo_root,
            lock_file,
            lock,
            modules: vec![module],
        })
    }

    /// The lock.
    ///
    /// # Errors
    /// Where the file is missing.
    pub fn require_lock(&self, files: &SourceFiles) -> Result<&LockFile, ProjectError> {
        self.lock.as_ref().ok_or_else(|| ProjectError::NoLock {
            place: files.display(&join(&self.cargo_root, "Cargo.lock")),
        })
    }
}

/// Goes from a virtual manifest to the member that is a `cdylib`, if there
/// is one; the first by name.
fn module_manifest(files: &SourceFiles, path: Utf8PathBuf) -> Result<Utf8PathBuf, ProjectError> {
    let manifest = CargoManifest::read(files, &path)?;
    let (None, Some(workspace)) = (&manifest.name, &manifest.workspace) else {
        return Ok(path);
    };
    let root = parent(&path).unwrap_or(Utf8Path::new("."));
    for folder in members(files, root, workspace) {
        let member = join(&folder, "Cargo.toml");
        if CargoManifest::read(files, &member)?.is_cdylib {
            return Ok(member);
        }
    }
    Ok(path)
}
