//! setuptools with setuptools-rust: the table in `pyproject.toml`
//! (`setuptools_ext.pyprojecttoml_config` of its source), which replaces the
//! `rust_extensions` that `setup.py` passes to `setup`.

use camino::Utf8Path;

use super::context::Context;
use super::plan::{BackendPlan, PlannedModule, RootRule, ScriptIdentity};
use super::{build_script, maturin};
use crate::project::error::ProjectError;
use crate::project::name::PythonName;
use crate::project::options::CargoOptions;
use crate::project::problems::{Guess, Unread, UnreadPart};
use crate::project::setup_cfg;
use crate::python::{Platform, SetupScript, Situation, read_setup_py};

pub(super) fn plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let setup_cfg = context.files.text(&context.path("setup.cfg"))?;
    let mut plan = BackendPlan {
        requires: setup_cfg::list(setup_cfg.unwrap_or_default(), "options", "setup_requires"),
        modules: table_modules(context)?,
        ..BackendPlan::default()
    };
    let file = context.path("setup.py");
    if let Some(text) = context.files.text(&file)? {
        add_setup_py(&mut plan, context, &file, text)?;
    }
    if plan.modules.is_empty() {
        plan.modules.extend(guess(context, &plan)?);
    }
    Ok(plan)
}

/// Adds what `setup.py` says, its extensions only if the table has none.
fn add_setup_py(
    plan: &mut BackendPlan,
    context: Context<'_>,
    file: &Utf8Path,
    text: &str,
) -> Result<(), ProjectError> {
    let script = context.with_situation(file, "__main__", |s| read_setup_py(text, &s));
    let script = script.unwrap_or_else(|note| {
        plan.add_notes(file, [&note]);
        SetupScript::default()
    });
    let on_macos = context.with_situation(file, "__main__", |situation| {
        let platform = Platform::MACOS;
        read_setup_py(
            text,
            &Situation {
                platform,
                ..situation
            },
        )
    });
    if on_macos.is_ok_and(|on_macos| on_macos != script) {
        plan.unread
            .push(Unread::new(file, None, UnreadPart::DiffersOnMacos));
    }
    // setuptools' hook runs `setup.py egg_info` to find `setup_requires`.
    let egg_info = context.with_situation(file, "__main__", |situation| {
        let command = "egg_info";
        read_setup_py(
            text,
            &Situation {
                command,
                ..situation
            },
        )
    });
    let requires = egg_info.map(|script| script.setup_requires);
    plan.requires.extend(requires.unwrap_or_default());
    for note in &script.unread_requires {
        let part = UnreadPart::SetupRequires(note.what.clone());
        plan.unread.push(Unread::new(file, Some(note.line), part));
    }
    if plan.modules.is_empty() {
        plan.modules = build_script::extension_modules(context, &script, file)?;
        plan.add_notes(file, &script.unread);
    }
    plan.identity = ScriptIdentity {
        name: script.name,
        version: script.version,
    };
    if plan.modules.is_empty() {
        build_script::add_commands(plan, context, file, text);
    }
    Ok(())
}

/// Returns the crate that is likely built although the project doesn't say how.
fn guess(context: Context<'_>, plan: &BackendPlan) -> Result<Option<PlannedModule>, ProjectError> {
    if uses_setuptools_rust(context, plan) {
        return Ok(context.crate_in_obvious_place(Guess::NoExtension));
    }
    if context.pyproject.tool(&["maturin"]).is_some() {
        let module = maturin::plan(context)?.modules.into_iter().next();
        return Ok(module.map(|module| PlannedModule {
            guess: Some(Guess::MaturinTable),
            ..module
        }));
    }
    Ok(None)
}

fn uses_setuptools_rust(context: Context<'_>, plan: &BackendPlan) -> bool {
    let mut requires = context.pyproject.requires.iter().chain(&plan.requires);
    requires.any(|requirement| {
        let end = requirement.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'));
        let name = &requirement[..end.unwrap_or(requirement.len())];
        PythonName::new(name).as_str() == "setuptools-rust"
    })
}

/// Reads `[[tool.setuptools-rust.ext-modules]]` and `bins`.
fn table_modules(context: Context<'_>) -> Result<Vec<PlannedModule>, ProjectError> {
    let place = context.pyproject_place();
    let table = &context.pyproject.setuptools_rust;
    let extensions = table.ext_modules.iter().map(|extension| (extension, false));
    let bins = table.bins.iter().map(|extension| (extension, true));
    let modules = extensions.chain(bins).map(|(extension, is_bin)| {
        let path = extension.path.as_deref().unwrap_or("Cargo.toml");
        let manifest = context.named_manifest(path, &place, "tool.setuptools-rust")?;
        let mut options = CargoOptions {
            features: extension.features.clone(),
            ..CargoOptions::default()
        };
        options.read_arguments(&extension.args);
        options.read_arguments(&extension.cargo_manifest_args);
        Ok(PlannedModule {
            name: extension.target.name().cloned(),
            is_bin: is_bin || extension.binding.as_deref() == Some("Exec"),
            options,
            guess: manifest.guess,
            ..PlannedModule::new(manifest.path, RootRule::SetuptoolsRust)
        })
    });
    modules.collect()
}
