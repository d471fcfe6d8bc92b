//! Fetches, verifies and keeps the files that Python locks name.

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
use crate::io::read::open_regular;
use crate::io::verified::{FileState, Verified};
use crate::io::{Cache, IoError, Network};
use crate::project::without_credentials;
use crate::python_lock::{Artifact, ArtifactPlace, NamedIndex};

/// The folder in the cache, with files by their hashes.
const FOLDER: &str = "sdists-1";
/// The name of the list of verified files.
const VERIFIED: &str = "verified-sdists-1";

/// Provides the files that Python locks name; each has the hash that is in the
/// lock.
#[derive(Clone)]
pub struct ArtifactStore {
    network: Network,
    settings: HttpSettings,
    cache: Cache,
    credentials: Credentials,
    verified: Arc<Verified>,
}

/// An artifact of a lock, with what it takes to find it.
#[derive(Clone, Copy)]
pub struct ArtifactRef<'a> {
    /// Its place, hash and size, as the lock has them.
    pub artifact: &'a Artifact,
    /// Name and version of the package, for messages.
    pub label: &'a str,
    /// The folder of the lock, to which paths are relative.
    pub lock_folder: &'a Utf8Path,
    /// The address of the package's index, as the lock has it.
    pub index: Option<&'a str>,
}

/// A page of an index.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    pub url: &'a Url,
    /// What is looked for, for messages.
    pub label: &'a str,
    /// The address of the index, as its configuration has it.
    pub index: &'a str,
    /// Upper bound on the page, in bytes.
    pub limit: u64,
}

impl PageRequest<'_> {
    /// Returns the address without its secrets.
    #[must_use]
    pub fn shown(&self) -> String {
        redacted_url(self.url)
    }
}

/// What is asked of a server.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    label: &'a str,
    index: Option<&'a str>,
    accept: Option<&'static str>,
    limit: u64,
}

impl<'a> From<ArtifactRef<'a>> for Wanted<'a> {
    fn from(wanted: ArtifactRef<'a>) -> Self {
        Self {
            label: wanted.label,
            index: wanted.index,
            accept: None,
            limit: MAX_BODY,
        }
    }
}

/// The forms that pages can be read in, the best one first (PEP 691).
const ACCEPTED_PAGES: &str = "application/vnd.pypi.simple.v1+json, \
    application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

impl ArtifactStore {
    /// Opens the cache, with the user's logins. Nothing is fetched yet.
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

    /// Replaces the logins.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Returns the same store with the indexes of a project, which may have
    /// logins in their addresses or in variables.
    #[must_use]
    pub fn with_indexes(&self, indexes: &[NamedIndex]) -> Self {
        let mut store = self.clone();
        store.credentials.add_indexes(indexes);
        store
    }

