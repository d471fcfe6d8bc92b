//! What a source says of its build requirements.

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

/// A module from outside of the source that a build script imports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImportedModule {
    /// The module.
    pub module: String,
    /// The import.
    pub place: Place,
}

/// An argument of `setup` that has a true value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SetupKeyword {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// What a source says of its build.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BuildFacts {
    /// `build-backend`, or PEP 517's default.
    pub backend: String,
    /// `backend-path`: the source has the backend itself.
    pub backend_path: Vec<String>,
    /// The build requirements in the order in which they were found; one
    /// package may be asked for several times.
    pub requirements: Vec<BuildRequirement>,
    /// The modules that build scripts go on without.
    pub optional: Vec<ImportedModule>,
    /// The modules that build scripts don't go on without.
    pub imports: Vec<ImportedModule>,
    /// The modules of which the text doesn't tell whether the build imports
    /// them.
    pub doubtful: Vec<ImportedModule>,
    /// The arguments of `setup` that have a true value.
    pub keywords: Vec<SetupKeyword>,
    /// A function `build` of poetry-core's build script that is called only
    /// with `generate-setup-file`, which isn't set.
    pub build_function: Option<Place>,
    /// Whether setuptools builds it.
    pub runs_setup_py: bool,
    /// The files of Python that the build executes, relative to the source
    /// root.
    #[serde(default)]
    pub scripts: Vec<Utf8PathBuf>,
    /// Whether the backend knows a version that `[project]` doesn't have.
    pub knows_version: bool,
    /// The fields that the `[project]` table lacks and PEP 621 requires.
    pub lacking: Vec<String>,
    /// Whether the `[project]` table has a `dynamic` list.
    pub has_dynamic: bool,
    /// What the text doesn't tell.
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

    /// Adds what scripts need on both platforms, or with a marker what they
    /// need on one of them.
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

    /// Notes imports of which the text doesn't tell whether the build needs
    /// them, unless something else requires the distribution.
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
                Certainty::Conditional => "under a condition that isn't known",
                Certainty::Deferred => "in a build command",
            };
            self.doubtful.push(import.imported());
            let distribution = import.distribution.as_ref();
            if distribution.is_some_and(|name| !required.contains(name)) {
                let module = &import.module;
                let what = format!("an import of `{module}` {when}, which nothing requires");
                list.note(import.place.clone(), what);
            }
        }
    }

    /// Removes what is there twice: what is found on several platforms.
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

/// Adds `[build-system].requires`, or what PEP 517 has in its place.
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

/// Adds the backend itself where `requires` lacks it. Frontends install
/// nothing else, but those that find it installed anyway build with it.
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

/// What scripts ask for on some platforms, by text and by whether it is
/// doubtful.
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

    /// Adds an import; of several of one distribution the first counts.
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
