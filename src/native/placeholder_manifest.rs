//! Manifests that stand in for crates whose own can't be had: the lock says
//! what such a crate depends on, not with which features, nor what for.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::project::{CargoLock, CrateSource};

/// Features that manifests ask of crates, by the crates' names.
pub type Asked = BTreeMap<String, BTreeSet<String>>;

/// Collects what a manifest asks of the crates that it depends on.
pub fn ask(manifest: &Table, asked: &mut Asked) {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets
        .into_iter()
        .flatten()
        .filter_map(|(_, t)| t.as_table());
    let workspace = manifest.get("workspace").and_then(Value::as_table);
    let tables = targets.chain([manifest]).chain(workspace);
    // What a dependency is called here, and its crate's name.
    let mut names = BTreeMap::new();
    let dependencies = tables.flat_map(|table| {
        let kinds = table
            .iter()
            .filter(|(key, value)| key.ends_with("dependencies") && value.is_table());
        kinds.flat_map(|(_, value)| value.as_table().into_iter().flatten())
    });
    for (key, value) in dependencies {
        let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
        names.insert(key.as_str(), package);
        let features = value.get("features").and_then(Value::as_array);
        let features = features.into_iter().flatten().filter_map(Value::as_str);
        let of = asked.entry(package.to_owned()).or_default();
        of.extend(features.map(str::to_owned));
    }
    let features = manifest.get("features").and_then(Value::as_table);
    let values = features.into_iter().flatten();
    let values = values.filter_map(|(_, values)| values.as_array()).flatten();
    for (key, feature) in values.filter_map(|value| value.as_str()?.split_once('/')) {
        let key = key.trim_end_matches('?');
        if let Some(package) = names.get(key) {
            let of = asked.entry((*package).to_owned()).or_default();
            of.insert(feature.to_owned());
        }
    }
}

/// Whether a crate's default features need nothing that its lock lacks.
#[must_use]
pub fn may_be_default(manifest: &Table, locked: &BTreeSet<&str>) -> bool {
    let features = manifest.get("features").and_then(Value::as_table);
    let is_optional = |key: &str| {
        let value = manifest
            .get("dependencies")
            .and_then(|table| table.get(key));
        let optional = value.and_then(|value| value.get("optional"));
        optional.and_then(Value::as_bool) == Some(true)
    };
    let package = |key: &str| {
        let value = manifest
            .get("dependencies")
            .and_then(|table| table.get(key));
        let package = value.and_then(|value| value.get("package")?.as_str());
        package.unwrap_or(key).to_owned()
    };
    let (mut open, mut seen) = (vec!["default"], BTreeSet::new());
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        let values = features.and_then(|features| features.get(name)?.as_array());
        for value in values.into_iter().flatten().filter_map(Value::as_str) {
            let dependency = match value.split_once('/') {
                // Cargo locks what is asked for weakly, too.
                Some((key, _)) => key.trim_end_matches('?'),
                None => value.strip_prefix("dep:").unwrap_or(value),
            };
            if is_optional(dependency) && !locked.contains(package(dependency).as_str()) {
                return false;
            }
            if !value.contains(['/', ':']) {
                open.push(value);
            }
        }
    }
    true
}

/// The manifest that stands in for a crate of the lock.
#[must_use]
pub fn manifest(
    lock: &CargoLock,
    place: usize,
    features: &BTreeSet<String>,
    has_default: impl Fn(usize) -> bool,
) -> Table {
    let krate = &lock.crates[place];
    let text = |text: &str| Value::String(text.to_owned());
    let mut package = Table::new();
    package.insert("name".into(), text(krate.name.as_str()));
    package.insert("version".into(), text(&krate.version.to_string()));
    let mut library = Table::new();
    library.insert("path".into(), text("lib.rs"));
    let mut dependencies = Table::new();
    for (number, &to) in krate.dependencies.iter().enumerate() {
        let mut version = lock.crates[to].version.clone();
        version.build = semver::BuildMetadata::EMPTY;
        let mut dependency = Table::new();
        dependency.insert("package".into(), text(lock.crates[to].name.as_str()));
        dependency.insert("version".into(), text(&format!("={version}")));
        dependency.insert("default-features".into(), Value::Boolean(has_default(to)));
        if let CrateSource::Git(git) = &lock.crates[to].source {
            dependency.insert("git".into(), text(&git.url));
            if let Some((key, value)) = git.reference.selector() {
                dependency.insert(key.into(), text(value));
            }
        }
        dependencies.insert(format!("d{number}"), Value::Table(dependency));
    }
    let features = features.iter();
    let features = features.map(|name| (name.clone(), Value::Array(Vec::new())));
    let tables = [
        ("package", package),
        ("lib", library),
        ("dependencies", dependencies),
        ("features", features.collect()),
    ];
    tables
        .map(|(key, table)| (key.to_owned(), Value::Table(table)))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{GitReference, GitSource, LockedCrate};

    #[test]
    fn what_is_asked_of_crates_is_collected() {
        let text = "[features]\nx = [\"a/one\", \"b?/two\", \"dep:a\", \"y\"]\ny = []\n\
            [dependencies]\na = { version = \"1\", features = [\"zero\"], optional = true }\n\
            b = { package = \"real-b\", git = \"https://example.org/b\" }\n\
            [target.'cfg(unix)'.build-dependencies]\nc = { version = \"1\", features = [\"three\"] }\n";
        let mut asked = Asked::new();
        ask(&text.parse().unwrap(), &mut asked);
        let of = |name: &str| asked[name].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(of("a"), ["one", "zero"]);
        assert_eq!(of("real-b"), ["two"]);
        assert_eq!(of("c"), ["three"]);
    }

    #[test]
    fn default_features_are_those_that_the_lock_allows() {
        let text = "[features]\ndefault = [\"std\"]\nstd = [\"dep:a\", \"b?/std\"]\n\
            [dependencies]\na = { version = \"1\", optional = true }\nb = { version = \"1\", optional = true }\n";
        let table: Table = text.parse().unwrap();
        assert!(may_be_default(&table, &["a", "b"].into()));
        assert!(!may_be_default(&table, &["a"].into()));
        assert!(!may_be_default(&table, &["b"].into()));
    }

    #[test]
    fn the_lock_s_edges_stand_in() {
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
        let lock = CargoLock::example(crates);
        let found = manifest(&lock, 1, &["f".to_owned()].into(), |to| to == 0);
        let expected = "[package]\nname = \"g\"\nversion = \"1.0.0\"\n[lib]\npath = \"lib.rs\"\n\
            [dependencies]\nd0 = { package = \"a\", version = \"=2.0.0\", default-features = true }\n\
            d1 = { package = \"h\", version = \"=1.0.0\", default-features = false, git = \"https://example.org/g\", tag = \"v1\" }\n\
            [features]\nf = []\n";
        assert_eq!(found, expected.parse().unwrap());
    }
}
