//! Name and version of the Python package.
//!
//! An sdist's `PKG-INFO` (the core metadata specification) knows both for
//! certain; a project folder may leave the version to its build backend.

use camino::Utf8Path;
use semver::{BuildMetadata, Version};

use super::{ProjectError, Pyproject, PythonName, RustProject, SourceFiles};

/// What the Python package is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageIdentity {
    /// Its name.
    pub name: PythonName,
    /// Its version, `None` where only the build backend could tell.
    pub version: Option<String>,
}

impl PackageIdentity {
    /// Looks into `PKG-INFO`, `pyproject.toml`, `setup.cfg` and, as maturin
    /// does, into the crate's manifest.
    ///
    /// # Errors
    /// Where none of them has a name.
    pub fn find(
        files: &SourceFiles,
        pyproject: &Pyproject,
        rust: Option<&RustProject>,
    ) -> Result<Self, ProjectError> {
        let pkg_info = files.text(Utf8Path::new("PKG-INFO"))?.unwrap_or_default();
        let setup_cfg = files.text(Utf8Path::new("setup.cfg"))?.unwrap_or_default();
        let name = header(pkg_info, "Name")
            .or_else(|| pyproject.name.clone())
            .or_else(|| setup_cfg_value(setup_cfg, "name"))
            .or_else(|| rust.and_then(|r| r.manifest.name.clone()))
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| ProjectError::NoName {
                place: files.origin().to_owned(),
            })?;
        let version = header(pkg_info, "Version")
            .or_else(|| pyproject.version.clone())
            .or_else(|| setup_cfg_value(setup_cfg, "version"))
            .or_else(|| crate_version(pyproject, rust));
        Ok(Self {
            name: PythonName::new(&name),
            version,
        })
    }
}

fn crate_version(pyproject: &Pyproject, rust: Option<&RustProject>) -> Option<String> {
    let version = rust?.version.as_deref()?;
    pyproject.is_maturin().then(|| pep440(version))
}

/// The value of a header; the description below the first empty line is not
/// looked at.
fn header(pkg_info: &str, name: &str) -> Option<String> {
    pkg_info
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// A literal of `[metadata]`; `attr:` and `file:` would have to be run.
fn setup_cfg_value(setup_cfg: &str, key: &str) -> Option<String> {
    setup_cfg
        .lines()
        .skip_while(|line| line.trim() != "[metadata]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(['=', ':']))
        .find(|(k, _)| k.trim().eq_ignore_ascii_case(key))
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| {
            !value.is_empty() && !value.starts_with("attr:") && !value.starts_with("file:")
        })
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
    fn setup_cfg_gives_literals_only() {
        let text =
            "[options]\nname = no\n[metadata]\nname = foo\nversion = attr: foo.__version__\n";
        assert_eq!(setup_cfg_value(text, "name").as_deref(), Some("foo"));
        assert_eq!(setup_cfg_value(text, "version"), None);
        assert_eq!(setup_cfg_value("[a]\nname = b\n", "name"), None);
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
