//! Finds the backend that builds a source, and the files that it executes.

use camino::{Utf8Path, Utf8PathBuf};
use toml::Value;

use super::context::Context;
use super::list::RequirementList;
use super::scripts::{Script, ScriptContext};
use crate::project::{ProjectError, join, join_inside, setup_cfg};
use crate::python::{self, InTreeBackend};
use crate::python_build::import_names::{ImportNames, Provider};
use crate::python_build::requirement::Place;

/// The backends whose hooks are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Setuptools,
    /// setuptools with `CMake`: `scikit_build_core.setuptools.build_meta`.
    ScikitBuildSetuptools,
    ScikitBuildCore,
    Meson,
    Hatchling,
    Poetry,
    Pdm,
    Flit,
    Maturin,
    PyBuildCmake,
    /// hatchling or pdm-backend that builds itself. Both require their run-time
    /// dependencies.
    Bootstrap,
    /// A backend whose hook returns no requirements.
    WithoutHook,
    Unknown,
}

/// The backend of a source.
#[derive(Debug, Clone)]
pub(super) struct Backend {
    pub kind: Kind,
    /// The requirements that a backend in the source adds in its own hook.
    pub own_requires: Vec<String>,
    /// Whether the hook of `kind` is called. A backend in the source may
    /// replace it.
    pub calls_hook: bool,
    /// The file of a backend in the source.
    pub file: Option<Utf8PathBuf>,
}

impl Kind {
    /// Returns the kind of backend that a module is.
    fn of(module: &str) -> Self {
        let parts: Vec<_> = module.split('.').collect();
        match parts[..] {
            // pbr and jupyter-packaging use the hooks of setuptools:
            // pbr/build.py of 7.0.3, jupyter_packaging/build_api.py of 0.12.3.
            ["setuptools" | "pbr" | "jupyter_packaging", ..] => Self::Setuptools,
            ["scikit_build_core", "setuptools", ..] => Self::ScikitBuildSetuptools,
            ["scikit_build_core", ..] => Self::ScikitBuildCore,
            ["mesonpy", ..] => Self::Meson,
            ["hatchling", "ouroboros"] | ["pdm", "backend", "intree"] => Self::Bootstrap,
            ["hatchling", ..] => Self::Hatchling,
            ["poetry" | "poetry_dynamic_versioning", ..] => Self::Poetry,
            ["pdm", ..] => Self::Pdm,
            // flit_scm uses the hooks of flit_core.
            ["flit" | "flit_core" | "flit_scm", ..] => Self::Flit,
            ["maturin", ..] => Self::Maturin,
            ["py_build_cmake", ..] => Self::PyBuildCmake,
            // whool doesn't have the hook (whool/buildapi.py of 1.3), and that
            // of uv_build returns nothing.
            ["uv_build" | "uv" | "whool", ..] => Self::WithoutHook,
            _ => Self::Unknown,
        }
    }

    /// Whether the backend runs `setup.py`.
    pub(super) const fn runs_setup_py(self) -> bool {
        matches!(self, Self::Setuptools | Self::ScikitBuildSetuptools)
    }
}

impl Backend {
    /// Finds the backend. If the source contains its own, that is read.
    ///
    /// # Errors
    /// Fails if the module of the source's own backend isn't UTF-8.
    pub(super) fn find(
        context: Context<'_>,
        list: &mut RequirementList,
    ) -> Result<Self, ProjectError> {
        let name = &context.pyproject.build_backend;
        let known = Self {
            kind: Kind::of(context.backend_module()),
            own_requires: Vec::new(),
            calls_hook: true,
            file: None,
        };
        if context.pyproject.backend_path.is_empty() {
            if known.kind == Kind::Unknown {
                let what = format!("the build backend `{name}`, which isn't supported");
                list.note(context.pyproject_place(), what);
            }
            return Ok(known);
        }
        if is_of_package(context) {
            return Ok(known);
        }
        let Some((file, text)) = own_module(context)? else {
            let what = format!("the build backend `{name}`, which isn't in its `backend-path`");
            list.note(context.pyproject_place(), what);
            return Ok(known);
        };
        let read = script_context(context).with_situation(&file, "backend", |situation| {
            python::read_backend(text, situation)
        });
        let own = match read {
            Ok(own) => own,
            Err(note) => {
                list.note(Place::line(&file, note.line), note.what);
                return Ok(known);
            }
        };
        let (own, hook_file) = with_hook_of_sibling(context, own, &file);
        for note in own.unread {
            list.note(Place::line(&hook_file, note.line), note.what);
        }
        Ok(Self {
            kind: own.wraps.as_deref().map_or(known.kind, Kind::of),
            calls_hook: own.requires.is_none() || own.asks_wrapped,
            own_requires: own.requires.unwrap_or_default(),
            file: Some(file),
        })
    }

