//! `[tool.uv]`: the settings that decide what is built from source.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use clap::ValueEnum;
use pep508_rs::{Requirement, VerbatimUrl};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pep508::parse_requirement;
use crate::project::PythonName;
use crate::toml_text::parse_manifest;

/// What the package set takes where it may choose: uv2nix'
/// `sourcePreference`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Preference {
    /// Use compatible wheels.
    #[default]
    Wheel,
    /// Build sdists.
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
    /// What uv2nix adds to the build system of packages. It doesn't normalize the
    /// names of the packages, so that others than normalized ones aren't here.
    pub extra_build_dependencies: BTreeMap<PythonName, Vec<Requirement<VerbatimUrl>>>,
    /// The other names among its keys, which uv2nix passes over.
    pub unnormalized_names: BTreeSet<String>,
    /// The packages with an entry that is a table, on which uv2nix throws.
    pub tables_of_requirements: BTreeSet<PythonName>,
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
        let pyproject: WithToolUv<Groups> = parse_manifest(pyproject).ok()?;
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

/// What is wrong with `[tool.uv]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// The member whose `pyproject.toml` is wrong; `None` for the one beside the
    /// lock.
    pub member: Option<usize>,
    /// The bytes of the file that are wrong.
    pub span: Option<Range<usize>>,
    pub message: String,
}

impl From<String> for SettingsProblem {
    fn from(message: String) -> Self {
        Self {
            member: None,
            span: None,
            message,
        }
    }
}

/// Reads `[tool.uv]` of one `pyproject.toml`.
fn parse(text: &str, member: Option<usize>) -> Result<Uv, SettingsProblem> {
    let pyproject: Result<WithToolUv<Uv>, _> = parse_manifest(text);
    pyproject
        .map(|pyproject| pyproject.tool.uv)
        .map_err(|error| SettingsProblem {
            member,
            span: error.span,
            message: error.message,
        })
}

impl UvSettings {
    /// Reads the `pyproject.toml` beside the lockfile and those of the members.
    ///
    /// # Errors
    /// If a file is wrong or members contradict each other; uv2nix refuses these
    /// too.
    pub fn read(root: &str, members: &[String]) -> Result<Self, SettingsProblem> {
        let mut settings = Self::default();
        let root = parse(root, None)?;
        let members = members.iter().enumerate();
        let members = members.map(|(member, text)| parse(text, Some(member)));
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
            let package = PythonName::new(&name);
            let mut forms = dependencies.iter();
            let has_tables = forms.any(|form| matches!(form, ExtraDependency::Table { .. }));
            let requirements = dependencies.iter().map(ExtraDependency::requirement);
            let requirements = requirements
                .collect::<Result<Vec<_>, _>>()
                .map_err(|message| format!("`extra-build-dependencies` of `{name}`: {message}"))?;
            if package.as_str() != name {
                settings.unnormalized_names.insert(name);
                continue;
            }
            if has_tables {
                settings.tables_of_requirements.insert(package.clone());
            }
            settings
                .extra_build_dependencies
                .insert(package, requirements);
        }
        Ok(settings)
    }

    /// Returns the packages, with their extras, that uv2nix adds to the build
    /// system of a package in every environment.
    ///
    /// Of several entries for one name, uv2nix takes the first whose marker
    /// holds. So only a first entry without a marker holds everywhere.
    pub fn given_build_system(
        &self,
        package: &PythonName,
    ) -> BTreeMap<PythonName, BTreeSet<String>> {
        let entries = self.extra_build_dependencies.get(package);
        let mut first: BTreeMap<PythonName, &Requirement<VerbatimUrl>> = BTreeMap::new();
        for requirement in entries.into_iter().flatten() {
            let name = PythonName::new(requirement.name.as_ref());
            first.entry(name).or_insert(requirement);
        }
        let given = first.into_iter();
        let given = given.filter(|(_, requirement)| requirement.marker.is_true());
        given
            .map(|(name, requirement)| {
                let extras = requirement.extras.iter().map(ToString::to_string);
                (name, extras.collect())
            })
            .collect()
    }
}

/// Returns the value that several files give.
fn agreed(name: &str, one: Option<bool>, other: Option<bool>) -> Result<Option<bool>, String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(format!(
            "workspace members have different values for `tool.uv.{name}`"
        )),
        _ => Ok(other.or(one)),
    }
}

impl ExtraDependency {
    fn requirement(&self) -> Result<Requirement<VerbatimUrl>, String> {
        let (Self::Text(text) | Self::Table { requirement: text }) = self;
        parse_requirement(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: &str) -> UvSettings {
        let text = format!("[tool.uv.extra-build-dependencies]\n{entries}\n");
        UvSettings::read(&text, &[]).unwrap()
    }

    /// What uv2nix adds to `own`, as `NAME` or `NAME[EXTRA]`.
    fn given(entries: &str) -> Vec<String> {
        let given = read(entries).given_build_system(&PythonName::new("own"));
        let given = given.into_iter();
        given
            .map(|(name, extras)| match &*Vec::from_iter(extras) {
                [] => name.to_string(),
                extras => format!("{name}[{}]", extras.join(",")),
            })
            .collect()
    }

    #[test]
    fn entries_are_texts_or_tables() {
        let entries = "own = ['Cython', { requirement = 'jinja2[i18n]', match-runtime = true }]";
        assert_eq!(given(entries), ["cython", "jinja2[i18n]"]);
        let tables = read(entries).tables_of_requirements;
        assert_eq!(tables, [PythonName::new("own")].into());
        assert!(read("own = ['cython']").tables_of_requirements.is_empty());
        let wrong = "[tool.uv.extra-build-dependencies]\nown = ['a b']";
        let error = UvSettings::read(wrong, &[]).unwrap_err();
        assert!(
            error
                .message
                .starts_with("`extra-build-dependencies` of `own`: "),
            "{error:?}"
        );
    }

    #[test]
    fn a_marker_that_does_not_always_hold_gives_nothing() {
        assert_eq!(given("own = [\"a; sys_platform == 'linux'\", 'b']"), ["b"]);
        let both = "own = [\"a; sys_platform == 'linux' or sys_platform != 'linux'\"]";
        assert_eq!(given(both), ["a"]);
    }

    #[test]
    fn the_first_entry_of_a_name_counts() {
        assert_eq!(given("own = ['a', 'a[x]']"), ["a"]);
        assert_eq!(given("own = ['a[x]', 'a']"), ["a[x]"]);
        assert_eq!(
            given("own = [\"a; sys_platform == 'linux'\", 'a[x]']"),
            [""; 0]
        );
    }

    #[test]
    fn only_normalized_names_of_packages_count() {
        assert_eq!(given("Own = ['a']"), [""; 0]);
        assert!(
            read("Own = [{ requirement = 'a' }]")
                .tables_of_requirements
                .is_empty()
        );
        assert_eq!(
            read("Own = ['a']").unnormalized_names,
            ["Own".to_owned()].into()
        );
        assert_eq!(given("other = ['a']"), [""; 0]);
    }

    #[test]
    fn only_the_file_beside_the_lock_counts() {
        let member = "[tool.uv.extra-build-dependencies]\nown = ['a']\n".to_owned();
        let settings = UvSettings::read("", &[member]).unwrap();
        assert!(settings.extra_build_dependencies.is_empty());
    }
}
