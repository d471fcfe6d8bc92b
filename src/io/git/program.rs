//! Runs `git` in two ways: sealed off for what a stranger wrote, and with the
//! user's configuration for the network.
//!
//! A library would need its own credential helpers, ssh and `url.*.insteadOf`,
//! which git has.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use camino::Utf8Path;

use super::super::error::{GitError, IoError};
use super::super::paths::parent_folder;
use super::super::programs;
use super::super::search_up::is_in_repository;
use crate::project::without_credentials;

/// Upper bound on a message, in characters.
const MAX_MESSAGE: usize = 600;

/// Git's own variables that fetching needs. The others could lead it to another
/// repository.
const KEPT_VARIABLES: [&str; 12] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_PROXY_COMMAND",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];

/// Prepares git without any configuration but that of the repository, which is
/// ours: no filters, no hooks, no network.
pub(super) fn sealed(repository: &Path) -> Command {
    let mut git = bare_command(repository, |_| false);
    git.env("GIT_CONFIG_GLOBAL", null())
        .env("GIT_CONFIG_SYSTEM", null())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .args(["-c", "core.autocrlf=false"])
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "protocol.allow=never"])
        .args(["-c", "submodule.recurse=false"])
        .args(["-c", "advice.detachedHead=false"])
        .arg("-c")
        .arg(format!("core.attributesFile={}", null()));
    git
}

/// Prepares git as the user has set it up, to fetch into `repository`. The
/// protocol `file` is only for a lock that names a repository on this disk.
pub(super) fn fetching(repository: &Path, allows_file: bool) -> Command {
    let is_kept = |name: &str| {
        KEPT_VARIABLES.contains(&name)
            || ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
    };
    let mut git = bare_command(repository, is_kept);
    let protocols = if allows_file {
        "https:http:ssh:git:file"
    } else {
        "https:http:ssh:git"
    };
    git.env("GIT_ALLOW_PROTOCOL", protocols)
        .args(["-c", "http.lowSpeedLimit=1000"])
        .args(["-c", "http.lowSpeedTime=60"])
        .args(["-c", "fetch.recurseSubmodules=false"])
        .args(["-c", "fetch.writeCommitGraph=false"])
        // Larger objects go to the disk piece by piece instead of into memory.
        .args(["-c", "core.bigFileThreshold=16m"])
        .args(["-c", "core.fsmonitor=false"]);
    git
}

/// Has git check the objects that it fetches.
pub(super) fn check_objects(git: &mut Command) {
    git.args(["-c", "fetch.fsckObjects=true"]);
    for fault in OLD_FAULTS {
        git.arg("-c").arg(format!("fetch.fsck.{fault}=ignore"));
    }
}

/// What old programs wrote into commits and trees. None of it decides what is
/// checked out.
const OLD_FAULTS: [&str; 14] = [
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badName",
    "badTimezone",
    // Commands in `.gitmodules`, which are never run.
    "gitmodulesUpdate",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "multipleAuthors",
    "nulInCommit",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
];

fn bare_command(repository: &Path, is_kept: impl Fn(&str) -> bool) -> Command {
    let mut git = plain_command(is_kept);
    // Git looks for repositories from the current folder on.
    git.current_dir(repository).env("GIT_DIR", repository);
    git
}

/// Prepares git without hooks and prompts.
fn plain_command(is_kept: impl Fn(&str) -> bool) -> Command {
    let mut git = programs::command("git");
    for (name, _) in std::env::vars_os() {
        let is_git = name.to_str().is_some_and(|name| {
            name.get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case("GIT_"))
                && !is_kept(name)
        });
        if is_git {
            git.env_remove(name);
        }
    }
    git.env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .arg("-c")
        .arg(format!("core.hooksPath={}", null()))
        .args(["-c", "gc.auto=0"])
        .args(["-c", "maintenance.auto=false"]);
    git
}

/// Returns whether git ignores a file that it doesn't track.
#[must_use]
pub fn is_ignored(path: &Utf8Path) -> bool {
    let (Some(name), folder) = (path.file_name(), parent_folder(path)) else {
        return false;
    };
    if !is_in_repository(folder) {
        return false;
    }
    // The repository may be a stranger's: its configuration must not decide what is run to
    // fetch an object that is missing.
    let mut git = plain_command(|_| false);
    git.current_dir(folder)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "safe.bareRepository=explicit"])
        .args(["check-ignore", "--quiet", "--", name]);
    git.output().is_ok_and(|output| output.status.success())
}

/// Names the file that is always empty.
const fn null() -> &'static str {
    if cfg!(windows) { "NUL" } else { "/dev/null" }
}

pub(super) fn output(git: &mut Command) -> Result<Output, IoError> {
    git.output().map_err(|error| no_git(&error))
}

pub(super) fn no_git(error: &std::io::Error) -> IoError {
    let message = error.to_string();
    GitError::NoGit { message }.into()
}

/// Makes a repository without a work tree, unless there is one.
pub(super) fn init(repository: &Path, revision: &str) -> Result<(), IoError> {
    if repository.join("HEAD").exists() {
        return Ok(());
    }
    fs_err::create_dir_all(repository)?;
    let format = if revision.len() == 64 {
        "sha256"
    } else {
        "sha1"
    };
    let mut git = sealed(repository);
    git.args(["init", "--bare", "--quiet", "--template="])
        .arg(format!("--object-format={format}"));
    let output = output(&mut git)?;
    if output.status.success() {
        return Ok(());
    }
    Err(std::io::Error::other(format!("git init: {}", git_message(&output.stderr))).into())
}

/// Returns git's message on one line, without credentials and without control
/// characters: a server decides parts of it.
pub(super) fn git_message(stderr: &[u8]) -> String {
    let text = without_credentials(&String::from_utf8_lossy(stderr));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.map(|line| line.strip_prefix("fatal: ").unwrap_or(line));
    let joined = lines.collect::<Vec<_>>().join("; ");
    let shown = joined.replace(|c: char| c.is_control(), "?");
    match shown.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &shown[..end]),
        None if shown.is_empty() => "git printed no error".to_owned(),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_fit_for_a_terminal() {
        let said = "remote: \u{1b}[31mred\nfatal: no access to 'https://a:b@h/x'\n".as_bytes();
        assert_eq!(
            git_message(said),
            "remote: ?[31mred; no access to 'https://***@h/x'"
        );
        assert_eq!(git_message(b""), "git printed no error");
        assert!(git_message("x".repeat(9000).as_bytes()).len() < 700);
    }
}
