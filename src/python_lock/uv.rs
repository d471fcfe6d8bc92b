//! `uv.lock`, version 1.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use pep508_rs::MarkerTree;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::error::PythonLockError;
use super::model::{
    Artifact, ArtifactPlace, Conflict, ConflictItem, LockedPackage, LockedSource, PythonDependency,
    PythonLock,
};
use super::reader::{Reader, artifact_place, invalid_hash, wheel_name};
use crate::hash::Sha256;
use crate::project::PythonName;

const VERSION: i64 = 1;

#[derive(Deserialize)]
struct Head {
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock {
    requires_python: Option<String>,
    #[serde(default)]
    package: Vec<Spanned<Package>>,
    /// The packages, in a lock of uv before 0.3.
    #[serde(default)]
    distribution: Vec<Spanned<IgnoredAny>>,
    #[serde(default)]
    conflicts: Vec<Vec<RawConflict>>,
    #[serde(default)]
    supported_markers: Vec<String>,
    #[serde(default)]
    required_markers: Vec<String>,
}

#[derive(Deserialize)]
struct RawConflict {
    package: String,
    extra: Option<String>,
    group: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: String,
    version: Option<String>,
    source: Source,
    #[serde(default)]
    resolution_markers: Vec<String>,
    #[serde(default)]
    dependencies: Vec<Need>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Need>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Need>>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
}

/// The keys of `source`; one of them says the kind.
#[derive(Default, Deserialize)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<Utf8PathBuf>,
    directory: Option<Utf8PathBuf>,
    editable: Option<Utf8PathBuf>,
    r#virtual: Option<Utf8PathBuf>,
    subdirectory: Option<Utf8PathBuf>,
}

#[derive(Deserialize)]
struct Need {
    name: String,
    version: Option<String>,
    #[serde(default)]
    extra: Vec<String>,
    marker: Option<String>,
}

#[derive(Deserialize)]
struct File {
    url: Option<String>,
    path: Option<String>,
    filename: Option<String>,
    hash: Option<String>,
    size: Option<u64>,
    subdirectory: Option<Utf8PathBuf>,
}

pub(super) fn parse(place: &str, text: &str) -> Result<PythonLock, PythonLockError> {
    let mut reader = Reader::new(place, text);
    // Other versions may give other fields another type.
    let head: Head = reader.parse()?;
    if head.version != Some(VERSION) {
        let found = head.version.map(|found| found.to_string());
        return Err(reader.unknown_version(found.as_deref(), "version"));
    }
    let lock: Lock = reader.parse()?;
    if let Some(first) = lock.distribution.first() {
        return Err(reader.old_format(first.span()));
    }
    if lock.package.is_empty() {
        return Err(reader.empty());
    }
    let sets = lock.conflicts.into_iter();
    let markers = [&lock.supported_markers, &lock.required_markers];
    let [supported, required] = markers.map(|list| {
        // One that can't be read holds nowhere.
        let markers = list.iter().map(|marker| reader.marker(marker));
        markers
            .map(|marker| marker.unwrap_or(MarkerTree::FALSE))
            .collect()
    });
    Ok(PythonLock {
        requires_python: lock.requires_python,
        packages: reader.entries(lock.package, |package| &package.name, locked_package)?,
        conflicts: sets
            .map(|set| set.into_iter().map(conflict).collect())
            .collect(),
        platforms: [supported, required],
        is_flat: false,
        extras: Vec::new(),
    })
}

fn conflict(raw: RawConflict) -> Conflict {
    Conflict {
        package: PythonName::new(&raw.package),
        item: match (raw.extra, raw.group) {
            (Some(extra), _) => ConflictItem::Extra(extra),
            (None, Some(group)) => ConflictItem::Group(group),
            (None, None) => ConflictItem::Package,
        },
    }
}

