//! Fetches, verifies and keeps the files of Python locks.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use reqwest::Url;

use super::credentials::{Credentials, Login, take_login};
use super::name;
use crate::hash::{Sha256, Sha256Writer};
use crate::io::crate_store::lock_download;
use crate::io::error::ArtifactError;
use crate::io::network::{Answer, Body, HttpSettings, MAX_BODY, Request};
use crate::io::paths::utf8_path;
use crate::io::verified::{FileState, Verified};
use crate::io::{Cache, IoError, Network};
use crate::project::without_credentials;
use crate::python_lock::{Artifact, ArtifactPlace, NamedIndex};

/// Below our cache, by hash.
const FOLDER: &str = "sdists-1";
/// The list of files that were hashed.
const VERIFIED: &str = "verified-sdists-1";

/// Gives files of Python locks; what it gives out has the hash of the lock.
#[derive(Clone)]
pub struct ArtifactStore {
    network: Network,
    settings: HttpSettings,
    cache: Cache,
    credentials: Credentials,
    verified: Arc<Verified>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub struct ArtifactRef<'a> {
    /// What the lock says of it.
    pub artifact: &'a Artifact,
    /// Name and version, for messages.
    pub label: &'a str,
    /// The folder of the lock, which paths are relative to.
    pub lock_folder: &'a Utf8Path,
    /// The address of the package's index in the lock.
    pub index: Option<&'a str>,
}

impl ArtifactStore {
    /// Opens our cache, with the user's logins; nothing is fetched yet.
    #[must_use]
    pub fn open(cache: &Cache, network: Network, settings: HttpSettings) -> Self {
        let store = Self::in_cache(cache.folder().map(Path::to_owned), network, settings);
        store.with_credentials(Credentials::of_user())
    }

    /// Opens a cache in this folder, without logins.
    #[must_use]
    pub fn in_cache(cache: Option<PathBuf>, network: Network, settings: HttpSettings) -> Self {
        let cache = Cache::at(cache);
        Self {
            network,
            settings,
            credentials: Credentials::default(),
            verified: Arc::new(Verified::of(cache.clone(), VERIFIED)),
            cache,
        }
    }

    /// The same store with these logins, in the place of others.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// The same store with the indexes of a project, whose logins may be in
    /// variables or in their addresses.
    #[must_use]
    pub fn with_indexes(&self, indexes: &[NamedIndex]) -> Self {
        let mut store = self.clone();
        store.credentials.add_indexes(indexes);
        store
    }

    /// The file, verified: in our cache, or where it is on this disk.
    ///
    /// # Errors
    /// Where it can't be had, or isn't what the lock says.
    pub fn file(&self, wanted: ArtifactRef) -> Result<Utf8PathBuf, IoError> {
        let label = || wanted.label.to_owned();
        match &wanted.artifact.place {
            ArtifactPlace::Nowhere => Err(ArtifactError::Nowhere { label: label() }.into()),
            ArtifactPlace::Path(path) => self.on_disk(wanted.lock_folder.join(path), wanted),
            ArtifactPlace::Url(text) => {
                let address = || ArtifactError::Address {
                    label: label(),
                    url: shown_text(text),
                };
                let url = Url::parse(text).map_err(|_| address())?;
                match url.scheme() {
                    "http" | "https" => self.remote(&url, wanted),
                    "file" => {
                        let path = url.to_file_path().map_err(|()| address())?;
                        self.on_disk(utf8_path(path)?, wanted)
                    }
                    _ => Err(address().into()),
                }
            }
        }
    }

    /// Whether nothing has to be fetched: the file is in our cache, or the
    /// lock says that it is on this disk. It isn't hashed.
    #[must_use]
    pub fn has(&self, artifact: &Artifact) -> bool {
        match &artifact.place {
            ArtifactPlace::Nowhere => false,
            ArtifactPlace::Path(_) => true,
            ArtifactPlace::Url(url) if url.starts_with("file:") => true,
            ArtifactPlace::Url(_) => {
                let path = artifact.hash.and_then(|hash| self.place(artifact, &hash));
                let metadata = path.and_then(|path| fs::metadata(path).ok());
                metadata.is_some_and(|metadata| {
                    metadata.is_file() && artifact.size.is_none_or(|size| size == metadata.len())
                })
            }
        }
    }

