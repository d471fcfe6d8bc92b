//! setuptools with setuptools-rust: the table of `pyproject.toml`
//! (`setuptools_ext.pyprojecttoml_config`), which stands in for what
//! `setup.py` hands to `setup`.

use camino::{Utf8Path, Utf8PathBuf};

use super::{BackendPlan, Context, Module, located, maturin};
use crate::project::options::CargoOptions;
use crate::project::{CargoManifest, ProjectError, PythonName, RootRule, setup_cfg};
use crate::python::{self, Extension, SetupScript};

pub(super) fn plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let mut plan = BackendPlan::default();
    let setup_cfg = context
        .files
        .text(&context.path("setup.cfg"))?
        .unwrap_or_default();
    plan.requires = setup_cfg::list(setup_cfg, "options", "setup_requires");
    let file = context.path("setup.py");
    let text = context.files.text(&file)?;
    let script = text.map_or_else(SetupScript::default, |text| {
        let read = context.situation(&file, "__main__", |s| python::read_setup_py(text, s));
        read.unwrap_or_else(|note| {
            plan.unread.push(located(&file, &note));
            SetupScript::default()
        })
    });
    if differs_on_macos(context, &file, text, &script) {
        let what = "on macOS, it builds or asks for something else";
        plan.unread.push(format!("{file}: {what}"));
    }
    plan.identity = (script.name.clone(), script.version.clone());
    plan.requires.extend(hook_requires(context, &file, text));
    let notes = script.unread_requires.iter();
    plan.unread
        .extend(notes.map(|note| format!("{} in `setup_requires`", located(&file, note))));
    plan.modules = table(context)?;
    if plan.modules.is_empty() {
        plan.modules = extensions(context, &script, &file)?;
        plan.unread
            .extend(script.unread.iter().map(|note| located(&file, note)));
    }
    if let (true, Some(text)) = (plan.modules.is_empty(), text) {
        plan.add_commands(context, &file, text);
    }
    if plan.modules.is_empty() {
        plan.modules.extend(guess(context, &plan)?);
    }
    Ok(plan)
}

/// What such a project builds that doesn't say how.
fn guess(context: Context<'_>, plan: &BackendPlan) -> Result<Option<Module>, ProjectError> {
    if uses_setuptools_rust(context, plan) {
        let why = "it asks for setuptools-rust, but no extension can be read";
        return Ok(context.obvious_place(why));
    }
    if context.pyproject.tool(&["maturin"]).is_some() {
        let module = maturin::plan(context)?.modules.into_iter().next();
        let why = "there is a `[tool.maturin]`, but the build backend isn't maturin";
        return Ok(module.map(|module| Module {
            guess: Some(why.to_owned()),
            ..module
        }));
    }
    Ok(None)
}

/// Whether a `setup.py` hands something else to `setup` on macOS.
fn differs_on_macos(
    context: Context<'_>,
    file: &Utf8Path,
    text: Option<&str>,
    on_linux: &SetupScript,
) -> bool {
    let Some(text) = text else {
        return false;
    };
    let read = context.situation(file, "__main__", |situation| {
        let platform = python::Platform::MACOS;
        python::read_setup_py(
            text,
            &python::Situation {
                platform,
                ..*situation
            },
        )
    });
    read.is_ok_and(|script| script != *on_linux)
}

/// `setup_requires`, which setuptools' hook gets by running `setup.py
/// egg_info`.
fn hook_requires(context: Context<'_>, file: &Utf8Path, text: Option<&str>) -> Vec<String> {
    let Some(text) = text else {
        return Vec::new();
    };
    let read = context.situation(file, "__main__", |situation| {
        let command = "egg_info";
        python::read_setup_py(
            text,
            &python::Situation {
                command,
                ..*situation
            },
        )
    });
    read.map(|script| script.setup_requires).unwrap_or_default()
}

fn uses_setuptools_rust(context: Context<'_>, plan: &BackendPlan) -> bool {
    let mut requires = context.pyproject.requires.iter().chain(&plan.requires);
    requires.any(|requirement| {
        let end = requirement.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'));
        let name = &requirement[..end.unwrap_or(requirement.len())];
        PythonName::new(name).as_str() == "setuptools-rust"
    })
}

