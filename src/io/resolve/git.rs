//! The crates from git among those that are resolved.

use std::collections::BTreeMap;

use super::super::git_crates::{GitSkeleton, git_skeletons};
use super::super::{IoError, Progress, in_order};
use super::ResolveRequest;
use super::crates::ReachedCrates;
use crate::project::{CrateSource, GitSource};

/// Each thread runs git.
const THREADS: usize = 4;

struct Revision<'a> {
    source: &'a GitSource,
    /// The places of its crates in the lock.
    places: Vec<usize>,
}

/// Adds the skeletons of crates from git, and why others can't be read.
pub(super) fn add_git_skeletons(
    request: ResolveRequest,
    progress: &dyn Progress,
    found: &mut ReachedCrates,
) -> Result<(), IoError> {
    let mut revisions: BTreeMap<_, Revision> = BTreeMap::new();
    for &place in request.reached {
        if let CrateSource::Git(git) = &request.lock.crates[place].source {
            let revision = git.full_revision().unwrap_or_else(|| git.id());
            let entry = revisions.entry(revision).or_insert_with(|| Revision {
                source: git,
                places: Vec::new(),
            });
            entry.places.push(place);
        }
    }
    if revisions.is_empty() {
        return Ok(());
    }
    let revisions: Vec<_> = revisions.into_values().collect();
    progress.start("Checking out", revisions.len() as u64);
    let read = |revision: &Revision| {
        let places = revision.places.iter();
        let crates: Vec<_> = places.map(|&place| &request.lock.crates[place]).collect();
        progress.begin(revision.source.repository());
        let skeletons = git_skeletons(revision.source, &crates, request.git);
        progress.step(revision.source.repository());
        skeletons
    };
    let result = in_order(&revisions, THREADS, read, |results| {
        for (revision, result) in revisions.iter().zip(results) {
            add_revision(request, &revision.places, result, found)?;
        }
        Ok(())
    });
    progress.finish();
    result
}

fn add_revision(
    request: ResolveRequest,
    places: &[usize],
    result: Result<Vec<Result<GitSkeleton, String>>, IoError>,
    found: &mut ReachedCrates,
) -> Result<(), IoError> {
    let skeletons = match result {
        Ok(skeletons) => skeletons,
        Err(error) if error.is_absence() => {
            for &place in places {
                let reason = format!("from git: {error}");
                found.missing.insert(place, reason);
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for (&place, skeleton) in places.iter().zip(skeletons) {
        match skeleton {
            Ok(GitSkeleton {
                skeleton,
                reaches_out,
            }) => {
                found.skeletons.insert(place, skeleton);
                if !reaches_out.is_empty() {
                    let krate = &request.lock.crates[place];
                    let what: Vec<_> = reaches_out.into_iter().collect();
                    found.reaching_out.push(format!(
                        "{} {} is from git and uses files outside its folder: {}",
                        krate.name,
                        krate.version,
                        what.join("; ")
                    ));
                }
            }
            Err(why) => {
                found.missing.insert(place, why);
            }
        }
    }
    Ok(())
}
