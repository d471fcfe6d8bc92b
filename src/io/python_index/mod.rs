//! Sdists that are named by their release or address: asks the configured
//! indexes, and keeps what is fetched in the cache.

mod configured;

use camino::Utf8PathBuf;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::artifacts::{ArtifactRef, PageRequest};
use super::cache::Stage;
use super::error::{ArtifactError, ReleaseError};
use super::{ArtifactStore, IoError, Session};
use crate::hash::Sha256;
use crate::project::PythonName;
use crate::python_index::{IndexFile, NoSdist, Release, ReleasePlace, choose_sdist, read_page};
use crate::python_lock::{Artifact, ArtifactPlace, NamedIndex};
use configured::configured_indexes;

/// Which sdist a release had when it was fetched last, for runs without a
/// network.
const RELEASES: Stage<KnownRelease> = Stage::json("releases-1", ".json");

/// Upper bound on a page of an index, in bytes. Packages with the most files
/// have a quarter of that.
const MAX_PAGE: u64 = 32 << 20;

#[derive(Serialize, Deserialize)]
struct KnownRelease {
    /// The hash of the file, in hexadecimal.
    sha256: String,
}

/// An sdist that was fetched.
#[derive(Debug, Clone)]
pub struct FetchedSdist {
    /// Its path in the cache.
    pub path: Utf8PathBuf,
    pub hash: Sha256,
    /// Why its index withdrew it, if it did; the reason may be empty.
    pub yanked: Option<String>,
}

/// Returns the sdist of a release: from the cache if its hash is known, else from
/// the index or its address.
///
/// # Errors
/// Fails if there is no such sdist, or it can't be fetched, or isn't what the
/// release, the index or the address says.
pub fn fetch_sdist(release: &Release, session: &Session) -> Result<FetchedSdist, IoError> {
    let store = session.artifacts();
    let shown = release.shown();
    let key = Sha256::of(shown.as_bytes());
    let offline = || session.network().is_offline();
    let remembered = || {
        let known = session.cache().get(&RELEASES, &key)?;
        Sha256::from_hex(&known.sha256)
    };
    let known = release.hash.or_else(|| remembered().filter(|_| offline()));
    if let Some((path, hash)) = known.and_then(|hash| Some((store.cached(&hash)?, hash))) {
        return Ok(FetchedSdist {
            path,
            hash,
            yanked: None,
        });
    }
    if offline() {
        return Err(ArtifactError::Offline { label: shown }.into());
    }
    let fetched = match &release.place {
        ReleasePlace::Address(url) => of_address(url, release, store)?,
        ReleasePlace::Index { name, version } => {
            let indexes = configured_indexes(session, name);
            let asked = AskedIndexes {
                store: &store.with_indexes(&indexes),
                indexes: &indexes,
                label: &shown,
            };
            let (file, index) =
                asked.find(name, |files| choose_sdist(files, name, version).cloned())?;
            asked.fetch(&file, &index, release)?
        }
    };
    let known = KnownRelease {
        sha256: fetched.hash.to_hex(),
    };
    // Without it, a run without a network needs the hash.
    let _ = session.cache().put(&RELEASES, &key, &known);
    Ok(fetched)
}

fn of_address(
    url: &Url,
    release: &Release,
    store: &ArtifactStore,
) -> Result<FetchedSdist, IoError> {
    let label = release.shown();
    let artifact = Artifact {
        place: ArtifactPlace::Url(url.to_string()),
        hash: release.hash,
        size: None,
    };
    let wanted = ArtifactRef {
        artifact: &artifact,
        label: &label,
        lock_folder: "".into(),
        index: None,
    };
    if release.hash.is_none() && url.scheme() != "https" && !is_loopback(url) {
        return Err(ReleaseError::NotVerified { url: label }.into());
    }
    let (path, hash) = store.file_at(url, wanted).map_err(of_release)?;
    Ok(FetchedSdist {
        path,
        hash,
        yanked: None,
    })
}

/// Whether an address is of this machine, which nobody on the way can change.
fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// The indexes that are asked for a package.
struct AskedIndexes<'a> {
    store: &'a ArtifactStore,
    indexes: &'a [NamedIndex],
    /// The release, for messages.
    label: &'a str,
}

