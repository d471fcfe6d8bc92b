//! The package set that a stanza is evaluated in: pyproject-build-systems, with
//! the packages of the user's lock composed over it.
//!
//! uv2nix's overlay is applied after that of pyproject-build-systems, so a
//! package of the lock replaces the one of the same name entirely: version,
//! extras, dependencies, and what overlay.nix of build-system-pkgs changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{MarkerEnvironment, MarkerTree};
use serde::{Deserialize, Deserializer};

use super::requirement::read;
use crate::project::PythonName;
use crate::python_lock::{
    Environment, LockedPackage, LockedSource, PackageFormat, Preference, PythonDependency,
    PythonLock, UvSettings, WheelName, choose_format, reach,
};
use crate::target::Platform;

const TABLE: &str = include_str!("../../data/build-system-pkgs.toml");

/// The table `data/build-system-pkgs.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildSystemTable {
    /// The commit of build-system-pkgs that the table was made from.
    pub commit: String,
    /// The date of that commit.
    pub date: String,
    roots: Vec<TableRequirement>,
    package: Vec<TableRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TableRow {
    name: PythonName,
    version: Version,
    python: Option<VersionSpecifiers>,
    #[serde(default)]
    dependencies: Vec<TableRequirement>,
    #[serde(default)]
    extras: BTreeMap<String, Vec<TableRequirement>>,
    #[serde(default)]
    build: Vec<PythonName>,
    #[serde(default)]
    no_build: bool,
    fix: Option<Fix>,
    #[serde(default)]
    wheels: Vec<TableWheel>,
}

/// A requirement of the table, such as `packaging>=24; python_version < '3.11'`.
/// Its bounds don't matter: the set has one version.
#[derive(Debug)]
struct TableRequirement {
    name: PythonName,
    extras: BTreeSet<String>,
    marker: MarkerTree,
}

impl<'de> Deserialize<'de> for TableRequirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom(format!("`{text}` is not a requirement"));
        let requirement = read(&text).map_err(|_| wrong())?;
        let extras = requirement.extras.iter();
        Ok(Self {
            name: PythonName::new(requirement.name.as_ref()),
            extras: extras.map(ToString::to_string).collect(),
            marker: requirement.marker,
        })
    }
}

/// The tags of a wheel, such as `cp313-cp313-win_amd64`.
#[derive(Debug)]
struct TableWheel(WheelName);

impl<'de> Deserialize<'de> for TableWheel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tags = String::deserialize(deserializer)?;
        let wheel = WheelName::parse(&format!("name-0-{tags}.whl"));
        let wrong = || serde::de::Error::custom(format!("`{tags}` are not tags of a wheel"));
        wheel.map(Self).ok_or_else(wrong)
    }
}

/// What overlay.nix of build-system-pkgs changes in a package, whether it is a
/// wheel or built from source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// Adds libffi to `buildInputs`.
    Libffi,
    /// Adds the setup hook of nixpkgs' package.
    SetupHook,
    /// Replaces it with a stub for the program in nixpkgs.
    Nixpkgs,
}

/// How a package of the set is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildFormat {
    /// From a wheel, so that nothing is built.
    Wheel,
    /// From source, with a build system.
    Source,
    /// As a stub for the program in nixpkgs, with flit-core.
    NixpkgsStub,
    /// Not at all. Evaluating the package is an error.
    Unavailable,
}

/// Where a package of the set comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageOrigin {
    /// The overlay of pyproject-build-systems.
    BuildSystems {
        /// What the overlay changes.
        fix: Option<Fix>,
        /// The build system that the overlay adds if the package is built from
        /// source.
        build: Vec<PythonName>,
    },
    /// The user's lock of Python packages.
    Lock {
        /// Whether it is a local project, whose build requirements uv2nix
        /// reads.
        is_local: bool,
        /// What pyproject-build-systems changes in the package that this one
        /// replaces.
        lost_fix: Option<Fix>,
        /// The wheel that would be chosen if wheels were preferred.
        fitting_wheel: Option<String>,
    },
}

/// The run-time dependencies of a package or of an extra: name to extras.
pub type Dependencies = BTreeMap<PythonName, BTreeSet<String>>;

