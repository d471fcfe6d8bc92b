//! Crates of registries, verified: from cargo's cache, from our own, from a
//! folder that replaces a registry, or from the registry.

use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;

use super::cache::{Cache, FileLock, Stage};
use super::network::{Answer, Body, HttpSettings, Request};
use super::read::open_regular;
use super::registry::CargoSettings;
use super::registry::{Reach, Remote, Remotes, Supplier, Unusable, download_url};
use super::verified::{FileState, Verified, VerifiedFile};
use super::{IoError, Network};
use crate::hash::{Sha256, Sha256Writer};
use crate::project::{LockedCrate, without_credentials};

mod metadata;

use metadata::{is_yanked_in, look_for_yanked};
pub use metadata::{nix_download_url, yanked_crates};

/// `.crate` files, by their checksums.
const CRATES: Stage<Vec<u8>> = Stage::bytes("crates", ".crate");
/// The address of a registry's crates, by the digest of its name.
const DOWNLOADS: Stage<String> = Stage::text("downloads-1", ".url");
/// The name of the list of verified files.
pub(super) const VERIFIED: &str = "verified-1";
const YANKED_FOLDER: &str = "yanked-1";
/// An empty entry for each crate that a registry was seen to have yanked.
const YANKED: Stage<Vec<u8>> = Stage::bytes(YANKED_FOLDER, ".yanked");

/// Provides crates; each has the checksum that was asked for.
pub struct CrateStore {
    network: Network,
    settings: Arc<CargoSettings>,
    cargo_caches: Vec<PathBuf>,
    cache: Cache,
    remotes: Remotes,
    verified: Arc<Verified>,
}

/// What is read, from the beginning and again.
pub trait Contents: Read + Seek + Send {}

impl<T: Read + Seek + Send> Contents for T {}

/// An opened `.crate` file that has its checksum. It is read piece by piece,
/// since many are open at the same time.
pub struct CrateFile {
    pub contents: Box<dyn Contents>,
    /// In bytes.
    pub size: u64,
}

impl CrateFile {
    /// Returns a reader from its beginning.
    ///
    /// # Errors
    /// Fails if the disk does.
    pub(super) fn reader(&mut self) -> io::Result<impl Read> {
        self.contents.rewind()?;
        Ok(&mut self.contents)
    }

    /// Returns the checksum of a file, from which it is read again.
    fn hashed(file: &mut fs::File) -> io::Result<Sha256> {
        let mut hasher = Sha256Writer::default();
        io::copy(file, &mut hasher)?;
        file.rewind()?;
        Ok(hasher.finish())
    }

    #[cfg(test)]
    pub(super) fn in_memory(bytes: Vec<u8>) -> Self {
        Self {
            size: bytes.len() as u64,
            contents: Box::new(io::Cursor::new(bytes)),
        }
    }
}

impl CrateStore {
    /// Opens the caches. The settings may be those of a trusted project.
    pub(super) fn open(
        network: Network,
        settings: CargoSettings,
        cache: Cache,
        verified: Arc<Verified>,
    ) -> Self {
        Self {
            network,
            cargo_caches: cargo_caches(&settings),
            cache,
            verified,
            settings: Arc::new(settings),
            remotes: Remotes::default(),
        }
    }

    pub(super) fn offline(&self) -> Self {
        Self {
            network: Network::Offline,
            settings: self.settings.clone(),
            cargo_caches: self.cargo_caches.clone(),
            cache: self.cache.clone(),
            remotes: Remotes::default(),
            verified: self.verified.clone(),
        }
    }

    pub(super) const fn network(&self) -> &Network {
        &self.network
    }

    pub(super) fn http(&self) -> &HttpSettings {
        &self.settings.http
    }

    /// Returns the sparse index that stands for crates.io, without `sparse+`.
    pub(super) fn crates_io_index(&self) -> Result<String, IoError> {
        let index = self.settings.crates_io_index();
        index.map_err(|message| IoError::CargoConfig { message })
    }

