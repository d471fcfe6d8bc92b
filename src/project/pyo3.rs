//! The version of PyO3 that a project uses, and whether it targets the stable
//! ABI.

use std::collections::BTreeSet;

use semver::{Version, VersionReq};

use super::local_crates::LocalCrates;
use super::manifest::CargoDependency;
use super::roots::{RustModule, RustProject};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pyo3 {
    /// The locked version if it fits the manifests, otherwise the oldest that
    /// they allow.
    pub version: Version,
    /// Whether a feature such as `abi3-py39` is on: the module is then built
    /// for that Python's stable ABI, whichever Python is installed.
    pub has_abi3_version: bool,
}

impl Pyo3 {
    /// Returns `None` if no Python module is built with PyO3.
    pub fn find(project: &RustProject, local: &LocalCrates) -> Option<Self> {
        let modules = || project.modules.iter().filter(|module| !module.build.is_bin);
        modules().next()?;
        let dependencies: Vec<&CargoDependency> = local
            .crates
            .values()
            .flat_map(|krate| &krate.dependencies)
            .filter(|d| matches!(d.package.as_str(), "pyo3" | "pyo3-ffi") && !d.is_dev)
            .collect();
        let requirements: Vec<VersionReq> = dependencies
            .iter()
            .filter_map(|dependency| dependency.requirement.as_deref()?.parse().ok())
            .collect();
        let fits = |version: &Version| {
            requirements.is_empty() || requirements.iter().any(|r| r.matches(version))
        };
        let fallback = || requirements.iter().filter_map(oldest).max();
        let locked = locked_pyo3(project)
            .filter(|version| fits(version))
            .cloned();
        let enabled: BTreeSet<String> = modules().flat_map(enabled_features).collect();
        let has_abi3_version = dependencies
            .iter()
            .flat_map(|dependency| &dependency.features)
            .chain(&enabled)
            .any(|feature| {
                let name = feature.rsplit('/').next();
                name.is_some_and(|name| name.starts_with("abi3-py3"))
            });
        Some(Self {
            version: locked.or_else(fallback)?,
            has_abi3_version,
        })
    }
}

/// Returns the newest locked version of PyO3.
pub(super) fn locked_pyo3(project: &RustProject) -> Option<&Version> {
    let cargo_lock = project.cargo_lock.as_ref()?;
    cargo_lock
        .newest("pyo3-ffi")
        .or_else(|| cargo_lock.newest("pyo3"))
}

/// Returns the oldest version that a requirement allows.
fn oldest(requirement: &VersionReq) -> Option<Version> {
    let first = requirement.comparators.first()?;
    Some(Version::new(
        first.major,
        first.minor.unwrap_or(0),
        first.patch.unwrap_or(0),
    ))
}

/// Returns the features that a module's build turns on, directly or through
/// other features.
fn enabled_features(module: &RustModule) -> BTreeSet<String> {
    let options = &module.build.options;
    let table = &module.manifest.features;
    let mut open: Vec<String> = options.features.clone();
    if !options.no_default_features {
        open.push("default".to_owned());
    }
    if options.all_features {
        open.extend(table.keys().cloned());
    }
    let mut enabled = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if enabled.insert(feature.clone()) {
            open.extend(table.get(&feature).into_iter().flatten().cloned());
        }
    }
    enabled
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::project::{Project, SourceFiles};

    fn pyo3(maturin: &str, manifest: &str) -> Option<(String, bool)> {
        let pyproject = format!(
            "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n[tool.maturin]\n{maturin}"
        );
        let lock = "version = 4\n[[package]]\nname = \"pyo3-ffi\"\nversion = \"0.22.1\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let manifest = format!("[package]\nname = \"m\"\nversion = \"1.0.0\"\n{manifest}");
        let source = SourceFiles::example(&[
            ("pyproject.toml", &pyproject),
            ("Cargo.toml", &manifest),
            ("Cargo.lock", lock),
        ]);
        let project = Project::read(&source, Utf8Path::new("."), Some(13)).unwrap();
        let local = LocalCrates::find(&source, &project.rust[0]).unwrap();
        let found = Pyo3::find(&project.rust[0], &local)?;
        Some((found.version.to_string(), found.has_abi3_version))
    }

    #[test]
    fn the_version_is_the_locked_one_if_it_fits() {
        let told = |version: &str| Some((version.to_owned(), false));
        assert_eq!(pyo3("", "[dependencies]\npyo3 = \"0.22\""), told("0.22.1"));
        assert_eq!(
            pyo3("", "[dependencies]\npyo3 = \"0.27.2\""),
            told("0.27.2")
        );
        assert_eq!(pyo3("", ""), told("0.22.1"));
        let bin = "bindings = \"bin\"";
        assert_eq!(pyo3(bin, "[dependencies]\npyo3 = \"0.22\""), None);
    }

    #[test]
    fn abi3_for_a_version_may_stand_in_several_places() {
        let dependency = "[dependencies]\npyo3 = \"0.22\"\n";
        let own = "[features]\ndefault = [\"a\"]\na = [\"pyo3/abi3-py39\"]\nb = [\"pyo3/abi3\"]\n";
        for (maturin, manifest, is_abi3) in [
            ("", dependency.to_owned(), false),
            (
                "features = [\"b\"]\nno-default-features = true",
                format!("{dependency}{own}"),
                false,
            ),
            ("", format!("{dependency}{own}"), true),
            (
                "features = [\"pyo3/abi3-py38\"]",
                dependency.to_owned(),
                true,
            ),
            (
                "",
                dependency.replace(
                    "\"0.22\"",
                    "{ version = \"0.22\", features = [\"abi3-py310\"] }",
                ),
                true,
            ),
        ] {
            assert_eq!(
                pyo3(maturin, &manifest).unwrap().1,
                is_abi3,
                "{maturin} {manifest}"
            );
        }
    }
}
