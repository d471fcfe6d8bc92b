//! What a source says of its build requirements.

mod backend;
mod hooks;
mod scripts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use pep508_rs::MarkerTree;

use super::import_names::{ImportNames, Provider};
use super::requirement::{BuildRequirement, Condition, Origin, Place, Unread, read};
use crate::project::{ProjectError, Pyproject, PythonName, SourceFiles, join};
use crate::python::{self, Certainty};
use backend::Backend;
use scripts::{ExternalImport, ScriptContext, ScriptFindings};

/// A module from outside of the source that a build script imports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportedModule {
    /// The module.
    pub module: String,
    /// The import.
    pub place: Place,
}

/// An argument of `setup` that has a true value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetupKeyword {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// What a source says of its build.
#[derive(Debug, Clone, Default)]
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
    /// Whether the backend knows a version that `[project]` doesn't have.
    pub knows_version: bool,
    /// The fields that the `[project]` table lacks and PEP 621 requires.
    pub lacking: Vec<&'static str>,
    /// Whether the `[project]` table has a `dynamic` list.
    pub has_dynamic: bool,
    /// What the text doesn't tell.
    pub unread: Vec<Unread>,
}

/// The source that is read.
#[derive(Clone, Copy)]
struct Context<'a> {
    files: &'a SourceFiles,
    root: &'a Utf8Path,
    name: &'a PythonName,
    python_minor: u8,
    pyproject: &'a Pyproject,
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
        let mut facts = Self {
            backend: pyproject.build_backend.clone(),
            backend_path: pyproject.backend_path.clone(),
            lacking: pyproject.lacking.clone(),
            has_dynamic: pyproject.project.contains_key("dynamic"),
            ..Self::default()
        };
        facts.add_declared(context);
        let backend = Backend::find(context, &mut facts)?;
        facts.runs_setup_py = backend.kind.runs_setup_py();
        facts.knows_version = backend.knows_version(context);
        facts.add_hooks(context, &backend)?;
        facts.add_scripts(context, &backend)?;
        facts.add_backend(context);
        facts.deduplicate();
        Ok(facts)
    }

    /// The names that are required under any condition.
    fn required(&self) -> BTreeSet<PythonName> {
        self.requirements
            .iter()
            .map(BuildRequirement::name)
            .collect()
    }

    /// Adds a requirement, or notes that it isn't one.
    fn add(&mut self, text: &str, origin: Origin, place: &Place) {
        let requirement = read(text).or_else(|unread| {
            self.unread.push(Unread {
                place: place.clone(),
                what: unread.what,
            });
            unread.requirement.ok_or(())
        });
        if let Ok(requirement) = requirement {
            self.requirements.push(BuildRequirement {
                requirement,
                origin,
                condition: None,
                is_doubtful: false,
            });
        }
    }

    /// Adds what a backend's hook returns.
    fn add_hook(&mut self, context: Context<'_>, text: &str, what: impl Into<String>) {
        let origin = Origin::BackendHook { what: what.into() };
        self.add(text, origin, &context.pyproject_place());
    }

    fn add_declared(&mut self, context: Context<'_>) {
        let pyproject = context.pyproject;
        if pyproject.has_requires {
            let place = context.pyproject_place();
            for text in &pyproject.requires {
                self.add(text, Origin::BuildSystemRequires, &place);
            }
        } else {
            self.add(
                "setuptools",
                Origin::LegacyDefault,
                &context.pyproject_place(),
            );
        }
    }

    /// Adds what the scripts that the backend runs ask for.
    fn add_scripts(&mut self, context: Context<'_>, backend: &Backend) -> Result<(), ProjectError> {
        let scripts = backend.scripts(context);
        let modules = backend.imported_modules(context)?;
        let read = |platform| {
            let context = ScriptContext {
                files: context.files,
                root: context.root,
                own: context.name,
                python_minor: context.python_minor,
                platform,
            };
            context.read(&scripts, &modules)
        };
        let findings = [
            (read(python::Platform::LINUX)?, "linux"),
            (read(python::Platform::MACOS)?, "darwin"),
        ];
        self.add_requirements_of_scripts(&findings);
        self.add_doubtful_imports(&findings);
        for (found, _) in findings {
            let keywords = found.keywords.into_iter();
            self.keywords
                .extend(keywords.map(|(name, place)| SetupKeyword { name, place }));
            if backend.calls_no_function(context) {
                self.build_function = self.build_function.take().or(found.build_function);
            }
            self.unread.extend(found.unread);
        }
        Ok(())
    }

    /// Adds what scripts need on both platforms, or with a marker what they
    /// need on one of them.
    fn add_requirements_of_scripts(&mut self, findings: &[(ScriptFindings, &'static str)]) {
        let mut asked = Asked::default();
        for (found, platform) in findings {
            for (text, place) in &found.setup_requires {
                let origin = Origin::SetupRequires(place.clone());
                asked.add((text, false), origin, place, platform);
            }
            for (text, place) in &found.doubtful_requires {
                let origin = Origin::SetupRequires(place.clone());
                asked.add((text, true), origin, place, platform);
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
            self.add(&text, on.origin, &on.place);
            let Some(added) = self.requirements.last_mut() else {
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
    fn add_doubtful_imports(&mut self, findings: &[(ScriptFindings, &str)]) {
        let required: BTreeSet<_> = self
            .requirements
            .iter()
            .filter(|requirement| !requirement.is_doubtful)
            .map(BuildRequirement::name)
            .collect();
        for import in findings.iter().flat_map(|(found, _)| &found.imports) {
            let is_required = import
                .distribution
                .as_ref()
                .is_none_or(|name| required.contains(name));
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
            if !is_required {
                self.unread.push(Unread {
                    place: import.place.clone(),
                    what: format!(
                        "an import of `{}` {when}, which nothing requires",
                        import.module
                    ),
                });
            }
        }
    }

    /// Adds the backend itself where `requires` lacks it. Frontends install
    /// nothing else, but those that find it installed anyway build with it.
    fn add_backend(&mut self, context: Context<'_>) {
        if !self.backend_path.is_empty() {
            return;
        }
        let module = self
            .backend
            .split(':')
            .next()
            .unwrap_or_default()
            .to_owned();
        let provider = ImportNames::built_in().provider(&module, context.python_minor);
        let Provider::Distribution(distribution) = provider else {
            return;
        };
        if *distribution != *context.name && !self.required().contains(distribution) {
            let text = distribution.to_string();
            self.add(
                &text,
                Origin::Backend { module },
                &context.pyproject_place(),
            );
        }
    }

    /// Adds a requirement that counts with an old setuptools alone.
    fn add_wheel_for_old_setuptools(&mut self) {
        // setuptools 70.1 has `bdist_wheel` itself, and its
        // `get_requires_for_build_wheel` stopped returning `wheel` then:
        // setuptools/build_meta.py of 69.5.1 and of 70.1.0.
        self.requirements.push(BuildRequirement {
            requirement: super::requirement::known("wheel"),
            origin: Origin::BackendHook {
                what: "setuptools before 70.1".to_owned(),
            },
            condition: Some(Condition {
                package: PythonName::new("setuptools"),
                older_than: pep440_rs::Version::new([70, 1]),
            }),
            is_doubtful: false,
        });
    }

    fn deduplicate(&mut self) {
        for list in [&mut self.optional, &mut self.imports, &mut self.doubtful] {
            list.sort();
            list.dedup();
        }
        self.keywords.sort();
        self.keywords.dedup();
        self.unread.sort();
        self.unread.dedup();
        let mut seen = Vec::new();
        self.requirements.retain(|requirement| {
            let is_new = !seen.contains(requirement);
            if is_new {
                seen.push(requirement.clone());
            }
            is_new
        });
    }
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
        (text, is_doubtful): (&str, bool),
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
            let text = (distribution.as_str(), is_doubtful);
            self.add(text, origin, &import.place, platform);
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

impl<'a> Context<'a> {
    fn path(self, name: &str) -> camino::Utf8PathBuf {
        join(self.root, name)
    }

    fn pyproject_place(self) -> Place {
        Place::file(&self.path("pyproject.toml"))
    }

    /// A value below `tool`.
    fn tool(self, keys: &[&str]) -> Option<&'a toml::Value> {
        self.pyproject.tool(keys)
    }

    /// A text below `tool`.
    fn tool_text(self, keys: &[&str]) -> Option<&'a str> {
        self.tool(keys).and_then(toml::Value::as_str)
    }

    /// Whether a value below `tool` is true.
    fn is_set(self, keys: &[&str]) -> bool {
        let value = self.tool(keys).and_then(toml::Value::as_bool);
        value.unwrap_or_default()
    }

    /// `project.dependencies`.
    fn dependencies(self) -> Vec<String> {
        texts(self.pyproject.project.get("dependencies"))
    }
}

/// The texts of a list.
fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let items = value.and_then(toml::Value::as_array).into_iter().flatten();
    let texts = items.filter_map(toml::Value::as_str);
    texts.map(str::to_owned).collect()
}
