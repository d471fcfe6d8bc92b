//! The package sets of a local project.

use std::sync::Arc;

use super::{Asked, Workspace};
use crate::io::Session;
use crate::io::paths::{full_path, join_below};
use crate::ops::load::Request;
use crate::python_build::PackageSets;

/// Returns the package sets of the `uv.lock` beside or above a folder, if the
/// lock has the folder as a local project.
pub(in crate::ops) fn sets_of_lock(
    request: &Request,
    session: &Session,
) -> Option<Arc<PackageSets>> {
    let workspace = Workspace::above(&request.path, session)?;
    let place = full_path(&request.path).ok()??;
    let mut folders = workspace.lock.packages.iter();
    let is_local = folders.any(|package| {
        let folder = package.source.folder();
        let folder = folder.map(|below| join_below(workspace.folder(), below));
        folder.and_then(|folder| full_path(&folder).ok()?) == Some(place.clone())
    });
    if !is_local {
        return None;
    }
    let asked = Asked::of(&request.options, &workspace).ok()?;
    Some(asked.sets)
}
