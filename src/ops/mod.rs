//! One file per use case: gather, plan, apply. Nothing here prints.

pub mod hash;
pub mod inspect;
pub mod nix_snippet;
pub mod vendor;

use camino::Utf8Path;

use crate::error::Error;
use crate::io::source::{find_above, read_source};
use crate::project::{CargoManifest, Project, RustProject, SourceFiles, belongs_to, join};

/// Looks above a folder for the workspace that its crate belongs to, where no
/// manifest below has a `[workspace]` of its own.
fn workspace_above(files: &SourceFiles, rust: &RustProject) -> Result<Option<String>, Error> {
    let root = &rust.root.cargo_root;
    if CargoManifest::read(files, &join(root, "Cargo.toml"))?
        .workspace
        .is_some()
    {
        return Ok(None);
    }
    Ok(find_above(
        files.origin().into(),
        root,
        |manifest, folder| {
            CargoManifest::parse(manifest).is_ok_and(|manifest| belongs_to(&manifest, folder))
        },
    )?)
}

/// Reads the project at `path`, a folder or an sdist.
fn read_project(path: &Utf8Path) -> Result<(SourceFiles, Project), Error> {
    let files = read_source(path)?;
    let mut project = Project::read(&files)?;
    // An unpacked sdist is built elsewhere, whatever lies above it here.
    let is_sdist = files.is_archive() || files.has(Utf8Path::new("PKG-INFO"));
    if let Some(rust) = project.rust.as_mut().filter(|_| !is_sdist) {
        rust.root.workspace_above = workspace_above(&files, rust)?;
    }
    Ok((files, project))
}
