//! `init`: what it writes, what it keeps, and that real Nix evaluates it.
//!
//! The flake's inputs are stand-ins of ours, `tests/nix/flake-stand-ins.nix`;
//! `tests/nix/flake-real.nix` says how to see it with the real ones.

use std::fs;

use serde_json::{Value, json};

use crate::locks::fixtures::{self, Sdist, serving};
use crate::support::{Registry, Sandbox, has_nix, nix, tree};

const PYPROJECT: &str = "[project]\nname = \"My_App\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\n\n\
    [build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n";

const LOCK: &str = r#"version = 1
requires-python = ">=3.11"

[[package]]
name = "my-app"
version = "1.0"
source = { editable = "." }

[[package]]
name = "orjson"
version = "3.11.4"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/orjson-3.11.4-cp313-cp313-macosx_11_0_arm64.whl" }]
"#;

/// A workspace `app`, with more files or others.
fn workspace(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("app/pyproject.toml", PYPROJECT);
    sandbox.write("app/uv.lock", LOCK);
    for (path, text) in files {
        sandbox.write(&format!("app/{path}"), text);
    }
    sandbox
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path(path)).unwrap()
}

/// What `init` says in JSON, which fits its schema.
#[track_caller]
fn report(sandbox: &Sandbox, flags: &[&str]) -> Value {
    let arguments = [&["init", "--format", "json", "app"], flags].concat();
    let value = serde_json::from_str(&sandbox.run(&arguments).ok()).unwrap();
    let schema = include_str!("../../docs/schema/init.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    value
}

/// What Nix makes of the flake.
#[track_caller]
fn result(sandbox: &Sandbox) -> Value {
    let mut command = nix(sandbox, "nix-instantiate");
    command
        .args(["--eval", "--strict", "--json"])
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/nix/flake-stand-ins.nix"
        ))
        .args(["--argstr", "flake"])
        .arg(fs::canonicalize(sandbox.path("app")).unwrap());
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The package and the shell, the same on each platform; nothing where Nix is
/// missing.
#[track_caller]
fn evaluated(sandbox: &Sandbox) -> Option<[Value; 2]> {
    if !has_nix() {
        return None;
    }
    let value = result(sandbox);
    let all = |what: &str| {
        let all = value[what].as_object().unwrap();
        let systems: Vec<_> = all.keys().collect();
        assert_eq!(systems, ["aarch64-darwin", "aarch64-linux", "x86_64-linux"]);
        let first = &all["x86_64-linux"];
        assert!(all.values().all(|each| each == first));
        first.clone()
    };
    Some([all("packages"), all("shells")])
}

