//! Copies the values that a manifest inherits from its workspace into the
//! manifest: cargo can't read it outside of its workspace otherwise.
//!
//! The rules are those of the Cargo Reference, "Workspaces" and "Inheriting a
//! dependency from a workspace".

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

/// The tables of dependencies, in the root and in each of `target`.
const DEPENDENCIES: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
];

/// The keys of `[workspace.package]` that are paths from the workspace's root.
const PATHS: [&str; 2] = ["readme", "license-file"];

/// Returns a member's manifest with all inherited values in it and without a
/// workspace of its own. `root` is the manifest of the workspace's root, unless
/// the member is the root itself; `to_root` is the path from the member's
/// folder to the root's.
///
/// # Errors
/// Names the value that the workspace lacks.
pub fn inline_workspace_values(
    mut member: Table,
    root: Option<&Table>,
    to_root: &Utf8Path,
) -> Result<Table, String> {
    let own = member.remove("workspace");
    let own = own.as_ref().and_then(Value::as_table);
    let values = root
        .and_then(|root| root.get("workspace")?.as_table())
        .or(own);
    let empty = Table::new();
    let workspace = Workspace {
        values: values.unwrap_or(&empty),
        to_root,
    };
    for key in ["package", "project"] {
        if let Some(package) = member.get_mut(key).and_then(Value::as_table_mut) {
            package.remove("workspace");
            workspace.inline_package(package)?;
        }
    }
    workspace.inline_dependencies(&mut member)?;
    let targets = member.get_mut("target").and_then(Value::as_table_mut);
    for (_, target) in targets.into_iter().flatten() {
        if let Some(target) = target.as_table_mut() {
            workspace.inline_dependencies(target)?;
        }
    }
    if member.get("lints").is_some_and(is_inherited) {
        let lints = workspace.values.get("lints").cloned();
        let lints = lints.ok_or("the workspace has no `lints`")?;
        member.insert("lints".to_owned(), lints);
    }
    Ok(member)
}

/// Whether a value is `{ workspace = true }`.
fn is_inherited(value: &Value) -> bool {
    let workspace = value.as_table().and_then(|table| table.get("workspace"));
    workspace.and_then(Value::as_bool) == Some(true)
}

/// A workspace, as seen from a member.
struct Workspace<'a> {
    /// The table `[workspace]`.
    values: &'a Table,
    /// The path from the member's folder to the workspace's root.
    to_root: &'a Utf8Path,
}

impl Workspace<'_> {
    fn inline_package(&self, package: &mut Table) -> Result<(), String> {
        let values = self.values.get("package").and_then(Value::as_table);
        for (key, value) in package.iter_mut().filter(|(_, value)| is_inherited(value)) {
            let inherited = values.and_then(|values| values.get(key)).cloned();
            let inherited =
                inherited.ok_or_else(|| format!("the workspace has no `package.{key}`"))?;
            *value = match &inherited {
                Value::String(path) if PATHS.contains(&key.as_str()) => {
                    Value::String(self.path_from_member(path))
                }
                _ => inherited,
            };
        }
        Ok(())
    }

    fn inline_dependencies(&self, manifest: &mut Table) -> Result<(), String> {
        let shared = self.values.get("dependencies").and_then(Value::as_table);
        for key in DEPENDENCIES {
            let table = manifest.get_mut(key).and_then(Value::as_table_mut);
            for (name, value) in table.into_iter().flatten() {
                let Some(own) = value.as_table().filter(|_| is_inherited(value)) else {
                    continue;
                };
                let inherited = shared
                    .and_then(|shared| shared.get(name))
                    .ok_or_else(|| format!("the workspace has no `dependencies.{name}`"))?;
                *value = Value::Table(self.merge_dependency(own, inherited));
            }
        }
        Ok(())
    }

    /// The workspace's dependency with what the member adds: features, whether
    /// it is optional, and default features, which are on if either wants
    /// them.
    fn merge_dependency(&self, own: &Table, inherited: &Value) -> Table {
        let mut merged = match inherited {
            Value::Table(table) => table.clone(),
            version => Table::from_iter([("version".to_owned(), version.clone())]),
        };
        let keys = ["default-features", "default_features"];
        let wants_defaults = |table: &Table| keys.iter().find_map(|key| table.get(*key)?.as_bool());
        let is_off = wants_defaults(&merged) == Some(false) && wants_defaults(own) != Some(true);
        for key in keys {
            merged.remove(key);
        }
        // A member can't turn default features off by itself.
        if is_off {
            merged.insert(keys[0].to_owned(), Value::Boolean(false));
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
            let path = self.path_from_member(path);
            merged.insert("path".to_owned(), Value::String(path));
        }
        merged
    }

    /// Turns a path from the workspace's root into one from the member's
    /// folder, with `..` resolved as far as the path tells.
    fn path_from_member(&self, path: &str) -> String {
        let mut joined = Utf8PathBuf::new();
        for component in self.to_root.join(path).components() {
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
        // Manifests have `/` on all platforms.
        joined.as_str().replace('\\', "/")
    }
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

    fn inlined(member: &str) -> Result<Table, String> {
        let root: Table = ROOT.parse().unwrap();
        inline_workspace_values(member.parse().unwrap(), Some(&root), "../..".into())
    }

    #[test]
    fn inherited_values_are_copied_from_the_workspace() {
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
        assert_eq!(inlined(member).unwrap(), expected.parse().unwrap());
    }

    #[test]
    fn a_root_inherits_from_itself() {
        let text = "[package]\nname = \"m\"\nversion.workspace = true\n[workspace.package]\nversion = \"1.0.0\"\n";
        let found = inline_workspace_values(text.parse().unwrap(), None, ".".into()).unwrap();
        let expected = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";
        assert_eq!(found, expected.parse().unwrap());
    }

    #[test]
    fn missing_values_are_named_in_the_error() {
        for (text, lacking) in [
            ("[package]\nlicense.workspace = true\n", "package.license"),
            ("[dependencies]\nx.workspace = true\n", "dependencies.x"),
        ] {
            assert!(inlined(text).unwrap_err().contains(lacking));
        }
    }
}
