//! `pyproject.toml`: the tables that say how the package is built.
//!
//! `[build-system]` is PEP 517 and 518, `[project]` PEP 621.

use camino::Utf8Path;
use serde::Deserialize;

use super::error::toml_error;
use super::{ProjectError, SourceFiles};

/// What PEP 517 has frontends use where `build-backend` is missing.
pub const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";

const HELP: &str = "correct it as the specification says: https://packaging.python.org/en/latest/specifications/pyproject-toml/";

/// A `pyproject.toml`.
#[derive(Debug, Clone, Default)]
pub struct Pyproject {
    /// `project.name`, else `tool.poetry.name`, as written.
    pub name: Option<String>,
    /// `project.version`, else `tool.poetry.version`.
    pub version: Option<String>,
    /// `build-system.requires`, or what PEP 518 has in its place.
    pub requires: Vec<String>,
    /// `build-system.build-backend`, or what PEP 517 has in its place.
    pub build_backend: String,
    /// `tool.maturin.manifest-path`.
    pub maturin_manifest_path: Option<String>,
    /// Whether `tool.maturin.python-source` is there.
    pub has_python_source: bool,
    /// `path` of each of `tool.setuptools-rust.ext-modules` and `bins`.
    pub setuptools_rust_paths: Vec<String>,
}

impl Pyproject {
    /// Reads the `pyproject.toml` at the source root. A `setup.py` alone is a
    /// project too, built as PEP 517 says for it.
    ///
    /// # Errors
    /// Where there is neither, or it can't be read.
    pub fn read(files: &SourceFiles) -> Result<Self, ProjectError> {
        let path = Utf8Path::new("pyproject.toml");
        match files.text(path)? {
            Some(text) => Self::parse(text)
                .map_err(|error| toml_error(files.display(path), text, &error, HELP)),
            None if files.has(Utf8Path::new("setup.py")) => Ok(Raw::default().into()),
            None => Err(ProjectError::NoPyproject {
                place: files.origin().to_owned(),
                elsewhere: elsewhere(files),
            }),
        }
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str::<Raw>(text).map(Into::into)
    }

    /// Tells whether the backend is maturin itself.
    #[must_use]
    pub fn is_maturin(&self) -> bool {
        self.build_backend.split([':', '.']).next() == Some("maturin")
    }
}

/// The folders below that hold a Python project, nearest first.
fn elsewhere(files: &SourceFiles) -> Vec<String> {
    let mut found: Vec<_> = files
        .paths()
        .filter(|path| path.file_name() == Some("pyproject.toml"))
        .filter_map(Utf8Path::parent)
        .collect();
    found.sort_by_key(|folder| (folder.components().count(), *folder));
    found
        .into_iter()
        .map(|folder| files.display(folder))
        .collect()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    build_system: Option<RawBuildSystem>,
    project: Option<RawProject>,
    #[serde(default)]
    tool: RawTool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawBuildSystem {
    requires: Option<Vec<String>>,
    build_backend: Option<String>,
}

#[derive(Deserialize)]
struct RawProject {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawTool {
    #[serde(default)]
    maturin: RawMaturin,
    #[serde(default)]
    setuptools_rust: RawSetuptoolsRust,
    poetry: Option<RawProject>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawMaturin {
    manifest_path: Option<String>,
    python_source: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawSetuptoolsRust {
    #[serde(default)]
    ext_modules: Vec<RawExtension>,
    #[serde(default)]
    bins: Vec<RawExtension>,
}

#[derive(Deserialize)]
struct RawExtension {
    path: Option<String>,
}

impl From<Raw> for Pyproject {
    fn from(raw: Raw) -> Self {
        let (requires, build_backend) = raw
            .build_system
            .map_or((None, None), |b| (b.requires, b.build_backend));
        let (project, poetry) = (raw.project, raw.tool.poetry);
        let field = |get: fn(&RawProject) -> Option<String>| {
            let project = project.as_ref().and_then(get);
            project.or_else(|| poetry.as_ref().and_then(get))
        };
        let extensions = raw.tool.setuptools_rust;
        Self {
            name: field(|p| p.name.clone()),
            version: field(|p| p.version.clone()),
            requires: requires.unwrap_or_else(|| vec!["setuptools".to_owned(), "wheel".to_owned()]),
            build_backend: build_backend.unwrap_or_else(|| LEGACY_BACKEND.to_owned()),
            maturin_manifest_path: raw.tool.maturin.manifest_path,
            has_python_source: raw.tool.maturin.python_source.is_some(),
            // setuptools-rust's own default for `path`.
            setuptools_rust_paths: extensions
                .ext_modules
                .into_iter()
                .chain(extensions.bins)
                .map(|e| e.path.unwrap_or_else(|| "Cargo.toml".to_owned()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_build_system_it_is_setuptools() {
        let pyproject = Pyproject::parse("[project]\nname = \"a\"").unwrap();
        assert_eq!(pyproject.requires, ["setuptools", "wheel"]);
        assert_eq!(pyproject.build_backend, LEGACY_BACKEND);
    }

    #[test]
    fn an_in_tree_backend_is_not_maturin_by_its_first_letters() {
        let backend = |name: &str| {
            let text = format!("[build-system]\nrequires = []\nbuild-backend = \"{name}\"");
            Pyproject::parse(&text).unwrap().is_maturin()
        };
        assert!(backend("maturin"));
        assert!(!backend("maturin_wrapper"));
    }

    #[test]
    fn poetry_names_count_where_project_has_none() {
        let text = "[project]\nversion = \"2\"\n[tool.poetry]\nname = \"p\"\nversion = \"1\"";
        let pyproject = Pyproject::parse(text).unwrap();
        assert_eq!(pyproject.name.as_deref(), Some("p"));
        assert_eq!(pyproject.version.as_deref(), Some("2"));
    }

    #[test]
    fn setuptools_rust_paths_have_its_default() {
        let text = "[[tool.setuptools-rust.ext-modules]]\ntarget = \"a\"\n\
                    [[tool.setuptools-rust.bins]]\npath = \"cli/Cargo.toml\"";
        let pyproject = Pyproject::parse(text).unwrap();
        assert_eq!(
            pyproject.setuptools_rust_paths,
            ["Cargo.toml", "cli/Cargo.toml"]
        );
    }
}
