//! Reads the scripts that a build backend runs: `setup_requires`, and imports,
//! which are followed into the source's own modules.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::context::Context;
use crate::project::{ProjectError, PythonName, join, join_inside};
use crate::python::{self, Certainty, Import, Located, ScriptNeeds, Situation};
use crate::python_build::import_names::{ImportNames, Provider};
use crate::python_build::requirement::{Place, Unread};

/// Upper bound on the source's own modules that are followed.
const MAX_MODULES: usize = 60;

/// Folders that hold copies of other distributions.
const VENDORED: [&str; 6] = [
    "_vendor",
    "_vendored",
    "vendor",
    "vendored",
    "extern",
    "third_party",
];

/// A source, and the platform that its scripts are read for.
#[derive(Clone, Copy)]
pub(super) struct ScriptContext<'a> {
    source: Context<'a>,
    platform: python::Platform,
}

/// A file that is executed during the build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Script {
    /// The file, relative to the source root.
    pub file: Utf8PathBuf,
    /// `__name__` while it is executed.
    pub module_name: &'static str,
}

/// An import of a module that neither the source nor the standard library has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExternalImport {
    pub module: String,
    /// The distribution that provides it. `None` if it was removed from the
    /// standard library.
    pub distribution: Option<PythonName>,
    /// Whether the table lists the distribution. Otherwise its name is assumed
    /// to be the module's.
    pub is_known: bool,
    pub place: Place,
    pub certainty: Certainty,
}

/// What the scripts of a source need on one platform.
#[derive(Debug, Default)]
pub(super) struct ScriptFindings {
    pub imports: Vec<ExternalImport>,
    pub setup_requires: Vec<(String, Place)>,
    pub doubtful_requires: Vec<(String, Place)>,
    pub keywords: Vec<(String, Place)>,
    pub build_function: Option<Place>,
    /// The scripts, and the modules of the source that they import.
    pub scripts: BTreeSet<Utf8PathBuf>,
    pub unread: Vec<Unread>,
}

impl<'a> ScriptContext<'a> {
    pub(super) const fn new(source: Context<'a>, platform: python::Platform) -> Self {
        Self { source, platform }
    }

    /// Reads scripts, and modules that the backend imports.
    ///
    /// # Errors
    /// Fails if a script isn't UTF-8.
    pub(super) fn read(
        self,
        scripts: &[Script],
        modules: &[String],
    ) -> Result<ScriptFindings, ProjectError> {
        let mut reader = Reader {
            context: self,
            open: BTreeMap::new(),
            done: BTreeSet::new(),
            hidden: Vec::new(),
            names_requires: false,
            found: ScriptFindings::default(),
        };
        for script in scripts {
            let Some(text) = self.source.files.text(&script.file)? else {
                continue;
            };
            reader.found.scripts.insert(script.file.clone());
            let needs = self.needs(&script.file, text, script.module_name);
            match needs {
                Ok(needs) => reader.add_script(&script.file, text, needs),
                Err(note) => reader.note(&script.file, note.line, note.what),
            }
        }
        for module in modules {
            let import = Import {
                module: module.clone(),
                names: Vec::new(),
                level: 0,
                line: 1,
                certainty: Certainty::Certain,
            };
            reader.follow(&join(self.source.root, "setup.cfg"), &import);
        }
        reader.follow_open();
        // An unknown argument can only be `setup_requires` if that word occurs
        // in one of the files.
        if reader.names_requires {
            reader.found.unread.append(&mut reader.hidden);
        }
        Ok(reader.found)
    }

    fn needs(
        self,
        file: &Utf8Path,
        text: &str,
        module_name: &str,
    ) -> Result<ScriptNeeds, python::Note> {
        self.with_situation(file, module_name, |situation| {
            python::read_needs(text, situation)
        })
    }

