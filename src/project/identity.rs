//! Name and version of the Python package.
//!
//! An sdist's `PKG-INFO` (the core metadata specification) knows both for
//! certain; a project folder may leave the version to its build backend.

use camino::Utf8Path;
use semver::{BuildMetadata, Version};

use super::{ProjectError, Pyproject, PythonName, RustModule, SourceFiles, join, setup_cfg};

/// What the Python package is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageIdentity {
    /// Its name.
    pub name: PythonName,
    /// Its version, `None` where only the build backend could tell.
    pub version: Option<String>,
}

impl PackageIdentity {
    /// Looks into `PKG-INFO`, `pyproject.toml`, `setup.cfg`, what `setup.py`
    /// says and, as maturin does, into the crate's manifest.
    ///
    /// # Errors
    /// Where none of them has a name.
    pub fn find(
        (files, root): (&SourceFiles, &Utf8Path),
        pyproject: &Pyproject,
        (script, rust): ((Option<String>, Option<String>), Option<&RustModule>),
    ) -> Result<Self, ProjectError> {
        let text = |name| files.text(&join(root, name)).map(Option::unwrap_or_default);
        let (pkg_info, setup_cfg) = (text("PKG-INFO")?, text("setup.cfg")?);
        let name = header(pkg_info, "Name")
            .or_else(|| pyproject.name.clone())
            .or_else(|| setup_cfg::value(setup_cfg, "metadata", "name"))
            .or(script.0)
            .or_else(|| rust.and_then(|r| r.manifest.name.clone()))
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| ProjectError::NoName {
                place: files.origin().to_owned(),
            })?;
        let version = header(pkg_info, "Version")
            .or_else(|| pyproject.version.clone())
            .or_else(|| setup_cfg::value(setup_cfg, "metadata", "version"))
            .or(script.1)
            .or_else(|| crate_version(pyproject, rust));
        Ok(Self {
            name: PythonName::new(&name),
            version,
        })
    }
}

fn crate_version(pyproject: &Pyproject, rust: Option<&RustModule>) -> Option<String> {
    let version = rust?.version.as_deref()?;
    pyproject.is_maturin().then(|| pep440(version))
}

/// The value of a header; the description below the first empty line is not
/// looked at.
pub(super) fn header(pkg_info: &str, name: &str) -> Option<String> {
    pkg_info
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// Cargo's version as maturin writes it for Python (PEP 440):
/// `1.0.0-alpha.1` is `1.0.0a1`.
fn pep440(version: &str) -> String {
    let Ok(mut parsed) = version.parse::<Version>() else {
        return version.to_owned();
    };
    parsed.build = BuildMetadata::EMPTY;
    match parsed.to_string().parse::<pep440_rs::Version>() {
        Ok(python) => python.to_string(),
        Err(_) => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_at_the_description() {
        let text = "Metadata-Version: 2.4\nName: Foo\nversion:  1.0\n\nSummary: no header\n";
        assert_eq!(header(text, "Name").as_deref(), Some("Foo"));
        assert_eq!(header(text, "Version").as_deref(), Some("1.0"));
        assert_eq!(header(text, "Summary"), None);
    }

    #[test]
    fn cargo_versions_become_python_versions() {
        for (cargo, python) in [
            ("1.2.3", "1.2.3"),
            ("1.0.0-alpha.1", "1.0.0a1"),
            ("1.0.0-rc1", "1.0.0rc1"),
            ("0.1.0-dev.2", "0.1.0.dev2"),
            ("1.0.0+git", "1.0.0"),
        ] {
            assert_eq!(pep440(cargo), python);
        }
    }
}
