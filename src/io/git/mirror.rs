//! Repositories that stand in for those on the network, so that cargo can run
//! without one. Each has what a lock asks of it, and nothing more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::super::IoError;
use super::checkout::Checkout;
use super::program::{output, sealed};
use super::spec::CheckoutSpec;
use super::{GitStore, revision};
use crate::project::{GitReference, GitSource, is_local};

/// The folders of repositories, by the URLs that they stand in for.
pub(crate) type Mirrors = BTreeMap<String, PathBuf>;

/// Makes repositories for these sources and their submodules in the folder
/// `scratch`.
pub(crate) fn mirrors(
    store: &GitStore,
    sources: &[&GitSource],
    scratch: &Path,
) -> Result<Mirrors, IoError> {
    let mut mirrors = Mirrors::new();
    let mut revisions: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (number, git) in sources.iter().enumerate() {
        let folder = scratch.join(number.to_string());
        let files = folder.join("files");
        fs::create_dir_all(&files)?;
        let mut checkout = Checkout::new(store, &folder, is_local(&git.url));
        let spec = CheckoutSpec {
            url: git.url.clone(),
            revision: revision(git)?,
        };
        checkout.fill(&spec, &files)?;
        for (made, repository) in checkout.made {
            // Repositories of one URL read the same objects.
            let mirror = mirrors.entry(made.url).or_insert(repository).clone();
            point(
                &mirror,
                &format!("refs/heads/pyhack-{}", made.revision),
                &made.revision,
            )?;
            revisions.entry(mirror).or_default().push(made.revision);
        }
        point_as_asked(&mirrors[&git.url], &git.reference, &spec.revision)?;
    }
    for (mirror, revisions) in revisions {
        // What was fetched has no history.
        fs::write(mirror.join("shallow"), revisions.join("\n") + "\n")?;
    }
    Ok(mirrors)
}

/// Makes the reference that a manifest asks for lead to the locked revision.
fn point_as_asked(mirror: &Path, reference: &GitReference, revision: &str) -> Result<(), IoError> {
    match reference {
        GitReference::Head => {
            let mut git = sealed(mirror);
            git.args(["symbolic-ref", "HEAD"])
                .arg(format!("refs/heads/pyhack-{revision}"));
            output(&mut git).map(drop)
        }
        GitReference::Branch(name) => point(mirror, &format!("refs/heads/{name}"), revision),
        GitReference::Rev(name) if name.starts_with("refs/") => point(mirror, name, revision),
        // Cargo finds a hash by itself; anything else is a tag or a branch.
        GitReference::Rev(name) if name.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(()),
        GitReference::Tag(name) | GitReference::Rev(name) => {
            point(mirror, &format!("refs/tags/{name}"), revision)
        }
    }
}

fn point(mirror: &Path, name: &str, revision: &str) -> Result<(), IoError> {
    let mut git = sealed(mirror);
    git.args(["update-ref", name, revision]);
    output(&mut git).map(drop)
}
