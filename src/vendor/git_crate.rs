//! Which folder of a git repository holds a crate.
//!
//! As cargo does: every manifest of the checkout is looked at, but not those
//! in `target` or in folders that begin with a dot. A crate in a submodule
//! counts only where there is none elsewhere: paths of other manifests lead
//! there.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::workspace_values::written_out;
use crate::project::{join_inside, relative_path};

/// The manifests of a repository, by the folders that they stand in, `.` for
/// the top.
#[derive(Debug, Clone, Default)]
pub struct GitManifests {
    manifests: BTreeMap<Utf8PathBuf, Table>,
    submodules: BTreeSet<Utf8PathBuf>,
}

/// A crate of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct GitCrate {
    /// Its folder, `.` for the top.
    pub folder: Utf8PathBuf,
    /// Its manifest, with what it takes over from the workspace written out.
    pub manifest: Table,
}

/// Whether cargo looks for crates in a folder of that name.
#[must_use]
pub fn is_looked_into(name: &str) -> bool {
    !name.starts_with('.') && name != "target"
}

impl GitManifests {
    /// Reads the texts of manifests, by folder. What is no TOML is passed
    /// over: test data and templates are called `Cargo.toml`, too.
    #[must_use]
    pub fn new(texts: &BTreeMap<Utf8PathBuf, String>, submodules: &BTreeSet<Utf8PathBuf>) -> Self {
        let manifests = texts
            .iter()
            .filter_map(|(folder, text)| Some((folder.clone(), text.parse().ok()?)));
        Self {
            manifests: manifests.collect(),
            submodules: submodules.clone(),
        }
    }

    /// Finds a crate. Of several, that of the fewest folders is it.
    ///
    /// # Errors
    /// Says why there is none, or none that can stand alone.
    pub fn find(&self, name: &str, version: &str) -> Result<GitCrate, String> {
        let is_it = |folder: &&Utf8PathBuf| {
            self.text_of(folder, "name").as_deref() == Some(name)
                && self
                    .text_of(folder, "version")
                    .as_deref()
                    .unwrap_or("0.0.0")
                    == version
        };
        let mut found: Vec<_> = self.manifests.keys().filter(is_it).collect();
        found.sort_by_key(|folder| {
            let is_inside = |sub: &Utf8PathBuf| folder.starts_with(sub);
            let in_submodule = self.submodules.iter().any(is_inside);
            (in_submodule, folder.components().count())
        });
        let Some(folder) = found.first() else {
            return Err(format!("the repository has no crate `{name} {version}`"));
        };
        let root = self.root(folder);
        let to_root = root.map_or_else(|| ".".into(), |root| relative_path(root, folder));
        let root = root.map(|root| &self.manifests[root]);
        let manifest = written_out(self.manifests[*folder].clone(), root, &to_root);
        let manifest = manifest.map_err(|why| format!("`{folder}/Cargo.toml`: {why}"))?;
        Ok(GitCrate {
            folder: (*folder).clone(),
            manifest,
        })
    }

    /// Whether a folder has a crate of its own.
    #[must_use]
    pub fn has(&self, folder: &Utf8Path) -> bool {
        self.manifests.contains_key(folder)
    }

    /// `name` or `version` of a package, which its workspace may have.
    fn text_of(&self, folder: &Utf8Path, key: &str) -> Option<String> {
        let manifest = &self.manifests[folder];
        let package = manifest
            .get("package")
            .or_else(|| manifest.get("project"))?;
        match package.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Table(_) => {
                let root = &self.manifests[self.root(folder)?];
                let values = root.get("workspace")?.get("package")?;
                Some(values.get(key)?.as_str()?.to_owned())
            }
            _ => None,
        }
    }

    /// The folder of a crate's workspace.
    fn root(&self, folder: &Utf8Path) -> Option<&Utf8Path> {
        let manifest = self.manifests.get(folder)?;
        let is_root = |folder: &Utf8Path| {
            let manifest = self.manifests.get(folder);
            manifest.is_some_and(|manifest| manifest.contains_key("workspace"))
        };
        let named = manifest
            .get("package")
            .and_then(|package| package.get("workspace")?.as_str());
        let found = match named {
            _ if is_root(folder) => folder.to_owned(),
            Some(path) => join_inside(folder, path).filter(|folder| is_root(folder))?,
            None => {
                let above = folder.ancestors().skip(1).filter(|_| folder != ".");
                let above = above.map(|above| if above == "" { ".".into() } else { above });
                above.map(Utf8Path::to_owned).find(|above| is_root(above))?
            }
        };
        self.manifests
            .get_key_value(&found)
            .map(|(root, _)| root.as_path())
    }
}

