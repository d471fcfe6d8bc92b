//! Finds the folder of a git repository that has a crate.
//!
//! As in cargo, every manifest of the checkout counts, except those in
//! `target` and in folders that begin with a dot. A crate in a submodule is
//! used only if there is no other: the paths of other manifests lead there.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::workspace_values::inline_workspace_values;
use crate::project::{join_inside, relative_path};
use crate::toml_text::parse_manifest;

/// The manifests of a repository by folder, `.` for the top.
#[derive(Debug, Clone, Default)]
pub struct GitManifests {
    manifests: BTreeMap<Utf8PathBuf, Table>,
    submodules: BTreeSet<Utf8PathBuf>,
}

/// A crate of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct GitCrate {
    /// `.` for the top.
    pub folder: Utf8PathBuf,
    /// The manifest, with the values in it that it inherits.
    pub manifest: Table,
}

/// Whether cargo looks for crates in a folder of this name.
pub fn is_searched_for_crates(name: &str) -> bool {
    !name.starts_with('.') && name != "target"
}

impl GitManifests {
    /// Parses the texts of manifests by folder. Those that aren't TOML are
    /// ignored: test data and templates are called `Cargo.toml` too.
    pub fn new(texts: &BTreeMap<Utf8PathBuf, String>, submodules: &BTreeSet<Utf8PathBuf>) -> Self {
        let manifests = texts
            .iter()
            .filter_map(|(folder, text)| Some((folder.clone(), parse_manifest(text).ok()?)));
        Self {
            manifests: manifests.collect(),
            submodules: submodules.clone(),
        }
    }

    /// Finds a crate; of several with this name and version, the one nearest
    /// to the top.
    ///
    /// # Errors
    /// Fails if there is no such crate, or its workspace lacks a value that it
    /// inherits.
    pub fn find(&self, name: &str, version: &str) -> Result<GitCrate, String> {
        let folder = self
            .manifests
            .keys()
            .filter(|folder| {
                let found_version = self.package_value(folder, "version");
                self.package_value(folder, "name").as_deref() == Some(name)
                    && found_version.as_deref().unwrap_or("0.0.0") == version
            })
            .min_by_key(|folder| {
                let is_inside = |submodule: &Utf8PathBuf| folder.starts_with(submodule);
                let in_submodule = self.submodules.iter().any(is_inside);
                (in_submodule, folder.components().count())
            })
            .ok_or_else(|| format!("the repository has no crate `{name} {version}`"))?;
        let root = self.workspace_root(folder);
        let to_root = root.map_or_else(|| ".".into(), |root| relative_path(root, folder));
        let root = root.map(|root| &self.manifests[root]);
        let manifest = inline_workspace_values(self.manifests[folder].clone(), root, &to_root)
            .map_err(|why| format!("`{folder}/Cargo.toml`: {why}"))?;
        Ok(GitCrate {
            folder: folder.clone(),
            manifest,
        })
    }

    /// Whether a folder has a manifest.
    pub fn has(&self, folder: &Utf8Path) -> bool {
        self.manifests.contains_key(folder)
    }

    /// `name` or `version` of a package, which may inherit it.
    fn package_value(&self, folder: &Utf8Path, key: &str) -> Option<String> {
        let manifest = &self.manifests[folder];
        let package = manifest
            .get("package")
            .or_else(|| manifest.get("project"))?;
        match package.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Table(_) => {
                let root = &self.manifests[self.workspace_root(folder)?];
                let values = root.get("workspace")?.get("package")?;
                Some(values.get(key)?.as_str()?.to_owned())
            }
            _ => None,
        }
    }

    /// The folder of a crate's workspace: its own, the one that
    /// `package.workspace` names, or the nearest above.
    fn workspace_root(&self, folder: &Utf8Path) -> Option<&Utf8Path> {
        let manifest = self.manifests.get(folder)?;
        let is_root = |folder: &Utf8Path| {
            let manifest = self.manifests.get(folder);
            manifest.is_some_and(|manifest| manifest.contains_key("workspace"))
        };
        let named = manifest
            .get("package")
            .and_then(|package| package.get("workspace")?.as_str());
        let root = match named {
            _ if is_root(folder) => folder.to_owned(),
            Some(path) => join_inside(folder, path).filter(|folder| is_root(folder))?,
            None => folder
                .ancestors()
                .skip(1)
                .filter(|_| folder != ".")
                .map(|above| if above == "" { ".".into() } else { above })
                .find(|above| is_root(above))?
                .to_owned(),
        };
        let (root, _) = self.manifests.get_key_value(&root)?;
        Some(root)
    }
}

