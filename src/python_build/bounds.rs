//! The known consequences of a package set that is newer than a source
//! expects. The set has one version of each build system, so bounds in
//! `build-system.requires` bind nobody.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pep440_rs::{Operator, Version, VersionSpecifiers};
use pep508_rs::VersionOrUrl;
use serde::Deserialize;

use super::facts::BuildFacts;
use super::import_names::{ImportNames, Provider};
use super::mend::{Mend, complete_project, generate_setup_file};
use super::package_set::{PackageSet, PackageSets};
use super::requirement::{BuildRequirement, Place};
use super::resolve::Resolved;
use crate::project::PythonName;

const TABLE: &str = include_str!("../../data/build-bounds.toml");

/// The table `data/build-bounds.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    bound: Vec<BoundRow>,
    replacement: Vec<ReplacementRow>,
    unneeded: Vec<UnneededRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BoundRow {
    system: PythonName,
    too_new: Option<VersionSpecifiers>,
    python: Option<VersionSpecifiers>,
    when: When,
    symptom: String,
    likelihood: Likelihood,
    pin: Option<String>,
    post_patch: Option<Vec<String>>,
    manual: Option<String>,
    evidence: String,
}

/// What a source has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct When {
    excluded: Option<Version>,
    #[serde(default)]
    excluded_any: bool,
    keyword: Option<String>,
    import: Option<String>,
    backend: Option<String>,
    #[serde(default)]
    build_function: bool,
    package: Option<PythonName>,
    versions: Option<VersionSpecifiers>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplacementRow {
    name: PythonName,
    with: PythonName,
    #[expect(dead_code, reason = "it is there for readers of the table")]
    evidence: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnneededRow {
    names: BTreeSet<PythonName>,
    #[expect(dead_code, reason = "it is there for readers of the table")]
    why: String,
}

/// How likely a symptom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// The build works nearly always.
    Unlikely,
    /// It depends on the source's code.
    Possible,
    /// It fails nearly always.
    Likely,
    /// It always comes.
    Certain,
}

/// What goes wrong with the package set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The package of the set, or `python`.
    pub system: PythonName,
    /// Its version there.
    pub version: Option<Version>,
    /// What happens.
    pub symptom: String,
    /// How likely it is.
    pub likelihood: Likelihood,
    /// What in the source brings it.
    pub place: Option<Place>,
    /// What can be done.
    pub mend: Option<Mend>,
    /// Where it can be checked.
    pub evidence: String,
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct JudgeRequest<'a> {
    /// The package.
    pub name: &'a PythonName,
    /// Its version, if it is known.
    pub version: Option<&'a Version>,
    /// What its source says.
    pub facts: &'a BuildFacts,
    /// Its build system.
    pub resolved: &'a Resolved,
    /// The sets of the platforms.
    pub sets: &'a PackageSets,
}

impl Rules {
    /// The table that the program comes with.
    ///
    /// # Panics
    /// Never: a test reads the table too.
    pub(super) fn built_in() -> &'static Self {
        static TABLE_READ: LazyLock<Rules> =
            LazyLock::new(|| toml::from_str(TABLE).expect("the table is checked by a test"));
        &TABLE_READ
    }

    /// The package that stands in for another.
    pub(super) fn replacement(&self, name: &PythonName) -> Option<&PythonName> {
        let row = self.replacement.iter().find(|row| row.name == *name)?;
        Some(&row.with)
    }

    /// Whether wheels are built without a package.
    pub(super) fn is_unneeded(&self, name: &PythonName) -> bool {
        self.unneeded.iter().any(|row| row.names.contains(name))
    }
}

/// What goes wrong when a source is built with the sets: nothing that is
/// known, where the list is empty.
#[must_use]
pub fn judge(request: JudgeRequest<'_>) -> Vec<Consequence> {
    let mut found = Vec::new();
    for set in request.sets.values() {
        let rows = Rules::built_in().bound.iter();
        let consequences = rows.filter_map(|row| row.judge(request, set));
        for consequence in consequences.chain(request.removed_modules(set)) {
            if !found.contains(&consequence) {
                found.push(consequence);
            }
        }
    }
    found.extend(request.too_old());
    found.extend(request.incomplete_project());
    found
}

impl BoundRow {
    fn judge(&self, request: JudgeRequest<'_>, set: &PackageSet) -> Option<Consequence> {
        let package = set.get(&self.system)?;
        let version = package.version.as_ref();
        let bounds = self.too_new.as_ref();
        let is_too_new = bounds.is_none_or(|bounds| version.is_some_and(|v| bounds.contains(v)));
        let python = Version::new([3, u64::from(set.environment.python_minor)]);
        let is_python = self.python.as_ref().is_none_or(|p| p.contains(&python));
        if !is_too_new || !is_python {
            return None;
        }
        let (place, requirement) = self.when.find(request, set, &self.system)?;
        Some(Consequence {
            system: self.system.clone(),
            version: version.cloned(),
            symptom: self.symptom.clone(),
            likelihood: self.likelihood,
            place,
            mend: self.mend(request, requirement),
            evidence: self.evidence.clone(),
        })
    }

    fn mend(
        &self,
        request: JudgeRequest<'_>,
        requirement: Option<&BuildRequirement>,
    ) -> Option<Mend> {
        if let (true, Some(place)) = (self.when.build_function, &request.facts.build_function) {
            let script = place.file.file_name().unwrap_or_default();
            return Some(Mend::PostPatch(generate_setup_file(script)));
        }
        if let Some(lines) = &self.post_patch {
            return Some(Mend::PostPatch(lines.clone()));
        }
        if let Some(pin) = &self.pin {
            return Some(Mend::Pin(pin.clone()));
        }
        if let Some(manual) = &self.manual {
            return Some(Mend::Manual(manual.clone()));
        }
        requirement.map(|requirement| Mend::Pin(requirement.without_marker()))
    }
}