/// `[[tool.setuptools-rust.ext-modules]]` and `bins`.
fn table(context: Context<'_>) -> Result<Vec<Module>, ProjectError> {
    let place = context.files.display(&context.path("pyproject.toml"));
    let table = &context.pyproject.setuptools_rust;
    let modules = table.ext_modules.iter().map(|extension| (extension, false));
    let bins = table.bins.iter().map(|extension| (extension, true));
    let mut found = Vec::new();
    for (extension, is_bin) in modules.chain(bins) {
        let path = extension.path.as_deref().unwrap_or("Cargo.toml");
        let mut options = CargoOptions {
            features: extension.features.clone(),
            ..CargoOptions::default()
        };
        options.read_arguments(&extension.args);
        options.read_arguments(&extension.cargo_manifest_args);
        found.push(Module {
            manifest: context.named(path, &place, "tool.setuptools-rust")?,
            name: extension.target.names().into_iter().next(),
            is_bin: is_bin || extension.binding.as_deref() == Some("Exec"),
            rule: RootRule::SetuptoolsRust,
            options,
            guess: None,
        });
    }
    Ok(found)
}

/// The extensions of a `setup.py` or of a build script.
pub(super) fn extensions(
    context: Context<'_>,
    script: &SetupScript,
    file: &Utf8Path,
) -> Result<Vec<Module>, ProjectError> {
    let mut found = Vec::new();
    for extension in &script.extensions {
        let place = format!("{}:{}", context.files.display(file), extension.line);
        let mut guess = script.unread.first().map(|note| located(file, note));
        let manifest = if let Some(path) = &extension.path {
            match context.named(path, &place, "path") {
                Ok(manifest) => Some(manifest),
                // Where the path is a guess too, it names nothing.
                Err(_) if guess.is_some() => None,
                Err(error) => return Err(error),
            }
        } else {
            let note = extension.unread.first();
            guess = note.map(|note| located(file, note));
            likely_manifest(context, extension)
        };
        let Some(manifest) = manifest else {
            continue;
        };
        let mut options = CargoOptions {
            features: extension.features.clone(),
            ..CargoOptions::default()
        };
        options.read_arguments(&extension.args);
        found.push(Module {
            manifest,
            name: extension.targets.first().cloned(),
            is_bin: extension.is_bin,
            rule: RootRule::SetupPy,
            options,
            guess,
        });
    }
    Ok(found)
}

/// The manifest whose library has the extension's name, else the one that
/// makes a Python module.
fn likely_manifest(context: Context<'_>, extension: &Extension) -> Option<Utf8PathBuf> {
    let target = extension.targets.first()?;
    let target = target
        .rsplit('.')
        .next()
        .unwrap_or(target)
        .replace('-', "_");
    let manifests: Vec<_> = context
        .files
        .paths()
        .filter(|path| {
            path.file_name() == Some("Cargo.toml") && path.starts_with(context.root_prefix())
        })
        .filter(|path| !is_aside(path))
        .filter_map(|path| Some((path, CargoManifest::read(context.files, path).ok()?)))
        .collect();
    let is_called = |manifest: &CargoManifest| {
        let name = manifest.lib_name.as_ref().or(manifest.name.as_ref());
        name.is_some_and(|name| name.replace('-', "_") == target)
    };
    manifests
        .iter()
        .find(|(_, manifest)| is_called(manifest))
        .or_else(|| manifests.iter().find(|(_, manifest)| manifest.is_cdylib))
        .or_else(|| manifests.first())
        .map(|(path, _)| (*path).to_owned())
}

/// Whether a crate lies where none that is built does: vendored, of the
/// documentation, of tests.
fn is_aside(path: &Utf8Path) -> bool {
    path.components().any(|component| {
        matches!(
            component.as_str(),
            "vendor"
                | "vendored"
                | "third_party"
                | "include"
                | "docs"
                | "doc"
                | "examples"
                | "tests"
                | "test"
                | "fuzz"
                | "benches"
        )
    })
}
