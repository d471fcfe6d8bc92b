//! Resolves build requirements to the argument of `resolveBuildSystem`.

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;
use pep508_rs::VersionOrUrl;

use super::package_set::{PackageSet, PackageSets};
use super::requirement::{BuildRequirement, Origin};
use super::rules::Rules;
use crate::build_system::BuildSystem;
use crate::project::PythonName;
use crate::python_lock::UvSettings;
use crate::target::Platform;

/// The build requirements to resolve, and the sets to resolve them in.
#[derive(Debug, Clone, Copy)]
pub struct ResolveRequest<'a> {
    /// The package that is built.
    pub name: &'a PythonName,
    /// The build requirements of the package.
    pub requirements: &'a [BuildRequirement],
    /// The package sets, by platform.
    pub sets: &'a PackageSets,
    /// `[tool.uv]`, if the package is in a lock: uv2nix adds its
    /// `extra-build-dependencies`, so a stanza doesn't have to.
    pub settings: Option<&'a UvSettings>,
}

/// A build requirement that no set has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPackage {
    /// The name of the required package.
    pub name: PythonName,
    /// The platforms whose sets lack it.
    pub platforms: BTreeSet<Platform>,
    /// Where the requirement comes from.
    pub asked_by: BTreeSet<Origin>,
    /// Whether the build fails without it.
    pub need: Need,
}

/// Whether a build fails without a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It doesn't: the package is only used for tests or checks.
    Unneeded,
    /// It may or may not, since the source can't be evaluated fully.
    Doubtful,
    /// It does, as far as is known.
    Required,
}

/// A requirement whose bounds exclude the version in a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundViolation {
    /// The name of the required package.
    pub name: PythonName,
    /// The version in the set.
    pub version: Version,
    /// The requirement as the source has it.
    pub requirement: String,
    /// Where the requirement comes from.
    pub asked_by: Origin,
    /// The platforms whose sets have that version.
    pub platforms: BTreeSet<Platform>,
}

/// A package that replaces a required one that no set has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// The required package.
    pub name: PythonName,
    /// The package of the set that is used instead.
    pub with: PythonName,
}

/// A resolved build system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// For each name, the platforms and the extras on each. If it is empty,
    /// `resolveBuildSystem` isn't called, since an empty argument means
    /// setuptools and wheel.
    pub system: BuildSystem,
    /// Requirements that a set lacks.
    pub missing: Vec<MissingPackage>,
    /// Requirements whose bounds exclude the version in a set.
    pub violations: Vec<BoundViolation>,
    /// Required extras that the set's package lacks.
    pub without_extras: BTreeMap<PythonName, BTreeSet<String>>,
    /// Packages that replace required ones.
    pub replacements: BTreeSet<Replacement>,
    /// Requirements with a URL, for which the set's package is used.
    pub urls: BTreeMap<PythonName, String>,
}

/// Resolves build requirements in the package sets of all platforms.
#[must_use]
pub fn resolve(request: ResolveRequest<'_>) -> Resolved {
    let mut resolved = Resolved::default();
    for (platform, set) in request.sets {
        for requirement in request.requirements {
            resolved.add(request, requirement, *platform, set);
        }
    }
    resolved
}

