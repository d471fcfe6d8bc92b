//! The crates that may be built on some platform with some features.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{
    Dependency, DependencyKind, Metadata, NodeDep, Package, PackageId, TargetKind,
};
use cargo_platform::Platform as TargetSpec;
use schemars::JsonSchema;
use semver::Version;
use serde::Serialize;

use super::lock_edges::{DevOnlyCrates, dependencies_of};
use crate::project::{CargoLock, CrateSource};

/// A version of Cargo's feature resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// Unifies the features of all platforms and dependency kinds.
    V1,
    /// Keeps the features of build dependencies apart, and ignores other
    /// platforms and development dependencies. Version 3 differs in the
    /// choice of versions only.
    V2,
}

/// Whose edges tell what is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// Cargo's, with features and platforms.
    Cargo,
    /// From `Cargo.lock`, for all features and platforms.
    Lock,
}

/// Crates and the dependencies that each of them can have.
#[derive(Debug, Clone)]
pub struct CrateGraph {
    /// Where the edges come from.
    pub resolved_by: ResolvedBy,
    /// The feature resolver of the workspace.
    pub resolver: Resolver,
    /// The crates; edges refer to them by index.
    pub crates: Vec<GraphCrate>,
}

/// A crate that may be built.
#[derive(Debug, Clone)]
pub struct GraphCrate {
    pub name: String,
    pub version: Version,
    pub rust_version: Option<Version>,
    /// Whether the crate is in the project's source.
    pub is_local: bool,
    /// Relative to the source root for crates in it, else absolute.
    pub manifest_path: String,
    pub kind: CrateKind,
    pub has_build_script: bool,
    /// Whether the manifest is unknown, so that only the edges in
    /// `Cargo.lock` tell what the crate depends on.
    pub is_placeholder: bool,
    /// The library that the crate links, by `package.links`.
    pub links: Option<String>,
    /// `package.metadata`
    pub metadata: serde_json::Value,
    /// The features, with the implicit ones of optional dependencies.
    pub features: BTreeMap<String, Vec<FeatureValue>>,
    pub dependencies: Vec<GraphDependency>,
}

/// The kind of a crate, as far as it matters for its native inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrateKind {
    /// A procedural macro, which runs on the machine that builds.
    ProcMacro,
    /// A library that other programs load.
    Cdylib,
    Other,
}

/// A dependency of a crate on some platforms, with some features.
#[derive(Debug, Clone)]
pub struct GraphDependency {
    /// The name in the manifest, which may differ from the crate's.
    pub key: String,
    /// Index into [`CrateGraph::crates`].
    pub to: usize,
    pub kind: DependencyKind,
    /// The platforms; `None` for all.
    pub target: Option<TargetSpec>,
    pub is_optional: bool,
    /// `default-features`
    pub has_default_features: bool,
    pub features: Vec<String>,
}

/// What a feature enables; see the Cargo Reference, "Features".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureValue {
    /// `name`
    Feature(String),
    /// `dep:name`
    Dependency(String),
    /// `dependency/feature`
    DependencyFeature {
        dependency: String,
        feature: String,
        /// `dependency?/feature`: doesn't enable the dependency.
        is_weak: bool,
    },
}

impl FeatureValue {
    /// Parses a value of `[features]` or `--features`.
    pub fn parse(text: &str) -> Self {
        if let Some(dependency) = text.strip_prefix("dep:") {
            return Self::Dependency(dependency.to_owned());
        }
        let Some((dependency, feature)) = text.split_once('/') else {
            return Self::Feature(text.to_owned());
        };
        let weak = dependency.strip_suffix('?');
        Self::DependencyFeature {
            dependency: weak.unwrap_or(dependency).to_owned(),
            feature: feature.to_owned(),
            is_weak: weak.is_some(),
        }
    }
}

