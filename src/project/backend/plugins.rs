//! Backends that leave Rust to a build script or to a plugin with a table of
//! its own.

use camino::Utf8Path;
use toml::Value;

use super::context::Context;
use super::plan::{BackendPlan, PlannedModule, RootRule};
use super::{build_script, maturin};
use crate::project::error::ProjectError;
use crate::project::problems::{Unread, UnreadPart};
use crate::project::toml_strings::strings_in_array;
use crate::python::BuildCommand;

/// Parts of hook names that suggest that the hook builds Rust.
const RUST_WORDS: [&str; 4] = ["rust", "cargo", "pyo3", "maturin"];

/// poetry-core: `tool.poetry.build`, a script or a table that names one.
pub(super) fn poetry(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let build = context.pyproject.tool(&["poetry", "build"]);
    let script = match build {
        Some(Value::String(script)) => Some(script.as_str()),
        Some(table) => table.get("script").and_then(Value::as_str),
        None => None,
    };
    build_script::plan(context, script)
}

/// pdm-backend: `pdm_build.py`, or the `setup.py` script of `run-setuptools`.
pub(super) fn pdm(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let build = context.pyproject.tool(&["pdm", "build"]);
    let named = ["setup-script", "custom-hook"]
        .into_iter()
        .find_map(|key| build?.get(key)?.as_str());
    build_script::plan(context, Some(named.unwrap_or("pdm_build.py")))
}

/// hatchling: its hooks, of all builds and of wheels.
pub(super) fn hatchling(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let builds = [
        context.pyproject.tool(&["hatch", "build"]),
        context
            .pyproject
            .tool(&["hatch", "build", "targets", "wheel"]),
    ];
    let builds = || builds.into_iter().flatten();
    let mut plan = BackendPlan {
        // hatchling's `get_requires_for_build_wheel`.
        requires: builds().flat_map(dependencies).collect(),
        ..BackendPlan::default()
    };
    let hooks = builds().filter_map(|build| build.get("hooks")?.as_table());
    for (name, hook) in hooks.flatten() {
        plan.requires.extend(dependencies(hook));
        plan.extend(hook_plan(context, name, hook)?);
    }
    Ok(plan)
}

fn hook_plan(context: Context<'_>, name: &str, hook: &Value) -> Result<BackendPlan, ProjectError> {
    let mut plan = BackendPlan::default();
    match name {
        "custom" => {
            let path = hook.get("path").and_then(Value::as_str);
            return build_script::plan(context, Some(path.unwrap_or("hatch_build.py")));
        }
        // hatch-maturin-build runs maturin, which reads its own table.
        "maturin" => return maturin::plan(context),
        "build-scripts" => {
            let file = Utf8Path::new("pyproject.toml");
            for command in script_commands(hook) {
                build_script::add_command(&mut plan, context, file, &command);
            }
        }
        "hatch-rs" | "pyo3" => plan.modules.push(plugin_module(context, hook)?),
        name if RUST_WORDS.iter().any(|word| name.contains(word)) => {
            let part = UnreadPart::HatchHook(name.to_owned());
            plan.unread
                .push(Unread::new("pyproject.toml".into(), None, part));
        }
        _ => {}
    }
    Ok(plan)
}

/// Reads the table of hatch-rs or of hatchling-pyo3-plugin.
fn plugin_module(context: Context<'_>, hook: &Value) -> Result<PlannedModule, ProjectError> {
    let text = |keys: &[&str]| {
        let mut values = keys.iter().filter_map(|key| hook.get(key));
        values.find_map(Value::as_str)
    };
    let path = text(&["manifest-path", "manifest_path", "path"]).unwrap_or(".");
    let place = context.pyproject_place();
    let manifest = context.named_manifest(path, &place, "tool.hatch.build.hooks")?;
    Ok(PlannedModule {
        name: text(&["module", "module-name"]).map(str::to_owned),
        guess: manifest.guess,
        ..PlannedModule::new(manifest.path, RootRule::HatchHook)
    })
}

fn dependencies(table: &Value) -> impl Iterator<Item = String> {
    let list = table.get("dependencies").into_iter();
    list.flat_map(strings_in_array).map(str::to_owned)
}

/// Reads `scripts = [{ commands = [...], work_dir = "..." }]` of
/// hatch-build-scripts.
fn script_commands(hook: &Value) -> Vec<BuildCommand> {
    let scripts = hook.get("scripts").and_then(Value::as_array);
    let mut found = Vec::new();
    for script in scripts.into_iter().flatten() {
        let folder = script.get("work_dir").and_then(Value::as_str);
        let commands = script.get("commands").into_iter();
        for command in commands.flat_map(strings_in_array) {
            let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
            let command = BuildCommand::from_words(&words, 1);
            found.extend(command.map(|command| BuildCommand {
                folder: folder.map(str::to_owned),
                ..command
            }));
        }
    }
    found
}
