//! The project that a backend is asked about, and its paths.

use camino::{Utf8Path, Utf8PathBuf};

use super::plan::{PlannedModule, RootRule};
use super::staged::{FoundManifest, InTreeFile, Root, find_made};
use crate::project::error::ProjectError;
use crate::project::files::SourceFiles;
use crate::project::missing::missing_file;
use crate::project::name::PythonName;
use crate::project::paths::{folder_of, join, join_inside, levels_above};
use crate::project::problems::{Guess, ManifestProblem};
use crate::project::pyproject::Pyproject;
use crate::python::{Platform, Situation};

#[derive(Clone, Copy)]
pub(in crate::project) struct Context<'a> {
    pub(in crate::project) files: &'a SourceFiles,
    pub(in crate::project) pyproject: &'a Pyproject,
    /// The folder of `pyproject.toml`, relative to the source root.
    pub(in crate::project) root: &'a Utf8Path,
    /// The minor version of Python 3.
    pub(in crate::project) python_minor: &'a (dyn Fn() -> u8 + Sync),
    /// Whether the user says which folder cargo builds in, whatever the project
    /// says.
    pub(in crate::project) is_root_chosen: bool,
    /// The files of the project's own backend, if it has one that can be read:
    /// its module, then those next to it that it imports.
    pub(in crate::project) own_backend: &'a [InTreeFile],
    /// The arguments of maturin in the environment of the build.
    pub(in crate::project) maturin_arguments: &'a [String],
}

impl<'a> Context<'a> {
    /// Returns the file of the in-tree backend below `backend-path` (PEP 517),
    /// with its text.
    pub(super) fn in_tree_backend(self) -> Result<Option<(Utf8PathBuf, &'a str)>, ProjectError> {
        let object = self.pyproject.build_backend.split(':').next();
        let module = object.unwrap_or_default().replace('.', "/");
        for folder in &self.pyproject.backend_path {
            for name in [format!("{module}.py"), format!("{module}/__init__.py")] {
                let path = join_inside(Utf8Path::new(folder), &name)
                    .and_then(|path| join_inside(self.root, path.as_str()));
                let Some(path) = path else {
                    continue;
                };
                if let Some(text) = self.files.text(&path)? {
                    return Ok(Some((path, text)));
                }
            }
        }
        Ok(None)
    }

    /// Returns a Python file in the folder of the in-tree backend `beside` or
    /// below `backend-path`, by the name under which `beside` imports it.
    pub(super) fn helper(self, beside: &Utf8Path, import: &str) -> Option<(Utf8PathBuf, &'a str)> {
        let module = import.trim_start_matches('.').replace('.', "/");
        let own = folder_of(beside);
        let folders = self.pyproject.backend_path.iter();
        let folders = folders.filter_map(|folder| join_inside(self.root, folder));
        let mut paths = [own.to_owned()]
            .into_iter()
            .chain(folders)
            .flat_map(|folder| {
                // `NAME.ATTRIBUTE` may be of the module `NAME`.
                let names = [
                    Some(module.as_str()),
                    module.rsplit_once('/').map(|(m, _)| m),
                ];
                let paths = names.into_iter().flatten();
                let paths = paths.map(|name| join(&folder, &format!("{name}.py")));
                paths.collect::<Vec<_>>()
            });
        paths.find_map(|path| {
            let text = self.files.text(&path).ok()??;
            (path != beside).then_some((path, text))
        })
    }

    /// Passes on the situation of a Python file that is run in the Python root
    /// for a wheel on Linux.
    pub(super) fn with_situation<T>(
        self,
        file: &Utf8Path,
        module_name: &str,
        read: impl FnOnce(Situation<'_>) -> T,
    ) -> T {
        let exists = |path: &str| {
            let path = join_inside(self.root, path)?;
            Some(path == "." || self.files.has(&path) || self.files.has_folder(&path))
        };
        let file = file.strip_prefix(self.root).unwrap_or(file);
        read(Situation {
            exists: &exists,
            file: file.as_str(),
            module_name,
            command: "bdist_wheel",
            python_minor: self.python_minor,
            platform: Platform::LINUX,
        })
    }

    /// Returns the files of that name in the Python root.
    pub(super) fn files_named(self, name: &str) -> impl Iterator<Item = &'a Utf8Path> {
        let root = if self.root == "." {
            ""
        } else {
            self.root.as_str()
        };
        let paths = self.files.paths();
        paths.filter(move |path| path.file_name() == Some(name) && path.starts_with(root))
    }

    /// Joins a path in the Python root to the root.
    pub(super) fn path(self, name: &str) -> Utf8PathBuf {
        join(self.root, name)
    }

    /// Formats the path of `pyproject.toml` for messages.
    pub(super) fn pyproject_place(self) -> String {
        self.files.display(&self.path("pyproject.toml"))
    }

    /// Returns the manifest from which the project's own backend may make one.
    pub(super) fn made_by_backend(self, manifest: &Utf8Path) -> Option<FoundManifest> {
        let source = Root {
            files: self.files,
            folder: self.root,
        };
        find_made(self.own_backend, source, manifest)
    }

    /// Returns the manifest that `place` names below `key`; the path may also
    /// be that of its folder.
    pub(super) fn named_manifest(
        self,
        path: &str,
        place: &str,
        key: &'static str,
    ) -> Result<FoundManifest, ProjectError> {
        let outside = || ProjectError::Outside {
            place: place.to_owned(),
            path: path.to_owned(),
            up: levels_above(self.root, path),
        };
        let manifest = join_inside(self.root, path).ok_or_else(outside)?;
        let candidates = [join(&manifest, "Cargo.toml"), manifest.clone()];
        if let Some(path) = candidates.iter().find(|path| self.files.has(path)) {
            let path = path.clone();
            return Ok(FoundManifest { path, guess: None });
        }
        let [in_folder, file] = &candidates;
        let is_file = file.file_name() == Some("Cargo.toml");
        let wanted = if is_file { file } else { in_folder };
        let made = self.made_by_backend(wanted);
        made.ok_or_else(|| {
            let problem = missing_file(self.files, wanted, place);
            if matches!(problem, ManifestProblem::InSubmodule { .. }) {
                return ProjectError::Broken {
                    place: self.files.origin().to_owned(),
                    broken: vec![problem],
                    is_sdist: true,
                    at: None,
                };
            }
            ProjectError::NoManifest {
                place: place.to_owned(),
                manifest: path.to_owned(),
                path: self.files.display(&manifest),
                key,
            }
        })
    }

    /// Returns the crate in one of the folders that most projects use.
    pub(super) fn crate_in_obvious_place(self, why: Guess) -> Option<PlannedModule> {
        let name = self.pyproject.name.as_deref();
        let private = name.map(|name| format!("src/_{}", PythonName::new(name).import_name()));
        let folders = [".", "src/rust", "rust", "native"].map(str::to_owned);
        let manifest = folders
            .into_iter()
            .chain(private)
            .filter_map(|folder| join_inside(self.root, &format!("{folder}/Cargo.toml")))
            .find(|manifest| self.files.has(manifest))?;
        Some(PlannedModule {
            guess: Some(why),
            ..PlannedModule::new(manifest, RootRule::ObviousPlace)
        })
    }
}
