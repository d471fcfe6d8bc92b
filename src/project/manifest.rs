//! The fields of a `Cargo.toml` that decide what is built (Cargo Reference,
//! "The Manifest Format").

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use super::toml_strings::strings_in_array;
use crate::toml_text::{TomlError, parse_manifest};

/// The help of errors in a manifest.
pub(super) const HELP: &str = "run `cargo metadata --no-deps` in its folder to see cargo's error";

#[derive(Debug, Clone, Default)]
pub struct CargoManifest {
    /// `package.name`; `None` in a virtual manifest.
    pub name: Option<String>,
    /// `package.version`.
    pub version: Option<Inheritable>,
    /// `package.rust-version`.
    pub rust_version: Option<Inheritable>,
    /// `package.workspace`: the folder of the workspace's root.
    pub workspace_pointer: Option<String>,
    pub workspace: Option<CargoWorkspace>,
    /// `lib.name`.
    pub lib_name: Option<String>,
    /// `lib.path`.
    pub lib_path: Option<String>,
    /// Whether the manifest has a `[lib]` table.
    pub has_lib: bool,
    /// Whether any field is inherited from a workspace.
    pub inherits: bool,
    /// Whether `[lib] crate-type` has `cdylib`, as Python modules need.
    pub is_cdylib: bool,
    /// Names of crates that only tests, examples and benchmarks depend on.
    pub dev_only: BTreeSet<String>,
    /// The dependencies of all kinds and platforms.
    pub dependencies: Vec<CargoDependency>,
    /// Names of crates that `[patch]` or `[replace]` replaces.
    pub patched: BTreeSet<String>,
    /// Folders of crates that `[patch]` names.
    pub patch_paths: Vec<String>,
    /// `cargo-features`, which only a nightly cargo accepts.
    pub cargo_features: Vec<String>,
    /// `features`: what each turns on.
    pub features: BTreeMap<String, Vec<String>>,
}

/// A field that a crate may inherit from its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inheritable {
    Own(String),
    /// `version.workspace = true`
    Inherited,
}

impl Inheritable {
    fn new(value: toml::Value) -> Self {
        match value {
            toml::Value::String(text) => Self::Own(text),
            _ => Self::Inherited,
        }
    }

    /// Returns the field's value, given the workspace's.
    pub fn resolve<'a>(&'a self, workspace: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Own(text) => Some(text),
            Self::Inherited => workspace,
        }
    }
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own in the format"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoDependency {
    /// The crate's name, even if the manifest renames it.
    pub package: String,
    /// The key in the table, by which a workspace dependency is inherited.
    pub key: String,
    /// The version requirement.
    pub requirement: Option<String>,
    /// The folder of a path dependency, as written.
    pub path: Option<String>,
    /// The URL of a git dependency.
    pub git: Option<String>,
    pub rev: Option<String>,
    /// Whether it comes from a registry other than crates.io.
    pub is_registry: bool,
    /// `workspace = true`.
    pub is_inherited: bool,
    /// Whether only tests, examples and benchmarks need it.
    pub is_dev: bool,
    pub is_optional: bool,
    pub features: Vec<String>,
}

/// A `[workspace]` table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CargoWorkspace {
    /// `members`, with glob patterns.
    pub members: Vec<String>,
    pub exclude: Vec<String>,
    /// The fields that members inherit.
    pub package: WorkspacePackage,
    /// The dependencies that members inherit, by key.
    #[serde(deserialize_with = "dependencies")]
    pub dependencies: BTreeMap<String, CargoDependency>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorkspacePackage {
    pub version: Option<String>,
    pub rust_version: Option<String>,
}

impl CargoManifest {
    /// Parses the text of a `Cargo.toml`.
    ///
    /// # Errors
    /// If it isn't TOML or a field has the wrong type.
    pub fn parse(text: &str) -> Result<Self, TomlError> {
        parse_manifest::<Raw>(text).map(Into::into)
    }
}

