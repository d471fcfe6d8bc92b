//! `pylock.toml`, version 1 (PEP 751).

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;
use toml::Spanned;

use super::reader::{Reader, artifact, wheel};
use super::{Artifact, ArtifactPlace, LockedPackage, PackageSource, PythonLock, PythonLockError};
use crate::hash::Sha256;
use crate::project::PythonName;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Head {
    lock_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock {
    requires_python: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
    #[serde(default)]
    dependency_groups: Vec<String>,
    #[serde(default)]
    default_groups: Vec<String>,
    #[serde(default)]
    packages: Vec<Spanned<Package>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    marker: Option<String>,
    index: Option<String>,
    vcs: Option<Vcs>,
    directory: Option<Directory>,
    archive: Option<File>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
    path: Option<String>,
    commit_id: String,
    subdirectory: Option<Utf8PathBuf>,
}

#[derive(Deserialize)]
struct Directory {
    path: Utf8PathBuf,
    #[serde(default)]
    editable: bool,
    subdirectory: Option<Utf8PathBuf>,
}

#[derive(Deserialize)]
struct File {
    name: Option<String>,
    url: Option<String>,
    path: Option<String>,
    size: Option<u64>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    subdirectory: Option<Utf8PathBuf>,
}

pub(super) fn read(place: &str, text: &str) -> Result<PythonLock, PythonLockError> {
    let mut reader = Reader::new(place, text);
    let head: Head = reader.parse()?;
    let version = head.lock_version;
    let major = version
        .as_deref()
        .and_then(|version| version.split('.').next());
    if major != Some("1") {
        return Err(reader.unknown_version(version));
    }
    let lock: Lock = reader.parse()?;
    let packages = reader.entries(lock.packages, |package| &package.name, locked)?;
    let groups = lock.dependency_groups.iter().chain(&lock.default_groups);
    let groups = groups.map(|group| group_extra(group));
    Ok(PythonLock {
        requires_python: lock.requires_python,
        packages,
        conflicts: Vec::new(),
        is_flat: true,
        extras: lock.extras.into_iter().chain(groups).collect(),
    })
}

fn locked(package: Package, line: usize, reader: &mut Reader) -> Result<LockedPackage, String> {
    let name = PythonName::new(&package.name);
    if !name.is_valid() {
        return Err("is no name of a package".to_owned());
    }
    let marker = package.marker.as_deref().map(with_extras);
    let markers = vec![reader.marker(marker.as_deref())?];
    let (source, archive) = source(&package)?;
    let sdist = package.sdist.as_ref().map(file).transpose()?;
    let wheels = package.wheels.iter();
    let wheels = wheels.map(|found| Ok(wheel(found.name.as_ref(), file(found)?)));
    let wheels: Result<Vec<_>, String> = wheels.collect();
    let archive_wheel = archive.clone().and_then(|archive| wheel(None, archive));
    let wheels = wheels?.into_iter().flatten();
    Ok(LockedPackage {
        name,
        version: package.version,
        sdist: archive.filter(|_| archive_wheel.is_none()).or(sdist),
        source,
        wheels: wheels.chain(archive_wheel).collect(),
        markers,
        dependencies: Vec::new(),
        optional: BTreeMap::new(),
        groups: BTreeMap::new(),
        line,
    })
}

/// Where it is from, and the archive if that is one.
fn source(package: &Package) -> Result<(PackageSource, Option<Artifact>), String> {
    if let Some(vcs) = &package.vcs {
        let address = vcs.url.as_ref().or(vcs.path.as_ref());
        let (Some(url), "git") = (address, vcs.kind.as_str()) else {
            let kind = vcs.kind.escape_debug();
            return Err(format!(
                "is in a repository of a kind that isn't known: `{kind}`"
            ));
        };
        let source = PackageSource::Git {
            url: url.clone(),
            revision: vcs.commit_id.clone(),
            subdirectory: vcs.subdirectory.clone(),
        };
        return Ok((source, None));
    }
    if let Some(directory) = &package.directory {
        let path = match &directory.subdirectory {
            Some(below) => directory.path.join(below),
            None => directory.path.clone(),
        };
        let source = if directory.editable {
            PackageSource::Editable(path)
        } else {
            PackageSource::Directory(path)
        };
        return Ok((source, None));
    }
    if let Some(archive) = &package.archive {
        let found = file(archive)?;
        let source = match &found.place {
            ArtifactPlace::Url(url) => PackageSource::Url {
                url: url.clone(),
                subdirectory: archive.subdirectory.clone(),
            },
            ArtifactPlace::Path(path) => PackageSource::Path(path.clone()),
            ArtifactPlace::Nowhere => return Err("has an archive without an address".to_owned()),
        };
        return Ok((source, Some(found)));
    }
    let index = package.index.clone().unwrap_or_default();
    Ok((PackageSource::Registry(index), None))
}

fn file(file: &File) -> Result<Artifact, String> {
    let hex = file.hashes.get("sha256");
    let hash = hex.map(|hex| {
        let wrong = || format!("has a hash that is none: `{}`", hex.escape_debug());
        Sha256::from_hex(hex).ok_or_else(wrong)
    });
    let place = (file.url.as_ref(), file.path.as_ref());
    Ok(artifact(place, hash.transpose()?, file.size))
}

/// Extras and groups have one space of names in PEP 508's `extra`.
fn group_extra(group: &str) -> String {
    format!("group-{group}")
}

/// `'x' in extras` and `'x' in dependency_groups`, which PEP 751 adds to
/// markers, said with PEP 508's `extra`.
fn with_extras(marker: &str) -> String {
    let mut said = marker.to_owned();
    for (variable, is_group) in [("extras", false), ("dependency_groups", true)] {
        for (word, operator) in [(" not in ", "!="), (" in ", "==")] {
            let end = format!("{word}{variable}");
            while let Some(at) = said.find(&end) {
                let Some((start, name)) = quoted_before(&said[..at]) else {
                    break;
                };
                let name = if is_group {
                    group_extra(name)
                } else {
                    name.to_owned()
                };
                let clause = format!("extra {operator} '{name}'");
                said.replace_range(start..at + end.len(), &clause);
            }
        }
    }
    said
}

/// The text in quotes at an end, and where it begins.
fn quoted_before(text: &str) -> Option<(usize, &str)> {
    let quote = text.chars().last().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = &text[..text.len() - 1];
    let start = inner.rfind(quote)?;
    Some((start, &inner[start + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_and_groups_are_said_with_extra() {
        let said = with_extras("'gui' in extras and \"dev\" not in dependency_groups");
        assert_eq!(said, "extra == 'gui' and extra != 'group-dev'");
        assert_eq!(with_extras("x in extras"), "x in extras");
    }
}
