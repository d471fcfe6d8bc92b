//! `uv.lock`, version 1.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;
use toml::Spanned;

use super::reader::{Reader, artifact, wheel};
use super::{
    Artifact, ArtifactPlace, Conflict, ConflictItem, Dependency, LockedPackage, PackageSource,
    PythonLock, PythonLockError,
};
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
    #[serde(default)]
    conflicts: Vec<Vec<RawConflict>>,
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

#[derive(Default, Deserialize)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<Utf8PathBuf>,
    directory: Option<Utf8PathBuf>,
    editable: Option<Utf8PathBuf>,
    #[serde(rename = "virtual")]
    is_virtual: Option<Utf8PathBuf>,
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

pub(super) fn read(place: &str, text: &str) -> Result<PythonLock, PythonLockError> {
    let mut reader = Reader::new(place, text);
    // What else stands in another version isn't known.
    let head: Head = reader.parse()?;
    if head.version != Some(VERSION) {
        return Err(reader.unknown_version(head.version.map(|found| found.to_string())));
    }
    let lock: Lock = reader.parse()?;
    let packages = reader.entries(lock.package, |package| &package.name, locked)?;
    Ok(PythonLock {
        requires_python: lock.requires_python,
        packages,
        conflicts: lock.conflicts.into_iter().map(conflicts).collect(),
        is_flat: false,
        extras: Vec::new(),
    })
}

fn conflicts(set: Vec<RawConflict>) -> Vec<Conflict> {
    let conflict = |conflict: RawConflict| Conflict {
        package: PythonName::new(&conflict.package),
        item: match (conflict.extra, conflict.group) {
            (Some(extra), _) => ConflictItem::Extra(extra),
            (None, Some(group)) => ConflictItem::Group(group),
            (None, None) => ConflictItem::Package,
        },
    };
    set.into_iter().map(conflict).collect()
}

fn locked(package: Package, line: usize, reader: &mut Reader) -> Result<LockedPackage, String> {
    let name = PythonName::new(&package.name);
    if !name.is_valid() {
        return Err("is no name of a package".to_owned());
    }
    let markers = package.resolution_markers.iter();
    let markers = markers.map(|marker| reader.marker(Some(marker)));
    let markers = markers.collect::<Result<_, _>>()?;
    let mut sdist = package.sdist.as_ref().map(file).transpose()?;
    let subdirectory = package.sdist.as_ref().and_then(|f| f.subdirectory.clone());
    let source = source(&package.source, subdirectory)?;
    // The entries of these have its hash alone.
    match (&mut sdist, &source) {
        (Some(sdist), PackageSource::Url { url, .. }) => {
            sdist.place = ArtifactPlace::Url(url.clone());
        }
        (Some(sdist), PackageSource::Path(path)) => {
            sdist.place = ArtifactPlace::Path(path.clone());
        }
        _ => {}
    }
    let wheels = package.wheels.iter();
    let wheels = wheels.map(|found| Ok(wheel(found.filename.as_ref(), file(found)?)));
    let wheels: Result<Vec<_>, String> = wheels.collect();
    Ok(LockedPackage {
        name,
        version: package.version,
        source,
        sdist,
        wheels: wheels?.into_iter().flatten().collect(),
        markers,
        dependencies: needs(&package.dependencies, reader)?,
        optional: by_name(&package.optional_dependencies, reader)?,
        groups: by_name(&package.dev_dependencies, reader)?,
        line,
    })
}

fn source(source: &Source, subdirectory: Option<Utf8PathBuf>) -> Result<PackageSource, String> {
    let subdirectory = source.subdirectory.clone().or(subdirectory);
    Ok(match source {
        Source {
            registry: Some(registry),
            ..
        } => PackageSource::Registry(registry.clone()),
        Source { git: Some(git), .. } => git_source(git)?,
        Source { url: Some(url), .. } => PackageSource::Url {
            url: url.clone(),
            subdirectory,
        },
        Source {
            path: Some(path), ..
        } => PackageSource::Path(path.clone()),
        Source {
            directory: Some(path),
            ..
        } => PackageSource::Directory(path.clone()),
        Source {
            editable: Some(path),
            ..
        } => PackageSource::Editable(path.clone()),
        Source {
            is_virtual: Some(path),
            ..
        } => PackageSource::Virtual(path.clone()),
        _ => return Err("has a source of a kind that isn't known".to_owned()),
    })
}

/// `https://example.org/r?subdirectory=bindings%2Fpython&tag=v1#0123abc`
fn git_source(text: &str) -> Result<PackageSource, String> {
    let wrong = || {
        format!(
            "has a git address that makes no sense: `{}`",
            text.escape_debug()
        )
    };
    let (address, revision) = text.rsplit_once('#').ok_or_else(wrong)?;
    let url = reqwest::Url::parse(address).map_err(|_| wrong())?;
    let mut pairs = url.query_pairs();
    let subdirectory = pairs
        .find(|(key, _)| key == "subdirectory")
        .map(|(_, folder)| folder.into_owned().into());
    let address = address.split('?').next().unwrap_or_default();
    Ok(PackageSource::Git {
        url: address.to_owned(),
        revision: revision.to_owned(),
        subdirectory,
    })
}

fn file(file: &File) -> Result<Artifact, String> {
    let hash = file.hash.as_deref().map(sha256).transpose()?.flatten();
    Ok(artifact(
        (file.url.as_ref(), file.path.as_ref()),
        hash,
        file.size,
    ))
}

/// `sha256:...`; none where it is another algorithm's.
fn sha256(text: &str) -> Result<Option<Sha256>, String> {
    let Some(hex) = text.strip_prefix("sha256:") else {
        return Ok(None);
    };
    let hash = Sha256::from_hex(hex);
    let wrong = || format!("has a hash that is none: `{}`", text.escape_debug());
    hash.map(Some).ok_or_else(wrong)
}

fn needs(needs: &[Need], reader: &mut Reader) -> Result<Vec<Dependency>, String> {
    let need = |need: &Need| {
        Ok(Dependency {
            name: PythonName::new(&need.name),
            version: need.version.clone(),
            extras: need.extra.clone(),
            marker: reader.marker(need.marker.as_deref())?,
        })
    };
    needs.iter().map(need).collect()
}

fn by_name(
    all: &BTreeMap<String, Vec<Need>>,
    reader: &mut Reader,
) -> Result<BTreeMap<String, Vec<Dependency>>, String> {
    let each = all.iter();
    let each = each.map(|(name, list)| Ok((name.clone(), needs(list, reader)?)));
    each.collect()
}
