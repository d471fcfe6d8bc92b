//! Crates of crates.io, verified: from Cargo's cache, from our own, or from
//! the registry.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use etcetera::BaseStrategy;
use fs_err as fs;
use serde::Deserialize;

use super::cargo_settings::CargoSettings;
use super::network::Answer;
use super::{IoError, Network};
use crate::hash::Sha256;
use crate::project::LockedCrate;

/// Overrides the folder of our cache.
pub const CACHE_VARIABLE: &str = "CARGO_PYHACK_CACHE_DIR";

/// Reads crates; what it gives out has the checksum that was asked for.
pub struct CrateStore {
    network: Network,
    settings: CargoSettings,
    cargo_caches: Vec<PathBuf>,
    own_cache: Option<PathBuf>,
    download_template: OnceLock<String>,
}

impl CrateStore {
    /// Opens the caches; nothing is fetched yet.
    #[must_use]
    pub fn open(network: Network) -> Self {
        let settings = CargoSettings::load();
        Self {
            network,
            cargo_caches: cargo_caches(&settings),
            own_cache: own_cache(),
            settings,
            download_template: OnceLock::new(),
        }
    }

    /// Reads the `.crate` file of a crate.
    ///
    /// # Errors
    /// Where it is in no cache and can't be fetched, or what the registry
    /// gives has another checksum.
    pub fn read(&self, krate: &LockedCrate, checksum: &Sha256) -> Result<Vec<u8>, IoError> {
        if let Some(bytes) = self.cached(krate, checksum) {
            return Ok(bytes);
        }
        let bytes = self.download(krate, checksum)?;
        Self::keep(self.own_path("crates", "crate", checksum), &bytes)?;
        Ok(bytes)
    }

    /// The folder of our cache, if there is one.
    pub(super) fn own_folder(&self) -> Option<&Path> {
        self.own_cache.as_deref()
    }

    /// Cargo's folder.
    pub(super) fn cargo_home(&self) -> Option<&Path> {
        self.settings.home.as_deref()
    }

    /// A cached file that isn't what the lock says is as good as none.
    fn cached(&self, krate: &LockedCrate, checksum: &Sha256) -> Option<Vec<u8>> {
        let file = format!("{}-{}.crate", krate.name, krate.version);
        let theirs = self.cargo_caches.iter().map(|cache| cache.join(&file));
        self.own_path("crates", "crate", checksum)
            .into_iter()
            .chain(theirs)
            .filter_map(|path| fs::read(path).ok())
            .find(|bytes| Sha256::of(bytes) == *checksum)
    }

    /// How many bytes a crate has in a cache; 0 where it is in none.
    pub(super) fn cached_size(&self, krate: &LockedCrate) -> u64 {
        let file = format!("{}-{}.crate", krate.name, krate.version);
        let theirs = self.cargo_caches.iter().map(|cache| cache.join(&file));
        let checksum = krate.checksum();
        let own = checksum.and_then(|sum| self.own_path("crates", "crate", &sum));
        own.into_iter()
            .chain(theirs)
            .find_map(|path| fs::metadata(path).ok())
            .map_or(0, |metadata| metadata.len())
    }

    fn own_path(&self, folder: &str, ending: &str, checksum: &Sha256) -> Option<PathBuf> {
        let hex = checksum.to_hex();
        let folder = self.own_cache.as_ref()?.join(folder).join(&hex[..2]);
        Some(folder.join(format!("{hex}.{ending}")))
    }

    fn download(&self, krate: &LockedCrate, checksum: &Sha256) -> Result<Vec<u8>, IoError> {
        let label = format!("{} {}", krate.name, krate.version);
        let template = self.download_template(&label)?;
        let url = download_url(template, krate, checksum);
        match self.network.get(&url)? {
            None => Err(IoError::Offline { krate: label }),
            Some(Answer::Missing(status)) => Err(IoError::NoSuchCrate {
                krate: label,
                url,
                status,
            }),
            Some(Answer::Body(bytes)) if Sha256::of(&bytes) == *checksum => Ok(bytes),
            Some(Answer::Body(bytes)) => Err(IoError::Checksum {
                krate: label,
                url,
                found: Sha256::of(&bytes).to_hex(),
                expected: checksum.to_hex(),
            }),
        }
    }