impl CrateGraph {
    /// Builds the graph from the output of `cargo metadata` for a source in
    /// the folder `source`.
    #[must_use]
    pub fn new(metadata: &Metadata, source: &str, resolver: Resolver) -> Self {
        let indices: BTreeMap<&PackageId, usize> = metadata
            .packages
            .iter()
            .enumerate()
            .map(|(index, package)| (&package.id, index))
            .collect();
        let mut crates: Vec<_> = metadata
            .packages
            .iter()
            .map(|package| graph_crate(package, source))
            .collect();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let Some(&from) = indices.get(&node.id) else {
                continue;
            };
            let candidates: Vec<_> = node
                .deps
                .iter()
                .filter_map(|dep| Some((dep, &metadata.packages[*indices.get(&dep.pkg)?])))
                .collect();
            let dependencies = metadata.packages[from].dependencies.iter();
            crates[from].dependencies = dependencies
                .filter_map(|dependency| {
                    let package = find_resolved(dependency, &candidates)?;
                    Some(graph_dependency(dependency, indices[&package.id]))
                })
                .collect();
        }
        Self {
            resolved_by: ResolvedBy::Cargo,
            resolver,
            crates,
        }
    }

    /// Builds the graph from the edges of `Cargo.lock`, as if all of them were
    /// built.
    #[must_use]
    pub fn from_cargo_lock(cargo_lock: &CargoLock, dev_only: &DevOnlyCrates) -> Self {
        let crates = cargo_lock.crates.iter().enumerate().map(|(index, krate)| {
            let dependencies =
                dependencies_of(cargo_lock, index, dev_only).map(|to| GraphDependency {
                    key: cargo_lock.crates[to].name.to_string(),
                    to,
                    kind: DependencyKind::Normal,
                    target: None,
                    is_optional: false,
                    has_default_features: true,
                    features: Vec::new(),
                });
            GraphCrate {
                name: krate.name.to_string(),
                version: krate.version.clone(),
                rust_version: None,
                is_local: krate.source == CrateSource::Local,
                manifest_path: String::new(),
                kind: CrateKind::Cdylib,
                has_build_script: true,
                is_placeholder: true,
                links: None,
                metadata: serde_json::Value::Null,
                features: BTreeMap::new(),
                dependencies: dependencies.collect(),
            }
        });
        Self {
            resolved_by: ResolvedBy::Lock,
            resolver: Resolver::V1,
            crates: crates.collect(),
        }
    }

    /// Marks the crates, by name and version, whose manifests cargo got from
    /// [`placeholder_manifest`](super::placeholder_manifest).
    #[must_use]
    pub fn with_placeholders(mut self, names: &BTreeSet<(String, String)>) -> Self {
        for krate in &mut self.crates {
            krate.is_placeholder = names.contains(&(krate.name.clone(), krate.version.to_string()));
        }
        self
    }

    /// The index of the local crate with this manifest.
    #[must_use]
    pub fn find_local(&self, manifest_path: &str) -> Option<usize> {
        self.crates
            .iter()
            .position(|krate| krate.is_local && krate.manifest_path == manifest_path)
    }
}

fn graph_crate(package: &Package, source: &str) -> GraphCrate {
    let manifest = package.manifest_path.as_str();
    let inside = manifest.strip_prefix(source).unwrap_or(manifest);
    let has_kind = |kind: TargetKind| package.targets.iter().any(|t| t.kind.contains(&kind));
    GraphCrate {
        name: package.name.to_string(),
        version: package.version.clone(),
        rust_version: package.rust_version.clone(),
        is_local: package.source.is_none(),
        manifest_path: inside.trim_start_matches('/').to_owned(),
        kind: if has_kind(TargetKind::ProcMacro) {
            CrateKind::ProcMacro
        } else if has_kind(TargetKind::CDyLib) {
            CrateKind::Cdylib
        } else {
            CrateKind::Other
        },
        has_build_script: has_kind(TargetKind::CustomBuild),
        is_placeholder: false,
        links: package.links.clone(),
        metadata: package.metadata.clone(),
        features: package
            .features
            .iter()
            .map(|(name, values)| {
                let values = values.iter().map(|value| FeatureValue::parse(value));
                (name.clone(), values.collect())
            })
            .collect(),
        dependencies: Vec::new(),
    }
}

fn graph_dependency(dependency: &Dependency, to: usize) -> GraphDependency {
    let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
    GraphDependency {
        key: key.clone(),
        to,
        kind: dependency.kind,
        target: dependency.target.clone(),
        is_optional: dependency.optional,
        has_default_features: dependency.uses_default_features,
        features: dependency.features.clone(),
    }
}

/// Finds the package that a dependency was resolved to, among those of its
/// crate: of the packages with its name, kind and target the newest that
/// matches the version requirement. None matches if a patch has another
/// version; the first is used then.
fn find_resolved<'a>(
    dependency: &Dependency,
    candidates: &[(&NodeDep, &'a Package)],
) -> Option<&'a Package> {
    let is_it = |dep: &NodeDep| {
        let mut kinds = dep.dep_kinds.iter();
        kinds.any(|kind| kind.kind == dependency.kind && kind.target == dependency.target)
    };
    let named = || {
        candidates
            .iter()
            .filter(|(dep, package)| package.name.as_str() == dependency.name && is_it(dep))
            .map(|(_, package)| *package)
    };
    named()
        .filter(|package| dependency.req.matches(&package.version))
        .max_by_key(|package| &package.version)
        .or_else(|| named().next())
}
