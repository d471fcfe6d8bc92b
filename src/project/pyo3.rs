//! Which PyO3 a project is built with, and which Python that is built for.

use std::collections::BTreeSet;

use semver::{Version, VersionReq};

use super::{LocalCrates, RustModule, RustProject};

/// PyO3, as a project uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pyo3 {
    /// The version: the locked one if it fits, else the oldest that the
    /// manifests ask for.
    pub version: Version,
    /// Whether it builds for the stable interface of a given Python
    /// (`abi3-py39`): whatever Python is there, it then counts as that one.
    pub has_abi3_version: bool,
}

impl Pyo3 {
    /// Finds it; `None` where no Python module is built with it.
    #[must_use]
    pub fn of(project: &RustProject, local: &LocalCrates) -> Option<Self> {
        let mut modules = project.modules.iter().filter(|module| !module.build.is_bin);
        let first = modules.next()?;
        let asked: Vec<_> = local
            .crates
            .values()
            .flat_map(|krate| &krate.dependencies)
            .filter(|d| matches!(d.package.as_str(), "pyo3" | "pyo3-ffi") && !d.is_dev)
            .collect();
        let requirements: Vec<VersionReq> = asked
            .iter()
            .filter_map(|dependency| dependency.requirement.as_deref()?.parse().ok())
            .collect();
        let fits = |version: &Version| {
            requirements.is_empty() || requirements.iter().any(|r| r.matches(version))
        };
        let locked = project
            .locked("pyo3-ffi")
            .or_else(|| project.locked("pyo3"));
        let oldest = || requirements.iter().filter_map(oldest).max();
        let version = locked.filter(fits).or_else(oldest)?;
        let of_crates = asked
            .iter()
            .flat_map(|dependency| dependency.features.clone());
        let of_modules = std::iter::once(first).chain(modules).flat_map(features);
        let has_abi3_version = of_crates.chain(of_modules).any(|feature| {
            feature
                .rsplit('/')
                .next()
                .is_some_and(|f| f.starts_with("abi3-py3"))
        });
        Some(Self {
            version,
            has_abi3_version,
        })
    }
}

/// The oldest version that a requirement allows.
fn oldest(requirement: &VersionReq) -> Option<Version> {
    let first = requirement.comparators.first()?;
    Some(Version::new(
        first.major,
        first.minor.unwrap_or(0),
        first.patch.unwrap_or(0),
    ))
}

/// What the features of a module's build turn on, by name.
fn features(module: &RustModule) -> BTreeSet<String> {
    let options = &module.build.options;
    let table = &module.manifest.features;
    let mut open: Vec<String> = options.features.clone();
    if !options.no_default_features {
        open.push("default".to_owned());
    }
    if options.all_features {
        open.extend(table.keys().cloned());
    }
    let mut found = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if found.insert(feature.clone()) {
            open.extend(table.get(&feature).into_iter().flatten().cloned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::project::{Project, SourceFiles};

    fn pyo3(maturin: &str, manifest: &str) -> Option<(String, bool)> {
        let mut source = SourceFiles::new(".");
        let pyproject = format!(
            "[build-system]\nrequires = []\nbuild-backend = \"maturin\"\n[tool.maturin]\n{maturin}"
        );
        let lock = "version = 4\n[[package]]\nname = \"pyo3-ffi\"\nversion = \"0.22.1\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let manifest = format!("[package]\nname = \"m\"\nversion = \"1.0.0\"\n{manifest}");
        for (path, text) in [
            ("pyproject.toml", pyproject.as_str()),
            ("Cargo.toml", &manifest),
            ("Cargo.lock", lock),
        ] {
            source.insert(path, Some(text.as_bytes().to_vec()));
        }
        let project = Project::read(&source, Utf8Path::new("."), Some(13)).unwrap();
        let local = LocalCrates::find(&source, &project.rust[0]).unwrap();
        let found = Pyo3::of(&project.rust[0], &local)?;
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
