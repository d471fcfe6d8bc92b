//! Generates the stanzas of packages that are taken from nixpkgs.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::digests::rules;
use super::finished::{FinishedStanza, SnippetPackage};
use crate::error::Error;
use crate::io::Session;
use crate::io::paths::{join_below, parent_folder, path_from};
use crate::io::python_locks::FoundPythonLock;
use crate::nix::{AnyStanza, Dropped, Prebuilt};
use crate::options::{DroppedName, Options, PrebuiltPackage};
use crate::overlay::{Digests, OverlayError, digest};
use crate::project::is_version;
use crate::python_lock::PythonLockError;

const TABLE: &str = include_str!("../../data/nixpkgs-prebuilt.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    dependency: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    why: String,
}

/// Generates the stanza of a package that is taken from nixpkgs.
///
/// # Errors
/// Fails if no package is named, or no lock with it is found.
pub(super) fn make_prebuilt(
    options: &Options,
    file: &Utf8Path,
    session: &Session,
) -> Result<FinishedStanza, Error> {
    let folder = parent_folder(file);
    let package = options.nixpkgs.prebuilt.as_ref();
    let package = package.ok_or_else(|| OverlayError::Recipe {
        place: file.to_string(),
        message: "it names no package to take from nixpkgs".to_owned(),
    })?;
    let PrebuiltPackage { name, attr, .. } = package.clone();
    let FoundPythonLock { path, lock } = locked(options, folder, session)?;
    let entries: Vec<_> = lock.entries(&name).collect();
    if entries.is_empty() {
        return Err(PythonLockError::NoPackage {
            place: path.to_string(),
            package: name.to_string(),
        }
        .into());
    }
    let versions: BTreeSet<_> = entries.iter().filter_map(|e| e.version.clone()).collect();
    let version = versions.into_iter().collect::<Vec<_>>().join(",");
    // In a `pylock.toml`, packages don't have their dependencies.
    let needs: BTreeSet<String> = if lock.is_flat {
        lock.packages.iter().map(|p| p.name.to_string()).collect()
    } else {
        let needs = entries.iter().flat_map(|entry| &entry.dependencies);
        needs.map(|need| need.name.to_string()).collect()
    };
    let drop = dropped(options, &needs);
    let dropped = drop.clone();
    let prebuilt = Prebuilt {
        name: name.clone(),
        attr,
        drop,
        strict: options.nixpkgs.strict.unwrap_or_default(),
    };
    let text = format!("{prebuilt:?} {version}");
    let mut marked = options.clone();
    marked.input.uv_lock = Some(path);
    let marked = marked.try_with_paths(|path| path_from(folder, path))?;
    Ok(FinishedStanza {
        stanza: AnyStanza::Prebuilt(Box::new(prebuilt)),
        package: SnippetPackage {
            name: name.to_string(),
            version: Some(version).filter(|version| version.split(',').all(is_version)),
            cargo_roots: Vec::new(),
            dropped,
        },
        facts: None,
        crates: 0,
        build_system: Vec::new(),
        locks: Vec::new(),
        warnings: Vec::new(),
        recipe: marked.in_one_line(),
        digests: Digests {
            source: digest(text.as_bytes()),
            cargo_lock: digest(b""),
            build: digest(b""),
            rules: rules(),
            ..Digests::default()
        },
    })
}

/// Returns the lock that the options name, or the one above the overlay.
fn locked(
    options: &Options,
    folder: &Utf8Path,
    session: &Session,
) -> Result<FoundPythonLock, Error> {
    let missing = |path: Utf8PathBuf| PythonLockError::NotFound {
        path: path.into_string(),
    };
    let Some(path) = &options.input.uv_lock else {
        let path = join_below(folder, Utf8Path::new("uv.lock"));
        let found = session.python_lock_above(folder)?;
        return Ok(found.ok_or_else(|| missing(path))?);
    };
    let lock = session.python_lock(path)?;
    Ok(FoundPythonLock {
        path: path.clone(),
        lock: lock.ok_or_else(|| missing(path.clone()))?,
    })
}

/// Returns the dependencies to drop: those that the options name, or those in
/// the built-in table that the package has.
fn dropped(options: &Options, needs: &BTreeSet<String>) -> Vec<Dropped> {
    if let Some(asked) = &options.nixpkgs.drop {
        let dropped = |name: &DroppedName| Dropped {
            name: name.normalized(),
            why: None,
        };
        return asked.iter().map(dropped).collect();
    }
    let table: Table = toml::from_str(TABLE).expect("the table is checked by a test");
    let rows = table.dependency.into_iter().map(|row| Dropped {
        name: row.name,
        why: Some(row.why),
    });
    rows.filter(|row| needs.iter().any(|need| row.matches(need)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_to_drop_is_what_the_package_needs() {
        let needs = ["nvidia-cublas", "numpy"].map(str::to_owned);
        let dropped = dropped(&Options::default(), &needs.into());
        let names: Vec<_> = dropped.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["nvidia-"]);
        assert!(dropped[0].why.is_some());
    }
}
