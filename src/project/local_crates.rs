//! The crates of the project itself that cargo reads for a build: the members
//! of the workspace, and the path dependencies of all of them.
//!
//! Cargo Reference, "Workspaces" and "Specifying Dependencies": path
//! dependencies within the workspace's folder are members too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ProjectError;
use super::files::SourceFiles;
use super::manifest::{CargoDependency, CargoManifest, CargoWorkspace};
use super::missing::missing_file;
use super::paths::{folder_of, join, join_inside, levels_above};
use super::problems::{Bounds, ManifestProblem};
use super::roots::RustProject;
use super::workspace::{excludes, find_workspace_root, members};

/// A crate in a folder of the project.
#[derive(Debug)]
pub struct LocalCrate {
    pub manifest: Arc<CargoManifest>,
    /// Whether it belongs to the workspace; cargo resolves the
    /// dev-dependencies of members too.
    pub is_member: bool,
    /// Whether cargo reads it regardless of features.
    pub is_read: bool,
    /// The version, with an inherited one filled in.
    pub version: Option<String>,
    /// The dependencies, with inherited ones filled in; `path` is relative to
    /// the source root.
    pub dependencies: Vec<CargoDependency>,
}

/// The crates of the project itself.
#[derive(Debug, Default)]
pub struct LocalCrates {
    /// The crates by folder.
    pub crates: BTreeMap<Utf8PathBuf, LocalCrate>,
    /// Manifests with a `[lib]` whose source file doesn't exist.
    pub without_lib: Vec<String>,
    /// Names of crates that `[patch]` or `[replace]` replaces.
    pub patched: BTreeSet<String>,
    /// In the order in which they were found, with duplicates.
    problems: Vec<ManifestProblem>,
}

impl LocalCrates {
    /// Finds the crates that a build in `project` reads.
    ///
    /// # Errors
    /// If a manifest can't be read.
    pub fn find(files: &SourceFiles, project: &RustProject) -> Result<Self, ProjectError> {
        let root = &project.cargo_root;
        let root_path = join(root, "Cargo.toml");
        let root_manifest = files.manifest(&root_path)?;
        let workspace = root_manifest.workspace.as_ref();
        let mut search = Search {
            files,
            root,
            workspace,
            found: Self {
                patched: root_manifest.patched.clone(),
                ..Self::default()
            },
        };
        let mut open = Vec::new();
        if root_manifest.name.is_some() {
            open.push(Pending::member(root.clone()));
        }
        if let Some(workspace) = workspace {
            open.extend(
                members(files, root, workspace)
                    .into_iter()
                    .map(Pending::member),
            );
            search.report_missing_members(workspace, &root_path);
        }
        for path in &root_manifest.patch_paths {
            if let Some(folder) = search.resolve_path(path) {
                search.report_if_missing(&folder, &root_path);
                open.push(Pending {
                    folder,
                    is_member: false,
                });
            }
        }
        search.follow(open)?;
        for module in &project.modules {
            let folder = folder_of(&module.build.manifest);
            let krate = search.found.crates.get(folder);
            if krate.is_some_and(|krate| krate.is_member) || module.manifest.name.is_none() {
                continue;
            }
            if workspace.is_some() {
                let manifest = module.build.manifest.to_string();
                search
                    .found
                    .problems
                    .push(ManifestProblem::Stray { manifest });
            }
            search.found.crates.remove(folder);
            search.follow(vec![Pending::member(folder.to_owned())])?;
        }
        Ok(search.found)
    }

    /// Returns what keeps cargo from reading the manifests, by kind.
    pub fn problems(&self) -> Vec<ManifestProblem> {
        let mut seen = BTreeSet::new();
        let mut problems: Vec<_> = self
            .problems
            .iter()
            .filter(|problem| seen.insert(problem.key()))
            .collect();
        problems.sort_by_key(|problem| problem.key().0);
        problems.into_iter().cloned().collect()
    }

    /// Adds what cargo said when it was asked about a manifest.
    pub fn refuse(&mut self, problem: ManifestProblem) {
        self.problems.push(problem);
    }

