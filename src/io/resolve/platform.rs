//! Which crates of a lock are needed to build on some platforms.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cache::Stage;
use super::super::cargo::{safe_folder, write_skeleton};
use super::super::{CrateStore, IoError, Progress};
use super::crates::{Defaults, StandIns};
use super::sources::Sources;
use super::{ResolveRequest, link, registry_names, run_metadata, skeletons};
use crate::hash::Sha256;
use crate::io::temporary;
use crate::project::join;
use crate::target::Platform;
use cargo_metadata::{DependencyKind, Metadata};

/// The places of needed crates in a lock.
const NEEDED: Stage<BTreeSet<usize>> = Stage::json("needed-1", ".json");

/// Returns the places in the lock of the crates that are needed to build the
/// workspace on these platforms with any features, without those that only
/// tests need.
///
/// # Errors
/// Fails if crates can't be fetched, or cargo can't resolve them.
pub fn needed_on(
    platforms: &BTreeSet<Platform>,
    request: ResolveRequest,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<BTreeSet<usize>, IoError> {
    let key = key(platforms, request);
    if let Some(known) = known(&key, request, store) {
        return Ok(known);
    }
    let cache = safe_folder(request.files.origin().as_ref(), store)?;
    let scratch = temporary::folder_in(&cache, "scratch-")?;
    let found = skeletons(request, store, scratch.path(), progress)?;
    let mut sources = Sources::new(scratch.path(), request.lock);
    for (&place, skeleton) in &found.skeletons {
        link(&skeleton.folder, &sources.folder(place)?)?;
    }
    let places: Vec<_> = found.missing.keys().copied().collect();
    let stand_ins = StandIns::new(request, &found.skeletons, &places)?;
    stand_ins.write(Defaults::Likely, &mut sources)?;
    sources.write_home(scratch.path(), &registry_names(request))?;
    let source = scratch.path().join("source");
    write_skeleton(request.files, request.project, request.local, &source)?;
    let manifest = source.join(join(&request.project.cargo_root, "Cargo.toml"));
    let mut needed: BTreeSet<usize> = places.into_iter().collect();
    for platform in platforms {
        let options = ["--all-features", "--filter-platform", platform.triple()];
        let metadata = run_metadata(scratch.path(), &manifest, &options)?;
        needed.extend(places_of(&metadata, request));
    }
    if found.missing.is_empty() {
        store.cache().put(&NEEDED, &key, &needed)?;
    }
    Ok(needed)
}

/// The digest of all that decides which crates are needed: the lock, the
/// manifests, the platforms.
fn key(platforms: &BTreeSet<Platform>, request: ResolveRequest) -> Sha256 {
    let mut text = Vec::new();
    let mut add = |bytes: &[u8]| {
        text.extend(bytes.len().to_le_bytes());
        text.extend(bytes);
    };
    for platform in platforms {
        add(platform.triple().as_bytes());
    }
    add(request.project.cargo_root.as_str().as_bytes());
    add(&request.lock.bytes);
    let manifests = request.files.paths();
    for path in manifests.filter(|path| path.file_name() == Some("Cargo.toml")) {
        add(path.as_str().as_bytes());
        add(request.files.bytes(path).unwrap_or_default());
    }
    Sha256::of(&text)
}

fn known(key: &Sha256, request: ResolveRequest, store: &CrateStore) -> Option<BTreeSet<usize>> {
    let places = store.cache().get(&NEEDED, key)?;
    let is_there = |&place: &usize| place < request.lock.crates.len();
    places.iter().all(is_there).then_some(places)
}

/// Returns the places in the lock of the crates that cargo resolved. If several
/// have the same name and version, all of them count.
fn places_of(metadata: &Metadata, request: ResolveRequest) -> BTreeSet<usize> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: BTreeMap<_, _> = nodes.map(|node| (&node.id, node)).collect();
    let mut open: Vec<_> = metadata.workspace_members.iter().collect();
    let mut ids = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !ids.insert(id) {
            continue;
        }
        let dependencies = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        let for_builds = dependencies.filter(|dependency| {
            let kinds = &mut dependency.dep_kinds.iter();
            kinds.any(|kind| kind.kind != DependencyKind::Development)
        });
        open.extend(for_builds.map(|dependency| &dependency.pkg));
    }
    let built = metadata
        .packages
        .iter()
        .filter(|package| ids.contains(&package.id));
    let names: BTreeSet<_> = built
        .map(|package| (package.name.as_str(), &package.version))
        .collect();
    let crates = request.lock.crates.iter().enumerate();
    crates
        .filter(|(_, krate)| names.contains(&(krate.name.as_str(), &krate.version)))
        .map(|(place, _)| place)
        .collect()
}
