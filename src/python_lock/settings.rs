//! `[tool.uv]`: the settings that decide what is built from source.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use clap::ValueEnum;
use pep508_rs::{Requirement, VerbatimUrl};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::project::PythonName;

/// What the package set takes where it may choose: uv2nix'
/// `sourcePreference`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Preference {
    /// Wheels that fit, which need no building.
    #[default]
    Wheel,
    /// Sdists, which are built.
    Sdist,
}

impl Preference {
    /// Returns uv2nix's value of `sourcePreference`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wheel => "wheel",
            Self::Sdist => "sdist",
        }
    }
}

/// `[tool.uv]` of all `pyproject.toml` files of a workspace.
#[derive(Debug, Clone, Default)]
pub struct UvSettings {
    pub no_binary: Option<bool>,
    pub no_build: Option<bool>,
    /// The names as written: uv2nix doesn't normalize them.
    pub no_binary_package: BTreeSet<String>,
    /// The names as written: uv2nix doesn't normalize them.
    pub no_build_package: BTreeSet<String>,
    pub extra_build_dependencies: BTreeMap<PythonName, Vec<Requirement<VerbatimUrl>>>,
    /// Whether one of them is written as a table, which uv2nix can't read.
    pub has_tables_of_requirements: bool,
    /// The packages that have an entry in `sources`.
    pub sources: BTreeSet<PythonName>,
}

/// `tool.uv.default-groups` of a project: the dependency groups that uv
/// installs by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultGroups {
    /// `"all"`
    All,
    Names(Vec<String>),
}

impl DefaultGroups {
    /// Reads `tool.uv.default-groups` of a `pyproject.toml`; `None` if it isn't
    /// there.
    pub fn read(pyproject: &str) -> Option<Self> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "kebab-case", default)]
        struct Groups {
            default_groups: Option<toml::Value>,
        }
        let pyproject: WithToolUv<Groups> = toml::from_str(pyproject).ok()?;
        match pyproject.tool.uv.default_groups? {
            toml::Value::String(text) if text == "all" => Some(Self::All),
            toml::Value::Array(names) => {
                let names = names.iter().filter_map(|name| name.as_str());
                Some(Self::Names(names.map(str::to_owned).collect()))
            }
            _ => None,
        }
    }

    pub(super) fn has(&self, group: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.iter().any(|name| name == group),
        }
    }
}

/// A `pyproject.toml` of which only `[tool.uv]` is read, as `T`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WithToolUv<T: Default> {
    pub tool: Tool<T>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tool<T: Default> {
    pub uv: T,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Uv {
    no_binary: Option<bool>,
    no_build: Option<bool>,
    no_binary_package: Vec<String>,
    no_build_package: Vec<String>,
    extra_build_dependencies: BTreeMap<String, Vec<ExtraDependency>>,
    sources: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExtraDependency {
    Text(String),
    Table { requirement: String },
}

impl UvSettings {
    /// Reads the `pyproject.toml` beside the lockfile and those of the members.
    ///
    /// # Errors
    /// If a file is wrong or members contradict each other; uv2nix refuses these
    /// too.
    pub fn read(root: &str, members: &[String]) -> Result<Self, String> {
        let parse = |text: &str| -> Result<Uv, String> {
            let pyproject: WithToolUv<Uv> =
                toml::from_str(text).map_err(|error| error.message().to_owned())?;
            Ok(pyproject.tool.uv)
        };
        let mut settings = Self::default();
        let root = parse(root)?;
        let members = members.iter().map(|text| parse(text));
        let members = members.collect::<Result<Vec<_>, _>>()?;
        for uv in members.iter().chain([&root]) {
            settings.no_binary = agreed("no-binary", settings.no_binary, uv.no_binary)?;
            settings.no_build = agreed("no-build", settings.no_build, uv.no_build)?;
            let no_binary = uv.no_binary_package.iter().cloned();
            settings.no_binary_package.extend(no_binary);
            let no_build = uv.no_build_package.iter().cloned();
            settings.no_build_package.extend(no_build);
            let sources = uv.sources.keys().map(|name| PythonName::new(name));
            settings.sources.extend(sources);
        }
        for (name, dependencies) in root.extra_build_dependencies {
            let mut forms = dependencies.iter();
            settings.has_tables_of_requirements |=
                forms.any(|form| matches!(form, ExtraDependency::Table { .. }));
            let requirements = dependencies.iter().map(ExtraDependency::requirement);
            let requirements = requirements
                .collect::<Result<Vec<_>, _>>()
                .map_err(|message| format!("`extra-build-dependencies` of `{name}`: {message}"))?;
            let name = PythonName::new(&name);
            settings.extra_build_dependencies.insert(name, requirements);
        }
        Ok(settings)
    }
}

/// Returns the value that several files give.
fn agreed(name: &str, one: Option<bool>, other: Option<bool>) -> Result<Option<bool>, String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(format!(
            "members of the workspace have different values for `tool.uv.{name}`"
        )),
        _ => Ok(other.or(one)),
    }
}

impl ExtraDependency {
    fn requirement(&self) -> Result<Requirement<VerbatimUrl>, String> {
        let (Self::Text(text) | Self::Table { requirement: text }) = self;
        Requirement::from_str(text).map_err(|error| error.message.to_string())
    }
}
