//! Files that a source should have and doesn't.

use camino::Utf8Path;

use super::files::SourceFiles;
use super::problems::ManifestProblem;
use super::submodules::{GITMODULES, submodule_paths};

/// Returns the problem that a source lacks the file at `path`.
pub(super) fn missing_file(
    files: &SourceFiles,
    path: &Utf8Path,
    named_by: &str,
) -> ManifestProblem {
    let text = files.text(Utf8Path::new(GITMODULES)).ok().flatten();
    let mut submodules = submodule_paths(text.unwrap_or_default()).into_iter();
    let submodule = submodules.find(|submodule| path.starts_with(submodule));
    let (path, named_by) = (path.to_string(), named_by.to_owned());
    match submodule {
        Some(submodule) => ManifestProblem::InSubmodule {
            path,
            named_by,
            submodule: submodule.into_string(),
        },
        None => ManifestProblem::MissingFile { path, named_by },
    }
}
