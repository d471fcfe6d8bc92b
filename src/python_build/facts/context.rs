//! The source that facts are read from.

use camino::{Utf8Path, Utf8PathBuf};

use crate::project::{Pyproject, PythonName, SourceFiles, join};
use crate::python_build::requirement::Place;

/// The source that is read.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub files: &'a SourceFiles,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub root: &'a Utf8Path,
    /// The package itself.
    pub name: &'a PythonName,
    pub python_minor: u8,
    pub pyproject: &'a Pyproject,
}

impl<'a> Context<'a> {
    pub(super) fn path(self, name: &str) -> Utf8PathBuf {
        join(self.root, name)
    }

    /// The module of `build-backend`.
    pub(super) fn backend_module(self) -> &'a str {
        let backend = self.pyproject.build_backend.as_str();
        backend.split(':').next().unwrap_or(backend)
    }

    pub(super) fn pyproject_place(self) -> Place {
        Place::file(&self.path("pyproject.toml"))
    }

    /// A value below `tool`.
    pub(super) fn tool(self, keys: &[&str]) -> Option<&'a toml::Value> {
        self.pyproject.tool(keys)
    }

    /// A text below `tool`.
    pub(super) fn tool_text(self, keys: &[&str]) -> Option<&'a str> {
        self.tool(keys).and_then(toml::Value::as_str)
    }

    /// Whether a value below `tool` is true.
    pub(super) fn is_set(self, keys: &[&str]) -> bool {
        let value = self.tool(keys).and_then(toml::Value::as_bool);
        value.unwrap_or_default()
    }

    /// `project.dependencies`.
    pub(super) fn dependencies(self) -> Vec<String> {
        texts(self.pyproject.project.get("dependencies"))
    }
}

/// The texts of a list.
pub(super) fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let items = value.and_then(toml::Value::as_array).into_iter().flatten();
    let texts = items.filter_map(toml::Value::as_str);
    texts.map(str::to_owned).collect()
}
