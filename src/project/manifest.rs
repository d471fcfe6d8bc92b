//! The few fields of a `Cargo.toml` that decide what is built.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

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
    /// `package.rust-version`.
    pub rust_version: Option<Version>,
    /// `package.workspace`: the folder of the workspace's root.
    pub workspace_pointer: Option<String>,
    /// The `[workspace]` table.
    pub workspace: Option<Workspace>,
    /// `lib.name`.
    pub lib_name: Option<String>,
    /// `lib.path`.
    pub lib_path: Option<String>,
    /// Whether there is a `[lib]`.
    pub has_lib: bool,
    /// Whether anything is inherited from a workspace.
    pub inherits: bool,
    /// Whether `[lib] crate-type` has `cdylib`, which Python modules are.
    pub is_cdylib: bool,
    /// Crates that only tests, examples and benchmarks need.
    pub dev_only: BTreeSet<String>,
    /// Every dependency, of all kinds and platforms.
    pub dependencies: Vec<Dependency>,
    /// The names of crates that `[patch]` and `[replace]` put others for.
    pub patched: BTreeSet<String>,
    /// Folders of crates that `[patch]` names.
    pub patch_paths: Vec<String>,
    /// `cargo-features`, which only a nightly cargo takes.
    pub cargo_features: Vec<String>,
    /// `features`: what each turns on.
    pub features: BTreeMap<String, Vec<String>>,
}

/// A field that may be inherited from the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Written out.
    Own(String),
    /// `version.workspace = true`.
    Inherited,
}

impl Version {
    /// The text, that of the workspace where it is inherited.
    #[must_use]
    pub fn or_inherited<'a>(&'a self, workspace: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Own(text) => Some(text),
            Self::Inherited => workspace,
        }
    }
}

/// A dependency as a manifest asks for it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own in the format"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependency {
    /// The crate's name, whatever it is renamed to.
    pub package: String,
    /// The name in the table, by which the workspace's is inherited.
    pub key: String,
    /// The version requirement.
    pub requirement: Option<String>,
    /// A folder, as written.
    pub path: Option<String>,
    /// The git repository that it comes from.
    pub git: Option<String>,
    /// The revision of that.
    pub rev: Option<String>,
    /// Whether it comes from a registry that is named.
    pub is_registry: bool,
    /// `workspace = true`.
    pub is_inherited: bool,
    /// Whether only tests, examples and benchmarks need it.
    pub is_dev: bool,
    /// `optional = true`.
    pub is_optional: bool,
    /// `features`.
    pub features: Vec<String>,
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
    /// `package.rust-version`, for members to inherit.
    pub rust_version: Option<String>,
    /// `dependencies`, for members to inherit, by their names in the table.
    pub dependencies: BTreeMap<String, Dependency>,
}

impl CargoManifest {
    /// Reads the manifest at `path`, which has to exist.
    ///
    /// # Errors
    /// Where it is no manifest.
    pub fn read(files: &SourceFiles, path: &Utf8Path) -> Result<Arc<Self>, ProjectError> {
        let kept = files.manifest(path);
        if let Some(manifest) = kept.and_then(OnceLock::get) {
            return Ok(manifest.clone());
        }
        let text = files.text(path)?.unwrap_or_default();
        let manifest = Self::parse(text);
        let manifest = manifest.map(Arc::new);
        let manifest =
            manifest.map_err(|error| toml_error(files.display(path), text, &error, HELP))?;
        Ok(match kept {
            Some(kept) => kept.get_or_init(|| manifest).clone(),
            None => manifest,
        })
    }

    /// Reads a manifest's text.
    ///
    /// # Errors
    /// Where it is no manifest.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str::<Raw>(text).map(Into::into)
    }
}

type Table = BTreeMap<String, toml::Value>;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    package: Option<RawPackage>,
    // Cargo still reads the name that it had before 1.0.
    project: Option<RawPackage>,
    workspace: Option<RawWorkspace>,
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