    /// Says of the paths out of the source whether they leave the git
    /// repository: `exists` tells whether there is something at a path, relative
    /// to the folder of a manifest.
    pub fn bound_by_repository(&mut self, exists: impl Fn(&Utf8Path, &str) -> bool) {
        for problem in &mut self.problems {
            if let ManifestProblem::Outside {
                path,
                named_by,
                bounds,
                ..
            } = problem
                && exists(folder_of(Utf8Path::new(named_by)), path)
            {
                *bounds = Bounds::Repository;
            }
        }
    }

    /// Returns how many folders above the source root relative paths lead at
    /// most; `None` if none leads out of the source.
    pub fn levels_above(&self) -> Option<usize> {
        let levels = self.problems.iter().filter_map(|problem| match problem {
            ManifestProblem::Outside { up, .. } => *up,
            _ => None,
        });
        levels.max()
    }
}

/// A crate that is still to be read.
struct Pending {
    folder: Utf8PathBuf,
    is_member: bool,
}

impl Pending {
    const fn member(folder: Utf8PathBuf) -> Self {
        Self {
            folder,
            is_member: true,
        }
    }
}

/// The walk from crate to crate, in the workspace that is built.
struct Search<'a> {
    files: &'a SourceFiles,
    root: &'a Utf8Path,
    workspace: Option<&'a CargoWorkspace>,
    found: LocalCrates,
}

impl Search<'_> {
    /// Reads the pending crates and the crates they depend on by path. Path
    /// dependencies that only a feature turns on are read last.
    fn follow(&mut self, mut open: Vec<Pending>) -> Result<(), ProjectError> {
        let mut optional = VecDeque::new();
        loop {
            let (pending, is_read) = if let Some(pending) = open.pop() {
                (pending, true)
            } else if let Some(pending) = optional.pop_front() {
                (pending, false)
            } else {
                return Ok(());
            };
            let path = join(&pending.folder, "Cargo.toml");
            let manifest = self.files.manifest(&path)?;
            if manifest.name.is_none() || self.found.crates.contains_key(&pending.folder) {
                continue;
            }
            let krate = self.read_crate(&path, manifest, pending.is_member, is_read)?;
            for dependency in &krate.dependencies {
                let Some(folder) = dependency.path.as_deref().map(Utf8PathBuf::from) else {
                    continue;
                };
                if dependency.is_dev && !krate.is_member {
                    continue;
                }
                if !krate.is_required(dependency) {
                    let is_member = false;
                    optional.push_back(Pending { folder, is_member });
                    continue;
                }
                self.report_if_missing(&folder, &path);
                let is_member = krate.is_member && self.becomes_member(&folder);
                open.push(Pending { folder, is_member });
            }
            self.found.crates.insert(pending.folder, krate);
        }
    }

    fn read_crate(
        &mut self,
        path: &Utf8Path,
        manifest: Arc<CargoManifest>,
        is_member: bool,
        is_read: bool,
    ) -> Result<LocalCrate, ProjectError> {
        let parent = ParentWorkspace::find(self.files, &manifest, path)?;
        if is_read {
            let lib = manifest.lib_path.as_deref().unwrap_or("src/lib.rs");
            let lib = join_inside(folder_of(path), lib);
            if manifest.has_lib && lib.is_some_and(|lib| !self.files.has(&lib)) {
                self.found.without_lib.push(path.to_string());
            }
            if !parent.exists {
                let manifest = path.to_string();
                let problem = ManifestProblem::NoWorkspace { manifest };
                self.found.problems.push(problem);
            }
        }
        let version = manifest.version.as_ref();
        let version = version.and_then(|v| v.resolve(parent.workspace.package.version.as_deref()));
        let mut krate = LocalCrate {
            version: version.map(str::to_owned),
            dependencies: Vec::new(),
            manifest,
            is_member,
            is_read,
        };
        let manifest_path = path;
        for declared in &krate.manifest.clone().dependencies {
            let (mut dependency, folder) = parent.inherit(declared, folder_of(path));
            if let Some(path) = dependency.path.take() {
                dependency.path = join_inside(folder, &path).map(Utf8PathBuf::into_string);
                if dependency.path.is_none() {
                    if krate.is_required(&dependency) {
                        self.report_outside(folder, manifest_path, path);
                    }
                    continue;
                }
            }
            krate.dependencies.push(dependency);
        }
        Ok(krate)
    }

    /// Returns whether a crate becomes a member because a member depends on it
    /// by path.
    fn becomes_member(&self, folder: &Utf8Path) -> bool {
        let is_below = self.root == "." || folder.starts_with(self.root);
        let takes = |workspace| !excludes(workspace, self.root, folder);
        is_below && self.workspace.is_some_and(takes)
    }

    /// Reports members without a manifest; cargo requires those that aren't
    /// patterns.
    fn report_missing_members(&mut self, workspace: &CargoWorkspace, root_path: &Utf8Path) {
        for member in &workspace.members {
            if member.contains(['*', '?', '[']) {
                continue;
            }
            if let Some(folder) = self.resolve_path(member) {
                self.report_if_missing(&folder, root_path);
            }
        }
    }

    fn report_if_missing(&mut self, folder: &Utf8Path, named_by: &Utf8Path) {
        let manifest = join(folder, "Cargo.toml");
        if !self.files.has(&manifest) {
            let problem = missing_file(self.files, &manifest, named_by.as_str());
            self.found.problems.push(problem);
        }
    }

    fn report_outside(&mut self, folder: &Utf8Path, named_by: &Utf8Path, path: String) {
        self.found.problems.push(ManifestProblem::Outside {
            up: levels_above(folder, &path),
            named_by: named_by.to_string(),
            path,
            bounds: Bounds::default(),
        });
    }

    /// Returns the folder that the root manifest names, or reports that it is
    /// outside of the source.
    fn resolve_path(&mut self, path: &str) -> Option<Utf8PathBuf> {
        let inside = join_inside(self.root, path);
        if inside.is_none() {
            let root_path = join(self.root, "Cargo.toml");
            self.report_outside(self.root, &root_path, path.to_owned());
        }
        inside
    }
}