impl Resolved {
    fn add(
        &mut self,
        request: ResolveRequest<'_>,
        requirement: &BuildRequirement,
        platform: Platform,
        set: &PackageSet,
    ) {
        let name = requirement.name();
        // A package that is built with itself is an infinite recursion.
        if name == *request.name || !holds(requirement, set) {
            return;
        }
        let stated = &requirement.requirement;
        if let Some(VersionOrUrl::Url(url)) = &stated.version_or_url {
            self.urls.insert(name.clone(), url.to_string());
        }
        let replacement = Rules::built_in().replacement(&name);
        let replacement =
            replacement.filter(|with| set.get(with).is_some() && *with != request.name);
        let (found, package) = match (set.get(&name), replacement) {
            (Some(package), _) => (&name, package),
            (None, Some(with)) => {
                self.replacements.insert(Replacement {
                    name: name.clone(),
                    with: with.clone(),
                });
                let Some(package) = set.get(with) else {
                    return;
                };
                (with, package)
            }
            (None, None) => {
                self.add_missing(name, platform, requirement);
                return;
            }
        };
        if let Some(version) = &package.version
            && *found == name
            && requirement.excludes(version)
        {
            self.add_violation(requirement, version, platform);
        }
        let extras = stated.extras.iter().map(ToString::to_string);
        let (extras, lacking): (BTreeSet<_>, BTreeSet<_>) =
            extras.partition(|extra| package.extras.contains_key(extra));
        if !lacking.is_empty() {
            let without = self.without_extras.entry(found.clone()).or_default();
            without.extend(lacking);
        }
        if request.is_given(found, &extras) {
            return;
        }
        let platforms = self.system.entry(found.clone()).or_default();
        platforms.entry(platform).or_default().extend(extras);
    }

    fn add_missing(
        &mut self,
        name: PythonName,
        platform: Platform,
        requirement: &BuildRequirement,
    ) {
        let need = if Rules::built_in().is_unneeded(&name) {
            Need::Unneeded
        } else if requirement.is_doubtful {
            Need::Doubtful
        } else {
            Need::Required
        };
        let place = self.missing.iter().position(|missing| missing.name == name);
        let place = place.unwrap_or_else(|| {
            self.missing.push(MissingPackage {
                need,
                name,
                platforms: BTreeSet::new(),
                asked_by: BTreeSet::new(),
            });
            self.missing.len() - 1
        });
        let missing = &mut self.missing[place];
        missing.platforms.insert(platform);
        missing.asked_by.insert(requirement.origin.clone());
        missing.need = missing.need.max(need);
    }

    fn add_violation(
        &mut self,
        requirement: &BuildRequirement,
        version: &Version,
        platform: Platform,
    ) {
        let stated = requirement.requirement.to_string();
        let known = self.violations.iter_mut().find(|known| {
            known.requirement == stated
                && known.version == *version
                && known.asked_by == requirement.origin
        });
        match known {
            Some(known) => {
                known.platforms.insert(platform);
            }
            None => self.violations.push(BoundViolation {
                name: requirement.name(),
                version: version.clone(),
                requirement: stated,
                asked_by: requirement.origin.clone(),
                platforms: BTreeSet::from([platform]),
            }),
        }
    }

    /// Returns the packages and extras of the build system on one platform.
    #[must_use]
    pub fn on(&self, platform: Platform) -> BTreeMap<&PythonName, &BTreeSet<String>> {
        let named = self.system.iter();
        let named = named.filter_map(|(name, on)| Some((name, on.get(&platform)?)));
        named.collect()
    }
}

impl ResolveRequest<'_> {
    /// Whether uv2nix adds the package on all platforms with these extras.
    fn is_given(&self, name: &PythonName, extras: &BTreeSet<String>) -> bool {
        let given = self
            .settings
            .map(|settings| settings.given_build_system(self.name));
        let given = given.unwrap_or_default();
        given.get(name).is_some_and(|given| extras.is_subset(given))
    }
}

