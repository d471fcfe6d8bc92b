//! Nothing of a project is run: canaries in everything that something might
//! run, each of which leaves a file when it is.
//!
//! Each canary has a control that wakes it, by the program that would run it:
//! without that, a test that hears nothing would show nothing.

mod cargo_keys;
mod git_keys;
mod programs;
mod project;

use std::path::Path;

use crate::support::{Registry, Reply, Sandbox};

/// The folder of the sandbox with a file for each canary that sang.
const SANG: &str = "sang";

/// Makes the place that canaries sing in.
fn prepare(sandbox: &Sandbox) {
    std::fs::create_dir_all(sandbox.path(SANG)).unwrap();
}

/// What a shell runs to have a canary sing. It needs no program of `PATH`.
fn sing(sandbox: &Sandbox, name: &str) -> String {
    format!(": > '{}'", sandbox.path(SANG).join(name).display())
}

/// The same in Python.
fn sing_in_python(sandbox: &Sandbox, name: &str) -> String {
    let path = sandbox.path(SANG).join(name);
    format!("open('{}', 'w').close()\n", path.display())
}

/// The same in Rust.
fn sing_in_rust(sandbox: &Sandbox, name: &str) -> String {
    let path = sandbox.path(SANG).join(name);
    format!("let _ = std::fs::write(\"{}\", \"\");", path.display())
}

/// Writes a program that sings, and fails.
fn script(sandbox: &Sandbox, path: &str, name: &str) -> String {
    let text = format!("#!/bin/sh\n{}\nexit 1\n", sing(sandbox, name));
    let path = sandbox.write(path, text);
    make_executable(&path);
    path.display().to_string()
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The canaries that sang.
fn sung(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.path(SANG)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Fails unless this canary sings when a shell runs a command in a folder, and
/// has it silent again.
#[track_caller]
fn assert_sings(sandbox: &Sandbox, folder: &str, name: &str, command: &str) {
    let mut shell = sandbox.command("sh");
    shell
        .args(["-c", command])
        .current_dir(sandbox.path(folder))
        .env("CARGO_NET_RETRY", "0")
        .env_remove("CARGO_NET_OFFLINE")
        .stdin(std::process::Stdio::null());
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let sung = sung(sandbox);
    assert!(sung.contains(&name.to_owned()), "{name}: {sung:?}: {said}");
    for name in sung {
        std::fs::remove_file(sandbox.path(SANG).join(name)).unwrap();
    }
}

/// A server that sings when anybody asks it for something.
fn server(sandbox: &Sandbox) -> Registry {
    let path = sandbox.path(SANG).join("server");
    Registry::answering(move |_, _| {
        std::fs::write(&path, "").unwrap();
        Some(Reply::status("404 Not Found"))
    })
}
