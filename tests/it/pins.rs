//! Pins beside an overlay.

use crate::support::{Crate, Registry, Sandbox, python_project};

/// A lock of a flake with nixpkgs and pyproject.nix of these days.
fn flake_lock(nixpkgs: u64, pyproject_nix: u64) -> String {
    let node = |owner: &str, repo: &str, day: u64| {
        serde_json::json!({
            "locked": { "type": "github", "owner": owner, "repo": repo, "lastModified": day, "rev": "ab" },
            "original": { "type": "github", "owner": owner, "repo": repo },
        })
    };
    let inputs = serde_json::json!({ "nixpkgs": "nixpkgs_2", "pyproject-nix": "pyproject-nix" });
    serde_json::json!({
        "nodes": {
            "nixpkgs_2": node("NixOS", "nixpkgs", nixpkgs),
            "pyproject-nix": node("pyproject-nix", "pyproject.nix", pyproject_nix),
            "root": { "inputs": inputs },
        },
        "root": "root",
        "version": 7,
    })
    .to_string()
}

/// 2026-03-01 and 2024-10-01.
const SPRING: u64 = 1_772_323_200;
const LONG_AGO: u64 = 1_727_740_800;

#[test]
fn what_is_too_old_is_named_with_the_command() {
    let manifest = "[package]\nname = \"new-rust\"\nversion = \"1.0.0\"\nrust-version = \"1.94\"\n";
    let files = [("Cargo.toml", manifest, 0o644), ("src/lib.rs", "", 0o644)];
    let crates = [Crate::with_files("new-rust", "1.0.0", &files)];
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("flake/project", &python_project(&crates));
    sandbox.write("flake/flake.lock", flake_lock(SPRING, LONG_AGO));
    let run = sandbox.run(&[
        "nix-snippet",
        "--write",
        "flake/nix/overlay.nix",
        "flake/project",
    ]);
    insta::assert_snapshot!(run.stderr, @r"
    warning: the nixpkgs of 2026-03-01 (`nixpkgs` in `flake/flake.lock`) is older than 2026-05-27: crates.io rejects downloads by its `importCargoLock` with status 403
      help: update it with `nix flake update nixpkgs`
    warning: `new-rust` needs rustc 1.94.0: the nixpkgs of 2026-03-01 (`nixpkgs` in `flake/flake.lock`) is older than that rustc, released on 2026-03-05
      help: update it with `nix flake update nixpkgs`, or pass a `cargo` and a `rustc` from rust-overlay or fenix to `importCargoLock`
    warning: the pyproject.nix of 2024-10-01 (`pyproject-nix` in `flake/flake.lock`) has no `importCargoLock`, which was added on 2024-10-16
      help: update it with `nix flake update pyproject-nix`
           Wrote `flake/nix/overlay.nix`
    ");
    // Above the git repository nothing is looked for.
    sandbox.write("flake/nix/.git", "");
    let run = sandbox.run(&[
        "nix-snippet",
        "--write",
        "flake/nix/overlay.nix",
        "flake/project",
    ]);
    insta::assert_snapshot!(run.stderr, @"       Fresh `flake/nix/overlay.nix`");
}

#[test]
fn a_lock_that_can_t_be_read_is_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    sandbox.write("flake.lock", "{\"version\": 9");
    sandbox.write(
        "npins/sources.json",
        "{\"pins\": {\"nixpkgs\": {\"type\": \"Channel\", \"name\": \"nixos-25.05\"}}, \"version\": 5}",
    );
    let run = sandbox.run(&["nix-snippet", "project"]);
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.stderr, @r"
    warning: failed to read `flake.lock`: EOF while parsing an object at line 1 column 13
      help: check that its nixpkgs and pyproject.nix are new enough
    ");
}
