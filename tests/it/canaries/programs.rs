//! Programs of a project that `PATH` leads to.

use super::{assert_sings, prepare, script};
use crate::support::Sandbox;

/// What a run, or a program that it starts, may look for.
const NAMES: [&str; 18] = [
    "cargo",
    "cargo-metadata",
    "cc",
    "direnv",
    "git",
    "git-remote-https",
    "maturin",
    "nix",
    "nix-hash",
    "nix-instantiate",
    "nix-prefetch-url",
    "nixfmt",
    "python",
    "python3",
    "rustc",
    "rustup",
    "ssh",
    "uv",
];

/// The folders of a project that have such programs.
const FOLDERS: [&str; 5] = ["", "bin/", "src/rust/", "generated/", "node_modules/.bin/"];

/// Writes the programs into a project.
pub(super) fn write(sandbox: &Sandbox, project: &str) {
    for folder in FOLDERS {
        for name in NAMES {
            let path = format!("{project}/{folder}{name}");
            script(sandbox, &path, &format!("path-{name}"));
        }
    }
}

/// A `PATH` that leads into a project: the working folder, as `.` and as
/// nothing, folders relative to it, and full paths, before the real ones.
pub(super) fn path(sandbox: &Sandbox, project: &str) -> String {
    let root = sandbox.path(project);
    let full = FOLDERS.map(|folder| root.join(folder).display().to_string());
    let link = sandbox.path("link-to-project");
    if !link.exists() {
        std::os::unix::fs::symlink(root.join("bin"), &link).unwrap();
    }
    let relative = [
        ".",
        "",
        "bin",
        "./generated",
        "../project/bin",
        "../../project",
    ]
    .map(str::to_owned);
    let real = std::env::var("PATH").unwrap();
    let linked = link.display().to_string();
    let entries = [&relative[..], &full, &[linked, real]].concat();
    entries.join(":")
}

#[test]
fn a_shell_wakes_each_canary_of_path() {
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    write(&sandbox, "project");
    let path = path(&sandbox, "project");
    for name in NAMES {
        let command = format!("PATH='{path}' {name}");
        assert_sings(&sandbox, "project", &format!("path-{name}"), &command);
    }
}
