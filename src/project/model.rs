//! A Python project with Rust in it: its Python side and its Rust side.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;

use super::backend::{self, Context, PlannedModule, RootRule};
use super::error::ProjectError;
use super::files::SourceFiles;
use super::identity::PackageIdentity;
use super::local_crates::LocalCrates;
use super::paths::join;
use super::pkg_info;
use super::problems::Unread;
use super::pyo3::Pyo3;
use super::pyproject::Pyproject;
use super::roots::{RustProject, rust_projects};
use super::setup_cfg;
use crate::target::Toolchains;

#[derive(Debug)]
pub struct Project {
    pub identity: PackageIdentity,
    /// `pyproject.toml`, or PEP 517's defaults if there is none.
    pub pyproject: Pyproject,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub python_root: Utf8PathBuf,
    /// The minor version of Python 3 that the project was read for.
    pub python_minor: u8,
    /// The folders that cargo builds in, in the backend's order.
    pub rust: Vec<RustProject>,
    /// The requirements (PEP 508) that the backend's hooks add to
    /// `[build-system].requires`.
    pub hook_requires: Vec<String>,
    /// What says how the project is built but couldn't be read.
    pub unread: Vec<Unread>,
}

/// What the user decides about the build of a project.
#[derive(Debug, Clone, Default)]
pub struct BuildSettings {
    /// The minor version of Python 3. By default the newest that the project
    /// and its `PyO3` allow.
    pub python_minor: Option<u8>,
    /// The root of a Cargo workspace or a crate where cargo builds too,
    /// whatever the project says.
    pub cargo_root: Option<Utf8PathBuf>,
    /// The words in the variable `MATURIN_PEP517_ARGS`.
    pub maturin_arguments: Vec<String>,
}

impl Project {
    #[cfg(test)]
    pub(crate) fn read(
        files: &SourceFiles,
        root: &Utf8Path,
        python_minor: Option<u8>,
    ) -> Result<Self, ProjectError> {
        let settings = BuildSettings {
            python_minor,
            ..BuildSettings::default()
        };
        Self::read_with(files, root, &settings)
    }

    /// Reads the project whose `pyproject.toml` is in the folder `root`, to be
    /// built with `settings`.
    ///
    /// # Errors
    /// If there is no Python project, or one of its files is wrong.
    pub fn read_with(
        files: &SourceFiles,
        root: &Utf8Path,
        settings: &BuildSettings,
    ) -> Result<Self, ProjectError> {
        let BuildSettings {
            python_minor,
            cargo_root,
            maturin_arguments,
        } = settings;
        let pyproject = Pyproject::read(files, root)?;
        let requires = requires_python(files, root, &pyproject);
        let newest = |pyo3: Option<&Version>| {
            Toolchains::built_in().newest_python(requires.as_deref(), pyo3)
        };
        let was_asked = AtomicBool::new(false);
        let read_rust = |minor: u8| {
            let python_minor = || {
                was_asked.store(true, Ordering::Relaxed);
                minor
            };
            let mut plan = backend::plan(Context {
                files,
                pyproject: &pyproject,
                root,
                python_minor: &python_minor,
                is_root_chosen: cargo_root.is_some(),
                own_backend: &[],
                maturin_arguments,
            })?;
            let modules = std::mem::take(&mut plan.modules);
            let mut rust = rust_projects(files, modules)?;
            if let Some(chosen) = cargo_root {
                rust.extend(chosen_root(files, chosen, &rust)?);
            }
            Ok::<_, ProjectError>((rust, plan))
        };
        let first = python_minor.unwrap_or_else(|| newest(None));
        let (mut rust, mut plan) = read_rust(first)?;
        let mut minor = first;
        if python_minor.is_none() {
            // Only the `Cargo.lock`, which the plan leads to, says which PyO3
            // there is.
            minor = newest(bounding_pyo3(files, rust.first()).as_ref());
            // Most projects build the same for each Python.
            if minor != first && was_asked.load(Ordering::Relaxed) {
                (rust, plan) = read_rust(minor)?;
            }
        }
        let module = rust.first().and_then(|project| project.modules.first());
        let identity = PackageIdentity::find(files, root, &pyproject, plan.identity, module)?;
        Ok(Self {
            identity,
            pyproject,
            python_root: root.to_owned(),
            python_minor: minor,
            rust,
            hook_requires: plan.requires,
            unread: each_once(plan.unread),
        })
    }

    /// Returns the folder that cargo builds in; `cargo_root` chooses one of
    /// several.
    ///
    /// # Errors
    /// If there is none, none at `cargo_root`, or no choice between several.
    pub fn require_rust(
        &self,
        files: &SourceFiles,
        cargo_root: Option<&Utf8Path>,
    ) -> Result<&RustProject, ProjectError> {
        let place = files.origin().to_owned();
        let roots = || self.rust.iter().map(|p| p.cargo_root.to_string()).collect();
        match (&self.rust[..], cargo_root) {
            ([], _) => Err(ProjectError::NoRust {
                place,
                at: self
                    .unread
                    .iter()
                    .find_map(|unread| files.place_of(unread.source_line()?)),
                unread: self.unread.clone(),
            }),
            (projects, Some(root)) => projects
                .iter()
                .find(|project| project.cargo_root == root)
                .ok_or_else(|| ProjectError::NoSuchRoot {
                    place,
                    root: root.to_string(),
                    roots: roots(),
                }),
            ([project], None) => Ok(project),
            (_, None) => Err(ProjectError::SeveralRoots {
                place,
                roots: roots(),
            }),
        }
    }
}

/// Removes repetitions: a script may be read for several hooks.
fn each_once(unread: Vec<Unread>) -> Vec<Unread> {
    let mut seen = HashSet::new();
    let is_new = |unread: &Unread| seen.insert(unread.clone());
    unread.into_iter().filter(is_new).collect()
}

/// Returns the folder that the user chooses, unless the backend builds there or
/// it is no root.
fn chosen_root(
    files: &SourceFiles,
    chosen: &Utf8Path,
    known: &[RustProject],
) -> Result<Option<RustProject>, ProjectError> {
    let manifest = join(chosen, "Cargo.toml");
    if !files.has(&manifest) || known.iter().any(|rust| rust.cargo_root == chosen) {
        return Ok(None);
    }
    let module = PlannedModule::new(manifest, RootRule::CargoRoot);
    let found = rust_projects(files, vec![module])?;
    Ok(found.into_iter().find(|rust| rust.cargo_root == chosen))
}

/// Returns `requires-python` of `pyproject.toml`, otherwise that of `PKG-INFO`
/// or `setup.cfg`.
fn requires_python(files: &SourceFiles, root: &Utf8Path, pyproject: &Pyproject) -> Option<String> {
    let text = |name| files.text(&join(root, name)).ok().flatten();
    let pkg_info = || pkg_info::header(text("PKG-INFO")?, "Requires-Python");
    let setup_cfg = || setup_cfg::value(text("setup.cfg")?, "options", "python_requires");
    let own = pyproject.requires_python.clone();
    own.or_else(pkg_info).or_else(setup_cfg)
}

/// Returns the `PyO3` that a project is built with if it bounds the Python: with
/// `abi3-py39` and its like, it never asks which Python there is.
fn bounding_pyo3(files: &SourceFiles, rust: Option<&RustProject>) -> Option<Version> {
    let rust = rust?;
    let local = LocalCrates::find(files, rust).ok()?;
    let pyo3 = Pyo3::find(rust, &local)?;
    (!pyo3.has_abi3_version).then_some(pyo3.version)
}