/// A package of a package set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPackage {
    /// Its version. `None` if the set doesn't decide it, as for stubs of
    /// nixpkgs' programs and for local projects with a dynamic version.
    pub version: Option<Version>,
    /// How it is built.
    pub format: BuildFormat,
    /// The run-time dependencies.
    pub dependencies: Dependencies,
    /// The extras and their dependencies. Asking for any other extra is an
    /// evaluation error.
    pub extras: BTreeMap<String, Dependencies>,
    /// Where it comes from.
    pub origin: PackageOrigin,
}

/// The package set of one environment.
#[derive(Debug, Clone)]
pub struct PackageSet {
    /// The environment that the set is for.
    pub environment: Environment,
    /// The packages of the set, by name.
    pub packages: BTreeMap<PythonName, SetPackage>,
    markers: MarkerEnvironment,
}

/// The package sets of the platforms that a stanza is for.
pub type PackageSets = BTreeMap<Platform, PackageSet>;

/// A lock, and the settings by which uv2nix chooses wheels or sdists.
#[derive(Debug, Clone, Copy)]
pub struct UserLock<'a> {
    /// The parsed lock.
    pub python_lock: &'a PythonLock,
    /// `[tool.uv]` of the workspace.
    pub settings: &'a UvSettings,
    /// The argument `sourcePreference` of uv2nix.
    pub preference: Preference,
}

impl BuildSystemTable {
    /// Returns the table that is compiled into the program.
    ///
    /// # Panics
    /// Never: a test reads the table too.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE_READ: LazyLock<BuildSystemTable> =
            LazyLock::new(|| toml::from_str(TABLE).expect("the table is checked by a test"));
        &TABLE_READ
    }

    /// Whether the table has a package, for any Python.
    #[must_use]
    pub fn has(&self, name: &PythonName) -> bool {
        self.package.iter().any(|row| row.name == *name)
    }

    /// Returns the packages that the overlay adds to a set: its roots and all
    /// of their dependencies.
    fn packages(
        &self,
        environment: Environment,
        markers: &MarkerEnvironment,
    ) -> BTreeMap<PythonName, SetPackage> {
        let python = Version::new([3, u64::from(environment.python_minor)]);
        let rows = self.package.iter().filter(|row| {
            let bounds = row.python.as_ref();
            bounds.is_none_or(|bounds| bounds.contains(&python))
        });
        let rows: BTreeMap<_, _> = rows.map(|row| (&row.name, row)).collect();
        let mut found = BTreeMap::new();
        let mut open: Vec<PythonName> = dependencies(&self.roots, markers).into_keys().collect();
        while let Some(name) = open.pop() {
            let Some(row) = rows.get(&name).filter(|_| !found.contains_key(&name)) else {
                continue;
            };
            let package = row.package(environment, markers);
            // uv2nix adds the dependencies of extras to the set as well.
            let all = package.extras.values().chain([&package.dependencies]);
            open.extend(all.flat_map(BTreeMap::keys).cloned());
            found.insert(name, package);
        }
        found
    }
}

impl TableRow {
    fn package(&self, environment: Environment, markers: &MarkerEnvironment) -> SetPackage {
        let format = if self.fix == Some(Fix::Nixpkgs) {
            BuildFormat::NixpkgsStub
        } else if self.wheels.iter().any(|wheel| wheel.0.fits(environment)) {
            BuildFormat::Wheel
        } else if self.no_build {
            BuildFormat::Unavailable
        } else {
            BuildFormat::Source
        };
        let is_stub = format == BuildFormat::NixpkgsStub;
        let extras = self.extras.iter();
        SetPackage {
            version: (!is_stub).then(|| self.version.clone()),
            format,
            dependencies: dependencies(&self.dependencies, markers),
            extras: extras
                .map(|(extra, needs)| (extra.clone(), dependencies(needs, markers)))
                .collect(),
            origin: PackageOrigin::BuildSystems {
                fix: self.fix,
                build: self.build.clone(),
            },
        }
    }
}

fn dependencies(needs: &[TableRequirement], markers: &MarkerEnvironment) -> Dependencies {
    let needs = needs.iter();
    let needs = needs.filter(|need| need.marker.evaluate(markers, &[]));
    needs
        .map(|need| (need.name.clone(), need.extras.clone()))
        .collect()
}

