//! Every command, in projects that are full of canaries.

use std::process::Command;

use super::{
    assert_sings, cargo_keys, git_keys, make_executable, prepare, programs, server, sing,
    sing_in_python, sing_in_rust, sung,
};
use crate::git;
use crate::support::{Crate, Registry, Repository, Sandbox, has_git, python_project};

/// What is in a project that a build would run.
struct Code {
    /// The path, and the canary.
    path: &'static str,
    control: &'static str,
}

const PYTHON: [Code; 6] = [
    Code {
        path: "setup.py",
        control: "python3 setup.py",
    },
    Code {
        path: "_build/backend.py",
        control: "cd _build && python3 -c 'import backend'",
    },
    Code {
        path: "build.py",
        control: "python3 build.py",
    },
    Code {
        path: "hatch_build.py",
        control: "python3 hatch_build.py",
    },
    Code {
        path: "pdm_build.py",
        control: "python3 pdm_build.py",
    },
    Code {
        path: "conftest.py",
        control: "python3 conftest.py",
    },
];

/// The canary of a path: names of files have no `/`.
fn name_of(path: &str) -> String {
    path.replace('/', "-")
}

/// A build script with a canary.
fn build_script(sandbox: &Sandbox, canary: &str) -> String {
    let sing = sing_in_rust(sandbox, canary);
    format!("fn main() {{ {sing} }}\n")
}

/// A crate of a registry with a build script.
fn alpha(sandbox: &Sandbox) -> Crate {
    let manifest = "[package]\nname = \"alpha\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    let script = build_script(sandbox, "crate-build.rs");
    let files = [
        ("Cargo.toml", manifest, 0o644),
        ("src/lib.rs", "pub fn version() {}\n", 0o644),
        ("build.rs", &script, 0o644),
    ];
    Crate::with_files("alpha", "1.0.0", &files)
}

const BACKENDS: [&str; 6] = [
    "build-backend = \"setuptools.build_meta\"",
    "build-backend = \"backend\"\nbackend-path = [\"_build\"]",
    "build-backend = \"maturin\"",
    "build-backend = \"poetry.core.masonry.api\"\n[tool.poetry.build]\nscript = \"build.py\"",
    "build-backend = \"hatchling.build\"\n[tool.hatch.build.hooks.custom]",
    "build-backend = \"pdm.backend\"",
];

fn pyproject(backend: &str) -> String {
    format!(
        "[project]\nname = \"module\"\nversion = \"1\"\nrequires-python = \">=3.11\"\n\
         [tool.maturin]\nmanifest-path = \"src/rust/Cargo.toml\"\n\
         [build-system]\nrequires = [\"setuptools-rust\"]\n{backend}\n"
    )
}

const UV_LOCK: &str = "version = 1\nrequires-python = \">=3.11\"\n\n\
     [[package]]\nname = \"module\"\nversion = \"1\"\nsource = { editable = \".\" }\n";

/// Writes a project's own code, with a canary in each file.
fn write_code(sandbox: &Sandbox, folder: &str, registry_crates: &[Crate]) {
    sandbox.project(folder, &python_project(registry_crates));
    sandbox.write(&format!("{folder}/uv.lock"), UV_LOCK);
    for Code { path, .. } in PYTHON {
        let setup = if path == "setup.py" {
            "from setuptools import setup\nfrom setuptools_rust import RustExtension\n\
             setup(rust_extensions=[RustExtension('module.m', 'src/rust/Cargo.toml')])\n"
        } else {
            ""
        };
        let text = sing_in_python(sandbox, &name_of(path)) + setup;
        sandbox.write(&format!("{folder}/{path}"), text);
    }
    let rust = format!("{folder}/src/rust");
    let manifest = std::fs::read_to_string(sandbox.path(&format!("{rust}/Cargo.toml"))).unwrap();
    let more = "sings = { path = \"../macro\" }\n[lib]\ncrate-type = [\"cdylib\"]\n";
    sandbox.write(&format!("{rust}/Cargo.toml"), manifest + more);
    std::fs::remove_file(sandbox.path(&format!("{rust}/Cargo.lock"))).unwrap();
    sandbox.write(&format!("{rust}/src/lib.rs"), "sings::sing!();\n");
    sandbox.write(
        &format!("{rust}/build.rs"),
        build_script(sandbox, "build.rs"),
    );
    sandbox.write(&format!("{rust}/src/main.rs"), cargo_keys::main(sandbox));
    let manifest = "[package]\nname = \"sings\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n";
    sandbox.write(&format!("{folder}/src/macro/Cargo.toml"), manifest);
    let code = format!(
        "#[proc_macro]\npub fn sing(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{ {} \
         proc_macro::TokenStream::new() }}\n",
        sing_in_rust(sandbox, "macro")
    );
    sandbox.write(&format!("{folder}/src/macro/src/lib.rs"), code);
}

