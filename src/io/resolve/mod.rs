//! Has cargo resolve the crates of a lock, offline, in a scratch folder.
//!
//! The folder has the manifests of the project's own crates that lead to the
//! module, and a directory source with skeletons of the others. No crate is
//! unpacked as a whole, and no code of a crate is run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Metadata;
use fs_err as fs;
use toml::{Table, Value};

use self::crates::{Defaults, ReachedCrates, StandIns, registry_skeletons, stand_in_reason};
use self::git::add_git_skeletons;
use self::sources::Sources;
use super::cargo::{cargo_command, safe_folder, sentence};
use super::skeleton::{Skeleton, write_manifest};
use super::{CrateStore, GitStore, IoError, Progress};
use crate::io::temporary;
use crate::native::trimmed_manifest::{TrimRules, trim_manifest, workspace_resolver};
use crate::native::{CrateGraph, Resolver, SourceFacts, SourceFactsByCrate};
use crate::project::{
    CargoLock, CrateSource, LocalCrates, LockedCrate, RustProject, SourceFiles,
    find_workspace_root, join, relative_path,
};
use crate::toml_text::parse_manifest;

mod crates;
mod git;
mod git_vendor;
mod platform;
mod sources;

pub use git_vendor::vendored_git_crates;
pub use platform::needed_on;

/// What is resolved.
#[derive(Clone, Copy)]
pub struct ResolveRequest<'a> {
    pub files: &'a SourceFiles,
    pub project: &'a RustProject,
    pub local: &'a LocalCrates,
    pub lock: &'a CargoLock,
    /// The places in the lock that can be reached from the modules' crates.
    pub reached: &'a BTreeSet<usize>,
    pub git: &'a GitStore,
}

/// The result of [`resolve`].
#[derive(Debug)]
pub struct Resolved {
    /// What cargo resolved, or why it didn't.
    pub graph: Result<CrateGraph, String>,
    /// By name and version.
    pub digests: SourceFactsByCrate,
    /// Why the lock's edges stand in for some crates, if they do.
    pub stand_ins: Option<String>,
    /// Messages about crates from git that need files outside of their folders.
    pub reaching_out: Vec<String>,
}

impl Resolved {
    #[must_use]
    pub const fn not(reason: String) -> Self {
        Self {
            graph: Err(reason),
            digests: SourceFactsByCrate::new(),
            stand_ins: None,
            reaching_out: Vec::new(),
        }
    }
}

