//! maturin: `ProjectResolver::resolve_manifest_paths` and
//! `CargoOptions::merge_with_pyproject_toml` of its source, version 1.16.

use camino::Utf8PathBuf;

use super::{BackendPlan, Context, Module};
use crate::project::options::CargoOptions;
use crate::project::{ProjectError, RootRule};

pub(super) fn plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let maturin = &context.pyproject.maturin;
    let mut plan = BackendPlan::default();
    // Its own `get_requires_for_build_wheel`; `puccinialin` is for machines
    // without cargo.
    if maturin.bindings.as_deref() == Some("cffi") {
        plan.requires.push("cffi".to_owned());
    }
    let (options, manifest_argument) = options(context);
    let found = match &manifest_argument {
        Some(path) => {
            let place = context.files.display(&context.path("pyproject.toml"));
            Some((
                context.named(path, &place, "build-args")?,
                RootRule::BuildArguments,
            ))
        }
        None => find_manifest(context)?,
    };
    let module = match found {
        Some((manifest, rule)) => Some(Module {
            rule,
            ..Module::at(manifest)
        }),
        None => context.obvious_place("maturin finds no manifest without `--manifest-path`"),
    };
    plan.modules.extend(module.map(|module| Module {
        name: maturin.module_name.clone(),
        is_bin: maturin.bindings.as_deref() == Some("bin"),
        options,
        ..module
    }));
    Ok(plan)
}

fn find_manifest(context: Context<'_>) -> Result<Option<(Utf8PathBuf, RootRule)>, ProjectError> {
    if let Some(path) = &context.pyproject.maturin.manifest_path {
        let place = context.files.display(&context.path("pyproject.toml"));
        let manifest = context.named(path, &place, "tool.maturin.manifest-path")?;
        return Ok(Some((manifest, RootRule::MaturinManifestPath)));
    }
    let src_layout = context.path("rust/Cargo.toml");
    if context.files.has(&src_layout) && has_python_in_src(context) {
        return Ok(Some((src_layout, RootRule::MaturinSrcLayout)));
    }
    let root = context.path("Cargo.toml");
    Ok(context
        .files
        .has(&root)
        .then_some((root, RootRule::SourceRoot)))
}

/// `rust/Cargo.toml` goes before the root's where Python has a source folder
/// of its own.
fn has_python_in_src(context: Context<'_>) -> bool {
    let maturin = &context.pyproject.maturin;
    let init = |name: &str| context.path(&format!("src/{name}/__init__.py"));
    let Some(name) = &context.pyproject.project_name else {
        return maturin.python_source.is_some();
    };
    let packages = maturin.python_packages.iter().flatten();
    maturin.python_source.is_some()
        || context.files.has(&init(&name.replace('-', "_")))
        || packages
            .into_iter()
            .any(|package| context.files.has(&init(package)))
}

/// What cargo is told. Arguments on the command line, which uv passes on
/// from `config-settings`, go before the table.
fn options(context: Context<'_>) -> (CargoOptions, Option<String>) {
    let maturin = &context.pyproject.maturin;
    let mut options = CargoOptions::default();
    options.read_arguments(&context.pyproject.build_arguments);
    let manifest = options.manifest_path.take();
    // Before maturin 0.13.
    options.read_arguments(&maturin.cargo_extra_args);
    if options.features.is_empty() {
        let on = maturin.features.iter().flatten();
        options.features = on
            .filter_map(|f| f.for_python(context.python_minor))
            .collect();
    }
    options.no_default_features |= maturin.no_default_features;
    options.all_features |= maturin.all_features;
    options.locked |= maturin.locked || maturin.frozen;
    options.profile = options.profile.or_else(|| maturin.profile.clone());
    (options, manifest)
}