/// Writes what decides which programs cargo and rustup run.
fn write_settings(sandbox: &Sandbox, folder: &str, server: &Registry) {
    let scripts = format!("{folder}/cargo-scripts");
    let config = cargo_keys::all(sandbox, &scripts, &server.address());
    let toolchain = sandbox.path(&format!("{folder}/toolchain"));
    let toolchain = format!("[toolchain]\npath = '{}'\n", toolchain.display());
    for program in ["cargo", "rustc"] {
        let text = format!("#!/bin/sh\n{}\n", sing(sandbox, "toolchain"));
        let path = format!("{folder}/toolchain/bin/{program}");
        make_executable(&sandbox.write(&path, text));
    }
    for place in ["", "src/rust/"] {
        sandbox.write(&format!("{folder}/{place}.cargo/config.toml"), &config);
        sandbox.write(&format!("{folder}/{place}rust-toolchain.toml"), &toolchain);
    }
}

/// Writes a project in which everything sings.
fn write_project(sandbox: &Sandbox, folder: &str, server: &Registry) {
    write_code(sandbox, folder, &[alpha(sandbox)]);
    write_settings(sandbox, folder, server);
    if has_git() {
        git_keys::repository(sandbox, folder);
        git_keys::arm(sandbox, folder);
    } else {
        sandbox.write(&format!("{folder}/.git/HEAD"), "ref: refs/heads/main\n");
    }
    programs::write(sandbox, folder);
}

/// A run in a project, with `PATH` leading into it.
fn command(sandbox: &Sandbox, folder: &str, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    command
        .args(arguments)
        .current_dir(sandbox.path(folder))
        .env("PATH", programs::path(sandbox, "project"));
    command
}

/// Runs a command, which ends well, and listens.
#[track_caller]
fn run(sandbox: &Sandbox, folder: &str, arguments: &[&str]) {
    run_to(sandbox, folder, 0, arguments);
}

