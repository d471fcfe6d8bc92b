//! What the parts of one run share. Each store, setting and file is opened at
//! its first use, once, and is then shared by all commands and threads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use camino::{Utf8Path, Utf8PathBuf};

use super::cache::FileLock;
use super::crate_store::VERIFIED;
use super::manifests::Manifests;
use super::once_map::OnceMap;
use super::paths::full_path;
use super::pins::{FoundPins, find_pins};
use super::python_locks::{FoundPythonLock, PythonLocks};
use super::registry::cargo_home;
use super::source::Source;
use super::temporary;
use super::verified::Verified;
use super::{
    ArtifactStore, Cache, CargoSettings, CrateStore, GitStore, IoError, Network, Progress,
    ProjectConfig, PythonLockFailure,
};
use crate::hash::Sha256;
use crate::project::ManifestProblem;
use crate::python_lock::{PythonLock, PythonLockError};

/// The list in the cache of the logins that were reported; its name changes with
/// the form of its lines.
const LOGINS: &str = "logins-2";

/// One run: what it may use, and what it has opened so far. Clones share all of
/// it.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
    progress: Arc<dyn Progress>,
}

struct Shared {
    network: Network,
    project_config: ProjectConfig,
    cache: Cache,
    cargo_home: Option<PathBuf>,
    /// By the project's folder if its own configuration counts.
    crates: OnceMap<Option<PathBuf>, Arc<CrateStore>>,
    verified_crates: Arc<Verified>,
    git: OnceLock<GitStore>,
    artifacts: OnceLock<ArtifactStore>,
    python_locks: PythonLocks,
    /// By the folder of the overlay.
    pins: OnceMap<Utf8PathBuf, Arc<Vec<FoundPins>>>,
    /// What cargo refuses of the manifests with that digest.
    refused: OnceMap<Sha256, Option<ManifestProblem>>,
    sources: Mutex<BTreeMap<SourceKey, Weak<Source>>>,
    /// The locks that this run holds, by the overlay's full path.
    overlay_locks: Mutex<BTreeMap<Utf8PathBuf, Weak<FileLock>>>,
    opened: Arc<Opened>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SourceKey {
    path: Utf8PathBuf,
    /// The folder of the Python project in the source.
    python_root: Utf8PathBuf,
}

/// Counts what should be opened or read once a run.
#[derive(Default)]
struct Opened {
    archives: AtomicUsize,
    cargo_settings: AtomicUsize,
}

/// The counts that tests compare.
#[cfg(test)]
#[derive(Debug, PartialEq, Eq)]
pub struct OpenedCounts {
    pub archives: usize,
    pub cargo_settings: usize,
    pub python_locks: usize,
}

impl Session {
    /// Starts a run with the user's own cache and `CARGO_HOME`.
    #[must_use]
    pub(crate) fn new(
        network: Network,
        project_config: ProjectConfig,
        progress: Arc<dyn Progress>,
    ) -> Self {
        let cache = Cache::of_user();
        temporary::begin(cache.folder(), &progress);
        cache.remove_free_locks();
        let shared = Shared::new(network, project_config, cache, cargo_home());
        Self {
            shared: Arc::new(shared),
            progress,
        }
    }

    /// Starts a run without a network and a progress display, whose cache and
    /// `CARGO_HOME` are below a folder.
    #[cfg(test)]
    pub(crate) fn for_tests(folder: &Path) -> Self {
        let cache = Cache::at(Some(folder.join("cache")));
        let home = Some(folder.join("cargo-home"));
        let shared = Shared::new(Network::Offline, ProjectConfig::Ignored, cache, home);
        Self {
            shared: Arc::new(shared),
            progress: Arc::new(super::progress::Silent),
        }
    }

    #[cfg(test)]
    pub(crate) fn opened(&self) -> OpenedCounts {
        let opened = &self.shared.opened;
        OpenedCounts {
            archives: opened.archives.load(Ordering::Relaxed),
            cargo_settings: opened.cargo_settings.load(Ordering::Relaxed),
            python_locks: self.shared.python_locks.parsed(),
        }
    }

