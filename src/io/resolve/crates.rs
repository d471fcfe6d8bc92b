//! The crates that cargo sees: skeletons, and stand-ins for those that can't be
//! fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use camino::Utf8PathBuf;
use fs_err as fs;
use toml::Table;

use super::super::skeleton::{Skeleton, write_manifest};
use super::super::{CrateStore, IoError, Progress, in_order};
use super::sources::Sources;
use super::{ResolveRequest, manifest_in};
use crate::io::read::read_string;
use crate::native::placeholder_manifest::{
    FeatureRequests, can_have_default_features, collect_feature_requests, placeholder_manifest,
};
use crate::project::{CargoLock, CrateSource, RegistrySource};
use crate::toml_text::parse_manifest;
use crate::vendor::checksum_json::{CHECKSUM_FILE, ChecksumFile};

/// Enough to keep a slow network busy.
const THREADS: usize = 16;

/// The crates that are reached, as far as they can be fetched.
#[derive(Default)]
pub(super) struct ReachedCrates {
    /// By their places in the lock.
    pub skeletons: BTreeMap<usize, Skeleton>,
    /// Why other crates can't be fetched, likewise.
    pub missing: BTreeMap<usize, String>,
    /// Messages about crates from git that need files outside of their folders.
    pub reaching_out: Vec<String>,
}

/// Reads the crates of registries that are reached.
pub(super) fn registry_skeletons(
    request: ResolveRequest,
    store: &CrateStore,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<ReachedCrates, IoError> {
    let (mut crates, mut missing) = (Vec::new(), BTreeMap::new());
    for &place in request.reached {
        let krate = &request.lock.crates[place];
        let reason = match &krate.source {
            CrateSource::Local | CrateSource::Git(_) => continue,
            CrateSource::CratesIo(checksum)
            | CrateSource::Registry(RegistrySource { checksum, .. }) => match checksum {
                Some(checksum) => {
                    crates.push((place, *checksum));
                    continue;
                }
                None => "has no checksum in `Cargo.lock`",
            },
        };
        missing.insert(place, reason.to_owned());
    }
    progress.start("Reading", crates.len() as u64);
    // If crates.io can't be reached there is no network, and no other crate can
    // be fetched either.
    let caches_alone = OnceLock::new();
    let found = in_order(
        &crates,
        THREADS,
        |(place, checksum)| {
            let krate = &request.lock.crates[*place];
            progress.begin(krate.name.as_str());
            let store = caches_alone.get().unwrap_or(store);
            let skeleton = Skeleton::of(krate, checksum, store, scratch);
            let is_crates_io = matches!(krate.source, CrateSource::CratesIo(_));
            if is_crates_io && matches!(skeleton, Err(IoError::Download { .. })) {
                caches_alone.get_or_init(|| store.offline());
            }
            progress.step(krate.name.as_str());
            skeleton
        },
        |results| {
            let mut found = BTreeMap::new();
            for ((place, _), result) in crates.iter().zip(results) {
                match result {
                    Ok(skeleton) => {
                        found.insert(*place, skeleton);
                    }
                    Err(error) if error.is_absence() => {
                        missing.insert(*place, error.to_string());
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        },
    );
    progress.finish();
    Ok(ReachedCrates {
        skeletons: found?,
        missing,
        ..ReachedCrates::default()
    })
}

/// Says for which crates the lock stands in, and why.
pub(super) fn stand_in_reason(
    lock: &CargoLock,
    missing: &BTreeMap<usize, String>,
) -> Option<String> {
    const TOLD: usize = 5;
    let labels = missing.iter().take(TOLD).map(|(&place, reason)| {
        let krate = &lock.crates[place];
        let label = format!("{} {}", krate.name, krate.version);
        // Errors name the crate themselves.
        if reason.contains(&label) {
            reason.clone()
        } else {
            format!("{label} {reason}")
        }
    });
    let mut text = labels.collect::<Vec<_>>().join("; ");
    if missing.len() > TOLD {
        let _ = write!(text, "; and {} more", missing.len() - TOLD);
    }
    (!missing.is_empty()).then_some(text)
}

/// Whether a crate has its default features if nothing is known to ask for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defaults {
    /// It has them if the lock has what they need.
    Likely,
    /// It doesn't have them.
    None,
}

/// Manifests for the crates that can't be fetched.
pub(super) struct StandIns<'a> {
    lock: &'a CargoLock,
    places: &'a [usize],
    requests: FeatureRequests,
    manifests: BTreeMap<usize, Table>,
}

impl<'a> StandIns<'a> {
    pub(super) fn new(
        request: ResolveRequest<'a>,
        skeletons: &BTreeMap<usize, Skeleton>,
        places: &'a [usize],
    ) -> Result<Self, IoError> {
        let mut stand_ins = Self {
            lock: request.lock,
            places,
            requests: FeatureRequests::new(),
            manifests: BTreeMap::new(),
        };
        if places.is_empty() {
            return Ok(stand_ins);
        }
        for (&place, skeleton) in skeletons {
            let text = read_string(skeleton.folder.join("Cargo.toml"))?;
            let table: Table = parse_manifest(&text).unwrap_or_default();
            collect_feature_requests(&table, &mut stand_ins.requests);
            stand_ins.manifests.insert(place, table);
        }
        let own = request.local.crates.keys().map(Utf8PathBuf::as_path);
        for folder in own.chain([request.project.cargo_root.as_path()]) {
            collect_feature_requests(&manifest_in(request.files, folder), &mut stand_ins.requests);
        }
        Ok(stand_ins)
    }

    fn may_be_default(&self, place: usize) -> bool {
        let crates = self.lock.crates[place].dependencies.iter();
        let names = crates.map(|&to| self.lock.crates[to].name.as_str());
        let manifest = self.manifests.get(&place);
        manifest.is_none_or(|manifest| can_have_default_features(manifest, &names.collect()))
    }

    pub(super) fn write(&self, defaults: Defaults, sources: &mut Sources) -> Result<(), IoError> {
        let has_default = |place: usize| defaults == Defaults::Likely && self.may_be_default(place);
        let none = BTreeSet::new();
        for &place in self.places {
            let krate = &self.lock.crates[place];
            let features = self.requests.get(krate.name.as_str()).unwrap_or(&none);
            let manifest = placeholder_manifest(self.lock, place, features, has_default);
            let folder = sources.folder(place)?;
            write_manifest(&folder, &manifest.to_string(), ["lib.rs"])?;
            let checksum = match &krate.source {
                CrateSource::CratesIo(checksum) => checksum.as_ref(),
                CrateSource::Registry(registry) => registry.checksum.as_ref(),
                CrateSource::Git(_) | CrateSource::Local => None,
            };
            let text = ChecksumFile::new(checksum, &BTreeMap::new()).to_text();
            fs::write(folder.join(CHECKSUM_FILE), text)?;
        }
        Ok(())
    }
}
