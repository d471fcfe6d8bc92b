//! Runs that are killed, and two runs at once. `tests/scripts/kills` does the
//! same hundreds of times, at system calls too.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Crate, Registry, Sandbox, python_project, tree};

const VENDOR: [&str; 4] = ["vendor", "--to", "out/vendor", "project"];
const WRITE: [&str; 4] = ["nix-snippet", "--write", "out/overlay.nix", "project"];

fn crates(version: &str) -> Vec<Crate> {
    ["alpha", "beta", "gamma"]
        .map(|name| Crate::new(name, version))
        .to_vec()
}

/// A sandbox in which the project's crates have changed since `out` was made.
fn stale(arguments: &[&str]) -> (Sandbox, Registry) {
    let registry = Registry::new(&[crates("1.0.0"), crates("1.1.0")].concat());
    let sandbox = Sandbox::with_registry(&registry);
    std::fs::create_dir(sandbox.path("out")).unwrap();
    sandbox.project("project", &python_project(&crates("1.0.0")));
    sandbox.run(arguments).ok();
    sandbox.project("project", &python_project(&crates("1.1.0")));
    (sandbox, registry)
}

fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    std::fs::create_dir_all(sandbox.path("tmp")).unwrap();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    command
        .args(arguments)
        .env("TMPDIR", sandbox.path("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// What temporary files and locks a folder has.
fn left_in(folder: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.path().strip_prefix(folder).unwrap().to_owned());
    let is_left = |path: &String| {
        let name = path.rsplit('/').next().unwrap();
        let is_temporary = [".pyhack-", ".part-", "scratch-", "pyhack-"]
            .iter()
            .any(|start| name.starts_with(start));
        // A crate's digest has such a name and stays.
        let is_kept = name == ".pyhack-digest.json";
        is_temporary && !is_kept || path.contains("runs-1/") || path.contains("cache/locks/")
    };
    let names = paths.map(|path| path.to_str().unwrap().to_owned());
    names.filter(is_left).collect()
}

#[test]
fn a_killed_run_leaves_the_old_or_the_new_and_the_next_one_cleans_up() {
    const KILLS: u32 = 8;
    for arguments in [VENDOR, WRITE] {
        let (sandbox, _registry) = stale(&arguments);
        let begun = Instant::now();
        assert!(start(&sandbox, &arguments).wait().unwrap().success());
        let (took, new) = (begun.elapsed(), tree(&sandbox.path("out")));
        for kill in 0..KILLS {
            let (sandbox, _registry) = stale(&arguments);
            let old = tree(&sandbox.path("out"));
            let mut run = start(&sandbox, &arguments);
            std::thread::sleep(took * kill / KILLS);
            run.kill().unwrap();
            run.wait().unwrap();
            let mut found = tree(&sandbox.path("out"));
            found.retain(|path, _| !path.starts_with(".pyhack-"));
            assert!(found == old || found == new, "{arguments:?} {kill}");
            // Cargo may go on for a moment after its parent was killed.
            std::thread::sleep(Duration::from_millis(100));
            assert!(start(&sandbox, &arguments).wait().unwrap().success());
            assert_eq!(tree(&sandbox.path("out")), new);
            let left = left_in(&sandbox.path(""));
            assert_eq!(left, Vec::<String>::new(), "{arguments:?} {kill}");
            sandbox.assert_cache_is_whole();
        }
    }
}

#[test]
fn two_runs_at_once_leave_one_whole_folder() {
    let (sandbox, _registry) = stale(&VENDOR);
    let old = tree(&sandbox.path("out"));
    sandbox.project("old", &python_project(&crates("1.0.0")));
    sandbox.run(&VENDOR).ok();
    let new = tree(&sandbox.path("out"));
    for delay in 0..8 {
        let mut first = start(&sandbox, &["vendor", "--to", "out/vendor", "old"]);
        std::thread::sleep(Duration::from_millis(delay * 5));
        let mut second = start(&sandbox, &VENDOR);
        assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
        let found = tree(&sandbox.path("out"));
        assert!(found == old || found == new);
        assert_eq!(left_in(&sandbox.path("")), Vec::<String>::new());
    }
}
