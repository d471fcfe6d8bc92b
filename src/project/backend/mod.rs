//! What each build backend has cargo build, by the backend's own rules.
//!
//! | backend | what says which crate |
//! |---|---|
//! | maturin | `tool.maturin`, its layouts, `Cargo.toml` |
//! | setuptools | `tool.setuptools-rust`, `rust_extensions` in `setup.py` |
//! | poetry-core, pdm-backend, hatchling | a build script or a hook's table |
//! | scikit-build-core, meson-python | `CMakeLists.txt`, `meson.build` |
//! | uv-build, flit-core | nothing: they build no Rust |
//! | one of the project's own | the backend that its module imports |

mod build_file;
mod maturin;
mod plugins;
mod setuptools;

use camino::{Utf8Path, Utf8PathBuf};

use super::files::{join_inside, levels_above};
use super::options::CargoOptions;
use super::{ProjectError, Pyproject, RootRule, SourceFiles, join};
use crate::python::{self, Note, Situation};

/// A crate that the backend has cargo build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The manifest, relative to the source root; it exists.
    pub manifest: Utf8PathBuf,
    /// The module's dotted name, or the program's, where the backend says it.
    pub name: Option<String>,
    /// Whether it is a program.
    pub is_bin: bool,
    /// The rule that found it.
    pub rule: RootRule,
    /// What cargo is told.
    pub options: CargoOptions,
    /// Where it takes running the project to be sure: why.
    pub guess: Option<String>,
}

impl Module {
    /// A module of which nothing but the manifest is known.
    fn at(manifest: Utf8PathBuf) -> Self {
        Self {
            manifest,
            name: None,
            is_bin: false,
            rule: RootRule::ObviousPlace,
            options: CargoOptions::default(),
            guess: None,
        }
    }
}

/// What a backend has cargo build, and what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BackendPlan {
    /// The crates, in the backend's order.
    pub modules: Vec<Module>,
    /// What its hooks add to `[build-system].requires`.
    pub requires: Vec<String>,
    /// What couldn't be read, and where.
    pub unread: Vec<String>,
    /// Name and version as `setup.py` has them.
    pub identity: (Option<String>, Option<String>),
}

/// The backends whose rules are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Maturin,
    Setuptools,
    Poetry,
    Pdm,
    Hatchling,
    ScikitBuildCore,
    Meson,
    /// Builds no Rust.
    Pure,
    Other,
}

impl Backend {
    /// By the module of `build-backend`.
    fn of(name: &str) -> Self {
        let module = name.split([':', '.']).next().unwrap_or_default();
        match module {
            "maturin" => Self::Maturin,
            // pbr and jupyter-packaging call setuptools.
            "setuptools" | "pbr" | "jupyter_packaging" => Self::Setuptools,
            "poetry" | "poetry_dynamic_versioning" => Self::Poetry,
            "pdm" => Self::Pdm,
            "hatchling" => Self::Hatchling,
            "scikit_build_core" | "py_build_cmake" => Self::ScikitBuildCore,
            "mesonpy" => Self::Meson,
            "uv_build" | "uv" | "flit_core" | "flit_scm" | "whool" => Self::Pure,
            _ => Self::Other,
        }
    }
}

/// Where a project is, and what it is read for.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) files: &'a SourceFiles,
    pub(super) pyproject: &'a Pyproject,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub(super) root: &'a Utf8Path,
    /// The minor version of Python 3, for what depends on it.
    pub(super) python_minor: &'a (dyn Fn() -> u8 + Sync),
}

/// Finds what the project's backend has cargo build.
///
/// # Errors
/// Where a manifest that is named doesn't exist or lies outside.
pub(super) fn plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let name = &context.pyproject.build_backend;
    if context.pyproject.backend_path.is_empty() {
        return context.plan_of(Backend::of(name));
    }
    let Some((file, text)) = context.own_backend()? else {
        let mut plan = context.plan_of(Backend::of(name))?;
        let unread =
            format!("`{name}`, the project's own build backend, isn't in its `backend-path`");
        plan.unread.push(unread);
        return Ok(plan);
    };
    let read = context.situation(&file, "backend", |situation| {
        python::read_backend(text, situation)
    });
    let own = match read {
        Ok(own) => own,
        Err(note) => {
            let mut plan = context.plan_of(Backend::of(name))?;
            plan.unread.push(located(&file, &note));
            return Ok(plan);
        }
    };
    let wrapped = own.wraps.as_deref().map_or(Backend::of(name), Backend::of);
    let mut plan = context.plan_of(wrapped)?;
    if let Some(requires) = own.requires {
        // Its hook stands in for the backend's.
        if !own.asks_wrapped {
            plan.requires.clear();
        }
        plan.requires.extend(requires);
    }
    plan.unread
        .extend(own.unread.iter().map(|note| located(&file, note)));
    Ok(plan)
}

