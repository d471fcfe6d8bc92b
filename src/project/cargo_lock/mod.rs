//! `Cargo.lock`, formats 1 to 4.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use miette::{NamedSource, SourceSpan};
use semver::Version;
use serde::Deserialize;
use toml::de::DeTable;

use super::error::toml_error;
use super::{CrateName, CrateSource, GitSource, ProjectError, RegistrySource, SourceFiles};
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
    /// The registries besides crates.io, in the order in which the file names
    /// them.
    registries: Vec<String>,
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
        let broken = |error| toml_error(place.clone(), text, &error, HELP);
        let table = DeTable::parse(text).map_err(broken)?;
        let sources = sources(table.get_ref(), text, &place)?;
        // Working out dependencies takes time that grows with the square.
        if text.matches("[[package]]").count() > MAX_CRATES {
            let message = format!("it has more than {MAX_CRATES} crates");
            return Err(no_lock(&place, text, message));
        }
        let raw = cargo_lock::Lockfile::deserialize(toml::Deserializer::from(table));
        let raw = raw.map_err(broken)?;
        Ok(Self {
            format: u32::from(raw.version).try_into().unwrap_or_default(),
            bytes,
            crates: crates(raw, &sources).map_err(|message| no_lock(&place, text, message))?,
            registries: other_registries(&sources),
            place,
        })
    }

    /// The crates of crates.io and of other registries, with their checksums.
    ///
    /// # Errors
    /// Where other crates have to be fetched too, or a checksum is missing.
    pub fn registry_crates(&self) -> Result<Vec<(LockedCrate, Sha256)>, ProjectError> {
        let mut found = Vec::new();
        let mut unchecked = Vec::new();
        for krate in &self.crates {
            let label = format!("{} {}", krate.name, krate.version);
            match &krate.source {
                CrateSource::Local | CrateSource::Git(_) => {}
                CrateSource::CratesIo(checksum)
                | CrateSource::Registry(RegistrySource { checksum, .. }) => match checksum {
                    Some(checksum) => found.push((krate.clone(), *checksum)),
                    None => unchecked.push(label),
                },
            }
        }
        if !unchecked.is_empty() {
            let (place, crates) = (self.place.clone(), unchecked);
            return Err(ProjectError::NoChecksum { place, crates });
        }
        Ok(found)
    }

    /// The number of a registry other than crates.io, from 1 on, in the order
    /// in which the file names them.
    #[must_use]
    pub fn registry_number(&self, id: &str) -> Option<usize> {
        let place = self.registries.iter().position(|other| other == id)?;
        Some(place + 1)
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
        let registries = crates.iter().filter_map(|krate| match &krate.source {
            CrateSource::Registry(registry) => Some(registry.id.clone()),
            _ => None,
        });
        Self {
            format: 4,
            bytes: Vec::new(),
            registries: registries.collect(),
            crates,
            place: String::new(),
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

/// Refuses formats from the future, whose other fields may mean anything.
/// Gives what `cargo_lock` doesn't tell: each `source`, in the file's order.
fn sources(table: &DeTable, text: &str, place: &str) -> Result<Vec<String>, ProjectError> {
    if let Some(version) = table.get("version") {
        let format = version.get_ref().as_integer();
        let format =
            format.and_then(|format| i64::from_str_radix(format.as_str(), format.radix()).ok());
        if !matches!(format, Some(1..=4)) {
            return Err(ProjectError::LockFormat {
                place: place.to_owned(),
                format: text[version.span()].to_owned(),
                text: NamedSource::new(place, text.to_owned()),
                at: Some(SourceSpan::from(version.span())),
            });
        }
    }
    let packages = table
        .get("package")
        .and_then(|packages| packages.get_ref().as_array());
    let sources = packages.into_iter().flatten().filter_map(|package| {
        let source = package.get_ref().as_table()?.get("source")?;
        source.get_ref().as_str()
    });
    Ok(sources.map(str::to_owned).collect())
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

fn crates(raw: cargo_lock::Lockfile, sources: &[String]) -> Result<Vec<LockedCrate>, String> {
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
    let ids = source_ids(sources);
    packages
        .iter()
        .map(|package| locked_crate(package, &places, &ids, format))
        .collect()
}

/// What stands in `source`, by what `cargo_lock` makes of it: that decodes
/// names and writes URLs anew.
fn source_ids(sources: &[String]) -> BTreeMap<String, String> {
    let distinct: BTreeSet<&String> = sources.iter().collect();
    let pairs = distinct.into_iter().filter_map(|id| {
        let read: cargo_lock::SourceId = id.parse().ok()?;
        Some((read.to_string(), id.clone()))
    });
    pairs.collect()
}

fn other_registries(sources: &[String]) -> Vec<String> {
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for id in sources {
        if !seen.insert(id) {
            continue;
        }
        let read: Option<cargo_lock::SourceId> = id.parse().ok();
        if read.is_some_and(|id| id.is_registry() && !id.is_default_registry()) {
            found.push(id.clone());
        }
    }
    found
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
mod tests;
