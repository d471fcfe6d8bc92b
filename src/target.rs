//! What a package is built for: a Python and platforms.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use pep440_rs::{Version as PythonVersion, VersionSpecifiers};
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder};
use semver::Version;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const TABLE: &str = include_str!("../data/rust-and-python.toml");

/// The table `data/rust-and-python.toml`. Versions of Python are minor versions
/// of Python 3.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchains {
    oldest_python: u8,
    newest_python: u8,
    /// The newest Python that pyproject.nix's build systems have wheels for.
    pub newest_build_systems: u8,
    pyo3: Vec<Pyo3Row>,
    /// The branches of nixpkgs, the stable one first.
    pub nixpkgs: Vec<NixpkgsRust>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pyo3Row {
    since: Version,
    newest_python: u8,
    /// Whether its build script accepts newer Pythons.
    #[serde(default)]
    unchecked: bool,
}

/// A branch of nixpkgs, and the rustc that it has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NixpkgsRust {
    pub branch: String,
    pub rustc: Version,
}

/// Which Pythons a release of `PyO3` supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pyo3Support {
    /// The newest minor version of Python 3.
    pub newest_python: u8,
    /// Whether its build script refuses newer ones.
    pub refuses: bool,
}

impl Toolchains {
    /// Parses the table that is compiled in.
    ///
    /// # Panics
    /// Never: a test parses the table too.
    pub fn built_in() -> Self {
        toml::from_str(TABLE).expect("the table is checked by a test")
    }

    /// Returns which Pythons a version of `PyO3` supports; `None` if it is older
    /// than the table.
    pub fn pyo3(&self, version: &Version) -> Option<Pyo3Support> {
        let row = self.pyo3.iter().find(|row| *version >= row.since)?;
        Some(Pyo3Support {
            newest_python: row.newest_python,
            refuses: !row.unchecked,
        })
    }

    /// Returns the minor versions of Python 3 that `requires-python` allows,
    /// oldest first.
    pub fn pythons(&self, requires: Option<&str>) -> Vec<u8> {
        (self.oldest_python..=self.newest_python)
            .filter(|minor| allows_python(requires, *minor))
            .collect()
    }

    /// Returns the newest minor version of Python 3 that `requires-python` and
    /// `PyO3` allow. If they allow none in common, it is the oldest that
    /// `requires-python` allows, to which `PyO3` comes nearest.
    pub fn newest_python(&self, requires: Option<&str>, pyo3: Option<&Version>) -> u8 {
        let allowed = self.pythons(requires);
        let known = pyo3.and_then(|version| self.pyo3(version));
        let is_known = |minor: &&u8| known.is_none_or(|known| **minor <= known.newest_python);
        allowed
            .iter()
            .rev()
            .find(is_known)
            .or_else(|| allowed.first())
            .copied()
            .unwrap_or(self.newest_python)
    }
}

/// Upper bound on the patch versions of a minor version of Python.
const MAX_PATCH: u64 = 40;

/// Returns whether `requires-python` allows a patch version of `CPython`
/// 3.`minor`. An invalid value allows all.
pub fn allows_python(requires: Option<&str>, minor: u8) -> bool {
    let Some(specifiers) = requires.and_then(python_versions) else {
        return true;
    };
    // A bound may name a patch version, such as `>=3.9.2`.
    let mut versions = (0..=MAX_PATCH).map(|patch| [3, u64::from(minor), patch]);
    versions.any(|parts| specifiers.contains(&PythonVersion::new(parts)))
}

/// Returns whether `requires-python` allows `CPython` 3.`minor`.`patch`. An
/// invalid value allows all.
pub fn allows_patch(requires: Option<&str>, minor: u8, patch: u8) -> bool {
    let specifiers = requires.and_then(python_versions);
    let version = PythonVersion::new([3, u64::from(minor), u64::from(patch)]);
    specifiers.is_none_or(|specifiers| specifiers.contains(&version))
}

/// Parses `requires-python` (PEP 440), or Poetry's form of it with `^` and `~`.
fn python_versions(text: &str) -> Option<VersionSpecifiers> {
    let clause = |clause: &str| {
        let clause = clause.trim();
        let tilde = || {
            clause
                .strip_prefix('~')
                .filter(|rest| !rest.starts_with('='))
        };
        // `^3.9` is below 4, `~3.9` below 3.10.
        let (version, length) = match (clause.strip_prefix('^'), tilde()) {
            (Some(version), _) => (version, 1),
            (None, Some(version)) => (version, 2),
            (None, None) => return clause.to_owned(),
        };
        let parts = version.split('.').filter_map(|part| part.parse().ok());
        let mut parts: Vec<u64> = parts.take(length).collect();
        if let Some(last) = parts.last_mut() {
            *last += 1;
        }
        let upper: Vec<_> = parts.iter().map(u64::to_string).collect();
        format!(">={version},<{}", upper.join("."))
    };
    let clauses: Vec<_> = text.split(',').map(clause).collect();
    clauses.join(",").parse().ok()
}

