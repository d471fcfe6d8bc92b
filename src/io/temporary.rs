//! The one place where temporary files and folders are made.
//!
//! Their names have the random id of the run. Before the first one in a folder,
//! the folder is written into a file of the cache that the run keeps locked. So
//! the next run knows what a run left that was killed, and that it is dead; the
//! age of a file says neither. A run that is asked to end removes its own.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use fs_err as fs;
use tempfile::NamedTempFile;

use super::progress::Progress;
use super::read::read_string;

/// The folder in the cache; its name changes with what is in it.
const RUNS: &str = "runs-1";
const ENDING: &str = ".run";
/// The ending of a run's file that isn't locked yet.
const NEW: &str = ".new";

static RUN: OnceLock<Run> = OnceLock::new();

/// The temporary files of this process.
struct Run {
    id: String,
    /// The folder in the cache with the files of all runs.
    runs: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Where this run has made something.
    folders: BTreeSet<PathBuf>,
    /// The run's own file, locked.
    file: Option<File>,
    /// Whether a folder couldn't be removed: the next run tries again.
    has_left_something: bool,
}

/// Starts a run: removes what dead runs left, and sees to it that this one
/// leaves nothing if it is interrupted.
/// `cache` is the folder of the cache, if there is one; `progress` is cleared
/// then, too.
pub fn begin(cache: Option<&Path>, progress: &Arc<dyn Progress>) {
    let runs = cache.map(|folder| folder.join(RUNS));
    if let Some(runs) = &runs {
        sweep(runs);
    }
    let mut is_new = false;
    RUN.get_or_init(|| {
        is_new = true;
        Run::new(runs)
    });
    if is_new {
        clean_up_on_signals(progress.clone());
    }
}

/// Ends the run: nothing of it is left, but for what can't be removed.
pub fn end() {
    if let Some(run) = RUN.get()
        && !run.state().has_left_something
    {
        run.forget();
    }
}

/// Makes a folder in the temporary folder.
///
/// # Errors
/// Fails if the disk does.
pub fn folder() -> io::Result<TemporaryFolder> {
    folder_in(&std::env::temp_dir(), "pyhack-")
}

/// Makes a folder in another one, with a name that starts like that.
pub(super) fn folder_in(parent: &Path, prefix: &str) -> io::Result<TemporaryFolder> {
    let name = run().prefix(parent, prefix);
    let made = tempfile::Builder::new().prefix(&name).tempdir_in(parent)?;
    Ok(TemporaryFolder { path: made.keep() })
}

/// A folder that is removed with everything in it when the value is dropped.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        remove_folder(&self.path);
        if self.path.exists() {
            run().state().has_left_something = true;
        }
    }
}

/// Makes a file in a folder. `configure` sets its permissions.
pub(super) fn file_in(
    parent: &Path,
    configure: impl FnOnce(&mut tempfile::Builder),
) -> io::Result<NamedTempFile> {
    let name = run().prefix(parent, ".pyhack-");
    let mut builder = tempfile::Builder::new();
    configure(&mut builder);
    builder.prefix(&name).tempfile_in(parent)
}

fn run() -> &'static Run {
    RUN.get_or_init(|| Run::new(None))
}

