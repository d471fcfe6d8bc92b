//! The crates of a build, and whether cargo can read their manifests.

use camino::Utf8Path;

use crate::error::Error;
use crate::io::paths::exists;
use crate::io::search_up::is_in_repository;
use crate::io::{Manifests, Session, Stability};
use crate::options::{Chosen, Options};
use crate::project::{BuildEnvironment, LocalCrates, ProjectError, RustProject, SourceFiles, join};

/// The variable that makes a stable rustc accept unstable features.
pub(super) const BOOTSTRAP: &str = "RUSTC_BOOTSTRAP";

/// Finds the crates that a build in `rust` reads, with everything that keeps
/// cargo from it: what the manifests lead to, and what cargo itself refuses.
pub(super) fn checked_crates(
    files: &SourceFiles,
    rust: &RustProject,
    options: &Options,
    session: &Session,
) -> Result<LocalCrates, Error> {
    let mut local = LocalCrates::find(files, rust)?;
    let origin = Utf8Path::new(files.origin());
    if !files.is_archive() && !local.problems().is_empty() && is_in_repository(origin) {
        local.bound_by_repository(|folder, path| exists(&origin.join(folder).join(path)));
    }
    // What cargo would say of those is known already.
    if local.problems().is_empty() {
        let refused = session.refused_manifest(Manifests {
            files,
            project: rust,
            local: &local,
            stability: stability(files, rust, &local, options),
        })?;
        if let Some(problem) = refused {
            local.refuse(problem);
        }
    }
    Ok(local)
}

/// Refuses manifests that cargo can't read.
pub(super) fn require_readable(
    files: &SourceFiles,
    root: &Utf8Path,
    local: &LocalCrates,
) -> Result<(), Error> {
    let (place, broken) = (files.origin().to_owned(), local.problems());
    if broken.is_empty() {
        return Ok(());
    }
    let is_sdist = is_sdist(files, root);
    Err(ProjectError::Broken {
        at: broken
            .iter()
            .find_map(|problem| files.place_of(problem.source_line()?)),
        place,
        broken,
        is_sdist,
    }
    .into())
}

/// Whether the source is an sdist, packed or unpacked.
pub(super) fn is_sdist(files: &SourceFiles, root: &Utf8Path) -> bool {
    files.is_archive() || files.has(&join(root, "PKG-INFO"))
}

/// Returns whether the build accepts `cargo-features`: the options choose
/// another toolchain or set `RUSTC_BOOTSTRAP`, or the stanza sets it since a
/// crate's root turns on unstable features.
fn stability(
    files: &SourceFiles,
    rust: &RustProject,
    local: &LocalCrates,
    options: &Options,
) -> Stability {
    let has_toolchain = options.stanza.toolchain.chosen().is_some();
    let mut env = options.extra.env.iter().flat_map(|env| env.values.keys());
    let is_bootstrapped = env.any(|name| name.as_str() == BOOTSTRAP);
    let is_set = || {
        let root = Utf8Path::new(".");
        let environment = BuildEnvironment::read(files, root, rust, local);
        let mut files = environment.nightly_files.iter();
        files.any(|file| file.extension() == Some("rs"))
    };
    if has_toolchain || is_bootstrapped || is_set() {
        Stability::Unstable
    } else {
        Stability::Stable
    }
}
