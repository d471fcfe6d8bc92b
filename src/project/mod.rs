//! What a Python project with Rust in it says about itself.
//!
//! Everything here is pure: [`SourceFiles`] (names and contents of files, which
//! [`crate::io`] reads from a folder or an sdist) goes in, facts come out.

mod backend;
mod build_environment;
mod cargo_lock;
mod crate_source;
mod error;
mod files;
mod git_url;
mod guards;
mod identity;
mod includes;
mod local_crates;
mod lock_entries;
mod lock_state;
mod manifest;
mod metadata;
mod missing;
mod model;
mod name;
mod options;
mod paths;
mod pkg_info;
mod problems;
mod pyo3;
mod pyproject;
mod roots;
pub(crate) mod setup_cfg;
mod source_kind;
mod submodules;
mod toml_strings;
mod workspace;

pub use build_environment::{BuildEnvironment, CargoConfig, NATIVE_CPU};
pub use cargo_lock::{CargoLock, GitRevision, LockedCrate};
pub use crate_source::{CrateSource, GitReference, GitSource, RegistrySource};
pub use error::ProjectError;
pub use files::{SourceFiles, is_read};
pub use git_url::{is_local, submodule_url, url_problem, without_credentials};
pub use guards::{is_cargos_lock, is_version, require_name, visible};
pub use includes::{INCLUDES_LENGTH, Include, is_compiled, read_includes};
pub use local_crates::LocalCrates;
pub use lock_state::LockState;
pub use manifest::CargoManifest;
pub use metadata::Metadata;
pub use model::{BuildSettings, Project};
pub use name::{CrateVersion, PythonName};
pub use options::CargoOptions;
pub(crate) use paths::join_inside;
pub use paths::{MAX_PATH, join, relative_path};
pub use problems::{Guess, ManifestProblem, Unread, broken_help};
pub use pyproject::Pyproject;
pub use roots::{RustModule, RustProject};
pub use source_kind::SourceKind;
pub use submodules::{GITMODULES, submodule_paths};
pub(crate) use toml_strings::strings_in_array;
pub use workspace::{belongs_to, find_workspace_root};
