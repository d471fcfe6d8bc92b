//! Our own flake, evaluated by real Nix with a stand-in for nixpkgs.

use std::fs;
use std::path::Path;

use crate::support::{Sandbox, has_nix, nix};
use crate::wheels::succeeded;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The files of the flake that evaluating it reads, beside a nixpkgs.
fn flake() -> Sandbox {
    let sandbox = Sandbox::new();
    let copy = |path: &str| {
        let bytes = fs::read(Path::new(ROOT).join(path)).unwrap();
        sandbox.write(&format!("flake/{path}"), bytes);
    };
    let nix_files = ["package.nix", "shell.nix", "example.nix"];
    for file in [
        "flake.nix",
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "src/main.rs",
    ] {
        copy(file);
    }
    for file in nix_files {
        copy(&format!("packaging/nix/{file}"));
    }
    for folder in [
        "data",
        "docs",
        "packaging/wheel",
        "testdata/projects/src-rust",
        "target",
    ] {
        sandbox.write(&format!("flake/{folder}/file"), "");
    }
    let nixpkgs = fs::read(Path::new(ROOT).join("tests/nix/nixpkgs-flake.nix")).unwrap();
    sandbox.write("nixpkgs/flake.nix", nixpkgs);
    sandbox
}

/// What `nix` with the stand-in prints.
fn run(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut command = nix(sandbox, "nix");
    let nixpkgs = format!("path:{}", sandbox.path("nixpkgs").display());
    command
        .current_dir(sandbox.path("flake"))
        .args(["--extra-experimental-features", "flakes"])
        .args(arguments)
        .args([
            "--no-write-lock-file",
            "--override-input",
            "nixpkgs",
            &nixpkgs,
        ]);
    succeeded(&mut command)
}

#[test]
fn the_flake_is_what_nix_takes_for_one() {
    if !has_nix() {
        return;
    }
    let sandbox = flake();
    let here = format!("path:{}", sandbox.path("flake").display());
    run(&sandbox, &["flake", "check", "--no-build", &here]);
    let shown = run(&sandbox, &["flake", "show", "--json", &here]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    for output in ["packages", "apps", "devShells", "checks"] {
        let systems: Vec<_> = shown[output].as_object().unwrap().keys().collect();
        assert_eq!(
            systems,
            [
                "aarch64-darwin",
                "aarch64-linux",
                "x86_64-darwin",
                "x86_64-linux"
            ],
            "{output}"
        );
    }
    let get = |attribute: &str| {
        let json = run(
            &sandbox,
            &["eval", "--json", &format!("{here}#{attribute}")],
        );
        serde_json::from_str::<serde_json::Value>(&json).unwrap()
    };
    let package = "packages.x86_64-linux.default";
    assert_eq!(
        get(&format!("{package}.version")),
        env!("CARGO_PKG_VERSION")
    );
    let source = get(&format!("{package}.src"));
    let source = Path::new(source.as_str().unwrap());
    for (path, is_there) in [
        ("Cargo.lock", true),
        ("src/main.rs", true),
        ("packaging/wheel", true),
        ("target", false),
        ("flake.nix", false),
    ] {
        assert_eq!(source.join(path).exists(), is_there, "{path}");
    }
    let program = get("apps.x86_64-linux.default.program");
    assert!(
        program.as_str().unwrap().ends_with("/bin/cargo-pyhack"),
        "{program}"
    );
}

#[test]
fn its_files_are_laid_out_by_nixfmt() {
    for file in [
        "flake.nix",
        "packaging/nix/package.nix",
        "packaging/nix/shell.nix",
        "packaging/nix/example.nix",
    ] {
        let text = fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
        assert_eq!(nixfmt_rs::format(&text).unwrap(), text, "{file}");
    }
}
