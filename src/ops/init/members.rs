//! The members of a workspace, and which of them the development shell can
//! import from the working copy.
//!
//! uv2nix has the build backend make an editable wheel in the sandbox. A backend
//! that compiles writes its module to the source tree, which is deleted with the
//! sandbox, so that the package can't be imported. Such packages are installed
//! like in the package set.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::io::Session;
use crate::io::paths::{full_path, join_below};
use crate::io::write::read_text;
use crate::nix::flake::Shell;
use crate::ops::load::{Loaded, Request};
use crate::ops::locked::Asked;
use crate::options::Setting;
use crate::project::{PythonName, SourceFiles, join};
use crate::python_build::LocalRequirements;
use crate::python_lock::{DefaultGroups, LockedSource, PythonLock};
use crate::target::Python;

/// Backends that compile nothing.
const PURE: [&str; 5] = ["uv_build", "hatchling", "flit_core", "pdm", "poetry"];

/// Facts about the members of a workspace.
#[derive(Default)]
pub(super) struct Members {
    /// How the development shell has them.
    pub shell: Shell,
    /// `tool.uv.default-groups` by member.
    pub default_groups: BTreeMap<PythonName, DefaultGroups>,
    /// Their build systems that the package set lacks.
    pub missing_build_systems: BTreeSet<PythonName>,
    /// The members that contain Rust.
    pub with_rust: Vec<String>,
}

impl Members {
    /// Reads the members below a folder.
    pub(super) fn read(
        folder: &Utf8Path,
        lock: &PythonLock,
        asked: &Asked,
        session: &Session,
    ) -> Self {
        let mut found = Self {
            default_groups: default_groups(folder, lock),
            ..Self::default()
        };
        let python = asked.python_minor();
        found.shell.has_others = lock.has_folders();
        for (name, below) in lock.members() {
            let name = name.to_string();
            let Some(loaded) = load(folder, below, python, session) else {
                found.shell.has_others = true;
                continue;
            };
            let requires = &loaded.project.pyproject.requires;
            let requirements = LocalRequirements::resolve(requires, &asked.sets);
            found.missing_build_systems.extend(requirements.missing);
            if !loaded.project.rust.is_empty() {
                found.with_rust.push(name.clone());
            }
            if is_pure(&loaded) {
                if backend(&loaded) == "hatchling" {
                    found.shell.with_editables.push(name.clone());
                }
                found.shell.editable.push(name);
            } else {
                found.shell.has_others = true;
            }
        }
        found.shell.has_rust = !found.with_rust.is_empty();
        found
    }
}

/// Returns the default groups of all members, including virtual ones.
fn default_groups(folder: &Utf8Path, lock: &PythonLock) -> BTreeMap<PythonName, DefaultGroups> {
    let groups = lock.packages.iter().filter_map(|package| {
        let (LockedSource::Editable(below) | LockedSource::Virtual(below)) = &package.source else {
            return None;
        };
        let place = below_folder(folder, below)?;
        let text = read_text(&join_below(&place, "pyproject.toml")).ok()??;
        Some((package.name.clone(), DefaultGroups::read(&text)?))
    });
    groups.collect()
}

/// Returns the path of a member; `None` if it isn't below the folder.
fn below_folder(folder: &Utf8Path, member: &Utf8Path) -> Option<Utf8PathBuf> {
    let path = if member == "." {
        folder.to_owned()
    } else {
        folder.join(member)
    };
    let (top, place) = (full_path(folder).ok()??, full_path(&path).ok()??);
    place.starts_with(top).then_some(path)
}

/// Reads a member; `None` if it isn't below the folder or can't be read. Its
/// build will report the error.
fn load(
    folder: &Utf8Path,
    member: &Utf8Path,
    python: Option<u8>,
    session: &Session,
) -> Option<Loaded> {
    let mut request = Request {
        path: below_folder(folder, member)?,
        ..Request::default()
    };
    request.options.target.python = python.map(Python::regular).map(Setting::new);
    Loaded::read(&request, session).ok()
}

fn backend(loaded: &Loaded) -> &str {
    let backend = &loaded.project.pyproject.build_backend;
    backend.split([':', '.']).next().unwrap_or_default()
}

fn is_pure(loaded: &Loaded) -> bool {
    let project = &loaded.project;
    if !project.rust.is_empty() || !project.unread.is_empty() {
        return false;
    }
    match backend(loaded) {
        "setuptools" => !compiles(&loaded.files, &project.python_root),
        backend => PURE.contains(&backend),
    }
}

/// Returns whether setuptools has extension modules to compile.
fn compiles(files: &SourceFiles, root: &Utf8Path) -> bool {
    let words = ["ext_modules", "ext-modules", "cffi_modules"];
    ["setup.py", "pyproject.toml"].iter().any(|name| {
        let text = files.text(&join(root, name)).ok().flatten();
        let text = text.unwrap_or_default();
        words.iter().any(|word| text.contains(word))
    })
}
