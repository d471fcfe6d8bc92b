//! Reads a project, including the folders above it that its Rust side needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::manifests::{checked_crates, require_readable};
use super::submodules::{explain, require_checked_out, require_crates};
use crate::error::Error;
use crate::io::cargo::generate_lock;
use crate::io::paths::{is_folder, join_below};
use crate::io::python_index::fetch_sdist;
use crate::io::search_up::find_cargo_workspace;
use crate::io::source::{Source, folder_above};
use crate::io::write::read_file;
use crate::io::{CrateStore, IoError, Session};
use crate::nix::normalized;
use crate::options::Options;
use crate::project::{
    BuildSettings, CargoLock, CargoManifest, LocalCrates, LockState, Project, ProjectError,
    PythonName, RustProject, SourceFiles, belongs_to, is_cargos_lock, join, require_name,
};
use crate::python::MATURIN_ARGUMENTS;
use crate::python_build::PackageSets;
use crate::python_index::Release;
use crate::target::Target;
use crate::warning::Warning;

/// A project to read, and how.
#[derive(Clone, Default)]
pub struct Request {
    /// The path of the folder or sdist.
    pub path: Utf8PathBuf,
    /// The options for the build and the stanza. Their `path` is the one above,
    /// unless the source was fetched.
    pub options: Options,
    /// The folder in which a generated lock is stored, if it is.
    pub lock_folder: Option<Utf8PathBuf>,
    /// The known hashes of git revisions.
    pub known_hashes: BTreeMap<String, String>,
    /// What a lock of Python packages says about the source.
    pub locked: Locked,
    /// What was noticed when the source was fetched.
    pub warnings: Vec<Warning>,
}

/// What a lock of Python packages says about a source.
#[derive(Debug, Clone, Default)]
pub struct Locked {
    /// Whether the source is complete: nothing above its folder belongs to
    /// it.
    pub is_whole: bool,
    /// The folder of the package in the source.
    pub python_root: Option<Utf8PathBuf>,
    /// The name of the source in messages, instead of its path.
    pub shown: Option<String>,
    /// The names of the lock's packages, which the package set has.
    pub names: Arc<BTreeSet<PythonName>>,
    /// The package set of each platform.
    pub sets: Option<Arc<PackageSets>>,
    /// The build system that uv2nix adds without a stanza.
    pub build_system: BTreeMap<PythonName, BTreeSet<String>>,
}

impl Request {
    /// Makes the request for a project from its options.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            path: options.input.path.clone().unwrap_or_else(|| ".".into()),
            options: options.clone(),
            ..Self::default()
        }
    }

    fn read_project(&self, files: &SourceFiles, root: &Utf8Path) -> Result<Project, ProjectError> {
        let options = &self.options;
        let mut env = options.extra.env.iter().flat_map(|env| &env.values);
        let arguments = env.find(|(name, _)| name.as_str() == MATURIN_ARGUMENTS);
        let arguments = arguments.and_then(|(_, value)| shlex::split(value));
        let settings = BuildSettings {
            python_minor: options.python_minor(),
            cargo_root: options.cargo_root().map(Utf8Path::to_owned),
            maturin_arguments: arguments.unwrap_or_default(),
        };
        Project::read_with(files, root, &settings)
    }

    /// Fetches the sdist if the request names a release or an address. The
    /// options have its hash then.
    ///
    /// # Errors
    /// Fails if it can't be fetched.
    pub fn fetched(mut self, session: &Session) -> Result<Self, Error> {
        let Some(release) = self.options.input.sdist.take() else {
            return Ok(self);
        };
        let fetched = fetch_sdist(&release, session)?;
        if let Some(reason) = fetched.yanked {
            let release = release.shown();
            self.warnings.push(Warning::YankedSdist { release, reason });
        }
        self.locked.is_whole = true;
        self.locked.shown = fetched.path.file_name().map(str::to_owned);
        self.path = fetched.path;
        self.options.input.sdist = Some(Release {
            hash: Some(fetched.hash),
            ..release
        });
        Ok(self)
    }

    /// Whether cargo makes or updates a lock that doesn't fit.
    pub(super) fn generates_lock(&self) -> bool {
        self.options.generate.generate_lock.unwrap_or_default()
    }

    /// Returns the crates for the project. The Cargo configuration of a source
    /// that a lock names never counts, since it isn't the user's.
    pub(super) fn crates(&self, session: &Session) -> Arc<CrateStore> {
        if self.locked.is_whole {
            return session.user_crates();
        }
        session.crates(&self.path)
    }
}