/// The paths by which a crate refers to files outside of its folder: they
/// don't exist where the folder stands alone.
pub fn paths_outside_crate(manifest: &Table, texts: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    let named_path = |table: Option<&Value>, key: &str| {
        let path = table?.get(key)?.as_str()?;
        leaves_crate(Utf8Path::new("."), path)
            .then(|| format!("`{key} = \"{path}\"` in its manifest"))
    };
    for key in ["readme", "license-file", "build"] {
        found.extend(named_path(package, key));
    }
    found.extend(named_path(manifest.get("lib"), "path"));
    for kind in ["bin", "example", "test", "bench"] {
        let targets = manifest.get(kind).and_then(Value::as_array);
        for target in targets.into_iter().flatten() {
            found.extend(named_path(Some(target), "path"));
        }
    }
    for (path, text) in texts {
        let folder = match Utf8Path::new(path).parent() {
            Some(folder) if folder != "" => folder,
            _ => Utf8Path::new("."),
        };
        found.extend(
            included_paths(text)
                .into_iter()
                .filter(|included| leaves_crate(folder, included))
                .map(|included| format!("`{included}`, included by `{path}`")),
        );
    }
    found
}

/// Whether a path from a folder of the crate leads out of the crate.
pub fn leaves_crate(folder: &Utf8Path, path: &str) -> bool {
    join_inside(folder, path).is_none()
}

/// The paths in `include!("...")`, `include_str!("...")`,
/// `include_bytes!("...")` and `#[path = "..."]`. Only literals are found.
fn included_paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["include!", "include_str!", "include_bytes!", "#[path"] {
        for (start, _) in text.match_indices(name) {
            let before = text[..start].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = text[start + name.len()..].trim_start();
            let rest = rest.trim_start_matches(['(', '[', '{', '=']).trim_start();
            found.extend(leading_string(rest));
        }
    }
    found
}

/// The value of the string literal, plain or raw, that a text begins with.
fn leading_string(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('r') {
        let inside = raw.trim_start_matches('#');
        let end = format!("\"{}", "#".repeat(raw.len() - inside.len()));
        let (path, _) = inside.strip_prefix('"')?.split_once(&end)?;
        return Some(path.to_owned());
    }
    let (path, _) = text.strip_prefix('"')?.split_once('"')?;
    Some(path.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(texts: &[(&str, &str)], submodules: &[&str]) -> GitManifests {
        let texts = texts
            .iter()
            .map(|(folder, text)| ((*folder).into(), (*text).to_owned()));
        let submodules = submodules.iter().map(|&folder| folder.into()).collect();
        GitManifests::new(&texts.collect(), &submodules)
    }

    const ROOT: &str =
        "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"1.0.0\"\n";
    const MEMBER: &str = "[package]\nname = \"m\"\nversion.workspace = true\n";

    #[test]
    fn a_member_inherits_the_version_of_its_workspace() {
        let all = manifests(
            &[(".", ROOT), ("crates/m", MEMBER), ("x", "no {{ toml")],
            &[],
        );
        let found = all.find("m", "1.0.0").unwrap();
        assert_eq!(found.folder, "crates/m");
        assert_eq!(found.manifest["package"]["version"].as_str(), Some("1.0.0"));
        assert!(all.find("m", "2.0.0").is_err());
        assert!(all.has("crates/m".into()) && !all.has("crates".into()));
    }

    #[test]
    fn the_crate_nearest_to_the_top_is_found_submodules_last() {
        let plain = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";
        let all = [("sub", plain), ("a/b/c", plain), ("d/e", plain)];
        assert_eq!(
            manifests(&all, &["sub"]).find("m", "1.0.0").unwrap().folder,
            "d/e"
        );
        assert_eq!(
            manifests(&all[..1], &["sub"])
                .find("m", "1.0.0")
                .unwrap()
                .folder,
            "sub"
        );
    }

    #[test]
    fn package_workspace_names_the_workspace() {
        let named = "[package]\nname = \"m\"\nversion.workspace = true\nworkspace = \"../root\"\n";
        let all = manifests(&[("root", ROOT), ("m", named)], &[]);
        assert_eq!(all.find("m", "1.0.0").unwrap().folder, "m");
    }

    #[test]
    fn paths_that_leave_the_crate_are_found() {
        let manifest = "[package]\nname = \"m\"\nreadme = \"../README.md\"\nbuild = \"build.rs\"\n\
                        [lib]\npath = \"src/lib.rs\"\n[[bin]]\nname = \"b\"\npath = \"../b.rs\"\n";
        let text = "const A: &str = include_str!(\"../README.md\");\ninclude! ( \"../../up.rs\" );\n\
                    my_include!(\"../../../no\");\nconst B: &[u8] = include_bytes!(r#\"../../raw\"#);\n\
                    #[path = \"../../other/m.rs\"]\nmod m;\n";
        let texts = BTreeMap::from([("src/lib.rs".to_owned(), text.to_owned())]);
        let found = paths_outside_crate(&manifest.parse().unwrap(), &texts);
        let expected = [
            "`../../other/m.rs`, included by `src/lib.rs`",
            "`../../raw`, included by `src/lib.rs`",
            "`../../up.rs`, included by `src/lib.rs`",
            "`path = \"../b.rs\"` in its manifest",
            "`readme = \"../README.md\"` in its manifest",
        ];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}
