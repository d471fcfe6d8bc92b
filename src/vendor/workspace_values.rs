//! What a manifest takes over from its workspace, written out: outside of its
//! workspace cargo can't read it otherwise.
//!
//! The rules are the Cargo Reference's, "Workspaces" and "Inheriting a
//! dependency from a workspace".

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

/// Tables of dependencies, in the root and in each of `target`.
const DEPENDENCIES: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
];

/// Keys of `[package]` that are paths from the workspace's root.
const PATHS: [&str; 2] = ["readme", "license-file"];

/// A member's manifest with everything in it that it takes over, and without
/// a workspace of its own. `to_root` is the way from its folder to that of the
/// workspace's root.
///
/// # Errors
/// Names what the workspace doesn't have.
pub fn written_out(
    mut member: Table,
    root: Option<&Table>,
    to_root: &Utf8Path,
) -> Result<Table, String> {
    let nothing = Table::new();
    let own = member.remove("workspace");
    let own = own.as_ref().and_then(Value::as_table);
    let workspace = root
        .and_then(|root| root.get("workspace")?.as_table())
        .or(own)
        .unwrap_or(&nothing);
    for key in ["package", "project"] {
        if let Some(package) = member.get_mut(key).and_then(Value::as_table_mut) {
            package.remove("workspace");
            write_package(package, workspace, to_root)?;
        }
    }
    write_tables(&mut member, workspace, to_root)?;
    let targets = member.get_mut("target").and_then(Value::as_table_mut);
    for (_, target) in targets.into_iter().flatten() {
        if let Some(target) = target.as_table_mut() {
            write_tables(target, workspace, to_root)?;
        }
    }
    if member.get("lints").is_some_and(is_taken_over) {
        let lints = workspace.get("lints").cloned();
        let lints = lints.ok_or("the workspace has no `lints`")?;
        member.insert("lints".to_owned(), lints);
    }
    Ok(member)
}

/// `{ workspace = true }`
fn is_taken_over(value: &Value) -> bool {
    let workspace = value.as_table().and_then(|table| table.get("workspace"));
    workspace.and_then(Value::as_bool) == Some(true)
}

fn write_package(package: &mut Table, workspace: &Table, to_root: &Utf8Path) -> Result<(), String> {
    let values = workspace.get("package").and_then(Value::as_table);
    for (key, value) in package.iter_mut().filter(|(_, value)| is_taken_over(value)) {
        let found = values.and_then(|values| values.get(key)).cloned();
        let found = found.ok_or_else(|| format!("the workspace has no `package.{key}`"))?;
        *value = match &found {
            Value::String(path) if PATHS.contains(&key.as_str()) => {
                Value::String(joined(to_root, path))
            }
            _ => found,
        };
    }
    Ok(())
}

fn write_tables(of: &mut Table, workspace: &Table, to_root: &Utf8Path) -> Result<(), String> {
    let all = workspace.get("dependencies").and_then(Value::as_table);
    for key in DEPENDENCIES {
        let table = of.get_mut(key).and_then(Value::as_table_mut);
        for (name, value) in table.into_iter().flatten() {
            let Some(own) = value.as_table().filter(|_| is_taken_over(value)) else {
                continue;
            };
            let shared = all.and_then(|all| all.get(name));
            let shared =
                shared.ok_or_else(|| format!("the workspace has no `dependencies.{name}`"))?;
            *value = Value::Table(merged(own, shared, to_root));
        }
    }
    Ok(())
}

