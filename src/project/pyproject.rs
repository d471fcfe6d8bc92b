//! `pyproject.toml`: the tables that say how the package is built.
//!
//! `[build-system]` is PEP 517 and 518, `[project]` PEP 621.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;

use super::error::toml_error;
use super::options::FeatureSpec;
use super::{ProjectError, SourceFiles, join};

/// What PEP 517 has frontends use where `build-backend` is missing.
pub const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";

const HELP: &str = "correct it as the specification says: https://packaging.python.org/en/latest/specifications/pyproject-toml/";

/// A `pyproject.toml`.
#[derive(Debug, Clone, Default)]
pub struct Pyproject {
    /// `project.name`, else `tool.poetry.name`, as written.
    pub name: Option<String>,
    /// `project.name` alone, which maturin looks at.
    pub(super) project_name: Option<String>,
    /// `project.version`, else `tool.poetry.version`.
    pub version: Option<String>,
    /// What a `[project]` table lacks that PEP 621 requires, each after the
    /// table's name.
    pub lacking: Vec<&'static str>,
    /// `project.requires-python`, else `tool.poetry.dependencies.python`.
    pub requires_python: Option<String>,
    /// `project.optional-dependencies`.
    pub optional_dependencies: BTreeMap<String, Vec<String>>,
    /// `build-system.requires`, or what PEP 518 has in its place.
    pub requires: Vec<String>,
    /// Whether the file has a `build-system.requires`.
    pub has_requires: bool,
    /// `build-system.build-backend`, or what PEP 517 has in its place.
    pub build_backend: String,
    /// `build-system.backend-path`.
    pub backend_path: Vec<String>,
    /// `tool.maturin`.
    pub(super) maturin: MaturinTable,
    /// `tool.setuptools-rust`.
    pub(super) setuptools_rust: SetuptoolsRustTable,
    /// Arguments for maturin that uv passes on: `build-args` in
    /// `tool.uv.config-settings`.
    pub(super) build_arguments: Vec<String>,
    /// The `project` table as written.
    pub(crate) project: toml::Table,
    /// `tool`, for backends with tables of their own.
    tool: toml::Table,
}

/// `tool.maturin`, as far as it decides what is built.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own in the format"
)]
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct MaturinTable {
    pub(super) manifest_path: Option<String>,
    pub(super) python_source: Option<String>,
    pub(super) python_packages: Option<Vec<String>>,
    pub(super) module_name: Option<String>,
    pub(super) bindings: Option<String>,
    pub(super) features: Option<Vec<FeatureSpec>>,
    #[serde(default)]
    pub(super) no_default_features: bool,
    #[serde(default)]
    pub(super) all_features: bool,
    pub(super) profile: Option<String>,
    #[serde(default)]
    pub(super) locked: bool,
    #[serde(default)]
    pub(super) frozen: bool,
    #[serde(default, deserialize_with = "arguments")]
    pub(super) cargo_extra_args: Vec<String>,
}

/// `tool.setuptools-rust`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SetuptoolsRustTable {
    #[serde(default)]
    pub(super) ext_modules: Vec<ExtensionTable>,
    #[serde(default)]
    pub(super) bins: Vec<ExtensionTable>,
}

/// An item of `tool.setuptools-rust.ext-modules` or `bins`. setuptools-rust
/// takes dashes for underscores.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ExtensionTable {
    #[serde(default)]
    pub(super) target: Target,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) features: Vec<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default, alias = "cargo_manifest_args")]
    pub(super) cargo_manifest_args: Vec<String>,
    pub(super) binding: Option<String>,
}

/// One dotted name, or one for each of several programs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Target {
    #[default]
    Missing,
    One(String),
    Several(BTreeMap<String, String>),
}

impl Target {
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Missing => Vec::new(),
            Self::One(name) => vec![name.clone()],
            Self::Several(names) => names.values().cloned().collect(),
        }
    }
}

impl Pyproject {
    /// Reads the `pyproject.toml` in the folder `root`. A `setup.py` alone is a
    /// project too, built as PEP 517 says for it.
    ///
    /// # Errors
    /// Where there is neither, or it can't be read.
    pub fn read(files: &SourceFiles, root: &Utf8Path) -> Result<Self, ProjectError> {
        let path = &join(root, "pyproject.toml");
        match files.text(path)? {
            Some(text) => Self::parse(text)
                .map_err(|error| toml_error(files.display(path), text, &error, HELP)),
            None if files.has(&join(root, "setup.py")) => Ok(Self::without_file()),
            None => Err(ProjectError::NoPyproject {
                place: files.origin().to_owned(),
                elsewhere: elsewhere(files),
            }),
        }
    }

    /// What PEP 517 has in its place.
    fn without_file() -> Self {
        Self::parse("").unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        // Once with types, which keeps the place of an error, once without.
        let tables: RawTables = toml::from_str(text)?;
        Ok(toml::from_str::<Raw>(text)?.into_pyproject(tables))
    }

