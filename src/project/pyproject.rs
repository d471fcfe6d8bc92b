//! `pyproject.toml`: the tables that say how the package is built.
//!
//! `[build-system]` is defined by PEP 517 and 518, `[project]` by PEP 621.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Deserialize;

use super::error::{ProjectError, toml_error};
use super::files::SourceFiles;
use super::options::FeatureSpec;
use super::paths::join;
use super::toml_strings::split_words;
use crate::toml_text::{TomlError, parse_manifest};

/// The backend that PEP 517 prescribes if `build-backend` is missing.
const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";

/// The requirements that PEP 518 prescribes if `requires` is missing.
const LEGACY_REQUIRES: [&str; 2] = ["setuptools", "wheel"];

/// The keys of `config-settings` with arguments for maturin; the first counts.
const BUILD_ARGUMENTS: [&str; 2] = ["maturin.build-args", "build-args"];

const HELP: &str =
    "correct it; see https://packaging.python.org/en/latest/specifications/pyproject-toml/";

#[derive(Debug, Clone, Default)]
pub struct Pyproject {
    /// `project.name`, otherwise `tool.poetry.name`, as written.
    pub name: Option<String>,
    /// `project.name` alone, which maturin looks at.
    pub(super) project_name: Option<String>,
    /// `project.version`, otherwise `tool.poetry.version`.
    pub version: Option<String>,
    /// The keys that PEP 621 requires and a `[project]` table lacks.
    pub missing_fields: Vec<&'static str>,
    /// `project.requires-python`, otherwise
    /// `tool.poetry.dependencies.python`.
    pub requires_python: Option<String>,
    /// `project.optional-dependencies`.
    pub optional_dependencies: BTreeMap<String, Vec<String>>,
    /// `build-system.requires`, or PEP 518's default.
    pub requires: Vec<String>,
    /// Whether the file has a `build-system.requires`.
    pub has_requires: bool,
    /// `build-system.build-backend`, or PEP 517's default.
    pub build_backend: String,
    /// `build-system.backend-path`.
    pub backend_path: Vec<String>,
    /// `tool.maturin`.
    pub(super) maturin: MaturinTable,
    /// `tool.setuptools-rust`.
    pub(super) setuptools_rust: SetuptoolsRustTable,
    /// Arguments that uv passes on to maturin: `build-args` in
    /// `tool.uv.config-settings`.
    pub(super) build_arguments: Vec<String>,
    /// The `project` table without types.
    pub(crate) project: toml::Table,
    /// `tool`, for backends whose tables have no type.
    tool: toml::Table,
}

/// The keys of `tool.maturin` that decide what is built.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own in the format"
)]
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct MaturinTable {
    pub(super) manifest_path: Option<String>,
    pub(super) python_source: Option<String>,
    pub(super) python_packages: Option<Vec<String>>,
    pub(super) module_name: Option<String>,
    pub(super) bindings: Option<String>,
    pub(super) features: Option<Vec<FeatureSpec>>,
    pub(super) no_default_features: bool,
    pub(super) all_features: bool,
    pub(super) profile: Option<String>,
    pub(super) locked: bool,
    pub(super) frozen: bool,
    #[serde(deserialize_with = "arguments")]
    pub(super) cargo_extra_args: Vec<String>,
}

/// `tool.setuptools-rust`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct SetuptoolsRustTable {
    pub(super) ext_modules: Vec<ExtensionTable>,
    pub(super) bins: Vec<ExtensionTable>,
}

/// An item of `tool.setuptools-rust.ext-modules` or `bins`. setuptools-rust
/// accepts dashes and underscores.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct ExtensionTable {
    pub(super) target: Target,
    pub(super) path: Option<String>,
    pub(super) features: Vec<String>,
    pub(super) args: Vec<String>,
    #[serde(alias = "cargo_manifest_args")]
    pub(super) cargo_manifest_args: Vec<String>,
    pub(super) binding: Option<String>,
}

/// The dotted name of a module, or one name for each of several programs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Target {
    #[default]
    Missing,
    One(String),
    Several(BTreeMap<String, String>),
}

impl Target {
    /// Returns the name, or the first of several.
    pub(super) fn name(&self) -> Option<&String> {
        match self {
            Self::Missing => None,
            Self::One(name) => Some(name),
            Self::Several(names) => names.values().next(),
        }
    }
}

impl Pyproject {
    /// Reads the `pyproject.toml` in the folder `root`. A folder with only a
    /// `setup.py` is a project too, with PEP 517's defaults.
    ///
    /// # Errors
    /// If neither file exists, or `pyproject.toml` can't be read.
    pub fn read(files: &SourceFiles, root: &Utf8Path) -> Result<Self, ProjectError> {
        let path = &join(root, "pyproject.toml");
        match files.text(path)? {
            Some(text) => Self::parse(text)
                .map_err(|error| toml_error(&files.display(path), text, error, HELP)),
            None if files.has(&join(root, "setup.py")) => {
                Ok(Raw::default().into_pyproject(RawTables::default()))
            }
            None => Err(ProjectError::NoPyproject {
                place: files.origin().to_owned(),
                elsewhere: nested_projects(files),
            }),
        }
    }

