//! The crates of a project's own that cargo reads for a build: the members
//! of the workspace, and what they depend on by path.
//!
//! Cargo Reference, "Workspaces" and "Specifying dependencies": path
//! dependencies within the workspace's folder are members by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::files::{join_inside, levels_above, parent};
use super::manifest::{Dependency, Workspace};
use super::workspace::{excludes, find_workspace_root, members};
use super::{CargoManifest, ProjectError, RustProject, SourceFiles, join};

/// A crate in a folder of the project.
#[derive(Debug)]
pub struct LocalCrate {
    /// Its manifest.
    pub manifest: Arc<CargoManifest>,
    /// Whether it belongs to the workspace: cargo resolves its tests too.
    pub is_member: bool,
    /// Whether cargo reads it in any case, not only where a feature is on.
    pub is_read: bool,
    /// Its version, inherited if it is.
    pub version: Option<String>,
    /// Its dependencies, inherited ones filled in; `path` is relative to the
    /// source root.
    pub dependencies: Vec<Dependency>,
}

/// The crates of a project's own.
#[derive(Debug, Default)]
pub struct LocalCrates {
    /// By folder.
    pub crates: BTreeMap<Utf8PathBuf, LocalCrate>,
    /// Files that cargo would read and that don't exist, each with who
    /// asks for it.
    pub missing: Vec<(String, String)>,
    /// Paths that lead out of the source, with how many folders up; `None` for
    /// absolute ones.
    pub outside: Vec<(String, Option<usize>)>,
    /// Manifests below a workspace's that it neither lists nor excludes.
    pub strays: Vec<String>,
    /// Manifests with a `[lib]` whose source isn't there.
    pub without_lib: Vec<String>,
    /// Manifests that inherit from a workspace which isn't there.
    pub orphans: Vec<String>,
    /// The crates that `[patch]` and `[replace]` put others for.
    pub patched: BTreeSet<String>,
}

/// The workspace that is built.
#[derive(Clone, Copy)]
struct Scope<'a> {
    files: &'a SourceFiles,
    root: &'a Utf8Path,
    workspace: Option<&'a Workspace>,
}

impl Scope<'_> {
    /// Whether a crate that a member uses by path becomes a member too.
    fn takes_in(self, folder: &Utf8Path) -> bool {
        let is_in = self.root == "." || folder.starts_with(self.root);
        let takes = |workspace| !excludes(workspace, self.root, folder);
        is_in && self.workspace.is_some_and(takes)
    }
}

impl LocalCrates {
    /// Finds the crates that a build in `project` reads.
    ///
    /// # Errors
    /// Where a manifest can't be read.
    pub fn find(files: &SourceFiles, project: &RustProject) -> Result<Self, ProjectError> {
        let root = &project.cargo_root;
        let root_path = join(root, "Cargo.toml");
        let root_manifest = CargoManifest::read(files, &root_path)?;
        let workspace = root_manifest.workspace.clone().unwrap_or_default();
        let mut found = Self {
            patched: root_manifest.patched.clone(),
            ..Self::default()
        };
        let mut open: Vec<(Utf8PathBuf, bool)> = Vec::new();
        if root_manifest.name.is_some() {
            open.push((root.clone(), true));
        }
        open.extend(
            members(files, root, &workspace)
                .into_iter()
                .map(|f| (f, true)),
        );
        found.note_missing_members(files, root, &workspace);
        for path in &root_manifest.patch_paths {
            if let Some(folder) = found.resolve(root, path) {
                found.note_if_missing(files, &folder, &root_path);
                open.push((folder, false));
            }
        }
        let scope = Scope {
            files,
            root,
            workspace: root_manifest.workspace.is_some().then_some(&workspace),
        };
        found.follow(scope, open)?;
        for module in &project.modules {
            let folder = parent(&module.build.manifest).unwrap_or(Utf8Path::new("."));
            let is_member = found
                .crates
                .get(folder)
                .is_some_and(|krate| krate.is_member);
            if is_member || module.manifest.name.is_none() {
                continue;
            }
            if scope.workspace.is_some() {
                found.strays.push(module.build.manifest.to_string());
            }
            found.crates.remove(folder);
            found.follow(scope, vec![(folder.to_owned(), true)])?;
        }
        Ok(found)
    }

