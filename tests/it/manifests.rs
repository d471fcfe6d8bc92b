//! What cargo refuses in a manifest is an error, and nothing else is: generated
//! manifests, compared with the real cargo.

use std::process::Command;

use crate::support::Sandbox;

const PACKAGE: &str = "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"module\"\nversion = \"0.1.0\"\n";
const PYPROJECT: &str = "[project]\nname = \"module\"\nversion = \"0.1.0\"\n[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n";

/// Manifests by what is special about them; some are fine.
fn manifests() -> Vec<String> {
    let mut found = Vec::new();
    for (from, to) in [
        ("2021", "2022"),
        ("2021", "2018"),
        ("2021", "future"),
        ("edition", "cargo-features = [\"edition2021\"]\nedition"),
        ("[package]", "cargo-features = [\"edition2021\"]\n[package]"),
        (
            "[package]",
            "cargo-features = [\"profile-rustflags\"]\n[package]",
        ),
        ("[package]", "cargo-features = [\"nope\"]\n[package]"),
        ("name = \"module\"", "name = \"mod ule\""),
        ("name = \"module\"", "name = \"\""),
        ("version = \"0.1.0\"", "version = \"0.1\""),
        ("[package]", "[project]"),
    ] {
        found.push(PACKAGE.replacen(from, to, 1));
    }
    for more in [
        "",
        "rust-version = \"abc\"",
        "rust-version = \"1.50\"",
        "links = \"z\"",
        "build = \"gone.rs\"",
        "readme = \"GONE.md\"",
        "default-run = \"x\"",
        "resolver = \"9\"",
        "publish = \"maybe\"",
        "autobins = false",
        "[lib]\nname = \"a-b\"",
        "[lib]\ncrate-type = [\"cdylib\", \"proc-macro\"]",
        "[lib]\ncrate-type = [\"cdylib\"]",
        "[lib]\npath = \"src/lib.rs\"",
        "[[bin]]\nname = \"gone\"",
        "[[bin]]\nname = \"x\"\npath = \"src/lib.rs\"",
        "[[bin]]\nname = \"x\"\npath = \"src/a.rs\"\n[[bin]]\nname = \"x\"\npath = \"src/b.rs\"",
        "[[bench]]\nname = \"gone\"",
        "[[test]]\nname = \"gone\"",
        "[features]\nx = []\ny = [\"x\"]",
        "[features]\nx = [\"y\"]",
        "[features]\nx = [\"dep:y\"]",
        "[features]\nx = [\"y/z\"]",
        "[profile.release]\npanic = \"foo\"",
        "[profile.release]\nopt-level = \"foo\"",
        "[profile.release]\nlto = true",
        "[lints.rust]\nunsafe_code = \"nope\"",
        "[lints.rust]\nunsafe_code = \"deny\"",
        "[lints]\nworkspace = true",
        "[workspace]\nresolver = \"9\"",
        "[workspace]\ndefault-members = [\"gone\"]",
        "[workspace.package]\nversion = \"1.0.0\"",
        "[target.\"cfg(foo(\".dependencies]",
        "[target.\"cfg(unix)\".dependencies]",
        "[patch.crates-io]",
        "[unknown]\nx = 1",
    ] {
        found.push(format!("{PACKAGE}{more}\n"));
    }
    for dependency in [
        "\"1.x.y\"",
        "\"not a version\"",
        "{}",
        "{ workspace = true }",
        "{ version = \"1\", artifact = \"bin\" }",
        "{ git = \"not a url\" }",
        "{ git = \"https://example.org/b\", path = \"x\" }",
        "{ git = \"https://example.org/b\", branch = \"x\", tag = \"y\" }",
    ] {
        found.push(format!("{PACKAGE}[dependencies]\nb = {dependency}\n"));
    }
    found.push(format!(
        "{PACKAGE}[dev-dependencies]\nb = {{ version = \"1\", optional = true }}\n"
    ));
    found
}

#[test]
fn what_cargo_refuses_is_an_error() {
    let sandbox = Sandbox::new();
    let (mut refused, mut taken) = (0, 0);
    for manifest in manifests() {
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("Cargo.lock", LOCK),
            ("pyproject.toml", PYPROJECT),
            ("src/lib.rs", ""),
        ];
        for (path, text) in files {
            sandbox.write(&format!("project/{path}"), text);
        }
        let cargo = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--no-deps",
                "--offline",
                "--format-version",
                "1",
            ])
            .current_dir(sandbox.path("project"))
            .output()
            .unwrap();
        let run = sandbox.run(&["inspect", "project"]);
        let said = format!("{}{}", run.stdout, run.stderr);
        let is_told = run.code == 3 || said.contains("cargo can't read the manifests");
        assert_eq!(is_told, !cargo.status.success(), "{manifest}\n{said}");
        let hash = sandbox.run(&["nix-snippet", "--as", "stanza", "project"]);
        if cargo.status.success() {
            taken += 1;
        } else {
            refused += 1;
            assert_eq!(hash.code, 3, "{manifest}\n{}", hash.stderr);
        }
    }
    assert!(
        refused > 25 && taken > 12,
        "{refused} refused, {taken} taken"
    );
}

