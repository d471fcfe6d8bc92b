//! Provides the objects of a revision: from our database, from one of cargo's,
//! or from a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use backon::BlockingRetryable;
use fs_err as fs;

use super::super::Network;
use super::super::error::{GitError, IoError};
use super::super::network::pauses;
use super::bounded::{OF_A_FETCH, run_bounded};
use super::program::{check_objects, fetching, git_message, init, output, sealed};
use super::spec::CheckoutSpec;
use super::{GitStore, redacted_url};
use crate::hash::Sha256;
use crate::project::is_local;

/// Why a try failed.
enum Failure {
    /// The server will answer the same next time.
    Final(String),
    /// Another try may help.
    Passing(String),
    /// Git was ended: the server would send for ever.
    Endless(String),
    /// Git refuses an object.
    Unsound(String),
    /// Git can't be run.
    Ours(IoError),
}

/// What git says if the network fails, rather than the server refusing.
const PASSING: [&str; 16] = [
    "Could not resolve host",
    "Could not resolve hostname",
    "Temporary failure",
    "Couldn't connect",
    "Failed to connect",
    "Connection",
    "timed out",
    "Operation too slow",
    "early EOF",
    "RPC failed",
    "unexpected disconnect",
    "returned error: 429",
    "returned error: 50",
    "Empty reply",
    "SSL_ERROR",
    "TLS connection",
];

/// Makes the revision's objects readable from `repository`, which is empty.
pub(super) fn provide(
    store: &GitStore,
    spec: &CheckoutSpec,
    repository: &Path,
) -> Result<(), IoError> {
    init(repository, &spec.revision)?;
    if has_objects(store, spec, repository)? {
        return Ok(());
    }
    check_online(store, spec)?;
    let _lock = store.lock(&database_name(&spec.url))?;
    // Another thread may have fetched it meanwhile.
    if has_objects(store, spec, repository)? {
        return Ok(());
    }
    fetch_objects(store, spec, repository)
}

/// Likewise, but fetches the objects even if they seem to be there.
pub(super) fn provide_anew(
    store: &GitStore,
    spec: &CheckoutSpec,
    repository: &Path,
) -> Result<(), IoError> {
    check_online(store, spec)?;
    let _lock = store.lock(&database_name(&spec.url))?;
    fetch_objects(store, spec, repository)
}

fn check_online(store: &GitStore, spec: &CheckoutSpec) -> Result<(), GitError> {
    if matches!(store.network, Network::Offline) {
        let (url, revision) = (redacted_url(&spec.url), spec.revision.clone());
        return Err(GitError::Offline { url, revision });
    }
    Ok(())
}

fn fetch_objects(store: &GitStore, spec: &CheckoutSpec, repository: &Path) -> Result<(), IoError> {
    let database = database(store, &spec.url)?;
    init(&database, &spec.revision)?;
    fetch(store, spec, &database)?;
    if has_objects(store, spec, repository)? {
        return Ok(());
    }
    let (url, revision) = (redacted_url(&spec.url), spec.revision.clone());
    Err(GitError::NoSuchRevision { url, revision }.into())
}

fn database(store: &GitStore, url: &str) -> Result<PathBuf, IoError> {
    let databases = store.cache_folder()?.join("git").join("db");
    Ok(databases.join(format!("{}.git", database_name(url))))
}

/// Whether one of the existing databases has the revision. `repository`
/// gets the objects of all of them.
fn has_objects(store: &GitStore, spec: &CheckoutSpec, repository: &Path) -> Result<bool, IoError> {
    let mut databases = vec![database(store, &spec.url)?];
    // Cargo's databases have SHA-1 objects; git refuses other ones beside
    // them.
    if spec.revision.len() == 40 {
        databases.extend(cargo_databases(store));
    }
    let mut alternates = Vec::new();
    for objects in databases.iter().map(|database| database.join("objects")) {
        // Each line of the file is a path; those in quotes or with `#` mean
        // something else.
        let text = objects.to_str().filter(|text| !text.contains('\n'));
        if let Some(text) = text.filter(|text| text.starts_with('/') || cfg!(windows))
            && objects.is_dir()
        {
            alternates.push(format!("{text}\n"));
        }
    }
    let info = repository.join("objects").join("info");
    fs::create_dir_all(&info)?;
    fs::write(info.join("alternates"), alternates.concat())?;
    let mut git = sealed(repository);
    git.args(["cat-file", "-e"])
        .arg(format!("{}^{{commit}}", spec.revision));
    Ok(output(&mut git)?.status.success())
}

