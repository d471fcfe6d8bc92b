//! Packages that are taken from nixpkgs.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::digests::rules;
use super::nix_snippet::SnippetPackage;
use super::overlay::{MadeStanza, is_version};
use super::recipe::Recipe;
use crate::error::Error;
use crate::io::Session;
use crate::io::paths::{join_below, parent_folder, path_from};
use crate::io::python_locks::FoundPythonLock;
use crate::nix::{AnyStanza, Dropped, Prebuilt, is_identifier};
use crate::overlay::{Made, OverlayError};
use crate::project::PythonName;
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

/// What is asked for: `NAME`, or `NAME=ATTR`.
///
/// # Errors
/// Says what it has to be.
pub fn parse(text: &str) -> Result<(PythonName, String), String> {
    let (name, attr) = match text.split_once('=') {
        Some((name, attr)) => (PythonName::new(name), Some(attr.to_owned())),
        None => (PythonName::new(text), None),
    };
    let is_path = |attr: &String| attr.split('.').all(is_identifier);
    if name.is_valid() && attr.iter().all(is_path) {
        let attr = attr.unwrap_or_else(|| name.to_string());
        return Ok((name, attr));
    }
    Err(format!(
        "`{}` has to be NAME, or NAME=ATTR with an attribute path below nixpkgs' Python packages",
        text.escape_debug()
    ))
}

/// A dependency that is dropped, normalised by PEP 503: a name, or a prefix
/// that ends in `-`.
///
/// # Errors
/// Where it is neither.
pub fn dropped_name(text: &str) -> Result<String, String> {
    let name = PythonName::new(text.trim_end_matches('-'));
    if !name.is_valid() {
        let text = text.escape_debug();
        return Err(format!(
            "`{text}` is neither a package's name nor the beginning of one"
        ));
    }
    let prefix = if text.ends_with('-') { "-" } else { "" };
    Ok(format!("{name}{prefix}"))
}

/// Makes the stanza of a package that a recipe takes from nixpkgs.
///
/// # Errors
/// Where there is no lock, or it hasn't the package.
pub(super) fn make_prebuilt(
    recipe: &Recipe,
    file: &Utf8Path,
    session: &Session,
) -> Result<MadeStanza, Error> {
    let folder = parent_folder(file);
    let wrong = |message: String| OverlayError::Recipe {
        place: file.to_string(),
        message,
    };
    let asked = recipe.prebuilt.as_deref().unwrap_or_default();
    let (name, attr) = parse(asked).map_err(wrong)?;
    let FoundPythonLock { path, lock } = locked(recipe, folder, session)?;
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
    // In `pylock.toml`, packages don't say what they need.
    let needs: BTreeSet<String> = if lock.is_flat {
        lock.packages.iter().map(|p| p.name.to_string()).collect()
    } else {
        let needs = entries.iter().flat_map(|entry| &entry.dependencies);
        needs.map(|need| need.name.to_string()).collect()
    };
    let drop = dropped(recipe, &needs).map_err(wrong)?;
    let dropped = drop.clone();
    let prebuilt = Prebuilt {
        name: name.clone(),
        attr,
        drop,
        strict: recipe.strict.unwrap_or_default(),
    };
    let text = format!("{prebuilt:?} {version}");
    let recipe = Recipe {
        lock: Some(path),
        ..recipe.clone()
    };
    let recipe = recipe.moved(|path| path_from(folder, path))?;
    Ok(MadeStanza {
        stanza: AnyStanza::Prebuilt(Box::new(prebuilt)),
        package: SnippetPackage {
            name: name.to_string(),
            version: Some(version).filter(|version| version.split(',').all(is_version)),
            cargo_roots: Vec::new(),
            dropped,
        },
        crates: 0,
        build_system: Vec::new(),
        locks: Vec::new(),
        warnings: Vec::new(),
        recipe: recipe.in_one_line(),
        made: Made {
            source: Made::digest(text.as_bytes()),
            lock: Made::digest(b""),
            build: Made::digest(b""),
            rules: rules(),
            ..Made::default()
        },
    })
}

/// Makes the stanzas of the recipes that take a package from nixpkgs, to be
/// printed.
///
/// # Errors
/// As each of them.
pub fn prebuilt_snippet(
    recipes: &[Recipe],
    session: &Session,
) -> Result<Vec<PrebuiltStanza>, Error> {
    let recipes = recipes.iter().filter(|recipe| recipe.prebuilt.is_some());
    recipes
        .map(|recipe| {
            let file = Utf8Path::new("overlay.nix");
            make_prebuilt(recipe, file, session).map(PrebuiltStanza)
        })
        .collect()
}

/// A stanza that takes a package from nixpkgs.
pub struct PrebuiltStanza(pub(super) MadeStanza);

/// The lock that a recipe names, or the one above the overlay.
fn locked(recipe: &Recipe, folder: &Utf8Path, session: &Session) -> Result<FoundPythonLock, Error> {
    let missing = |path: Utf8PathBuf| PythonLockError::NotFound {
        path: path.into_string(),
    };
    let Some(path) = &recipe.lock else {
        let path = join_below(folder, "uv.lock");
        let found = session.python_lock_above(folder)?;
        return Ok(found.ok_or_else(|| missing(path))?);
    };
    let lock = session.python_lock(path)?;
    Ok(FoundPythonLock {
        path: path.clone(),
        lock: lock.ok_or_else(|| missing(path.clone()))?,
    })
}

/// The dependencies that are dropped: those that are asked for, or those of
/// our table that the package has.
fn dropped(recipe: &Recipe, needs: &BTreeSet<String>) -> Result<Vec<Dropped>, String> {
    if let Some(asked) = &recipe.drop {
        let dropped = |name: &String| {
            Ok(Dropped {
                name: dropped_name(name)?,
                why: None,
            })
        };
        return asked.iter().map(dropped).collect();
    }
    let table: Table = toml::from_str(TABLE).map_err(|error| error.to_string())?;
    let rows = table.dependency.into_iter().map(|row| Dropped {
        name: row.name,
        why: Some(row.why),
    });
    Ok(rows
        .filter(|row| needs.iter().any(|need| row.has(need)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for() {
        let of = |text| parse(text).map(|(name, attr)| (name.to_string(), attr));
        assert_eq!(of("Torch"), Ok(("torch".into(), "torch".into())));
        let torch = ("torch".into(), "torchWithoutCuda".into());
        assert_eq!(of("torch=torchWithoutCuda"), Ok(torch));
        for wrong in ["", "a=", "a=b c", "a=${x}", "a b", "a=b.", "-"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
