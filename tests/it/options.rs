//! What decides: flags, a package's entry, the configuration, defaults.

use std::fs;

use crate::support::{Crate, Sandbox, python_project};

const PROJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects");
const DEFAULT_PLATFORMS: &str = "aarch64-darwin,aarch64-linux,x86_64-linux";

/// A working folder with a configuration.
fn configured(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let text = format!("[project]\nname = \"app\"\n\n[tool.cargo-pyhack]\n{text}\n");
    sandbox.write("pyproject.toml", text);
    sandbox
}

/// The overlay that `nix-snippet` prints for an sdist like that project.
fn snippet(sandbox: &Sandbox, project: &str, flags: &[&str]) -> String {
    let project = format!("{PROJECTS}/{project}");
    let arguments = ["nix-snippet", "--offline", "--source", "registry", &project];
    sandbox.run(&[&arguments, flags].concat()).ok()
}

#[test]
fn the_default_platforms_go_before_configured_ones() {
    let sandbox = configured("platforms = [\"x86_64-linux\"]");
    let plain = snippet(&Sandbox::new(), "markers", &[]);
    assert_ne!(snippet(&sandbox, "markers", &[]), plain);
    for platforms in [DEFAULT_PLATFORMS, ""] {
        let flags = ["--platforms", platforms];
        assert_eq!(snippet(&sandbox, "markers", &flags), plain);
    }
}

#[test]
fn the_default_platforms_go_before_configured_ones_in_a_lock() {
    let sandbox = configured("platforms = [\"x86_64-linux\"]");
    sandbox.write(
        "uv.lock",
        "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"app\"\nversion = \"1\"\nsource = { virtual = \".\" }\n",
    );
    let platforms = |flags: &[&str]| {
        let arguments = ["lock", "--dry-run", "--format", "json", "uv.lock"];
        let json = sandbox.run(&[&arguments, flags].concat()).ok();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let platforms = report["platforms"].as_array().unwrap().iter();
        platforms
            .map(|name| name.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(platforms(&[]), "x86_64-linux");
    assert_eq!(
        platforms(&["--platforms", DEFAULT_PLATFORMS]),
        DEFAULT_PLATFORMS
    );
}

#[test]
fn switches_of_the_configuration_are_undone() {
    let sandbox = configured("no-ifd = true\ncomments = false");
    let plain = snippet(&Sandbox::new(), "src-rust", &[]);
    let configured = snippet(&sandbox, "src-rust", &[]);
    assert!(
        !configured.contains('#') && plain.contains('#'),
        "{configured}"
    );
    assert!(
        configured.contains(".lock") && !plain.contains(".lock"),
        "{configured}"
    );
    assert_eq!(
        snippet(&sandbox, "src-rust", &["--ifd", "--comments"]),
        plain
    );
}

#[test]
fn additions_of_the_configuration_are_undone() {
    let sandbox =
        configured("toolchain = \"pkgs.rust\"\nbuild-inputs = [\"zlib\"]\nenv = { A = \"1\" }");
    let plain = snippet(&Sandbox::new(), "src-rust", &[]);
    let configured = snippet(
        &sandbox,
        "src-rust",
        &["--build-inputs", "xz", "--env", "B=2"],
    );
    for text in [
        "pkgs.rust",
        "pkgs.zlib",
        "pkgs.xz",
        "A = \"1\";",
        "B = \"2\";",
    ] {
        assert!(configured.contains(text), "{configured}");
    }
    let flags = ["--toolchain", "", "--build-inputs", "", "--env", ""];
    assert_eq!(snippet(&sandbox, "src-rust", &flags), plain);
}

#[test]
fn a_key_by_both_of_its_names_is_an_error() {
    let sandbox = configured("lock = \"uv.lock\"\nuv-lock = \"uv.lock\"");
    insta::assert_snapshot!(sandbox.run(&["check"]).failure(), @"
    exit code 3
    error: `pyproject.toml`, line 5: `lock` and `uv-lock` are the same key
      --> pyproject.toml:5
      help: keep `uv-lock` and delete `lock`
      code: pyhack::config::invalid
    ");
}

#[test]
fn a_subdirectory_without_a_source_for_it_is_wrong_usage() {
    let sandbox = configured("source = \"local\"");
    let project = format!("{PROJECTS}/src-rust");
    let run = sandbox.run(&["nix-snippet", "--subdirectory", "a", &project]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let error = "error: `a`: a subdirectory requires a source of `git` or `url`\n";
    assert!(run.stderr.starts_with(error), "{}", run.stderr);
}

#[test]
fn a_configured_prebuilt_package_is_typed_with_what_is_said_of_it() {
    let text = "strict = true\nprebuilt = [{ name = \"torch\", drop = [\"numpy\"] }]";
    let sandbox = configured(text);
    sandbox.write(
        "uv.lock",
        "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"torch\"\nversion = \"2.0\"\n\
         source = { registry = \"https://example.org/simple\" }\n",
    );
    let print = |flags: &[&str]| {
        let arguments = ["nix-snippet", "--prebuilt", "torch", "uv.lock"];
        sandbox.run(&[&arguments, flags].concat()).ok()
    };
    let typed = print(&[]);
    assert!(
        typed.contains("numpy") && typed.contains("throw"),
        "{typed}"
    );
    let undone = print(&["--no-strict"]);
    assert!(
        undone.contains("numpy") && !undone.contains("throw"),
        "{undone}"
    );
}

/// Marks have the former names of keys, whatever the configuration calls them.
#[test]
fn marks_keep_the_former_names_of_keys() {
    let sandbox = configured(
        "overlay = \"overlay.nix\"\npackages.module = \"project\"\ncargo-lock = \"other.lock\"",
    );
    sandbox.project("project", &python_project(&[] as &[Crate]));
    fs::copy(
        sandbox.path("project/src/rust/Cargo.lock"),
        sandbox.path("other.lock"),
    )
    .unwrap();
    sandbox.run(&["check", "--fix"]).ok();
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let mark = "# pyhack: from {\"path\":\"project\",\"lock-file\":\"other.lock\"}\n";
    assert!(text.contains(mark), "{text}");
    let configuration = fs::read_to_string(sandbox.path("pyproject.toml")).unwrap();
    sandbox.write(
        "pyproject.toml",
        configuration.replace("cargo-lock", "lock-file"),
    );
    assert_eq!(sandbox.run(&["check"]).code, 0);
}