    /// What keeps cargo from reading the manifests.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let missing = self.missing.iter();
        let missing = missing.map(|(file, asker)| format!("`{file}`, which `{asker}` names"));
        let outside = self.outside.iter();
        let outside =
            outside.map(|(path, _)| format!("`{path}`, which lies outside of the source"));
        let strays = self.strays.iter().map(|manifest| {
            format!("`{manifest}` among the members: its workspace neither lists nor excludes it")
        });
        let orphans = self.orphans.iter();
        let orphans = orphans.map(|path| format!("the workspace that `{path}` inherits from"));
        let all = missing.chain(outside).chain(strays).chain(orphans);
        let mut seen = BTreeSet::new();
        all.filter(|line| seen.insert(line.clone())).collect()
    }

    /// Goes from crate to crate by their paths. What only a feature would turn
    /// on comes last.
    fn follow(
        &mut self,
        scope: Scope<'_>,
        mut open: Vec<(Utf8PathBuf, bool)>,
    ) -> Result<(), ProjectError> {
        let mut unsure: Vec<Utf8PathBuf> = Vec::new();
        loop {
            let (folder, is_member, is_read) = match (open.pop(), unsure.is_empty()) {
                (Some((folder, is_member)), _) => (folder, is_member, true),
                (None, false) => (unsure.remove(0), false, false),
                (None, true) => break,
            };
            let path = join(&folder, "Cargo.toml");
            let manifest = CargoManifest::read(scope.files, &path)?;
            if manifest.name.is_none() || self.crates.contains_key(&folder) {
                continue;
            }
            let inherited = Inherited::of(scope.files, &manifest, &path)?;
            let version = manifest.version.as_ref();
            let version =
                version.and_then(|v| v.or_inherited(inherited.workspace.version.as_deref()));
            let mut krate = LocalCrate {
                version: version.map(str::to_owned),
                dependencies: Vec::new(),
                manifest,
                is_member,
                is_read,
            };
            if is_read {
                let lib = krate.manifest.lib_path.as_deref().unwrap_or("src/lib.rs");
                let has_lib = join_inside(&folder, lib).is_none_or(|lib| scope.files.has(&lib));
                if krate.manifest.has_lib && !has_lib {
                    self.without_lib.push(path.to_string());
                }
                if !inherited.is_found {
                    self.orphans.push(path.to_string());
                }
            }
            for (dependency, outside) in inherited.dependencies(&krate.manifest, &path) {
                match outside {
                    None => krate.dependencies.push(dependency),
                    Some(outside) if krate.is_sure(&dependency) => self.outside.push(outside),
                    Some(_) => {}
                }
            }
            for dependency in &krate.dependencies {
                let Some(below) = dependency.path.as_deref().map(Utf8PathBuf::from) else {
                    continue;
                };
                if dependency.is_dev && !is_member {
                    continue;
                }
                if !krate.is_sure(dependency) {
                    unsure.push(below);
                    continue;
                }
                self.note_if_missing(scope.files, &below, &path);
                let joins = is_member && scope.takes_in(&below);
                open.push((below, joins));
            }
            self.crates.insert(folder, krate);
        }
        Ok(())
    }

    /// Cargo reads every member that isn't a pattern.
    fn note_missing_members(
        &mut self,
        files: &SourceFiles,
        root: &Utf8Path,
        workspace: &Workspace,
    ) {
        for member in &workspace.members {
            if member.contains(['*', '?', '[']) {
                continue;
            }
            if let Some(folder) = self.resolve(root, member) {
                self.note_if_missing(files, &folder, &join(root, "Cargo.toml"));
            }
        }
    }

    fn note_if_missing(&mut self, files: &SourceFiles, folder: &Utf8Path, asker: &Utf8Path) {
        let manifest = join(folder, "Cargo.toml");
        if !files.has(&manifest) {
            self.missing
                .push((manifest.into_string(), asker.to_string()));
        }
    }

    /// A folder that a manifest in `folder` names.
    fn resolve(&mut self, folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
        let inside = join_inside(folder, path);
        if inside.is_none() {
            self.outside
                .push((path.to_owned(), levels_above(folder, path)));
        }
        inside
    }
}

/// A path that leads out of the source, and how far up.
type Outside = (String, Option<usize>);

/// What a crate inherits: of the workspace that it belongs to, whether that
/// is the one that is built or not.
struct Inherited {
    root: Utf8PathBuf,
    workspace: Workspace,
    is_found: bool,
}

impl Inherited {
    fn of(
        files: &SourceFiles,
        manifest: &CargoManifest,
        path: &Utf8Path,
    ) -> Result<Self, ProjectError> {
        let (mut root, mut workspace) = (Utf8PathBuf::from("."), Workspace::default());
        let mut is_found = true;
        if manifest.inherits {
            root = find_workspace_root(files, path)?;
            let manifest = CargoManifest::read(files, &join(&root, "Cargo.toml"))?;
            is_found = manifest.workspace.is_some();
            workspace = manifest.workspace.clone().unwrap_or_default();
        }
        Ok(Self {
            root,
            workspace,
            is_found,
        })
    }

    /// The dependencies with their paths from the source root, or where they
    /// lead out of it.
    fn dependencies(
        &self,
        manifest: &CargoManifest,
        path: &Utf8Path,
    ) -> Vec<(Dependency, Option<Outside>)> {
        let folder = parent(path).unwrap_or(Utf8Path::new("."));
        let mut found = Vec::new();
        for asked in &manifest.dependencies {
            let inherited = self.workspace.dependencies.get(&asked.key);
            let (mut dependency, from) = match inherited.filter(|_| asked.is_inherited) {
                Some(inherited) => {
                    let inherited = Dependency {
                        is_dev: asked.is_dev,
                        is_optional: asked.is_optional,
                        features: [inherited.features.clone(), asked.features.clone()].concat(),
                        ..inherited.clone()
                    };
                    (inherited, self.root.as_path())
                }
                None => (asked.clone(), folder),
            };
            let mut outside = None;
            if let Some(path) = dependency.path.take() {
                match join_inside(from, &path) {
                    Some(path) => dependency.path = Some(path.into_string()),
                    None => outside = Some((path.clone(), levels_above(from, &path))),
                }
            }
            found.push((dependency, outside));
        }
        found
    }
}

impl LocalCrate {
    /// Whether cargo resolves a dependency in any case: of crates outside the
    /// workspace neither tests nor what a feature turns on.
    #[must_use]
    pub const fn is_sure(&self, dependency: &Dependency) -> bool {
        self.is_member || (self.is_read && !dependency.is_dev && !dependency.is_optional)
    }
}
