//! A Python project with Rust in it: its Python side and its Rust side.

use camino::{Utf8Path, Utf8PathBuf};

use super::backend::{self, Context};
use super::error::ProjectError;
use super::files::SourceFiles;
use super::identity::PackageIdentity;
use super::paths::join;
use super::pkg_info;
use super::problems::Unread;
use super::pyproject::Pyproject;
use super::roots::{RustProject, rust_projects};
use super::setup_cfg;

#[derive(Debug)]
pub struct Project {
    pub identity: PackageIdentity,
    /// `pyproject.toml`, or PEP 517's defaults if there is none.
    pub pyproject: Pyproject,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub python_root: Utf8PathBuf,
    /// The folders that cargo builds in, in the backend's order.
    pub rust: Vec<RustProject>,
    /// The requirements (PEP 508) that the backend's hooks add to
    /// `[build-system].requires`.
    pub hook_requires: Vec<String>,
    /// What says how the project is built but couldn't be read.
    pub unread: Vec<Unread>,
}

impl Project {
    /// Reads the project whose `pyproject.toml` is in the folder `root`, to be
    /// built for `CPython` 3.`python_minor`.
    ///
    /// # Errors
    /// If there is no Python project, or one of its files is wrong.
    pub fn read(
        files: &SourceFiles,
        root: &Utf8Path,
        python_minor: u8,
    ) -> Result<Self, ProjectError> {
        let pyproject = Pyproject::read(files, root)?;
        let plan = backend::plan(Context {
            files,
            pyproject: &pyproject,
            root,
            python_minor,
        })?;
        let rust = rust_projects(files, plan.modules)?;
        let module = rust.first().and_then(|project| project.modules.first());
        let identity = PackageIdentity::find(files, root, &pyproject, plan.identity, module)?;
        Ok(Self {
            identity,
            pyproject,
            python_root: root.to_owned(),
            rust,
            hook_requires: plan.requires,
            unread: plan.unread,
        })
    }

    /// Returns `requires-python` of `pyproject.toml`, otherwise that of
    /// `PKG-INFO` or `setup.cfg`.
    pub fn requires_python(&self, files: &SourceFiles) -> Option<String> {
        let text = |name| files.text(&join(&self.python_root, name)).ok().flatten();
        let pkg_info = || pkg_info::header(text("PKG-INFO")?, "Requires-Python");
        let setup_cfg = || setup_cfg::value(text("setup.cfg")?, "options", "python_requires");
        let own = self.pyproject.requires_python.clone();
        own.or_else(pkg_info).or_else(setup_cfg)
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
