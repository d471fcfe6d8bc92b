//! Generates the stanzas of packages that are taken from nixpkgs.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::digests::rules;
use super::finished::{FinishedStanza, SnippetPackage};
use super::locked::{Asked, Workspace};
use crate::build_system::BuildSystem;
use crate::error::Error;
use crate::io::Session;
use crate::io::paths::{join_below, parent_folder, path_from};
use crate::nix::{AnyStanza, Dropped, Prebuilt, RefusedPackage};
use crate::options::{DroppedName, Options, PrebuiltPackage};
use crate::overlay::{Digests, OverlayError, digest};
use crate::project::{PythonName, is_version};
use crate::python_lock::{
    PackageFormat, PythonDependency, PythonLockError, choose_format, held, reach,
};
use crate::target::Platform;
use crate::text_place::TextPlace;

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
        at: TextPlace::file(file.as_str()),
        message: "the package to take from nixpkgs is missing".to_owned(),
    })?;
    let PrebuiltPackage { name, attr, .. } = package.clone();
    let path = lock_path(options, folder, session)?;
    let workspace = Workspace::read(&path, session)?;
    let lock = &workspace.lock;
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
        strict: options.nixpkgs.strict.unwrap_or_default(),
        refused: refused_package(&workspace, &Asked::of(options, &workspace)?, &name, &drop),
        drop,
    };
    let text = digested(&prebuilt, &version);
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

/// Returns what the digest of the stanza's source is of.
fn digested(prebuilt: &Prebuilt, version: &str) -> String {
    let Prebuilt {
        name,
        attr,
        drop,
        strict,
        refused,
    } = prebuilt;
    let text = format!(
        "Prebuilt {{ name: {name:?}, attr: {attr:?}, drop: {drop:?}, strict: {strict:?} }} {version}"
    );
    match refused {
        Some(refused) => format!("{text} {refused:?}"),
        None => text,
    }
}

/// Returns the path of the lock that the options name, or of the one above the
/// overlay.
fn lock_path(
    options: &Options,
    folder: &Utf8Path,
    session: &Session,
) -> Result<Utf8PathBuf, Error> {
    if let Some(path) = &options.input.uv_lock {
        return Ok(path.clone());
    }
    let found = session.python_lock_above(folder)?;
    let found = found.ok_or_else(|| PythonLockError::NotFound {
        path: join_below(folder, Utf8Path::new("uv.lock")).into_string(),
    })?;
    Ok(found.path)
}

/// Returns what the lock says about a package that uv2nix refuses in one of the
/// environments; `None` if it refuses it in none.
fn refused_package(
    workspace: &Workspace,
    asked: &Asked,
    name: &PythonName,
    drop: &[Dropped],
) -> Option<RefusedPackage> {
    let lock = &workspace.lock;
    let mut refused = RefusedPackage::default();
    let mut why = None;
    for &environment in &asked.environments {
        let markers = environment.markers();
        let kept = |needs| {
            let needs = held(needs, lock, &markers).into_iter();
            needs.filter(|need| !drop.iter().any(|row| row.matches(need.name.as_str())))
        };
        let packages = reach(lock, &markers).into_iter();
        let packages = packages.map(|place| &lock.packages[place]);
        for package in packages.filter(|package| package.name == *name) {
            let format = choose_format(package, environment, &workspace.settings, asked.preference);
            if let PackageFormat::Impossible(refusal) = format {
                why.get_or_insert(refusal);
            }
            let platform = environment.platform;
            refused.platforms.insert(platform);
            refused.versions.extend(package.version.clone());
            require(
                &mut refused.dependencies,
                kept(&package.dependencies),
                platform,
            );
            for (extra, needs) in &package.optional {
                let of_extra = refused.optional_dependencies.entry(extra.clone());
                require(of_extra.or_default(), kept(needs), platform);
            }
        }
    }
    refused.why = why?.to_string();
    Some(refused)
}

/// Adds the dependencies that a platform has.
fn require<'a>(
    requirements: &mut BuildSystem,
    needs: impl Iterator<Item = &'a PythonDependency>,
    platform: Platform,
) {
    for need in needs {
        let platforms = requirements.entry(need.name.clone()).or_default();
        let extras = platforms.entry(platform).or_default();
        extras.extend(need.extras.iter().cloned());
    }
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

    /// The names that are proposed to drop of a package with these
    /// dependencies.
    fn proposed(needs: &[&str]) -> Vec<String> {
        let needs = needs.iter().map(|&need| need.to_owned());
        let dropped = dropped(&Options::default(), &needs.collect());
        let names = dropped.into_iter().map(|row| row.name);
        names.collect()
    }

    #[test]
    fn what_is_proposed_to_drop_is_what_the_package_needs() {
        assert_eq!(proposed(&["nvidia-cublas", "numpy"]), ["nvidia-"]);
        assert_eq!(proposed(&["numpy", "sympy", "jinja2"]), [""; 0]);
    }

    #[test]
    fn each_run_time_of_torch_s_wheels_is_dropped() {
        let own = [
            "filelock",
            "fsspec",
            "jinja2",
            "networkx",
            "setuptools",
            "sympy",
            "typing-extensions",
        ];
        let wheels = [
            "cuda-bindings",
            "cuda-toolkit",
            "dpcpp-cpp-rt",
            "impi-rt",
            "intel-cmplr-lib-rt",
            "intel-cmplr-lib-ur",
            "intel-cmplr-lic-rt",
            "intel-opencl-rt",
            "intel-openmp",
            "intel-pti",
            "intel-sycl-rt",
            "mkl",
            "nvidia-nccl-cu13",
            "oneccl",
            "oneccl-devel",
            "onemkl-license",
            "onemkl-sycl-blas",
            "pytorch-triton-rocm",
            "pytorch-triton-xpu",
            "rocm",
            "rocm-sdk-core",
            "tbb",
            "tcmlib",
            "triton",
            "triton-rocm",
            "triton-xpu",
            "umf",
        ];
        let rows = |needs: &[&str]| {
            let needs = needs.iter().map(|&need| need.to_owned());
            dropped(&Options::default(), &needs.collect())
        };
        let all = rows(&wheels);
        assert!(all.iter().all(|row| row.why.is_some()));
        for need in wheels {
            let row = rows(&[need]);
            assert!(row.len() == 1 && row[0].matches(need), "{need}: {row:?}");
        }
        assert!(
            !own.iter()
                .any(|need| all.iter().any(|row| row.matches(need)))
        );
        let table: Table = toml::from_str(TABLE).unwrap();
        assert_eq!(all.len(), table.dependency.len());
    }
}