/// What the files of a crate reach for outside of its folder: nothing of that
/// is there once the folder stands alone.
#[must_use]
pub fn reaching_out(manifest: &Table, texts: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    let named = |table: Option<&Value>, key: &str| {
        let path = table?.get(key)?.as_str()?;
        leads_out(Utf8Path::new("."), path).then(|| format!("`{key} = \"{path}\"` in its manifest"))
    };
    found.extend(["readme", "license-file", "build"].map(|key| named(package, key)));
    found.insert(named(manifest.get("lib"), "path"));
    for kind in ["bin", "example", "test", "bench"] {
        let targets = manifest.get(kind).and_then(Value::as_array);
        found.extend(
            targets
                .into_iter()
                .flatten()
                .map(|target| named(Some(target), "path")),
        );
    }
    let mut found: BTreeSet<String> = found.into_iter().flatten().collect();
    for (path, text) in texts {
        let folder = Utf8Path::new(path).parent().unwrap_or(Utf8Path::new(""));
        let folder = if folder == "" {
            Utf8Path::new(".")
        } else {
            folder
        };
        let included = included(text).into_iter();
        found.extend(
            included
                .filter(|to| leads_out(folder, to))
                .map(|to| format!("`{to}`, included by `{path}`")),
        );
    }
    found
}

/// Whether a path from a folder of the crate leaves the crate.
#[must_use]
pub fn leads_out(folder: &Utf8Path, path: &str) -> bool {
    join_inside(folder, path).is_none()
}

/// The paths in `include!("...")`, `include_str!("...")`, `include_bytes!("...")`
/// and `#[path = "..."]`.
/// Those put together from pieces aren't found.
fn included(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["include!", "include_str!", "include_bytes!", "#[path"] {
        for (place, _) in text.match_indices(name) {
            let before = text[..place].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = text[place + name.len()..].trim_start();
            let rest = rest.trim_start_matches(['(', '[', '{', '=']).trim_start();
            found.extend(literal(rest));
        }
    }
    found
}

/// The string that a text begins with, plain or raw.
fn literal(text: &str) -> Option<String> {
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
    fn a_member_has_the_version_of_its_workspace() {
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
    fn the_nearest_to_the_top_counts_and_submodules_last() {
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
    fn a_named_workspace_is_the_workspace() {
        let named = "[package]\nname = \"m\"\nversion.workspace = true\nworkspace = \"../root\"\n";
        let all = manifests(&[("root", ROOT), ("m", named)], &[]);
        assert_eq!(all.find("m", "1.0.0").unwrap().folder, "m");
    }

    #[test]
    fn what_reaches_out_is_told() {
        let manifest = "[package]\nname = \"m\"\nreadme = \"../README.md\"\nbuild = \"build.rs\"\n\
                        [lib]\npath = \"src/lib.rs\"\n[[bin]]\nname = \"b\"\npath = \"../b.rs\"\n";
        let text = "const A: &str = include_str!(\"../README.md\");\ninclude! ( \"../../up.rs\" );\n\
                    my_include!(\"../../../no\");\nconst B: &[u8] = include_bytes!(r#\"../../raw\"#);\n\
                    #[path = \"../../other/m.rs\"]\nmod m;\n";
        let texts = BTreeMap::from([("src/lib.rs".to_owned(), text.to_owned())]);
        let found = reaching_out(&manifest.parse().unwrap(), &texts);
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
