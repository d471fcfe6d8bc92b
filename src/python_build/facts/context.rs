//! The source that facts are read from.

use camino::{Utf8Path, Utf8PathBuf};

use crate::project::{Pyproject, PythonName, SourceFiles, join};
use crate::python_build::requirement::Place;

/// The source that is read, and the Python that it is read for.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub files: &'a SourceFiles,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub root: &'a Utf8Path,
    /// The name of the package that the source builds.
    pub name: &'a PythonName,
    pub python_minor: u8,
    pub pyproject: &'a Pyproject,
}

impl<'a> Context<'a> {
    pub(super) fn path(self, name: &str) -> Utf8PathBuf {
        join(self.root, name)
    }

    /// Returns the module of `build-backend`, which is the part before the
    /// colon.
    pub(super) fn backend_module(self) -> &'a str {
        let backend = self.pyproject.build_backend.as_str();
        backend.split(':').next().unwrap_or(backend)
    }

    pub(super) fn pyproject_place(self) -> Place {
        Place::file(&self.path("pyproject.toml"))
    }

    /// Returns a value below `tool` in `pyproject.toml`.
    pub(super) fn tool(self, keys: &[&str]) -> Option<&'a toml::Value> {
        self.pyproject.tool(keys)
    }

    /// Returns a value below `tool` if it is a string.
    pub(super) fn tool_text(self, keys: &[&str]) -> Option<&'a str> {
        self.tool(keys).and_then(toml::Value::as_str)
    }

    /// Whether a value below `tool` is true.
    pub(super) fn is_set(self, keys: &[&str]) -> bool {
        let value = self.tool(keys).and_then(toml::Value::as_bool);
        value.unwrap_or_default()
    }

    /// Returns the requirements in `project.dependencies`.
    pub(super) fn dependencies(self) -> Vec<String> {
        texts(self.pyproject.project.get("dependencies"))
    }
}

/// Returns the strings in a list. Other items are skipped.
pub(super) fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let items = value.and_then(toml::Value::as_array).into_iter().flatten();
    let texts = items.filter_map(toml::Value::as_str);
    texts.map(str::to_owned).collect()
}