    /// Reads a Python file as if it ran with the Python root as the working
    /// folder.
    pub(super) fn with_situation<T>(
        self,
        file: &Utf8Path,
        module_name: &str,
        read: impl FnOnce(&Situation<'_>) -> T,
    ) -> T {
        let exists = |path: &str| {
            let path = join_inside(self.source.root, path)?;
            Some(path == "." || self.source.files.has(&path) || self.source.files.has_folder(&path))
        };
        let file = file.strip_prefix(self.source.root).unwrap_or(file);
        read(&Situation {
            exists: &exists,
            file: file.as_str(),
            module_name,
            command: "bdist_wheel",
            python_minor: &|| self.source.python_minor,
            platform: self.platform,
        })
    }

    /// Returns the folders in which a script in `folder` finds modules. They
    /// include the usual ones that scripts add to `sys.path`.
    fn search_path(self, folder: &Utf8Path) -> Vec<Utf8PathBuf> {
        let layouts = ["src", "lib", "Lib", "python"];
        let below = layouts.map(|name| join(self.source.root, name));
        let mut path = vec![folder.to_owned(), self.source.root.to_owned()];
        path.extend(below);
        path
    }

    /// Returns the files that importing a module of the source executes: those
    /// of the packages around it, and its own.
    pub(super) fn module_files(self, folder: &Utf8Path, module: &str) -> Vec<Utf8PathBuf> {
        let mut files = Vec::new();
        let mut path = folder.to_owned();
        for part in module.split('.').filter(|part| !part.is_empty()) {
            path = join(&path, part);
            let candidates = [join(&path, "__init__.py"), with_extension(&path)];
            files.extend(
                candidates
                    .into_iter()
                    .find(|file| self.source.files.has(file)),
            );
        }
        files
    }

    /// Whether the source has a module in `folder`.
    fn has_module(self, folder: &Utf8Path, name: &str, is_known: bool) -> bool {
        let path = join(folder, name);
        self.source.files.has(&with_extension(&path))
            || self.source.files.has(&join(&path, "__init__.py"))
            // Packages of the build environment take precedence over a folder
            // without `__init__.py`.
            || (!is_known && self.source.files.has_folder(&path))
    }

    /// Whether the source has a copy of a module outside of the search path.
    fn has_elsewhere(self, name: &str, is_known: bool) -> bool {
        let file = format!("{name}.py");
        let is_module = |path: &Utf8Path| match path.file_name() {
            Some("__init__.py") => path.parent().and_then(Utf8Path::file_name) == Some(name),
            other => other == Some(&file),
        };
        let is_copy = |path: &Utf8Path| {
            let mut parts = path.components().map(|part| part.as_str());
            // A copy may be a package without `__init__.py`.
            parts.any(|part| VENDORED.contains(&part))
                && (is_module(path) || parts.any(|part| part == name))
        };
        let mut paths = self.source.files.paths();
        paths.any(|path| is_copy(path) || (!is_known && is_module(path)))
    }
}

/// Returns the file of a module, given its path without the extension.
fn with_extension(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{path}.py"))
}

struct Reader<'a> {
    context: ScriptContext<'a>,
    /// The names of the source's own modules to follow, by file.
    open: BTreeMap<Utf8PathBuf, String>,
    /// The files of modules that were followed.
    done: BTreeSet<Utf8PathBuf>,
    /// Calls of `setup` with arguments that can't be evaluated.
    hidden: Vec<Unread>,
    /// Whether a file that was read contains the word `setup_requires`.
    names_requires: bool,
    found: ScriptFindings,
}

