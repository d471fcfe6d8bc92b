//! What an environment is made for: a platform and a Python.

use clap::ValueEnum;
use pep508_rs::MarkerEnvironment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::target::{Platform, marker_environment};

const TABLE: &str = include_str!("../../data/nixpkgs-platforms.toml");

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Environment {
    pub platform: Platform,
    /// The C library, on Linux.
    pub libc: Libc,
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// Whether the Python is built without the GIL.
    pub is_free_threaded: bool,
}

/// The C library of a Linux.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
    ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Libc {
    /// The default of nixpkgs.
    #[default]
    Glibc,
    /// The C library of pkgsMusl.
    Musl,
}

/// The table `data/nixpkgs-platforms.toml`; versions are major and minor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    glibc: (u32, u32),
    musl: (u32, u32),
    darwin_sdk: (u32, u32),
    usual_python: u8,
    python: Vec<PythonRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PythonRow {
    minor: u8,
    patch: u8,
}

impl Table {
    fn built_in() -> &'static Self {
        static BUILT_IN: std::sync::LazyLock<Table> = std::sync::LazyLock::new(|| {
            toml::from_str(TABLE).expect("the table is checked by a test")
        });
        &BUILT_IN
    }
}

/// Returns the minor version of nixpkgs' `python3`.
pub fn nixpkgs_python() -> u8 {
    Table::built_in().usual_python
}

/// Returns the patch version of nixpkgs' `CPython` 3.`minor`; `None` if it isn't
/// known.
pub(super) fn nixpkgs_patch(minor: u8) -> Option<u8> {
    let mut rows = Table::built_in().python.iter();
    Some(rows.find(|row| row.minor == minor)?.patch)
}

/// Parses a `.python-version` file to a minor version, as uv does: `3.13`,
/// `3.13.2`, `cpython@3.13` or `cpython-3.13.2-linux-x86_64-gnu`.
pub fn parse_python_version(text: &str) -> Option<u8> {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let prefixes = ["cpython@", "cpython-", "cpython", "python"];
    let version = prefixes.iter().find_map(|prefix| line.strip_prefix(prefix));
    let rest = version.unwrap_or(line).strip_prefix("3.")?;
    let end = rest.find(['.', '-']).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Environment {
    /// Returns the full version of nixpkgs' Python: `3.13.11`, or `3.13` if its
    /// patch version isn't known.
    pub fn python_full_version(self) -> String {
        let patch = nixpkgs_patch(self.python_minor).map(|patch| format!(".{patch}"));
        format!("3.{}{}", self.python_minor, patch.unwrap_or_default())
    }

    /// Returns Nix's name of the platform, with the C library unless it is
    /// nixpkgs' default.
    pub fn system(self) -> String {
        let system = self.platform.system();
        if self.platform.is_linux() && self.libc == Libc::Musl {
            return format!("{system} (musl)");
        }
        system.to_owned()
    }

    /// Returns the Python's version: `3.13`, or `3.13t` without the GIL.
    pub fn python(self) -> String {
        format!("3.{}{}", self.python_minor, self.abi_suffix())
    }

    const fn abi_suffix(self) -> &'static str {
        if self.is_free_threaded { "t" } else { "" }
    }

    /// Returns the Python's version as wheel tags have it: 313 for 3.13.
    pub(super) fn short_version(self) -> u32 {
        let text = format!("3{}", self.python_minor);
        text.parse().unwrap_or_default()
    }

    /// Returns the version of a C library, if the environment has it.
    pub(super) fn libc_version(self, libc: Libc) -> Option<(u32, u32)> {
        let table = Table::built_in();
        let version = match libc {
            Libc::Glibc => table.glibc,
            Libc::Musl => table.musl,
        };
        (self.platform.is_linux() && self.libc == libc).then_some(version)
    }

    /// Returns the version of macOS's SDK, if the platform is macOS.
    pub(super) fn sdk_version(self) -> Option<(u32, u32)> {
        (!self.platform.is_linux()).then(|| Table::built_in().darwin_sdk)
    }

    /// Returns the ABI tags that nixpkgs' CPython accepts.
    pub(super) fn abi_tags(self) -> [String; 4] {
        let own = format!("cp3{}{}", self.python_minor, self.abi_suffix());
        ["none".into(), "any".into(), "abi3".into(), own]
    }

    /// Returns the values of PEP 508's markers.
    pub fn markers(self) -> MarkerEnvironment {
        let patch = nixpkgs_patch(self.python_minor).unwrap_or_default();
        marker_environment(self.platform, self.python_minor, patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_version_is_read_as_uv_does() {
        for (text, minor) in [
            ("3.13\n", Some(13)),
            ("\n# why\n3.9.18\n3.8\n", Some(9)),
            ("cpython@3.12", Some(12)),
            ("cpython-3.11.4-linux-x86_64-gnu", Some(11)),
            ("python3.12", Some(12)),
            ("pypy@3.10", None),
            ("3.13t", None),
            ("3", None),
            (">=3.12", None),
            ("3.999", None),
            ("", None),
        ] {
            assert_eq!(parse_python_version(text), minor, "{text}");
        }
    }

    #[test]
    fn the_table_is_sound() {
        let table = Table::built_in();
        assert!(table.python.is_sorted_by_key(|row| row.minor));
        assert!(table.python.iter().any(|row| row.minor == nixpkgs_python()));
    }
}
