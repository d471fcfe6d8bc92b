//! Which crate goes into which folder.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::hash::Sha256;
use crate::project::LockedCrate;

/// The folders of a vendored tree, sorted by crate.
#[derive(Debug, Clone)]
pub struct VendorPlan {
    /// One entry a crate.
    pub crates: Vec<PlannedCrate>,
}

/// A crate and the folder that it is unpacked to.
#[derive(Debug, Clone)]
pub struct PlannedCrate {
    /// The crate.
    pub krate: LockedCrate,
    /// SHA-256 of the `.crate` file.
    pub checksum: Sha256,
    /// The folder's name.
    pub folder: String,
    /// Whether a manifest of the project leads to it: others may be gone from
    /// the registry.
    pub is_needed: bool,
}

impl VendorPlan {
    /// Names the folders as `cargo vendor` does: the newest version of a
    /// crate gets the bare name, the others `<name>-<version>`.
    #[must_use]
    pub fn new(crates: &[(LockedCrate, Sha256)]) -> Self {
        let mut newest: BTreeMap<&str, &Version> = BTreeMap::new();
        for (krate, _) in crates {
            let version = newest.entry(krate.name.as_str()).or_insert(&krate.version);
            *version = (*version).max(&krate.version);
        }
        let mut planned: Vec<_> = crates
            .iter()
            .map(|(krate, checksum)| PlannedCrate {
                krate: krate.clone(),
                checksum: *checksum,
                folder: if newest[krate.name.as_str()] == &krate.version {
                    krate.name.to_string()
                } else {
                    format!("{}-{}", krate.name, krate.version)
                },
                is_needed: true,
            })
            .collect();
        planned.sort_by(|a, b| a.folder.cmp(&b.folder));
        Self { crates: planned }
    }

    /// Says which crates nothing needs, as `name version`.
    #[must_use]
    pub fn with_unneeded(mut self, unneeded: &[String]) -> Self {
        for planned in &mut self.crates {
            planned.is_needed = !unneeded.contains(&planned.label());
        }
        self
    }

    /// Whether a folder may hold just these: all that are needed, and any of
    /// the others.
    #[must_use]
    pub fn allows<'a>(&self, folders: impl IntoIterator<Item = &'a str>) -> bool {
        let found: BTreeSet<_> = folders.into_iter().collect();
        let known: BTreeSet<_> = self.crates.iter().map(|c| c.folder.as_str()).collect();
        let mut needed = self.crates.iter().filter(|c| c.is_needed);
        found.is_subset(&known) && needed.all(|c| found.contains(c.folder.as_str()))
    }
}

impl PlannedCrate {
    /// `name version`
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.krate.name, self.krate.version)
    }
}

/// Tells whether `cargo vendor` keeps a file of a crate.
///
/// It drops what would confuse git in the user's repository. `path` is
/// relative to the crate's folder, with `/` between its parts.
#[must_use]
pub fn keeps(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !matches!(name, ".gitattributes" | ".gitignore")
        && path != ".cargo-ok"
        && !path.split('/').any(|part| part == ".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(crates: &[(&str, &str)]) -> Vec<String> {
        let crates: Vec<_> = crates
            .iter()
            .map(|(name, version)| (LockedCrate::example(name, version), Sha256::of(b"")))
            .collect();
        let plan = VendorPlan::new(&crates);
        plan.crates.into_iter().map(|c| c.folder).collect()
    }

    #[test]
    fn the_newest_version_has_the_bare_name() {
        assert_eq!(
            planned(&[("syn", "1.0.109"), ("syn", "2.0.9"), ("syn", "2.0.10")]),
            ["syn", "syn-1.0.109", "syn-2.0.9"]
        );
    }

    #[test]
    fn a_prerelease_is_older_than_its_release() {
        assert_eq!(
            planned(&[("a", "1.0.0"), ("a", "1.0.0-rc.1")]),
            ["a", "a-1.0.0-rc.1"]
        );
    }

    #[test]
    fn git_files_are_dropped_anywhere() {
        for path in [".gitignore", "a/.gitattributes", ".git/config", ".cargo-ok"] {
            assert!(!keeps(path), "{path}");
        }
        for path in [
            "src/lib.rs",
            ".github/x.yml",
            "a/.cargo-ok",
            "Cargo.toml.orig",
        ] {
            assert!(keeps(path), "{path}");
        }
    }
}
