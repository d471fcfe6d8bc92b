//! The root of the workspace that a crate belongs to, and a workspace's
//! members, by cargo's rules.
//!
//! Cargo Reference, "The `workspace` field" and "Workspaces": a manifest with
//! `[workspace]` is its own root; `package.workspace` names the root; otherwise
//! it is the nearest folder above with a `[workspace]` that doesn't exclude the
//! crate.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ProjectError;
use super::files::SourceFiles;
use super::manifest::{CargoManifest, CargoWorkspace};
use super::paths::{folder_of, join, join_inside, levels_above, parent};

/// Upper bound on `*` in one component of a member pattern: the time to match
/// grows with each, and the pattern is a stranger's.
const MAX_STARS: usize = 4;

/// Returns the folder of the workspace root for the crate at `manifest_path`;
/// the crate's own folder if it is in no workspace.
///
/// # Errors
/// If a manifest on the way can't be read, or `package.workspace` leads out of
/// the source root.
pub fn find_workspace_root(
    files: &SourceFiles,
    manifest_path: &Utf8Path,
) -> Result<Utf8PathBuf, ProjectError> {
    let folder = folder_of(manifest_path);
    let manifest = files.manifest(manifest_path)?;
    if manifest.workspace.is_some() {
        return Ok(folder.to_owned());
    }
    if let Some(root) = root_from_pointer(files, manifest_path, &manifest)? {
        return Ok(root);
    }
    let mut ancestor = parent(folder);
    while let Some(above) = ancestor {
        let candidate = join(above, "Cargo.toml");
        if files.has(&candidate) {
            let manifest = files.manifest(&candidate)?;
            if let Some(root) = root_from_pointer(files, &candidate, &manifest)? {
                return Ok(root);
            }
            if has_member(&manifest, above, folder) {
                return Ok(above.to_owned());
            }
        }
        ancestor = parent(above);
    }
    Ok(folder.to_owned())
}

/// Returns whether a crate in `folder`, relative to the workspace root, belongs
/// to the workspace of the root's `manifest`.
pub fn belongs_to(manifest: &CargoManifest, folder: &Utf8Path) -> bool {
    has_member(manifest, Utf8Path::new("."), folder)
}

fn has_member(manifest: &CargoManifest, root: &Utf8Path, folder: &Utf8Path) -> bool {
    let workspace = manifest.workspace.as_ref();
    workspace.is_some_and(|workspace| !excludes(workspace, root, folder))
}

/// Returns the folder that `package.workspace` names, if the manifest has it.
fn root_from_pointer(
    files: &SourceFiles,
    manifest_path: &Utf8Path,
    manifest: &CargoManifest,
) -> Result<Option<Utf8PathBuf>, ProjectError> {
    let Some(pointer) = &manifest.workspace_pointer else {
        return Ok(None);
    };
    let folder = folder_of(manifest_path);
    let place = files.display(manifest_path);
    let Some(root) = join_inside(folder, pointer) else {
        return Err(ProjectError::Outside {
            place,
            path: pointer.clone(),
            up: levels_above(folder, pointer),
        });
    };
    if files.has(&join(&root, "Cargo.toml")) {
        return Ok(Some(root));
    }
    Err(ProjectError::NoManifest {
        place,
        manifest: format!("{pointer}/Cargo.toml"),
        path: files.display(&root),
        key: "package.workspace",
    })
}

/// Returns whether a workspace excludes a folder, as cargo's `is_excluded`
/// does: it is below a path of `exclude` and below none of `members`.
///
/// Cargo compares `members` as written here, without expanding patterns.
pub(super) fn excludes(workspace: &CargoWorkspace, root: &Utf8Path, folder: &Utf8Path) -> bool {
    let is_below = |path: &String| {
        join_inside(root, path).is_some_and(|path| path == "." || folder.starts_with(path))
    };
    workspace.exclude.iter().any(is_below) && !workspace.members.iter().any(is_below)
}

/// Returns the folders of a workspace's members that have a manifest, with
/// patterns expanded.
pub(super) fn members(
    files: &SourceFiles,
    root: &Utf8Path,
    workspace: &CargoWorkspace,
) -> Vec<Utf8PathBuf> {
    let patterns: Vec<Vec<_>> = workspace
        .members
        .iter()
        .filter_map(|member| join_inside(root, member))
        .filter_map(|member| member.components().map(|c| pattern(c.as_str())).collect())
        .collect();
    files
        .paths()
        .filter(|path| path.file_name() == Some("Cargo.toml"))
        .map(folder_of)
        .filter(|folder| patterns.iter().any(|pattern| matches(pattern, folder)))
        .filter(|folder| !excludes(workspace, root, folder))
        .map(Utf8Path::to_owned)
        .collect()
}

