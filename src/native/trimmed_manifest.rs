//! Trims the project's own manifests for resolution: what the module's crate
//! doesn't depend on is removed, above all what only tests need.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::graph::Resolver;

/// Which parts of a manifest stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrimRules {
    /// Resolver 1 unifies the features of development dependencies too, for
    /// the module's crate.
    pub keeps_dev_dependencies: bool,
    /// The package of a workspace's root may be one that the module doesn't
    /// depend on.
    pub keeps_package: bool,
}

const DEV_DEPENDENCIES: [&str; 2] = ["dev-dependencies", "dev_dependencies"];
const DEPENDENCIES: [&str; 5] = [
    "dependencies",
    "build-dependencies",
    "build_dependencies",
    DEV_DEPENDENCIES[0],
    DEV_DEPENDENCIES[1],
];

/// The feature resolver of a workspace: that of `resolver`, else the default
/// of the root package's edition.
pub fn workspace_resolver(root: &Table) -> Resolver {
    let workspace = root.get("workspace");
    let package = root.get("package");
    let named = |table: Option<&Value>| table?.get("resolver")?.as_str().map(str::to_owned);
    if let Some(version) = named(workspace).or_else(|| named(package)) {
        return if version == "1" {
            Resolver::V1
        } else {
            Resolver::V2
        };
    }
    let edition = package.and_then(|package| package.get("edition"));
    let inherited = || workspace?.get("package")?.get("edition")?.as_str();
    let edition = edition.and_then(|edition| edition.as_str().or_else(inherited));
    match edition {
        None | Some("2015" | "2018") => Resolver::V1,
        Some(_) => Resolver::V2,
    }
}

/// Trims a manifest. `members` are the workspace's, for its root; `patches`
/// are the names of the crates whose patches stay.
pub fn trim_manifest(
    mut manifest: Table,
    rules: TrimRules,
    members: Option<&[String]>,
    patches: &BTreeSet<String>,
) -> Table {
    if let Some(members) = members {
        set_members(&mut manifest, members);
        for table in ["patch", "replace"] {
            trim_patches(&mut manifest, table, patches);
        }
    }
    if !rules.keeps_package {
        manifest.retain(|key, _| ["workspace", "patch", "replace"].contains(&key));
        return manifest;
    }
    for target in ["example", "test", "bench"] {
        manifest.remove(target);
    }
    if !rules.keeps_dev_dependencies {
        manifest.retain(|key, _| !DEV_DEPENDENCIES.contains(&key));
        let targets = manifest.get_mut("target").and_then(Value::as_table_mut);
        for (_, target) in targets.into_iter().flatten() {
            if let Some(target) = target.as_table_mut() {
                target.retain(|key, _| !DEV_DEPENDENCIES.contains(&key));
            }
        }
        trim_features(&mut manifest);
    }
    manifest
}

fn set_members(manifest: &mut Table, members: &[String]) {
    let resolver = match workspace_resolver(manifest) {
        Resolver::V1 => "1",
        Resolver::V2 => "2",
    };
    let has_package = manifest.contains_key("package");
    if !manifest.contains_key("workspace") && has_package && members.is_empty() {
        return;
    }
    let workspace = manifest
        .entry("workspace")
        .or_insert_with(|| Value::Table(Table::new()));
    if let Some(workspace) = workspace.as_table_mut() {
        let members = members.iter().cloned().map(Value::String).collect();
        workspace.insert("members".to_owned(), Value::Array(members));
        workspace.remove("default-members");
        workspace.insert("resolver".to_owned(), Value::String(resolver.to_owned()));
    }
}

/// Removes patches of other crates: Cargo looks up the sources of unused
/// patches too.
fn trim_patches(manifest: &mut Table, table: &str, kept: &BTreeSet<String>) {
    let Some(patches) = manifest.get_mut(table).and_then(Value::as_table_mut) else {
        return;
    };
    let is_kept = |key: &str, value: &Value| {
        let package = value.get("package").and_then(Value::as_str);
        let name = key.split(':').next().unwrap_or(key);
        kept.contains(package.unwrap_or(name))
    };
    if table == "replace" {
        patches.retain(|key, value| is_kept(key, value));
        return;
    }
    for (_, source) in patches.iter_mut() {
        if let Some(source) = source.as_table_mut() {
            source.retain(|key, value| is_kept(key, value));
        }
    }
}

