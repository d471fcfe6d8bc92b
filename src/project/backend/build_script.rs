//! Crates that Python files build: `RustExtension`s of setuptools-rust in a
//! `setup.py` or a build script, and calls of cargo and maturin.

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};

use super::context::Context;
use super::maturin;
use super::plan::{BackendPlan, PlannedModule, RootRule, unread_python};
use crate::project::error::ProjectError;
use crate::project::files::SourceFiles;
use crate::project::options::CargoOptions;
use crate::project::paths::{join, join_inside};
use crate::project::problems::{Guess, Unread, UnreadPart};
use crate::project::workspace::{find_workspace_root, members};
use crate::python::{self, BuildCommand, Extension, SetupScript, Tool};

/// Folders with crates that aren't built: vendored ones, documentation, tests.
const ASIDE: [&str; 11] = [
    "vendor",
    "vendored",
    "third_party",
    "include",
    "docs",
    "doc",
    "examples",
    "tests",
    "test",
    "fuzz",
    "benches",
];

/// Reads a build script: its `RustExtension`s if there are any, otherwise its
/// calls of cargo and maturin. A script that doesn't exist builds nothing.
pub(super) fn plan(
    context: Context<'_>,
    script: Option<&str>,
) -> Result<BackendPlan, ProjectError> {
    let mut plan = BackendPlan::default();
    let path = script.and_then(|script| join_inside(context.root, script));
    let Some((path, text)) = path.and_then(|path| {
        let text = context.files.text(&path).ok()??;
        Some((path, text))
    }) else {
        return Ok(plan);
    };
    let called = with_setup(text);
    let read = context.with_situation(&path, "__main__", |s| python::read_setup_py(&called, &s));
    match read {
        Ok(script) => {
            plan.modules = extension_modules(context, &script, &path)?;
            for module in &mut plan.modules {
                module.rule = RootRule::BuildScript;
            }
        }
        Err(note) => plan.add_notes(&path, [&note]),
    }
    if plan.modules.is_empty() {
        add_commands(&mut plan, context, &path, text);
    }
    Ok(plan)
}

/// Functions of build scripts that change the arguments of `setup`, and the
/// arguments that Poetry and PDM call them with.
const SETUP_HOOKS: [(&str, &str); 2] = [
    ("build", "(setup_kwargs)"),
    ("pdm_build_update_setup_kwargs", "(None, setup_kwargs)"),
];

/// Adds the calls that Poetry and PDM write into the `setup.py` that they
/// generate: of the script's hook, and of `setup` with what the hook left. A
/// `build` without a parameter is the script's own.
fn with_setup(text: &str) -> Cow<'_, str> {
    let is_defined = |name: &str| {
        let mut lines = text.lines();
        lines.any(|line| {
            let parameters = line
                .strip_prefix("def ")
                .and_then(|line| line.trim_start().strip_prefix(name))
                .and_then(|line| line.trim_start().strip_prefix('('));
            parameters.is_some_and(|parameters| !parameters.trim_start().starts_with(')'))
        })
    };
    let hook = SETUP_HOOKS.iter().find(|(name, _)| is_defined(name));
    hook.map_or(Cow::Borrowed(text), |(name, arguments)| {
        format!("{text}\nsetup_kwargs = {{}}\n{name}{arguments}\nsetup(**setup_kwargs)\n").into()
    })
}

/// Adds what the calls of cargo and maturin in a Python file build.
pub(super) fn add_commands(
    plan: &mut BackendPlan,
    context: Context<'_>,
    file: &Utf8Path,
    text: &str,
) {
    let read = context.with_situation(file, "__main__", |s| python::read_commands(text, &s));
    match read {
        Ok(commands) => {
            for command in &commands {
                add_command(plan, context, file, command);
            }
        }
        Err(note) => plan.add_notes(file, [&note]),
    }
}

/// Adds what one call builds.
pub(super) fn add_command(
    plan: &mut BackendPlan,
    context: Context<'_>,
    file: &Utf8Path,
    command: &BuildCommand,
) {
    let mut options = CargoOptions::default();
    options.read_arguments(&command.arguments);
    let folder = command.folder.as_deref().unwrap_or(".");
    let path = options.manifest_path.take();
    let guess = Guess::BuildScript {
        file: file.to_owned(),
        line: command.line,
    };
    if command.tool == Tool::Maturin && path.is_none() && command.folder.is_none() {
        // It finds the manifest by its own rules.
        for module in maturin::plan(context)
            .into_iter()
            .flat_map(|plan| plan.modules)
        {
            plan.add_once(PlannedModule {
                guess: module.guess.clone().or_else(|| Some(guess.clone())),
                ..module
            });
        }
        if !plan.modules.is_empty() {
            return;
        }
    }
    let path = path.as_deref().unwrap_or("Cargo.toml");
    let manifest = join_inside(context.root, folder)
        .and_then(|folder| manifest_at(context, &folder, path))
        .and_then(|manifest| {
            if context.files.has(&manifest) {
                return Some(manifest);
            }
            Some(context.made_by_backend(&manifest)?.path)
        });
    let Some(manifest) = manifest else {
        let line = Some(command.line);
        plan.unread
            .push(Unread::new(file, line, UnreadPart::BuildCommand));
        return;
    };
    let package = options.package.as_deref();
    let manifest = package
        .and_then(|package| package_manifest(context.files, &manifest, package))
        .unwrap_or(manifest);
    plan.add_once(PlannedModule {
        is_bin: command.arguments.iter().any(|arg| arg.starts_with("--bin")),
        options,
        guess: Some(guess),
        ..PlannedModule::new(manifest, RootRule::BuildScript)
    });
}

