//! The choice of the backend's rules.

use camino::{Utf8Path, Utf8PathBuf};

use super::context::Context;
use super::plan::{BackendPlan, unread_python};
use super::staged::InTreeFile;
use super::{build_file, build_script, maturin, plugins, setuptools};
use crate::project::error::ProjectError;
use crate::project::problems::{Guess, Unread, UnreadPart};
use crate::python::{self, BackendHelper};

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
    /// A backend that builds no Rust.
    Pure,
    Other,
}

impl Backend {
    /// Finds the backend by `build-backend`.
    fn from_name(name: &str) -> Self {
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

    fn plan(self, context: Context<'_>) -> Result<BackendPlan, ProjectError> {
        match self {
            Self::Maturin => maturin::plan(context),
            Self::Setuptools => setuptools::plan(context),
            Self::Poetry => plugins::poetry(context),
            Self::Pdm => plugins::pdm(context),
            Self::Hatchling => plugins::hatchling(context),
            Self::ScikitBuildCore => build_file::plan(context, "CMakeLists.txt"),
            Self::Meson => build_file::plan(context, "meson.build"),
            Self::Pure => Ok(BackendPlan::default()),
            Self::Other => {
                let name = context.pyproject.build_backend.clone();
                let module = context.crate_in_obvious_place(Guess::UnknownBackend(name));
                Ok(BackendPlan {
                    modules: module.into_iter().collect(),
                    ..BackendPlan::default()
                })
            }
        }
    }
}

/// Finds what the project's backend has cargo build.
///
/// # Errors
/// If a manifest that is named doesn't exist or is outside of the source.
pub(in crate::project) fn plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    match declared_plan(context) {
        Err(ProjectError::NoManifest { .. }) if context.is_root_chosen => {
            Ok(BackendPlan::default())
        }
        plan => plan,
    }
}

fn declared_plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let name = &context.pyproject.build_backend;
    let declared = Backend::from_name(name);
    if context.pyproject.backend_path.is_empty() {
        return declared.plan(context);
    }
    let read = match context.in_tree_backend()? {
        Some((file, text)) => context
            .with_situation(&file, "backend", |s| python::read_backend(text, &s))
            .map_err(|note| unread_python(&file, &note))
            .map(|in_tree| (file, in_tree)),
        None => Err(Unread {
            file: None,
            line: None,
            column: None,
            part: UnreadPart::InTreeBackend(name.clone()),
        }),
    };
    let (file, in_tree) = match read {
        Ok(read) => read,
        Err(unread) => {
            let mut plan = declared.plan(context)?;
            plan.unread.push(unread);
            return Ok(plan);
        }
    };
    let helpers = helpers(context, &file, &in_tree.imports);
    let mut own = vec![InTreeFile {
        file: file.clone(),
        staged: in_tree.staged,
    }];
    own.extend(helpers.iter().map(|helper| InTreeFile {
        file: helper.file.clone(),
        staged: helper.read.staged.clone(),
    }));
    let set = in_tree.maturin_arguments.as_deref();
    let set = set.map(|text| shlex::split(text).unwrap_or_default());
    let context = Context {
        own_backend: &own,
        maturin_arguments: set.as_deref().unwrap_or(context.maturin_arguments),
        ..context
    };
    let wrapped = in_tree.wraps.as_deref().map(Backend::from_name);
    let mut plan = match wrapped {
        Some(wrapped) => wrapped_plan(wrapped, context, &file)?,
        None => BackendPlan::default(),
    };
    if let Some(requires) = in_tree.requires {
        // The in-tree hook replaces the wrapped backend's unless it calls it.
        if !in_tree.asks_wrapped {
            plan.requires.clear();
        }
        plan.requires.extend(requires);
    }
    for command in &in_tree.commands {
        build_script::add_command(&mut plan, context, &file, command);
    }
    for helper in &helpers {
        for command in &helper.read.commands {
            build_script::add_command(&mut plan, context, &helper.file, command);
        }
    }
    if wrapped.is_none() && plan.modules.is_empty() && plan.unread.is_empty() {
        let requires = std::mem::take(&mut plan.requires);
        plan = declared.plan(context)?;
        plan.requires.extend(requires);
    }
    plan.add_notes(&file, &in_tree.unread);
    Ok(plan)
}

/// A file next to an in-tree backend that it imports.
struct Helper {
    file: Utf8PathBuf,
    read: BackendHelper,
}

/// Upper bound on these files.
const MAX_HELPERS: usize = 8;

/// Reads the files next to an in-tree backend that it imports, but none that
/// these import.
fn helpers(context: Context<'_>, backend: &Utf8Path, imports: &[String]) -> Vec<Helper> {
    let mut found: Vec<Helper> = Vec::new();
    for import in imports {
        let Some((file, text)) = context.helper(backend, import) else {
            continue;
        };
        if found.len() == MAX_HELPERS || found.iter().any(|helper| helper.file == file) {
            continue;
        }
        let read = context.with_situation(&file, "helper", |s| python::read_helper(text, &s));
        found.extend(read.ok().map(|read| Helper { file, read }));
    }
    found
}

/// Returns the plan of the backend that an in-tree one wraps. A manifest that
/// doesn't exist is no error there, since the in-tree one may make it.
fn wrapped_plan(
    wrapped: Backend,
    context: Context<'_>,
    file: &Utf8Path,
) -> Result<BackendPlan, ProjectError> {
    match wrapped.plan(context) {
        Err(ProjectError::NoManifest { manifest, .. }) => {
            let part = UnreadPart::MadeByBackend(manifest);
            Ok(BackendPlan {
                unread: vec![Unread::new(file, None, part)],
                ..BackendPlan::default()
            })
        }
        plan => plan,
    }
}