/// Cargo takes its time to start, and `check` asks about the same manifests in
/// each commit.
#[cfg(unix)]
#[test]
fn what_cargo_took_is_not_asked_again() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = Sandbox::new();
    let (log, cargo) = (sandbox.path("log"), env!("CARGO"));
    let text = format!(
        "#!/bin/sh\necho \"$*\" >> '{}'\nexec '{cargo}' \"$@\"\n",
        log.display()
    );
    let program = sandbox.write("bin/cargo", text);
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    sandbox.write("project/Cargo.lock", LOCK);
    sandbox.write("project/pyproject.toml", PYPROJECT);
    sandbox.write("project/src/lib.rs", "");
    let program = program.to_str().unwrap();
    let asked = |manifest: &str| {
        sandbox.write("project/Cargo.toml", manifest);
        let _ = std::fs::remove_file(&log);
        for _ in 0..2 {
            sandbox.run_with(&[("CARGO", program)], &["inspect", "project"]);
        }
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        log.matches("metadata --no-deps").count()
    };
    assert_eq!(asked(PACKAGE), 1);
    assert_eq!(asked(PACKAGE), 0);
    // Another cargo may take it.
    let refused = PACKAGE.replace("2021", "2999");
    assert_eq!(asked(&refused), 2);
    assert_eq!(asked(&refused), 2);
}

#[test]
fn a_crate_without_targets_is_refused_by_every_command() {
    let sandbox = Sandbox::new();
    for (path, text) in [
        ("Cargo.toml", PACKAGE),
        ("Cargo.lock", LOCK),
        ("pyproject.toml", PYPROJECT),
        ("module/lib.rs", ""),
    ] {
        sandbox.write(&format!("project/{path}"), text);
    }
    for command in ["nix-snippet", "hash", "vendor"] {
        let failure = sandbox.run(&[command, "project"]).failure();
        assert!(failure.starts_with("exit code 3\n"), "{failure}");
        assert!(
            failure.contains("no targets specified in the manifest"),
            "{failure}"
        );
        assert!(
            failure.contains("code: pyhack::project::broken"),
            "{failure}"
        );
    }
}

#[test]
fn features_of_a_nightly_cargo_are_taken_with_bootstrap() {
    let sandbox = Sandbox::new();
    let manifest = format!("cargo-features = [\"profile-rustflags\"]\n{PACKAGE}");
    for (path, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("Cargo.lock", LOCK),
        ("pyproject.toml", PYPROJECT),
        ("src/lib.rs", ""),
    ] {
        sandbox.write(&format!("project/{path}"), text);
    }
    let failure = sandbox
        .run(&["nix-snippet", "--as", "stanza", "project"])
        .failure();
    assert!(
        failure.contains("requires a nightly version of Cargo"),
        "{failure}"
    );
    assert!(failure.contains("env.RUSTC_BOOTSTRAP"), "{failure}");
    let arguments = [
        "nix-snippet",
        "--as",
        "stanza",
        "--env",
        "RUSTC_BOOTSTRAP=1",
        "project",
    ];
    sandbox.run(&arguments).ok();
}

/// Archives of a repository, unlike its checkouts, never have submodules.
#[test]
fn what_an_archive_lacks_of_a_submodule_is_told() {
    let sandbox = Sandbox::new();
    let modules =
        "[submodule \"inner\"]\n\tpath = vendored/inner\n\turl = https://example.org/inner\n";
    let dependency = format!("{PACKAGE}[dependencies]\ninner = {{ path = \"vendored/inner\" }}\n");
    let named =
        format!("{PYPROJECT}[tool.maturin]\nmanifest-path = \"vendored/inner/Cargo.toml\"\n");
    for (name, manifest, pyproject, by) in [
        ("a", dependency.as_str(), PYPROJECT, "Cargo.toml"),
        ("b", PACKAGE, named.as_str(), "pyproject.toml"),
    ] {
        for (path, text) in [
            ("Cargo.toml", manifest),
            ("Cargo.lock", LOCK),
            ("pyproject.toml", pyproject),
            (".gitmodules", modules),
            ("src/lib.rs", ""),
        ] {
            sandbox.write(&format!("{name}/module-0.1.0/{path}"), text);
        }
        let mut tar = Command::new("tar");
        tar.args(["-czf"])
            .arg(sandbox.path(&format!("{name}.tar.gz")));
        tar.arg("-C").arg(sandbox.path(name)).arg("module-0.1.0");
        assert!(tar.status().unwrap().success());
        let run = sandbox
            .run(&["nix-snippet", &format!("{name}.tar.gz")])
            .failure();
        assert!(run.starts_with("exit code 3\n"), "{run}");
        assert!(run.contains("pyhack::project::broken"), "{run}");
        assert!(run.contains("use the repository as a git source"), "{run}");
        let told = "is in the git submodule `vendored/inner`, which the archive doesn't have";
        assert!(run.contains(told) && run.contains(by), "{run}");
    }
}

/// Without the workspace there is no lock either, and cargo can't generate one.
#[test]
fn a_workspace_that_is_gone_is_told_rather_than_its_lock() {
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"module\"\nversion.workspace = true\nedition = \"2021\"\n";
    sandbox.write("project/Cargo.toml", manifest);
    sandbox.write("project/pyproject.toml", PYPROJECT);
    sandbox.write("project/src/lib.rs", "");
    for command in ["nix-snippet", "hash", "vendor"] {
        let run = sandbox.run(&[command, "project"]).failure();
        assert!(run.contains("pyhack::project::broken"), "{command}: {run}");
        assert!(run.contains("the workspace"), "{command}: {run}");
    }
}