    /// A table or value below `tool`.
    pub(crate) fn tool(&self, keys: &[&str]) -> Option<&toml::Value> {
        let (first, rest) = keys.split_first()?;
        let value = self.tool.get(*first)?;
        rest.iter().try_fold(value, |value, key| value.get(key))
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

/// What backends have tables for that are looked up by name.
#[derive(Deserialize)]
struct RawTables {
    #[serde(default)]
    project: toml::Table,
    #[serde(default)]
    tool: toml::Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawBuildSystem {
    requires: Option<Vec<String>>,
    build_backend: Option<String>,
    #[serde(default)]
    backend_path: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawProject {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    dynamic: Vec<String>,
    requires_python: Option<String>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<String>>,
}

impl RawProject {
    fn lacking(&self) -> Vec<&'static str> {
        let has_version = self.version.is_some() || self.dynamic.iter().any(|d| d == "version");
        let fields = [
            ("project.name", self.name.is_some()),
            ("project.version", has_version),
        ];
        let lacking = fields.into_iter().filter(|(_, is_there)| !is_there);
        lacking.map(|(field, _)| field).collect()
    }
}

/// The tables below `tool` that have a type.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawTool {
    #[serde(default)]
    maturin: MaturinTable,
    #[serde(default)]
    setuptools_rust: SetuptoolsRustTable,
    #[serde(default)]
    poetry: RawPoetry,
    #[serde(default)]
    uv: RawUv,
}

#[derive(Deserialize, Default)]
struct RawPoetry {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    dependencies: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct RawUv {
    #[serde(default)]
    config_settings: toml::Table,
}

/// One text with words, or a list of them.
fn words(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        toml::Value::Array(items) => {
            let texts = items.iter().filter_map(toml::Value::as_str);
            texts.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn arguments<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    toml::Value::deserialize(deserializer).map(|value| words(&value))
}

impl Raw {
    fn into_pyproject(self, tables: RawTables) -> Pyproject {
        let tool = self.tool;
        let build_system = self.build_system.unwrap_or(RawBuildSystem {
            requires: None,
            build_backend: None,
            backend_path: Vec::new(),
        });
        let lacking = self.project.as_ref().map(RawProject::lacking);
        let project = self.project.unwrap_or_default();
        let (poetry, uv) = (tool.poetry, tool.uv);
        let settings = ["maturin.build-args", "build-args"];
        let poetry_python = poetry
            .dependencies
            .get("python")
            .and_then(toml::Value::as_str);
        let default = ["setuptools", "wheel"].map(str::to_owned).to_vec();
        Pyproject {
            name: project.name.clone().or(poetry.name),
            project_name: project.name,
            version: project.version.or(poetry.version),
            lacking: lacking.unwrap_or_default(),
            requires_python: project
                .requires_python
                .or_else(|| poetry_python.map(str::to_owned)),
            optional_dependencies: project.optional_dependencies,
            has_requires: build_system.requires.is_some(),
            requires: build_system.requires.unwrap_or(default),
            build_backend: build_system
                .build_backend
                .unwrap_or_else(|| LEGACY_BACKEND.to_owned()),
            backend_path: build_system.backend_path,
            maturin: tool.maturin,
            setuptools_rust: tool.setuptools_rust,
            build_arguments: settings
                .iter()
                .find_map(|key| uv.config_settings.get(*key))
                .map(words)
                .unwrap_or_default(),
            project: tables.project,
            tool: tables.tool,
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
    fn name_and_version_are_required_where_there_is_a_project() {
        for (text, lacking) in [
            ("[tool.poetry]\nname = \"a\"", &[][..]),
            ("[project]\nname = \"a\"\nversion = \"1\"", &[]),
            ("[project]\nname = \"a\"\ndynamic = [\"version\"]", &[]),
            (
                "[project]\nname = \"a\"\ndynamic = [\"readme\"]",
                &["project.version"],
            ),
            ("[project]", &["project.name", "project.version"]),
        ] {
            assert_eq!(Pyproject::parse(text).unwrap().lacking, lacking, "{text}");
        }
    }

    #[test]
    fn the_tables_of_backends_are_read() {
        let text = "[[tool.setuptools-rust.ext-modules]]\ntarget = \"a.b\"\nfeatures = [\"x\"]\n\
                    [[tool.setuptools-rust.bins]]\ntarget = { c = \"d\" }\npath = \"cli/Cargo.toml\"\n\
                    [tool.maturin]\ncargo-extra-args = \"--features y\"\n\
                    [tool.uv.config-settings]\nbuild-args = \"--features z\"\n";
        let pyproject = Pyproject::parse(text).unwrap();
        let extension = &pyproject.setuptools_rust.ext_modules[0];
        assert_eq!(extension.target.names(), ["a.b"]);
        assert_eq!(extension.features, ["x"]);
        let bin = &pyproject.setuptools_rust.bins[0];
        assert_eq!(bin.target.names(), ["d"]);
        assert_eq!(bin.path.as_deref(), Some("cli/Cargo.toml"));
        assert_eq!(pyproject.maturin.cargo_extra_args, ["--features", "y"]);
        assert_eq!(pyproject.build_arguments, ["--features", "z"]);
        assert!(pyproject.tool(&["uv", "config-settings"]).is_some());
    }
}
