//! Reads a project, from as far above as its Rust side reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Error;
use crate::io::cargo::generate_lock;
use crate::io::source::{find_above, folder_above, read_around, read_source};
use crate::io::write::read_file;
use crate::io::{CargoSettings, CrateStore, IoError, Network, ProjectConfig};
use crate::options::Options;
use crate::project::{
    CargoManifest, LocalCrates, LockState, Project, ProjectError, Pyo3, PythonName, RustProject,
    SourceFiles, belongs_to, is_cargos_lock, join,
};
use crate::target::{Target, Toolchains};

/// What is asked for.
#[derive(Default)]
pub struct Request {
    /// The folder or sdist.
    pub path: Utf8PathBuf,
    /// How it is built, and its stanza is made. Their `path` is the one above,
    /// unless it was fetched.
    pub options: Options,
    /// Where a lock that cargo made is kept.
    pub kept_lock: Option<Utf8PathBuf>,
    /// Whether cargo may fetch for it.
    pub network: Network,
    /// Whether the project's own Cargo configuration counts.
    pub project_config: ProjectConfig,
    /// The hashes of git revisions that are known already.
    pub known_hashes: BTreeMap<String, String>,
    /// What is known of it by a lock of Python packages.
    pub locked: Locked,
}

/// What a lock of Python packages says of a source.
#[derive(Debug, Clone, Default)]
pub struct Locked {
    /// Whether the source is all that there is: nothing above its folder
    /// belongs to it.
    pub is_whole: bool,
    /// The package's folder in it.
    pub python_root: Option<Utf8PathBuf>,
    /// What the source is called in messages, in the place of its path.
    pub shown: Option<String>,
    /// The packages of the lock, which the package set has.
    pub names: Arc<BTreeSet<PythonName>>,
    /// The build system that the package set brings by itself.
    pub build_system: BTreeMap<PythonName, BTreeSet<String>>,
}

impl Request {
    /// Asks for what the options say, with the network and the trust of
    /// another request.
    pub(super) fn new(options: &Options, base: &Self) -> Self {
        let path = options.input.path.clone().unwrap_or_else(|| ".".into());
        let project_config = match base.project_config {
            ProjectConfig::Trusted(_) => ProjectConfig::Trusted(path.clone().into()),
            ProjectConfig::Ignored => ProjectConfig::Ignored,
        };
        Self {
            path,
            options: options.clone(),
            network: base.network.clone(),
            project_config,
            ..Self::default()
        }
    }

    /// Whether cargo makes or updates a lock that doesn't fit.
    pub(super) fn generates_lock(&self) -> bool {
        self.options.generate.generate_lock.unwrap_or_default()
    }

    /// The crates, with the settings that are asked for.
    pub(super) fn store(&self) -> CrateStore {
        let settings = CargoSettings::load(&self.project_config);
        CrateStore::open_with(self.network.clone(), settings)
    }
}

/// A project that was read.
pub(super) struct Loaded {
    pub files: SourceFiles,
    pub project: Project,
    pub target: Target,
    /// The way up from the Python root to the source root, `None` where they
    /// are the same folder.
    pub above: Option<Utf8PathBuf>,
    /// The lock, where it isn't the source's own.
    pub other_lock: Option<Vec<u8>>,
    /// Whether the source has one in that place.
    pub replaces_lock: bool,
}

/// Folders are gone up to so often: for the workspace, and for what it names.
const MAX_WIDENINGS: usize = 4;

impl Loaded {
    /// Reads the project that is asked for, with the lock that is asked for.
    pub(super) fn read(request: &Request) -> Result<Self, Error> {
        let mut loaded = Self::read_source(request)?;
        if let Some(path) = request.options.cargo_lock() {
            let bytes =
                read_file(path)?.ok_or_else(|| IoError::NoLockFile { path: path.into() })?;
            loaded.take_lock(request, bytes)?;
        }
        if request.generates_lock() && !loaded.has_fitting_lock(request)? {
            // One that was kept before is as good as one of today.
            let kept = request.kept_lock.as_deref().map(read_file).transpose()?;
            if let Some(bytes) = kept.flatten() {
                loaded.take_kept(request, bytes)?;
            }
            if !loaded.has_fitting_lock(request)? {
                let rust = loaded.rust(request)?;
                let local = LocalCrates::find(&loaded.files, rust)?;
                require_readable(&loaded.files, &local)?;
                let bytes = generate_lock(&loaded.files, rust, &local, &request.network)?;
                loaded.take_lock(request, bytes)?;
            }
        }
        Ok(loaded)
    }

