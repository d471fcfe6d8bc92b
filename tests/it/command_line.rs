//! The command line: folders, colours, toolchains, exit codes.

use insta::assert_snapshot;

use crate::locks::fixtures::alpha;
use crate::support::{Registry, Sandbox, has_setpriv, python_project};

fn project() -> (Sandbox, Registry) {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox.write("project/.git/HEAD", "ref: refs/heads/main\n");
    (sandbox, registry)
}

#[test]
fn mistyped_commands_are_wrong_usage() {
    let sandbox = Sandbox::new();
    let run = |arguments: &[&str]| {
        let failure = sandbox.run(arguments).failure();
        failure.replace("\n\n", "\n")
    };
    assert_snapshot!(run(&["nix-snipet"]), @r"
exit code 2
error: unrecognized subcommand 'nix-snipet'
  tip: a similar subcommand exists: 'nix-snippet'
For more information, try '--help'.
");
    assert_snapshot!(run(&["frobnicate"]), @r"
exit code 2
error: unrecognized subcommand 'frobnicate'
  tip: `frobnicate` is not a file or folder either; available commands: inspect, vendor, hash, nix-snippet, why, check, lock, init, cache, completions
For more information, try '--help'.
");
    assert_snapshot!(run(&["why", "a-1.0.tar.gz"]), @r"
exit code 2
error: `a-1.0.tar.gz` is a path: pass a crate or library first (`why NAME a-1.0.tar.gz`), or use `--all` (`why --all a-1.0.tar.gz`)
Usage: cargo pyhack [OPTIONS] [PATH] [COMMAND]
For more information, try '--help'.
");
    assert_snapshot!(run(&["-C", "nowhere", "hash"]), @r"
exit code 2
error: failed to change to the folder `nowhere`: No such file or directory (os error 2)
Usage: cargo pyhack [OPTIONS] [PATH] [COMMAND]
For more information, try '--help'.
");
    // What looks like a path is one.
    assert_snapshot!(run(&["nix-snipet.zip"]), @r"
exit code 3
error: `nix-snipet.zip` doesn't exist
  help: pass a project folder, an sdist, or a release as `NAME==VERSION`; `cargo pyhack --help` lists the commands
  code: pyhack::source::not_found
");
}

#[test]
fn the_folder_is_chosen_as_with_cargo() {
    let (sandbox, _registry) = project();
    let hash = sandbox.run(&["hash", "project"]).ok();
    for arguments in [
        &["-C", "project", "hash"][..],
        &["hash", "--directory", "project"],
        &["hash", "--manifest-path", "project/src/rust/Cargo.toml"],
        &["hash", "--manifest-path", "project/pyproject.toml"],
        &[
            "-C",
            "project",
            "hash",
            "--manifest-path",
            "src/rust/Cargo.toml",
        ],
    ] {
        assert_eq!(sandbox.run(arguments).ok(), hash, "{arguments:?}");
    }
    let inspected = sandbox.run(&["inspect", "project"]).ok();
    let by_default = sandbox
        .run(&["--manifest-path", "project/src/rust/Cargo.toml"])
        .ok();
    assert_eq!(by_default, inspected);
    let stanza = sandbox.run(&["nix-snippet", "project"]).ok();
    let by_manifest = [
        "nix-snippet",
        "--manifest-path",
        "project/src/rust/Cargo.toml",
    ];
    assert_eq!(sandbox.run(&by_manifest).ok(), stanza);
    let both = [
        "hash",
        "project",
        "--manifest-path",
        "project/src/rust/Cargo.toml",
    ];
    assert_eq!(sandbox.run(&both).code, 2);
}

#[test]
fn a_manifest_below_the_python_project_stands_for_it() {
    let (sandbox, _registry) = project();
    sandbox.write("project/crates/a/Cargo.toml", "[package]\nname = \"a\"\n");
    let arguments = ["inspect", "--manifest-path", "project/crates/a/Cargo.toml"];
    let text = sandbox.run(&arguments).ok();
    assert!(text.starts_with("module 0.1.0\n"), "{text}");
}

#[test]
fn cargo_s_variable_for_colours_counts() {
    let sandbox = Sandbox::new();
    let colours = |variable: &str, arguments: &[&str]| {
        let arguments = [arguments, &["hash", "nowhere"]].concat();
        let run = sandbox.run_with(&[("CARGO_TERM_COLOR", variable)], &arguments);
        run.stderr.contains("\u{1b}[")
    };
    assert!(colours("always", &[]));
    assert!(!colours("always", &["--color", "never"]));
    assert!(colours("never", &["--color", "always"]));
    assert!(!colours("never", &[]) && !colours("", &[]));
}

#[test]
fn the_tar_has_the_same_bytes_whatever_it_is_called() {
    let (sandbox, _registry) = project();
    for file in ["a.tar", "other.tar", "noending"] {
        sandbox
            .run(&["vendor", "--tar", "--to", file, "project"])
            .ok();
    }
    let bytes = |file: &str| std::fs::read(sandbox.path(file)).unwrap();
    assert_eq!(bytes("a.tar"), bytes("other.tar"));
    assert_eq!(bytes("a.tar"), bytes("noending"));
    let text = String::from_utf8_lossy(&bytes("a.tar")).into_owned();
    assert!(text.starts_with("vendor"));
}

#[test]
fn json_has_the_hash_in_the_form_that_is_asked_for() {
    let (sandbox, _registry) = project();
    let json = ["hash", "--format", "json", "--to", "nix32", "project"];
    let report: serde_json::Value = serde_json::from_str(&sandbox.run(&json).ok()).unwrap();
    let text = sandbox.run(&["hash", "--to", "nix32", "project"]).ok();
    assert_eq!(report["cargo_hash"], text.trim_end());
}

#[test]
fn a_missing_cargo_is_a_fault_of_the_surroundings() {
    let (sandbox, _registry) = project();
    let arguments = ["vendor", "--platform", "x86_64-linux", "project"];
    let run = sandbox.run_with(&[("CARGO", "/nonexistent/cargo")], &arguments);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(
        run.stderr.contains("pyhack::cargo::missing"),
        "{}",
        run.stderr
    );
}

/// rustup sets these variables where `cargo pyhack` is run in a project that
/// pins a toolchain.
#[test]
fn a_pinned_toolchain_does_not_decide_what_cargo_reads() {
    let (sandbox, _registry) = project();
    sandbox.write(
        "project/rust-toolchain.toml",
        "[toolchain]\nchannel = \"1.2.3\"\n",
    );
    let arguments = ["-C", "project", "vendor", "--platform", "x86_64-linux"];
    sandbox.run(&arguments).ok();
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    std::fs::remove_dir_all(sandbox.path("project/vendor")).unwrap();
    let variables = [
        ("RUST_RECURSION_COUNT", "1"),
        ("RUSTUP_TOOLCHAIN", "1.2.3"),
        ("CARGO", "/nonexistent/toolchains/1.2.3/bin/cargo"),
    ];
    sandbox.run_with(&variables, &arguments).ok();
}

#[test]
fn a_folder_that_cannot_be_read_is_left_out() {
    let (sandbox, _registry) = project();
    let secret = sandbox.path("project/data/secret");
    std::fs::create_dir_all(&secret).unwrap();
    let output = std::process::Command::new("chmod")
        .arg("-R")
        .arg("a+rwX")
        .arg(sandbox.path(""))
        .output()
        .unwrap();
    assert!(output.status.success());
    let status = std::process::Command::new("chmod")
        .arg("0")
        .arg(&secret)
        .status();
    assert!(status.unwrap().success());
    // The administrator may read everything.
    let is_root = std::fs::read_dir(&secret).is_ok();
    if is_root && !has_setpriv() {
        return;
    }
    let program = env!("CARGO_BIN_EXE_cargo-pyhack");
    let mut command = if is_root {
        let mut command = sandbox.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
        command
    } else {
        sandbox.command(program)
    };
    let output = command.args(["hash", "-v", "project"]).output().unwrap();
    let run = sandbox.redacted(&output);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_snapshot!(run.stderr, @r"
warning: some files of the project can't be read: permission denied for `data/secret`
  help: if the build needs them, make them readable: `chmod -R u+rX PATH`
  code: pyhack::warning::unreadable
");
}

#[test]
fn why_suggests_a_name() {
    let (sandbox, _registry) = project();
    assert_snapshot!(sandbox.run(&["why", "opnessl", "project"]).ok(), @r"
opnessl is not needed by module: no crate in its `Cargo.lock` is related to it
  did you mean `openssl`?
");
    assert_snapshot!(sandbox.run(&["why", "alhpa", "project"]).ok(), @r"
alhpa is not needed by module: no crate in its `Cargo.lock` is related to it
  did you mean `alpha`?
");
}