    /// A file of the user's own: it is used where it is.
    fn on_disk(&self, path: Utf8PathBuf, wanted: ArtifactRef) -> Result<Utf8PathBuf, IoError> {
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ArtifactError::Missing {
                    label: wanted.label.to_owned(),
                    url: path.into_string(),
                    answer: "doesn't exist".to_owned(),
                }
                .into());
            }
            Err(error) => return Err(error.into()),
        };
        // Reading a pipe may never end.
        if !metadata.is_file() {
            return Err(IoError::NoFile { path });
        }
        check_limit(metadata.len(), wanted)?;
        check_size(metadata.len(), wanted, path.as_str())?;
        if let Some(expected) = &wanted.artifact.hash {
            let found = self.hash(path.as_std_path(), expected)?;
            check_hash(&found, expected, wanted.label, path.as_str())?;
        }
        Ok(path)
    }

    fn remote(&self, url: &Url, wanted: ArtifactRef) -> Result<Utf8PathBuf, IoError> {
        let artifact = wanted.artifact;
        let label = || wanted.label.to_owned();
        let Some(hash) = &artifact.hash else {
            return Err(ArtifactError::NoHash {
                label: label(),
                url: shown(url),
            }
            .into());
        };
        let name = artifact.file_name();
        if !name::is_sound(&name) {
            return Err(ArtifactError::Name {
                label: label(),
                name,
            }
            .into());
        }
        check_limit(artifact.size.unwrap_or_default(), wanted)?;
        let path = self.place(artifact, hash).ok_or(ArtifactError::NoCache)?;
        let path = utf8_path(path)?;
        if self.is_cached(&path, hash) {
            return Ok(path);
        }
        // Another run may be fetching it: it is there then.
        let lock = lock_download(&self.cache, hash);
        if lock.is_none() || !self.is_cached(&path, hash) {
            let bytes = self.download(url, hash, wanted)?;
            self.cache.write_file(&path, &bytes)?;
        }
        if let Some(lock) = &lock {
            // While it is held: whoever waits for it finds the file.
            lock.remove();
        }
        Ok(path)
    }

    /// Where our cache has a file.
    fn place(&self, artifact: &Artifact, hash: &Sha256) -> Option<PathBuf> {
        let name = artifact.file_name();
        let hex = hash.to_hex();
        let folder = self.cache.folder()?.join(FOLDER).join(&hex[..2]);
        name::is_sound(&name).then(|| folder.join(&hex).join(name))
    }

    /// A cached file that isn't what the lock says is as good as none.
    fn is_cached(&self, path: &Utf8Path, hash: &Sha256) -> bool {
        path.is_file()
            && self
                .hash(path.as_std_path(), hash)
                .is_ok_and(|found| found == *hash)
    }

    /// The hash of a file: read now, or known to be `expected` if it was that
    /// before and the file hasn't changed since.
    fn hash(&self, path: &Path, expected: &Sha256) -> Result<Sha256, IoError> {
        let mut file = fs::File::open(path)?;
        let before = FileState::of(&file.metadata()?);
        if before.is_some_and(|state| self.verified.knows(expected, &state)) {
            return Ok(*expected);
        }
        let mut writer = Sha256Writer::default();
        // A file of a stranger's choice may have no end.
        io::copy(&mut file.by_ref().take(MAX_BODY), &mut writer)?;
        let found = writer.finish();
        let after = FileState::of(&file.metadata()?).filter(|state| before == Some(*state));
        if let (true, Some(state)) = (found == *expected, after) {
            self.verified.add(expected, state);
        }
        Ok(found)
    }

    fn download(&self, url: &Url, hash: &Sha256, wanted: ArtifactRef) -> Result<Vec<u8>, IoError> {
        let mut body = self.body(url, wanted)?;
        let check = |body: &Body| {
            check_size(body.bytes.len() as u64, wanted, &shown(url))?;
            check_hash(&Sha256::of(&body.bytes), hash, wanted.label, &shown(url))
        };
        if body.was_resumed && check(&body).is_err() {
            // Its parts may be of two files.
            body = self.body(url, wanted)?;
        }
        check(&body)?;
        Ok(body.bytes)
    }

    fn body(&self, url: &Url, wanted: ArtifactRef) -> Result<Body, IoError> {
        let mut login = self.credentials.at_first(url, wanted.index);
        let mut bare = url.clone();
        take_login(&mut bare, "");
        let get = |token: Option<&_>| {
            let url = bare.as_str();
            self.network.get(Request { url, token }, &self.settings)
        };
        let token = login.as_ref().map(Login::token);
        let mut answer = get(token.as_ref());
        // As uv does, whom nobody asked for it gets no login, and who hides
        // a file from strangers may say that there is none.
        if login.is_none()
            && let Ok(Some(Answer::Refused(_) | Answer::Missing(403 | 404))) = answer
        {
            login = self.credentials.when_asked(url);
            if let Some(login) = &login {
                answer = get(Some(&login.token()));
            }
        }
        let (label, url) = (wanted.label.to_owned(), shown(url));
        let error = match (answer, login) {
            (Ok(Some(Answer::Body(body))), _) => return Ok(body),
            (Ok(Some(Answer::Refused(status))), Some(login)) => ArtifactError::CredentialsRefused {
                url,
                origin: login.origin,
                status,
            },
            (Ok(Some(Answer::Refused(status) | Answer::Missing(status @ 403))), _) => {
                ArtifactError::NoCredentials {
                    advice: self.credentials.advice(&bare, wanted.index),
                    url,
                    status,
                }
            }
            (Ok(Some(Answer::Missing(status))), _) => ArtifactError::Missing {
                label,
                url,
                answer: format!("answered {status}"),
            },
            (Ok(None), _) => ArtifactError::Offline { label },
            (Err(message), _) => return Err(IoError::Download { url, message }),
        };
        Err(error.into())
    }
}