#[derive(Deserialize, Default)]
struct RawWorkspace {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    package: Option<RawWorkspacePackage>,
    #[serde(default)]
    dependencies: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawWorkspacePackage {
    version: Option<String>,
    rust_version: Option<String>,
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
    fn dependencies(&self) -> impl Iterator<Item = Dependency> {
        let built = [&self.dependencies, &self.build_dependencies];
        let tables = built.into_iter().map(|table| (table, false));
        tables
            .chain([(&self.dev_dependencies, true)])
            .flat_map(|(table, is_dev)| {
                let read = move |(key, value): (&String, &toml::Value)| Dependency {
                    is_dev,
                    ..dependency(key, value)
                };
                table.iter().map(read)
            })
    }
}

fn dependency(key: &str, value: &toml::Value) -> Dependency {
    let text = |name: &str| {
        value
            .get(name)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    Dependency {
        package: text("package").unwrap_or_else(|| key.to_owned()),
        key: key.to_owned(),
        requirement: value
            .as_str()
            .map(str::to_owned)
            .or_else(|| text("version")),
        path: text("path"),
        git: text("git"),
        rev: text("rev"),
        is_registry: text("registry").is_some_and(|name| name != "crates-io")
            || value.get("registry-index").is_some(),
        is_inherited: value.get("workspace").and_then(toml::Value::as_bool) == Some(true),
        is_dev: false,
        is_optional: value.get("optional").and_then(toml::Value::as_bool) == Some(true),
        features: value.get("features").map(texts).unwrap_or_default(),
    }
}

fn texts(value: &toml::Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(toml::Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn own_or_inherited(value: toml::Value) -> Version {
    match value {
        toml::Value::String(text) => Version::Own(text),
        _ => Version::Inherited,
    }
}

impl From<Raw> for CargoManifest {
    fn from(raw: Raw) -> Self {
        let tables = [&raw.tables].into_iter().chain(raw.target.values());
        let dependencies: Vec<_> = tables.flat_map(RawTables::dependencies).collect();
        let patches = raw.patch.values().flatten();
        let is_inherited = |value: &toml::Value| {
            value.get("workspace").and_then(toml::Value::as_bool) == Some(true)
        };
        let fields = raw.package.iter().flat_map(|package| package.rest.values());
        let inherits = fields.chain(&raw.lints).any(is_inherited)
            || dependencies.iter().any(|d| d.is_inherited);
        let mut manifest = Self {
            dev_only: dev_only(&dependencies),
            dependencies,
            patch_paths: patches
                .clone()
                .filter_map(|(key, value)| dependency(key, value).path)
                .collect(),
            patched: patches
                .map(|(key, value)| dependency(key, value).package)
                .chain(raw.replace.keys().map(|key| {
                    // `name:version`, or the same behind a URL.
                    let spec = key.rsplit('#').next().unwrap_or(key);
                    spec.split([':', '@']).next().unwrap_or(spec).to_owned()
                }))
                .collect(),
            inherits,
            cargo_features: raw.cargo_features,
            features: raw
                .features
                .iter()
                .map(|(k, v)| (k.clone(), texts(v)))
                .collect(),
            workspace: raw.workspace.map(Into::into),
            ..Self::default()
        };
        if let Some(package) = raw.package.or(raw.project) {
            manifest.name = Some(package.name);
            manifest.version = package.version.map(own_or_inherited);
            manifest.inherits |= manifest.version == Some(Version::Inherited);
            manifest.rust_version = package.rust_version.map(own_or_inherited);
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

impl From<RawWorkspace> for Workspace {
    fn from(raw: RawWorkspace) -> Self {
        let (version, rust_version) = raw
            .package
            .map_or((None, None), |p| (p.version, p.rust_version));
        let dependencies = raw.dependencies.iter();
        Self {
            members: raw.members,
            exclude: raw.exclude,
            version,
            rust_version,
            dependencies: dependencies
                .map(|(k, v)| (k.clone(), dependency(k, v)))
                .collect(),
        }
    }
}

/// The names of crates that only tests need.
fn dev_only(dependencies: &[Dependency]) -> BTreeSet<String> {
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
