//! The file that `cargo package` makes, and what names the release's files.

use std::fs;
use std::path::Path;

use crate::support::Sandbox;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn manifest() -> toml::Table {
    read("Cargo.toml").parse().unwrap()
}

#[test]
fn the_crate_is_small_and_has_what_the_wheel_is_built_from() {
    let target = tempfile::tempdir().unwrap();
    let mut cargo = Sandbox::new().command(env!("CARGO"));
    let output = cargo
        .current_dir(ROOT)
        .args([
            "package",
            "--no-verify",
            "--allow-dirty",
            "--offline",
            "--quiet",
        ])
        .env("CARGO_TARGET_DIR", target.path())
        .env_remove("CARGO_HOME")
        .env("HOME", std::env::var_os("HOME").unwrap_or_default())
        .envs(std::env::var_os("CARGO_HOME").map(|home| ("CARGO_HOME", home)))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let name = format!("cargo-pyhack-{}", env!("CARGO_PKG_VERSION"));
    let file = target.path().join(format!("package/{name}.crate"));
    let bytes = fs::read(file).unwrap();
    assert!(bytes.len() < 1024 * 1024, "{} bytes", bytes.len());
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let paths: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().into_owned())
        .collect();
    let has = |path: &str| {
        paths
            .iter()
            .any(|found| found.starts_with(Path::new(&name).join(path)))
    };
    for path in [
        "src/main.rs",
        "data",
        "Cargo.lock",
        "pyproject.toml",
        "packaging/wheel/data/share/man",
        "LICENSE-MIT",
    ] {
        assert!(has(path), "{path}");
    }
    for path in [
        "tests",
        "testdata",
        "benches",
        ".ci",
        ".github",
        "flake.nix",
        "docs/recording.svg",
    ] {
        assert!(!has(path), "{path}");
    }
}

#[test]
fn binstall_looks_for_the_archives_that_a_release_has() {
    let manifest = manifest();
    let binstall = manifest["package"]["metadata"]["binstall"]
        .as_table()
        .unwrap();
    let workflow = read(".github/workflows/release.yml");
    let archive = "cargo-pyhack-{ target }";
    assert!(
        binstall["pkg-url"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/v{{ version }}/{archive}.tar.gz"))
    );
    assert_eq!(
        binstall["bin-dir"].as_str().unwrap(),
        format!("{archive}/{{ bin }}{{ binary-ext }}")
    );
    assert!(
        workflow.contains("name=cargo-pyhack-$TARGET\n"),
        "the folder in the archive"
    );
    assert!(
        workflow.contains("\"dist/$name.tar.gz\" \"$name\""),
        "the archive"
    );
}

#[test]
fn one_file_names_the_repository() {
    let address = "example.org/cargo-pyhack";
    assert!(read("Cargo.toml").contains(address));
    for path in [
        "README.md",
        "pyproject.toml",
        "flake.nix",
        "action.yml",
        "docs/ci.md",
        "docs/commands.md",
        "docs/getting-started.md",
        "docs/scale.md",
        "docs/stability.md",
    ] {
        assert!(!read(path).contains("example.org"), "{path}");
    }
}

#[test]
fn the_hooks_install_this_version() {
    let hooks: toml::Table = read("packaging/pre-commit/pyproject.toml").parse().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(hooks["project"]["version"].as_str(), Some(version));
    let wanted = format!("cargo-pyhack=={version}");
    assert_eq!(hooks["project"]["dependencies"][0].as_str(), Some(&*wanted));
    let action = read("action.yml");
    assert!(
        action.contains(&format!("default: \"{version}\"")),
        "action.yml"
    );
}
