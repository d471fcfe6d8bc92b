//! Programs that not every machine has. A test skips what needs them, says so,
//! and is counted. With `PYHACK_REQUIRE_TOOLS` set, as `.ci/run` sets it, it
//! fails instead.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

const REQUIRE: &str = "PYHACK_REQUIRE_TOOLS";

/// The names of the tests that skipped something.
static SKIPPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether something is there. If it isn't, the test that asks is reported with
/// what is missing, once.
#[track_caller]
pub fn is_usable(is_there: bool, missing: &str) -> bool {
    if is_there {
        return true;
    }
    assert!(
        std::env::var_os(REQUIRE).is_none(),
        "{missing}, and {REQUIRE} is set"
    );
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a thread").to_owned();
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if skipped.insert(test.clone()) {
        let line = format!("SKIPPED ({}): {test}: {missing}\n", skipped.len());
        // Not `eprintln!`, whose text is only shown for tests that fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    false
}

fn runs(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// Whether real Nix can be asked.
#[track_caller]
pub fn has_nix() -> bool {
    is_usable(
        runs("nix-instantiate"),
        "nix-instantiate is missing: install nix-bin",
    )
}

/// Whether there is git.
#[track_caller]
pub fn has_git() -> bool {
    is_usable(runs("git"), "git is missing")
}

/// Whether a program can be run as another user.
#[track_caller]
pub fn has_setpriv() -> bool {
    is_usable(runs("setpriv"), "setpriv is missing: install util-linux")
}

/// Whether there is bash.
#[track_caller]
pub fn has_bash() -> bool {
    is_usable(runs("bash"), "bash is missing")
}

/// Whether there is GNU parallel.
#[track_caller]
pub fn has_parallel() -> bool {
    is_usable(
        runs("parallel"),
        "GNU parallel is missing: install parallel",
    )
}

/// Whether a Slurm cluster can be made.
#[track_caller]
pub fn has_slurm() -> bool {
    // They fail without a configuration, so that none can be asked.
    let is_there = ["bin/sbatch", "sbin/slurmd", "sbin/slurmctld"]
        .iter()
        .all(|program| Path::new("/usr").join(program).exists());
    is_usable(
        is_there,
        "Slurm is missing: install slurmctld, slurmd and slurm-client",
    )
}