/// A `CPython` 3, as in `3.13`, or `3.13t` for the free-threaded build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Python {
    /// The minor version.
    pub minor: u8,
    /// Whether the Python is built without the global interpreter lock (PEP 703).
    pub is_free_threaded: bool,
}

impl Python {
    /// The oldest minor version that a package can be built for.
    const OLDEST: u8 = 7;

    /// The build with the global interpreter lock.
    #[must_use]
    pub const fn regular(minor: u8) -> Self {
        Self {
            minor,
            is_free_threaded: false,
        }
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let suffix = if self.is_free_threaded { "t" } else { "" };
        write!(f, "3.{}{suffix}", self.minor)
    }
}

impl FromStr for Python {
    /// A description of the valid values.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let version = text.strip_suffix('t');
        let minor = version.unwrap_or(text).strip_prefix("3.");
        let minor = minor.filter(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()));
        let minor = minor.and_then(|minor| minor.parse().ok());
        let minor = minor.filter(|minor| *minor >= Self::OLDEST);
        Ok(Self {
            minor: minor.ok_or("expected CPython 3.7 or newer, for example `3.13`")?,
            is_free_threaded: version.is_some(),
        })
    }
}

impl Serialize for Python {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Python {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|wanted: String| {
            let wanted = wanted.trim_start_matches("a ");
            serde::de::Error::custom(format!(
                "unsupported version `{}`: {wanted}",
                text.escape_debug()
            ))
        })
    }
}

/// A platform that Nix builds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// `aarch64-darwin`
    Aarch64Darwin,
    /// `aarch64-linux`
    Aarch64Linux,
    /// `x86_64-darwin`
    X86_64Darwin,
    /// `x86_64-linux`
    X86_64Linux,
}

impl Platform {
    /// The platforms that nixpkgs supports today.
    pub const DEFAULT: [Self; 3] = [Self::Aarch64Darwin, Self::Aarch64Linux, Self::X86_64Linux];

    /// All platforms, sorted by name.
    pub const ALL: [Self; 4] = [
        Self::Aarch64Darwin,
        Self::Aarch64Linux,
        Self::X86_64Darwin,
        Self::X86_64Linux,
    ];

    /// Returns Nix's name of the platform.
    #[must_use]
    pub const fn system(self) -> &'static str {
        match self {
            Self::Aarch64Darwin => "aarch64-darwin",
            Self::Aarch64Linux => "aarch64-linux",
            Self::X86_64Darwin => "x86_64-darwin",
            Self::X86_64Linux => "x86_64-linux",
        }
    }

    /// Finds a platform by Nix's name.
    #[must_use]
    pub fn from_system(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|platform| platform.system() == name)
    }

    /// Returns whether the platform is Linux.
    #[must_use]
    pub const fn is_linux(self) -> bool {
        matches!(self, Self::Aarch64Linux | Self::X86_64Linux)
    }

    /// Returns whether the processor is `x86_64`.
    #[must_use]
    pub const fn is_x86_64(self) -> bool {
        matches!(self, Self::X86_64Darwin | Self::X86_64Linux)
    }

    /// Returns the processor as `uname -m` and wheel tags name it.
    #[must_use]
    pub const fn machine(self) -> &'static str {
        match self {
            Self::Aarch64Darwin => "arm64",
            Self::Aarch64Linux => "aarch64",
            Self::X86_64Darwin | Self::X86_64Linux => "x86_64",
        }
    }

    /// Returns rustc's name of the platform.
    pub const fn triple(self) -> &'static str {
        match self {
            Self::Aarch64Darwin => "aarch64-apple-darwin",
            Self::Aarch64Linux => "aarch64-unknown-linux-gnu",
            Self::X86_64Darwin => "x86_64-apple-darwin",
            Self::X86_64Linux => "x86_64-unknown-linux-gnu",
        }
    }
}

impl FromStr for Platform {
    /// The list of valid names, as in "one of …".
    type Err = String;

    /// Finds a platform by Nix's or rustc's name.
    fn from_str(name: &str) -> Result<Self, String> {
        let is_named = |platform: &Self| platform.system() == name || platform.triple() == name;
        Self::ALL.into_iter().find(is_named).ok_or_else(|| {
            let names = Self::ALL.map(Self::system);
            format!("expected one of {}", names.join(", "))
        })
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.system())
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|known| {
            let name = name.escape_debug();
            serde::de::Error::custom(format!("unknown platform `{name}`: {known}"))
        })
    }
}

