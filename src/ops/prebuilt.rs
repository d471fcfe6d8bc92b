//! Packages that are taken from nixpkgs.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::digests::rules;
use super::nix_snippet::SnippetPackage;
use super::overlay::MadeStanza;
use super::stanza::{folder_of, joined};
use crate::error::Error;
use crate::io::beside::read_above;
use crate::io::source::way_to;
use crate::io::write::read_file;
use crate::nix::{AnyStanza, Dropped, Prebuilt};
use crate::options::{DroppedName, Options, PrebuiltPackage};
use crate::overlay::{Made, OverlayError};
use crate::project::is_version;
use crate::python_lock::{PythonLock, PythonLockError};

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

/// Makes the stanza of a package that is taken from nixpkgs.
///
/// # Errors
/// Where no package is named, there is no lock, or it hasn't the package.
pub(super) fn make_prebuilt(options: &Options, file: &Utf8Path) -> Result<MadeStanza, Error> {
    let folder = folder_of(file);
    let package = options.nixpkgs.prebuilt.as_ref();
    let package = package.ok_or_else(|| OverlayError::Recipe {
        place: file.to_string(),
        message: "it names no package to take from nixpkgs".to_owned(),
    })?;
    let PrebuiltPackage { name, attr, .. } = package.clone();
    let (path, lock) = locked(options, folder)?;
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
    let marked = marked.try_with_paths(|path| way_to(folder, path))?;
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
        recipe: marked.in_one_line(),
        made: Made {
            source: Made::digest(text.as_bytes()),
            lock: Made::digest(b""),
            build: Made::digest(b""),
            rules: rules(),
            ..Made::default()
        },
    })
}

/// The lock that the options name, or the one above the overlay.
fn locked(options: &Options, folder: &Utf8Path) -> Result<(Utf8PathBuf, PythonLock), Error> {
    let missing = |path: Utf8PathBuf| PythonLockError::NotFound {
        path: path.into_string(),
    };
    let (path, text) = match &options.input.uv_lock {
        Some(path) => {
            let bytes = read_file(path)?.ok_or_else(|| missing(path.clone()))?;
            (path.clone(), String::from_utf8_lossy(&bytes).into_owned())
        }
        None => read_above(folder, "uv.lock")
            .ok_or_else(|| missing(joined(folder, Utf8Path::new("uv.lock"))))?,
    };
    let lock = PythonLock::read(path.as_str(), &text)?;
    Ok((path, lock))
}

/// The dependencies that are dropped: those that are asked for, or those of
/// our table that the package has.
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
    rows.filter(|row| needs.iter().any(|need| row.has(need)))
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
