//! Asks cargo which manifests of a project it refuses.
//!
//! Cargo reads them in a scratch folder, with empty files for the sources:
//! `cargo metadata --no-deps` for the workspace, `cargo read-manifest` for path
//! dependencies outside of it. Neither resolves anything.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::cache::Stage;
use super::cargo::{cargo_command, safe_folder, sentence, write_skeleton};
use super::{CrateStore, IoError, temporary};
use crate::hash::Sha256;
use crate::project::{
    LocalCrates, ManifestProblem, RustProject, SourceFiles, find_workspace_root, join,
};
use crate::toml_text::parse_manifest;

/// Upper bound on path dependencies that cargo is asked about one by one.
const MAX_OUTSIDE: usize = 16;

/// Whether the build lets a stable cargo accept unstable features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    Stable,
    /// `RUSTC_BOOTSTRAP` is set, or another toolchain builds.
    Unstable,
}

/// Digests of manifests that cargo accepted. Refusals aren't kept, since another
/// version of cargo may accept the same manifests.
const ACCEPTED: Stage<()> = Stage::json("accepted-1", ".json");

/// The manifests of a build, which cargo is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Manifests<'a> {
    pub files: &'a SourceFiles,
    pub project: &'a RustProject,
    pub local: &'a LocalCrates,
    pub stability: Stability,
}

/// What cargo says of a manifest.
enum Answer {
    Accepted,
    Refused(ManifestProblem),
    /// Cargo couldn't be run, or failed for another reason.
    Unknown,
}

impl Manifests<'_> {
    /// The digest of everything that decides cargo's answer, but for cargo
    /// itself.
    pub(super) fn key(&self) -> Sha256 {
        let mut key = format!("{:?}\n{}\n", self.stability, self.project.cargo_root).into_bytes();
        let mut add = |bytes: &[u8]| {
            key.extend(bytes.len().to_le_bytes());
            key.extend(bytes);
        };
        for module in &self.project.modules {
            add(module.build.manifest.as_str().as_bytes());
        }
        for path in self.files.paths() {
            add(path.as_str().as_bytes());
            if path.file_name() == Some("Cargo.toml") {
                add(self.files.bytes(path).unwrap_or_default());
            }
        }
        Sha256::of(&key)
    }

    /// Returns the first manifest that cargo refuses; `None` if it takes all of
    /// them, or can't be asked. `key` is that of these manifests.
    ///
    /// # Errors
    /// Fails if the scratch folder can't be written.
    pub(super) fn refused(
        &self,
        key: &Sha256,
        store: &CrateStore,
    ) -> Result<Option<ManifestProblem>, IoError> {
        if store.cache().get(&ACCEPTED, key).is_some() {
            return Ok(None);
        }
        Ok(match self.ask(store)? {
            Answer::Accepted => {
                // Without a cache, the next run asks again.
                let _ = store.cache().put(&ACCEPTED, key, &());
                None
            }
            Answer::Refused(problem) => Some(problem),
            Answer::Unknown => None,
        })
    }

    fn ask(&self, store: &CrateStore) -> Result<Answer, IoError> {
        let Self {
            files,
            project,
            local,
            ..
        } = *self;
        let Ok(cache) = safe_folder(files.origin().as_ref(), store) else {
            return Ok(Answer::Unknown);
        };
        let scratch = temporary::folder_in(&cache, "scratch-")?;
        let source = scratch.path().join("source");
        write_skeleton(files, project, local, &source)?;
        write_sources_above(files, local, &source)?;
        let home = scratch.path().join("home");
        fs::create_dir_all(&home)?;
        fs::write(home.join("config.toml"), registries(files, local))?;
        let run = Run {
            scratch: scratch.path(),
            home: &home,
            stability: self.stability,
        };
        let module = project.modules.first().map(|module| &module.build.manifest);
        let root = join(&project.cargo_root, "Cargo.toml");
        let manifest = source.join(module.unwrap_or(&root));
        let workspace = ["metadata", "--no-deps", "--format-version", "1"];
        let mut answer = run.ask(&workspace, &manifest);
        for folder in self.outside_of_workspace().take(MAX_OUTSIDE) {
            if matches!(answer, Answer::Refused(_)) {
                break;
            }
            let manifest = source.join(join(folder, "Cargo.toml"));
            answer = match (run.ask(&["read-manifest"], &manifest), answer) {
                (Answer::Accepted, before) => before,
                (other, _) => other,
            };
        }
        Ok(answer)
    }

    /// The folders of path dependencies that are no workspaces and in none: of
    /// other workspaces, cargo would read the other members too.
    fn outside_of_workspace(&self) -> impl Iterator<Item = &Utf8Path> {
        let is_alone = |folder: &Utf8Path| {
            let root = find_workspace_root(self.files, &join(folder, "Cargo.toml"));
            root.is_ok_and(|root| root == folder)
        };
        let crates = self.local.crates.iter();
        let outside = crates.filter(move |(folder, krate)| {
            let has_members = krate.manifest.workspace.is_some();
            krate.is_read && !krate.is_member && !has_members && is_alone(folder)
        });
        outside.map(|(folder, _)| folder.as_path())
    }
}