impl<'a> Context<'a> {
    fn plan_of(self, backend: Backend) -> Result<BackendPlan, ProjectError> {
        match backend {
            Backend::Maturin => maturin::plan(self),
            Backend::Setuptools => setuptools::plan(self),
            Backend::Poetry => plugins::poetry(self),
            Backend::Pdm => plugins::pdm(self),
            Backend::Hatchling => plugins::hatchling(self),
            Backend::ScikitBuildCore => build_file::plan(self, "CMakeLists.txt"),
            Backend::Meson => build_file::plan(self, "meson.build"),
            Backend::Pure => Ok(BackendPlan::default()),
            Backend::Other => {
                let mut plan = BackendPlan::default();
                let name = &self.pyproject.build_backend;
                let why = format!("the rules of the build backend `{name}` aren't known");
                plan.modules.extend(self.obvious_place(why));
                Ok(plan)
            }
        }
    }

    /// The file of the backend in `backend-path`, with its text.
    fn own_backend(self) -> Result<Option<(Utf8PathBuf, &'a str)>, ProjectError> {
        let object = self
            .pyproject
            .build_backend
            .split(':')
            .next()
            .unwrap_or_default();
        let module = object.replace('.', "/");
        for folder in &self.pyproject.backend_path {
            for name in [format!("{module}.py"), format!("{module}/__init__.py")] {
                let path = join_inside(Utf8Path::new(folder), &name);
                let Some(path) = path.and_then(|path| join_inside(self.root, path.as_str())) else {
                    continue;
                };
                if let Some(text) = self.files.text(&path)? {
                    return Ok(Some((path, text)));
                }
            }
        }
        Ok(None)
    }

    /// Reads a Python file as if it were run in the Python root.
    fn situation<T>(
        self,
        file: &Utf8Path,
        module_name: &str,
        read: impl FnOnce(&Situation<'_>) -> T,
    ) -> T {
        let exists = |path: &str| {
            let path = join_inside(self.root, path)?;
            Some(path == "." || self.files.has(&path) || self.files.has_folder(&path))
        };
        let file = file.strip_prefix(self.root).unwrap_or(file);
        read(&Situation {
            exists: &exists,
            file: file.as_str(),
            module_name,
            command: "bdist_wheel",
            python_minor: self.python_minor,
            platform: python::Platform::LINUX,
        })
    }

    /// The Python root as the paths in it begin with it.
    fn root_prefix(self) -> &'a str {
        if self.root == "." {
            ""
        } else {
            self.root.as_str()
        }
    }

    /// A path in the Python root, relative to the source root.
    fn path(self, name: &str) -> Utf8PathBuf {
        join(self.root, name)
    }

    /// A manifest that `place` names. Some write the folder alone.
    fn named(
        self,
        path: &str,
        place: &str,
        key: &'static str,
    ) -> Result<Utf8PathBuf, ProjectError> {
        let outside = || ProjectError::Outside {
            place: place.to_owned(),
            path: path.to_owned(),
            up: levels_above(self.root, path),
        };
        let manifest = join_inside(self.root, path).ok_or_else(outside)?;
        [join(&manifest, "Cargo.toml"), manifest]
            .into_iter()
            .find(|candidate| self.files.has(candidate))
            .ok_or_else(|| ProjectError::NoManifest {
                place: place.to_owned(),
                manifest: path.to_owned(),
                key,
            })
    }

    /// The manifest in one of the places that projects mostly use.
    fn obvious_place(self, why: impl Into<String>) -> Option<Module> {
        let name = self.pyproject.name.as_deref();
        let private =
            name.map(|name| format!("src/_{}", super::PythonName::new(name).import_name()));
        let places = [".", "src/rust", "rust", "native"].map(str::to_owned);
        let manifest = places
            .into_iter()
            .chain(private)
            .filter_map(|folder| join_inside(self.root, &format!("{folder}/Cargo.toml")))
            .find(|manifest| self.files.has(manifest))?;
        Some(Module {
            guess: Some(why.into()),
            ..Module::at(manifest)
        })
    }
}

/// What couldn't be told, behind the file and the line.
fn located(file: &Utf8Path, note: &Note) -> String {
    format!("{file}:{}: {}", note.line, note.what)
}
