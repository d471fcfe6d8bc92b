//! Backends that leave Rust to a build script or to a plugin's table.

use camino::{Utf8Path, Utf8PathBuf};
use toml::Value;

use super::{BackendPlan, Context, Module, located, maturin, setuptools};
use crate::project::files::join_inside;
use crate::project::options::CargoOptions;
use crate::project::workspace::{find_workspace_root, members};
use crate::project::{CargoManifest, ProjectError, RootRule, SourceFiles, join};
use crate::python::{self, BuildCommand};

/// poetry-core: `tool.poetry.build`, a script or a table with one.
pub(super) fn poetry(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let build = context.pyproject.tool(&["poetry", "build"]);
    let script = match build {
        Some(Value::String(script)) => Some(script.as_str()),
        Some(table) => table.get("script").and_then(Value::as_str),
        None => None,
    };
    script_plan(context, script)
}

/// pdm-backend: `pdm_build.py`, or the `setup.py` script of `run-setuptools`.
pub(super) fn pdm(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let build = context.pyproject.tool(&["pdm", "build"]);
    let text = |key: &str| {
        build
            .and_then(|table| table.get(key))
            .and_then(Value::as_str)
    };
    let named = ["setup-script", "custom-hook"].into_iter().find_map(text);
    script_plan(context, Some(named.unwrap_or("pdm_build.py")))
}

/// hatchling: its hooks, of all builds and of wheels.
pub(super) fn hatchling(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let tables = [
        context.pyproject.tool(&["hatch", "build", "hooks"]),
        context
            .pyproject
            .tool(&["hatch", "build", "targets", "wheel", "hooks"]),
    ];
    let mut plan = BackendPlan::default();
    // hatchling's `get_requires_for_build_wheel`.
    let depending = [
        context.pyproject.tool(&["hatch", "build"]),
        context
            .pyproject
            .tool(&["hatch", "build", "targets", "wheel"]),
    ];
    plan.requires
        .extend(depending.into_iter().flatten().flat_map(dependencies));
    let hooks = tables
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
        .flatten();
    for (name, hook) in hooks {
        plan.requires.extend(dependencies(hook));
        let more = match name.as_str() {
            "custom" => {
                let path = hook.get("path").and_then(Value::as_str);
                script_plan(context, Some(path.unwrap_or("hatch_build.py")))?
            }
            // hatch-maturin-build runs maturin, which reads its own table.
            "maturin" => maturin::plan(context)?,
            "build-scripts" => {
                let mut more = BackendPlan::default();
                for command in scripts(hook) {
                    more.add_command(context, &command, "pyproject.toml");
                }
                more
            }
            "hatch-rs" | "pyo3" => plugin_plan(context, hook)?,
            name if ["rust", "cargo", "pyo3", "maturin"]
                .iter()
                .any(|part| name.contains(part)) =>
            {
                plan.unread.push(format!(
                    "pyproject.toml: hatchling's hook `{name}`, whose rules aren't known"
                ));
                continue;
            }
            _ => continue,
        };
        plan.modules.extend(more.modules);
        plan.requires.extend(more.requires);
        plan.unread.extend(more.unread);
    }
    Ok(plan)
}

/// The table of hatch-rs or of hatchling-pyo3-plugin.
fn plugin_plan(context: Context<'_>, hook: &Value) -> Result<BackendPlan, ProjectError> {
    let text = |keys: &[&str]| {
        let mut values = keys.iter().filter_map(|key| hook.get(key));
        values.find_map(Value::as_str)
    };
    let path = text(&["manifest-path", "manifest_path", "path"]).unwrap_or(".");
    let place = context.files.display(&context.path("pyproject.toml"));
    let manifest = context.named(path, &place, "tool.hatch.build.hooks")?;
    let mut plan = BackendPlan::default();
    plan.modules.push(Module {
        name: text(&["module", "module-name"]).map(str::to_owned),
        rule: RootRule::HatchHook,
        ..Module::at(manifest)
    });
    Ok(plan)
}

