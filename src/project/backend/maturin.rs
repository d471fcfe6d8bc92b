//! maturin's rules, by `ProjectResolver::resolve_manifest_paths` and
//! `CargoOptions::merge_with_pyproject_toml` of its source, version 1.16.

use super::context::Context;
use super::plan::{BackendPlan, PlannedModule, RootRule};
use super::staged::FoundManifest;
use crate::project::error::ProjectError;
use crate::project::options::CargoOptions;
use crate::project::problems::Guess;
use crate::python::MATURIN_ARGUMENTS;

pub(super) fn plan(context: Context<'_>) -> Result<BackendPlan, ProjectError> {
    let maturin = &context.pyproject.maturin;
    let mut plan = BackendPlan::default();
    // maturin's `get_requires_for_build_wheel` adds `cffi`; it also adds
    // `puccinialin`, but only on machines without cargo.
    if maturin.bindings.as_deref() == Some("cffi") {
        plan.requires.push("cffi".to_owned());
    }
    let mut options = options(context);
    let named = match options.manifest_path.take() {
        Some(path) => {
            let (place, key) = if context.pyproject.build_arguments.is_empty() {
                (MATURIN_ARGUMENTS.to_owned(), "--manifest-path")
            } else {
                (context.pyproject_place(), "build-args")
            };
            let manifest = context.named_manifest(&path, &place, key)?;
            Some(found(manifest, RootRule::BuildArguments))
        }
        None => find_manifest(context)?,
    };
    let module = named.or_else(|| context.crate_in_obvious_place(Guess::NoMaturinManifest));
    plan.modules.extend(module.map(|module| PlannedModule {
        name: maturin.module_name.clone(),
        is_bin: maturin.bindings.as_deref() == Some("bin"),
        options,
        ..module
    }));
    Ok(plan)
}

fn found(manifest: FoundManifest, rule: RootRule) -> PlannedModule {
    PlannedModule {
        guess: manifest.guess,
        ..PlannedModule::new(manifest.path, rule)
    }
}

fn find_manifest(context: Context<'_>) -> Result<Option<PlannedModule>, ProjectError> {
    if let Some(path) = &context.pyproject.maturin.manifest_path {
        let place = context.pyproject_place();
        let manifest = context.named_manifest(path, &place, "tool.maturin.manifest-path")?;
        return Ok(Some(found(manifest, RootRule::MaturinManifestPath)));
    }
    let src_layout = context.path("rust/Cargo.toml");
    if context.files.has(&src_layout) && has_python_in_src(context) {
        let rule = RootRule::MaturinSrcLayout;
        return Ok(Some(PlannedModule::new(src_layout, rule)));
    }
    let root = context.path("Cargo.toml");
    let is_there = context.files.has(&root);
    Ok(is_there.then(|| PlannedModule::new(root, RootRule::SourceRoot)))
}

/// Returns whether Python has a source folder of its own, so that
/// `rust/Cargo.toml` takes precedence over the root's.
fn has_python_in_src(context: Context<'_>) -> bool {
    let maturin = &context.pyproject.maturin;
    if maturin.python_source.is_some() {
        return true;
    }
    let Some(name) = &context.pyproject.project_name else {
        return false;
    };
    let is_package = |name: &str| {
        let init = context.path(&format!("src/{name}/__init__.py"));
        context.files.has(&init)
    };
    let mut packages = maturin.python_packages.iter().flatten();
    is_package(&name.replace('-', "_")) || packages.any(|package| is_package(package))
}

/// Returns what is passed to cargo. The arguments that uv passes on from
/// `config-settings`, or else those in the environment, take precedence over the
/// table; only they may have a `--manifest-path`.
fn options(context: Context<'_>) -> CargoOptions {
    let maturin = &context.pyproject.maturin;
    let mut options = CargoOptions::default();
    match context.pyproject.build_arguments.as_slice() {
        [] => options.read_arguments(context.maturin_arguments),
        arguments => options.read_arguments(arguments),
    }
    let manifest_path = options.manifest_path.take();
    // `cargo-extra-args` is from before maturin 0.13.
    options.read_arguments(&maturin.cargo_extra_args);
    options.manifest_path = manifest_path;
    if options.features.is_empty() {
        let features = maturin.features.iter().flatten();
        options.features = features
            .filter_map(|feature| feature.for_python(context.python_minor))
            .collect();
    }
    options.no_default_features |= maturin.no_default_features;
    options.all_features |= maturin.all_features;
    options.locked |= maturin.locked || maturin.frozen;
    options.profile = options.profile.or_else(|| maturin.profile.clone());
    options
}
