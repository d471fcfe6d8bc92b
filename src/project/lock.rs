//! `Cargo.lock`, formats 1 to 4.

use std::collections::BTreeMap;

use camino::Utf8Path;
use miette::{NamedSource, SourceSpan};
use semver::Version;
use serde::Deserialize;

use super::error::toml_error;
use super::{
    CrateName, CrateSource, GitSource, ProjectError, RegistrySource, SourceFiles,
    without_credentials,
};
use crate::hash::Sha256;

mod git;

pub use git::GitRevision;

const HELP: &str = "cargo writes this file: restore it from version control, or run `cargo generate-lockfile` beside it";

/// Several times what the largest projects have.
const MAX_CRATES: usize = 10_000;

/// A lock, its crates sorted by name and version.
#[derive(Debug, Clone)]
pub struct LockFile {
    /// The format, 1 to 4.
    pub format: u8,
    /// The file's bytes, which `cargoHash` covers.
    pub bytes: Vec<u8>,
    /// Every crate, local ones included.
    pub crates: Vec<LockedCrate>,
    place: String,
}

/// A crate of a lock.
#[derive(Debug, Clone)]
pub struct LockedCrate {
    /// Its name.
    pub name: CrateName,
    /// Its version.
    pub version: Version,
    /// Where it comes from.
    pub source: CrateSource,
    /// What it depends on, as places in [`LockFile::crates`].
    pub dependencies: Vec<usize>,
}

impl LockFile {
    /// Reads the lock at `path`.
    ///
    /// # Errors
    /// Where it is no TOML, no lock, or of an unknown format.
    pub fn read(files: &SourceFiles, path: &Utf8Path) -> Result<Self, ProjectError> {
        let bytes = files.bytes(path).unwrap_or_default().to_vec();
        let text = files.text(path)?.unwrap_or_default();
        Self::parse(bytes, text, files.display(path))
    }

    fn parse(bytes: Vec<u8>, text: &str, place: String) -> Result<Self, ProjectError> {
        check_format(text, &place)?;
        // Working out dependencies takes time that grows with the square.
        if text.matches("[[package]]").count() > MAX_CRATES {
            let message = format!("it has more than {MAX_CRATES} crates");
            return Err(no_lock(&place, text, message));
        }
        let raw: cargo_lock::Lockfile =
            toml::from_str(text).map_err(|error| toml_error(place.clone(), text, &error, HELP))?;
        Ok(Self {
            format: u32::from(raw.version).try_into().unwrap_or_default(),
            bytes,
            crates: crates(raw, text).map_err(|message| no_lock(&place, text, message))?,
            place,
        })
    }

    /// The crates of crates.io, with their checksums.
    ///
    /// # Errors
    /// Where other crates have to be fetched too, or a checksum is missing.
    pub fn crates_io(&self) -> Result<Vec<(LockedCrate, Sha256)>, ProjectError> {
        let git = self.crates.iter().filter_map(|krate| match &krate.source {
            CrateSource::Git(git) => {
                let url = without_credentials(&git.url);
                Some(format!("{} {} (git {url})", krate.name, krate.version))
            }
            _ => None,
        });
        let crates: Vec<_> = git.collect();
        if !crates.is_empty() {
            let place = self.place.clone();
            return Err(ProjectError::UnsupportedSource { place, crates });
        }
        self.crates_io_beside_git()
    }

    /// The crates of crates.io, with their checksums; those from git are
    /// [`LockFile::git_revisions`].
    ///
    /// # Errors
    /// Where crates of other registries have to be fetched too, or a checksum
    /// is missing.
    pub fn crates_io_beside_git(&self) -> Result<Vec<(LockedCrate, Sha256)>, ProjectError> {
        let mut found = Vec::new();
        let (mut unsupported, mut unchecked) = (Vec::new(), Vec::new());
        for krate in &self.crates {
            let label = format!("{} {}", krate.name, krate.version);
            match &krate.source {
                CrateSource::Local | CrateSource::Git(_) => {}
                CrateSource::CratesIo(Some(checksum)) => found.push((krate.clone(), *checksum)),
                CrateSource::CratesIo(None) => unchecked.push(label),
                CrateSource::Registry(registry) => {
                    unsupported.push(format!("{label} ({})", registry.id));
                }
            }
        }
        let place = self.place.clone();
        if !unsupported.is_empty() {
            let crates = unsupported;
            return Err(ProjectError::UnsupportedSource { place, crates });
        }
        if !unchecked.is_empty() {
            let crates = unchecked;
            return Err(ProjectError::NoChecksum { place, crates });
        }
        Ok(found)
    }

