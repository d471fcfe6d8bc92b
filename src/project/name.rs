//! Names of Python packages and of crates.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The name of a Python package, normalised as the name normalisation of
/// PEP 503 says: lower case, each run of `-`, `_` and `.` one `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PythonName(String);

impl PythonName {
    /// Normalises a name. A name that PEP 508 forbids is normalised too; see
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

    /// Tells whether PEP 508 allows the name.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let is_alphanumeric = |c: char| c.is_ascii_alphanumeric();
        self.0.starts_with(is_alphanumeric)
            && self.0.ends_with(is_alphanumeric)
            && self.0.chars().all(|c| is_alphanumeric(c) || c == '-')
    }

    /// The normalised name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as Python imports it.
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
/// demand. It can therefore stand in a path or a URL as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CrateName(String);

impl CrateName {
    /// Checks a name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let is_valid = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        is_valid.then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CrateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
