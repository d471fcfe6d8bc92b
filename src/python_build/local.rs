//! Build requirements of local projects.
//!
//! uv2nix passes `build-system.requires` of a local project to
//! `resolveBuildSystem` as it is. That throws if the package set lacks a package
//! or an extra of it.

use std::collections::BTreeSet;

use super::package_set::PackageSets;
use crate::build_system::BuildSystem;
use crate::pep508::parse_requirement;
use crate::project::PythonName;

/// The build requirements of a local project, resolved in package sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalRequirements {
    /// The required packages, with the extras that the sets have.
    pub system: BuildSystem,
    /// Those of them that are required with an extra that a set lacks.
    pub without_extras: BuildSystem,
    /// The names that a set lacks.
    pub missing: BTreeSet<PythonName>,
}

impl LocalRequirements {
    /// Resolves `build-system.requires`. Requirements that aren't valid by
    /// PEP 508 are left out.
    #[must_use]
    pub fn resolve(requires: &[String], sets: &PackageSets) -> Self {
        let requires = requires.iter();
        let requires = requires.filter_map(|text| parse_requirement(text).ok());
        let requires: Vec<_> = requires.collect();
        let mut resolved = Self::default();
        for (platform, set) in sets {
            let mut faulty = BTreeSet::new();
            let needed = requires.iter();
            let needed = needed.filter(|needed| needed.marker.evaluate(set.markers(), &[]));
            for requirement in needed {
                let name = PythonName::new(requirement.name.as_ref());
                let Some(package) = set.get(&name) else {
                    resolved.missing.insert(name);
                    continue;
                };
                let extras = requirement.extras.iter().map(ToString::to_string);
                let (extras, lacking): (BTreeSet<_>, BTreeSet<_>) =
                    extras.partition(|extra| package.extras.contains_key(extra));
                if !lacking.is_empty() {
                    faulty.insert(name.clone());
                }
                let on = resolved.system.entry(name).or_default();
                on.entry(*platform).or_default().extend(extras);
            }
            for name in faulty {
                let extras = resolved.system.get(&name).and_then(|on| on.get(platform));
                let extras = extras.cloned().unwrap_or_default();
                let on = resolved.without_extras.entry(name).or_default();
                on.insert(*platform, extras);
            }
        }
        resolved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_build::package_set::{BuildSystemTable, PackageSet};
    use crate::python_lock::{Environment, Libc};
    use crate::target::Platform;

    fn resolve(requires: &[&str]) -> LocalRequirements {
        let environments = Platform::DEFAULT.map(|platform| Environment {
            platform,
            libc: Libc::Glibc,
            python_minor: 13,
            is_free_threaded: false,
        });
        let sets = PackageSet::of_all(BuildSystemTable::built_in(), None, &environments);
        let requires: Vec<_> = requires.iter().map(|&text| text.to_owned()).collect();
        LocalRequirements::resolve(&requires, &sets)
    }

    fn names(system: &BuildSystem) -> Vec<&str> {
        system.keys().map(PythonName::as_str).collect()
    }

    #[test]
    fn extras_that_the_set_lacks_are_found_by_normalized_name() {
        let found = resolve(&["Setuptools>=64", "setuptools_scm[toml]>=8"]);
        assert_eq!(names(&found.system), ["setuptools", "setuptools-scm"]);
        assert_eq!(names(&found.without_extras), ["setuptools-scm"]);
        let on = &found.without_extras[&PythonName::new("setuptools-scm")];
        assert!(on.len() == 3 && on.values().all(BTreeSet::is_empty));
        assert!(found.missing.is_empty());
    }

    #[test]
    fn extras_that_the_set_has_are_kept() {
        let found = resolve(&["setuptools-scm[toml]", "setuptools-scm[rich]"]);
        let on = &found.without_extras[&PythonName::new("setuptools-scm")];
        let extras: BTreeSet<_> = on.values().flatten().map(String::as_str).collect();
        assert_eq!(extras, ["rich"].into());
        assert!(resolve(&["setuptools-scm[rich]"]).without_extras.is_empty());
    }

    #[test]
    fn only_platforms_whose_markers_hold_count() {
        let found = resolve(&[
            "setuptools-scm[toml]; sys_platform == 'darwin'",
            "nowhere; sys_platform == 'win32'",
            "not valid",
        ]);
        let on = &found.without_extras[&PythonName::new("setuptools-scm")];
        let on: Vec<_> = on.keys().copied().collect();
        assert_eq!(on, [Platform::Aarch64Darwin]);
        assert!(found.missing.is_empty());
    }

    #[test]
    fn names_that_the_set_lacks_are_missing() {
        let found = resolve(&["setuptools", "acme-backend"]);
        assert_eq!(found.missing, [PythonName::new("acme-backend")].into());
        assert_eq!(names(&found.system), ["setuptools"]);
    }
}