fn locked_package(
    package: Package,
    name: PythonName,
    reader: &mut Reader,
) -> Result<LockedPackage, String> {
    let markers = package.resolution_markers.iter();
    let markers = markers.map(|marker| reader.marker(marker));
    let markers = markers.collect::<Result<_, _>>()?;
    let mut sdist = package.sdist.as_ref().map(artifact).transpose()?;
    let subdirectory = package.sdist.and_then(|file| file.subdirectory);
    let source = locked_source(package.source, subdirectory)?;
    // For these sources, the sdist has only a hash.
    match (&mut sdist, &source) {
        (Some(sdist), LockedSource::Url { url, .. }) => {
            sdist.place = ArtifactPlace::Url(url.clone());
        }
        (Some(sdist), LockedSource::Path(path)) => {
            sdist.place = ArtifactPlace::Path(path.clone());
        }
        _ => {}
    }
    let mut wheels = Vec::new();
    for file in &package.wheels {
        wheels.extend(wheel_name(file.filename.as_ref(), &artifact(file)?));
    }
    Ok(LockedPackage {
        name,
        version: package.version,
        source,
        sdist,
        wheels,
        markers,
        dependencies: dependencies(package.dependencies, reader)?,
        optional: by_name(package.optional_dependencies, reader)?,
        groups: by_name(package.dev_dependencies, reader)?,
    })
}

fn locked_source(
    source: Source,
    sdist_subdirectory: Option<Utf8PathBuf>,
) -> Result<LockedSource, String> {
    let subdirectory = source.subdirectory.or(sdist_subdirectory);
    if let Some(registry) = source.registry {
        Ok(LockedSource::Registry(registry))
    } else if let Some(git) = source.git {
        git_source(&git)
    } else if let Some(url) = source.url {
        Ok(LockedSource::Url { url, subdirectory })
    } else if let Some(path) = source.path {
        Ok(LockedSource::Path(path))
    } else if let Some(path) = source.directory {
        Ok(LockedSource::Directory(path))
    } else if let Some(path) = source.editable {
        Ok(LockedSource::Editable(path))
    } else if let Some(path) = source.r#virtual {
        Ok(LockedSource::Virtual(path))
    } else {
        Err("has an unsupported kind of source".to_owned())
    }
}

/// Parses `https://example.org/r?subdirectory=bindings%2Fpython&tag=v1#0123abc`.
fn git_source(text: &str) -> Result<LockedSource, String> {
    let invalid = || format!("has an invalid git URL: `{}`", text.escape_debug());
    let (address, revision) = text.rsplit_once('#').ok_or_else(invalid)?;
    let url = reqwest::Url::parse(address).map_err(|_| invalid())?;
    let mut pairs = url.query_pairs();
    let subdirectory = pairs
        .find(|(key, _)| key == "subdirectory")
        .map(|(_, folder)| folder.into_owned().into());
    let address = address.split('?').next().unwrap_or_default();
    Ok(LockedSource::Git {
        url: address.to_owned(),
        revision: revision.to_owned(),
        subdirectory,
    })
}

fn artifact(file: &File) -> Result<Artifact, String> {
    // Hashes of other algorithms are ignored.
    let hex = file
        .hash
        .as_deref()
        .and_then(|hash| Some((hash, hash.strip_prefix("sha256:")?)));
    let hash = hex.map(|(text, hex)| Sha256::from_hex(hex).ok_or_else(|| invalid_hash(text)));
    Ok(Artifact {
        place: artifact_place(file.url.as_ref(), file.path.as_ref()),
        hash: hash.transpose()?,
        size: file.size,
    })
}

fn dependencies(needs: Vec<Need>, reader: &mut Reader) -> Result<Vec<PythonDependency>, String> {
    let dependencies = needs.into_iter().map(|need| {
        let marker = need.marker.map(|marker| reader.marker(&marker));
        Ok(PythonDependency {
            name: PythonName::new(&need.name),
            version: need.version,
            marker: marker.transpose()?.unwrap_or_default(),
            extras: need.extra,
        })
    });
    dependencies.collect()
}

fn by_name(
    needs: BTreeMap<String, Vec<Need>>,
    reader: &mut Reader,
) -> Result<BTreeMap<String, Vec<PythonDependency>>, String> {
    let groups = needs.into_iter();
    let groups = groups.map(|(name, needs)| Ok((name, dependencies(needs, reader)?)));
    groups.collect()
}