    /// Returns a session that fetches nothing, with the same settings and
    /// progress display.
    #[must_use]
    pub(crate) fn offline(&self) -> Self {
        if self.network().is_offline() {
            return self.clone();
        }
        let shared = Shared {
            opened: self.shared.opened.clone(),
            ..Shared::new(
                Network::Offline,
                self.shared.project_config,
                self.shared.cache.clone(),
                self.shared.cargo_home.clone(),
            )
        };
        Self {
            shared: Arc::new(shared),
            progress: self.progress.clone(),
        }
    }

    /// Returns the same session with another progress display.
    #[must_use]
    pub(crate) fn with_progress(&self, progress: Arc<dyn Progress>) -> Self {
        Self {
            shared: self.shared.clone(),
            progress,
        }
    }

    #[must_use]
    pub(crate) fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    #[must_use]
    pub(crate) fn network(&self) -> &Network {
        &self.shared.network
    }

    /// Returns which logins were sent in this run, and in none before, and
    /// remembers them: they have to be reported.
    #[must_use]
    pub(crate) fn new_logins(&self) -> Vec<String> {
        let known = self.cache().read_file(LOGINS).unwrap_or_default();
        let known = String::from_utf8_lossy(&known);
        let mut known: BTreeSet<_> = known.lines().map(str::to_owned).collect();
        let sent = self.network().logins();
        let sent = sent
            .iter()
            .map(|login| login.to_string().replace('\n', " "));
        let new: Vec<_> = sent.filter(|login| known.insert(login.clone())).collect();
        if !new.is_empty() {
            let lines: Vec<_> = known.into_iter().collect();
            // If the list can't be written, the next run reports them again.
            let _ = self.cache().write_file(LOGINS, lines.join("\n").as_bytes());
        }
        new
    }

    #[must_use]
    pub(crate) fn trusts_project_config(&self) -> bool {
        self.shared.project_config == ProjectConfig::Trusted
    }

    #[must_use]
    pub(crate) fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    /// Returns the crates for a project, whose own Cargo configuration counts
    /// if it is trusted.
    #[must_use]
    pub(crate) fn crates(&self, project: &Utf8Path) -> Arc<CrateStore> {
        let folder = std::path::absolute(project).ok();
        let folder = folder.filter(|_| self.trusts_project_config());
        self.crates_of(folder.as_deref())
    }

    /// Returns the crates by the user's configuration alone.
    #[must_use]
    pub(crate) fn user_crates(&self) -> Arc<CrateStore> {
        self.crates_of(None)
    }

    fn crates_of(&self, project: Option<&Path>) -> Arc<CrateStore> {
        let shared = &self.shared;
        let key = project.map(Path::to_owned);
        shared.crates.get_or_make(key, || {
            let opened = &shared.opened.cargo_settings;
            opened.fetch_add(1, Ordering::Relaxed);
            let settings = CargoSettings::load(shared.cargo_home.clone(), project);
            Arc::new(CrateStore::open(
                // A client has the proxy and certificates of its settings.
                shared.network.with_own_client(),
                settings,
                shared.cache.clone(),
                shared.verified_crates.clone(),
            ))
        })
    }

    #[must_use]
    pub(crate) fn git(&self) -> &GitStore {
        let shared = &self.shared;
        let open = || {
            let (network, home) = (shared.network.clone(), shared.cargo_home.clone());
            let http = self.user_crates().http().clone();
            GitStore::open(network, shared.cache.clone(), home, http)
        };
        shared.git.get_or_init(open)
    }

    #[must_use]
    pub(crate) fn artifacts(&self) -> &ArtifactStore {
        self.shared.artifacts.get_or_init(|| {
            let crates = self.user_crates();
            let (network, http) = (crates.network().clone(), crates.http().clone());
            ArtifactStore::open(&self.shared.cache, network, http)
        })
    }

    /// Returns the first manifest of a build that cargo refuses; `None` if it
    /// takes all of them, or can't be asked. It is asked once a run.
    ///
    /// # Errors
    /// Fails if the scratch folder can't be written.
    pub(crate) fn refused_manifest(
        &self,
        manifests: Manifests<'_>,
    ) -> Result<Option<ManifestProblem>, IoError> {
        let key = manifests.key();
        let ask = || manifests.refused(&key, &self.user_crates());
        self.shared.refused.get_or_try(key, ask)
    }