/// `CPython` 3.`python_minor` on some platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// The platforms; at least one.
    pub platforms: BTreeSet<Platform>,
}

impl Target {
    /// Returns the values of PEP 508's markers on each platform.
    pub fn environments(&self) -> Vec<(Platform, MarkerEnvironment)> {
        let platforms = self.platforms.iter().copied();
        platforms
            .map(|platform| (platform, marker_environment(platform, self.python_minor, 0)))
            .collect()
    }
}

/// Returns the values of PEP 508's markers for `CPython` 3.`minor`.`patch`.
///
/// # Panics
/// Never: the versions are valid.
pub fn marker_environment(platform: Platform, minor: u8, patch: u8) -> MarkerEnvironment {
    // pyproject.nix takes the releases from nixpkgs' Linux headers and macOS SDK.
    let (system, sys_platform, release) = if platform.is_linux() {
        ("Linux", "linux", "7.0")
    } else {
        ("Darwin", "darwin", "23.4")
    };
    let version = format!("3.{minor}");
    let full = format!("{version}.{patch}");
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: "posix",
        platform_machine: platform.machine(),
        platform_python_implementation: "CPython",
        platform_release: release,
        platform_system: system,
        platform_version: "",
        python_full_version: &full,
        python_version: &version,
        sys_platform,
    })
    .expect("the versions above are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        let table = Toolchains::built_in();
        assert!(table.pyo3.is_sorted_by(|a, b| a.since > b.since));
        assert!(
            table
                .pyo3
                .is_sorted_by(|a, b| a.newest_python >= b.newest_python)
        );
        assert!(table.nixpkgs.is_sorted_by(|a, b| a.rustc < b.rustc));
    }

    #[test]
    fn python_is_the_newest_that_both_allow() {
        let table = Toolchains::built_in();
        let pyo3 = |text: &str| text.parse::<Version>().unwrap();
        assert_eq!(table.newest_python(None, None), table.newest_python);
        assert_eq!(table.newest_python(Some(">=3.9,<3.13"), None), 12);
        assert_eq!(
            table.newest_python(Some(">=3.9"), Some(&pyo3("0.22.6"))),
            13
        );
        assert_eq!(
            table.newest_python(Some(">=3.9,<3.12"), Some(&pyo3("0.22.6"))),
            11
        );
        // No Python fits both: the oldest allowed one is nearest to PyO3's.
        assert_eq!(
            table.newest_python(Some(">=3.14"), Some(&pyo3("0.22.6"))),
            14
        );
        assert_eq!(
            table.newest_python(Some("nonsense"), None),
            table.newest_python
        );
    }

    #[test]
    fn old_pyo3_checks_nothing() {
        let table = Toolchains::built_in();
        let refuses = |text: &str| table.pyo3(&text.parse().unwrap()).map(|p| p.refuses);
        assert_eq!(refuses("0.28.2"), Some(true));
        assert_eq!(refuses("0.19.2"), Some(false));
        assert_eq!(refuses("0.8.0"), Some(false));
    }

    #[test]
    fn a_python_is_a_minor_version_from_3_7_on() {
        let python = |text: &str| text.parse::<Python>().ok();
        for text in ["3.7", "3.13", "3.14t"] {
            assert_eq!(python(text).unwrap().to_string(), text);
        }
        assert!(python("3.13t").unwrap().is_free_threaded);
        for text in [
            "", "3", "3.6", "2.7", "3.13.1", "3.13tt", "t", "3.t", "3.+9", "3.999",
        ] {
            assert_eq!(python(text), None, "{text}");
        }
    }

    #[test]
    fn a_platform_is_read_by_nix_s_name_or_rustc_s() {
        let platform = |text: &str| text.parse::<Platform>();
        let linux = Ok(Platform::X86_64Linux);
        assert_eq!(platform("x86_64-linux"), linux);
        assert_eq!(platform("x86_64-unknown-linux-gnu"), linux);
        let error = platform("vax").unwrap_err();
        assert!(
            error.starts_with("expected one of aarch64-darwin, "),
            "{error}"
        );
    }

    #[test]
    fn platforms_have_nix_s_names() {
        for platform in Platform::ALL {
            assert_eq!(Platform::from_system(platform.system()), Some(platform));
        }
        assert!(Platform::ALL.is_sorted_by_key(|platform| platform.system()));
    }
}