impl PackageSet {
    /// Returns the set of an environment: the table's packages, replaced by
    /// those that the lock has for that environment.
    #[must_use]
    pub fn of(
        table: &BuildSystemTable,
        lock: Option<UserLock<'_>>,
        environment: Environment,
    ) -> Self {
        let markers = environment.markers();
        let mut packages = table.packages(environment, &markers);
        if let Some(lock) = lock {
            for place in reach(lock.python_lock, &markers) {
                let locked = &lock.python_lock.packages[place];
                let package = locked_package(locked, lock, environment, packages.get(&locked.name));
                let newest = packages.get(&locked.name).filter(|known| {
                    matches!(known.origin, PackageOrigin::Lock { .. })
                        && known.version > package.version
                });
                // A lock with conflicts has several entries of a package.
                if newest.is_none() {
                    packages.insert(locked.name.clone(), package);
                }
            }
        }
        Self {
            environment,
            packages,
            markers,
        }
    }

    /// Returns the sets of several environments, by platform.
    #[must_use]
    pub fn of_all(
        table: &BuildSystemTable,
        lock: Option<UserLock<'_>>,
        environments: &[Environment],
    ) -> PackageSets {
        let environments = environments.iter();
        environments
            .map(|&environment| (environment.platform, Self::of(table, lock, environment)))
            .collect()
    }

    /// Returns the values that markers are evaluated with.
    #[must_use]
    pub const fn markers(&self) -> &MarkerEnvironment {
        &self.markers
    }

    /// Returns a package of the set by its name.
    #[must_use]
    pub fn get(&self, name: &PythonName) -> Option<&SetPackage> {
        self.packages.get(name)
    }

    /// Returns what `resolveBuildSystem` adds to a build environment for a
    /// package: itself, and all run-time dependencies of it and its extras.
    #[must_use]
    pub fn closure(&self, name: &PythonName, extras: &BTreeSet<String>) -> BTreeSet<PythonName> {
        let mut found = BTreeSet::new();
        let mut done = BTreeSet::new();
        let mut open = vec![(name.clone(), extras.clone())];
        while let Some((name, extras)) = open.pop() {
            if !done.insert((name.clone(), extras.clone())) {
                continue;
            }
            if let Some(package) = self.get(&name) {
                let extra = |extra: &String| package.extras.get(extra);
                let needs = extras
                    .iter()
                    .filter_map(extra)
                    .chain([&package.dependencies]);
                open.extend(needs.flatten().map(|(n, e)| (n.clone(), e.clone())));
            }
            found.insert(name);
        }
        found
    }
}

impl SetPackage {
    /// The wheel of a package of the lock that would be chosen if wheels were
    /// preferred.
    pub fn fitting_wheel(&self) -> Option<&str> {
        match &self.origin {
            PackageOrigin::Lock { fitting_wheel, .. } => fitting_wheel.as_deref(),
            PackageOrigin::BuildSystems { .. } => None,
        }
    }
}