/// The workspace that a crate inherits fields from, which isn't always the one
/// that is built. Empty for a crate that inherits nothing.
struct ParentWorkspace {
    root: Utf8PathBuf,
    workspace: CargoWorkspace,
    exists: bool,
}

impl ParentWorkspace {
    fn find(
        files: &SourceFiles,
        manifest: &CargoManifest,
        path: &Utf8Path,
    ) -> Result<Self, ProjectError> {
        if !manifest.inherits {
            return Ok(Self {
                root: Utf8PathBuf::from("."),
                workspace: CargoWorkspace::default(),
                exists: true,
            });
        }
        let root = find_workspace_root(files, path)?;
        let root_manifest = files.manifest(&join(&root, "Cargo.toml"))?;
        Ok(Self {
            root,
            exists: root_manifest.workspace.is_some(),
            workspace: root_manifest.workspace.clone().unwrap_or_default(),
        })
    }

    /// Returns a dependency with the inherited fields filled in, and the folder
    /// that its path starts from.
    fn inherit<'a>(
        &'a self,
        declared: &CargoDependency,
        folder: &'a Utf8Path,
    ) -> (CargoDependency, &'a Utf8Path) {
        let inherited = self.workspace.dependencies.get(&declared.key);
        match inherited.filter(|_| declared.is_inherited) {
            Some(inherited) => {
                let dependency = CargoDependency {
                    is_dev: declared.is_dev,
                    is_optional: declared.is_optional,
                    features: [inherited.features.clone(), declared.features.clone()].concat(),
                    ..inherited.clone()
                };
                (dependency, &self.root)
            }
            None => (declared.clone(), folder),
        }
    }
}

impl LocalCrate {
    /// Returns whether cargo resolves a dependency regardless of features.
    /// Cargo ignores the dev-dependencies of crates outside the workspace.
    pub const fn is_required(&self, dependency: &CargoDependency) -> bool {
        self.is_member || (self.is_read && !dependency.is_dev && !dependency.is_optional)
    }
}