fn pattern(component: &str) -> Option<glob::Pattern> {
    let is_cheap = component.matches('*').count() <= MAX_STARS;
    is_cheap.then(|| glob::Pattern::new(component).ok())?
}

fn matches(pattern: &[glob::Pattern], folder: &Utf8Path) -> bool {
    pattern.len() == folder.components().count()
        && pattern
            .iter()
            .zip(folder.components())
            .all(|(p, c)| p.matches(c.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: &str = "[package]\nname = \"m\"\nversion = \"1.0.0\"\n";

    fn root_of(manifest: &str, files: &[(&str, &str)]) -> String {
        let source = SourceFiles::example(files);
        let root = find_workspace_root(&source, Utf8Path::new(manifest));
        root.unwrap().into_string()
    }

    #[test]
    fn alone_the_crate_is_the_root() {
        assert_eq!(
            root_of("src/rust/Cargo.toml", &[("src/rust/Cargo.toml", MEMBER)]),
            "src/rust"
        );
        assert_eq!(root_of("Cargo.toml", &[("Cargo.toml", MEMBER)]), ".");
    }

    #[test]
    fn the_nearest_workspace_above_is_the_root() {
        let workspace = "[workspace]\nmembers = [\"src/rust\"]\n";
        let files = [("Cargo.toml", workspace), ("src/rust/Cargo.toml", MEMBER)];
        assert_eq!(root_of("src/rust/Cargo.toml", &files), ".");
        let files = [
            ("Cargo.toml", "[workspace]"),
            ("src/Cargo.toml", "[workspace]"),
            ("src/rust/Cargo.toml", MEMBER),
        ];
        assert_eq!(root_of("src/rust/Cargo.toml", &files), "src");
    }

    #[test]
    fn an_excluded_crate_is_passed_over() {
        let excluding = "[workspace]\nexclude = [\"py\"]\n";
        let files = [("Cargo.toml", excluding), ("py/Cargo.toml", MEMBER)];
        assert_eq!(root_of("py/Cargo.toml", &files), "py");
        let both = "[workspace]\nmembers = [\"py/a\"]\nexclude = [\"py\"]\n";
        let files = [("Cargo.toml", both), ("py/a/Cargo.toml", MEMBER)];
        assert_eq!(root_of("py/a/Cargo.toml", &files), ".");
    }

    #[test]
    fn a_pointer_is_followed() {
        let pointing = "[package]\nname = \"m\"\nworkspace = \"../root\"\n";
        let files = [
            ("m/Cargo.toml", pointing),
            ("root/Cargo.toml", "[workspace]"),
        ];
        assert_eq!(root_of("m/Cargo.toml", &files), "root");
    }

    #[test]
    fn a_pointer_of_a_crate_above_is_followed_too() {
        let pointing = "[package]\nname = \"m\"\nworkspace = \"../root\"\n";
        let files = [
            ("mid/Cargo.toml", pointing),
            ("mid/py/Cargo.toml", MEMBER),
            ("root/Cargo.toml", "[workspace]"),
        ];
        assert_eq!(root_of("mid/py/Cargo.toml", &files), "root");
    }

    #[test]
    fn its_own_workspace_comes_first() {
        let own = format!("{MEMBER}[workspace]\n");
        let files = [
            ("Cargo.toml", "[workspace]"),
            ("py/Cargo.toml", own.as_str()),
        ];
        assert_eq!(root_of("py/Cargo.toml", &files), "py");
    }

    #[test]
    fn member_patterns_do_not_cross_folders() {
        let mut files = SourceFiles::new(".");
        for path in [
            "crates/old/Cargo.toml",
            "crates/a/Cargo.toml",
            "crates/a/b/Cargo.toml",
            "c/Cargo.toml",
        ] {
            files.insert(path, None);
        }
        let workspace = CargoWorkspace {
            members: vec!["crates/*".to_owned(), "*a".repeat(20)],
            exclude: vec!["crates/old".to_owned()],
            ..CargoWorkspace::default()
        };
        assert_eq!(
            members(&files, Utf8Path::new("."), &workspace),
            ["crates/a"]
        );
    }
}
