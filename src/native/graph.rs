//! The crates that cargo resolved, every feature and platform included:
//! what may be built.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId, TargetKind};
use cargo_platform::Platform as TargetSpec;
use semver::Version;

use super::features::Resolver;

/// Crates, with what each could depend on.
#[derive(Debug, Clone)]
pub struct CrateGraph {
    /// Whether cargo resolved it; else it has the edges of the lock, which
    /// are those of every feature and platform.
    pub is_exact: bool,
    /// Cargo's feature resolver.
    pub resolver: Resolver,
    /// The crates; edges name their places.
    pub crates: Vec<GraphCrate>,
}

/// A crate that may be built.
#[derive(Debug, Clone)]
pub struct GraphCrate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// `rust-version`
    pub rust_version: Option<Version>,
    /// Whether it is the project's own.
    pub is_local: bool,
    /// The manifest, relative to the source root if it is.
    pub manifest_path: String,
    /// What it becomes.
    pub kind: CrateKind,
    /// Whether it has a build script.
    pub has_build_script: bool,
    /// Whether only its edges in the lock are known, not its manifest.
    pub is_stand_in: bool,
    /// `package.links`
    pub links: Option<String>,
    /// `package.metadata`
    pub metadata: serde_json::Value,
    /// `features`, with those that optional dependencies stand for.
    pub features: BTreeMap<String, Vec<FeatureValue>>,
    /// What it may depend on.
    pub dependencies: Vec<GraphDependency>,
}

/// What a crate becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrateKind {
    /// A procedural macro, which runs while others are built.
    ProcMacro,
    /// A library that other programs load.
    Cdylib,
    /// Something else.
    Other,
}

/// A dependency that some features, on some platforms, have built.
#[derive(Debug, Clone)]
pub struct GraphDependency {
    /// Its name in the manifest.
    pub key: String,
    /// Where it stands in [`CrateGraph::crates`].
    pub to: usize,
    /// What for.
    pub kind: DependencyKind,
    /// On which platforms.
    pub target: Option<TargetSpec>,
    /// `optional = true`
    pub is_optional: bool,
    /// `default-features`
    pub has_default_features: bool,
    /// `features`
    pub features: Vec<String>,
}

/// What a feature turns on; the Cargo Reference, "Features".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureValue {
    /// `name`
    Feature(String),
    /// `dep:name`
    Dependency(String),
    /// `dependency/feature`
    DependencyFeature {
        /// The dependency.
        dependency: String,
        /// Its feature.
        feature: String,
        /// `dependency?/feature`
        is_weak: bool,
    },
}

impl FeatureValue {
    /// Reads what stands in a manifest or behind `--features`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if let Some(dependency) = text.strip_prefix("dep:") {
            return Self::Dependency(dependency.to_owned());
        }
        let Some((dependency, feature)) = text.split_once('/') else {
            return Self::Feature(text.to_owned());
        };
        let strong = dependency.strip_suffix('?');
        Self::DependencyFeature {
            dependency: strong.unwrap_or(dependency).to_owned(),
            feature: feature.to_owned(),
            is_weak: strong.is_some(),
        }
    }
}

impl CrateGraph {
    /// Takes the graph out of what `cargo metadata` printed, for a source in
    /// the folder `source`.
    #[must_use]
    pub fn new(metadata: &Metadata, source: &str, resolver: Resolver) -> Self {
        let places: BTreeMap<&PackageId, usize> = metadata
            .packages
            .iter()
            .enumerate()
            .map(|(place, package)| (&package.id, place))
            .collect();
        let mut crates: Vec<_> = metadata
            .packages
            .iter()
            .map(|package| graph_crate(package, source))
            .collect();
        let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
        for node in nodes {
            let Some(&from) = places.get(&node.id) else {
                continue;
            };
            let to: Vec<_> = node
                .deps
                .iter()
                .filter_map(|dep| Some((dep, *places.get(&dep.pkg)?)))
                .collect();
            let package = &metadata.packages[from];
            let asked = package.dependencies.iter().filter_map(|asked| {
                let place = resolved(metadata, asked, &to)?;
                Some(GraphDependency {
                    key: asked.rename.clone().unwrap_or_else(|| asked.name.clone()),
                    to: place,
                    kind: asked.kind,
                    target: asked.target.clone(),
                    is_optional: asked.optional,
                    has_default_features: asked.uses_default_features,
                    features: asked.features.clone(),
                })
            });
            crates[from].dependencies = asked.collect();
        }
        Self {
            is_exact: true,
            resolver,
            crates,
        }
    }

    /// The same where the lock's edges stood in for some crates, by name and
    /// version.
    #[must_use]
    pub fn with_stand_ins(mut self, names: &BTreeSet<(String, String)>) -> Self {
        for krate in &mut self.crates {
            krate.is_stand_in = names.contains(&(krate.name.clone(), krate.version.to_string()));
        }
        self
    }

    /// The local crate whose manifest is this one.
    #[must_use]
    pub fn local(&self, manifest_path: &str) -> Option<usize> {
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
        is_stand_in: false,
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

/// Which crate a dependency was resolved to, among those that its crate's
/// were: the one of that name, kind and target whose version fits.
fn resolved(
    metadata: &Metadata,
    asked: &cargo_metadata::Dependency,
    among: &[(&cargo_metadata::NodeDep, usize)],
) -> Option<usize> {
    let named = among.iter().filter(|(dep, place)| {
        let is_of_kind = dep
            .dep_kinds
            .iter()
            .any(|kind| kind.kind == asked.kind && kind.target == asked.target);
        metadata.packages[*place].name.as_str() == asked.name && is_of_kind
    });
    let named: Vec<usize> = named.map(|(_, place)| *place).collect();
    let version = |place: &usize| &metadata.packages[*place].version;
    let fitting = named
        .iter()
        .filter(|place| asked.req.matches(version(place)));
    // A patch may stand in with any version.
    fitting
        .max_by_key(|place| version(place))
        .or_else(|| named.first())
        .copied()
}
