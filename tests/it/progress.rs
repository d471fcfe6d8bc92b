//! What a terminal shows while something is fetched.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Crate, End, OnTerminal, Registry, Reply, Sandbox, Terminal, python_project};

/// A registry that never sends the end of a crate.
fn stalling(crates: &[Crate]) -> Registry {
    let bytes = crates[0].bytes.clone();
    Registry::with(crates, move |_, asked| {
        let is_crate = asked.path.ends_with("/alpha/1.0.0/download");
        is_crate.then(|| Reply::body(bytes.clone()).cut(bytes.len() / 2, End::Stall))
    })
}

fn crates() -> Vec<Crate> {
    let noise: String = (0_u32..1 << 14)
        .map(|n| char::from(b'a' + u8::try_from(n.wrapping_mul(2_654_435_761) >> 27).unwrap() % 26))
        .collect();
    let files = [
        ("src/lib.rs", "", 0o644),
        ("noise.txt", noise.as_str(), 0o644),
    ];
    let manifest = "[package]\nname = \"alpha\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    let all: Vec<_> = [("Cargo.toml", manifest, 0o644)]
        .into_iter()
        .chain(files)
        .collect();
    vec![
        Crate::with_files("alpha", "1.0.0", &all),
        Crate::new("beta", "1.0.0"),
    ]
}

/// Starts a run that waits for a crate, and stops when it is shown.
fn waiting(sandbox: &Sandbox, columns: u16) -> OnTerminal {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    command.args(["hash", "project"]).env("TERM", "xterm");
    let mut run = Terminal::new(columns).spawn(command);
    run.wait_for("B/s alpha");
    run
}

fn end(run: &OnTerminal, signal: Signal) {
    let id = i32::try_from(run.child.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}

#[test]
fn it_has_bytes_rate_and_what_is_fetched_and_leaves_nothing_behind() {
    let crates = crates();
    let registry = stalling(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    for (columns, signal) in [
        (120, Signal::INT),
        (80, Signal::TERM),
        (40, Signal::INT),
        (40, Signal::HUP),
    ] {
        let mut run = waiting(&sandbox, columns);
        let shown = run.shown();
        assert_eq!(shown.trim_end().lines().count(), 1, "{shown}");
        assert!(shown.contains("Hashing") && shown.contains("/2"), "{shown}");
        assert!(shown.contains("KiB, ") || shown.contains(" B, "), "{shown}");
        assert_eq!(shown.contains('['), columns >= 60, "{shown}");
        end(&run, signal);
        run.wait();
        assert_eq!(run.child.wait().unwrap().signal(), Some(signal.as_raw()));
        assert_eq!(run.shown(), "", "{:?}", run.written());
        assert!(run.is_tidy(), "{:?}", run.written());
    }
}

#[test]
fn it_is_gone_when_the_work_is_done() {
    let crates = crates();
    // Long enough that it is drawn.
    let registry = Registry::with(&crates, |_, asked| {
        if asked.path.ends_with("/download") {
            std::thread::sleep(Duration::from_millis(400));
        }
        None
    });
    for columns in [20, 40, 80] {
        let sandbox = Sandbox::with_registry(&registry);
        sandbox.project("project", &python_project(&crates));
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
        command.args(["hash", "project"]).env("TERM", "xterm");
        let run = Terminal::new(columns).run(command);
        assert!(run.written().contains("Hashing"), "{:?}", run.written());
        assert_eq!(run.shown(), "", "{:?}", run.written());
        assert!(run.is_tidy(), "{:?}", run.written());
    }
}
