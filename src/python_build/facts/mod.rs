//! Reads the build requirements of a source.

mod backend;
mod context;
mod hooks;
mod list;
mod scripts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use pep508_rs::MarkerTree;
use serde::{Deserialize, Serialize};

use super::import_names::{ImportNames, Provider};
use super::requirement::{BuildRequirement, Origin, Place, Unread};
use crate::project::{ProjectError, Pyproject, PythonName, SourceFiles};
use crate::python::{self, Certainty};
use backend::Backend;
use context::Context;
use hooks::Hooks;
use list::RequirementList;
use scripts::{ExternalImport, ScriptContext, ScriptFindings};

/// A module that a build script imports and the source doesn't contain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImportedModule {
    /// The module's dotted name.
    pub module: String,
    /// Where the import statement is.
    pub place: Place,
}

/// A keyword argument of `setup` whose value is true.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SetupKeyword {
    /// The keyword.
    pub name: String,
    /// Where the call is.
    pub place: Place,
}

/// What is known about the build of a source.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BuildFacts {
    /// `build-backend`, or PEP 517's default.
    pub backend: String,
    /// `backend-path`. Empty unless the source contains its own backend.
    pub backend_path: Vec<String>,
    /// The build requirements in the order in which they were found. A package
    /// may occur several times.
    pub requirements: Vec<BuildRequirement>,
    /// The modules whose import may fail without stopping the build.
    pub optional: Vec<ImportedModule>,
    /// The modules that the build needs.
    pub imports: Vec<ImportedModule>,
    /// The modules that the build may or may not import.
    pub doubtful: Vec<ImportedModule>,
    /// The keyword arguments of `setup` whose values are true.
    pub keywords: Vec<SetupKeyword>,
    /// The function `build` of poetry-core's build script, if nothing calls it:
    /// poetry-core only does with `generate-setup-file`.
    pub build_function: Option<Place>,
    /// Whether the backend runs `setup.py`, as setuptools does.
    pub runs_setup_py: bool,
    /// The Python files that the build executes, relative to the source
    /// root.
    #[serde(default)]
    pub scripts: Vec<Utf8PathBuf>,
    /// Whether the backend finds a version outside of the `[project]` table.
    pub knows_version: bool,
    /// The fields that PEP 621 requires and the `[project]` table lacks.
    pub lacking: Vec<String>,
    /// Whether the `[project]` table has a `dynamic` list.
    pub has_dynamic: bool,
    /// Code that may add build requirements but can't be evaluated.
    pub unread: Vec<Unread>,
}

impl BuildFacts {
    /// Reads the source of the package `name` whose `pyproject.toml` or
    /// `setup.py` is in the folder `root`, for `CPython` 3.`python_minor`.
    ///
    /// # Errors
    /// Fails if there is neither file, or a file can't be read.
    pub fn read(
        files: &SourceFiles,
        root: &Utf8Path,
        name: &PythonName,
        python_minor: u8,
    ) -> Result<Self, ProjectError> {
        let pyproject = Pyproject::read(files, root)?;
        let context = Context {
            files,
            root,
            name,
            python_minor,
            pyproject: &pyproject,
        };
        let mut list = RequirementList::default();
        add_declared(context, &mut list);
        let backend = Backend::find(context, &mut list)?;
        let hooks = Hooks {
            context,
            list: &mut list,
        };
        hooks.add(&backend)?;
        let mut facts = Self {
            backend: pyproject.build_backend.clone(),
            backend_path: pyproject.backend_path.clone(),
            runs_setup_py: backend.kind.runs_setup_py(),
            knows_version: backend.knows_version(context),
            lacking: pyproject
                .missing_fields
                .iter()
                .map(ToString::to_string)
                .collect(),
            has_dynamic: pyproject.project.contains_key("dynamic"),
            ..Self::default()
        };
        let findings = read_scripts(context, &backend)?;
        facts.add_requirements_of_scripts(&findings, &mut list);
        facts.add_doubtful_imports(&findings, &mut list);
        for (found, _) in findings {
            let keywords = found.keywords.into_iter();
            facts
                .keywords
                .extend(keywords.map(|(name, place)| SetupKeyword { name, place }));
            if backend.calls_no_function(context) {
                facts.build_function = facts.build_function.take().or(found.build_function);
            }
            list.unread.extend(found.unread);
            facts.scripts.extend(found.scripts);
        }
        add_backend(context, &mut list);
        list.deduplicate();
        facts.deduplicate();
        facts.requirements = list.requirements;
        facts.unread = list.unread;
        Ok(facts)
    }

    /// Tells whether a patch can complete the `[project]` table: the backend has
    /// to know the version if the table lacks it.
    pub fn can_complete_project(&self) -> bool {
        let mut lacking = self.lacking.iter();
        self.knows_version || lacking.all(|field| field != "project.version")
    }

