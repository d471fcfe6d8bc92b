//! Manifests of the project's own for cargo to resolve: the module's crate
//! and what that leads to, without what only tests need.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::features::Resolver;

/// How a manifest takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Whether its tests' dependencies count, as they do for the module's
    /// crate where features are unified.
    pub keeps_dev: bool,
    /// Whether its package is kept: a workspace's root may be in nobody's
    /// way to the module.
    pub keeps_package: bool,
}

const DEV: [&str; 2] = ["dev-dependencies", "dev_dependencies"];
const DEPENDENCIES: [&str; 6] = [
    "dependencies",
    "build-dependencies",
    "build_dependencies",
    DEV[0],
    DEV[1],
    "target",
];

/// The version of the feature resolver that a workspace's root asks for.
#[must_use]
pub fn resolver(root: &Table) -> Resolver {
    let workspace = root.get("workspace");
    let package = root.get("package");
    let asked = |table: Option<&Value>| table?.get("resolver")?.as_str().map(str::to_owned);
    if let Some(asked) = asked(workspace).or_else(|| asked(package)) {
        return if asked == "1" {
            Resolver::One
        } else {
            Resolver::Two
        };
    }
    let edition = package.and_then(|package| package.get("edition"));
    let inherited = || workspace?.get("package")?.get("edition")?.as_str();
    let edition = edition.and_then(|edition| edition.as_str().or_else(inherited));
    match edition {
        None | Some("2015" | "2018") => Resolver::One,
        Some(_) => Resolver::Two,
    }
}

/// A manifest without what doesn't matter; `members` are a workspace's, where
/// it is its root, and `patches` the names of crates that patches stay for.
#[must_use]
pub fn trimmed(
    mut manifest: Table,
    part: Part,
    members: Option<&[String]>,
    patches: &BTreeSet<String>,
) -> Table {
    if let Some(members) = members {
        set_members(&mut manifest, members);
        for table in ["patch", "replace"] {
            trim_patches(&mut manifest, table, patches);
        }
    }
    if !part.keeps_package {
        let kept = ["workspace", "patch", "replace"];
        manifest.retain(|key, _| kept.contains(&key));
        return manifest;
    }
    for target in ["example", "test", "bench"] {
        manifest.remove(target);
    }
    if !part.keeps_dev {
        for key in DEV {
            manifest.remove(key);
        }
        let targets = manifest.get_mut("target").and_then(Value::as_table_mut);
        for (_, target) in targets.into_iter().flatten() {
            if let Some(target) = target.as_table_mut() {
                target.retain(|key, _| !DEV.contains(&key));
            }
        }
        trim_features(&mut manifest);
    }
    manifest
}

fn set_members(manifest: &mut Table, members: &[String]) {
    let resolver = match resolver(manifest) {
        Resolver::One => "1",
        Resolver::Two => "2",
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

/// Cargo asks even for the sources of patches that nothing uses.
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

/// Takes features of dependencies out that aren't there any more.
fn trim_features(manifest: &mut Table) {
    let mut left = BTreeSet::new();
    for key in DEPENDENCIES {
        let table = manifest.get(key).and_then(Value::as_table);
        for (name, value) in table.into_iter().flatten() {
            if key == "target" {
                let tables = value.as_table().into_iter().flatten();
                let names = tables.filter_map(|(_, table)| table.as_table());
                left.extend(names.flat_map(|table| table.keys().cloned()));
            } else {
                left.insert(name.clone());
            }
        }
    }
    let features = manifest.get_mut("features").and_then(Value::as_table_mut);
    for (_, values) in features.into_iter().flatten() {
        if let Some(values) = values.as_array_mut() {
            values.retain(|value| {
                let name = value.as_str().and_then(|text| text.split_once('/'));
                name.is_none_or(|(name, _)| left.contains(name.trim_end_matches('?')))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trim(text: &str, members: &[&str], part: Part) -> String {
        let members: Vec<_> = members.iter().map(|m| (*m).to_owned()).collect();
        let patches = ["kept".to_owned()].into();
        trimmed(text.parse().unwrap(), part, Some(&members), &patches).to_string()
    }

    const ALL: Part = Part {
        keeps_dev: false,
        keeps_package: true,
    };

    #[test]
    fn what_tests_need_goes() {
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
    fn a_root_that_is_not_built_is_a_workspace_alone() {
        let text = "[package]\nname = \"m\"\nedition = \"2021\"\n[dependencies]\nd = \"1\"\n\
            [workspace]\nmembers = [\"a\", \"b\"]\ndefault-members = [\"a\"]\n\
            [patch.crates-io]\nkept = { path = \"k\" }\ngone = { git = \"https://example.org/g\" }\n";
        let part = Part {
            keeps_package: false,
            ..ALL
        };
        let found: Table = trim(text, &["b"], part).parse().unwrap();
        let expected: Table = "[workspace]\nmembers = [\"b\"]\nresolver = \"2\"\n\
            [patch.crates-io]\nkept = { path = \"k\" }\n"
            .parse()
            .unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_resolver_is_the_workspace_s_or_follows_from_the_edition() {
        let is_two = |text: &str| resolver(&text.parse().unwrap()) == Resolver::Two;
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