/// A project that was read.
pub(super) struct Loaded {
    /// The source that it was read from.
    pub source: Arc<Source>,
    /// The source's files, with the lock that is used.
    pub files: Arc<SourceFiles>,
    pub project: Project,
    pub target: Target,
    /// The path up from the Python root to the source root. `None` if they are
    /// the same folder.
    pub above: Option<Utf8PathBuf>,
    /// The path at which a generated lock is stored.
    pub kept_lock: Option<Utf8PathBuf>,
    /// The lock, if it isn't the one in the source.
    pub other_lock: Option<Vec<u8>>,
    /// Whether the source has a lock that `other_lock` replaces.
    pub replaces_lock: bool,
    /// The one of several Cargo roots that the requested lock belongs to.
    root_of_lock: Option<Utf8PathBuf>,
    /// What was noticed when the source was fetched.
    pub warnings: Vec<Warning>,
}

/// Programs whose own locks are named NAME.lock.
const OTHERS_LOCKS: [&str; 8] = [
    "bun", "cargo", "flake", "pdm", "pixi", "poetry", "pipfile", "uv",
];

/// Limit on reading again from further up, for the workspace and what it names.
const MAX_WIDENINGS: usize = 4;

impl Loaded {
    /// Reads a project with the lock that the request asks for.
    pub(super) fn read(request: &Request, session: &Session) -> Result<Self, Error> {
        let is_whole = request.locked.is_whole;
        if !is_whole {
            require_checked_out(&request.path)?;
        }
        let mut loaded =
            Self::read_source(request, session).map_err(|error| explain(error, &request.path))?;
        if !is_whole {
            require_crates(&loaded.files, &loaded.project)?;
        }
        if let (Some(folder), true) = (&request.lock_folder, request.generates_lock()) {
            let name = lock_name(&loaded, loaded.rust(request)?)?;
            loaded.kept_lock = Some(join_below(folder, &name));
        }
        if let Some(path) = request.options.cargo_lock() {
            let bytes =
                read_file(path)?.ok_or_else(|| IoError::NoLockFile { path: path.into() })?;
            loaded.find_root_of_lock(request, path, &bytes);
            loaded.take_lock(request, bytes)?;
        }
        if request.generates_lock() && !loaded.has_fitting_lock(request)? {
            // A lock that was stored before is used again.
            let kept = loaded.kept_lock.as_deref().map(read_file).transpose()?;
            if let Some(bytes) = kept.flatten() {
                loaded.take_kept(request, bytes)?;
            }
            if !loaded.has_fitting_lock(request)? {
                let rust = loaded.rust(request)?;
                let local = checked_crates(&loaded.files, rust, &request.options, session)?;
                require_readable(&loaded.files, &loaded.project.python_root, &local)?;
                let crates = session.user_crates();
                let bytes = generate_lock(&loaded.files, rust, &local, &crates)?;
                loaded.take_lock(request, bytes)?;
            }
        }
        Ok(loaded)
    }

    /// Keeps the one of several Cargo roots that a lock belongs to: the one of its
    /// folder, otherwise the only one whose crates it has.
    fn find_root_of_lock(&mut self, request: &Request, path: &Utf8Path, lock: &[u8]) {
        let roots = &self.project.rust;
        if roots.len() < 2 || request.options.cargo_root().is_some() {
            return;
        }
        let text = String::from_utf8_lossy(lock);
        let is_beside = |rust: &&RustProject| {
            let beside = self.files.display(&join(&rust.cargo_root, "Cargo.lock"));
            normalized(Utf8Path::new(&beside)) == normalized(path)
        };
        let has_crates = |rust: &&RustProject| {
            let names = rust.modules.iter().map(|module| &module.manifest.name);
            let mut lines = names.flatten().map(|name| format!("\nname = \"{name}\"\n"));
            lines.all(|line| text.contains(&line))
        };
        let fitting: Vec<_> = roots.iter().filter(has_crates).collect();
        let ((Some(chosen), _) | (None, &[chosen])) = (roots.iter().find(is_beside), &fitting[..])
        else {
            return;
        };
        self.root_of_lock = Some(chosen.cargo_root.clone());
    }