/// Runs a command, which ends with a code, and listens.
#[track_caller]
fn run_to(sandbox: &Sandbox, folder: &str, code: i32, arguments: &[&str]) {
    let output = command(sandbox, folder, arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(sung(sandbox), Vec::<String>::new(), "{arguments:?}: {said}");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
}

/// All commands; `.` is the project, which is where `run` runs them.
const COMMANDS: [&[&str]; 22] = [
    &[],
    &["."],
    &["inspect", "."],
    &["inspect", "--generate-lock", "--format", "json", "."],
    &["why", "alpha", "."],
    &["hash", "."],
    &["vendor", "--to", "generated/vendor", "."],
    &["vendor", "--tar", "--to", "generated/vendor.tar", "."],
    &["nix-snippet", "."],
    &["nix-snippet", "--write", "generated/overlay.nix", "."],
    &["check", "generated/overlay.nix"],
    &[
        "check",
        "--diff",
        "--format",
        "json",
        "generated/overlay.nix",
    ],
    &["check", "--fix", "generated/overlay.nix"],
    &["lock", "uv.lock"],
    &["lock", "--write", "generated/lock.nix", "uv.lock"],
    &["init", "--dry-run", "."],
    &["init", "."],
    &["completions", "bash"],
    &["cache", "dir"],
    &["cache", "prune"],
    &["--offline", "inspect", "."],
    &["cache", "clean"],
];

/// Commands in a project whose lock cargo has to make.
const GENERATE: [&[&str]; 2] = [
    &["inspect", "--generate-lock", "."],
    &[
        "nix-snippet",
        "--generate-lock",
        "--write",
        "generated/module.nix",
        "--force",
        ".",
    ],
];

/// Puts the folder `project` in the place of `.`, and before each path in it.
fn from_above(arguments: &[&str]) -> Vec<String> {
    let moved = |argument: &&str| match *argument {
        "." => "project".to_owned(),
        path if path.starts_with("generated/") || path == "uv.lock" => format!("project/{path}"),
        other => other.to_owned(),
    };
    arguments.iter().map(moved).collect()
}

#[test]
fn nothing_of_a_project_is_run() {
    let sandbox = Sandbox::with_cargo_config("");
    prepare(&sandbox);
    let (registry, server) = (Registry::new(&[alpha(&sandbox)]), server(&sandbox));
    sandbox.write("cargo-home/config.toml", registry.cargo_config());
    write_project(&sandbox, "project", &server);
    for backend in BACKENDS {
        sandbox.write("project/pyproject.toml", pyproject(backend));
        // The other backends build no Rust.
        let has_rust = ["setuptools", "_build", "maturin"]
            .iter()
            .any(|name| backend.contains(name));
        for arguments in GENERATE {
            run_to(&sandbox, "project", if has_rust { 0 } else { 3 }, arguments);
        }
    }
    sandbox.write("project/pyproject.toml", pyproject(BACKENDS[2]));
    let lock = std::fs::read(sandbox.path("project/generated/module.lock")).unwrap();
    sandbox.write("project/src/rust/Cargo.lock", lock);
    for arguments in COMMANDS {
        run(&sandbox, "project", arguments);
    }
    for name in ["overlay.nix", "flake.nix"] {
        std::fs::remove_file(sandbox.path(&format!("project/{name}"))).unwrap();
    }
    // From elsewhere, the working folder isn't in the project.
    for arguments in COMMANDS {
        let arguments = from_above(arguments);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        if arguments.is_empty() {
            continue;
        }
        run(&sandbox, "", &arguments);
    }
    let path = sandbox.path("project/.cache").display().to_string();
    // Nor with the cache below the project, where cargo would look for settings
    // in the folders above its own.
    let mut inside = command(
        &sandbox,
        "project/src/macro",
        &["inspect", "--generate-lock", "../.."],
    );
    inside.env("CARGO_PYHACK_CACHE_DIR", path).output().unwrap();
    assert_eq!(sung(&sandbox), Vec::<String>::new());
}

#[test]
fn nothing_of_an_sdist_is_run() {
    let sandbox = Sandbox::with_cargo_config("");
    prepare(&sandbox);
    let (registry, server) = (Registry::new(&[alpha(&sandbox)]), server(&sandbox));
    sandbox.write("cargo-home/config.toml", registry.cargo_config());
    write_project(&sandbox, "project", &server);
    sandbox.write("project/pyproject.toml", pyproject(BACKENDS[0]));
    sandbox.write(
        "project/PKG-INFO",
        "Metadata-Version: 2.4\nName: module\nVersion: 1\n",
    );
    run(&sandbox, "project", GENERATE[1]);
    let lock = std::fs::read(sandbox.path("project/generated/module.lock")).unwrap();
    sandbox.write("project/src/rust/Cargo.lock", lock);
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    archive
        .append_dir_all("module-1", sandbox.path("project"))
        .unwrap();
    let bytes = archive.into_inner().unwrap().finish().unwrap();
    sandbox.write("project/module-1.tar.gz", bytes);
    for arguments in COMMANDS {
        if !arguments.contains(&".") || arguments[0] == "init" {
            continue;
        }
        let arguments = arguments.iter().map(|&argument| match argument {
            "." => "module-1.tar.gz",
            other => other,
        });
        run(&sandbox, "project", &arguments.collect::<Vec<_>>());
    }
}

#[test]
fn nothing_of_a_git_repository_is_run() {
    if !has_git() {
        return;
    }
    let sandbox = git::sandbox();
    prepare(&sandbox);
    let server = server(&sandbox);
    let repository = Repository::new(&sandbox, "simple");
    let manifest = "[package]\nname = \"simple\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\
                    build = \"build.rs\"\n";
    repository.write("Cargo.toml", manifest);
    repository.write("src/lib.rs", "");
    repository.write("build.rs", build_script(&sandbox, "git-build.rs"));
    write_settings(&sandbox, "simple", &server);
    programs::write(&sandbox, "simple");
    let revision = git_keys::repository(&sandbox, "simple").git(&["rev-parse", "HEAD"]);
    git_keys::arm(&sandbox, "simple");
    let source = format!("https://example.org/simple#{revision}");
    git::project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    std::fs::rename(sandbox.path("module"), sandbox.path("project")).unwrap();
    programs::write(&sandbox, "project");
    for arguments in [
        &["inspect", "."][..],
        &["why", "simple", "."],
        &["hash", "."],
        &["vendor", "--to", "generated/vendor", "."],
        &["vendor", "--tar", "--to", "generated/vendor.tar", "."],
        &["nix-snippet", "--write", "generated/overlay.nix", "."],
        &["check", "generated/overlay.nix"],
        &["check", "--fix", "generated/overlay.nix"],
    ] {
        run(&sandbox, "project", arguments);
        let _ = std::fs::remove_dir_all(sandbox.path("cache/git"));
    }
}

#[test]
fn python_cargo_and_rustup_wake_each_canary_of_a_project() {
    let sandbox = Sandbox::with_cargo_config("");
    prepare(&sandbox);
    let (registry, server) = (Registry::new(&[alpha(&sandbox)]), server(&sandbox));
    sandbox.write("cargo-home/config.toml", registry.cargo_config());
    write_code(&sandbox, "project", &[alpha(&sandbox)]);
    for Code { path, control } in PYTHON {
        assert_sings(&sandbox, "project", &name_of(path), control);
    }
    for canary in ["build.rs", "crate-build.rs", "macro"] {
        let command = "rm -rf target; cargo build";
        assert_sings(&sandbox, "project/src/rust", canary, command);
    }
    if !has_rustup(&sandbox) {
        return;
    }
    write_settings(&sandbox, "project", &server);
    let command = "unset RUSTUP_TOOLCHAIN; cargo build";
    assert_sings(&sandbox, "project", "toolchain", command);
}

/// Whether `cargo` is rustup's, which obeys toolchain files.
fn has_rustup(sandbox: &Sandbox) -> bool {
    let mut cargo = sandbox.command("cargo");
    let output = cargo.arg("+nonexistent").arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stderr).contains("toolchain")
}