#[test]
fn a_new_project() {
    let sandbox = workspace(&[]);
    let run = sandbox.run(&["init", "app"]);
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(run.stderr, @r#"
           Wrote `app/overlay.nix`
           Wrote `app/flake.nix`
        Resolved `app/uv.lock` for Python 3.13 on aarch64-darwin, aarch64-linux, x86_64-linux: 2 packages, 1 built from source, 0 with Rust
    help: add this to `pyproject.toml` so that `cargo pyhack check` finds the overlay, or use `--configure`:
          [tool.cargo-pyhack]
          overlay = "overlay.nix"
          uv-lock = "uv.lock"
    help: run `nix build ./app` to build the environment, or `nix develop ./app` to start a shell with it
    "#);
    let flake = read(&sandbox, "app/flake.nix");
    assert_eq!(nixfmt_rs::format(&flake).unwrap(), flake);
    let overlay = read(&sandbox, "app/overlay.nix");
    assert!(
        overlay.ends_with("final: prev: builtins.intersectAttrs prev { }\n"),
        "{overlay}"
    );
    let Some([package, shell]) = evaluated(&sandbox) else {
        return;
    };
    let app = json!({"name": "my-app", "nativeBuildInputs": [], "sourcePreference": "wheel"});
    assert_eq!(
        package,
        json!({
            "name": "my-app-env",
            "deps": {"my-app": []},
            "python": "/python3.13",
            "packages": [app],
        })
    );
    let environment = &shell["packages"][0];
    assert_eq!(environment["packages"][0]["editableRoot"], "$REPO_ROOT");
    assert_eq!(environment["deps"], json!({"my-app": []}));
    assert_eq!(
        shell["env"]["UV_PROJECT_ENVIRONMENT"],
        "/env/my-app-dev-env"
    );
    assert_eq!(shell["env"]["UV_PYTHON"], "/python3.13");
}

#[test]
fn what_is_there_is_kept() {
    let flake = "{ outputs = _: import ./overlay.nix; }";
    let sandbox = workspace(&[("flake.nix", flake), ("overlay.nix", "final: prev: { }")]);
    let before = tree(&sandbox.path("app"));
    let run = sandbox.run(&["init", "app"]);
    insta::assert_snapshot!(run.stderr, @r#"
            Kept `app/overlay.nix`
            Kept `app/flake.nix`
           Fresh the flake already uses `app/overlay.nix`
    help: add this to `pyproject.toml` so that `cargo pyhack check` finds the overlay, or use `--configure`:
          [tool.cargo-pyhack]
          overlay = "overlay.nix"
          uv-lock = "uv.lock"
    help: `cargo pyhack lock --write app/overlay.nix app/uv.lock` to write the overrides for packages that are built from source
    help: run `nix build ./app` to build the environment, or `nix develop ./app` to start a shell with it
    "#);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert_eq!(tree(&sandbox.path("app")), before);
}

#[test]
fn a_flake_that_is_there_is_told_what_it_lacks() {
    let flake = r#"{
      inputs.unstable.url = "github:NixOS/nixpkgs/nixos-unstable";
      inputs.uv2nix = { url = "github:pyproject-nix/uv2nix"; };
      outputs = { unstable, uv2nix, ... }: { };
    }"#;
    let sandbox = workspace(&[("flake.nix", flake)]);
    let run = sandbox.run(&["init", "app"]);
    insta::assert_snapshot!(run.stderr, @r#"
           Wrote `app/overlay.nix`
            Kept `app/flake.nix`
        Resolved `app/uv.lock` for Python 3.13 on aarch64-darwin, aarch64-linux, x86_64-linux: 2 packages, 1 built from source, 0 with Rust
           Found inputs `unstable`, `uv2nix`
    help: add the printed lines to `flake.nix`; the comments say where
    help: add this to `pyproject.toml` so that `cargo pyhack check` finds the overlay, or use `--configure`:
          [tool.cargo-pyhack]
          overlay = "overlay.nix"
          uv-lock = "uv.lock"
    help: run `nix build ./app` to build the environment, or `nix develop ./app` to start a shell with it
    "#);
    insta::assert_snapshot!(run.stdout, @r#"
    # Into `inputs`, and by their names into the arguments of `outputs`:
    pyproject-nix = {
      url = "github:pyproject-nix/pyproject.nix";
      inputs.nixpkgs.follows = "unstable";
    };
    pyproject-build-systems = {
      url = "github:pyproject-nix/build-system-pkgs";
      inputs.nixpkgs.follows = "unstable";
      inputs.pyproject-nix.follows = "pyproject-nix";
      inputs.uv2nix.follows = "uv2nix";
    };

    # Into the `let` where the package set is made, with nixpkgs' `pkgs` and `lib`:
    workspace = uv2nix.lib.workspace.loadWorkspace { workspaceRoot = ./.; };
    python = pkgs.python313;
    hacks = pkgs.callPackage pyproject-nix.build.hacks { };
    rustOverlay = import ./overlay.nix { inherit pkgs lib hacks; };

    # The set, with `rustOverlay` behind uv2nix' overlay:
    pythonSet = (pkgs.callPackage pyproject-nix.build.packages { inherit python; }).overrideScope (
      lib.composeManyExtensions [
        pyproject-build-systems.overlays.wheel
        (workspace.mkPyprojectOverlay { sourcePreference = "wheel"; })
        rustOverlay
      ]
    );
    environment = pythonSet.mkVirtualEnv "my-app-env" workspace.deps.default;
    "#);
    assert_eq!(read(&sandbox, "app/flake.nix"), flake);
    let report = report(&sandbox, &[]);
    assert_eq!(report["inputs"]["nixpkgs"], "unstable");
    assert_eq!(report["inputs"]["pyproject-nix"], Value::Null);
    assert_eq!(report["wiring"], run.stdout);
    // What can't be read has nothing that we know of.
    sandbox.write("app/flake.nix", "{ inputs = ");
    let run = sandbox.run(&["init", "app", "-v"]);
    assert!(
        run.stderr.contains("pyhack::warning::unread_flake"),
        "{}",
        run.stderr
    );
    assert!(run.ok().contains("uv2nix = {"));
}

/// As people paste it: each part where its comment says.
#[test]
fn what_is_printed_to_paste_evaluates() {
    let sandbox = workspace(&[("flake.nix", "{ }")]);
    let wiring = sandbox.run(&["init", "app"]).ok();
    let (inputs, bindings) = wiring.split_once("# Into the `let`").unwrap();
    let flake = format!(
        "{{
          inputs = {{ {inputs} }};
          outputs = {{ nixpkgs, pyproject-nix, uv2nix, pyproject-build-systems, ... }}:
            let
              inherit (nixpkgs) lib;
              each = lib.genAttrs (builtins.attrNames nixpkgs.legacyPackages) (system:
                let
                  pkgs = nixpkgs.legacyPackages.${{system}};
                  # {bindings}
                in {{ default = environment; }});
            in {{ packages = each; devShells = {{ }}; }};
        }}"
    );
    sandbox.write("app/flake.nix", flake);
    if has_nix() {
        let package = &result(&sandbox)["packages"]["x86_64-linux"];
        assert_eq!(package["name"], "my-app-env");
        assert_eq!(package["packages"][0]["name"], "my-app");
    }
    // It is a flake with all that is needed now.
    assert_eq!(report(&sandbox, &[])["wiring"], "");
}

#[test]
fn an_overlay_that_is_there_is_imported_as_it_is() {
    let change = "{ my-app = prev.my-app.overrideAttrs (_: { isOurs = true; }); }";
    for overlay in [
        format!("final: prev: {change}"),
        format!("{{ hacks }}: final: prev: {change}"),
        format!("{{ pkgs, ... }}: final: prev: {change}"),
    ] {
        let sandbox = workspace(&[("overlay.nix", &overlay)]);
        let report = report(&sandbox, &[]);
        assert_eq!(report["kept"], json!(["app/overlay.nix"]));
        assert_eq!(report["written"], json!(["app/flake.nix"]));
        assert_eq!(read(&sandbox, "app/overlay.nix"), overlay);
        if let Some([package, _]) = evaluated(&sandbox) {
            assert_eq!(package["packages"][0]["isOurs"], true, "{overlay}");
        }
    }
}

#[test]
fn the_configured_overlay() {
    let configuration =
        format!("{PYPROJECT}\n[tool.cargo-pyhack]\noverlay = \"nix/my overlay.nix\"\n");
    let sandbox = workspace(&[("pyproject.toml", &configuration)]);
    let report = report(&sandbox, &[]);
    assert_eq!(report["overlay"], "app/nix/my overlay.nix");
    assert_eq!(report["configuration"], "");
    assert!(sandbox.path("app/nix/my overlay.nix").exists());
    assert!(!sandbox.path("app/overlay.nix").exists());
    evaluated(&sandbox);
}

#[test]
fn members_that_compile_are_not_editable() {
    let member = |backend: &str| {
        format!(
            "[project]\nname = \"x\"\nversion = \"1.0\"\n[build-system]\nrequires = []\nbuild-backend = \"{backend}\"\n"
        )
    };
    let lock = |name: &str| {
        format!("\n[[package]]\nname = \"{name}\"\nsource = {{ editable = \"packages/{name}\" }}\n")
    };
    let names = ["hatch", "native", "cython"];
    let lock = names.map(lock).concat();
    let manifest = "[package]\nname = \"native\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
    let sandbox = workspace(&[
        ("uv.lock", &format!("{LOCK}{lock}")),
        ("packages/hatch/pyproject.toml", &member("hatchling.build")),
        ("packages/native/pyproject.toml", &member("maturin")),
        ("packages/native/Cargo.toml", manifest),
        ("packages/native/src/lib.rs", ""),
        (
            "packages/cython/pyproject.toml",
            &member("setuptools.build_meta"),
        ),
        (
            "packages/cython/setup.py",
            "setup(ext_modules=cythonize('a.pyx'))",
        ),
    ]);
    assert_eq!(report(&sandbox, &["--no-lock"])["rust"], json!(["native"]));
    let Some([_, shell]) = evaluated(&sandbox) else {
        return;
    };
    let environment = &shell["packages"][0];
    let told = environment["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let is_editable = package["editableRoot"].is_string();
            (
                package["name"].as_str().unwrap(),
                is_editable,
                &package["nativeBuildInputs"],
            )
        });
    let (none, editables) = (json!([]), json!(["editables"]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("cython", false, &none),
            ("hatch", true, &editables),
            ("my-app", true, &none),
            ("native", false, &none),
        ]
    );
    let programs = &shell["packages"].as_array().unwrap()[1..];
    assert_eq!(programs, ["uv", "cargo", "rustc"]);
}

