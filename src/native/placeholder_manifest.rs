//! Placeholder manifests for crates that can't be downloaded.
//!
//! `Cargo.lock` says what such a crate depends on, but neither with which
//! features nor on which platforms.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::project::{CargoLock, CrateSource};

/// The features that manifests request of crates, by the crates' names.
pub type FeatureRequests = BTreeMap<String, BTreeSet<String>>;

/// Adds the features that a manifest requests of its dependencies.
pub fn collect_feature_requests(manifest: &Table, requests: &mut FeatureRequests) {
    // Crates' names by the dependencies' names.
    let mut crates = BTreeMap::new();
    for (key, value) in dependencies(manifest) {
        let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
        crates.insert(key, package);
        let features = value.get("features").and_then(Value::as_array);
        let features = features.into_iter().flatten().filter_map(Value::as_str);
        let requested = requests.entry(package.to_owned()).or_default();
        requested.extend(features.map(str::to_owned));
    }
    let features = manifest.get("features").and_then(Value::as_table);
    let dependency_features = features
        .into_iter()
        .flatten()
        .filter_map(|(_, values)| values.as_array())
        .flatten()
        .filter_map(|value| value.as_str()?.split_once('/'));
    for (key, feature) in dependency_features {
        let key = key.trim_end_matches('?');
        if let Some(package) = crates.get(key) {
            let requested = requests.entry((*package).to_owned()).or_default();
            requested.insert(feature.to_owned());
        }
    }
}

/// The dependencies of a manifest, of all kinds and platforms, and those of
/// its workspace.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&str, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.as_table());
    let workspace = manifest.get("workspace").and_then(Value::as_table);
    targets
        .chain([manifest])
        .chain(workspace)
        .flatten()
        .filter(|(key, _)| key.ends_with("dependencies"))
        .filter_map(|(_, value)| value.as_table())
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
}

/// Whether the crate's default features need no dependency that its entry in
/// `Cargo.lock` lacks; `locked` are the names that the entry has.
pub fn can_have_default_features(manifest: &Table, locked: &BTreeSet<&str>) -> bool {
    let features = manifest.get("features").and_then(Value::as_table);
    let dependencies = manifest.get("dependencies").and_then(Value::as_table);
    let is_missing = |key: &str| {
        let Some(value) = dependencies.and_then(|table| table.get(key)) else {
            return false;
        };
        let is_optional = value.get("optional").and_then(Value::as_bool) == Some(true);
        let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
        is_optional && !locked.contains(package)
    };
    let (mut open, mut seen) = (vec!["default"], BTreeSet::new());
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        let values = features.and_then(|features| features.get(name)?.as_array());
        for value in values.into_iter().flatten().filter_map(Value::as_str) {
            let dependency = match value.split_once('/') {
                // Cargo locks the dependency of a weak feature too.
                Some((key, _)) => key.trim_end_matches('?'),
                None => value.strip_prefix("dep:").unwrap_or(value),
            };
            if is_missing(dependency) {
                return false;
            }
            if !value.contains(['/', ':']) {
                open.push(value);
            }
        }
    }
    true
}

/// The placeholder manifest of the locked crate at `index`, with `features`
/// that enable nothing. `has_default_features` tells which dependencies, by
/// index, have their default features on.
pub fn placeholder_manifest(
    cargo_lock: &CargoLock,
    index: usize,
    features: &BTreeSet<String>,
    has_default_features: impl Fn(usize) -> bool,
) -> Table {
    let krate = &cargo_lock.crates[index];
    let string = |text: &str| Value::String(text.to_owned());
    let package = Table::from_iter([
        ("name".to_owned(), string(krate.name.as_str())),
        ("version".to_owned(), string(&krate.version.to_string())),
    ]);
    let library = Table::from_iter([("path".to_owned(), string("lib.rs"))]);
    let mut dependencies = Table::new();
    for (number, &to) in krate.dependencies.iter().enumerate() {
        let locked = &cargo_lock.crates[to];
        let mut version = locked.version.clone();
        version.build = semver::BuildMetadata::EMPTY;
        let mut dependency = Table::from_iter([
            ("package".to_owned(), string(locked.name.as_str())),
            ("version".to_owned(), string(&format!("={version}"))),
            (
                "default-features".to_owned(),
                Value::Boolean(has_default_features(to)),
            ),
        ]);
        if let CrateSource::Git(git) = &locked.source {
            dependency.insert("git".to_owned(), string(&git.url));
            if let Some((key, value)) = git.reference.selector() {
                dependency.insert(key.to_owned(), string(value));
            }
        }
        dependencies.insert(format!("d{number}"), Value::Table(dependency));
    }
    let features = features
        .iter()
        .map(|name| (name.clone(), Value::Array(Vec::new())));
    [
        ("package", package),
        ("lib", library),
        ("dependencies", dependencies),
        ("features", features.collect()),
    ]
    .into_iter()
    .map(|(key, table)| (key.to_owned(), Value::Table(table)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{GitReference, GitSource, LockedCrate};

    #[test]
    fn requested_features_are_collected_by_crate() {
        let text = "[features]\nx = [\"a/one\", \"b?/two\", \"dep:a\", \"y\"]\ny = []\n\
            [dependencies]\na = { version = \"1\", features = [\"zero\"], optional = true }\n\
            b = { package = \"real-b\", git = \"https://example.org/b\" }\n\
            [target.'cfg(unix)'.build-dependencies]\nc = { version = \"1\", features = [\"three\"] }\n";
        let mut requests = FeatureRequests::new();
        collect_feature_requests(&text.parse().unwrap(), &mut requests);
        let of = |name: &str| {
            requests[name]
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("a"), ["one", "zero"]);
        assert_eq!(of("real-b"), ["two"]);
        assert_eq!(of("c"), ["three"]);
    }

    #[test]
    fn default_features_must_not_need_more_than_the_lock_has() {
        let text = "[features]\ndefault = [\"std\"]\nstd = [\"dep:a\", \"b?/std\"]\n\
            [dependencies]\na = { version = \"1\", optional = true }\nb = { version = \"1\", optional = true }\n";
        let table: Table = text.parse().unwrap();
        assert!(can_have_default_features(&table, &["a", "b"].into()));
        assert!(!can_have_default_features(&table, &["a"].into()));
        assert!(!can_have_default_features(&table, &["b"].into()));
    }

    #[test]
    fn dependencies_are_those_of_the_lock() {
        let mut git = LockedCrate::example("g", "1.0.0");
        git.source = CrateSource::Git(GitSource {
            url: "https://example.org/g".to_owned(),
            reference: GitReference::Tag("v1".to_owned()),
            revision: None,
        });
        git.dependencies = vec![0, 2];
        let crates = vec![
            LockedCrate::example("a", "2.0.0+meta"),
            git.clone(),
            LockedCrate {
                dependencies: vec![],
                name: LockedCrate::example("h", "1.0.0").name,
                ..git
            },
        ];
        let cargo_lock = CargoLock::example(crates);
        let found = placeholder_manifest(&cargo_lock, 1, &["f".to_owned()].into(), |to| to == 0);
        let expected = "[package]\nname = \"g\"\nversion = \"1.0.0\"\n[lib]\npath = \"lib.rs\"\n\
            [dependencies]\nd0 = { package = \"a\", version = \"=2.0.0\", default-features = true }\n\
            d1 = { package = \"h\", version = \"=1.0.0\", default-features = false, git = \"https://example.org/g\", tag = \"v1\" }\n\
            [features]\nf = []\n";
        assert_eq!(found, expected.parse().unwrap());
    }
}