    fn has_fitting_lock(&self, request: &Request) -> Result<bool, Error> {
        let rust = self.rust(request)?;
        let local = LocalCrates::find(&self.files, rust)?;
        let fits = |lock| LockState::of(lock, &local) == LockState::default();
        Ok(rust.lock.as_ref().is_some_and(fits))
    }

    /// Takes a lock that was kept, if it is one of this project's: whoever
    /// chose the package's name shall not have us take, and then overwrite,
    /// another file of the user's.
    fn take_kept(&mut self, request: &Request, bytes: Vec<u8>) -> Result<(), Error> {
        let path = request.kept_lock.clone().unwrap_or_default();
        let rust = self.rust(request)?;
        let names = rust
            .modules
            .iter()
            .filter_map(|module| module.manifest.name.as_deref());
        let mut names = names.map(|name| format!("\nname = \"{name}\"\n"));
        let text = String::from_utf8_lossy(&bytes);
        if !is_cargos_lock(&bytes) || !names.any(|name| text.contains(&name)) {
            return Err(IoError::Exists { path }.into());
        }
        self.take_lock(request, bytes)
    }

    /// Puts a lock in the place of the source's, and reads all anew with it.
    fn take_lock(&mut self, request: &Request, bytes: Vec<u8>) -> Result<(), Error> {
        let path = join(&self.rust(request)?.cargo_root, "Cargo.lock");
        if self.files.bytes(&path) == Some(&bytes) {
            return Ok(());
        }
        // Another one may have been taken before.
        self.replaces_lock |= self.other_lock.is_none() && self.files.has(&path);
        self.files.insert(path, Some(bytes.clone()));
        let root = self.project.python_root.clone();
        let (project, python_minor) = read_project(&self.files, &root, request)?;
        self.project = project;
        self.target.python_minor = python_minor;
        self.other_lock = Some(bytes);
        Ok(())
    }

    fn read_source(request: &Request) -> Result<Self, Error> {
        let mut files = read_source(&request.path)?;
        if let Some(shown) = &request.locked.shown {
            files.rename(shown.clone());
        }
        if let (ProjectConfig::Trusted(_), true) = (&request.project_config, files.is_archive()) {
            let path = request.path.clone();
            return Err(IoError::NoProjectConfig { path }.into());
        }
        let first = request.locked.python_root.clone();
        let first = first.unwrap_or_else(|| Utf8PathBuf::from("."));
        let mut root = first.clone();
        // An unpacked sdist is built elsewhere, whatever lies above it here.
        let is_whole = request.locked.is_whole;
        let is_sdist = is_whole || files.is_archive() || files.has(Utf8Path::new("PKG-INFO"));
        let mut left = if is_sdist { 0 } else { MAX_WIDENINGS };
        loop {
            let result = read_project(&files, &root, request);
            let up = match &result {
                _ if left == 0 => None,
                Ok((project, _)) => reaches_above(&files, project)?,
                Err(ProjectError::Outside { up: Some(up), .. }) => Some((*up, false)),
                Err(_) => None,
            };
            let wider = match up {
                Some((up, is_workspace)) => folder_above(files.origin().into(), up, is_workspace)?,
                None => None,
            };
            let Some((folder, below)) = wider else {
                let (project, python_minor) = result?;
                return Ok(Self {
                    above: way_up(&root).filter(|_| root != first),
                    files,
                    project,
                    target: Target {
                        python_minor,
                        platforms: request.options.platforms(),
                    },
                    other_lock: None,
                    replaces_lock: false,
                });
            };
            root = if root == "." {
                below
            } else {
                below.join(&root)
            };
            files = read_around(&folder, &root)?;
            left -= 1;
        }
    }