/// Returns a package of the lock as uv2nix builds it.
fn locked_package(
    locked: &LockedPackage,
    lock: UserLock<'_>,
    environment: Environment,
    replaced: Option<&SetPackage>,
) -> SetPackage {
    let built = |preference| choose_format(locked, environment, lock.settings, preference);
    let is_local = locked.source.folder().is_some();
    let lost_fix = match replaced.map(|package| &package.origin) {
        Some(PackageOrigin::BuildSystems { fix, .. }) => *fix,
        Some(PackageOrigin::Lock { lost_fix, .. }) => *lost_fix,
        None => None,
    };
    // `override { sourcePreference = "wheel"; }` has no effect on packages
    // that aren't from an index.
    let is_of_index = matches!(locked.source, LockedSource::Registry(_));
    let markers = environment.markers();
    let needs = |needs: &[PythonDependency]| -> Dependencies {
        let needs = needs.iter();
        let needs = needs.filter(|need| need.marker.evaluate(&markers, &[]));
        needs
            .map(|need| (need.name.clone(), need.extras.iter().cloned().collect()))
            .collect()
    };
    let extras = locked.optional.iter().chain(&locked.groups);
    SetPackage {
        version: locked.version.as_ref().and_then(|text| text.parse().ok()),
        format: match built(lock.preference) {
            // Nothing is built for a virtual project either.
            PackageFormat::Wheel(_) | PackageFormat::Virtual => BuildFormat::Wheel,
            PackageFormat::Source(_) => BuildFormat::Source,
            PackageFormat::Impossible(_) => BuildFormat::Unavailable,
        },
        dependencies: needs(&locked.dependencies),
        extras: extras
            .map(|(extra, list)| (extra.clone(), needs(list)))
            .collect(),
        origin: PackageOrigin::Lock {
            is_local,
            lost_fix,
            fitting_wheel: match built(Preference::Wheel) {
                PackageFormat::Wheel(wheel) if is_of_index => Some(wheel),
                _ => None,
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_lock::Libc;

    fn environment(platform: Platform, python_minor: u8) -> Environment {
        Environment {
            platform,
            libc: Libc::Glibc,
            python_minor,
            is_free_threaded: false,
        }
    }

    const LINUX: Platform = Platform::X86_64Linux;

    fn set(lock: &str, preference: Preference, platform: Platform) -> PackageSet {
        let python_lock = crate::python_lock::parse("uv.lock", lock).unwrap();
        let lock = UserLock {
            python_lock: &python_lock,
            settings: &UvSettings::default(),
            preference,
        };
        let table = BuildSystemTable::built_in();
        PackageSet::of(table, Some(lock), environment(platform, 13))
    }

    fn bare(python_minor: u8) -> PackageSet {
        let table = BuildSystemTable::built_in();
        PackageSet::of(table, None, environment(LINUX, python_minor))
    }

    fn package<'a>(set: &'a PackageSet, name: &str) -> &'a SetPackage {
        set.get(&PythonName::new(name)).unwrap()
    }

    fn version(set: &PackageSet, name: &str) -> String {
        package(set, name).version.as_ref().unwrap().to_string()
    }

    const LOCK: &str = r#"
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "cffi" },
    { name = "cmake" },
    { name = "packaging", marker = "sys_platform == 'win32'" },
    { name = "jinja2", extra = ["i18n"] },
]

[[package]]
name = "cffi"
version = "1.17.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "pycparser" }]
sdist = { url = "https://example.org/cffi-1.17.0.tar.gz" }
wheels = [{ url = "https://example.org/cffi-1.17.0-cp313-cp313-manylinux_2_17_x86_64.whl" }]

[[package]]
name = "cmake"
version = "3.31.0"
source = { registry = "https://example.org/simple" }
sdist = { url = "https://example.org/cmake-3.31.0.tar.gz" }

[[package]]
name = "jinja2"
version = "3.0"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/jinja2-3.0-py3-none-any.whl" }]

[package.optional-dependencies]
i18n = [{ name = "babel-x" }]

[[package]]
name = "babel-x"
version = "2.0"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/babel_x-2.0-py3-none-any.whl" }]

[[package]]
name = "packaging"
version = "21.3"
source = { registry = "https://example.org/simple" }
sdist = { url = "https://example.org/packaging-21.3.tar.gz" }

