//! `pylock.toml`, version 1 (PEP 751).

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;
use toml::Spanned;

use super::error::PythonLockError;
use super::model::{Artifact, ArtifactPlace, LockedPackage, LockedSource, PythonLock};
use super::reader::{Reader, artifact_place, invalid_hash, wheel_name};
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
    r#type: String,
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

pub(super) fn parse(place: &str, text: &str) -> Result<PythonLock, PythonLockError> {
    let mut reader = Reader::new(place, text);
    let head: Head = reader.parse()?;
    let version = head.lock_version.as_deref();
    if version.and_then(|version| version.split('.').next()) != Some("1") {
        return Err(reader.unknown_version(version, "lock-version"));
    }
    let lock: Lock = reader.parse()?;
    if lock.packages.is_empty() {
        return Err(reader.empty());
    }
    let groups = lock.dependency_groups.iter().chain(&lock.default_groups);
    let group_extras = groups.map(|group| group_extra(group));
    Ok(PythonLock {
        requires_python: lock.requires_python,
        extras: lock.extras.into_iter().chain(group_extras).collect(),
        packages: reader.entries(lock.packages, |package| &package.name, locked_package)?,
        conflicts: Vec::new(),
        platforms: [const { Vec::new() }; 2],
        is_flat: true,
    })
}

fn locked_package(
    package: Package,
    name: PythonName,
    reader: &mut Reader,
) -> Result<LockedPackage, String> {
    let marker = package.marker.as_deref().map(with_extras);
    let marker = marker.map(|marker| reader.marker(&marker)).transpose()?;
    let (source, archive) = source(&package)?;
    let sdist = package.sdist.as_ref().map(artifact).transpose()?;
    let mut wheels = Vec::new();
    for file in &package.wheels {
        wheels.extend(wheel_name(file.name.as_ref(), &artifact(file)?));
    }
    let archive_wheel = archive
        .as_ref()
        .and_then(|archive| wheel_name(None, archive));
    let sdist = archive.filter(|_| archive_wheel.is_none()).or(sdist);
    wheels.extend(archive_wheel);
    Ok(LockedPackage {
        name,
        version: package.version,
        source,
        sdist,
        wheels,
        markers: marker.into_iter().collect(),
        dependencies: Vec::new(),
        optional: BTreeMap::new(),
        groups: BTreeMap::new(),
    })
}

/// Returns the source, and its archive if it is one.
fn source(package: &Package) -> Result<(LockedSource, Option<Artifact>), String> {
    if let Some(vcs) = &package.vcs {
        let address = vcs.url.as_ref().or(vcs.path.as_ref());
        let (Some(url), "git") = (address, vcs.r#type.as_str()) else {
            let kind = vcs.r#type.escape_debug();
            return Err(format!("is in an unsupported kind of repository: `{kind}`"));
        };
        let source = LockedSource::Git {
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
        let kind = if directory.editable {
            LockedSource::Editable
        } else {
            LockedSource::Directory
        };
        return Ok((kind(path), None));
    }
    if let Some(file) = &package.archive {
        let archive = artifact(file)?;
        let source = match &archive.place {
            ArtifactPlace::Url(url) => LockedSource::Url {
                url: url.clone(),
                subdirectory: file.subdirectory.clone(),
            },
            ArtifactPlace::Path(path) => LockedSource::Path(path.clone()),
            ArtifactPlace::Nowhere => return Err("has an archive without a URL".to_owned()),
        };
        return Ok((source, Some(archive)));
    }
    let index = package.index.clone().unwrap_or_default();
    Ok((LockedSource::Registry(index), None))
}

fn artifact(file: &File) -> Result<Artifact, String> {
    let hex = file.hashes.get("sha256");
    let hash = hex.map(|hex| Sha256::from_hex(hex).ok_or_else(|| invalid_hash(hex)));
    Ok(Artifact {
        place: artifact_place(file.url.as_ref(), file.path.as_ref()),
        hash: hash.transpose()?,
        size: file.size,
    })
}

/// Returns the extra that stands for a dependency group, since PEP 508's
/// `extra` has one namespace for both.
fn group_extra(group: &str) -> String {
    format!("group-{group}")
}

/// Rewrites `'x' in extras` and `'x' in dependency_groups`, which PEP 751 adds
/// to markers, to PEP 508's `extra`.
fn with_extras(marker: &str) -> String {
    let mut rewritten = marker.to_owned();
    for (variable, is_group) in [("extras", false), ("dependency_groups", true)] {
        for (word, operator) in [(" not in ", "!="), (" in ", "==")] {
            let end = format!("{word}{variable}");
            while let Some(at) = rewritten.find(&end) {
                let Some((start, name)) = quoted_suffix(&rewritten[..at]) else {
                    break;
                };
                let name = if is_group {
                    group_extra(name)
                } else {
                    name.to_owned()
                };
                let clause = format!("extra {operator} '{name}'");
                rewritten.replace_range(start..at + end.len(), &clause);
            }
        }
    }
    rewritten
}

/// Returns the quoted text that a text ends with, and the offset of its first
/// quote.
fn quoted_suffix(text: &str) -> Option<(usize, &str)> {
    let quote = text.chars().last().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = &text[..text.len() - 1];
    let start = inner.rfind(quote)?;
    Some((start, &inner[start + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_and_groups_become_extra() {
        let rewritten = with_extras("'gui' in extras and \"dev\" not in dependency_groups");
        assert_eq!(rewritten, "extra == 'gui' and extra != 'group-dev'");
        assert_eq!(with_extras("x in extras"), "x in extras");
    }
}
