//! Names of Python packages and of crates.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Deserializer, Serialize};

/// The name of a Python package, normalized by PEP 503: lower case, each run
/// of `-`, `_` and `.` replaced by one `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PythonName(String);

impl PythonName {
    /// Normalizes a name. Names that PEP 508 forbids are normalized too; see
    /// [`PythonName::is_valid`].
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut normal = String::with_capacity(name.len());
        for c in name.trim().chars() {
            match c {
                '-' | '_' | '.' if normal.ends_with('-') => {}
                '-' | '_' | '.' => normal.push('-'),
                c => normal.extend(c.to_lowercase()),
            }
        }
        Self(normal)
    }

    /// Returns whether PEP 508 allows the name.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let is_alphanumeric = |c: char| c.is_ascii_alphanumeric();
        self.0.starts_with(is_alphanumeric)
            && self.0.ends_with(is_alphanumeric)
            && self.0.chars().all(|c| is_alphanumeric(c) || c == '-')
    }

    /// Returns the normalized name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name as Python imports it.
    #[must_use]
    pub fn import_name(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl<'de> Deserialize<'de> for PythonName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::new(&name))
    }
}

impl fmt::Display for PythonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a crate: ASCII letters, digits, `-` and `_`, as registries
/// require. It is safe in a path or a URL without escaping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CrateName(String);

impl CrateName {
    /// Checks a name; returns `None` if it has other characters.
    pub fn new(name: &str) -> Option<Self> {
        let is_valid = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        is_valid.then(|| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CrateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A crate at a version, displayed as `name version`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrateVersion {
    pub name: CrateName,
    pub version: Version,
}

impl fmt::Display for CrateVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_are_normalised() {
        for name in ["Foo.Bar", "foo--bar", "foo_.-bar", "FOO-BAR"] {
            assert_eq!(PythonName::new(name).as_str(), "foo-bar", "{name}");
        }
        assert_eq!(
            PythonName::new("pydantic_core").import_name(),
            "pydantic_core"
        );
    }

    #[test]
    fn names_that_pep_508_forbids_are_told() {
        for name in ["", "-a", "a-", "a b", "a\"b", "${x}", "é"] {
            assert!(!PythonName::new(name).is_valid(), "{name}");
        }
        assert!(PythonName::new("3to2").is_valid());
    }

    #[test]
    fn crate_names_cannot_lead_anywhere() {
        for name in ["", "..", "a/b", "a\\b", "a b", "é"] {
            assert_eq!(CrateName::new(name), None, "{name}");
        }
        assert!(CrateName::new("openssl-sys_2").is_some());
    }
}