    /// Returns the project at a path. It isn't opened again as long as somebody
    /// holds it.
    ///
    /// # Errors
    /// Fails if it doesn't exist or can't be read.
    pub(crate) fn source(&self, path: &Utf8Path) -> Result<Arc<Source>, IoError> {
        let key = SourceKey {
            path: path.to_owned(),
            python_root: ".".into(),
        };
        self.source_of(key, || {
            let source = Source::open(path)?;
            if source.archive().is_some() {
                self.shared.opened.archives.fetch_add(1, Ordering::Relaxed);
            }
            Ok(source)
        })
    }

    /// Returns a folder with the Python project in `python_root` of it,
    /// likewise.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub(crate) fn source_around(
        &self,
        folder: &Utf8Path,
        python_root: &Utf8Path,
    ) -> Result<Arc<Source>, IoError> {
        let key = SourceKey {
            path: folder.to_owned(),
            python_root: python_root.to_owned(),
        };
        self.source_of(key, || Source::of_folder(folder, python_root))
    }

    /// Sources are held weakly: an sdist takes memory and an open file.
    fn source_of(
        &self,
        key: SourceKey,
        open: impl FnOnce() -> Result<Source, IoError>,
    ) -> Result<Arc<Source>, IoError> {
        let sources = || {
            let sources = self.shared.sources.lock();
            sources.unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(source) = sources().get(&key).and_then(Weak::upgrade) {
            return Ok(source);
        }
        // Other threads go on meanwhile; they seldom need the same source.
        let source = Arc::new(open()?);
        sources().insert(key, Arc::downgrade(&source));
        Ok(source)
    }

    /// Returns the Python lock at a path; `None` if there is no such file.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub(crate) fn python_lock(
        &self,
        path: &Utf8Path,
    ) -> Result<Option<Arc<PythonLock>>, PythonLockFailure> {
        self.shared.python_locks.read(path)
    }

    /// Returns the first `uv.lock` in a folder or above it.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub(crate) fn python_lock_above(
        &self,
        folder: &Utf8Path,
    ) -> Result<Option<FoundPythonLock>, PythonLockFailure> {
        self.shared.python_locks.read_above(folder)
    }

    /// Parses a Python lock that is among a project's files; `place` is its
    /// path for messages.
    ///
    /// # Errors
    /// Fails if it isn't a valid lock.
    pub(crate) fn python_lock_in(
        &self,
        place: &str,
        text: &str,
    ) -> Result<Arc<PythonLock>, PythonLockError> {
        self.shared.python_locks.parse(place, text)
    }

    /// Waits until no other run changes an overlay, and keeps others from it as
    /// long as the lock is held. This run may take the lock several times.
    /// Returns `None` if there is no cache that can be written.
    pub(crate) fn lock_overlay(&self, file: &Utf8Path) -> Option<Arc<FileLock>> {
        let path = full_path(file).ok()??;
        let locks = self.shared.overlay_locks.lock();
        let mut locks = locks.unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&path).and_then(Weak::upgrade) {
            return Some(lock);
        }
        let name = Sha256::of(path.as_str().as_bytes());
        let mut has_waited = false;
        let lock = self
            .cache()
            .lock_after(format!("overlays/{name}.lock"), || {
                has_waited = true;
                self.progress.start("Waiting", 1);
            });
        if has_waited {
            self.progress.finish();
        }
        let lock = Arc::new(lock.ok()??);
        locks.insert(path, Arc::downgrade(&lock));
        Some(lock)
    }

    /// Returns the files that pin nixpkgs and pyproject.nix for the overlay in
    /// a folder.
    #[must_use]
    pub(crate) fn pins(&self, folder: &Utf8Path) -> Arc<Vec<FoundPins>> {
        let pins = &self.shared.pins;
        pins.get_or_make(folder.to_owned(), || Arc::new(find_pins(folder)))
    }
}

impl Shared {
    fn new(
        network: Network,
        project_config: ProjectConfig,
        cache: Cache,
        cargo_home: Option<PathBuf>,
    ) -> Self {
        Self {
            network,
            project_config,
            verified_crates: Arc::new(Verified::of(cache.clone(), VERIFIED)),
            cache,
            cargo_home,
            crates: OnceMap::default(),
            git: OnceLock::new(),
            artifacts: OnceLock::new(),
            python_locks: PythonLocks::default(),
            pins: OnceMap::default(),
            refused: OnceMap::default(),
            sources: Mutex::default(),
            overlay_locks: Mutex::default(),
            opened: Arc::default(),
        }
    }
}
