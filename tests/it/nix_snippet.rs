//! `nix-snippet`: text that real Nix reads as it was meant.

use std::io::Write;
use std::process::Stdio;

use cargo_pyhack::testing::Expr;
use cargo_pyhack::testing::print;

use crate::support::{Crate, Sandbox, has_nix, nix, python_project};

const PROJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects");

#[test]
fn the_overlay_is_the_default() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["nix-snippet", "--offline", &format!("{PROJECTS}/src-rust")]);
    insta::assert_snapshot!(run.ok(), @r#"
    final: prev: {
      fast-pack =
        (hacks.importCargoLock {
          prev = prev.fast-pack;
          cargoRoot = "src/rust";
        }).overrideAttrs
          (old: {
            buildInputs = (old.buildInputs or [ ]) ++ [
              pkgs.openssl # openssl > openssl-sys 0.9.118
            ];
          });
    }
    "#);
}

#[test]
fn every_form_parses() {
    let sandbox = Sandbox::new();
    let project = format!("{PROJECTS}/src-rust");
    let form = |form| sandbox.run(&["nix-snippet", "--as", form, &project]).ok();
    let texts = [
        form("overlay"),
        form("file"),
        format!("{{\n{}}}", form("stanza")),
    ];
    for text in &texts {
        assert_eq!(rnix::Root::parse(text).errors(), &[], "{text}");
    }
    if has_nix() {
        for text in &texts {
            // What the surroundings of a stanza bring: nothing else may be
            // unbound.
            let closed = format!("{{ pkgs, hacks, final, prev }}: {text}");
            evaluate(&sandbox, &closed, &["--parse"]);
        }
    }
}

#[test]
fn every_input_at_once() {
    let sandbox = Sandbox::new();
    let crates = [
        "bindgen",
        "cmake",
        "openssl-src",
        "openssl-sys",
        "prost-build",
    ];
    let mut files = python_project(&crates.map(|name| Crate::new(name, "1.0.0")));
    files.push(("CMakeLists.txt".to_owned(), String::new()));
    sandbox.project("project", &files);
    let run = sandbox.run(&["nix-snippet", "project", "--as", "stanza"]);
    insta::assert_snapshot!(run.ok(), @r#"
    module =
      (hacks.importCargoLock {
        prev = prev.module;
        cargoRoot = "src/rust";
      }).overrideAttrs
        (old: {
          nativeBuildInputs = old.nativeBuildInputs ++ [
            pkgs.cmake # cmake 1.0.0
            pkgs.protobuf # prost-build 1.0.0
            pkgs.rustPlatform.bindgenHook # bindgen 1.0.0
          ];
          buildInputs = (old.buildInputs or [ ]) ++ [
            pkgs.openssl # openssl-sys 1.0.0
          ];
          dontUseCmakeConfigure = true;
          env = (old.env or { }) // {
            # openssl-src 1.0.0
            OPENSSL_NO_VENDOR = "1";
          };
        });
    "#);
}

#[test]
fn no_name_or_path_can_inject_nix() {
    let sandbox = Sandbox::new();
    // Lower case and without runs of `-_.`, so that PEP 503 changes nothing.
    let evil = "a\"; x = ${builtins}; ''\\\n\tor";
    let folder = format!("{}/rust", evil.replace('/', "_"));
    let lock = crate::support::lock(&[]);
    let toml = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let pyproject = format!(
        "[project]\nname = {}\nversion = \"1\"\n[tool.maturin]\nmanifest-path = {}\n",
        toml(evil),
        toml(&format!("{folder}/Cargo.toml"))
    );
    sandbox.write("project/pyproject.toml", pyproject);
    let manifest = "[package]\nname = \"module\"\nversion = \"1.0.0\"\n";
    sandbox.write(&format!("project/{folder}/Cargo.toml"), manifest);
    sandbox.write(&format!("project/{folder}/src/lib.rs"), "");
    sandbox.write(&format!("project/{folder}/Cargo.lock"), lock);
    let nix_text = sandbox
        .run(&["nix-snippet", "--source", "registry", "project", "-q"])
        .ok();
    assert_eq!(rnix::Root::parse(&nix_text).errors(), &[], "{nix_text}");
    if has_nix() {
        // A package set whose `importCargoLock` gives its arguments back.
        let expr = format!(
            "let hacks.importCargoLock = a: a // {{ overrideAttrs = _: a; }}; pkgs = {{ }}; name = {name}; \
             in (({nix_text}) {{ }} {{ ${{name}} = \"prev\"; }}).${{name}}",
            name = print(&Expr::string(evil))
        );
        let json = evaluate(&sandbox, &expr, &["--eval", "--strict", "--json"]);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["cargoRoot"], folder);
        assert_eq!(value["prev"], "prev");
    }
}

#[test]
fn what_nix_has_no_escape_for_is_refused() {
    let sandbox = Sandbox::new();
    let mut files = python_project(&[]);
    files[0].1 = files[0].1.replace("\"module\"", "\"mod\\u001b[2Jule\"");
    sandbox.project("project", &files);
    insta::assert_snapshot!(sandbox.run(&["nix-snippet", "project"]).failure(), @r"
    exit code 3
    error: the name of `project` contains a control character: `mod\u{1b}[2jule`
      help: don't build this package unless you trust its source
      code: pyhack::project::control_character
    ");
}

pub fn evaluate(sandbox: &Sandbox, text: &str, arguments: &[&str]) -> String {
    let mut command = nix(sandbox, "nix-instantiate");
    command.args(arguments).arg("-");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn paths_lead_from_the_file_to_the_workspace() {
    let sandbox = Sandbox::new();
    let member = "[package]\nname = \"py\"\nversion = \"1.0.0\"\n";
    let pyproject = "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n\
                     [project]\nname = \"py\"\nversion = \"1\"\n";
    sandbox.write("work/Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    sandbox.write(
        "work/Cargo.lock",
        "version = 4\n[[package]]\nname = \"py\"\nversion = \"1.0.0\"\n",
    );
    sandbox.write("work/crates/py/Cargo.toml", member);
    sandbox.write("work/crates/py/src/lib.rs", "");
    sandbox.write("work/crates/py/pyproject.toml", pyproject);
    for (file, workspace, lock) in [
        ("work/overlay.nix", "./.", "./Cargo.lock"),
        ("work/new/folder/overlay.nix", "../..", "../../Cargo.lock"),
        ("elsewhere/overlay.nix", "../work", "../work/Cargo.lock"),
    ] {
        sandbox
            .run(&["nix-snippet", "-q", "--write", file, "work/crates/py"])
            .ok();
        let text = std::fs::read_to_string(sandbox.path(file)).unwrap();
        assert!(text.contains(&format!(" path = {workspace};")), "{text}");
        assert!(text.contains(&format!(" lockFile = {lock};")), "{text}");
    }
}