type Table = BTreeMap<String, toml::Value>;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    package: Option<RawPackage>,
    // The name of `package` before Cargo 1.0, which cargo still reads.
    project: Option<RawPackage>,
    workspace: Option<CargoWorkspace>,
    lib: Option<RawLib>,
    #[serde(default)]
    cargo_features: Vec<String>,
    #[serde(default)]
    features: Table,
    #[serde(flatten)]
    tables: RawTables,
    #[serde(default)]
    target: BTreeMap<String, RawTables>,
    #[serde(default)]
    patch: BTreeMap<String, Table>,
    #[serde(default)]
    replace: Table,
    lints: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawPackage {
    name: String,
    version: Option<toml::Value>,
    rust_version: Option<toml::Value>,
    workspace: Option<String>,
    #[serde(flatten)]
    rest: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawLib {
    name: Option<String>,
    path: Option<String>,
    #[serde(default, alias = "crate_type")]
    crate_type: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawTables {
    #[serde(default)]
    dependencies: Table,
    #[serde(default, alias = "build_dependencies")]
    build_dependencies: Table,
    #[serde(default, alias = "dev_dependencies")]
    dev_dependencies: Table,
}

impl RawTables {
    fn dependencies(&self) -> impl Iterator<Item = CargoDependency> {
        [
            (&self.dependencies, false),
            (&self.build_dependencies, false),
            (&self.dev_dependencies, true),
        ]
        .into_iter()
        .flat_map(|(table, is_dev)| {
            table.iter().map(move |(key, value)| CargoDependency {
                is_dev,
                ..dependency(key, value)
            })
        })
    }
}

fn dependencies<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, CargoDependency>, D::Error> {
    let table = Table::deserialize(deserializer)?.into_iter();
    let by_key = table.map(|(key, value)| (key.clone(), dependency(&key, &value)));
    Ok(by_key.collect())
}

fn dependency(key: &str, value: &toml::Value) -> CargoDependency {
    let string = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let requirement = value.as_str().map(str::to_owned);
    CargoDependency {
        package: string("package").unwrap_or_else(|| key.to_owned()),
        key: key.to_owned(),
        requirement: requirement.or_else(|| string("version")),
        path: string("path"),
        git: string("git"),
        rev: string("rev"),
        is_registry: string("registry").is_some_and(|name| name != "crates-io")
            || value.get("registry-index").is_some(),
        is_inherited: is_true(value, "workspace"),
        is_dev: false,
        is_optional: is_true(value, "optional"),
        features: value.get("features").map(strings).unwrap_or_default(),
    }
}

fn strings(value: &toml::Value) -> Vec<String> {
    strings_in_array(value).map(str::to_owned).collect()
}

fn is_true(table: &toml::Value, key: &str) -> bool {
    table.get(key).and_then(toml::Value::as_bool) == Some(true)
}

/// Returns the crate that a key of `[replace]` names: `name:version`, alone or
/// after a URL and `#` (Cargo Reference, "Package ID Specifications").
fn replaced_crate(key: &str) -> String {
    let spec = key.rsplit('#').next().unwrap_or(key);
    spec.split([':', '@']).next().unwrap_or(spec).to_owned()
}

impl From<Raw> for CargoManifest {
    fn from(raw: Raw) -> Self {
        let tables = [&raw.tables].into_iter().chain(raw.target.values());
        let dependencies: Vec<_> = tables.flat_map(RawTables::dependencies).collect();
        let patches: Vec<_> = raw
            .patch
            .values()
            .flatten()
            .map(|(key, value)| dependency(key, value))
            .collect();
        let fields = raw.package.iter().flat_map(|package| package.rest.values());
        let inherits = fields
            .chain(&raw.lints)
            .any(|value| is_true(value, "workspace"))
            || dependencies.iter().any(|d| d.is_inherited);
        let features = raw.features.iter();
        let mut manifest = Self {
            dev_only: dev_only(&dependencies),
            dependencies,
            patched: patches
                .iter()
                .map(|patch| patch.package.clone())
                .chain(raw.replace.keys().map(|key| replaced_crate(key)))
                .collect(),
            patch_paths: patches.into_iter().filter_map(|patch| patch.path).collect(),
            inherits,
            cargo_features: raw.cargo_features,
            features: features
                .map(|(name, value)| (name.clone(), strings(value)))
                .collect(),
            workspace: raw.workspace,
            ..Self::default()
        };
        if let Some(package) = raw.package.or(raw.project) {
            manifest.name = Some(package.name);
            manifest.version = package.version.map(Inheritable::new);
            manifest.inherits |= manifest.version == Some(Inheritable::Inherited);
            manifest.rust_version = package.rust_version.map(Inheritable::new);
            manifest.workspace_pointer = package.workspace;
        }
        if let Some(lib) = raw.lib {
            manifest.has_lib = true;
            manifest.is_cdylib = lib.crate_type.iter().any(|t| t == "cdylib");
            manifest.lib_name = lib.name;
            manifest.lib_path = lib.path;
        }
        manifest
    }
}

/// Returns the names of the crates that are dev-dependencies alone.
fn dev_only(dependencies: &[CargoDependency]) -> BTreeSet<String> {
    let names = |is_dev: bool| {
        let of_kind = dependencies.iter().filter(move |d| d.is_dev == is_dev);
        of_kind.map(|d| d.package.clone()).collect::<BTreeSet<_>>()
    };
    names(true).difference(&names(false)).cloned().collect()
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
        assert_eq!(own.version, Some(Inheritable::Own("1.2.3".to_owned())));
        let inherited = manifest("[package]\nname = \"a\"\nversion.workspace = true");
        assert_eq!(inherited.version, Some(Inheritable::Inherited));
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