    /// Returns a verified file: the one in the cache, or where the lock says it
    /// is on this disk.
    ///
    /// # Errors
    /// Fails if it can't be fetched or read, or isn't what the lock says.
    pub fn file(&self, wanted: ArtifactRef) -> Result<Utf8PathBuf, IoError> {
        let label = || wanted.label.to_owned();
        match &wanted.artifact.place {
            ArtifactPlace::Nowhere => Err(ArtifactError::Nowhere { label: label() }.into()),
            ArtifactPlace::Path(path) => self.on_disk(wanted.lock_folder.join(path), wanted),
            ArtifactPlace::Url(text) => {
                let address = || ArtifactError::Address {
                    label: label(),
                    url: redacted_text(text),
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

    /// Whether nothing has to be fetched: the file is in the cache, or the lock
    /// says that it is on this disk. It isn't hashed.
    #[must_use]
    pub fn has(&self, artifact: &Artifact) -> bool {
        match &artifact.place {
            ArtifactPlace::Nowhere => false,
            ArtifactPlace::Path(_) => true,
            ArtifactPlace::Url(url) if url.starts_with("file:") => true,
            ArtifactPlace::Url(_) => {
                let path = artifact
                    .hash
                    .and_then(|hash| self.cached_path(artifact, &hash));
                let metadata = path.and_then(|path| fs::metadata(path).ok());
                metadata.is_some_and(|metadata| {
                    metadata.is_file() && artifact.size.is_none_or(|size| size == metadata.len())
                })
            }
        }
    }

    /// Verifies a file of the user's, which is used where it is.
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
                url: redacted_url(url),
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
        let path = self
            .cached_path(artifact, hash)
            .ok_or(ArtifactError::NoCache)?;
        let path = utf8_path(path)?;
        if self.is_cached(&path, hash) {
            return Ok(path);
        }
        // Another run may be fetching it, and then it is there now.
        let lock = lock_download(&self.cache, hash);
        if lock.is_none() || !self.is_cached(&path, hash) {
            let mut body = self.download(url, hash, wanted)?;
            self.cache.write_from(&path, &mut body.reader()?)?;
        }
        Ok(path)
    }

    /// Returns where the cache keeps a file.
    fn cached_path(&self, artifact: &Artifact, hash: &Sha256) -> Option<PathBuf> {
        let name = artifact.file_name();
        let hex = hash.to_hex();
        let folder = self.cache.folder()?.join(FOLDER).join(&hex[..2]);
        name::is_sound(&name).then(|| folder.join(&hex).join(name))
    }

    /// Whether the cache has the file. One with another hash doesn't count.
    fn is_cached(&self, path: &Utf8Path, hash: &Sha256) -> bool {
        path.is_file()
            && self
                .hash(path.as_std_path(), hash)
                .is_ok_and(|found| found == *hash)
    }

    /// Returns the hash of a file. It isn't read if it is known to have had the
    /// hash `expected` and hasn't changed since.
    fn hash(&self, path: &Path, expected: &Sha256) -> Result<Sha256, IoError> {
        let mut file = open_regular(path)?;
        let before = FileState::of(&file.metadata()?);
        if before.is_some_and(|state| self.verified.knows(expected, &state)) {
            return Ok(*expected);
        }
        let mut writer = Sha256Writer::default();
        // A file that a stranger's lock names may have no end.
        io::copy(&mut file.by_ref().take(MAX_BODY), &mut writer)?;
        let found = writer.finish();
        let after = FileState::of(&file.metadata()?).filter(|state| before == Some(*state));
        if let (true, Some(state)) = (found == *expected, after) {
            self.verified.add(expected, state);
        }
        Ok(found)
    }

    fn download(&self, url: &Url, hash: &Sha256, wanted: ArtifactRef) -> Result<Body, IoError> {
        let mut body = self.body(url, wanted.into())?;
        let check = |body: &mut Body| -> Result<(), IoError> {
            check_size(body.size(), wanted, &redacted_url(url))?;
            let found = body.hash()?;
            Ok(check_hash(&found, hash, wanted.label, &redacted_url(url))?)
        };
        if body.was_resumed && check(&mut body).is_err() {
            // The parts of the body may be of two files.
            body = self.body(url, wanted.into())?;
        }
        check(&mut body)?;
        Ok(body)
    }

    /// Returns the cached file of this hash, whatever its name is.
    #[must_use]
    pub fn cached(&self, hash: &Sha256) -> Option<Utf8PathBuf> {
        let hex = hash.to_hex();
        let folder = self.cache.folder()?.join(FOLDER).join(&hex[..2]).join(&hex);
        let mut files: Vec<_> = fs::read_dir(folder).ok()?.flatten().collect();
        files.sort_by_key(fs::DirEntry::file_name);
        let paths = files.into_iter().filter_map(|file| {
            let is_sound = name::is_sound(file.file_name().to_str()?);
            utf8_path(file.path()).ok().filter(|_| is_sound)
        });
        let mut paths = paths;
        paths.find(|path| self.is_cached(path, hash))
    }

    /// Returns the file at an address, and its hash. If none is expected, the
    /// file is fetched to learn it.
    ///
    /// # Errors
    /// Fails as [`ArtifactStore::file`] does.
    pub fn file_at(
        &self,
        url: &Url,
        wanted: ArtifactRef,
    ) -> Result<(Utf8PathBuf, Sha256), IoError> {
        if let Some(hash) = wanted.artifact.hash {
            return Ok((self.file(wanted)?, hash));
        }
        let name = wanted.artifact.file_name();
        if !name::is_sound(&name) {
            let label = wanted.label.to_owned();
            return Err(ArtifactError::Name { label, name }.into());
        }
        let mut body = self.body(url, wanted.into())?;
        let hash = body.hash()?;
        let path = self
            .cached_path(wanted.artifact, &hash)
            .ok_or(ArtifactError::NoCache)?;
        self.cache.write_from(&path, &mut body.reader()?)?;
        Ok((utf8_path(path)?, hash))
    }

    /// Returns a page of an index; `None` if the index doesn't have it.
    ///
    /// # Errors
    /// Fails if the page can't be fetched.
    pub fn page(&self, page: PageRequest) -> Result<Option<Body>, IoError> {
        let wanted = Wanted {
            label: page.label,
            index: Some(page.index),
            accept: Some(ACCEPTED_PAGES),
            limit: page.limit,
        };
        match self.body(page.url, wanted) {
            Ok(body) => Ok(Some(body)),
            Err(IoError::Artifact(ArtifactError::Missing { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn body(&self, url: &Url, wanted: Wanted) -> Result<Body, IoError> {
        let mut login = self.credentials.at_first(url, wanted.index);
        let mut bare = url.clone();
        take_login(&mut bare, "");
        let get = |token: Option<&_>| {
            let url = bare.as_str();
            let request = Request {
                accept: wanted.accept,
                limit: wanted.limit,
                ..Request::new(url, token)
            };
            self.network.get(request, &self.settings)
        };
        let token = login.as_ref().map(Login::token);
        let mut answer = get(token.as_ref());
        // As in uv: a server that didn't ask gets no login, but one may hide a
        // file from strangers by saying that there is none.
        if login.is_none()
            && let Ok(Some(Answer::Refused(_) | Answer::Missing(403 | 404))) = answer
        {
            login = self.credentials.when_asked(url);
            if let Some(login) = &login {
                answer = get(Some(&login.token()));
            }
        }
        let (label, url) = (wanted.label.to_owned(), redacted_url(url));
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
                answer: format!("responded with status {status}"),
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

/// Compares a size with that in the lock, if it has one.
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

/// Returns an address without its secrets; queries hold signatures.
fn redacted_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    take_login(&mut url, "");
    url.into()
}

/// Likewise, for a text that may be something else than an address.
fn redacted_text(text: &str) -> String {
    if let Ok(url) = Url::parse(text) {
        // Without a host, anything may be a secret.
        return match url.host_str() {
            Some(_) => redacted_url(&url),
            None => format!("{}:...", url.scheme()),
        };
    }
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("***@{rest}"),
        None => without_credentials(text),
    }
}