/// Has cargo resolve what the modules may need.
///
/// # Errors
/// Fails if a crate is damaged or isn't what the lock says, or if the disk
/// fails. A crate that can't be fetched isn't an error: [`Resolved::graph`] and
/// [`Resolved::stand_ins`] say why.
pub fn resolve(
    request: ResolveRequest,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<Resolved, IoError> {
    let mut resolved = Resolved::not(String::new());
    let cache = match safe_folder(request.files.origin().as_ref(), store) {
        Ok(folder) => folder,
        Err(error) => {
            resolved.graph = Err(error.to_string());
            return Ok(resolved);
        }
    };
    let scratch = temporary::folder_in(&cache, "scratch-")?;
    let ReachedCrates {
        skeletons,
        missing,
        reaching_out,
    } = skeletons(request, store, scratch.path(), progress)?;
    resolved.reaching_out = reaching_out;
    if skeletons.is_empty() && !missing.is_empty() {
        let reason = missing.into_values().next().unwrap_or_default();
        resolved.graph = Err(reason);
        resolved.digests = digests(request, skeletons);
        return Ok(resolved);
    }
    let mut sources = Sources::new(scratch.path(), request.lock);
    for (&place, skeleton) in &skeletons {
        link(&skeleton.folder, &sources.folder(place)?)?;
    }
    let unification = write_source(request, &scratch.path().join("source"))?;
    let places: Vec<_> = missing.keys().copied().collect();
    let stand_ins = StandIns::new(request, &skeletons, &places)?;
    stand_ins.write(Defaults::Likely, &mut sources)?;
    sources.write_home(scratch.path(), &registry_names(request))?;
    let mut graph = run(request, scratch.path(), unification);
    if graph.is_err() && !missing.is_empty() {
        // The guess of their features asks for more than the lock has.
        stand_ins.write(Defaults::None, &mut sources)?;
        graph = run(request, scratch.path(), unification);
    }
    drop(stand_ins);
    resolved.digests = digests(request, skeletons);
    resolved.graph = graph.map(|graph| {
        let names = missing
            .keys()
            .map(|&place| key(&request.lock.crates[place]));
        graph.with_placeholders(&names.collect())
    });
    resolved.stand_ins = stand_in_reason(request.lock, &missing);
    Ok(resolved)
}

/// Reads the crates without asking cargo, for this reason.
///
/// # Errors
/// See [`resolve`].
pub fn read_alone(
    request: ResolveRequest,
    reason: String,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<Resolved, IoError> {
    let mut resolved = Resolved::not(reason);
    let scratch = temporary::folder()?;
    let found = skeletons(request, store, scratch.path(), progress)?;
    resolved.reaching_out = found.reaching_out;
    resolved.digests = digests(request, found.skeletons);
    Ok(resolved)
}

/// Reads the crates that are reached.
fn skeletons(
    request: ResolveRequest,
    store: &CrateStore,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<ReachedCrates, IoError> {
    let mut found = registry_skeletons(request, store, scratch, progress)?;
    add_git_skeletons(request, progress, &mut found)?;
    Ok(found)
}

fn digests(request: ResolveRequest, skeletons: BTreeMap<usize, Skeleton>) -> SourceFactsByCrate {
    let skeletons = skeletons.into_iter();
    let others =
        skeletons.map(|(place, skeleton)| (key(&request.lock.crates[place]), skeleton.digest));
    local_digests(request).into_iter().chain(others).collect()
}

fn key(krate: &LockedCrate) -> (String, String) {
    (krate.name.to_string(), krate.version.to_string())
}

/// Links to a folder, or copies it where there are no links.
fn link(from: &Path, to: &Path) -> Result<(), IoError> {
    #[cfg(unix)]
    fs_err::os::unix::fs::symlink(from, to)?;
    #[cfg(not(unix))]
    for entry in walkdir::WalkDir::new(from).into_iter().flatten() {
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Returns the project's own crates that are reached: folder and name.
fn own_crates(request: ResolveRequest<'_>) -> impl Iterator<Item = (&Utf8Path, String)> {
    let names: BTreeSet<_> = request
        .reached
        .iter()
        .map(|&place| &request.lock.crates[place])
        .filter(|krate| krate.source == CrateSource::Local)
        .map(|krate| krate.name.as_str())
        .collect();
    let crates = request.local.crates.iter();
    crates.filter_map(move |(folder, krate)| {
        let name = krate.manifest.name.as_deref()?;
        names
            .contains(name)
            .then(|| (folder.as_path(), name.to_owned()))
    })
}

/// Returns the paths of a crate's files, relative to its folder.
fn paths_in<'a>(
    files: &'a SourceFiles,
    folder: &'a Utf8Path,
) -> impl Iterator<Item = &'a Utf8Path> {
    files.paths().filter_map(move |path| {
        if folder == "." {
            return Some(path);
        }
        path.strip_prefix(folder).ok()
    })
}

fn local_digests(request: ResolveRequest) -> Vec<((String, String), SourceFacts)> {
    own_crates(request)
        .map(|(folder, name)| {
            let text = |path: &Utf8Path| {
                let text = request.files.text(&join(folder, path.as_str())).ok()??;
                Some((path.to_string(), text.to_owned()))
            };
            let rust =
                paths_in(request.files, folder).filter(|path| path.extension() == Some("rs"));
            let texts = rust.filter_map(text).collect();
            let manifest = request.files.text(&join(folder, "Cargo.toml"));
            let digest = SourceFacts::new(manifest.ok().flatten().unwrap_or_default(), &texts);
            let version = request.local.crates[folder]
                .version
                .clone()
                .unwrap_or_default();
            ((name, version), digest)
        })
        .collect()
}

/// Returns the names that manifests use for registries, with their indexes from
/// the lock: the user's configuration may not know them.
fn registry_names(request: ResolveRequest) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let own = request.local.crates.keys().map(Utf8PathBuf::as_path);
    for folder in own.chain([request.project.cargo_root.as_path()]) {
        let mut open = vec![manifest_in(request.files, folder)];
        while let Some(table) = open.pop() {
            for (key, value) in table {
                let Value::Table(value) = value else {
                    continue;
                };
                if let Some(name) = value.get("registry").and_then(Value::as_str) {
                    let package = value.get("package").and_then(Value::as_str);
                    let index = index_of(request.lock, package.unwrap_or(&key));
                    names.extend(index.map(|index| (name.to_owned(), index)));
                }
                open.push(value);
            }
        }
    }
    names
}

fn index_of(lock: &CargoLock, name: &str) -> Option<String> {
    let mut crates = lock
        .crates
        .iter()
        .filter(|krate| krate.name.as_str() == name);
    crates.find_map(|krate| match &krate.source {
        CrateSource::Registry(registry) => Some(registry.url().to_owned()),
        _ => None,
    })
}

fn manifest_in(files: &SourceFiles, folder: &Utf8Path) -> Table {
    let text = files.text(&join(folder, "Cargo.toml"));
    let text = text.ok().flatten().unwrap_or_default();
    parse_manifest(text).unwrap_or_default()
}

/// Writes the lock, and the manifests that lead to the modules.
fn write_source(request: ResolveRequest, to: &Path) -> Result<Resolver, IoError> {
    let root = &request.project.cargo_root;
    let manifest = |folder: &Utf8Path| manifest_in(request.files, folder);
    let resolver = workspace_resolver(&manifest(root));
    let modules: BTreeSet<_> = modules(request.project).collect();
    let own: BTreeMap<_, _> = own_crates(request).collect();
    let workspaces = workspaces(request, &modules, &own);
    let patches = request.local.patched.iter();
    let patches = patches.filter(|name| own.values().any(|own| own == *name));
    let is_git =
        |place: &&usize| matches!(request.lock.crates[**place].source, CrateSource::Git(_));
    let from_git = request.reached.iter().filter(is_git);
    let from_git = from_git.map(|&place| request.lock.crates[place].name.to_string());
    let patches: BTreeSet<_> = patches.cloned().chain(from_git).collect();
    let folders = own.keys().copied();
    let folders: BTreeSet<_> = folders
        .chain(workspaces.keys().map(Utf8PathBuf::as_path))
        .collect();
    for folder in folders {
        let rules = TrimRules {
            keeps_dev_dependencies: resolver == Resolver::V1 && modules.contains(folder),
            keeps_package: own.contains_key(folder),
        };
        let members = workspaces.get(folder).map(Vec::as_slice);
        let text = trim_manifest(manifest(folder), rules, members, &patches).to_string();
        let paths = paths_in(request.files, folder).map(Utf8Path::as_str);
        write_manifest(&scratch_folder(to, folder), &text, paths)?;
    }
    fs::write(
        scratch_folder(to, root).join("Cargo.lock"),
        &request.lock.bytes,
    )?;
    Ok(resolver)
}

/// Returns the roots of the workspaces that the crates belong to or inherit
/// from, each with the members that matter.
fn workspaces(
    request: ResolveRequest,
    modules: &BTreeSet<Utf8PathBuf>,
    own: &BTreeMap<&Utf8Path, String>,
) -> BTreeMap<Utf8PathBuf, Vec<String>> {
    let root = &request.project.cargo_root;
    let mut workspaces = BTreeMap::from([(root.clone(), Vec::new())]);
    for &folder in own.keys() {
        let manifest = join(folder, "Cargo.toml");
        let Ok(above) = find_workspace_root(request.files, &manifest) else {
            continue;
        };
        let members = workspaces.entry(above.clone()).or_default();
        // Path dependencies of a member are members without being named.
        if above != folder && (above != *root || modules.contains(folder)) {
            members.push(relative_path(folder, &above).to_string());
        }
    }
    workspaces
}

/// Returns the folders of the modules' crates.
fn modules(project: &RustProject) -> impl Iterator<Item = Utf8PathBuf> {
    project.modules.iter().map(|module| {
        let folder = module.build.manifest.parent().unwrap_or(Utf8Path::new(""));
        if folder == "" {
            ".".into()
        } else {
            folder.to_owned()
        }
    })
}

/// Returns where a folder of the source is in the scratch folder.
fn scratch_folder(source: &Path, folder: &Utf8Path) -> PathBuf {
    if folder == "." {
        source.to_owned()
    } else {
        source.join(folder)
    }
}

/// Runs `cargo metadata`: with all features, so that the result also has what
/// isn't built. If these need more than the lock has, it runs with the module's
/// features.
fn run(request: ResolveRequest, scratch: &Path, resolver: Resolver) -> Result<CrateGraph, String> {
    let Some(module) = request.project.modules.first() else {
        return Err("no module crate was found".to_owned());
    };
    let manifest = scratch.join("source").join(&module.build.manifest);
    let options = &module.build.options;
    let mut features = Vec::new();
    for feature in &options.features {
        features.extend(["--features", feature]);
    }
    if options.no_default_features {
        features.push("--no-default-features");
    }
    let metadata = run_metadata(scratch, &manifest, &["--all-features"])
        .or_else(|error| {
            if options.all_features {
                return Err(error);
            }
            run_metadata(scratch, &manifest, &features)
        })
        .map_err(|error| error.to_string())?;
    let source = scratch.join("source").display().to_string();
    Ok(CrateGraph::new(&metadata, &source, resolver))
}

/// Why cargo doesn't say what the crates depend on.
enum MetadataError {
    /// Cargo can't be run.
    NoCargo(std::io::Error),
    /// Cargo can't read the crates.
    Failed(String),
}

impl std::fmt::Display for MetadataError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::NoCargo(error) => write!(f, "failed to run cargo: {error}"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl From<MetadataError> for IoError {
    fn from(error: MetadataError) -> Self {
        match error {
            MetadataError::NoCargo(error) => Self::NoCargo {
                message: error.to_string(),
            },
            MetadataError::Failed(message) => Self::CargoFailed { message },
        }
    }
}

fn run_metadata(
    scratch: &Path,
    manifest: &Path,
    features: &[&str],
) -> Result<Metadata, MetadataError> {
    let mut cargo = cargo_command(&scratch.join("home"), scratch);
    cargo
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(["--color", "never", "--manifest-path"])
        .arg(manifest)
        .args(features);
    let output = cargo.output().map_err(MetadataError::NoCargo)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(MetadataError::Failed(sentence(&text, scratch)));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| MetadataError::Failed(format!("failed to parse cargo's output: {error}")))
}
