//! What a build reads from git submodules that aren't checked out.

use camino::Utf8Path;

use crate::error::Error;
use crate::io::paths::{exists, parent_folder};
use crate::io::submodules::{is_empty, missing_submodule};
use crate::project::{LocalCrates, ManifestProblem, Project, ProjectError, SourceFiles};
use crate::python_lock::PythonLockError;

/// Refuses a project in a submodule that isn't checked out.
pub(super) fn require_checked_out(path: &Utf8Path) -> Result<(), Error> {
    let named = Named {
        source: path,
        by: None,
        path,
    };
    named.missing(path).map_or(Ok(()), Err)
}

/// Refuses a member of a workspace that isn't there.
pub(super) fn require_member(folder: &Utf8Path, lock: &str, label: &str) -> Result<(), Error> {
    if exists(folder) && !is_empty(folder) {
        return Ok(());
    }
    let named = Named {
        source: parent_folder(Utf8Path::new(lock)),
        by: Some(lock),
        path: folder,
    };
    Err(named.missing(folder).unwrap_or_else(|| {
        PythonLockError::NoFolder {
            place: lock.to_owned(),
            package: label.to_owned(),
            folder: folder.to_string(),
        }
        .into()
    }))
}

/// Explains that a manifest doesn't exist, if that is for a submodule.
pub(super) fn explain(error: Error, source: &Utf8Path) -> Error {
    let found = match &error {
        Error::Project(ProjectError::NoManifest { place, path, .. }) => {
            let path = Utf8Path::new(path);
            let by = Some(place.as_str());
            Named { source, by, path }.missing(path)
        }
        _ => None,
    };
    found.unwrap_or(error)
}

/// Refuses crates in submodules that aren't checked out.
pub(super) fn require_crates(files: &SourceFiles, project: &Project) -> Result<(), Error> {
    if files.is_archive() {
        return Ok(());
    }
    for rust in &project.rust {
        for problem in LocalCrates::find(files, rust)?.problems() {
            if let ManifestProblem::MissingFile { path, named_by } = &problem {
                let path = Utf8Path::new(path);
                let named = Named {
                    source: Utf8Path::new(files.origin()),
                    by: Some(named_by),
                    path,
                };
                if let Some(error) = named.missing(Utf8Path::new(&files.display(path))) {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// A file or folder that is named.
#[derive(Clone, Copy)]
struct Named<'a> {
    /// The folder that was read.
    source: &'a Utf8Path,
    /// The file that names it.
    by: Option<&'a str>,
    /// As messages show it.
    path: &'a Utf8Path,
}

impl Named<'_> {
    /// Returns the error for what is at `place` in a submodule that isn't checked
    /// out.
    fn missing(self, place: &Utf8Path) -> Option<Error> {
        let submodule = missing_submodule(self.source, place)?;
        let error = ProjectError::MissingSubmodule {
            named_by: self.by.map(str::to_owned),
            path: self.path.to_string(),
            checkout: submodule.checkout(),
            submodule: submodule.path.into_string(),
        };
        Some(error.into())
    }
}
