//! The known consequences of a package set that is newer than a source
//! expects. The set has one version of each build system, so the bounds in
//! `build-system.requires` have no effect.

use pep440_rs::Version;

use super::consequence::{Consequence, Likelihood, Mend};
use super::facts::{BuildFacts, ImportedModule};
use super::import_names::{ImportNames, Provider};
use super::mend::{complete_project, generate_setup_file};
use super::package_set::{PackageSet, PackageSets};
use super::requirement::{BuildRequirement, Place};
use super::resolve::{Resolved, holds};
use super::rules::{BoundRow, Rules, When};
use crate::project::PythonName;

/// The source to judge, and the sets that it is built with.
#[derive(Debug, Clone, Copy)]
pub struct JudgeRequest<'a> {
    /// The name of the package.
    pub name: &'a PythonName,
    /// The version of the package, if it is known.
    pub version: Option<&'a Version>,
    /// What is known about the build of its source.
    pub facts: &'a BuildFacts,
    /// The resolved build system.
    pub resolved: &'a Resolved,
    /// The package sets, by platform.
    pub sets: &'a PackageSets,
}

/// Returns the known problems of building a source with the sets.
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
        let found = self.when.find(request, set, &self.system)?;
        let likelihood = if found.is_doubtful {
            self.likelihood.min(Likelihood::Possible)
        } else {
            self.likelihood
        };
        Some(Consequence {
            system: self.system.clone(),
            version: version.cloned(),
            symptom: self.symptom.clone(),
            likelihood,
            mend: self.mend(request, found.requirement),
            place: found.place,
            evidence: self.evidence.clone(),
        })
    }

    fn mend(
        &self,
        request: JudgeRequest<'_>,
        requirement: Option<&BuildRequirement>,
    ) -> Option<Mend> {
        if let (When::BuildFunction, Some(place)) = (&self.when, &request.facts.build_function) {
            let script = place.file.file_name().unwrap_or_default();
            return Some(Mend::PostPatch(generate_setup_file(script)));
        }
        if self.mend.is_some() {
            return self.mend.clone();
        }
        requirement.map(|requirement| Mend::Pin(requirement.without_marker()))
    }
}

/// The part of a source that fulfils a condition.
#[derive(Default)]
struct Trigger<'a> {
    place: Option<Place>,
    requirement: Option<&'a BuildRequirement>,
    /// Whether the build may or may not execute it.
    is_doubtful: bool,
}

impl Trigger<'_> {
    fn at(place: &Place) -> Self {
        Self {
            place: Some(place.clone()),
            ..Self::default()
        }
    }
}

impl When {
    /// Finds the part of the source that fulfils the condition.
    fn find<'a>(
        &self,
        request: JudgeRequest<'a>,
        set: &PackageSet,
        system: &PythonName,
    ) -> Option<Trigger<'a>> {
        let facts = request.facts;
        let excludes = |first: Option<&Version>| {
            let version = set.get(system)?.version.as_ref()?;
            let requirement = facts.requirements.iter().find(|requirement| {
                requirement.name() == *system
                    && holds(requirement, set)
                    && requirement.is_exceeded(version)
                    && first.is_none_or(|first| requirement.is_exceeded(first))
            })?;
            Some(Trigger {
                requirement: Some(requirement),
                ..Trigger::default()
            })
        };
        match self {
            Self::Excluded => excludes(None),
            Self::Excludes(first) => excludes(Some(first)),
            Self::Keyword(name) => {
                let mut keywords = facts.keywords.iter();
                let found = keywords.find(|keyword| keyword.name == *name)?;
                Some(Trigger::at(&found.place))
            }
            Self::Import(module) => {
                let is_it = |import: &&ImportedModule| {
                    let rest = import.module.strip_prefix(module.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                let certain = facts.imports.iter().find(is_it);
                let doubtful = || facts.doubtful.iter().find(is_it);
                Some(Trigger {
                    is_doubtful: certain.is_none(),
                    ..Trigger::at(&certain.or_else(doubtful)?.place)
                })
            }
            Self::Backend(backend) => {
                let module = facts.backend.split(':').next().unwrap_or_default();
                let is_it = module == backend && facts.backend_path.is_empty();
                is_it.then(Trigger::default)
            }
            Self::BuildFunction => Some(Trigger::at(facts.build_function.as_ref()?)),
            Self::Package { name, versions } => {
                let is_version = request.version.is_some_and(|own| versions.contains(own));
                let is_asked = request.resolved.system.contains_key(system);
                (name == request.name && is_version && is_asked).then(Trigger::default)
            }
        }
    }
}