/// Removes the features of dependencies that were removed.
fn trim_features(manifest: &mut Table) {
    let mut dependencies = BTreeSet::new();
    for key in DEPENDENCIES {
        let table = manifest.get(key).and_then(Value::as_table);
        dependencies.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
    }
    let targets = manifest.get("target").and_then(Value::as_table);
    for table in targets
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.as_table())
        .flatten()
        .filter_map(|(_, table)| table.as_table())
    {
        dependencies.extend(table.keys().cloned());
    }
    let features = manifest.get_mut("features").and_then(Value::as_table_mut);
    for (_, values) in features.into_iter().flatten() {
        if let Some(values) = values.as_array_mut() {
            values.retain(|value| {
                let name = value.as_str().and_then(|text| text.split_once('/'));
                name.is_none_or(|(name, _)| dependencies.contains(name.trim_end_matches('?')))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trim(text: &str, members: &[&str], rules: TrimRules) -> String {
        let members: Vec<_> = members.iter().map(|m| (*m).to_owned()).collect();
        let patches = ["kept".to_owned()].into();
        trim_manifest(text.parse().unwrap(), rules, Some(&members), &patches).to_string()
    }

    const ALL: TrimRules = TrimRules {
        keeps_dev_dependencies: false,
        keeps_package: true,
    };

    #[test]
    fn development_dependencies_and_targets_are_removed() {
        let text = "[package]\nname = \"m\"\nedition = \"2021\"\n[features]\na = [\"t/x\", \"d?/x\", \"d\"]\n\
            [dependencies]\nd = { version = \"1\", optional = true }\n[dev-dependencies]\nt = \"1\"\n\
            [target.'cfg(unix)'.dev-dependencies]\nu = \"1\"\n[target.'cfg(unix)'.dependencies]\nv = \"1\"\n\
            [[test]]\nname = \"gone\"\n";
        let found: Table = trim(text, &[], ALL).parse().unwrap();
        let expected: Table = "[package]\nname = \"m\"\nedition = \"2021\"\n[features]\na = [\"d?/x\", \"d\"]\n\
            [dependencies]\nd = { version = \"1\", optional = true }\n[target.'cfg(unix)'.dependencies]\nv = \"1\"\n"
            .parse()
            .unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_root_that_is_not_built_keeps_only_its_workspace() {
        let text = "[package]\nname = \"m\"\nedition = \"2021\"\n[dependencies]\nd = \"1\"\n\
            [workspace]\nmembers = [\"a\", \"b\"]\ndefault-members = [\"a\"]\n\
            [patch.crates-io]\nkept = { path = \"k\" }\ngone = { git = \"https://example.org/g\" }\n";
        let rules = TrimRules {
            keeps_package: false,
            ..ALL
        };
        let found: Table = trim(text, &["b"], rules).parse().unwrap();
        let expected: Table = "[workspace]\nmembers = [\"b\"]\nresolver = \"2\"\n\
            [patch.crates-io]\nkept = { path = \"k\" }\n"
            .parse()
            .unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_resolver_is_named_or_follows_from_the_edition() {
        let is_two = |text: &str| workspace_resolver(&text.parse().unwrap()) == Resolver::V2;
        assert!(!is_two("[workspace]\n"));
        assert!(is_two("[workspace]\nresolver = \"3\"\n"));
        assert!(!is_two("[package]\nedition = \"2018\"\n"));
        assert!(is_two("[package]\nedition = \"2021\"\n"));
        assert!(!is_two("[package]\nedition = \"2021\"\nresolver = \"1\"\n"));
        assert!(is_two(
            "[package]\nedition.workspace = true\n[workspace.package]\nedition = \"2024\"\n"
        ));
    }
}
