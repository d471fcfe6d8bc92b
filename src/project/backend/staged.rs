//! Manifests that an in-tree backend puts where the build looks for them.

use camino::{Utf8Path, Utf8PathBuf};

use crate::project::files::SourceFiles;
use crate::project::paths::{folder_of, join_inside};
use crate::project::problems::Guess;
use crate::python::StagedPath;

/// Upper bound on copies of copies.
const MAX_STEPS: usize = 4;

/// A file of an in-tree backend, and what it does before it builds.
pub(in crate::project) struct InTreeFile {
    /// Relative to the source root.
    pub(super) file: Utf8PathBuf,
    pub(super) staged: Vec<StagedPath>,
}

/// A source, and the folder of the Python project in it.
#[derive(Clone, Copy)]
pub(super) struct Root<'a> {
    pub(super) files: &'a SourceFiles,
    pub(super) folder: &'a Utf8Path,
}

/// A manifest, and why it isn't certain.
pub(super) struct FoundManifest {
    pub(super) path: Utf8PathBuf,
    pub(super) guess: Option<Guess>,
}

/// Returns the manifest that one of a backend's files, of which the first is its
/// module, copies, moves or links to `manifest`, otherwise one that ends in the
/// same folders.
pub(super) fn find_made(
    backend: &[InTreeFile],
    source: Root<'_>,
    manifest: &Utf8Path,
) -> Option<FoundManifest> {
    let module = backend.first()?;
    let mut staged = backend.iter().filter_map(|file| {
        let (path, line) = file.follow(source, manifest, MAX_STEPS)?;
        let guess = Some(Guess::Staged {
            manifest: manifest.to_string(),
            file: file.file.clone(),
            line,
        });
        Some(FoundManifest { path, guess })
    });
    staged.next().or_else(|| {
        let path = same_end(source, manifest)?;
        let guess = Some(Guess::MadeByBackend {
            manifest: manifest.to_string(),
            file: module.file.clone(),
        });
        Some(FoundManifest { path, guess })
    })
}

impl InTreeFile {
    /// Follows copies back to a file of the source. Returns it with the line of
    /// the first copy.
    fn follow(
        &self,
        source: Root<'_>,
        path: &Utf8Path,
        steps: usize,
    ) -> Option<(Utf8PathBuf, usize)> {
        if steps == 0 {
            return None;
        }
        // A later copy replaces an earlier one.
        self.staged.iter().rev().find_map(|staged| {
            origins(source, staged, path).into_iter().find_map(|from| {
                if source.files.has(&from) {
                    return Some((from, staged.line));
                }
                let (found, _) = self.follow(source, &from, steps - 1)?;
                Some((found, staged.line))
            })
        })
    }
}

/// Returns where a path may come from, by one copy.
fn origins(source: Root<'_>, staged: &StagedPath, path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let inside = |path: &str| join_inside(source.folder, path);
    let Some(to) = inside(&staged.to) else {
        return Vec::new();
    };
    let beside = join_inside(folder_of(&to), &staged.from);
    let mut found = Vec::new();
    for from in [inside(&staged.from), beside].into_iter().flatten() {
        // Into an existing folder, a file or folder goes under its own name.
        let below = from.file_name().map(|name| to.join(name));
        for target in [Some(to.clone()), below].into_iter().flatten() {
            if let Ok(rest) = path.strip_prefix(&target) {
                found.extend(join_inside(&from, rest.as_str()));
            }
        }
    }
    found
}

/// Returns the one manifest of the source that ends in the most folders of a
/// path.
fn same_end(source: Root<'_>, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let common = |manifest: &Utf8Path| {
        let parts = manifest.components().rev().zip(path.components().rev());
        parts.take_while(|(a, b)| a == b).count()
    };
    let root = if source.folder == "." {
        ""
    } else {
        source.folder.as_str()
    };
    let paths = source.files.paths().filter(|path| path.starts_with(root));
    let manifests = paths.filter(|path| path.file_name() == Some("Cargo.toml"));
    let manifests: Vec<_> = manifests.collect();
    let most = manifests.iter().map(|path| common(path)).max()?;
    let mut best = manifests.iter().filter(|path| common(path) == most);
    let first = best.next()?;
    best.next().is_none().then(|| (*first).to_owned())
}
