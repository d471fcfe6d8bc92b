//! Runs git within limits, where a server decides how long it takes, what it
//! prints and how much it stores.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use walkdir::WalkDir;

use super::super::error::IoError;
use super::program::no_git;

/// Upper bounds on a run.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub time: Duration,
    /// On what is printed, in bytes.
    pub text: u64,
    /// On what is added to the folder, in bytes.
    pub growth: u64,
}

/// For a fetch, whatever the repository.
pub(super) const OF_A_FETCH: Bounds = Bounds {
    time: Duration::from_hours(1),
    text: 4 << 20,
    growth: 16 << 30,
};

/// How a run ended.
pub(super) struct Ended {
    pub status: ExitStatus,
    pub stderr: Vec<u8>,
    /// Why it was ended, if it was.
    pub reason: Option<String>,
}

/// How often the size of the folder is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Runs git, which stores into `folder`, until it ends or leaves the bounds.
pub(super) fn run_bounded(
    git: &mut Command,
    folder: &Path,
    bounds: Bounds,
) -> Result<Ended, IoError> {
    let mut text = tempfile::tempfile()?;
    let mut child = git
        .stdout(Stdio::null())
        .stderr(text.try_clone()?)
        .spawn()
        .map_err(|error| no_git(&error))?;
    let watch = Watch {
        begun: Instant::now(),
        before: size_of(folder),
        bounds,
    };
    let (mut pause, mut looked) = (Duration::from_millis(1), Instant::now());
    let (status, reason) = loop {
        if let Some(status) = child.try_wait()? {
            break (status, None);
        }
        let is_time_to_look = looked.elapsed() > LOOK;
        if is_time_to_look {
            looked = Instant::now();
        }
        let folder = is_time_to_look.then_some(folder);
        if let Some(reason) = watch.excess(&text, folder)? {
            // The programs that it has started end when it is gone.
            let _ = child.kill();
            break (child.wait()?, Some(reason));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    text.rewind()?;
    let mut stderr = Vec::new();
    text.take(bounds.text).read_to_end(&mut stderr)?;
    Ok(Ended {
        status,
        stderr,
        reason,
    })
}

struct Watch {
    begun: Instant,
    /// The size of the folder at the start, in bytes.
    before: u64,
    bounds: Bounds,
}

impl Watch {
    /// Returns which bound is exceeded. Looks at the size of the folder if it is
    /// given.
    fn excess(&self, text: &File, folder: Option<&Path>) -> Result<Option<String>, IoError> {
        let Bounds {
            time,
            text: longest,
            growth,
        } = self.bounds;
        if self.begun.elapsed() > time {
            let minutes = time.as_secs() / 60;
            return Ok(Some(format!("it took longer than {minutes} minutes")));
        }
        if text.metadata()?.len() > longest {
            return Ok(Some("the server sent too many messages".to_owned()));
        }
        let size = folder.map_or(0, size_of);
        let is_large = size > self.before.saturating_add(growth);
        Ok(is_large.then(|| format!("it sent more than {} GiB", growth >> 30)))
    }
}

/// Returns the size of all files in a folder, in bytes.
fn size_of(folder: &Path) -> u64 {
    let entries = WalkDir::new(folder).into_iter().flatten();
    let files = entries.filter_map(|entry| entry.metadata().ok());
    files
        .filter(std::fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::io::programs;

    fn ended(script: &str, bounds: Bounds) -> Ended {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = programs::command("sh");
        shell.args(["-c", script]).current_dir(folder.path());
        let begun = Instant::now();
        let ended = run_bounded(&mut shell, folder.path(), bounds).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(30));
        ended
    }

    #[test]
    fn a_run_that_leaves_its_bounds_is_ended() {
        let small = Bounds {
            time: Duration::from_secs(20),
            text: 1000,
            growth: 100_000,
        };
        let brief = Bounds {
            time: Duration::from_millis(50),
            ..small
        };
        for (script, bounds, reason) in [
            ("exec sleep 60", brief, "took longer than"),
            ("while :; do echo x >&2; done", small, "too many messages"),
            (
                "while :; do echo xxxxxxxxxxxxxxxx >> file; done",
                small,
                "sent more than",
            ),
        ] {
            let found = ended(script, bounds).reason.unwrap_or_default();
            assert!(found.contains(reason), "{script}: {found}");
        }
    }

    #[test]
    fn a_run_within_its_bounds_says_what_it_says() {
        let found = ended("echo trouble >&2; exit 3", OF_A_FETCH);
        assert_eq!(found.stderr, b"trouble\n");
        assert_eq!((found.status.code(), found.reason), (Some(3), None));
    }
}