/// Returns the databases that cargo has fetched.
fn cargo_databases(store: &GitStore) -> Vec<PathBuf> {
    let folder = store.cargo_home.as_ref().map(|home| home.join("git/db"));
    let folder = folder.and_then(|folder| std::path::absolute(folder).ok());
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
    let mut found: Vec<_> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    found.sort();
    found
}

/// Names the database of a URL.
fn database_name(url: &str) -> String {
    Sha256::of(url.as_bytes()).to_hex()[..16].to_owned()
}

/// Fetches one revision, or all if the server doesn't give out single ones.
fn fetch(store: &GitStore, spec: &CheckoutSpec, database: &Path) -> Result<(), IoError> {
    let allows_file = is_local(&spec.url) || leads_to_disk(database, &spec.url)?;
    let failed = |message| {
        let url = redacted_url(&spec.url);
        IoError::from(GitError::Fetch { url, message })
    };
    let one = ["--no-tags", "--depth", "1", "--", &spec.url, &spec.revision];
    let checked = || {
        let mut git = fetching(database, allows_file);
        check_objects(&mut git);
        git
    };
    match fetch_with(store, database, checked, &one) {
        Ok(()) => return Ok(()),
        Err(Failure::Unsound(message)) => return Err(spec.unsound(message)),
        Err(Failure::Ours(error)) => return Err(error),
        Err(Failure::Passing(message) | Failure::Endless(message)) => return Err(failed(message)),
        Err(Failure::Final(_)) => {}
    }
    let mut all = vec!["--no-tags", "--prune"];
    if database.join("shallow").exists() {
        all.push("--unshallow");
    }
    all.extend([
        "--",
        &spec.url,
        "HEAD",
        "+refs/heads/*:refs/pyhack/heads/*",
        "+refs/tags/*:refs/pyhack/tags/*",
    ]);
    // Not checked: another branch may have a fault.
    match fetch_with(store, database, || fetching(database, allows_file), &all) {
        Ok(()) => Ok(()),
        Err(Failure::Ours(error)) => Err(error),
        Err(
            Failure::Passing(message)
            | Failure::Final(message)
            | Failure::Endless(message)
            | Failure::Unsound(message),
        ) => Err(failed(message)),
    }
}

/// Fetches into a database with git as `prepare` returns it.
fn fetch_with(
    store: &GitStore,
    database: &Path,
    prepare: impl Fn() -> Command,
    arguments: &[&str],
) -> Result<(), Failure> {
    let fetch_once = || {
        let mut git = prepare();
        git.args(["fetch", "--quiet"]).args(arguments);
        let ended = run_bounded(&mut git, database, OF_A_FETCH).map_err(Failure::Ours)?;
        if let Some(reason) = ended.reason {
            return Err(Failure::Endless(reason));
        }
        if ended.status.success() {
            return Ok(());
        }
        let message = git_message(&ended.stderr);
        // Git then stops reading, which looks like a failure of the network.
        if message.contains("fsck error") {
            return Err(Failure::Unsound(message));
        }
        Err(if PASSING.iter().any(|word| message.contains(word)) {
            Failure::Passing(message)
        } else {
            Failure::Final(message)
        })
    };
    fetch_once
        .retry(pauses(&store.http))
        .when(|failure| matches!(failure, Failure::Passing(message) if !is_unresolved(message)))
        .call()
}

/// Whether the name of the host has no address. The resolver has asked several
/// times already, and without a network each pause would be in vain.
fn is_unresolved(message: &str) -> bool {
    message.contains("Could not resolve host")
}

/// Whether the user's own `url.*.insteadOf` replaces a remote repository by one
/// on this disk.
fn leads_to_disk(database: &Path, url: &str) -> Result<bool, IoError> {
    let mut git = fetching(database, false);
    git.args(["ls-remote", "--get-url", "--", url]);
    let output = output(&mut git)?;
    let found = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && is_local(found.trim_end_matches('\n')))
}