impl When {
    /// What in the source fulfils it: a place, or a requirement.
    fn find<'a>(
        &self,
        request: JudgeRequest<'a>,
        set: &PackageSet,
        system: &PythonName,
    ) -> Option<(Option<Place>, Option<&'a BuildRequirement>)> {
        let facts = request.facts;
        if self.excluded_any || self.excluded.is_some() {
            let version = set.get(system)?.version.as_ref()?;
            let mut requirements = facts.requirements.iter();
            let found = requirements.find(|requirement| {
                let first = self.excluded.as_ref();
                requirement.name() == *system
                    && requirement.holds(set)
                    && requirement.is_exceeded(version)
                    && first.is_none_or(|first| requirement.is_exceeded(first))
            })?;
            return Some((None, Some(found)));
        }
        if let Some(name) = &self.keyword {
            let found = facts
                .keywords
                .iter()
                .find(|keyword| keyword.name == *name)?;
            return Some((Some(found.place.clone()), None));
        }
        if let Some(module) = &self.import {
            let found = facts.imports.iter().find(|import| {
                let rest = import.module.strip_prefix(module.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })?;
            return Some((Some(found.place.clone()), None));
        }
        if let Some(backend) = &self.backend {
            let module = facts.backend.split(':').next().unwrap_or_default();
            let is_it = module == backend && facts.backend_path.is_empty();
            return is_it.then_some((None, None));
        }
        if self.build_function {
            let place = facts.build_function.clone()?;
            return Some((Some(place), None));
        }
        let package = self.package.as_ref()?;
        let versions = self.versions.as_ref();
        let is_version =
            versions.is_none_or(|v| request.version.is_some_and(|own| v.contains(own)));
        let is_asked = request.resolved.system.contains_key(system);
        (package == request.name && is_version && is_asked).then_some((None, None))
    }
}

impl JudgeRequest<'_> {
    /// Imports of what the standard library of the set's Python hasn't.
    fn removed_modules(self, set: &PackageSet) -> Vec<Consequence> {
        let minor = set.environment.python_minor;
        let imports = self.facts.imports.iter();
        let removed = imports.filter(|import| {
            ImportNames::built_in().provider(&import.module, minor) == Provider::Removed
        });
        removed
            .map(|import| Consequence {
                system: PythonName::new("python"),
                version: Some(Version::new([3, u64::from(minor)])),
                symptom: format!("no module `{}` in the standard library", import.module),
                likelihood: Likelihood::Certain,
                place: Some(import.place.clone()),
                mend: Some(Mend::Manual(
                    "take a newer version of the package, or an older Python".to_owned(),
                )),
                evidence: "the release notes of CPython".to_owned(),
            })
            .collect()
    }

    /// What the set has in an older version than is required, as a lock with
    /// an old build system has it.
    fn too_old(self) -> Vec<Consequence> {
        let mut found = Vec::new();
        for (set, requirement) in self
            .sets
            .values()
            .flat_map(|set| self.facts.requirements.iter().map(move |r| (set, r)))
        {
            let name = requirement.name();
            let version = set.get(&name).and_then(|package| package.version.as_ref());
            let Some(version) = version.filter(|version| {
                requirement.holds(set)
                    && requirement.excludes(version)
                    && !requirement.is_exceeded(version)
            }) else {
                continue;
            };
            let consequence = Consequence {
                symptom: format!(
                    "{name} {version} is older than `{}`",
                    requirement.without_marker()
                ),
                system: name,
                version: Some(version.clone()),
                likelihood: Likelihood::Likely,
                place: None,
                mend: Some(Mend::Pin(requirement.without_marker())),
                evidence: requirement.origin.to_string(),
            };
            if !found.contains(&consequence) {
                found.push(consequence);
            }
        }
        found
    }

    /// A `[project]` table that uv refuses.
    fn incomplete_project(self) -> Option<Consequence> {
        let facts = self.facts;
        if facts.lacking.is_empty() {
            return None;
        }
        let lacks_version = facts.lacking.contains(&"project.version");
        let mend = if lacks_version && !facts.knows_version {
            Mend::Manual("add the version to the `[project]` table".to_owned())
        } else {
            let lines = complete_project(self.name, &facts.lacking, facts.has_dynamic);
            Mend::PostPatch(lines)
        };
        Some(Consequence {
            system: PythonName::new("uv"),
            version: None,
            symptom: format!(
                "uv refuses a `[project]` table without {}",
                facts.lacking.join(", ")
            ),
            likelihood: Likelihood::Certain,
            place: None,
            mend: Some(mend),
            evidence: "PEP 621: `name` is static, `version` static or in `dynamic`".to_owned(),
        })
    }
}

impl BuildRequirement {
    /// Whether a version is newer than the bounds allow.
    fn is_exceeded(&self, version: &Version) -> bool {
        let Some(VersionOrUrl::VersionSpecifier(bounds)) = &self.requirement.version_or_url else {
            return false;
        };
        let is_too_old = bounds.iter().any(|bound| {
            let is_lower = !matches!(
                bound.operator(),
                Operator::LessThan
                    | Operator::LessThanEqual
                    | Operator::NotEqual
                    | Operator::NotEqualStar
            );
            is_lower && version < bound.version()
        });
        !bounds.contains(version) && !is_too_old
    }

    /// The requirement without its marker.
    fn without_marker(&self) -> String {
        let mut requirement = self.requirement.clone();
        requirement.marker = pep508_rs::MarkerTree::default();
        requirement.to_string()
    }
}