/// Writes empty sources for the crates in the folders above: cargo reads their
/// manifests when it looks for the root of a workspace.
fn write_sources_above(files: &SourceFiles, local: &LocalCrates, to: &Path) -> Result<(), IoError> {
    let above: BTreeSet<_> = manifests_above(local).collect();
    let own = |path: &Utf8Path| {
        let mut manifests = path.ancestors().skip(1).map(manifest_of);
        manifests.find(|manifest| files.has(manifest))
    };
    for path in files.paths() {
        if path.extension() == Some("rs") && own(path).is_some_and(|own| above.contains(&own)) {
            let target = to.join(path);
            fs::create_dir_all(target.parent().unwrap_or(to))?;
            fs::write(target, b"")?;
        }
    }
    Ok(())
}

/// Returns where manifests may be in the folders of crates and above.
fn manifests_above(local: &LocalCrates) -> impl Iterator<Item = Utf8PathBuf> {
    let folders = local.crates.keys();
    folders.flat_map(|folder| folder.ancestors().map(manifest_of))
}

fn manifest_of(folder: &Utf8Path) -> Utf8PathBuf {
    match folder.as_str() {
        "" => "Cargo.toml".into(),
        _ => join(folder, "Cargo.toml"),
    }
}

/// Returns a configuration that has each registry which a manifest names:
/// cargo refuses names that it doesn't know, and the user's configuration isn't
/// the project's.
fn registries(files: &SourceFiles, local: &LocalCrates) -> String {
    let paths: BTreeSet<_> = manifests_above(local).collect();
    let mut names = BTreeSet::new();
    for path in &paths {
        let text = files.text(path).ok().flatten().unwrap_or_default();
        let table = parse_manifest(text).ok().map(toml::Value::Table);
        let mut open: Vec<toml::Value> = table.into_iter().collect();
        while let Some(value) = open.pop() {
            match value {
                toml::Value::Table(table) => {
                    let name = table.get("registry").and_then(toml::Value::as_str);
                    names.extend(name.map(str::to_owned));
                    open.extend(table.into_iter().map(|(_, value)| value));
                }
                toml::Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
    }
    names.remove("crates-io");
    let mut text = String::new();
    for name in names {
        let name = toml::Value::String(name);
        let _ = writeln!(
            text,
            "[registries.{name}]\nindex = \"sparse+https://registry.invalid/\""
        );
    }
    text
}

struct Run<'a> {
    scratch: &'a Path,
    home: &'a Path,
    stability: Stability,
}

impl Run<'_> {
    /// Asks cargo about one manifest.
    fn ask(&self, command: &[&str], manifest: &Path) -> Answer {
        let mut cargo = cargo_command(self.home, self.scratch);
        if self.stability == Stability::Unstable {
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        cargo
            .args(command)
            .args(["--offline", "--color", "never", "--manifest-path"])
            .arg(manifest);
        let Ok(output) = cargo.output() else {
            return Answer::Unknown;
        };
        if output.status.success() {
            return Answer::Accepted;
        }
        let text = String::from_utf8_lossy(&output.stderr);
        refusal(&text, self.scratch).map_or(Answer::Unknown, Answer::Refused)
    }
}

/// Reads what cargo says of a manifest that it refuses. `None` for anything
/// else, such as a file that doesn't exist or a cargo that doesn't work.
fn refusal(text: &str, scratch: &Path) -> Option<ManifestProblem> {
    if text.contains("failed to read `") || text.contains("(os error ") {
        return None;
    }
    let source = format!("{}/", scratch.join("source").display());
    let place = |path: &str| path.strip_prefix(&source).unwrap_or(path).to_owned();
    // error: MESSAGE
    //  --> PATH:LINE:COLUMN
    let mut lines = text.lines().skip_while(|line| !line.starts_with("error"));
    let first = lines.next()?;
    let head = first.split_once(": ").map_or(first, |(_, rest)| rest);
    if let Some(at) = lines
        .next()
        .and_then(|line| line.trim().strip_prefix("--> "))
    {
        let mut parts = at.rsplitn(3, ':');
        let column = parts.next().and_then(|column| column.parse().ok());
        let line = parts.next().and_then(|line| line.parse().ok());
        let path = parts.next().unwrap_or(at);
        let manifest = match path.rsplit_once("/source/") {
            Some((_, path)) => path,
            None => path.strip_prefix("source/").unwrap_or(path),
        };
        return Some(ManifestProblem::Refused {
            manifest: manifest.to_owned(),
            line,
            column,
            reason: head.to_owned(),
        });
    }
    // error: failed to parse manifest at `PATH`
    let (manifest, reason) = match text.rsplit_once("failed to parse manifest at `") {
        Some((_, rest)) => {
            let (path, reason) = rest.split_once('`')?;
            (place(path), reason)
        }
        // Between manifests, such as two crates of one name.
        None if text.contains("workspace") || text.contains("package") => {
            ("Cargo.toml".to_owned(), text)
        }
        None => return None,
    };
    Some(ManifestProblem::Refused {
        manifest,
        line: None,
        column: None,
        reason: sentence(reason, scratch),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<(String, Option<usize>, String)> {
        match refusal(text, Path::new("/s"))? {
            ManifestProblem::Refused {
                manifest,
                line,
                reason,
                ..
            } => Some((manifest, line, reason)),
            _ => None,
        }
    }

    #[test]
    fn a_refusal_names_the_manifest_and_the_cause() {
        let text = "error: failed to load manifest for workspace member `/s/source/py`\n\
            referenced by workspace at `/s/source/Cargo.toml`\n\nCaused by:\n  \
            failed to parse manifest at `/s/source/py/Cargo.toml`\n\nCaused by:\n  \
            failed to parse the `edition` key\n\nCaused by:\n  \
            supported edition values are `2015`, but `2022` is unknown\n";
        let reason = "failed to parse the `edition` key: supported edition values are `2015`, but `2022` is unknown";
        let expected = ("py/Cargo.toml".to_owned(), None, reason.to_owned());
        assert_eq!(said(text), Some(expected));
    }

    #[test]
    fn a_refusal_with_a_line_keeps_it() {
        for path in ["source/py/Cargo.toml", "/s/source/py/Cargo.toml"] {
            let text = format!("error: duplicate key\n --> {path}:5:1\n  |\n5 | edition\n");
            let expected = (
                "py/Cargo.toml".to_owned(),
                Some(5),
                "duplicate key".to_owned(),
            );
            assert_eq!(said(&text), Some(expected));
        }
    }

    #[test]
    fn other_failures_are_no_refusals() {
        for text in [
            "",
            "error: toolchain 'stable' is not installed\n",
            "error: failed to load manifest for dependency `b`\n\nCaused by:\n  \
             failed to read `/s/source/b/Cargo.toml`\n\nCaused by:\n  No such file or directory (os error 2)\n",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