/// Whether it counts with a package set.
pub(super) fn holds(requirement: &BuildRequirement, set: &PackageSet) -> bool {
    let marker = &requirement.requirement.marker;
    let condition = requirement.condition.as_ref().is_none_or(|condition| {
        let version = set.get(&condition.package).and_then(|p| p.version.as_ref());
        version.is_some_and(|version| *version < condition.older_than)
    });
    condition && marker.evaluate(set.markers(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_build::package_set::{BuildSystemTable, UserLock};
    use crate::python_build::requirement::{Condition, known};
    use crate::python_lock::{Environment, Libc, Preference};

    fn sets(lock: Option<&str>) -> PackageSets {
        let python_lock = lock.map(|lock| crate::python_lock::parse("uv.lock", lock).unwrap());
        let settings = UvSettings::default();
        let lock = python_lock.as_ref().map(|python_lock| UserLock {
            python_lock,
            settings: &settings,
            preference: Preference::Wheel,
        });
        let environment = |platform| Environment {
            platform,
            libc: Libc::Glibc,
            python_minor: 13,
            is_free_threaded: false,
        };
        let platforms = [Platform::Aarch64Darwin, Platform::X86_64Linux];
        let table = BuildSystemTable::built_in();
        PackageSet::of_all(table, lock, &platforms.map(environment))
    }

    fn requirement(text: &str) -> BuildRequirement {
        BuildRequirement {
            requirement: known(text),
            origin: Origin::BuildSystemRequires,
            condition: None,
            is_doubtful: false,
        }
    }

    fn resolved_with(texts: &[&str], lock: Option<&str>, uv: &str) -> Resolved {
        let requirements: Vec<_> = texts.iter().map(|text| requirement(text)).collect();
        resolve(ResolveRequest {
            name: &PythonName::new("own"),
            requirements: &requirements,
            sets: &sets(lock),
            settings: Some(&UvSettings::read(uv, &[]).unwrap()),
        })
    }

    fn resolved(texts: &[&str]) -> Resolved {
        resolved_with(texts, None, "")
    }

    /// `name[extra]`, with the platforms where they aren't both.
    fn system(resolved: &Resolved) -> Vec<String> {
        let label = |(name, on): (&PythonName, &BTreeMap<Platform, BTreeSet<String>>)| {
            let extras: BTreeSet<_> = on.values().flatten().map(String::as_str).collect();
            let extras: Vec<_> = extras.into_iter().collect();
            let extras = match &extras[..] {
                [] => String::new(),
                some => format!("[{}]", some.join(",")),
            };
            let at = match on.keys().collect::<Vec<_>>()[..] {
                [one] => format!("@{}", one.system()),
                _ => String::new(),
            };
            format!("{name}{extras}{at}")
        };
        resolved.system.iter().map(label).collect()
    }

    #[test]
    fn names_of_the_set_are_the_system() {
        let found = resolved(&["setuptools>=61", "Setuptools_SCM>=8", "wheel"]);
        assert_eq!(system(&found), ["setuptools", "setuptools-scm", "wheel"]);
        assert_eq!((found.missing.len(), found.violations.len()), (0, 0));
    }

    #[test]
    fn markers_count_on_their_platforms() {
        let found = resolved(&[
            "cython; sys_platform == 'darwin'",
            "tomli; python_version < '3.11'",
            "pywin32; sys_platform == 'win32'",
        ]);
        assert_eq!(system(&found), ["cython@aarch64-darwin"]);
        assert_eq!(found.missing, []);
    }

    #[test]
    fn extras_that_the_set_lacks_are_left_out() {
        let found = resolved(&["setuptools-scm[toml,rich]", "versioneer[toml]"]);
        assert_eq!(system(&found), ["setuptools-scm[rich]", "versioneer[toml]"]);
        let without = &found.without_extras[&PythonName::new("setuptools-scm")];
        assert_eq!(without.iter().collect::<Vec<_>>(), ["toml"]);
    }

    #[test]
    fn what_no_set_has_is_missing_with_who_asks() {
        let found = resolved(&["pythran>=0.14", "numpy", "pytest-runner", "flake8"]);
        assert_eq!(system(&found), ["numpy", "pytest-runner"]);
        let missing: Vec<_> = found
            .missing
            .iter()
            .map(|m| (m.name.as_str(), m.need))
            .collect();
        let expected = [("pythran", Need::Required), ("flake8", Need::Unneeded)];
        assert_eq!(missing, expected);
        assert_eq!(found.missing[0].platforms.len(), 2);
        assert!(
            found.missing[0]
                .asked_by
                .contains(&Origin::BuildSystemRequires)
        );
    }

    #[test]
    fn a_doubtful_requirement_counts_where_the_set_has_it() {
        let doubtful = |text| BuildRequirement {
            is_doubtful: true,
            ..requirement(text)
        };
        let found = resolve(ResolveRequest {
            name: &PythonName::new("own"),
            requirements: &[doubtful("numpy"), doubtful("mpi4py")],
            sets: &sets(None),
            settings: None,
        });
        assert_eq!(system(&found), ["numpy"]);
        assert_eq!(found.missing[0].need, Need::Doubtful);
    }

    const LOCK: &str = r#"
version = 1
[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "pythran", marker = "sys_platform == 'linux'" }, { name = "setuptools" }]

[[package]]
name = "pythran"
version = "0.17.0"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/pythran-0.17.0-py3-none-any.whl" }]

[[package]]
name = "setuptools"
version = "69.5.1"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/setuptools-69.5.1-py3-none-any.whl" }]
"#;

    #[test]
    fn the_lock_has_what_the_table_lacks() {
        let found = resolved_with(&["pythran"], Some(LOCK), "");
        assert_eq!(system(&found), ["pythran@x86_64-linux"]);
        let on = &found.missing[0].platforms;
        assert_eq!(on.iter().collect::<Vec<_>>(), [&Platform::Aarch64Darwin]);
    }

    #[test]
    fn bounds_that_the_set_is_outside_of_are_reported() {
        let found = resolved(&["setuptools<69", "cython~=3.0.5", "numpy>=2.0"]);
        let violations: Vec<_> = found
            .violations
            .iter()
            .map(|v| {
                (
                    v.requirement.as_str(),
                    v.version.to_string(),
                    v.platforms.len(),
                )
            })
            .collect();
        let expected = [
            ("setuptools<69", "84.0.0".to_owned(), 2),
            ("cython~=3.0.5", "3.2.9".to_owned(), 2),
        ];
        assert_eq!(violations, expected);
        assert_eq!(system(&found), ["cython", "numpy", "setuptools"]);
    }

    #[test]
    fn a_condition_asks_the_set() {
        let wheel = BuildRequirement {
            condition: Some(Condition {
                package: PythonName::new("setuptools"),
                older_than: Version::new([70, 1]),
            }),
            ..requirement("wheel")
        };
        let system_with = |lock| {
            system(&resolve(ResolveRequest {
                name: &PythonName::new("own"),
                requirements: std::slice::from_ref(&wheel),
                sets: &sets(lock),
                settings: None,
            }))
        };
        assert_eq!(system_with(None), Vec::<String>::new());
        assert_eq!(system_with(Some(LOCK)), ["wheel"]);
    }

    #[test]
    fn a_package_does_not_require_itself() {
        assert_eq!(system(&resolved(&["own", "setuptools"])), ["setuptools"]);
    }

    #[test]
    fn a_package_that_only_pins_another_is_replaced() {
        let found = resolved(&["oldest-supported-numpy>=2022"]);
        assert_eq!(system(&found), ["numpy"]);
        let replacement = found.replacements.first().unwrap();
        assert_eq!(replacement.with.as_str(), "numpy");
        assert_eq!(found.missing, []);
    }

    #[test]
    fn what_uv2nix_adds_itself_is_no_part_of_it() {
        let uv = "[tool.uv.extra-build-dependencies]\nown = ['cython', \"numpy; sys_platform == 'linux'\", 'jinja2']\n";
        let found = resolved_with(&["cython", "numpy", "jinja2[i18n]"], None, uv);
        // A marker, and an extra that isn't given, need the stanza.
        assert_eq!(system(&found), ["jinja2[i18n]", "numpy"]);
    }

    #[test]
    fn urls_are_reported() {
        let found = resolved(&["setuptools @ https://example.org/setuptools.tar.gz"]);
        assert_eq!(system(&found), ["setuptools"]);
        assert!(found.urls[&PythonName::new("setuptools")].contains("example.org"));
    }
}
