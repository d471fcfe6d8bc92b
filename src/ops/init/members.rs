//! The members of a workspace: which of them a shell can import from the
//! working copy.
//!
//! uv2nix has the build backend make an editable wheel in the sandbox. Of one
//! that compiles, the module that it puts into the source tree is thrown away
//! with the sandbox, and nothing can be imported. Such a package is installed
//! into the shell as it is built.

use camino::Utf8Path;

use crate::io::Session;
use crate::io::paths::full_path;
use crate::nix::flake::Shell;
use crate::ops::load::{Loaded, Request};
use crate::options::Setting;
use crate::project::{SourceFiles, join};
use crate::python_lock::PythonLock;
use crate::target::Python;

/// Backends that compile nothing.
const PURE: [&str; 5] = ["uv_build", "hatchling", "flit_core", "pdm", "poetry"];

/// What the members are.
#[derive(Default)]
pub(super) struct Members {
    /// What a shell has of them.
    pub shell: Shell,
    /// The newest Python that all with Rust in them can be built for.
    pub newest_python: Option<u8>,
    /// Those with Rust in them.
    pub with_rust: Vec<String>,
}

impl Members {
    /// Looks at the members below a folder.
    pub(super) fn read(
        folder: &Utf8Path,
        lock: &PythonLock,
        python: Option<u8>,
        session: &Session,
    ) -> Self {
        let mut found = Self::default();
        found.shell.has_others = lock.has_folders();
        for (name, below) in lock.members() {
            let name = name.to_string();
            let Some(loaded) = load(folder, below, python, session) else {
                found.shell.has_others = true;
                continue;
            };
            if !loaded.project.rust.is_empty() {
                let minor = loaded.target.python_minor;
                found.newest_python = Some(found.newest_python.map_or(minor, |n| n.min(minor)));
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

/// Reads a member; nothing where that isn't below the folder, or can't be
/// read: who builds it will be told.
fn load(
    folder: &Utf8Path,
    member: &Utf8Path,
    python: Option<u8>,
    session: &Session,
) -> Option<Loaded> {
    let path = folder.join(member);
    let (top, place) = (full_path(folder).ok()??, full_path(&path).ok()??);
    if !place.starts_with(top) {
        return None;
    }
    let mut request = Request {
        path: if member == "." {
            folder.to_owned()
        } else {
            path
        },
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

/// Whether setuptools is told of something to compile.
fn compiles(files: &SourceFiles, root: &Utf8Path) -> bool {
    let words = ["ext_modules", "ext-modules", "cffi_modules"];
    ["setup.py", "pyproject.toml"].iter().any(|name| {
        let text = files.text(&join(root, name)).ok().flatten();
        let text = text.unwrap_or_default();
        words.iter().any(|word| text.contains(word))
    })
}