    fn has_fitting_lock(&self, request: &Request) -> Result<bool, Error> {
        let rust = self.rust(request)?;
        let local = LocalCrates::find(&self.files, rust)?;
        let fits = |lock| LockState::compare(lock, &local) == LockState::default();
        Ok(rust.cargo_lock.as_ref().is_some_and(fits))
    }

    /// Uses a stored lock if it is a lock of this project. The check prevents
    /// a package from choosing a name that makes this program read, and then
    /// overwrite, another of the user's files.
    fn take_kept(&mut self, request: &Request, bytes: Vec<u8>) -> Result<(), Error> {
        let path = self.kept_lock.clone().unwrap_or_default();
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

    /// Replaces the source's lock, and reads the project again with it.
    fn take_lock(&mut self, request: &Request, bytes: Vec<u8>) -> Result<(), Error> {
        let path = join(&self.rust(request)?.cargo_root, "Cargo.lock");
        if self.files.bytes(&path) == Some(&bytes) {
            return Ok(());
        }
        // The lock may have been replaced before.
        self.replaces_lock |= self.other_lock.is_none() && self.files.has(&path);
        Arc::make_mut(&mut self.files).insert(path, Some(bytes.clone()));
        let root = self.project.python_root.clone();
        self.project = request.read_project(&self.files, &root)?;
        self.target.python_minor = self.project.python_minor;
        self.other_lock = Some(bytes);
        Ok(())
    }

    fn read_source(request: &Request, session: &Session) -> Result<Self, Error> {
        let mut source = match &request.locked.python_root {
            Some(root) if is_folder(&request.path) => session.source_around(&request.path, root)?,
            _ => session.source(&request.path)?,
        };
        let mut files = source.files()?;
        if let Some(shown) = &request.locked.shown {
            Arc::make_mut(&mut files).rename(shown.clone());
        }
        if session.trusts_project_config() && files.is_archive() {
            let path = request.path.clone();
            return Err(IoError::NoProjectConfig { path }.into());
        }
        let first = request.locked.python_root.clone();
        let first = first.unwrap_or_else(|| Utf8PathBuf::from("."));
        let mut root = first.clone();
        // An unpacked sdist doesn't belong to the folders above it.
        let is_whole = request.locked.is_whole;
        let is_sdist = is_whole || files.is_archive() || files.has(Utf8Path::new("PKG-INFO"));
        let mut left = if is_sdist { 0 } else { MAX_WIDENINGS };
        loop {
            let result = request.read_project(&files, &root);
            let up = match &result {
                _ if left == 0 => None,
                Ok(project) => reaches_above(&files, project)?,
                Err(ProjectError::Outside { up: Some(up), .. }) => Some((*up, false)),
                Err(_) => None,
            };
            let wider = match up {
                Some((up, is_workspace)) => folder_above(files.origin().into(), up, is_workspace)?,
                None => None,
            };
            let Some((folder, below)) = wider else {
                let project = result?;
                return Ok(Self {
                    warnings: request.warnings.clone(),
                    above: way_up(&root).filter(|_| root != first),
                    source,
                    files,
                    target: Target {
                        python_minor: project.python_minor,
                        platforms: request.options.platforms(),
                    },
                    project,
                    kept_lock: None,
                    other_lock: None,
                    replaces_lock: false,
                    root_of_lock: None,
                });
            };
            root = if root == "." {
                below
            } else {
                below.join(&root)
            };
            source = session.source_around(&folder, &root)?;
            files = source.files()?;
            left -= 1;
        }
    }

    /// Returns the folder that cargo builds in.
    pub(super) fn rust(&self, request: &Request) -> Result<&RustProject, ProjectError> {
        let root = self.chosen_root(request);
        self.project.require_rust(&self.files, root)
    }

    /// Returns the Cargo root that `--cargo-root` names, or that the requested
    /// lock belongs to if there are several.
    pub(super) fn chosen_root<'a>(&'a self, request: &'a Request) -> Option<&'a Utf8Path> {
        let named = request.options.cargo_root();
        named.or(self.root_of_lock.as_deref())
    }
}

/// Returns the path up from a root, such as `../..` for `crates/python`.
fn way_up(root: &Utf8Path) -> Option<Utf8PathBuf> {
    (root != ".").then(|| root.components().map(|_| "..").collect())
}

/// Returns the name of the file for a generated lock: that of the package, and
/// of the root if there are several.
pub(super) fn lock_name(loaded: &Loaded, rust: &RustProject) -> Result<String, ProjectError> {
    let project = &loaded.project;
    let name = &project.identity.name;
    require_name(name, loaded.files.origin())?;
    let root = rust.cargo_root.as_str();
    let is_plain = |c: char| c.is_ascii_alphanumeric();
    let words: Vec<_> = root
        .split(|c| !is_plain(c))
        .filter(|word| !word.is_empty())
        .collect();
    Ok(match (&project.rust[..], &words[..]) {
        ([_], _) | (_, []) if OTHERS_LOCKS.contains(&name.as_str()) => {
            format!("{name}-cargo.lock")
        }
        ([_], _) | (_, []) => format!("{name}.lock"),
        (_, words) => format!("{name}-{}.lock", words.join("-")),
    })
}

/// Returns how many folders above the source root cargo reads, and whether that
/// is for the workspace.
fn reaches_above(files: &SourceFiles, project: &Project) -> Result<Option<(usize, bool)>, Error> {
    for rust in &project.rust {
        if let Some(up) = workspace_above(files, rust)? {
            return Ok(Some((up, true)));
        }
        let local = LocalCrates::find(files, rust)?;
        if let Some(up) = local.levels_above().filter(|up| *up > 0) {
            return Ok(Some((up, false)));
        }
    }
    Ok(None)
}

/// Looks above a folder for the workspace that its crate belongs to, unless a
/// manifest below has a `[workspace]` table.
fn workspace_above(files: &SourceFiles, rust: &RustProject) -> Result<Option<usize>, Error> {
    let root = &rust.cargo_root;
    let manifest = files.manifest(&join(root, "Cargo.toml"))?;
    if manifest.workspace.is_some() {
        return Ok(None);
    }
    Ok(find_cargo_workspace(
        files.origin().into(),
        root,
        |manifest, folder| {
            CargoManifest::parse(manifest).is_ok_and(|manifest| belongs_to(&manifest, folder))
        },
    )?)
}

/// Returns the `Cargo.lock` of a project. Manifests that cargo can't read are
/// reported before a missing `Cargo.lock`: cargo couldn't generate one from
/// them.
///
/// # Errors
/// Fails if the project has no `Cargo.lock`.
pub(super) fn require_lock<'a>(
    loaded: &Loaded,
    rust: &'a RustProject,
    request: &Request,
    session: &Session,
) -> Result<&'a CargoLock, Error> {
    if rust.cargo_lock.is_none() {
        let local = checked_crates(&loaded.files, rust, &request.options, session)?;
        require_readable(&loaded.files, &loaded.project.python_root, &local)?;
    }
    Ok(rust.require_cargo_lock(&loaded.files)?)
}

/// Refuses a lock with which every offline build fails.
pub(super) fn require_fitting(
    loaded: &Loaded,
    rust: &RustProject,
    request: &Request,
    session: &Session,
) -> Result<LockState, Error> {
    let local = checked_crates(&loaded.files, rust, &request.options, session)?;
    let lock = rust.cargo_lock.as_ref();
    let state = lock.map(|lock| LockState::compare(lock, &local));
    let state = state.unwrap_or_default();
    require_readable(&loaded.files, &loaded.project.python_root, &local)?;
    if state.lacking.is_empty() {
        return Ok(state);
    }
    let place = loaded.files.display(&join(&rust.cargo_root, "Cargo.lock"));
    let lacking = state.lacking;
    Err(ProjectError::StaleLock { place, lacking }.into())
}