    fn parse(text: &str) -> Result<Self, TomlError> {
        // Parsed twice, since errors lose their location if the typed tables
        // are read from a `toml::Table`.
        let tables: RawTables = parse_manifest(text)?;
        Ok(parse_manifest::<Raw>(text)?.into_pyproject(tables))
    }

    /// Returns a table or value below `tool`.
    pub(crate) fn tool(&self, keys: &[&str]) -> Option<&toml::Value> {
        let (first, rest) = keys.split_first()?;
        let value = self.tool.get(*first)?;
        rest.iter().try_fold(value, |value, key| value.get(key))
    }

    /// Returns whether the backend is maturin itself.
    pub fn is_maturin(&self) -> bool {
        self.build_backend.split([':', '.']).next() == Some("maturin")
    }
}

/// Returns the folders below that have a `pyproject.toml`, nearest first.
fn nested_projects(files: &SourceFiles) -> Vec<String> {
    let mut folders: Vec<_> = files
        .paths()
        .filter(|path| path.file_name() == Some("pyproject.toml"))
        .filter_map(Utf8Path::parent)
        .collect();
    folders.sort_by_key(|folder| (folder.components().count(), *folder));
    let folders = folders.into_iter();
    folders.map(|folder| files.display(folder)).collect()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Raw {
    build_system: RawBuildSystem,
    project: Option<RawProject>,
    tool: RawTool,
}

/// The tables below `tool` without types.
#[derive(Deserialize, Default)]
struct RawTables {
    #[serde(default)]
    project: toml::Table,
    #[serde(default)]
    tool: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct RawBuildSystem {
    requires: Option<Vec<String>>,
    build_backend: Option<String>,
    backend_path: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct RawProject {
    name: Option<String>,
    version: Option<String>,
    dynamic: Vec<String>,
    requires_python: Option<String>,
    optional_dependencies: BTreeMap<String, Vec<String>>,
}

impl RawProject {
    fn missing_fields(&self) -> Vec<&'static str> {
        let has_version = self.version.is_some() || self.dynamic.iter().any(|d| d == "version");
        let fields = [
            ("project.name", self.name.is_some()),
            ("project.version", has_version),
        ];
        let missing = fields.into_iter().filter(|(_, is_there)| !is_there);
        missing.map(|(field, _)| field).collect()
    }
}

/// The tables below `tool` with types.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct RawTool {
    maturin: MaturinTable,
    setuptools_rust: SetuptoolsRustTable,
    poetry: RawPoetry,
    uv: RawUv,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawPoetry {
    name: Option<String>,
    version: Option<String>,
    dependencies: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct RawUv {
    config_settings: toml::Table,
}

fn arguments<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    toml::Value::deserialize(deserializer).map(|value| owned_words(&value))
}

fn owned_words(value: &toml::Value) -> Vec<String> {
    split_words(value).into_iter().map(str::to_owned).collect()
}

impl Raw {
    fn into_pyproject(self, tables: RawTables) -> Pyproject {
        let RawTool {
            maturin,
            setuptools_rust,
            poetry,
            uv,
        } = self.tool;
        let build_system = self.build_system;
        let missing_fields = self.project.as_ref().map(RawProject::missing_fields);
        let project = self.project.unwrap_or_default();
        let poetry_python = poetry.dependencies.get("python");
        let poetry_python = poetry_python.and_then(toml::Value::as_str);
        let build_arguments = BUILD_ARGUMENTS
            .iter()
            .find_map(|key| uv.config_settings.get(*key));
        Pyproject {
            name: project.name.clone().or(poetry.name),
            project_name: project.name,
            version: project.version.or(poetry.version),
            missing_fields: missing_fields.unwrap_or_default(),
            requires_python: project
                .requires_python
                .or_else(|| poetry_python.map(str::to_owned)),
            optional_dependencies: project.optional_dependencies,
            has_requires: build_system.requires.is_some(),
            requires: build_system
                .requires
                .unwrap_or_else(|| LEGACY_REQUIRES.map(str::to_owned).to_vec()),
            build_backend: build_system
                .build_backend
                .unwrap_or_else(|| LEGACY_BACKEND.to_owned()),
            backend_path: build_system.backend_path,
            maturin,
            setuptools_rust,
            build_arguments: build_arguments.map(owned_words).unwrap_or_default(),
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
        for (text, missing) in [
            ("[tool.poetry]\nname = \"a\"", &[][..]),
            ("[project]\nname = \"a\"\nversion = \"1\"", &[]),
            ("[project]\nname = \"a\"\ndynamic = [\"version\"]", &[]),
            (
                "[project]\nname = \"a\"\ndynamic = [\"readme\"]",
                &["project.version"],
            ),
            ("[project]", &["project.name", "project.version"]),
        ] {
            assert_eq!(
                Pyproject::parse(text).unwrap().missing_fields,
                missing,
                "{text}"
            );
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
        assert_eq!(extension.target.name().unwrap(), "a.b");
        assert_eq!(extension.features, ["x"]);
        let bin = &pyproject.setuptools_rust.bins[0];
        assert_eq!(bin.target.name().unwrap(), "d");
        assert_eq!(bin.path.as_deref(), Some("cli/Cargo.toml"));
        assert_eq!(pyproject.maturin.cargo_extra_args, ["--features", "y"]);
        assert_eq!(pyproject.build_arguments, ["--features", "z"]);
        assert!(pyproject.tool(&["uv", "config-settings"]).is_some());
    }
}