impl Run {
    fn new(runs: Option<PathBuf>) -> Self {
        Self {
            id: format!("{:016x}", random()),
            runs,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the beginning of a new name in a folder, which is remembered.
    fn prefix(&self, parent: &Path, prefix: &str) -> String {
        if let Ok(full) = fs::canonicalize(parent) {
            let mut state = self.state();
            if state.folders.insert(full.clone()) {
                // Without a cache, nothing is cleaned up after a kill.
                let _ = self.remember(&mut state, &full);
            }
        }
        format!("{prefix}{}", self.id)
    }

    fn remember(&self, state: &mut State, folder: &Path) -> io::Result<()> {
        let (Some(runs), Some(folder)) = (&self.runs, folder.to_str()) else {
            return Ok(());
        };
        if state.file.is_none() {
            // A run that sweeps may take it for a dead run's before it is locked.
            let file = self.new_file(runs).or_else(|_| self.new_file(runs))?;
            state.file = Some(file);
        }
        if let Some(file) = &mut state.file {
            let line = serde_json::to_string(folder)?;
            writeln!(file, "{line}")?;
        }
        Ok(())
    }

    /// Makes the run's own file, which is locked when it gets its name: until
    /// then it would look like a dead run's.
    fn new_file(&self, runs: &Path) -> io::Result<File> {
        fs::create_dir_all(runs)?;
        let new = runs.join(format!("{}{NEW}", self.id));
        let file = File::create(&new)?;
        let named = file
            .try_lock()
            .map_err(io::Error::from)
            .and_then(|()| fs::rename(&new, self.own_file(runs)));
        if let Err(error) = named {
            let _ = fs::remove_file(new);
            return Err(error);
        }
        Ok(file)
    }

    fn own_file(&self, runs: &Path) -> PathBuf {
        runs.join(format!("{}{ENDING}", self.id))
    }

    /// Removes everything that this run has made.
    fn clean_up(&self) {
        let folders = std::mem::take(&mut self.state().folders);
        for folder in &folders {
            remove_named(folder, &self.id);
        }
        self.forget();
    }

    fn forget(&self) {
        if let (Some(runs), Some(_)) = (&self.runs, self.state().file.take()) {
            let _ = fs::remove_file(self.own_file(runs));
        }
    }
}

/// Returns a number that no other run has. std's hashers start with random
/// keys.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// Removes what runs left that are dead.
fn sweep(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_suffix(ENDING).or_else(|| name.strip_suffix(NEW));
        let Some(id) = id.filter(|id| is_id(id)) else {
            continue;
        };
        let file = File::open(&path);
        let is_dead = file.as_ref().is_ok_and(|file| file.try_lock().is_ok());
        if !is_dead {
            continue;
        }
        let text = read_string(&path).unwrap_or_default();
        for line in text.lines() {
            if let Ok(folder) = serde_json::from_str::<PathBuf>(line) {
                remove_named(&folder, id);
            }
        }
        let _ = fs::remove_file(&path);
    }
}

fn is_id(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Removes what has a run's id in its name. What can't be removed does no harm.
fn remove_named(folder: &Path, id: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().contains(id);
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        match (is_ours, kind.is_dir()) {
            (true, true) => remove_folder(&entry.path()),
            (true, false) => {
                let _ = fs::remove_file(entry.path());
            }
            (false, _) => {}
        }
    }
}

/// Removes a folder if there is one, even if folders in it are read-only.
pub(super) fn remove_folder(folder: &Path) {
    if fs::remove_dir_all(folder).is_ok() || !folder.is_dir() {
        return;
    }
    #[cfg(unix)]
    for entry in walkdir::WalkDir::new(folder) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = match &entry {
            Ok(entry) if entry.file_type().is_dir() => Some(entry.path()),
            Ok(_) => None,
            Err(error) => error.path(),
        };
        if let Some(path) = path {
            let _ = fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
        }
    }
    let _ = fs::remove_dir_all(folder);
}

/// Removes this run's files when it is asked to end, and ends as it would have.
#[cfg(unix)]
fn clean_up_on_signals(progress: Arc<dyn Progress>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else {
        return;
    };
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            progress.interrupt();
            run().clean_up();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    // Without a thread, the next run cleans up.
    let _ = std::thread::Builder::new().spawn(wait);
}

#[cfg(not(unix))]
fn clean_up_on_signals(_progress: Arc<dyn Progress>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_run_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (runs, work) = (folder.path().join("runs"), folder.path().join("work"));
        fs::create_dir(&work).unwrap();
        let [dead, alive] = [(); 2].map(|()| Run::new(Some(runs.clone())));
        for run in [&dead, &alive] {
            let file = work.join(run.prefix(&work, ".pyhack-") + "abc");
            fs::write(file, "").unwrap();
            let scratch = work.join(run.prefix(&work, "scratch-") + "abc");
            fs::create_dir_all(scratch.join("a/b")).unwrap();
        }
        // A run that was killed before it locked its file.
        fs::write(runs.join("0123456789abcdef.new"), "").unwrap();
        fs::write(work.join(".pyhack-user"), "").unwrap();
        // As the system does when a process ends.
        dead.state().file = None;
        sweep(&runs);
        let left = fs::read_dir(&work).unwrap();
        let left: BTreeSet<_> = left
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let expected = [
            format!(".pyhack-{}abc", alive.id),
            ".pyhack-user".to_owned(),
            format!("scratch-{}abc", alive.id),
        ];
        assert_eq!(left, BTreeSet::from(expected));
        assert!(alive.own_file(&runs).exists() && !dead.own_file(&runs).exists());
        alive.clean_up();
        assert_eq!(fs::read_dir(&work).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&runs).unwrap().count(), 0);
    }
}
