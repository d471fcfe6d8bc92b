//! The few fields of a `Cargo.toml` that decide what is built.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde::Deserialize;

use super::error::toml_error;
use super::{ProjectError, SourceFiles};

const HELP: &str = "run `cargo metadata --no-deps` beside it to see what cargo says";

/// A manifest; `package` is missing in a virtual one.
#[derive(Debug, Clone, Default)]
pub struct CargoManifest {
    /// `package.name`.
    pub name: Option<String>,
    /// `package.version`.
    pub version: Option<Version>,
    /// `package.workspace`: the folder of the workspace's root.
    pub workspace_pointer: Option<String>,
    /// The `[workspace]` table.
    pub workspace: Option<Workspace>,
    /// Whether `[lib] crate-type` has `cdylib`, which Python modules are.
    pub is_cdylib: bool,
    /// Crates that only tests, examples and benchmarks need.
    pub dev_only: BTreeSet<String>,
}

/// `package.version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Written out.
    Own(String),
    /// `version.workspace = true`.
    Inherited,
}

/// A `[workspace]` table.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// `members`, with glob patterns.
    pub members: Vec<String>,
    /// `exclude`.
    pub exclude: Vec<String>,
    /// `package.version`, for members to inherit.
    pub version: Option<String>,
}

impl CargoManifest {
    /// Reads the manifest at `path`, which has to exist.
    ///
    /// # Errors
    /// Where it is no manifest.
    pub fn read(files: &SourceFiles, path: &Utf8Path) -> Result<Self, ProjectError> {
        let text = files.text(path)?.unwrap_or_default();
        Self::parse(text).map_err(|error| toml_error(files.display(path), text, &error, HELP))
    }

    /// Reads a manifest's text.
    ///
    /// # Errors
    /// Where it is no manifest.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str::<Raw>(text).map(Into::into)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    package: Option<RawPackage>,
    // Cargo still reads the name that it had before 1.0.
    project: Option<RawPackage>,
    workspace: Option<RawWorkspace>,
    lib: Option<RawLib>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, alias = "build_dependencies")]
    build_dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, alias = "dev_dependencies")]
    dev_dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    target: BTreeMap<String, RawTarget>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    version: Option<toml::Value>,
    workspace: Option<String>,
}

#[derive(Deserialize, Default)]
struct RawWorkspace {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    package: Option<RawWorkspacePackage>,
}

#[derive(Deserialize)]
struct RawWorkspacePackage {
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawLib {
    #[serde(default, alias = "crate_type")]
    crate_type: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawTarget {
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, alias = "build_dependencies")]
    build_dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, alias = "dev_dependencies")]
    dev_dependencies: BTreeMap<String, toml::Value>,
}

impl From<Raw> for CargoManifest {
    fn from(raw: Raw) -> Self {
        let dev_only = dev_only(&raw);
        let package = raw.package.or(raw.project);
        let (name, version, workspace_pointer) = match package {
            Some(package) => (
                Some(package.name),
                package.version.map(|version| match version {
                    toml::Value::String(version) => Version::Own(version),
                    _ => Version::Inherited,
                }),
                package.workspace,
            ),
            None => (None, None, None),
        };
        Self {
            name,
            version,
            workspace_pointer,
            workspace: raw.workspace.map(|workspace| Workspace {
                members: workspace.members,
                exclude: workspace.exclude,
                version: workspace.package.and_then(|p| p.version),
            }),
            is_cdylib: raw
                .lib
                .is_some_and(|lib| lib.crate_type.iter().any(|t| t == "cdylib")),
            dev_only,
        }
    }
}

/// The names of crates that stand in `dev-dependencies` and nowhere else.
fn dev_only(raw: &Raw) -> BTreeSet<String> {
    let tables = || raw.target.values();
    let built: BTreeSet<_> = tables()
        .flat_map(|t| [&t.dependencies, &t.build_dependencies])
        .chain([&raw.dependencies, &raw.build_dependencies])
        .flat_map(crate_names)
        .collect();
    tables()
        .map(|t| &t.dev_dependencies)
        .chain([&raw.dev_dependencies])
        .flat_map(crate_names)
        .filter(|name| !built.contains(name))
        .collect()
}

/// The names of the crates of a table: `package` where it is renamed.
fn crate_names(table: &BTreeMap<String, toml::Value>) -> impl Iterator<Item = String> {
    table.iter().map(|(key, value)| {
        let package = value.get("package").and_then(toml::Value::as_str);
        package.unwrap_or(key).to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> CargoManifest {
        toml::from_str::<Raw>(text).unwrap().into()
    }

    #[test]
    fn versions_are_own_or_inherited() {
        let own = manifest("[package]\nname = \"a\"\nversion = \"1.2.3\"");
        assert_eq!(own.version, Some(Version::Own("1.2.3".to_owned())));
        let inherited = manifest("[package]\nname = \"a\"\nversion.workspace = true");
        assert_eq!(inherited.version, Some(Version::Inherited));
        assert_eq!(manifest("[package]\nname = \"a\"").version, None);
    }

    #[test]
    fn a_python_module_is_a_cdylib() {
        assert!(manifest("[lib]\ncrate-type = [\"rlib\", \"cdylib\"]").is_cdylib);
        assert!(manifest("[lib]\ncrate_type = [\"cdylib\"]").is_cdylib);
        assert!(!manifest("[lib]\nname = \"x\"").is_cdylib);
    }

    #[test]
    fn dev_only_crates_are_those_in_no_other_table() {
        let m = manifest(
            "[dependencies]\nserde = \"1\"\n[target.'cfg(unix)'.build-dependencies]\ncc = \"1\"\n\
             [dev-dependencies]\nserde = \"1\"\ncc = \"1\"\nbench = { package = \"criterion\", version = \"0.5\" }",
        );
        assert_eq!(m.dev_only, BTreeSet::from(["criterion".to_owned()]));
    }
}