#[test]
fn conflicts_and_workspaces_without_a_package() {
    let lock = "version = 1\nrequires-python = \">=3.12,<3.13\"\n\
        conflicts = [[{ package = \"a\", extra = \"x\" }, { package = \"a\", group = \"y\" }]]\n\n\
        [[package]]\nname = \"a\"\nsource = { virtual = \"a\" }\n\
        [package.optional-dependencies]\nx = []\nz = []\n[package.dev-dependencies]\ny = []\n";
    let root = "[tool.uv.workspace]\nmembers = [\"a\"]\n";
    let member = "[project]\nname = \"a\"\nversion = \"1\"\n";
    let sandbox = workspace(&[
        ("uv.lock", lock),
        ("pyproject.toml", root),
        ("a/pyproject.toml", member),
    ]);
    let run = sandbox.run(&["init", "--dry-run", "app"]);
    let chose =
        "    Selected extra `x` of `a`, which conflicts with `a:y`; change it in `flake.nix`\n";
    assert!(run.stderr.contains(chose), "{}", run.stderr);
    let made = report(&sandbox, &["--source-preference", "sdist"]);
    // `lock` would take wheels by itself.
    let configuration = made["configuration"].as_str().unwrap();
    assert!(
        configuration.ends_with("source-preference = \"sdist\"\n"),
        "{configuration}"
    );
    assert_eq!(made["conflicts"][0]["excludes"], json!(["a:y"]));
    let Some([package, shell]) = evaluated(&sandbox) else {
        return;
    };
    assert_eq!(package["name"], "workspace-env");
    assert_eq!(package["python"], "/python3.12");
    assert_eq!(package["deps"], json!({"a": ["x"]}));
    assert_eq!(package["packages"][0]["sourcePreference"], "sdist");
    assert_eq!(shell["packages"][0]["deps"], json!({"a": ["x", "z"]}));
    assert!(!shell["shellHook"].as_str().unwrap().contains("REPO_ROOT"));
}