impl AskedIndexes<'_> {
    /// Returns the file that `choose` takes, and the address of its index. As in
    /// uv, the first index that has the package is the only one that counts:
    /// otherwise anybody could publish a newer release on another one.
    fn find(
        &self,
        name: &PythonName,
        choose: impl Fn(&[IndexFile]) -> Result<IndexFile, NoSdist>,
    ) -> Result<(IndexFile, String), IoError> {
        if self.indexes.is_empty() {
            let label = self.label.to_owned();
            return Err(ReleaseError::NoIndex { label }.into());
        }
        let mut asked = Vec::new();
        for index in self.indexes {
            let Some(page) = page_url(&index.url, name) else {
                continue;
            };
            let request = PageRequest {
                limit: MAX_PAGE,
                url: &page,
                label: self.label,
                index: &index.url,
            };
            let shown = request.shown();
            let Some(body) = self.store.page(request)? else {
                asked.push(shown);
                continue;
            };
            let address = Url::parse(&body.url).unwrap_or(page);
            let bytes = body.into_bytes(MAX_PAGE)?;
            let text = String::from_utf8_lossy(&bytes);
            let files = read_page(&text, &address);
            let files = files.map_err(|message| ReleaseError::Page {
                url: shown.clone(),
                message,
            })?;
            let file = choose(&files).map_err(|found| self.no_sdist(shown, found))?;
            return Ok((file, index.url.clone()));
        }
        Err(ReleaseError::NoPackage {
            name: name.to_string(),
            asked,
        }
        .into())
    }

    fn no_sdist(&self, url: String, found: NoSdist) -> ReleaseError {
        let label = self.label.to_owned();
        match found {
            NoSdist::OtherVersions(versions) => ReleaseError::NoVersion {
                label,
                url,
                newest: versions.iter().map(ToString::to_string).collect(),
            },
            NoSdist::OtherFiles(files) => ReleaseError::NoSdist { label, url, files },
        }
    }

    fn fetch(
        &self,
        file: &IndexFile,
        index: &str,
        release: &Release,
    ) -> Result<FetchedSdist, IoError> {
        let label = self.label.to_owned();
        let url = file.url.to_string();
        let Some(hash) = file.hash else {
            let file = file.name.clone();
            return Err(ReleaseError::NoHash { label, file }.into());
        };
        if let Some(expected) = release.hash.filter(|expected| *expected != hash) {
            return Err(ReleaseError::OtherFile {
                label,
                file: file.name.clone(),
                found: hash.to_hex(),
                expected: expected.to_hex(),
            }
            .into());
        }
        let artifact = Artifact {
            place: ArtifactPlace::Url(url),
            hash: Some(hash),
            size: file.size,
        };
        let wanted = ArtifactRef {
            artifact: &artifact,
            label: self.label,
            lock_folder: "".into(),
            index: Some(index),
        };
        let path = self.store.file(wanted).map_err(of_release)?;
        Ok(FetchedSdist {
            path,
            hash,
            yanked: file.yanked.clone(),
        })
    }
}

/// Returns the address of a package's page, which ends in a slash (PEP 503).
fn page_url(index: &str, name: &PythonName) -> Option<Url> {
    let mut url = Url::parse(index).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .push(name.as_str())
        .push("");
    Some(url)
}

/// Turns an error about the sdist of a lockfile into that of a release: the
/// help of the former is to lock again.
fn of_release(error: IoError) -> IoError {
    match error {
        IoError::Artifact(ArtifactError::Checksum {
            label,
            url,
            found,
            expected,
        }) => ReleaseError::Checksum {
            label,
            url,
            found: format!("the SHA-256 {found}"),
            expected: format!("the SHA-256 {expected}"),
        }
        .into(),
        IoError::Artifact(ArtifactError::Size {
            label,
            url,
            found,
            expected,
        }) => ReleaseError::Checksum {
            label,
            url,
            found: format!("{found} bytes"),
            expected: format!("{expected} bytes"),
        }
        .into(),
        IoError::Artifact(ArtifactError::Missing { label, url, answer }) => {
            ReleaseError::Missing { label, url, answer }.into()
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_below_its_index() {
        let name = PythonName::new("A.b");
        for (index, page) in [
            (
                "https://example.org/simple",
                "https://example.org/simple/a-b/",
            ),
            (
                "https://example.org/simple/",
                "https://example.org/simple/a-b/",
            ),
            ("https://example.org", "https://example.org/a-b/"),
            (
                "https://u:p@example.org/s?x=1",
                "https://u:p@example.org/s/a-b/?x=1",
            ),
        ] {
            assert_eq!(page_url(index, &name).unwrap().as_str(), page);
        }
        for index in ["", "./wheels", "file:///tmp/simple", "mailto:a@example.org"] {
            assert!(page_url(index, &name).is_none(), "{index}");
        }
    }
}
