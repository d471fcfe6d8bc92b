//! Folders of vendored crates in a project, which are no part of its source.
//!
//! `cargo vendor` and nixpkgs' fetchers put `.cargo-checksum.json` beside the
//! manifest of each crate. Crates that a manifest of the project names by path
//! are built from there, and stay.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use crate::project::{SourceFiles, join, join_inside};
use crate::toml_text::parse_manifest;

/// Files that make a folder more than a vendor folder.
const OWN_FILES: [&str; 4] = ["Cargo.toml", "pyproject.toml", "setup.py", "setup.cfg"];

/// Finds the vendor folders of a project.
#[derive(Debug, Default)]
pub(super) struct Vendored {
    /// The vendored crates, which weren't read.
    crates: BTreeSet<Utf8PathBuf>,
}

impl Vendored {
    /// Adds a folder with a checksum file, which isn't read.
    pub(super) fn add(&mut self, krate: Utf8PathBuf) {
        self.crates.insert(krate);
    }

    /// Removes what lies beside vendored crates. Returns the crates that the
    /// project builds by path, which have to be read.
    pub(super) fn take_out(self, files: &mut SourceFiles) -> Vec<Utf8PathBuf> {
        let named = paths_in_manifests(files);
        let mut folders = archive_folders(files);
        let mut needed = Vec::new();
        for krate in self.crates {
            let is_needed = |path: &Utf8PathBuf| path.starts_with(&krate) || covers(path, &krate);
            if named.iter().any(is_needed) {
                needed.push(krate);
                continue;
            }
            folders.extend(vendor_folder(&krate).map(Utf8Path::to_owned));
        }
        let is_own =
            |folder: &Utf8Path| OWN_FILES.iter().any(|name| files.has(&join(folder, name)));
        folders.retain(|folder| folder != "." && !is_own(folder));
        folders.retain(|folder| !needed.iter().any(|krate| krate.starts_with(folder)));
        files.retain(|path| !folders.iter().any(|folder| path.starts_with(folder)));
        needed
    }
}

/// Returns the folder that a crate was vendored into: the crate's parent, or
/// the one above it if the crates of each source have a folder of their own.
fn vendor_folder(krate: &Utf8Path) -> Option<&Utf8Path> {
    let folder = krate.parent()?;
    let name = folder.file_name().unwrap_or_default();
    let is_of_source = is_numbered(name, "source-registry-") || is_numbered(name, "source-git-");
    if is_of_source {
        folder.parent()
    } else {
        Some(folder)
    }
}

/// Returns the folders of packed crates beside a lock: the tree that nixpkgs'
/// `fetchCargoVendor` hashes.
fn archive_folders(files: &SourceFiles) -> BTreeSet<Utf8PathBuf> {
    let archives = files.paths().filter_map(|path| {
        let folder = path.parent()?;
        let name = folder.file_name()?;
        let is_of_source = name == "tarballs" || is_numbered(name, "registry-");
        let is_archive = path.as_str().ends_with(".tar.gz");
        (is_of_source && is_archive)
            .then(|| folder.parent())
            .flatten()
    });
    let folders = archives.filter(|folder| files.has(&join(folder, "Cargo.lock")));
    folders.map(Utf8Path::to_owned).collect()
}

fn is_numbered(name: &str, start: &str) -> bool {
    let number = name.strip_prefix(start);
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a path of a manifest is a pattern such as `vendor/*` that may match
/// a crate.
pub(super) fn covers(path: &Utf8Path, krate: &Utf8Path) -> bool {
    let plain = |part: &str| !part.contains(['*', '?', '[']);
    let mut parts = path.components().map(|part| part.as_str());
    let is_pattern = path.as_str().contains(['*', '?', '[']);
    let start: Utf8PathBuf = parts.by_ref().take_while(|part| plain(part)).collect();
    is_pattern && krate.starts_with(start)
}

/// Returns the paths that the manifests of a project name: of dependencies,
/// patches, members of workspaces, and crates that the build backend builds.
pub(super) fn paths_in_manifests(files: &SourceFiles) -> BTreeSet<Utf8PathBuf> {
    let manifests = files.paths();
    let manifests =
        manifests.filter(|path| matches!(path.file_name(), Some("Cargo.toml" | "pyproject.toml")));
    let mut found = BTreeSet::new();
    for manifest in manifests {
        let text = files.text(manifest).ok().flatten().unwrap_or_default();
        let folder = manifest.parent().unwrap_or(Utf8Path::new(""));
        let mut open = vec![parse_manifest::<Table>(text).unwrap_or_default()];
        while let Some(table) = open.pop() {
            for (key, value) in table {
                match (key.as_str(), value) {
                    ("path" | "manifest-path", Value::String(path)) => {
                        found.extend(join_inside(folder, &path));
                    }
                    ("members" | "default-members", Value::Array(members)) => {
                        let members = members.iter().filter_map(Value::as_str);
                        found.extend(members.filter_map(|path| join_inside(folder, path)));
                    }
                    (_, Value::Table(table)) => open.push(table),
                    _ => {}
                }
            }
        }
    }
    found
}