fn check_limit(size: u64, wanted: ArtifactRef) -> Result<(), ArtifactError> {
    if size <= MAX_BODY {
        return Ok(());
    }
    Err(ArtifactError::TooLarge {
        label: wanted.label.to_owned(),
        size,
        limit: MAX_BODY >> 20,
    })
}

/// Compares what came with the lock, which may have no size.
fn check_size(found: u64, wanted: ArtifactRef, url: &str) -> Result<(), ArtifactError> {
    match wanted.artifact.size {
        Some(expected) if expected != found => Err(ArtifactError::Size {
            label: wanted.label.to_owned(),
            url: url.to_owned(),
            found,
            expected,
        }),
        _ => Ok(()),
    }
}

fn check_hash(
    found: &Sha256,
    expected: &Sha256,
    label: &str,
    url: &str,
) -> Result<(), ArtifactError> {
    if found == expected {
        return Ok(());
    }
    Err(ArtifactError::Checksum {
        label: label.to_owned(),
        url: url.to_owned(),
        found: found.to_hex(),
        expected: expected.to_hex(),
    })
}

/// An address without its secrets: signatures stand in queries.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    take_login(&mut url, "");
    url.into()
}

/// The same of a text that needs not be an address.
fn shown_text(text: &str) -> String {
    if let Ok(url) = Url::parse(text) {
        // What has no host may have anything in its place.
        return match url.host_str() {
            Some(_) => shown(&url),
            None => format!("{}:...", url.scheme()),
        };
    }
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("***@{rest}"),
        None => without_credentials(text),
    }
}