/// `dependencies` of a table.
fn dependencies(table: &Value) -> Vec<String> {
    let list = table.get("dependencies").and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// hatch-build-scripts: `scripts = [{ commands = [...], work_dir = "..." }]`.
fn scripts(hook: &Value) -> Vec<BuildCommand> {
    let scripts = hook.get("scripts").and_then(Value::as_array);
    let mut found = Vec::new();
    for script in scripts.into_iter().flatten() {
        let folder = script
            .get("work_dir")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let commands = script.get("commands").and_then(Value::as_array);
        for command in commands.into_iter().flatten().filter_map(Value::as_str) {
            let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
            found.extend(
                BuildCommand::from_words(&words, 1).map(|command| BuildCommand {
                    folder: folder.clone(),
                    ..command
                }),
            );
        }
    }
    found
}

/// Reads a build script: `RustExtension` as in a `setup.py`, else the calls
/// of cargo and maturin.
fn script_plan(context: Context<'_>, script: Option<&str>) -> Result<BackendPlan, ProjectError> {
    let mut plan = BackendPlan::default();
    let path = script.and_then(|script| join_inside(context.root, script));
    let Some((path, text)) = path.and_then(|path| {
        let text = context.files.text(&path).ok()??;
        Some((path, text))
    }) else {
        return Ok(plan);
    };
    let read = context.situation(&path, "__main__", |s| python::read_setup_py(text, s));
    match read {
        Ok(script) => {
            plan.modules = setuptools::extensions(context, &script, &path)?;
            for module in &mut plan.modules {
                module.rule = RootRule::BuildScript;
            }
        }
        Err(note) => plan.unread.push(located(&path, &note)),
    }
    if plan.modules.is_empty() {
        plan.add_commands(context, &path, text);
    }
    Ok(plan)
}

impl BackendPlan {
    /// Adds what the calls of cargo and maturin in a script build.
    pub(super) fn add_commands(&mut self, context: Context<'_>, file: &Utf8Path, text: &str) {
        let read = context.situation(file, "__main__", |s| python::read_commands(text, s));
        match read {
            Ok(commands) => {
                for command in commands {
                    self.add_command(context, &command, file.as_str());
                }
            }
            Err(note) => self.unread.push(located(file, &note)),
        }
    }

    /// Adds what one call builds.
    pub(super) fn add_command(&mut self, context: Context<'_>, command: &BuildCommand, file: &str) {
        let mut options = CargoOptions::default();
        options.read_arguments(&command.arguments);
        let place = format!("{file}:{}", command.line);
        let named = options.manifest_path.take();
        let folder = command.folder.as_deref().unwrap_or(".");
        let path = named.unwrap_or_else(|| "Cargo.toml".to_owned());
        let manifest = join_inside(context.root, folder)
            .and_then(|folder| join_inside(&folder, &path))
            .filter(|manifest| context.files.has(manifest));
        let Some(manifest) = manifest else {
            self.unread.push(format!(
                "{place}: a call of cargo or maturin, for a manifest that isn't found"
            ));
            return;
        };
        let manifest = options
            .package
            .as_ref()
            .and_then(|package| package_manifest(context.files, &manifest, package))
            .unwrap_or(manifest);
        if self
            .modules
            .iter()
            .any(|module| module.manifest == manifest)
        {
            return;
        }
        let is_bin = command
            .arguments
            .iter()
            .any(|argument| argument.starts_with("--bin"));
        self.modules.push(Module {
            is_bin,
            rule: RootRule::BuildScript,
            options,
            guess: Some(format!("{place} calls cargo or maturin")),
            ..Module::at(manifest)
        });
    }
}

/// The manifest of the member that `--package` names, in the workspace of
/// another manifest.
fn package_manifest(
    files: &SourceFiles,
    manifest: &Utf8Path,
    package: &str,
) -> Option<Utf8PathBuf> {
    let root = find_workspace_root(files, manifest).ok()?;
    let workspace = CargoManifest::read(files, &join(&root, "Cargo.toml")).ok()?;
    let workspace = workspace.workspace.as_ref();
    let members = workspace
        .map(|w| members(files, &root, w))
        .unwrap_or_default();
    members
        .into_iter()
        .chain([root])
        .map(|folder| join(&folder, "Cargo.toml"))
        .find(|path| {
            let manifest = CargoManifest::read(files, path);
            manifest.is_ok_and(|manifest| manifest.name.as_deref() == Some(package))
        })
}
