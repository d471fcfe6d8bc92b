//! Reads the `config.json` of an index that is a git repository. The program
//! `git` does it, as it obeys the user's settings, such as `insteadOf` and
//! credential helpers.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::io::{programs, temporary};

/// Upper bound on a `config.json`, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// The last commit of an index is small, or `git` leaves its blobs out.
const MAX_TIME: Duration = Duration::from_mins(5);

/// Variables that lead git to another repository.
const FOREIGN: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
];

/// Fetches the index's last commit, and returns its `config.json`.
pub(super) fn fetch_config(url: &str, stall: Duration) -> Result<Vec<u8>, String> {
    require_fetchable(url)?;
    let folder = temporary::folder().map_err(|error| error.to_string())?;
    let git = |arguments: &[&str]| git(folder.path(), stall, arguments);
    git(&["init", "--quiet", "--bare", "."])?;
    git(&["remote", "add", "origin", url])?;
    git(&[
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--filter=blob:none",
        "origin",
        "HEAD",
    ])?;
    git(&["show", "FETCH_HEAD:config.json"])
}

/// Whether git's message is about a transient error: git has one exit code for
/// all errors.
pub(super) fn may_pass(message: &str) -> bool {
    const SIGNS: [&str; 11] = [
        "Could not resolve host",
        "Connection refused",
        "Connection reset",
        "Empty reply from server",
        "Failed to connect",
        "RPC failed",
        "early EOF",
        "hung up unexpectedly",
        "returned error: 429",
        "returned error: 5",
        "timed out",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}

/// Reads `config.json` in cargo's copy of an index.
pub(super) fn read_cargo_copy(repository: &Path) -> Option<Vec<u8>> {
    let stall = Duration::from_secs(1);
    git(repository, stall, &["show", "origin/HEAD:config.json"]).ok()
}

/// Accepts only addresses that cargo's own git can reach. They come from a
/// stranger's lock, and must not be taken for an option or a program to run.
fn require_fetchable(url: &str) -> Result<(), String> {
    let schemes = ["https://", "http://", "ssh://", "git://", "file://"];
    if schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(());
    }
    Err("not the URL of a git repository".to_owned())
}

fn git(folder: &Path, stall: Duration, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let text = |error: std::io::Error| format!("failed to run git: {error}");
    let (mut stdout, mut stderr) = (
        tempfile::tempfile().map_err(text)?,
        tempfile::tempfile().map_err(text)?,
    );
    let seconds = stall.as_secs().max(1);
    let mut command = programs::command("git");
    for variable in FOREIGN {
        command.env_remove(variable);
    }
    let mut child = command
        .arg("-c")
        .arg("http.lowSpeedLimit=1")
        .arg("-c")
        .arg(format!("http.lowSpeedTime={seconds}"))
        .arg("-c")
        .arg("protocol.ext.allow=never")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().map_err(text)?)
        .stderr(stderr.try_clone().map_err(text)?)
        .spawn()
        .map_err(text)?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(text)? {
            break status;
        }
        if begun.elapsed() > MAX_TIME {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!(
                "git took longer than {} minutes",
                MAX_TIME.as_secs() / 60
            ));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    if status.success() {
        return read(&mut stdout).map_err(text);
    }
    let message = String::from_utf8_lossy(&read(&mut stderr).map_err(text)?).into_owned();
    Err(match message.trim() {
        "" => format!("git failed: {status}"),
        message => message.replace('\n', "; "),
    })
}

fn read(file: &mut File) -> std::io::Result<Vec<u8>> {
    use std::io::Seek;
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(MAX_CONFIG).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_that_passes_is_known() {
        let unable = "fatal: unable to access 'https://example.org/i/'";
        for (what, passes) in [
            ("The requested URL returned error: 503", true),
            ("Could not resolve host: example.org", true),
            ("The requested URL returned error: 404", false),
            ("Authentication failed", false),
        ] {
            assert_eq!(may_pass(&format!("{unable}: {what}")), passes, "{what}");
        }
    }

    #[test]
    fn odd_addresses_are_refused() {
        for url in [
            "ext::sh -c id",
            "-u./x",
            "/etc",
            "--upload-pack=id",
            "git@h:x",
        ] {
            assert!(require_fetchable(url).is_err(), "{url}");
        }
        for url in [
            "https://example.org/i",
            "file:///srv/i",
            "ssh://git@example.org/i",
        ] {
            assert!(require_fetchable(url).is_ok(), "{url}");
        }
    }
}