    /// Where a local crate stands in [`LockFile::crates`].
    #[must_use]
    pub fn local(&self, name: &str) -> Option<usize> {
        let is_it = |c: &LockedCrate| c.source == CrateSource::Local && c.name.as_str() == name;
        self.crates.iter().position(is_it)
    }
}

impl LockedCrate {
    /// The checksum of its `.crate` file.
    #[must_use]
    pub const fn checksum(&self) -> Option<Sha256> {
        match &self.source {
            CrateSource::CratesIo(checksum) => *checksum,
            CrateSource::Registry(registry) => registry.checksum,
            CrateSource::Git(_) | CrateSource::Local => None,
        }
    }
}

#[cfg(test)]
impl LockFile {
    /// A lock of these crates.
    pub(crate) fn example(crates: Vec<LockedCrate>) -> Self {
        let (bytes, place) = (Vec::new(), String::new());
        Self {
            format: 4,
            bytes,
            crates,
            place,
        }
    }
}

#[cfg(test)]
impl LockedCrate {
    /// A crate of crates.io with nothing else to it.
    pub(crate) fn example(name: &str, version: &str) -> Self {
        Self {
            name: CrateName::new(name).unwrap(),
            version: version.parse().unwrap(),
            source: CrateSource::CratesIo(None),
            dependencies: Vec::new(),
        }
    }
}

/// Refuses what is no TOML and formats from the future, whose other fields
/// may mean anything.
fn check_format(text: &str, place: &str) -> Result<(), ProjectError> {
    #[derive(Deserialize)]
    struct Head {
        version: Option<toml::Spanned<toml::Value>>,
    }
    let head: Head =
        toml::from_str(text).map_err(|error| toml_error(place.to_owned(), text, &error, HELP))?;
    match head.version {
        Some(version) if !matches!(version.get_ref().as_integer(), Some(1..=4)) => {
            Err(ProjectError::LockFormat {
                place: place.to_owned(),
                format: version.get_ref().to_string(),
                text: NamedSource::new(place, text.to_owned()),
                at: Some(SourceSpan::from(version.span())),
            })
        }
        _ => Ok(()),
    }
}

fn no_lock(place: &str, text: &str, message: String) -> ProjectError {
    ProjectError::Toml {
        place: place.to_owned(),
        message,
        help: HELP,
        text: NamedSource::new(place, text.to_owned()),
        at: None,
    }
}

type Key = (String, Version, Option<String>);

fn key(name: &cargo_lock::Name, version: &Version, source: Option<&cargo_lock::SourceId>) -> Key {
    let source = source.map(ToString::to_string);
    (name.as_str().to_owned(), version.clone(), source)
}

fn crates(raw: cargo_lock::Lockfile, text: &str) -> Result<Vec<LockedCrate>, String> {
    let format = u32::from(raw.version).try_into().unwrap_or_default();
    let mut packages = raw.packages;
    packages.sort_by_cached_key(|p| key(&p.name, &p.version, p.source.as_ref()));
    let mut places = BTreeMap::new();
    for (place, package) in packages.iter().enumerate() {
        let key = key(&package.name, &package.version, package.source.as_ref());
        if places.insert(key, place).is_some() {
            return Err(format!(
                "`{} {}` stands in it twice",
                package.name, package.version
            ));
        }
    }
    let ids = source_ids(text);
    packages
        .iter()
        .map(|package| locked_crate(package, &places, &ids, format))
        .collect()
}

/// What stands in `source`, by what `cargo_lock` makes of it: that decodes
/// names and writes URLs anew.
fn source_ids(text: &str) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct Sources {
        #[serde(default)]
        package: Vec<Source>,
    }
    #[derive(Deserialize)]
    struct Source {
        source: Option<String>,
    }
    let sources: Option<Sources> = toml::from_str(text).ok();
    let packages = sources.into_iter().flat_map(|sources| sources.package);
    let pairs = packages.filter_map(|package| {
        let id = package.source?;
        let read: cargo_lock::SourceId = id.parse().ok()?;
        Some((read.to_string(), id))
    });
    pairs.collect()
}

