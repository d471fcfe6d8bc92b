//! A run opens each file that decides it once, and hands on what it read.

use std::collections::BTreeMap;

use crate::locks::fixtures::{Sdist, alpha, serving, uv_lock};
use crate::support::{OpenCounter, Registry, Sandbox};

const OVERLAY: &str = "nix/overlay.nix";

/// An sdist with an overlay that has its stanza, and a `uv.lock` above it.
fn project() -> (Sandbox, Registry) {
    let sdist = Sdist::rust("fast", "1.0", &[alpha()]);
    let registry = serving(&[alpha()], &[]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.write("sdists/fast-1.0.tar.gz", &sdist.bytes);
    let entry = sdist.entry("127.0.0.1:9", "");
    sandbox.write("nix/uv.lock", uv_lock(&[("fast", entry)]));
    write(&sandbox, "{ hacks }: final: prev: { }\n");
    (sandbox, registry)
}

fn write(sandbox: &Sandbox, overlay: &str) {
    sandbox.write(OVERLAY, overlay);
    let sdist = "sdists/fast-1.0.tar.gz";
    sandbox
        .run(&["nix-snippet", "-q", "--write", OVERLAY, sdist])
        .ok();
}

/// How often a run opens the files that decide it, by their names. Cargo, which
/// it starts, has a home of its own, so that `config.toml` is read by us alone.
fn opened(sandbox: &Sandbox, arguments: &[&str]) -> BTreeMap<String, usize> {
    let folders = ["sdists", "nix", "cargo-home"].map(|folder| sandbox.path(folder));
    let folders = folders.each_ref().map(std::path::PathBuf::as_path);
    let counter = OpenCounter::watch(&folders);
    sandbox.run(arguments).ok();
    let counts = counter.counts().into_iter();
    let named = counts.map(|(path, count)| {
        (
            path.file_name().unwrap().to_str().unwrap().to_owned(),
            count,
        )
    });
    named.filter(|(name, _)| !name.starts_with('.')).collect()
}

#[track_caller]
fn assert_opened_once(counts: &BTreeMap<String, usize>) {
    for name in ["fast-1.0.tar.gz", "uv.lock", "config.toml"] {
        assert_eq!(counts.get(name), Some(&1), "{name} in {counts:?}");
    }
    // Once to be parsed, and once to be compared with what is written.
    assert!(
        matches!(counts.get("overlay.nix"), Some(1 | 2)),
        "{counts:?}"
    );
}

#[test]
fn writing_a_stanza_opens_each_file_once() {
    let (sandbox, _registry) = project();
    let counts = opened(
        &sandbox,
        &[
            "nix-snippet",
            "-q",
            "--write",
            OVERLAY,
            "sdists/fast-1.0.tar.gz",
        ],
    );
    assert_opened_once(&counts);
}

#[test]
fn fixing_a_stanza_opens_each_file_once() {
    let (sandbox, _registry) = project();
    let newer = Sdist::rust("fast", "1.0", &[]);
    sandbox.write("sdists/fast-1.0.tar.gz", &newer.bytes);
    let counts = opened(&sandbox, &["check", "-q", "--fix", OVERLAY]);
    assert_opened_once(&counts);
}

#[test]
fn checking_a_fresh_stanza_opens_no_configuration_of_cargo() {
    let (sandbox, _registry) = project();
    let counts = opened(&sandbox, &["check", "-q", OVERLAY]);
    assert_eq!(counts.get("config.toml"), None, "{counts:?}");
    assert_eq!(counts["fast-1.0.tar.gz"], 1);
    assert_eq!(counts["uv.lock"], 1);
}

#[test]
fn every_open_is_counted() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("folder/file", "x");
    let folder = sandbox.path("folder");
    let counter = OpenCounter::watch(&[&folder]);
    for _ in 0..3 {
        std::fs::read(&path).unwrap();
    }
    // Reading a file's size opens nothing.
    std::fs::metadata(&path).unwrap();
    assert_eq!(counter.counts(), BTreeMap::from([(path.clone(), 3)]));
    std::fs::write(folder.join("new"), "y").unwrap();
    std::fs::rename(folder.join("new"), &path).unwrap();
    std::fs::read(&path).unwrap();
    assert_eq!(counter.counts()[&path], 1);
}