#[test]
fn all_groups_by_default() {
    let groups = format!("{PYPROJECT}\n[tool.uv]\ndefault-groups = \"all\"\n");
    let lock = LOCK.replace(
        "source = { editable = \".\" }",
        "source = { editable = \".\" }\n[package.dev-dependencies]\ndev = []\nlint = []",
    );
    let sandbox = workspace(&[("pyproject.toml", &groups), ("uv.lock", &lock)]);
    report(&sandbox, &[]);
    if let Some([package, _]) = evaluated(&sandbox) {
        assert_eq!(package["deps"], json!({"my-app": ["dev", "lint"]}));
    }
}

#[test]
fn a_patch_version_that_nixpkgs_does_not_have() {
    let lock = LOCK.replace(">=3.11", "==3.12.8");
    let sandbox = workspace(&[("uv.lock", &lock)]);
    let made = report(&sandbox, &[]);
    assert_eq!(made["warnings"], json!([]));
    if let Some([package, _]) = evaluated(&sandbox) {
        assert_eq!(package["packages"][0]["pythonVersion"], "3.12.8");
    }
}

#[test]
fn the_platforms_of_the_lock() {
    let lock = LOCK.replace(
        "requires-python",
        "supported-markers = [\"sys_platform == 'linux'\"]\nrequires-python",
    );
    let sandbox = workspace(&[("uv.lock", &lock)]);
    let made = report(&sandbox, &[]);
    assert_eq!(made["platforms"], json!(["aarch64-linux", "x86_64-linux"]));
    assert_eq!(
        made["warnings"][0]["code"],
        "pyhack::warning::platforms_not_supported"
    );
    let flake = read(&sandbox, "app/flake.nix");
    assert!(!flake.contains("aarch64-darwin"), "{flake}");
}