    /// Whether the backend finds a version outside of `[project]`: maturin in
    /// `Cargo.toml`, setuptools in `setup.py`, poetry-core in `[tool.poetry]`.
    pub(super) fn knows_version(&self, context: Context<'_>) -> bool {
        match self.kind {
            Kind::Maturin => true,
            Kind::Setuptools | Kind::ScikitBuildSetuptools => {
                context.files.has(&context.path("setup.py"))
            }
            Kind::Poetry => context.tool_text(&["poetry", "version"]).is_some(),
            _ => false,
        }
    }

    /// Whether nothing calls the function `build` of a build script:
    /// poetry-core only does in a `setup.py` that it generates.
    pub(super) fn calls_no_function(&self, context: Context<'_>) -> bool {
        self.kind == Kind::Poetry && !context.is_set(&["poetry", "build", "generate-setup-file"])
    }

    /// Returns the files of the source that the backend executes.
    pub(super) fn scripts(&self, context: Context<'_>) -> Vec<Script> {
        if is_of_package(context) {
            // The backend builds itself, and its modules aren't build scripts.
            return Vec::new();
        }
        let script = |path: &str, module_name| {
            let file = join_inside(context.root, path)?;
            Some(Script { file, module_name })
        };
        let mut scripts: Vec<_> = match self.kind {
            Kind::Setuptools | Kind::ScikitBuildSetuptools => {
                vec![script("setup.py", "__main__")]
            }
            Kind::Poetry => {
                let path = poetry_script(context);
                vec![path.and_then(|path| script(path, "__main__"))]
            }
            Kind::Pdm => {
                let keys = ["custom-hook", "setup-script"];
                let named = keys.map(|key| context.tool_text(&["pdm", "build", key]));
                let hook = named[0].unwrap_or("pdm_build.py");
                let setup = named[1].map(|path| script(path, "__main__"));
                vec![script(hook, "pdm_build"), setup.flatten()]
            }
            Kind::Hatchling => hatch_hooks(context)
                .filter(|(name, _)| *name == "custom")
                .map(|(_, hook)| {
                    let path = hook.get("path").and_then(Value::as_str);
                    script(path.unwrap_or("hatch_build.py"), "hatch_build")
                })
                .collect(),
            _ => Vec::new(),
        };
        scripts.push(self.file.clone().map(|file| Script {
            file,
            module_name: "backend",
        }));
        let mut scripts: Vec<_> = scripts.into_iter().flatten().collect();
        scripts.sort();
        scripts.dedup();
        scripts
    }

    /// Returns the modules of the source that setuptools imports because
    /// settings name them: those of commands, and of a version that isn't a
    /// literal.
    ///
    /// # Errors
    /// Fails if `setup.cfg` or such a module isn't UTF-8.
    pub(super) fn imported_modules(
        &self,
        context: Context<'_>,
    ) -> Result<Vec<String>, ProjectError> {
        let mut modules = Vec::new();
        if !self.kind.runs_setup_py() || is_of_package(context) {
            return Ok(modules);
        }
        let setup_cfg = context.files.text(&context.path("setup.cfg"))?;
        let attributes = [
            setup_cfg.and_then(|text| setup_cfg::attribute(text, "metadata", "version")),
            context
                .tool_text(&["setuptools", "dynamic", "version", "attr"])
                .map(str::to_owned),
        ];
        for attribute in attributes.into_iter().flatten() {
            let Some((module, attribute)) = attribute.rsplit_once('.') else {
                continue;
            };
            if !has_literal(context, module, attribute)? {
                modules.push(module.to_owned());
            }
        }
        let commands = context.tool(&["setuptools", "cmdclass"]);
        let commands = commands.and_then(Value::as_table).into_iter().flatten();
        let classes = commands.filter_map(|(_, class)| class.as_str()?.rsplit_once('.'));
        modules.extend(classes.map(|(module, _)| module.to_owned()));
        Ok(modules)
    }
}

