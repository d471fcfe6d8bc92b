//! Name and version of the Python package.
//!
//! An sdist's `PKG-INFO` has both; a project folder may leave the version to
//! its build backend.

use camino::Utf8Path;
use semver::{BuildMetadata, Version};

use super::backend::ScriptIdentity;
use super::error::ProjectError;
use super::files::SourceFiles;
use super::name::PythonName;
use super::paths::join;
use super::pkg_info::header;
use super::pyproject::Pyproject;
use super::roots::RustModule;
use super::setup_cfg;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageIdentity {
    pub name: PythonName,
    /// The version; `None` if only the build backend knows it.
    pub version: Option<String>,
}

impl PackageIdentity {
    /// Looks in `PKG-INFO`, `pyproject.toml`, `setup.cfg`, `setup.py` and, as
    /// maturin does, in the manifest of the first crate, in this order.
    ///
    /// # Errors
    /// If none of them has a name.
    pub(super) fn find(
        files: &SourceFiles,
        python_root: &Utf8Path,
        pyproject: &Pyproject,
        setup_py: ScriptIdentity,
        module: Option<&RustModule>,
    ) -> Result<Self, ProjectError> {
        let text = |name| {
            let text = files.text(&join(python_root, name));
            text.map(Option::unwrap_or_default)
        };
        let (pkg_info, setup_cfg) = (text("PKG-INFO")?, text("setup.cfg")?);
        let name = header(pkg_info, "Name")
            .or_else(|| pyproject.name.clone())
            .or_else(|| setup_cfg::value(setup_cfg, "metadata", "name"))
            .or(setup_py.name)
            .or_else(|| module.and_then(|module| module.manifest.name.clone()))
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| ProjectError::NoName {
                place: files.origin().to_owned(),
            })?;
        let version = header(pkg_info, "Version")
            .or_else(|| pyproject.version.clone())
            .or_else(|| setup_cfg::value(setup_cfg, "metadata", "version"))
            .or(setup_py.version)
            .or_else(|| {
                let version = module?.version.as_deref()?;
                pyproject.is_maturin().then(|| python_version(version))
            });
        Ok(Self {
            name: PythonName::new(&name),
            version,
        })
    }
}

/// Converts a crate's version to PEP 440 as maturin does: `1.0.0-alpha.1` to
/// `1.0.0a1`.
fn python_version(version: &str) -> String {
    let Ok(mut parsed) = version.parse::<Version>() else {
        return version.to_owned();
    };
    parsed.build = BuildMetadata::EMPTY;
    let python = parsed.to_string().parse::<pep440_rs::Version>();
    python.map_or_else(|_| version.to_owned(), |python| python.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_versions_become_python_versions() {
        for (cargo, python) in [
            ("1.2.3", "1.2.3"),
            ("1.0.0-alpha.1", "1.0.0a1"),
            ("1.0.0-rc1", "1.0.0rc1"),
            ("0.1.0-dev.2", "0.1.0.dev2"),
            ("1.0.0+git", "1.0.0"),
        ] {
            assert_eq!(python_version(cargo), python);
        }
    }
}