fn locked_crate(
    package: &cargo_lock::Package,
    places: &BTreeMap<Key, usize>,
    ids: &BTreeMap<String, String>,
    format: u8,
) -> Result<LockedCrate, String> {
    let name = CrateName::new(package.name.as_str()).ok_or_else(|| {
        format!(
            "`{}` is no crate's name",
            package.name.as_str().escape_debug()
        )
    })?;
    let dependencies = package
        .dependencies
        .iter()
        .filter_map(|d| places.get(&key(&d.name, &d.version, d.source.as_ref())))
        .copied()
        .collect();
    Ok(LockedCrate {
        name,
        version: package.version.clone(),
        source: source(package, ids, format),
        dependencies,
    })
}

fn source(
    package: &cargo_lock::Package,
    ids: &BTreeMap<String, String>,
    format: u8,
) -> CrateSource {
    let Some(source) = &package.source else {
        return CrateSource::Local;
    };
    let read = source.to_string();
    let id = ids.get(&read).cloned().unwrap_or(read);
    let checksum = package
        .checksum
        .as_ref()
        .and_then(cargo_lock::Checksum::as_sha256)
        .map(Sha256::from_bytes);
    if source.is_default_registry() {
        return CrateSource::CratesIo(checksum);
    }
    match GitSource::parse(&id, format) {
        Some(git) => CrateSource::Git(git),
        None => CrateSource::Registry(RegistrySource { id, checksum }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
    const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: &str) -> Result<LockFile, ProjectError> {
        LockFile::parse(text.as_bytes().to_vec(), text, "Cargo.lock".to_owned())
    }

    fn lock(version: &str) -> String {
        format!(
            "{version}[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n\
             checksum = \"{SUM}\"\n\n[[package]]\nname = \"root\"\nversion = \"0.1.0\"\ndependencies = [\"a\"]\n"
        )
    }

    #[test]
    fn formats_one_to_four_are_read() {
        let first = format!(
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n\n\
             [[package]]\nname = \"root\"\nversion = \"0.1.0\"\n\
             dependencies = [\"a 1.0.0 ({CRATES_IO})\"]\n\n\
             [metadata]\n\"checksum a 1.0.0 ({CRATES_IO})\" = \"{SUM}\"\n"
        );
        let texts = [
            first,
            lock(""),
            lock("version = 3\n"),
            lock("version = 4\n"),
        ];
        for (text, format) in texts.iter().zip(1..) {
            let lock = parse(text).unwrap();
            assert_eq!(lock.format, format);
            assert_eq!(lock.crates_io().unwrap()[0].1.to_hex(), SUM);
            let root = lock.local("root").unwrap();
            let dependency = lock.crates[root].dependencies[0];
            assert_eq!(lock.crates[dependency].name.as_str(), "a");
        }
    }

    #[test]
    fn other_formats_are_refused() {
        for version in ["version = 5\n", "version = 0\n", "version = \"4\"\n"] {
            let error = parse(&lock(version)).unwrap_err();
            assert!(matches!(error, ProjectError::LockFormat { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        let twice = format!(
            "{0}{0}",
            lock("")
                .split("\n[[package]]\nname = \"root\"")
                .next()
                .unwrap()
        );
        let path = lock("").replace("\"a\"", "\"../a\"");
        for text in [
            "<html>",
            "package = 3",
            "[[package]]\nname = 1",
            &twice,
            &path,
        ] {
            let error = parse(text).unwrap_err();
            assert!(matches!(error, ProjectError::Toml { .. }), "{error}");
        }
    }

    #[test]
    fn crates_from_elsewhere_are_named() {
        let git = "git+https://example.org/a?rev=abc#0123456789012345678901234567890123456789";
        let other = "sparse+https://example.org/index/";
        for (source, told) in [
            (git, "git https://example.org/a"),
            (other, "example.org/index"),
        ] {
            let text = lock("version = 4\n").replace(CRATES_IO, source);
            let error = parse(&text).unwrap().crates_io().unwrap_err().to_string();
            assert!(
                error.contains("`a 1.0.0 (") && error.contains(told),
                "{error}"
            );
        }
        let lock = parse(&lock("version = 4\n").replace(CRATES_IO, git)).unwrap();
        assert!(lock.crates_io_beside_git().unwrap().is_empty());
    }

    #[test]
    fn a_missing_checksum_is_told() {
        let text = lock("version = 3\n").replace(&format!("checksum = \"{SUM}\"\n"), "");
        let error = parse(&text).unwrap().crates_io().unwrap_err();
        assert!(matches!(error, ProjectError::NoChecksum { .. }), "{error}");
    }
}