    /// Opens the `.crate` file of a crate.
    ///
    /// # Errors
    /// Fails if it is in no cache and can't be fetched, or the registry's file
    /// has another checksum.
    pub fn open_crate(&self, krate: &LockedCrate, checksum: &Sha256) -> Result<CrateFile, IoError> {
        if let Some(file) = self.cached(krate, checksum) {
            return Ok(file);
        }
        let label = format!("{} {}", krate.name, krate.version);
        let unusable = |unusable: Unusable| unusable.for_crate(&label);
        let supplier = self.settings.supplier(&krate.source);
        let supplier = supplier.map_err(|message| unusable(Unusable::Settings(message)))?;
        let index = match supplier {
            Supplier::Folder(folder) => return from_folder(&folder, krate, checksum),
            Supplier::Registry(index) => index,
        };
        let reach = Reach {
            network: &self.network,
            settings: &self.settings,
        };
        let remote = self.remotes.remote(&index, reach).map_err(unusable)?;
        // Another run may be fetching the same crate, and then it is there now.
        let lock = self.lock(checksum);
        let known = lock.as_ref().and_then(|_| self.cached(krate, checksum));
        if let Some(file) = known {
            return Ok(file);
        }
        let mut body = self.download(krate, checksum, &remote)?;
        if is_yanked_in(self, &index, krate, &remote) {
            self.cache.put(&YANKED, checksum, &Vec::new())?;
        }
        if let Some(path) = self.cache.path(&CRATES, checksum) {
            self.cache.write_from(path, &mut body.reader()?)?;
        }
        Ok(CrateFile {
            size: body.size(),
            contents: Box::new(body.into_reader()?),
        })
    }

    pub(super) const fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Returns `CARGO_HOME`.
    pub(super) fn cargo_home(&self) -> Option<&Path> {
        self.settings.home.as_deref()
    }

    /// Opens a crate in a cache. A file with another checksum doesn't count.
    fn cached(&self, krate: &LockedCrate, checksum: &Sha256) -> Option<CrateFile> {
        self.cached_paths(krate, Some(checksum))
            .find_map(|path| self.open_right(&path, krate, checksum))
    }

    /// Returns the paths that a crate may have in the caches.
    fn cached_paths(
        &self,
        krate: &LockedCrate,
        checksum: Option<&Sha256>,
    ) -> impl Iterator<Item = PathBuf> {
        let own = checksum.and_then(|sum| self.cache.path(&CRATES, sum));
        let file = file_name(krate);
        let theirs = self.cargo_caches.iter().map(move |cache| cache.join(&file));
        own.into_iter().chain(theirs)
    }

    /// Returns the size of a crate's file in bytes, if the file was verified
    /// before and hasn't changed since.
    #[must_use]
    pub fn verified_size(&self, krate: &LockedCrate, checksum: &Sha256) -> Option<u64> {
        let mut places = self.cached_paths(krate, Some(checksum));
        places.find_map(|path| self.verified.size(checksum, &path))
    }

    /// Opens the file of a crate, if it was verified before and hasn't changed
    /// since.
    #[must_use]
    pub fn open_verified(&self, krate: &LockedCrate, checksum: &Sha256) -> Option<VerifiedFile> {
        let mut places = self.cached_paths(krate, Some(checksum));
        places.find_map(|path| self.verified.open(checksum, &path))
    }

    /// Opens a file if it has the checksum. It isn't hashed if it was verified
    /// before and hasn't changed since.
    fn open_right(&self, path: &Path, krate: &LockedCrate, checksum: &Sha256) -> Option<CrateFile> {
        if let Some(file) = self.verified.open(checksum, path) {
            return Some(CrateFile {
                size: file.size(),
                contents: Box::new(file),
            });
        }
        let mut file = open_regular(path).ok()?;
        let before = FileState::of(&file.metadata().ok()?);
        let opened = CrateFile::hashed(&mut file).ok()?;
        if opened != *checksum {
            return None;
        }
        look_for_yanked(self, krate, checksum);
        let metadata = file.metadata().ok()?;
        let after = FileState::of(&metadata).filter(|state| before == Some(*state));
        if let Some(state) = after {
            self.verified.add(checksum, state);
        }
        Some(CrateFile {
            size: metadata.len(),
            contents: Box::new(file),
        })
    }

    /// Whether a cache has a file for the crate.
    #[must_use]
    pub fn has(&self, krate: &LockedCrate) -> bool {
        self.cached_size(krate) > 0
    }

