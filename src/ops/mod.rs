//! One file per use case: gather, plan, apply. Nothing here prints.

pub mod hash;
pub mod inspect;
pub mod nix_snippet;
pub mod vendor;

use camino::Utf8Path;

use crate::error::Error;
use crate::io::source::read_source;
use crate::project::{Project, SourceFiles};

/// Reads the project at `path`, a folder or an sdist.
fn read_project(path: &Utf8Path) -> Result<(SourceFiles, Project), Error> {
    let files = read_source(path)?;
    let project = Project::read(&files)?;
    Ok((files, project))
}