    /// `dl` of the index's `config.json`.
    fn download_template(&self, label: &str) -> Result<&str, IoError> {
        if let Some(template) = self.download_template.get() {
            return Ok(template);
        }
        let index = self.settings.index.as_ref();
        let index = index.map_err(|message| IoError::CargoConfig {
            message: message.clone(),
        })?;
        let url = format!("{index}config.json");
        let failed = |message: String| IoError::Download {
            url: url.clone(),
            message,
        };
        let config = match self.network.get(&url)? {
            None => {
                return Err(IoError::Offline {
                    krate: label.to_owned(),
                });
            }
            Some(Answer::Missing(status)) => {
                return Err(failed(format!("the server answered {status}")));
            }
            Some(Answer::Body(body)) => serde_json::from_slice::<IndexConfig>(&body)
                .map_err(|error| failed(format!("it is no registry's configuration: {error}")))?,
        };
        Ok(self.download_template.get_or_init(|| config.dl))
    }

    /// Keeps a file in our cache. Threads and other runs may write the same file at
    /// the same time: each renames a whole one into place.
    pub(super) fn keep(path: Option<PathBuf>, bytes: &[u8]) -> Result<(), IoError> {
        let Some(path) = path else {
            return Ok(());
        };
        let folder = path.parent().expect("the path has a folder and a name");
        fs::create_dir_all(folder)?;
        let part = tempfile::Builder::new()
            .suffix(".part")
            .tempfile_in(folder)?;
        fs::write(part.path(), bytes)?;
        part.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// A registry's `config.json`; see the Cargo Reference, "Index Format".
#[derive(Deserialize)]
struct IndexConfig {
    dl: String,
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

pub(super) fn own_cache() -> Option<PathBuf> {
    let variable = std::env::var_os(CACHE_VARIABLE).filter(|path| !path.is_empty());
    variable.map(PathBuf::from).or_else(|| {
        let strategy = etcetera::choose_base_strategy().ok()?;
        Some(strategy.cache_dir().join("cargo-pyhack"))
    })
}

/// Fills in a `dl` template: the markers of the Cargo Reference's "Index
/// Format", or none of them and the API's path.
fn download_url(template: &str, krate: &LockedCrate, checksum: &Sha256) -> String {
    const MARKERS: [&str; 5] = [
        "{crate}",
        "{version}",
        "{prefix}",
        "{lowerprefix}",
        "{sha256-checksum}",
    ];
    let (name, version) = (krate.name.as_str(), krate.version.to_string());
    if !MARKERS.iter().any(|marker| template.contains(marker)) {
        return format!(
            "{}/{name}/{version}/download",
            template.trim_end_matches('/')
        );
    }
    let prefix = index_prefix(name);
    let lower = prefix.to_lowercase();
    let values = [name, &version, &prefix, &lower, &checksum.to_hex()];
    MARKERS
        .iter()
        .zip(values)
        .fold(template.to_owned(), |url, (marker, value)| {
            url.replace(marker, value)
        })
}

/// The folder of a crate in an index; names are ASCII.
fn index_prefix(name: &str) -> String {
    match name.len() {
        1 | 2 => name.len().to_string(),
        3 => format!("3/{}", &name[..1]),
        _ => format!("{}/{}", &name[..2], &name[2..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(template: &str, name: &str) -> String {
        let krate = LockedCrate::example(name, "1.0.0+b");
        download_url(template, &krate, &Sha256::of(b""))
    }

    #[test]
    fn without_markers_the_path_of_the_api_is_added() {
        let expected = "https://example.org/crates/serde/1.0.0+b/download";
        assert_eq!(url("https://example.org/crates", "serde"), expected);
        assert_eq!(url("https://example.org/crates/", "serde"), expected);
    }

    #[test]
    fn markers_are_filled_in() {
        let template = "x:{prefix}/{lowerprefix}/{crate}-{version}/{sha256-checksum}";
        let sum = Sha256::of(b"");
        assert_eq!(
            url(template, "Serde"),
            format!("x:Se/rd/se/rd/Serde-1.0.0+b/{sum}")
        );
        assert_eq!(url("x:{prefix}", "a"), "x:1");
        assert_eq!(url("x:{prefix}", "ab"), "x:2");
        assert_eq!(url("x:{prefix}", "abc"), "x:3/a");
    }
}
