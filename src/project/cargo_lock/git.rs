//! The crates of a lock that come from git, and what `importCargoLock` can't
//! tell apart.

use std::collections::BTreeMap;

use super::{LockFile, LockedCrate};
use crate::project::{CrateSource, GitSource, ProjectError};

/// A revision of a git repository, and the crates that a lock takes from it.
#[derive(Debug, Clone)]
pub struct GitRevision {
    /// The repository, as one of the crates names it.
    pub source: GitSource,
    /// The crates, by name and version.
    pub crates: Vec<LockedCrate>,
}

impl GitRevision {
    /// What nixpkgs' `outputHashes` calls it: any one of its crates.
    #[must_use]
    pub fn key(&self) -> String {
        let first = self.crates.first();
        first.map_or_else(String::new, |krate| {
            format!("{}-{}", krate.name, krate.version)
        })
    }
}

impl LockFile {
    /// The git repositories of the lock, sorted by revision. Crates of one
    /// revision belong together, whatever branch or tag they name.
    #[must_use]
    pub fn git_revisions(&self) -> Vec<GitRevision> {
        let mut found: BTreeMap<String, GitRevision> = BTreeMap::new();
        for krate in &self.crates {
            let CrateSource::Git(source) = &krate.source else {
                continue;
            };
            // Those without one are told of where the tree is asked for.
            let revision = source.full_revision().unwrap_or_else(|| source.id());
            let entry = found.entry(revision).or_insert_with(|| GitRevision {
                source: source.clone(),
                crates: Vec::new(),
            });
            entry.crates.push(krate.clone());
        }
        found.into_values().collect()
    }

    /// Refuses two crates of one name and version from different sources:
    /// `importCargoLock` puts both into one folder.
    ///
    /// # Errors
    /// Names them.
    pub fn require_distinct(&self) -> Result<(), ProjectError> {
        let fetched = self.crates.iter();
        let fetched = fetched.filter(|krate| krate.source != CrateSource::Local);
        let labels: Vec<_> = fetched
            .map(|krate| format!("{} {}", krate.name, krate.version))
            .collect();
        let twice = labels.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut crates: Vec<_> = twice.map(|pair| pair[0].clone()).collect();
        crates.dedup();
        if crates.is_empty() {
            return Ok(());
        }
        let place = self.place.clone();
        Err(ProjectError::SameCrateTwice { place, crates })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Sha256;

    fn krate(name: &str, source: CrateSource) -> LockedCrate {
        LockedCrate {
            source,
            ..LockedCrate::example(name, "1.0.0")
        }
    }

    fn git(query: &str, digit: &str) -> CrateSource {
        let id = format!("git+https://example.org/a{query}#{}", digit.repeat(40));
        CrateSource::Git(GitSource::parse(&id, 4).unwrap())
    }

    #[test]
    fn crates_of_a_revision_belong_together() {
        let lock = LockFile::example(vec![
            krate("a", git("?branch=x", "b")),
            krate("b", git("?tag=y", "a")),
            krate("c", git("", "b")),
            krate("d", CrateSource::CratesIo(None)),
        ]);
        let revisions = lock.git_revisions();
        let keys: Vec<_> = revisions.iter().map(GitRevision::key).collect();
        assert_eq!(keys, ["b-1.0.0", "a-1.0.0"]);
        assert_eq!(revisions[1].crates.len(), 2);
    }

    #[test]
    fn one_crate_from_two_sources_is_told() {
        let sum = CrateSource::CratesIo(Some(Sha256::of(b"")));
        let twice = vec![krate("a", sum.clone()), krate("a", git("", "b"))];
        let error = LockFile::example(twice).require_distinct().unwrap_err();
        assert!(error.to_string().contains("`a 1.0.0`"), "{error}");
        let own = vec![krate("a", sum), krate("a", CrateSource::Local)];
        assert!(LockFile::example(own).require_distinct().is_ok());
    }
}