    /// Returns the size of a crate's file in bytes, or 0 if no cache has it.
    pub(super) fn cached_size(&self, krate: &LockedCrate) -> u64 {
        self.cached_paths(krate, krate.checksum().as_ref())
            .find_map(|path| fs::metadata(path).ok())
            .map_or(0, |metadata| metadata.len())
    }

    fn lock(&self, checksum: &Sha256) -> Option<FileLock> {
        lock_download(&self.cache, checksum)
    }

    fn download(
        &self,
        krate: &LockedCrate,
        checksum: &Sha256,
        remote: &Remote,
    ) -> Result<Body, IoError> {
        let url = download_url(&remote.dl, krate, checksum);
        let mut body = self.body(krate, remote, &url)?;
        let mut found = body.hash()?;
        if found != *checksum && body.was_resumed {
            // The parts of the body may be of two files.
            body = self.body(krate, remote, &url)?;
            found = body.hash()?;
        }
        require_checksum(found, krate, checksum, &without_credentials(&url))?;
        Ok(body)
    }

    fn body(&self, krate: &LockedCrate, remote: &Remote, url: &str) -> Result<Body, IoError> {
        let label = format!("{} {}", krate.name, krate.version);
        let token = remote.token.as_ref();
        let request = Request {
            index: remote.is_elsewhere.then_some(&remote.url),
            ..Request::new(url, token)
        };
        let answer = self.network.get(request, &self.settings.http);
        let (index, name) = (remote.url.clone(), remote.name.clone());
        let reason = match answer {
            Ok(Some(Answer::Body(body))) => return Ok(body),
            Ok(Some(Answer::Missing(status))) => {
                return Err(IoError::NoSuchCrate {
                    krate: label,
                    url: without_credentials(url),
                    answer: format!("responded with status {status}"),
                });
            }
            Ok(Some(Answer::Refused(_))) if token.is_none() => {
                Unusable::NoToken { url: index, name }
            }
            Ok(Some(Answer::Refused(status))) => Unusable::TokenRefused {
                url: index,
                name,
                status,
            },
            Ok(None) => Unusable::Offline,
            Err(message) => Unusable::Download {
                url: url.to_owned(),
                message,
            },
        };
        Err(reason.for_crate(&label))
    }
}

/// Waits until no other run fetches the file with this checksum. If files can't
/// be locked, two runs fetch it, which does no harm.
pub(super) fn lock_download(cache: &Cache, checksum: &Sha256) -> Option<FileLock> {
    cache.lock(format!("locks/{checksum}.lock")).ok()?
}

fn file_name(krate: &LockedCrate) -> String {
    format!("{}-{}.crate", krate.name, krate.version)
}

/// Opens a crate in a `local-registry`.
fn from_folder(
    folder: &Path,
    krate: &LockedCrate,
    checksum: &Sha256,
) -> Result<CrateFile, IoError> {
    let path = folder.join(file_name(krate));
    if !path.is_file() {
        return Err(IoError::NoSuchCrate {
            krate: format!("{} {}", krate.name, krate.version),
            url: path.display().to_string(),
            answer: "doesn't exist".to_owned(),
        });
    }
    let mut file = open_regular(&path)?;
    let found = CrateFile::hashed(&mut file)?;
    require_checksum(found, krate, checksum, &path.display().to_string())?;
    Ok(CrateFile {
        size: file.metadata()?.len(),
        contents: Box::new(file),
    })
}

fn require_checksum(
    found: Sha256,
    krate: &LockedCrate,
    checksum: &Sha256,
    url: &str,
) -> Result<(), IoError> {
    if found == *checksum {
        return Ok(());
    }
    Err(IoError::Checksum {
        krate: format!("{} {}", krate.name, krate.version),
        url: url.to_owned(),
        found: found.to_hex(),
        expected: checksum.to_hex(),
    })
}

fn cargo_caches(settings: &CargoSettings) -> Vec<PathBuf> {
    let Some(home) = &settings.home else {
        return Vec::new();
    };
    let folders = fs::read_dir(home.join("registry").join("cache"));
    let mut caches: Vec<_> = folders
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    caches.sort();
    caches
}