impl JudgeRequest<'_> {
    /// Finds imports of modules that were removed from the standard library.
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
                symptom: format!("the standard library has no module `{}`", import.module),
                likelihood: Likelihood::Certain,
                place: Some(import.place.clone()),
                mend: Some(Mend::Manual(
                    "use a newer version of the package, or an older Python".to_owned(),
                )),
                evidence: "the release notes of CPython".to_owned(),
            })
            .collect()
    }

    /// Finds build systems of the set that are older than required. These come
    /// from the user's lock.
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
                holds(requirement, set)
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

    /// Returns the problem of a `[project]` table that uv refuses and a patch
    /// completes.
    fn incomplete_project(self) -> Option<Consequence> {
        let facts = self.facts;
        if facts.lacking.is_empty() || !facts.can_complete_project() {
            return None;
        }
        let lines = complete_project(self.name, &facts.lacking, facts.has_dynamic);
        Some(Consequence {
            system: PythonName::new("uv"),
            version: None,
            symptom: format!(
                "uv rejects a `[project]` table without {}",
                facts.lacking.join(", ")
            ),
            likelihood: Likelihood::Certain,
            place: None,
            mend: Some(Mend::PostPatch(lines)),
            evidence: "PEP 621: `name` is static, `version` static or in `dynamic`".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::project::SourceFiles;
    use crate::python_build::package_set::{BuildSystemTable, UserLock};
    use crate::python_build::resolve::{ResolveRequest, resolve};
    use crate::python_lock::{Environment, Libc, Preference, UvSettings};
    use crate::target::Platform;

    struct Case<'a> {
        name: &'a str,
        version: &'a str,
        python_minor: u8,
        lock: Option<&'a str>,
    }

    const CASE: Case<'_> = Case {
        name: "own",
        version: "1.0",
        python_minor: 13,
        lock: None,
    };

    fn judged_as(case: &Case<'_>, files: &[(&str, &str)]) -> Vec<Consequence> {
        let mut source = SourceFiles::new("own");
        for (path, text) in files {
            source.insert(*path, Some(text.as_bytes().to_vec()));
        }
        let name = PythonName::new(case.name);
        let root = Utf8Path::new(".");
        let facts = BuildFacts::read(&source, root, &name, case.python_minor).unwrap();
        let environment = Environment {
            platform: Platform::X86_64Linux,
            libc: Libc::Glibc,
            python_minor: case.python_minor,
            is_free_threaded: false,
        };
        let python_lock = case
            .lock
            .map(|lock| crate::python_lock::parse("uv.lock", lock).unwrap());
        let settings = UvSettings::default();
        let lock = python_lock.as_ref().map(|python_lock| UserLock {
            python_lock,
            settings: &settings,
            preference: Preference::Wheel,
        });
        let set = PackageSet::of(BuildSystemTable::built_in(), lock, environment);
        let sets = [(environment.platform, set)].into();
        let resolved = resolve(ResolveRequest {
            name: &name,
            requirements: &facts.requirements,
            sets: &sets,
            settings: None,
        });
        judge(JudgeRequest {
            name: &name,
            version: case.version.parse().ok().as_ref(),
            facts: &facts,
            resolved: &resolved,
            sets: &sets,
        })
    }

    fn judged(files: &[(&str, &str)]) -> Vec<Consequence> {
        judged_as(&CASE, files)
    }

    /// The symptoms, each with the package of the set.
    fn symptoms(found: &[Consequence]) -> Vec<String> {
        let found = found.iter();
        found
            .map(|c| format!("{}: {}", c.system, c.symptom))
            .collect()
    }

    fn setup(text: &str) -> Vec<Consequence> {
        judged(&[(
            "setup.py",
            &format!("from setuptools import setup\n{text}\n"),
        )])
    }

    fn requires(text: &str) -> Vec<Consequence> {
        let pyproject = format!(
            "[build-system]\nrequires = [{text}]\nbuild-backend = 'setuptools.build_meta'\n"
        );
        judged(&[("pyproject.toml", &pyproject)])
    }

    #[test]
    fn a_source_that_the_set_fits_has_no_consequences() {
        assert_eq!(requires("'setuptools>=61', 'wheel'"), []);
    }

    #[test]
    fn pkg_resources_is_gone() {
        let found = setup("import pkg_resources\nsetup()");
        assert_eq!(symptoms(&found), ["setuptools: no module `pkg_resources`"]);
        assert_eq!(found[0].mend, Some(Mend::Pin("setuptools<82".to_owned())));
        assert_eq!(found[0].likelihood, Likelihood::Certain);
        assert_eq!(found[0].place.as_ref().unwrap().to_string(), "setup.py:2");
    }

    #[test]
    fn a_guarded_import_has_no_consequence() {
        let text = "try:\n  import pkg_resources\nexcept ImportError:\n  pass\nsetup()";
        assert_eq!(setup(text), []);
    }

    #[test]
    fn an_import_in_a_build_command_is_possible() {
        let found = setup(
            "from setuptools.command.build_ext import build_ext\nclass build(build_ext):\n  def run(self):\n    import pkg_resources\nsetup()",
        );
        assert_eq!(found[0].likelihood, Likelihood::Possible);
    }

    #[test]
    fn a_set_with_an_old_setuptools_has_pkg_resources() {
        let lock = "version = 1\n[[package]]\nname = 'app'\nversion = '1'\nsource = { virtual = '.' }\ndependencies = [{ name = 'setuptools' }]\n\
                    [[package]]\nname = 'setuptools'\nversion = '81.0.0'\nsource = { registry = 'https://example.org/simple' }\n\
                    wheels = [{ url = 'https://example.org/setuptools-81.0.0-py3-none-any.whl' }]\n";
        let case = Case {
            lock: Some(lock),
            ..CASE
        };
        let script = "from setuptools import setup\nimport pkg_resources\nsetup()\n";
        assert_eq!(judged_as(&case, &[("setup.py", script)]), []);
    }

    #[test]
    fn use_2to3_stops_setuptools() {
        let found = setup("extra = {}\nextra.update(use_2to3=True)\nsetup(**extra)");
        assert_eq!(
            symptoms(&found),
            ["setuptools: the build stops with `use_2to3 is invalid`"]
        );
        assert!(matches!(found[0].mend, Some(Mend::Manual(_))));
    }

    #[test]
    fn numpy_distutils_depends_on_python() {
        let script =
            "from setuptools import setup\nfrom numpy.distutils.core import Extension\nsetup()\n";
        let on = |python_minor| {
            let case = Case {
                python_minor,
                ..CASE
            };
            let found = judged_as(&case, &[("setup.py", script)]);
            found
                .into_iter()
                .filter(|c| c.system.as_str() == "numpy")
                .collect::<Vec<_>>()
        };
        assert!(matches!(on(13)[0].mend, Some(Mend::Manual(_))));
        // The set's NumPy 2.4 still has it there.
        assert_eq!(on(11), []);
    }

    #[test]
    fn bounds_of_another_major_version_are_judged() {
        let found = requires("'setuptools', 'Cython<3', 'numpy<2'");
        assert_eq!(
            found
                .iter()
                .map(|c| (c.system.as_str(), c.likelihood))
                .collect::<Vec<_>>(),
            [
                ("cython", Likelihood::Possible),
                ("numpy", Likelihood::Possible)
            ]
        );
        assert_eq!(found[0].mend, Some(Mend::Pin("cython<3".to_owned())));
        // They allow the first version with the symptom.
        assert_eq!(requires("'setuptools', 'Cython<3.1', 'numpy>=2,<2.3'"), []);
    }

    #[test]
    fn a_marker_that_does_not_hold_has_no_consequence() {
        assert_eq!(
            requires("'setuptools', \"numpy<2; python_version < '3.9'\""),
            []
        );
    }

    #[test]
    fn an_older_set_is_not_a_newer_one() {
        let found = requires("'setuptools>=99'");
        assert_eq!(
            symptoms(&found),
            ["setuptools: setuptools 84.0.0 is older than `setuptools>=99`"]
        );
        assert_eq!(found[0].mend, Some(Mend::Pin("setuptools>=99".to_owned())));
    }

    #[test]
    fn pyyaml_6_0_1_stops_with_cython_3() {
        let pyproject = "[build-system]\nrequires = ['setuptools', 'wheel', 'Cython']\nbuild-backend = 'setuptools.build_meta'\n";
        let of = |version| {
            let case = Case {
                name: "pyyaml",
                version,
                ..CASE
            };
            symptoms(&judged_as(&case, &[("pyproject.toml", pyproject)]))
        };
        assert_eq!(
            of("5.4.1"),
            ["cython: the build stops with `AttributeError: cython_sources`"]
        );
        assert_eq!(of("6.0.2"), Vec::<String>::new());
    }

    #[test]
    fn sources_that_look_outside_of_nix_are_patched() {
        let of = |name, version| {
            let case = Case {
                name,
                version,
                ..CASE
            };
            let found = judged_as(
                &case,
                &[("setup.py", "from setuptools import setup\nsetup()\n")],
            );
            found.into_iter().find_map(|found| match found.mend {
                Some(Mend::PostPatch(lines)) => Some(lines.join("\n")),
                _ => None,
            })
        };
        let headers = "sed -i \"s|/usr/include/linux|$C_INCLUDE_PATH/linux|\" setup.py";
        assert_eq!(of("evdev", "1.6.1").as_deref(), Some(headers));
        assert_eq!(of("evdev", "1.7.0"), None);
        let libraries =
            "printf '[libs]\\nsystem_freetype = true\\nsystem_qhull = true\\n' > mplsetup.cfg";
        assert_eq!(of("matplotlib", "3.8.4").as_deref(), Some(libraries));
        assert_eq!(of("matplotlib", "3.9.0"), None);
    }

    #[test]
    fn the_backend_of_poetry_itself_is_replaced() {
        let pyproject =
            "[build-system]\nrequires = ['poetry>=0.12']\nbuild-backend = 'poetry.masonry.api'\n";
        let found = judged(&[("pyproject.toml", pyproject)]);
        assert_eq!(found[0].system.as_str(), "poetry-core");
        let line = "sed -i 's/poetry\\.masonry\\.api/poetry.core.masonry.api/' pyproject.toml";
        assert_eq!(found[0].mend, Some(Mend::PostPatch(vec![line.to_owned()])));
    }

    #[test]
    fn the_backend_of_flit_itself_is_replaced() {
        let pyproject = "[build-system]\nrequires = ['flit']\nbuild-backend = 'flit.buildapi'\n";
        let found = judged(&[("pyproject.toml", pyproject)]);
        assert_eq!(found[0].system.as_str(), "flit-core");
        assert!(matches!(&found[0].mend, Some(Mend::PostPatch(lines)) if lines.len() == 1));
    }

    #[test]
    fn a_build_function_needs_a_setup_file() {
        let pyproject = "[tool.poetry]\nname = 'own'\nversion = '1'\nbuild = 'build.py'\n[build-system]\nrequires = ['poetry-core>=1.0']\nbuild-backend = 'poetry.core.masonry.api'\n";
        let script = "def build(setup_kwargs):\n  setup_kwargs.update({})\n";
        let found = judged(&[("pyproject.toml", pyproject), ("build.py", script)]);
        assert_eq!(found[0].system.as_str(), "poetry-core");
        let Some(Mend::PostPatch(lines)) = &found[0].mend else {
            panic!("{found:?}");
        };
        assert!(lines[0].contains("generate-setup-file = true"), "{lines:?}");
    }

    #[test]
    fn modules_that_left_the_standard_library_are_reported() {
        let found = setup("import imp\nsetup()");
        assert_eq!(
            symptoms(&found),
            ["python: the standard library has no module `imp`"]
        );
        let case = Case {
            python_minor: 11,
            ..CASE
        };
        let script = "from setuptools import setup\nimport imp\nsetup()\n";
        assert_eq!(judged_as(&case, &[("setup.py", script)]), []);
    }

    #[test]
    fn a_project_table_without_version_is_completed() {
        let mend = |text: &str, more: &[(&str, &str)]| {
            let files = [&[("pyproject.toml", text)], more].concat();
            let found = judged(&files);
            assert_eq!(found[0].system.as_str(), "uv");
            found[0].mend.clone().unwrap()
        };
        let maturin = "[build-system]\nrequires = ['maturin']\nbuild-backend = 'maturin'\n[project]\nname = 'own'\n";
        let line = "sed -i '/^\\[project\\]/a dynamic = [\"version\"]' pyproject.toml";
        assert_eq!(mend(maturin, &[]), Mend::PostPatch(vec![line.to_owned()]));
        let dynamic = format!("{maturin}dynamic = ['readme']\n");
        let Mend::PostPatch(lines) = mend(&dynamic, &[]) else {
            panic!()
        };
        assert!(
            lines[0].contains("s/^dynamic *= *\\[/&\"version\", /"),
            "{lines:?}"
        );
        let setuptools = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n[project]\nname = 'own'\n";
        // Nothing knows the version, so that no patch completes the table.
        assert_eq!(judged(&[("pyproject.toml", setuptools)]), []);
        let script = [(
            "setup.py",
            "from setuptools import setup\nsetup(version='1')\n",
        )];
        assert!(matches!(mend(setuptools, &script), Mend::PostPatch(_)));
    }
}
