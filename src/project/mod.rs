//! What a Python project with Rust in it says about itself.
//!
//! Everything here is pure: [`SourceFiles`] comes in (names and texts that
//! [`crate::io`] read from a folder or an sdist), facts come out.

mod error;
mod files;
mod lock;
mod manifest;
mod name;
mod pyproject;
mod python_metadata;
mod roots;
mod workspace;

pub use error::{FileText, ProjectError};
pub use files::{MAX_PATH, SourceFiles, is_read, join};
pub use lock::{CrateSource, GitSource, LockFile, LockedCrate};
pub use manifest::CargoManifest;
pub use name::{CrateName, PythonName};
pub use pyproject::{LEGACY_BACKEND, Pyproject};
pub use python_metadata::PackageIdentity;
pub use roots::{RootRule, RustRoot, find_rust_root};
pub use workspace::{belongs_to, find_workspace_root};

use camino::Utf8PathBuf;

/// The joined view of a project: its Python side and, if it has one, its
/// Rust side.
#[derive(Debug)]
pub struct Project {
    /// Name and version of the Python package.
    pub identity: PackageIdentity,
    /// What `pyproject.toml` says; the defaults of PEP 517 where there is none.
    pub pyproject: Pyproject,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub python_root: Utf8PathBuf,
    /// The Rust side.
    pub rust: Option<RustProject>,
}

/// The crate that becomes the Python module, and what it is built with.
#[derive(Debug)]
pub struct RustProject {
    /// Where the crate, its workspace and its lock are.
    pub root: RustRoot,
    /// The crate's manifest.
    pub manifest: CargoManifest,
    /// The crate's version, inherited ones filled in.
    pub version: Option<String>,
    /// The lock; `None` where the file is missing.
    pub lock: Option<LockFile>,
}

impl Project {
    /// Reads the project whose `pyproject.toml` is at the source root.
    ///
    /// # Errors
    /// Where there is no Python project, or a file of it is wrong.
    pub fn read(files: &SourceFiles) -> Result<Self, ProjectError> {
        let pyproject = Pyproject::read(files)?;
        let rust = match find_rust_root(files, &pyproject)? {
            Some(root) => Some(RustProject::read(files, root)?),
            None => None,
        };
        let identity = PackageIdentity::find(files, &pyproject, rust.as_ref())?;
        Ok(Self {
            identity,
            pyproject,
            python_root: Utf8PathBuf::from("."),
            rust,
        })
    }

    /// The Rust side.
    ///
    /// # Errors
    /// Where the project has none.
    pub fn require_rust(&self, files: &SourceFiles) -> Result<&RustProject, ProjectError> {
        self.rust.as_ref().ok_or_else(|| ProjectError::NoRust {
            place: files.origin().to_owned(),
        })
    }
}

impl RustProject {
    fn read(files: &SourceFiles, root: RustRoot) -> Result<Self, ProjectError> {
        let manifest = CargoManifest::read(files, &root.manifest_path)?;
        let version = match &manifest.version {
            Some(manifest::Version::Own(version)) => Some(version.clone()),
            Some(manifest::Version::Inherited) => {
                let workspace = CargoManifest::read(files, &join(&root.cargo_root, "Cargo.toml"))?;
                workspace.workspace.and_then(|w| w.version)
            }
            None => None,
        };
        let lock = match &root.lock_file {
            Some(path) => Some(LockFile::read(files, path)?),
            None => None,
        };
        Ok(Self {
            root,
            manifest,
            version,
            lock,
        })
    }

    /// The lock.
    ///
    /// # Errors
    /// Where the file is missing, or cargo would use another's outside.
    pub fn require_lock(&self, files: &SourceFiles) -> Result<&LockFile, ProjectError> {
        if let Some(workspace) = &self.root.workspace_above {
            return Err(ProjectError::WorkspaceAbove {
                place: files.origin().to_owned(),
                workspace: workspace.clone(),
            });
        }
        self.lock.as_ref().ok_or_else(|| {
            let root = &self.root.cargo_root;
            let generate = "run `cargo generate-lockfile` in";
            ProjectError::NoLock {
                place: files.display(&join(root, "Cargo.lock")),
                help: if files.is_archive() {
                    format!(
                        "unpack it, {generate} `{root}` of it, then run this on the unpacked folder"
                    )
                } else {
                    format!("{generate} `{}`, then run this again", files.display(root))
                },
            }
        })
    }
}