    /// Adds the requirements of scripts. Those that only one of the platforms
    /// has get a marker.
    fn add_requirements_of_scripts(
        &mut self,
        findings: &[(ScriptFindings, &'static str)],
        list: &mut RequirementList,
    ) {
        let mut asked = Asked::default();
        for (found, platform) in findings {
            for (text, place) in &found.setup_requires {
                let origin = Origin::SetupRequires(place.clone());
                asked.add(text, false, origin, place, platform);
            }
            for (text, place) in &found.doubtful_requires {
                let origin = Origin::SetupRequires(place.clone());
                asked.add(text, true, origin, place, platform);
            }
            for import in &found.imports {
                let is_certain = import.certainty == Certainty::Certain;
                if is_certain {
                    self.imports.push(import.imported());
                }
                if is_certain || import.certainty == Certainty::Deferred {
                    asked.add_import(import, !is_certain, platform);
                }
            }
        }
        for ((text, is_doubtful), on) in asked.0 {
            let Some(added) = list.add(&text, on.origin, &on.place) else {
                continue;
            };
            added.is_doubtful = is_doubtful;
            if let [platform] = on.platforms.into_iter().collect::<Vec<_>>()[..] {
                let marker = format!("sys_platform == '{platform}'").parse::<MarkerTree>();
                added.requirement.marker.and(marker.unwrap_or_default());
            }
        }
    }

    /// Notes imports that the build may or may not execute, unless something
    /// else requires the distribution.
    fn add_doubtful_imports(
        &mut self,
        findings: &[(ScriptFindings, &'static str)],
        list: &mut RequirementList,
    ) {
        let required: BTreeSet<_> = list
            .requirements
            .iter()
            .filter(|requirement| !requirement.is_doubtful)
            .map(BuildRequirement::name)
            .collect();
        for import in findings.iter().flat_map(|(found, _)| &found.imports) {
            let when = match import.certainty {
                Certainty::Certain => continue,
                Certainty::Guarded => {
                    self.optional.push(import.imported());
                    continue;
                }
                Certainty::Conditional => "under an unknown condition",
                Certainty::Deferred => "in a build command",
            };
            self.doubtful.push(import.imported());
            let distribution = import.distribution.as_ref();
            if distribution.is_some_and(|name| !required.contains(name)) {
                let module = &import.module;
                let what =
                    format!("an import of `{module}` {when}, which no build requirement provides");
                list.note(import.place.clone(), what);
            }
        }
    }

    /// Removes duplicates, which come from reading for several platforms.
    fn deduplicate(&mut self) {
        for modules in [&mut self.optional, &mut self.imports, &mut self.doubtful] {
            modules.sort();
            modules.dedup();
        }
        self.keywords.sort();
        self.keywords.dedup();
        self.scripts.sort();
        self.scripts.dedup();
    }
}

/// Adds `[build-system].requires`, or PEP 517's default if it is missing.
fn add_declared(context: Context<'_>, list: &mut RequirementList) {
    let place = context.pyproject_place();
    if context.pyproject.has_requires {
        for text in &context.pyproject.requires {
            list.add(text, Origin::BuildSystemRequires, &place);
        }
    } else {
        list.add("setuptools", Origin::LegacyDefault, &place);
    }
}

/// Adds the backend if `requires` doesn't list it. Such sources build only where
/// the backend happens to be installed.
fn add_backend(context: Context<'_>, list: &mut RequirementList) {
    if !context.pyproject.backend_path.is_empty() {
        return;
    }
    let module = context.backend_module().to_owned();
    let provider = ImportNames::built_in().provider(&module, context.python_minor);
    if let Provider::Distribution(name) = provider
        && *name != *context.name
        && !list.requires(name)
    {
        let origin = Origin::Backend { module };
        list.add(name.as_str(), origin, &context.pyproject_place());
    }
}

/// Reads the scripts that the backend runs, on Linux and on macOS.
fn read_scripts(
    context: Context<'_>,
    backend: &Backend,
) -> Result<[(ScriptFindings, &'static str); 2], ProjectError> {
    let scripts = backend.scripts(context);
    let modules = backend.imported_modules(context)?;
    let read = |platform| {
        let context = ScriptContext::new(context, platform);
        context.read(&scripts, &modules)
    };
    Ok([
        (read(python::Platform::LINUX)?, "linux"),
        (read(python::Platform::MACOS)?, "darwin"),
    ])
}

/// The requirements of scripts, by their text and whether they are doubtful.
#[derive(Default)]
struct Asked(BTreeMap<(String, bool), AskedOn>);

struct AskedOn {
    origin: Origin,
    place: Place,
    platforms: BTreeSet<&'static str>,
}

impl Asked {
    fn add(
        &mut self,
        text: &str,
        is_doubtful: bool,
        origin: Origin,
        place: &Place,
        platform: &'static str,
    ) {
        let key = (text.to_owned(), is_doubtful);
        let on = self.0.entry(key).or_insert_with(|| AskedOn {
            origin,
            place: place.clone(),
            platforms: BTreeSet::new(),
        });
        on.platforms.insert(platform);
    }

    /// Adds an import. Only the first import of a distribution is kept.
    fn add_import(&mut self, import: &ExternalImport, is_doubtful: bool, platform: &'static str) {
        if let Some(distribution) = &import.distribution {
            let origin = Origin::SetupImport {
                module: import.module.clone(),
                place: import.place.clone(),
                is_known: import.is_known,
            };
            self.add(
                distribution.as_str(),
                is_doubtful,
                origin,
                &import.place,
                platform,
            );
        }
    }
}

impl ExternalImport {
    fn imported(&self) -> ImportedModule {
        ImportedModule {
            module: self.module.clone(),
            place: self.place.clone(),
        }
    }
}