#[test]
fn a_build_system_that_no_set_has_is_told_and_fails_only_when_it_is_built() {
    let odd = PYPROJECT.replace("[\"uv_build\"]", "[\"uv_build\", \"frobnicate\"]");
    let sandbox = workspace(&[("pyproject.toml", &odd)]);
    let run = sandbox.run(&["init", "app"]);
    let told = "Missing build system `frobnicate`, which the package set doesn't have: add it with `uv add --dev frobnicate`";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    let flake = read(&sandbox, "app/flake.nix");
    assert!(flake.contains("lib.genAttrs [ \"frobnicate\" ]"), "{flake}");
    evaluated(&sandbox);
}

/// Sdists of a lock, and a registry that serves them.
fn built_from_source() -> (Registry, Sandbox) {
    let sdists = [
        Sdist::built_with("good", "1.0", &["setuptools"]),
        Sdist::built_with("odd", "1.0", &["setuptools", "frobnicate"]),
    ];
    let registry = serving(&[], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let entries = sdists
        .iter()
        .map(|sdist| (sdist.name, sdist.entry(&address, "")));
    let entries: Vec<_> = entries.collect();
    sandbox.write("app/pyproject.toml", PYPROJECT);
    sandbox.write("app/uv.lock", fixtures::uv_lock(&entries));
    (registry, sandbox)
}

#[test]
fn the_overlay_is_the_one_that_lock_writes() {
    let (_registry, sandbox) = built_from_source();
    let run = sandbox.run(&["init", "app"]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("pyhack::project::missing_build_system"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(
            "help: when this is fixed, run `cargo pyhack lock --write app/overlay.nix app/uv.lock`"
        ),
        "{}",
        run.stderr
    );
    let overlay = read(&sandbox, "app/overlay.nix");
    assert!(overlay.contains("# pyhack: begin good 1.0\n"), "{overlay}");
    fs::remove_file(sandbox.path("app/overlay.nix")).unwrap();
    sandbox.run(&["lock", "--write", "app/overlay.nix", "app/uv.lock"]);
    assert_eq!(read(&sandbox, "app/overlay.nix"), overlay);
    assert!(sandbox.path("app/flake.nix").exists());
}

#[test]
fn without_a_network_the_flake_is_written() {
    let (registry, sandbox) = built_from_source();
    for (flags, code) in [
        (&["--dry-run"][..], 0),
        (&["--no-lock"], 0),
        (&["--offline"], 4),
    ] {
        for name in ["flake.nix", "overlay.nix"] {
            let _ = fs::remove_file(sandbox.path("app").join(name));
        }
        let asked = registry.asked().len();
        let run = sandbox.run(&[&["init", "app"], flags].concat());
        assert_eq!(run.code, code, "{flags:?}: {}", run.stderr);
        assert_eq!(registry.asked().len(), asked, "{flags:?}");
        let is_there = sandbox.path("app/flake.nix").exists();
        assert_eq!(is_there, flags != ["--dry-run"], "{flags:?}");
    }
}

#[test]
fn the_configuration_is_added_where_it_is_asked_for() {
    let sandbox = workspace(&[]);
    let made = report(&sandbox, &["--configure", "--python", "3.12"]);
    assert_eq!(made["configuration"], "");
    let added = "\n[tool.cargo-pyhack]\noverlay = \"overlay.nix\"\nuv-lock = \"uv.lock\"\npython = \"3.12\"\n";
    let pyproject = read(&sandbox, "app/pyproject.toml");
    assert_eq!(pyproject, format!("{PYPROJECT}{added}"));
    let run = sandbox.run(&["check", "app/overlay.nix"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn python_is_chosen_by_flag_file_and_lock() {
    let python = |sandbox: &Sandbox, flags: &[&str]| report(sandbox, flags)["python"].clone();
    let sandbox = workspace(&[]);
    assert_eq!(python(&sandbox, &["--dry-run"]), "3.13");
    assert_eq!(
        python(&sandbox, &["--dry-run", "--source-preference", "sdist"]),
        "3.13"
    );
    sandbox.write("app/.python-version", "3.12\n");
    assert_eq!(python(&sandbox, &["--dry-run"]), "3.12");
    assert_eq!(python(&sandbox, &["--dry-run", "--python", "3.11"]), "3.11");
    sandbox.write("app/.python-version", "pypy@3.11\n");
    let report = report(&sandbox, &[]);
    assert_eq!(
        report["warnings"][0]["code"],
        "pyhack::warning::python_version"
    );
    assert_eq!(report["python"], "3.13");
}

#[test]
fn a_dry_run_writes_nothing() {
    let sandbox = workspace(&[]);
    let before = tree(&sandbox.path("app"));
    let run = sandbox.run(&["init", "--dry-run", "app"]);
    assert_eq!(tree(&sandbox.path("app")), before);
    assert!(
        run.stderr.contains(" Would write `app/flake.nix`\n"),
        "{}",
        run.stderr
    );
    let diff = run.ok();
    assert!(
        diff.contains("+++ b/app/flake.nix") && diff.contains("+  description = "),
        "{diff}"
    );
}

/// The code and exit code that `init` ends with; it writes nothing then.
#[track_caller]
fn refused(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let before = tree(sandbox.path("app").as_path());
    let failure = sandbox.run(&[&["init"], arguments].concat()).failure();
    assert_eq!(tree(&sandbox.path("app")), before);
    failure
}

#[test]
fn what_a_flake_can_not_be_made_from() {
    let sandbox = workspace(&[]);
    fs::remove_file(sandbox.path("app/uv.lock")).unwrap();
    insta::assert_snapshot!(refused(&sandbox, &["app"]), @r#"
    exit code 3
    error: no `uv.lock` found in `app`
      help: run `uv lock` there, then try again
      code: pyhack::init::no_lock
    "#);
    // A member of a workspace.
    sandbox.write("uv.lock", LOCK);
    sandbox.write(".git", "");
    insta::assert_snapshot!(refused(&sandbox, &["app"]), @r#"
    exit code 3
    error: no `uv.lock` found in `app`
      help: create the flake of the workspace `.`, which has one: `cargo pyhack init .`; or run `uv lock` here
      code: pyhack::init::no_lock
    "#);
    let sandbox = workspace(&[]);
    insta::assert_snapshot!(refused(&sandbox, &["app/uv.lock"]), @r#"
    exit code 3
    error: `app/uv.lock` is not a folder
      help: pass the folder of `pyproject.toml` and `uv.lock`
      code: pyhack::init::not_a_folder
    "#);
    insta::assert_snapshot!(refused(&sandbox, &["app", "--python", "3.8"]), @r#"
    exit code 3
    error: `--python` requests Python 3.8, but `requires-python` is `>=3.11`
      help: choose a supported version, or change `requires-python` and run `uv lock`
      code: pyhack::init::python
    "#);
    let lock = LOCK.replace(">=3.11", ">=3.90");
    let sandbox = workspace(&[("uv.lock", &lock)]);
    insta::assert_snapshot!(refused(&sandbox, &["app"]), @r#"
    exit code 3
    error: `requires-python` is `>=3.90`, which excludes all known versions of CPython
      help: correct it in `pyproject.toml` and run `uv lock`, or choose a newer version: `--python 3.N`
      code: pyhack::init::no_python
    "#);
    fs::remove_file(sandbox.path("app/pyproject.toml")).unwrap();
    insta::assert_snapshot!(refused(&sandbox, &["app"]), @r#"
    exit code 3
    error: no `pyproject.toml` found in `app`
      help: pass the folder or sdist of a Python project: `cargo pyhack inspect PATH`
      code: pyhack::project::no_pyproject
    "#);
    for (lock, code) in [
        ("package = 3", "version"),
        ("version = 1\npackage = 3", "syntax"),
    ] {
        let said = refused(&workspace(&[("uv.lock", lock)]), &["app"]);
        assert!(
            said.contains(&format!("pyhack::python_lock::{code}")),
            "{said}"
        );
    }
}

#[test]
fn hostile_names() {
    for name in ["a\\\"; x = ${y}", "../../a", "a b", "-a", "''", ""] {
        let text = PYPROJECT.replace("My_App", name);
        let sandbox = workspace(&[("pyproject.toml", &text)]);
        assert!(
            refused(&sandbox, &["app"]).contains("pyhack::project::invalid_name"),
            "{name}"
        );
        let lock = LOCK.replace("my-app", name);
        let sandbox = workspace(&[("uv.lock", &lock)]);
        assert!(
            refused(&sandbox, &["app"]).contains("pyhack::python_lock::entry"),
            "{name}"
        );
    }
    // A path is the user's.
    let overlay = r#"a\"${builtins.abort \"x\"}''.nix"#;
    let text = format!("{PYPROJECT}\n[tool.cargo-pyhack]\noverlay = \"{overlay}\"\n");
    let sandbox = workspace(&[("pyproject.toml", &text)]);
    report(&sandbox, &[]);
    evaluated(&sandbox);
}

/// Of a folder that a lock names above the workspace, nothing is read.
#[test]
fn members_above_the_folder_are_not_looked_at() {
    let lock = LOCK.replace("editable = \".\"", "editable = \"../other\"");
    let sandbox = workspace(&[("uv.lock", &lock)]);
    sandbox.write("other/pyproject.toml", PYPROJECT);
    report(&sandbox, &[]);
    let flake = read(&sandbox, "app/flake.nix");
    assert!(!flake.contains("mkEditablePyprojectOverlay"), "{flake}");
}

#[cfg(unix)]
#[test]
fn links_are_there_wherever_they_lead() {
    use std::os::unix::fs::symlink;
    let sandbox = workspace(&[]);
    for name in ["flake.nix", "overlay.nix"] {
        let link = sandbox.path("app").join(name);
        symlink(sandbox.path("elsewhere.nix"), &link).unwrap();
        let failure = sandbox.run(&["init", "app"]).failure();
        assert!(failure.contains("pyhack::files::no_file"), "{failure}");
        assert!(!sandbox.path("elsewhere.nix").exists());
        fs::remove_file(link).unwrap();
    }
    assert!(!sandbox.path("app/flake.nix").exists() && !sandbox.path("app/overlay.nix").exists());
}
