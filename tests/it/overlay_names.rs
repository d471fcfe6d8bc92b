//! Overlays after a stanza was written, as real Nix parses them.
//!
//! Nix looks variables up when it parses a file: a stanza that uses a name that
//! nothing binds makes the whole file useless.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, has_nix, nix};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/overlays");

/// The first error of `nix-instantiate --parse`, by the file's name.
fn refused_by_nix(sandbox: &Sandbox, files: &[PathBuf]) -> Vec<String> {
    let mut refused = Vec::new();
    let mut rest = files.iter().collect::<Vec<_>>();
    // Nix stops at the first file that it refuses.
    for _ in 0..=files.len() {
        if rest.is_empty() {
            break;
        }
        let mut command = nix(sandbox, "nix-instantiate");
        let output = command.arg("--parse").args(&rest).output().unwrap();
        if output.status.success() {
            break;
        }
        let parsed = String::from_utf8_lossy(&output.stdout).lines().count();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let at = rest
            .iter()
            .position(|file| error.contains(file.to_str().unwrap()))
            .unwrap_or(parsed);
        refused.push(format!("{}: {error}", rest[at].display()));
        rest.drain(..=at);
    }
    refused
}

#[test]
fn nix_parses_every_overlay_that_was_written() {
    if !has_nix() {
        return;
    }
    let sandbox = Sandbox::new();
    let files = std::fs::read_dir(Path::new(FOLDER).join("after")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|end| end == "nix"))
        .collect();
    assert!(files.len() > 40);
    assert_eq!(refused_by_nix(&sandbox, &files), Vec::<String>::new());
}

/// What is around an overlay: before it, and after it.
const HEADS: [(&str, &str); 14] = [
    ("", ""),
    ("{ pkgs, lib, hacks }:\n", ""),
    ("{ hacks, python }:\n", ""),
    ("{ pkgs, buildHacks, ... }@args:\n", ""),
    (
        "{ pkgs, pyproject-nix }:\nlet\n  tools = pkgs.callPackage pyproject-nix.build.hacks { };\nin\n",
        "",
    ),
    (
        "{ nixpkgs, pyproject-nix, system }:\nlet\n  p = nixpkgs.legacyPackages.${system};\n  inherit (pyproject-nix.build) hacks;\n  inherit (nixpkgs) lib;\nin\n",
        "",
    ),
    (
        "{ inputs, system }:\nrec {\n  n = import inputs.nixpkgs { inherit system; };\n  h = n.callPackage (inputs.pyproject-nix + \"/build/hacks\") { };\n  overlay = ",
        ";\n}\n",
    ),
    ("with import ./environment.nix;\n", ""),
    ("{ pkgs, hacks }:\nwith pkgs.lib;\n", ""),
    ("pkgs: lib: hacks:\n", ""),
    (
        "{ pkgs, lib, hacks }:\nlib.composeManyExtensions [\n  (import ./wheels.nix)\n  (",
        ")\n]\n",
    ),
    (
        "{\n  outputs =\n    { self, nixpkgs, pyproject-nix }:\n    let\n      pkgs = nixpkgs.legacyPackages.x86_64-linux;\n      hacks = pkgs.callPackage pyproject-nix.build.hacks { };\n      overrides = ",
        ";\n    in\n    { inherit overrides; };\n}\n",
    ),
    (
        "{ pkgs, hacks }:\nlet\n  lib = null;\n  outer = { inherit hacks; };\nin\n",
        "",
    ),
    ("let { pkgs = import <nixpkgs> { }; body = ", "; }\n"),
];

/// The parameters of an overlay.
const PARAMETERS: [&str; 7] = [
    "final: prev:",
    "_final: prev:",
    "_final: _prev:",
    "self: super:",
    "_: prev:",
    "pyfinal: pyprev:",
    "final: let x = 1; in prev:",
];