/// The workspace's dependency with what the member adds: features, and
/// whether it is optional. Default features are on if either wants them.
fn merged(own: &Table, shared: &Value, to_root: &Utf8Path) -> Table {
    let mut merged = match shared {
        Value::Table(table) => table.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    let defaults = ["default-features", "default_features"];
    let asked = |table: &Table| defaults.iter().find_map(|key| table.get(*key)?.as_bool());
    let (of_own, of_shared) = (asked(own), asked(&merged));
    for key in defaults {
        merged.remove(key);
    }
    // A member can't turn off what the workspace has on.
    if of_shared == Some(false) && of_own != Some(true) {
        merged.insert(defaults[0].to_owned(), Value::Boolean(false));
    }
    let features = |table: &Table| table.get("features").and_then(Value::as_array).cloned();
    let mut all = features(&merged).unwrap_or_default();
    for feature in features(own).unwrap_or_default() {
        if !all.contains(&feature) {
            all.push(feature);
        }
    }
    if !all.is_empty() {
        merged.insert("features".to_owned(), Value::Array(all));
    }
    for key in ["optional", "public"] {
        if let Some(value) = own.get(key) {
            merged.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(path) = merged.get("path").and_then(Value::as_str) {
        let path = joined(to_root, path);
        merged.insert("path".to_owned(), Value::String(path));
    }
    merged
}

/// A path from the member's folder; `..` is worked out as far as it can be.
fn joined(to_root: &Utf8Path, path: &str) -> String {
    let mut joined = Utf8PathBuf::new();
    for component in to_root.join(path).components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if joined.file_name().is_some() => {
                joined.pop();
            }
            other => joined.push(other.as_str()),
        }
    }
    if joined.as_str().is_empty() {
        joined.push(".");
    }
    // Manifests have `/` everywhere.
    joined.as_str().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"
[workspace]
members = ["crates/*"]
[workspace.package]
version = "1.2.3"
edition = "2021"
readme = "README.md"
license-file = "LICENSE"
authors = ["a"]
[workspace.lints.rust]
unused = "allow"
[workspace.dependencies]
plain = "1"
off = { version = "2", default-features = false, features = ["a"] }
sibling = { path = "crates/sibling", version = "1.2.3" }
renamed = { package = "other", git = "https://example.org/other" }
"#;

    fn written(member: &str) -> Result<Table, String> {
        let root: Table = ROOT.parse().unwrap();
        written_out(member.parse().unwrap(), Some(&root), "../..".into())
    }

    #[test]
    fn values_of_the_workspace_are_written_out() {
        let member = r#"
[package]
name = "m"
version.workspace = true
edition = { workspace = true }
readme.workspace = true
license-file.workspace = true
authors.workspace = true
[lints]
workspace = true
[dependencies]
plain.workspace = true
off = { workspace = true, features = ["b", "a"], optional = true }
sibling.workspace = true
own = "3"
[build-dependencies]
renamed.workspace = true
[target.'cfg(unix)'.dev-dependencies]
off = { workspace = true, default-features = true }
plain = { workspace = true, default-features = false }
"#;
        let expected = r#"
[package]
name = "m"
version = "1.2.3"
edition = "2021"
readme = "../../README.md"
license-file = "../../LICENSE"
authors = ["a"]
[lints.rust]
unused = "allow"
[dependencies]
plain = { version = "1" }
off = { version = "2", default-features = false, features = ["a", "b"], optional = true }
sibling = { path = "../../crates/sibling", version = "1.2.3" }
own = "3"
[build-dependencies]
renamed = { package = "other", git = "https://example.org/other" }
[target.'cfg(unix)'.dev-dependencies]
off = { version = "2", features = ["a"] }
plain = { version = "1" }
"#;
        assert_eq!(written(member).unwrap(), expected.parse().unwrap());
    }

    #[test]
    fn a_root_takes_over_from_itself() {
        let text = "[package]\nname = \"m\"\nversion.workspace = true\n[workspace.package]\nversion = \"1.0.0\"\n";
        let found = written_out(text.parse().unwrap(), None, ".".into()).unwrap();
        let expected = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";
        assert_eq!(found, expected.parse().unwrap());
    }

    #[test]
    fn what_the_workspace_lacks_is_told() {
        for (text, lacking) in [
            ("[package]\nlicense.workspace = true\n", "package.license"),
            ("[dependencies]\nx.workspace = true\n", "dependencies.x"),
        ] {
            assert!(written(text).unwrap_err().contains(lacking));
        }
    }
}
