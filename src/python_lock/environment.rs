//! What an environment is made for: a platform and a Python.

use clap::ValueEnum;
use pep508_rs::MarkerEnvironment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::target::{Platform, Toolchains, allows_python, marker_environment};

const TABLE: &str = include_str!("../../data/nixpkgs-platforms.toml");

/// What an environment is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Environment {
    /// The platform.
    pub platform: Platform,
    /// The C library, on Linux.
    pub libc: Libc,
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// Whether it is the build without a global lock.
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
    /// nixpkgs' usual.
    #[default]
    Glibc,
    /// That of pkgsMusl.
    Musl,
}

/// The table `data/nixpkgs-platforms.toml`.
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
        static TABLE_READ: std::sync::LazyLock<Table> = std::sync::LazyLock::new(|| {
            toml::from_str(TABLE).expect("the table is checked by a test")
        });
        &TABLE_READ
    }
}

/// The minor version of nixpkgs' `python3`.
#[must_use]
pub fn usual_python() -> u8 {
    Table::built_in().usual_python
}

/// The Python that is taken where none is asked for: that of a
/// `.python-version`, nixpkgs' own, or the newest that is allowed.
#[must_use]
pub fn default_python(file: Option<&str>, requires: Option<&str>) -> u8 {
    let usual = [file.and_then(python_version), Some(usual_python())];
    let mut usual = usual.into_iter().flatten();
    usual
        .find(|minor| allows_python(requires, *minor))
        .unwrap_or_else(|| Toolchains::built_in().newest_python(requires, None))
}

/// The minor version that a `.python-version` asks for, as uv reads it:
/// `3.13`, `3.13.2`, `cpython@3.13` or `cpython-3.13.2-linux-x86_64-gnu`.
#[must_use]
pub fn python_version(text: &str) -> Option<u8> {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let prefixes = ["cpython@", "cpython-", "cpython", "python"];
    let version = prefixes.iter().find_map(|prefix| line.strip_prefix(prefix));
    let rest = version.unwrap_or(line).strip_prefix("3.")?;
    let end = rest.find(['.', '-']).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Environment {
    /// The platform's name, with the C library where it isn't nixpkgs' usual.
    #[must_use]
    pub fn system(self) -> String {
        let system = self.platform.system();
        if self.platform.is_linux() && self.libc == Libc::Musl {
            return format!("{system} (musl)");
        }
        system.to_owned()
    }

    /// `3.13`, or `3.13t` without a global lock.
    #[must_use]
    pub fn python(self) -> String {
        let suffix = if self.is_free_threaded { "t" } else { "" };
        format!("3.{}{suffix}", self.python_minor)
    }

    /// What `uname -m` says.
    #[must_use]
    pub const fn machine(self) -> &'static str {
        self.platform.machine()
    }

    /// 313 for Python 3.13.
    pub(super) fn short_version(self) -> u32 {
        let text = format!("3{}", self.python_minor);
        text.parse().unwrap_or_default()
    }

    /// The version of a C library, where the environment has it.
    pub(super) fn libc_version(self, libc: Libc) -> Option<(u32, u32)> {
        let table = Table::built_in();
        let version = match libc {
            Libc::Glibc => table.glibc,
            Libc::Musl => table.musl,
        };
        (self.platform.is_linux() && self.libc == libc).then_some(version)
    }

    pub(super) fn sdk_version(self) -> Option<(u32, u32)> {
        (!self.platform.is_linux()).then(|| Table::built_in().darwin_sdk)
    }

    /// As nixpkgs' CPython lists them.
    pub(super) fn abi_tags(self) -> Vec<String> {
        let suffix = if self.is_free_threaded { "t" } else { "" };
        let own = format!("cp3{}{suffix}", self.python_minor);
        vec!["none".into(), "any".into(), "abi3".into(), own]
    }

    /// What markers of PEP 508 are evaluated in.
    #[must_use]
    pub fn markers(self) -> MarkerEnvironment {
        let rows = &Table::built_in().python;
        let row = rows.iter().find(|row| row.minor == self.python_minor);
        let patch = row.map_or(0, |row| row.patch);
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
            assert_eq!(python_version(text), minor, "{text}");
        }
    }

    #[test]
    fn the_table_is_sound() {
        let table = Table::built_in();
        assert!(table.python.is_sorted_by_key(|row| row.minor));
        assert!(table.python.iter().any(|row| row.minor == usual_python()));
    }
}