/// The set of an overlay: `PREV` stands for its second parameter.
const SETS: [&str; 9] = [
    " { }",
    " {\n  six = null;\n}",
    "\nlet\n  hacks' = 1;\n  inherit (PREV) pkgs;\nin\n{\n  six = pkgs.six;\n}",
    " rec {\n  lib = 1;\n  six = lib;\n}",
    "\n{\n  six = PREV.six;\n}\n// import ./more.nix",
    "\nwith PREV;\n{\n  inherit (PREV) six;\n}",
    "\nlet\n  # pyhack: begin NAME\n  # pyhack: end NAME\nin\n{ }",
    "\nbuiltins.intersectAttrs PREV {\n\tsix = 1; }",
    " {\n    six = PREV.six.overrideAttrs (old: {\n      # pyhack: begin NAME\n      # pyhack: end NAME\n    });\n}",
];

/// A stanza of each kind: the package and the arguments.
const STANZAS: [(&str, &[&str]); 3] = [
    ("fast-pack", &["--source", "registry", "project"]),
    ("plain", &["--source", "registry", "plain"]),
    ("one", &["--prebuilt", "one", "uv.lock"]),
];

fn sources(sandbox: &Sandbox) {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects/src-rust");
    super::overlays::copy(Path::new(project), &sandbox.path("project"));
    let build = "[build-system]\nrequires = [\"setuptools\", \"cffi; sys_platform == 'linux'\"]\nbuild-backend = \"setuptools.build_meta\"\n";
    sandbox.write(
        "plain/pyproject.toml",
        format!("[project]\nname = \"plain\"\nversion = \"1.0\"\n{build}"),
    );
    sandbox.write(
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"one\"\nversion = \"1.0\"\nsource = { registry = \"https://example.org/simple\" }\n",
    );
}

/// Files of many shapes, with every head, pair of parameters and set.
fn generated() -> Vec<(usize, String)> {
    let mut files = Vec::new();
    for (head, (before, after)) in HEADS.iter().enumerate() {
        for (set, body) in SETS.iter().enumerate() {
            let parameters = PARAMETERS[(head + 3 * set) % PARAMETERS.len()];
            let prev = parameters.trim_end_matches(':').rsplit(' ').next().unwrap();
            let kind = (head + set) % STANZAS.len();
            let body = body.replace("PREV", prev).replace("NAME", STANZAS[kind].0);
            files.push((kind, format!("{before}{parameters}{body}{after}\n")));
        }
    }
    files
}

/// A stanza is written so that Nix parses the file, or it is refused and the
/// file stays. A second run and `check` find it fresh.
#[test]
fn nix_parses_what_is_written_into_files_of_many_shapes() {
    let has_nix = has_nix();
    let sandbox = Sandbox::new();
    sources(&sandbox);
    let files = generated();
    assert!(files.len() >= 100);
    let (mut written, mut refused) = (Vec::new(), BTreeSet::new());
    for (at, (kind, before)) in files.iter().enumerate() {
        let name = format!("{at}.nix");
        let path = sandbox.write(&name, before);
        let arguments = [&["nix-snippet", "-q", "--write", &name], STANZAS[*kind].1].concat();
        let run = sandbox.run(&arguments);
        let after = std::fs::read_to_string(&path).unwrap();
        if run.code == 0 {
            assert_ne!(&after, before, "{before}");
            let check = sandbox.run(&["check", &name]);
            assert_eq!(check.code, 0, "{before}: {after}: {}", check.stderr);
            let again = std::fs::read_to_string(&path).unwrap();
            assert_eq!(again, after);
            written.push(path);
        } else {
            assert_eq!(run.code, 3, "{before}: {}", run.stderr);
            assert_eq!(&after, before, "{}", run.stderr);
            let first = run.stderr.lines().last().unwrap_or_default();
            refused.insert(first.trim().to_owned());
        }
    }
    let codes = ["no_place", "unbound"].map(|code| format!("code: pyhack::overlay::{code}"));
    assert!(refused.is_subset(&codes.into()), "{refused:?}");
    assert!(written.len() >= 60, "{}", written.len());
    if has_nix {
        assert_eq!(refused_by_nix(&sandbox, &written), Vec::<String>::new());
    }
}