/// Returns the manifest that a command in a folder names: cargo looks for
/// `Cargo.toml` in the folders above too.
fn manifest_at(context: Context<'_>, folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    if path != "Cargo.toml" {
        return join_inside(folder, path);
    }
    let ancestors = folder.ancestors().map(|above| match above.as_str() {
        "" => Utf8Path::new("."),
        _ => above,
    });
    let mut manifests = ancestors.map(|above| join(above, path));
    manifests
        .find(|manifest| context.files.has(manifest))
        .or_else(|| join_inside(folder, path))
}

/// Returns the manifest of the package that `--package` names, in the
/// workspace of `manifest`.
fn package_manifest(
    files: &SourceFiles,
    manifest: &Utf8Path,
    package: &str,
) -> Option<Utf8PathBuf> {
    let root = find_workspace_root(files, manifest).ok()?;
    let root_manifest = files.manifest(&join(&root, "Cargo.toml")).ok()?;
    let workspace = root_manifest.workspace.as_ref();
    let members = workspace.map(|workspace| members(files, &root, workspace));
    members
        .unwrap_or_default()
        .into_iter()
        .chain([root])
        .map(|folder| join(&folder, "Cargo.toml"))
        .find(|path| {
            let manifest = files.manifest(path);
            manifest.is_ok_and(|manifest| manifest.name.as_deref() == Some(package))
        })
}

/// Returns the extensions of a `setup.py` or of a build script.
pub(super) fn extension_modules(
    context: Context<'_>,
    script: &SetupScript,
    file: &Utf8Path,
) -> Result<Vec<PlannedModule>, ProjectError> {
    let mut modules = Vec::new();
    for extension in &script.extensions {
        let place = format!("{}:{}", context.files.display(file), extension.line);
        let (manifest, unread) = match &extension.path {
            Some(path) => {
                let unread = script.unread.first();
                match context.named_manifest(path, &place, "path") {
                    Ok(manifest) => (Some(manifest.path), unread),
                    // The path may be one of several that `setup.py` chooses from.
                    Err(_) if unread.is_some() => (None, unread),
                    Err(error) => return Err(error),
                }
            }
            None => (
                likely_manifest(context, extension),
                extension.unread.first(),
            ),
        };
        let Some(manifest) = manifest else {
            continue;
        };
        let mut options = CargoOptions {
            features: extension.features.clone(),
            ..CargoOptions::default()
        };
        options.read_arguments(&extension.args);
        modules.push(PlannedModule {
            name: extension.targets.first().cloned(),
            is_bin: extension.is_bin,
            options,
            guess: unread.map(|note| Guess::Unread(unread_python(file, note))),
            ..PlannedModule::new(manifest, RootRule::SetupPy)
        });
    }
    Ok(modules)
}

/// Returns the manifest whose library has the extension's name, otherwise the
/// first that makes a Python module, otherwise the first.
fn likely_manifest(context: Context<'_>, extension: &Extension) -> Option<Utf8PathBuf> {
    let target = extension.targets.first()?;
    let target = target.rsplit('.').next().unwrap_or(target);
    let target = target.replace('-', "_");
    let is_aside = |path: &Utf8Path| path.components().any(|part| ASIDE.contains(&part.as_str()));
    let manifests: Vec<_> = context
        .files_named("Cargo.toml")
        .filter(|path| !is_aside(path))
        .filter_map(|path| Some((path, context.files.manifest(path).ok()?)))
        .collect();
    let by_name = manifests.iter().find(|(_, manifest)| {
        let name = manifest.lib_name.as_ref().or(manifest.name.as_ref());
        name.is_some_and(|name| name.replace('-', "_") == target)
    });
    by_name
        .or_else(|| manifests.iter().find(|(_, manifest)| manifest.is_cdylib))
        .or_else(|| manifests.first())
        .map(|(path, _)| (*path).to_owned())
}