/// Returns what the hook returns, and the file that defines it, if the backend's
/// module imports the hook from a module next to it.
fn with_hook_of_sibling(
    context: Context<'_>,
    own: InTreeBackend,
    file: &Utf8Path,
) -> (InTreeBackend, Utf8PathBuf) {
    if own.requires.is_some() {
        return (own, file.to_owned());
    }
    for name in &own.siblings {
        let path = join(
            file.parent().unwrap_or(Utf8Path::new("")),
            &format!("{}.py", name.replace('.', "/")),
        );
        let Ok(Some(text)) = context.files.text(&path) else {
            continue;
        };
        let read = script_context(context).with_situation(&path, name, |situation| {
            python::read_backend(text, situation)
        });
        if let Ok(found) = read
            && found.requires.is_some()
        {
            let wraps = found.wraps.clone().or(own.wraps);
            return (InTreeBackend { wraps, ..found }, path);
        }
    }
    (own, file.to_owned())
}

/// Returns the script that `tool.poetry.build` names.
pub(super) fn poetry_script(context: Context<'_>) -> Option<&str> {
    match context.tool(&["poetry", "build"])? {
        Value::String(script) => Some(script),
        table => table.get("script").and_then(Value::as_str),
    }
}

/// Returns hatchling's enabled build hooks for wheels, sorted by name. A hook
/// of the wheel target replaces the one of the same name for all targets.
pub(super) fn hatch_hooks(context: Context<'_>) -> impl Iterator<Item = (&str, &toml::Table)> {
    let tables = [
        context.tool(&["hatch", "build", "hooks"]),
        context.tool(&["hatch", "build", "targets", "wheel", "hooks"]),
    ];
    let hooks = tables
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
        .flatten();
    let hooks = hooks.filter_map(|(name, hook)| Some((name.as_str(), hook.as_table()?)));
    let by_name: std::collections::BTreeMap<_, _> = hooks.collect();
    by_name.into_iter().filter(|(_, hook)| {
        let is_enabled = hook.get("enable-by-default").and_then(Value::as_bool);
        is_enabled.unwrap_or(true)
    })
}

pub(super) const fn script_context(context: Context<'_>) -> ScriptContext<'_> {
    ScriptContext::new(context, python::Platform::LINUX)
}

/// Whether the source is that of the backend: setuptools, flit-core and others
/// build themselves.
fn is_of_package(context: Context<'_>) -> bool {
    if context.pyproject.backend_path.is_empty() {
        return false;
    }
    let module = context.backend_module();
    let provider = ImportNames::built_in().provider(module, context.python_minor);
    provider == Provider::Distribution(context.name)
}

/// Returns the file of a backend in the source, with its text.
fn own_module(context: Context<'_>) -> Result<Option<(Utf8PathBuf, &str)>, ProjectError> {
    let module = context.backend_module();
    for folder in &context.pyproject.backend_path {
        let Some(folder) = join_inside(context.root, folder) else {
            continue;
        };
        let files = script_context(context).module_files(&folder, module);
        let Some(file) = files.last().filter(|file| is_module(file, module)) else {
            continue;
        };
        if let Some(text) = context.files.text(file)? {
            return Ok(Some((file.clone(), text)));
        }
    }
    Ok(None)
}

/// Whether a file is the module's own, not that of a package above it.
fn is_module(file: &Utf8Path, module: &str) -> bool {
    let path = module.replace('.', "/");
    let suffixes = [format!("{path}.py"), format!("{path}/__init__.py")];
    suffixes.iter().any(|suffix| file.ends_with(suffix))
}

/// Whether setuptools reads an attribute without importing its module
/// (`setuptools/config/expand.py` of 84.0.0).
fn has_literal(context: Context<'_>, module: &str, attribute: &str) -> Result<bool, ProjectError> {
    let scripts = script_context(context);
    for folder in [".", "src", "lib"] {
        let Some(folder) = join_inside(context.root, folder) else {
            continue;
        };
        let files = scripts.module_files(&folder, module);
        let Some(file) = files.last().filter(|file| is_module(file, module)) else {
            continue;
        };
        let Some(text) = context.files.text(file)? else {
            return Ok(false);
        };
        let read = scripts.with_situation(file, module, |situation| {
            python::read_constants(text, attribute, situation)
        });
        return Ok(read.is_ok_and(|constants| constants.has_attribute));
    }
    // The build generates the module, so there is nothing to read.
    Ok(true)
}