[[package]]
name = "pycparser"
version = "2.22"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/pycparser-2.22-py3-none-any.whl" }]
"#;

    #[test]
    fn the_table_is_sound() {
        let table = BuildSystemTable::built_in();
        assert_eq!((table.commit.len(), table.date.len()), (40, 10));
        let key = |row: &TableRow| (row.name.as_str().to_owned(), row.version.clone());
        assert!(table.package.iter().map(key).is_sorted());
        for row in &table.package {
            assert!(
                !row.wheels.is_empty() || row.fix == Some(Fix::Nixpkgs),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn the_table_has_the_names_of_the_other_one() {
        let names: toml::Table = include_str!("../../data/build-systems.toml")
            .parse()
            .unwrap();
        let names = names["names"].as_array().unwrap().iter();
        let names: BTreeSet<_> = names.filter_map(|name| name.as_str()).collect();
        let table = BuildSystemTable::built_in();
        let own: BTreeSet<_> = table.package.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(own, names);
    }

    #[test]
    fn entries_hold_for_their_pythons() {
        assert_eq!(version(&bare(9), "numpy"), "2.0.2");
        assert_eq!(version(&bare(11), "numpy"), "2.4.6");
        assert_eq!(version(&bare(13), "numpy"), "2.5.2");
        let tomli = PythonName::new("tomli");
        assert!(
            package(&bare(10), "maturin")
                .dependencies
                .contains_key(&tomli)
        );
        assert!(
            !package(&bare(11), "maturin")
                .dependencies
                .contains_key(&tomli)
        );
    }

    #[test]
    fn what_no_root_reaches_is_not_in_the_set() {
        // Only Windows needs it.
        assert_eq!(bare(13).get(&PythonName::new("colorama")), None);
        assert!(bare(13).get(&PythonName::new("lark")).is_some());
        assert!(bare(12).get(&PythonName::new("pyyaml-ft")).is_none());
        assert!(bare(13).get(&PythonName::new("pyyaml-ft")).is_some());
    }

    #[test]
    fn a_python_without_wheels_builds_from_source() {
        assert_eq!(package(&bare(13), "cffi").format, BuildFormat::Wheel);
        assert_eq!(package(&bare(15), "pyyaml").format, BuildFormat::Source);
        assert_eq!(package(&bare(15), "setuptools").format, BuildFormat::Wheel);
    }

    #[test]
    fn cmake_and_ninja_are_stubs_of_nixpkgs() {
        for name in ["cmake", "ninja"] {
            let set = bare(13);
            let found = package(&set, name);
            assert_eq!(found.format, BuildFormat::NixpkgsStub);
            assert_eq!(found.version, None);
        }
    }

    #[test]
    fn packages_of_the_lock_replace_those_of_the_table() {
        let set = set(LOCK, Preference::Wheel, LINUX);
        assert_eq!(version(&set, "cffi"), "1.17.0");
        assert_eq!(package(&set, "cffi").format, BuildFormat::Wheel);
        assert_eq!(version(&set, "setuptools"), "84.0.0");
        let found = package(&set, "cmake");
        assert_eq!(found.format, BuildFormat::Source);
        assert_eq!(
            found.origin,
            PackageOrigin::Lock {
                is_local: false,
                lost_fix: Some(Fix::Nixpkgs),
                fitting_wheel: None
            }
        );
    }

    #[test]
    fn a_replaced_package_loses_its_fix_and_keeps_its_wheel_in_reach() {
        let set = set(LOCK, Preference::Sdist, LINUX);
        let found = package(&set, "cffi");
        assert_eq!(found.format, BuildFormat::Source);
        let PackageOrigin::Lock {
            lost_fix,
            fitting_wheel,
            ..
        } = &found.origin
        else {
            panic!("{found:?}");
        };
        assert_eq!(*lost_fix, Some(Fix::Libffi));
        assert!(fitting_wheel.as_ref().unwrap().contains("manylinux"));
    }

    #[test]
    fn the_wheel_is_of_the_platform() {
        let set = set(LOCK, Preference::Wheel, Platform::Aarch64Darwin);
        assert_eq!(package(&set, "cffi").format, BuildFormat::Source);
    }

    #[test]
    fn a_package_of_another_platform_replaces_nothing() {
        let set = set(LOCK, Preference::Wheel, LINUX);
        assert_eq!(version(&set, "packaging"), "26.3");
    }

    #[test]
    fn extras_are_those_of_the_lock() {
        let set = set(LOCK, Preference::Wheel, LINUX);
        let closure = |extras: &[&str]| -> Vec<String> {
            let extras = extras.iter().map(|e| (*e).to_owned()).collect();
            let closure = set.closure(&PythonName::new("jinja2"), &extras);
            closure.iter().map(ToString::to_string).collect()
        };
        assert_eq!(closure(&[]), ["jinja2"]);
        assert_eq!(closure(&["i18n"]), ["babel-x", "jinja2"]);
        let bare = bare(13);
        let names: Vec<_> = package(&bare, "jinja2").extras.keys().collect();
        assert_eq!(names, ["i18n"]);
    }

    #[test]
    fn closures_have_what_is_needed_at_run_time() {
        let closure = |name: &str| -> Vec<String> {
            let closure = bare(13).closure(&PythonName::new(name), &BTreeSet::new());
            closure.iter().map(ToString::to_string).collect()
        };
        assert_eq!(closure("wheel"), ["packaging", "wheel"]);
        assert_eq!(
            closure("setuptools-scm"),
            [
                "packaging",
                "setuptools",
                "setuptools-scm",
                "vcs-versioning"
            ]
        );
    }
}
