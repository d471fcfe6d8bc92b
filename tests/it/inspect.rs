//! `inspect`: what is printed, for folders and archives.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::support::{Crate, Sandbox, python_project};

const PROJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects");

fn tar_gz(sandbox: &Sandbox, folder: &str, archive: &str) {
    let status = Command::new("tar")
        .args(["czf", archive, folder])
        .current_dir(sandbox.path(""))
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_project_is_told_to_people() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["inspect", &format!("{PROJECTS}/src-rust")]);
    insta::assert_snapshot!(run.ok(), @"
    fast-pack 0.1.0
      backend         maturin
      Python root     .
      manifest        src/rust/Cargo.toml  tool.maturin.manifest-path
      module crate    fastpack 0.1.0, as fastpack._native
      Cargo root      src/rust
      Cargo.lock      src/rust/Cargo.lock, format 4, 32 crates: 31 from crates.io, 1 local
      Python          3.15
      build system    maturin
      libraries       pkgs.openssl  openssl-sys 0.9.118: links the system's OpenSSL
    ");
}

#[expect(clippy::too_many_lines, reason = "it is one snapshot")]
#[test]
fn json_has_the_documented_keys() {
    let sandbox = Sandbox::new();
    let json = sandbox
        .run(&["--format", "json", &format!("{PROJECTS}/src-rust")])
        .ok();
    insta::assert_snapshot!(json, @r#"
    {
      "format_version": 1,
      "package": {
        "name": "fast-pack",
        "version": "0.1.0"
      },
      "build_backend": "maturin",
      "source_root": ".",
      "needs_source": false,
      "python_root": ".",
      "cargo_root": "src/rust",
      "manifest_path": "src/rust/Cargo.toml",
      "manifest_rule": "tool.maturin.manifest-path",
      "lock_file": "src/rust/Cargo.lock",
      "lock_format": 4,
      "lock_state": {
        "fits": "fits",
        "broken": [],
        "lacking": [],
        "unneeded": [],
        "outdated": []
      },
      "module": {
        "crate": "fastpack",
        "version": "0.1.0",
        "name": "fastpack._native",
        "is_program": false,
        "manifest_path": "src/rust/Cargo.toml",
        "cargo_root": "src/rust",
        "rule": "tool.maturin.manifest-path",
        "guess": null,
        "features": [],
        "no_default_features": false,
        "all_features": false,
        "profile": null,
        "locked": false
      },
      "modules": [
        {
          "crate": "fastpack",
          "version": "0.1.0",
          "name": "fastpack._native",
          "is_program": false,
          "manifest_path": "src/rust/Cargo.toml",
          "cargo_root": "src/rust",
          "rule": "tool.maturin.manifest-path",
          "guess": null,
          "features": [],
          "no_default_features": false,
          "all_features": false,
          "profile": null,
          "locked": false
        }
      ],
      "crates": {
        "total": 32,
        "crates_io": 31,
        "other_registries": 0,
        "git": 0,
        "local": 1
      },
      "python": "3.15",
      "platforms": [
        "aarch64-darwin",
        "aarch64-linux",
        "x86_64-linux"
      ],
      "build_system": {
        "maturin": []
      },
      "build_system_platforms": {},
      "native": {
        "resolved_by": "lock",
        "build_inputs": [
          {
            "attr": "openssl",
            "crate": "openssl-sys",
            "version": "0.9.118",
            "reason": "links the system's OpenSSL",
            "evidence": {
              "table": "openssl-sys 0.9.118 build/find_normal.rs"
            },
            "platforms": [
              "aarch64-darwin",
              "aarch64-linux",
              "x86_64-linux"
            ]
          }
        ],
        "native_build_inputs": [],
        "env": {},
        "env_reasons": [],
        "downloads": []
      },
      "extension_inputs": [],
      "git_dependencies": [],
      "warnings": [
        {
          "level": "note",
          "code": "pyhack::warning::approximate",
          "message": "the native dependencies may include more than is built: crate `autocfg 1.5.1` isn't cached, and `--offline` was specified",
          "help": "check each with `cargo pyhack why NAME`; the result is exact once cargo can resolve the crates"
        }
      ]
    }
    "#);
}

#[test]
fn without_a_command_it_is_inspect() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    let explicit = sandbox.run(&["inspect", "project"]).ok();
    assert_eq!(sandbox.run(&["project"]).ok(), explicit);
    assert_eq!(sandbox.run(&["pyhack", "project"]).ok(), explicit);
    let mut here = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    let output = here.current_dir(sandbox.path("project")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), explicit);
}

