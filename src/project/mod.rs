//! What a Python project with Rust in it says about itself.
//!
//! Everything here is pure: [`SourceFiles`] comes in (names and texts that
//! [`crate::io`] read from a folder or an sdist), facts come out.

mod backend;
mod crate_source;
mod error;
mod files;
mod git_url;
mod local_crates;
mod lock;
mod lock_state;
mod manifest;
mod metadata;
mod name;
mod options;
mod pyo3;
mod pyproject;
mod python_metadata;
mod roots;
pub(crate) mod setup_cfg;
mod source_kind;
mod surroundings;
mod workspace;

pub use crate_source::{CrateSource, GitReference, GitSource, RegistrySource};
pub use error::ProjectError;
pub(crate) use files::join_inside;
pub use files::{MAX_PATH, SourceFiles, is_read, join, way};
pub use git_url::{is_local, submodule_url, url_problem, without_credentials};
pub use local_crates::LocalCrates;
pub use lock::{GitRevision, LockFile, LockedCrate};
pub use lock_state::LockState;
pub use manifest::CargoManifest;
pub use metadata::Metadata;
pub use name::{CrateName, PythonName};
pub use options::CargoOptions;
pub use pyo3::Pyo3;
pub use pyproject::Pyproject;
pub use python_metadata::PackageIdentity;
pub use roots::{RootRule, RustModule, RustProject};
pub use source_kind::SourceKind;
pub use surroundings::Surroundings;
pub use workspace::{belongs_to, find_workspace_root};

use camino::{Utf8Path, Utf8PathBuf};

use backend::Context;

/// The joined view of a project: its Python side and its Rust side.
#[derive(Debug)]
pub struct Project {
    /// Name and version of the Python package.
    pub identity: PackageIdentity,
    /// What `pyproject.toml` says; the defaults of PEP 517 where there is none.
    pub pyproject: Pyproject,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub python_root: Utf8PathBuf,
    /// The folders that cargo builds in, in the backend's order.
    pub rust: Vec<RustProject>,
    /// What the backend's hooks add to `[build-system].requires`.
    pub hook_requires: Vec<String>,
    /// What says how it is built and couldn't be read, and where.
    pub unread: Vec<String>,
}

impl Project {
    /// Reads the project whose `pyproject.toml` is in the folder `root`, to be
    /// built for `CPython` 3.`python_minor`.
    ///
    /// # Errors
    /// Where there is no Python project, or a file of it is wrong.
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
        let rust = roots::rust_projects(files, plan.modules)?;
        let module = rust.first().and_then(|project| project.modules.first());
        let identity = PackageIdentity::find((files, root), &pyproject, (plan.identity, module))?;
        Ok(Self {
            identity,
            pyproject,
            python_root: root.to_owned(),
            rust,
            hook_requires: plan.requires,
            unread: plan.unread,
        })
    }

    /// `requires-python` of `pyproject.toml`, else of `PKG-INFO` or
    /// `setup.cfg`.
    #[must_use]
    pub fn requires_python(&self, files: &SourceFiles) -> Option<String> {
        let text = |name| files.text(&join(&self.python_root, name)).ok().flatten();
        let pkg_info = || python_metadata::header(text("PKG-INFO")?, "Requires-Python");
        let setup_cfg = || setup_cfg::value(text("setup.cfg")?, "options", "python_requires");
        let own = self.pyproject.requires_python.clone();
        own.or_else(pkg_info).or_else(setup_cfg)
    }

    /// The folder that cargo builds in, the one at `cargo_root` if that is
    /// asked for.
    ///
    /// # Errors
    /// Where the project has none, none there, or several to choose from.
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