    /// The folder that cargo builds in.
    pub(super) fn rust(&self, request: &Request) -> Result<&RustProject, ProjectError> {
        self.project
            .require_rust(&self.files, request.options.cargo_root())
    }
}

/// `../..` for `crates/python`.
fn way_up(root: &Utf8Path) -> Option<Utf8PathBuf> {
    (root != ".").then(|| root.components().map(|_| "..").collect())
}

/// Reads the project, for the Python that is asked for or the newest that it
/// allows, which is given too: it is known in full only when the lock was read.
fn read_project(
    files: &SourceFiles,
    root: &Utf8Path,
    request: &Request,
) -> Result<(Project, u8), ProjectError> {
    let first = request.options.python_minor().unwrap_or_else(|| {
        let toolchains = Toolchains::built_in();
        toolchains.newest_python(None, None)
    });
    let project = Project::read(files, root, first)?;
    let minor = python_minor(files, &project, request);
    if minor == first {
        return Ok((project, minor));
    }
    let project = Project::read(files, root, minor)?;
    let minor = python_minor(files, &project, request);
    Ok((project, minor))
}

fn python_minor(files: &SourceFiles, project: &Project, request: &Request) -> u8 {
    request.options.python_minor().unwrap_or_else(|| {
        let requires = project.requires_python(files);
        let rust = project.rust.first();
        let local = rust.and_then(|rust| LocalCrates::find(files, rust).ok());
        let pyo3 = rust
            .zip(local)
            .and_then(|(rust, local)| Pyo3::of(rust, &local));
        // With `abi3-py39` and its like, it never asks which Python is there.
        let pyo3 = pyo3
            .filter(|pyo3| !pyo3.has_abi3_version)
            .map(|pyo3| pyo3.version);
        Toolchains::built_in().newest_python(requires.as_deref(), pyo3.as_ref())
    })
}

/// How many folders above the source root cargo reads, and whether that is
/// for the workspace.
fn reaches_above(files: &SourceFiles, project: &Project) -> Result<Option<(usize, bool)>, Error> {
    for rust in &project.rust {
        if let Some(up) = workspace_above(files, rust)? {
            return Ok(Some((up, true)));
        }
        let local = LocalCrates::find(files, rust)?;
        let furthest = local.outside.iter().filter_map(|(_, up)| *up).max();
        if let Some(up) = furthest.filter(|up| *up > 0) {
            return Ok(Some((up, false)));
        }
    }
    Ok(None)
}

/// Looks above a folder for the workspace that its crate belongs to, where no
/// manifest below has a `[workspace]` of its own.
fn workspace_above(files: &SourceFiles, rust: &RustProject) -> Result<Option<usize>, Error> {
    let root = &rust.cargo_root;
    let manifest = CargoManifest::read(files, &join(root, "Cargo.toml"))?;
    if manifest.workspace.is_some() {
        return Ok(None);
    }
    Ok(find_above(
        files.origin().into(),
        root,
        |manifest, folder| {
            CargoManifest::parse(manifest).is_ok_and(|manifest| belongs_to(&manifest, folder))
        },
    )?)
}

/// Refuses manifests that cargo can't read.
fn require_readable(files: &SourceFiles, local: &LocalCrates) -> Result<(), Error> {
    let (place, broken) = (files.origin().to_owned(), local.broken());
    if broken.is_empty() {
        return Ok(());
    }
    Err(ProjectError::Broken { place, broken }.into())
}

/// Refuses a lock that no offline build can succeed with.
pub(super) fn require_fitting(files: &SourceFiles, rust: &RustProject) -> Result<LockState, Error> {
    let local = LocalCrates::find(files, rust)?;
    let state = rust.lock.as_ref().map(|lock| LockState::of(lock, &local));
    let state = state.unwrap_or_default();
    require_readable(files, &local)?;
    if state.lacking.is_empty() {
        return Ok(state);
    }
    let place = files.display(&join(&rust.cargo_root, "Cargo.lock"));
    let lacking = state.lacking;
    Err(ProjectError::StaleLock { place, lacking }.into())
}