#[test]
fn cargo_finds_its_subcommand() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    let folder = Path::new(env!("CARGO_BIN_EXE_cargo-pyhack"))
        .parent()
        .unwrap();
    let old = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&old));
    let mut cargo = sandbox.command(env!("CARGO"));
    cargo
        .args(["pyhack", "inspect", "project"])
        .env("PATH", std::env::join_paths(path).unwrap());
    let output = cargo.output().unwrap();
    let expected = sandbox.run(&["inspect", "project"]).ok();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn an_sdist_says_the_same_as_its_folder() {
    let sandbox = Sandbox::new();
    let crates = [Crate::new("openssl-sys", "0.9.1")];
    let mut files = python_project(&crates);
    let pkg_info = "Metadata-Version: 2.4\nName: Module\nVersion: 7.0\n";
    files.push(("PKG-INFO".to_owned(), pkg_info.to_owned()));
    sandbox.project("module-7.0", &files);
    tar_gz(&sandbox, "module-7.0", "module-7.0.tar.gz");
    let zip = sandbox.path("module-7.0.zip");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(zip).unwrap());
    for (path, text) in &files {
        let options = zip::write::SimpleFileOptions::default();
        writer
            .start_file(format!("module-7.0/{path}"), options)
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    let before: Vec<_> = names(&sandbox);
    let folder = sandbox
        .run(&["inspect", "--format", "json", "module-7.0"])
        .ok();
    assert!(folder.contains("\"version\": \"7.0\"") && folder.contains("\"openssl\""));
    for archive in ["module-7.0.tar.gz", "module-7.0.zip"] {
        assert_eq!(
            sandbox.run(&["inspect", "--format", "json", archive]).ok(),
            folder
        );
    }
    assert_eq!(names(&sandbox), before, "an archive was unpacked");
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    crate::support::tree(&sandbox.path(""))
        .into_keys()
        // The time of the last look at the cache's size, and what cargo said.
        .filter(|path| path != "cache/pruned" && !path.starts_with("cache/accepted"))
        .collect()
}

#[test]
fn no_rust_is_an_answer() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pure/pyproject.toml",
        "[project]\nname = \"pure\"\nversion = \"1\"\n",
    );
    let run = sandbox.run(&["inspect", "pure"]);
    insta::assert_snapshot!(run.stderr, @"note: no Rust extension found: an override only adds the build system");
    insta::assert_snapshot!(run.ok(), @"
        pure 1
          backend         setuptools.build_meta:__legacy__
          Python root     .
          Python          3.15
          build system    setuptools, wheel
        ");
}

#[test]
fn a_missing_lock_is_a_warning() {
    let sandbox = Sandbox::new();
    let mut files = python_project(&[]);
    files.retain(|(path, _)| !path.ends_with("Cargo.lock"));
    sandbox.project("project", &files);
    let run = sandbox.run(&["inspect", "project", "-v"]);
    insta::assert_snapshot!(run.stderr, @"
        warning: no `Cargo.lock` found in `src/rust`
          help: generate one: pass `--generate-lock --write FILE` to `cargo pyhack nix-snippet` or `lock`; it is saved next to FILE, and other commands use it with `--lock-file`
          code: pyhack::warning::no_lock
        ");
    assert!(run.ok().contains("Cargo.lock      none"));
    assert_eq!(sandbox.run(&["inspect", "project", "-q"]).stderr, "");
}

#[test]
fn a_build_system_that_no_package_set_brings_is_a_warning() {
    let sandbox = Sandbox::new();
    let mut files = python_project(&[]);
    files[0].1 = files[0]
        .1
        .replace("\"maturin>=1.9,<2\"", "\"maturin\", \"Setuptools.Gettext\"");
    sandbox.project("project", &files);
    let run = sandbox.run(&["nix-snippet", "--source", "registry", "project"]);
    insta::assert_snapshot!(run.stderr, @"
    warning: the build system `setuptools-gettext` is not in pyproject-build-systems
      help: add it to the `uv.lock` of the package set, for example with `uv add --dev NAME`: the override doesn't evaluate without it
    ");
    assert!(run.ok().contains("setuptools-gettext = [ ];"));
}

#[test]
fn git_crates_are_listed() {
    let sandbox = Sandbox::new();
    let mut files = python_project(&[Crate::new("alpha", "1.0.0")]);
    let lock = files
        .iter_mut()
        .find(|(path, _)| path.ends_with("Cargo.lock"))
        .unwrap();
    let git = "git+https://example.org/alpha?branch=main#0123456789012345678901234567890123456789";
    lock.1 = lock.1.replace(crate::support::CRATES_IO, git);
    sandbox.project("project", &files);
    let json = sandbox
        .run(&["inspect", "project", "--format", "json"])
        .ok();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!([{
        "crate": "alpha",
        "version": "1.0.0",
        "url": "https://example.org/alpha",
        "revision": "0123456789012345678901234567890123456789",
    }]);
    assert_eq!(value["git_dependencies"], expected);
}

#[test]
fn a_stranger_s_text_cannot_steer_the_terminal() {
    let sandbox = Sandbox::new();
    let text = "[project]\nname = \"a\\u001b[2J\"\nversion = \"\\u001b]0;x\\u0007\"\n";
    sandbox.write("evil/pyproject.toml", text);
    let run = sandbox.run(&["inspect", "evil", "--color", "always"]);
    assert!(run.stdout.contains("a\\u{1b}[2j") && run.stderr.contains("a\\u{1b}[2j"));
    assert!(!run.stdout.contains("\u{1b}[2j") && !run.stdout.contains('\u{7}'));
}

#[test]
fn colours_are_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    assert!(!sandbox.run(&["project"]).ok().contains('\u{1b}'));
    assert!(
        sandbox
            .run(&["project", "--color", "always"])
            .ok()
            .contains('\u{1b}')
    );
}