impl Reader<'_> {
    fn note(&mut self, file: &Utf8Path, line: usize, what: impl Into<String>) {
        self.found.unread.push(Unread {
            place: Place::line(file, line),
            what: what.into(),
        });
    }

    fn add_script(&mut self, file: &Utf8Path, text: &str, needs: ScriptNeeds) {
        self.names_requires |= text.contains("setup_requires");
        self.hidden
            .extend(needs.hidden.into_iter().map(|note| Unread {
                place: Place::line(file, note.line),
                what: format!("{}, perhaps `setup_requires`", note.what),
            }));
        let located = |found: Located| (found.text, Place::line(file, found.line));
        let requires = needs.setup_requires.into_iter().map(located);
        self.found.setup_requires.extend(requires);
        let doubtful = needs.doubtful_requires.into_iter().map(located);
        self.found.doubtful_requires.extend(doubtful);
        let keywords = needs.keywords.into_iter().map(located);
        self.found.keywords.extend(keywords);
        let function = needs.build_function.map(|line| Place::line(file, line));
        self.found.build_function = function;
        for note in needs.unread {
            self.note(
                file,
                note.line,
                format!("{} in `setup_requires`", note.what),
            );
        }
        for import in &needs.imports {
            self.follow(file, import);
        }
    }

    /// Reads the queued modules, and those that they import.
    fn follow_open(&mut self) {
        while let Some((file, module_name)) = self.open.pop_first() {
            if self.done.len() >= MAX_MODULES {
                self.note(&file, 1, "more modules than the limit allows");
                return;
            }
            self.done.insert(file.clone());
            self.found.scripts.insert(file.clone());
            let Ok(Some(text)) = self.context.source.files.text(&file) else {
                self.note(&file, 1, "an unreadable module that the build imports");
                continue;
            };
            self.names_requires |= text.contains("setup_requires");
            match self.context.needs(&file, text, &module_name) {
                Ok(needs) => {
                    for import in &needs.imports {
                        // The build may not use a command of another module.
                        if import.certainty != Certainty::Deferred {
                            self.follow(&file, import);
                        }
                    }
                }
                Err(note) => self.note(&file, note.line, note.what),
            }
        }
    }

    /// Queues the module that `file` imports if the source has it. Otherwise
    /// adds it to the findings.
    fn follow(&mut self, file: &Utf8Path, import: &Import) {
        let folder = file.parent().map_or(Utf8Path::new("."), |parent| {
            if parent.as_str().is_empty() {
                Utf8Path::new(".")
            } else {
                parent
            }
        });
        if import.level > 0 {
            let up = import.level as usize - 1;
            let path = "../".repeat(up);
            if let Some(base) = join_inside(folder, &format!("./{path}")) {
                self.open_modules(&base, import);
            }
            return;
        }
        let context = self.context;
        let root = import.module.split('.').next().unwrap_or_default();
        let provider =
            ImportNames::built_in().provider(&import.module, context.source.python_minor);
        if provider == Provider::StandardLibrary || root.is_empty() {
            return;
        }
        let is_known = provider != Provider::Unknown;
        let search_path = context.search_path(folder);
        let mut folders = search_path.iter();
        if let Some(base) = folders.find(|folder| context.has_module(folder, root, is_known)) {
            self.open_modules(base, import);
            return;
        }
        let is_own = PythonName::new(root) == *context.source.name;
        // Modules that begin with `_` are usually internal to a package.
        let is_private = !is_known && root.starts_with('_');
        if is_own || is_private || context.has_elsewhere(root, is_known) {
            return;
        }
        let distribution = match provider {
            Provider::Distribution(name) => Some(name.clone()),
            Provider::Unknown => Some(PythonName::new(root)),
            Provider::Removed | Provider::StandardLibrary => None,
        };
        self.found.imports.push(ExternalImport {
            module: import.module.clone(),
            distribution,
            is_known,
            place: Place::line(file, import.line),
            certainty: import.certainty,
        });
    }

    /// Queues the files of a module of the source and of the submodules that
    /// are imported with it, if the import is certain.
    fn open_modules(&mut self, base: &Utf8Path, import: &Import) {
        if import.certainty != Certainty::Certain {
            return;
        }
        let submodules = import.names.iter().map(|name| match &*import.module {
            "" => name.clone(),
            module => format!("{module}.{name}"),
        });
        for module in [import.module.clone()].into_iter().chain(submodules) {
            for file in self.context.module_files(base, &module) {
                if !self.done.contains(&file) {
                    self.open.insert(file, module.clone());
                }
            }
        }
    }
}
