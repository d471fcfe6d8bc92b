//! `nix-snippet --style nixpkgs`: files that real Nix reads as they were
//! meant.

use std::collections::BTreeMap;

use cargo_pyhack::testing::Platform;
use cargo_pyhack::testing::PythonName;
use cargo_pyhack::testing::{BuildFolders, CargoDeps, Meta, Package, PackageSource};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::support::{Crate, Registry, Sandbox, has_nix, lock, nix};

const PROJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects");

/// What `callPackage` hands to a file here: each argument is its own name,
/// but for functions and sets.
const CALL: &str = "\
    file: let \
      hostPlatform = { isLinux = true; isDarwin = false; isAarch64 = false; system = \"x86_64-linux\"; }; \
      given = { \
        lib = { optionals = on: list: if on then list else [ ]; \
                optionalAttrs = on: set: if on then set else { }; \
                licenses = { asl20 = \"asl20\"; mit = \"mit\"; }; }; \
        stdenv = { inherit hostPlatform; }; \
        buildPythonPackage = make: \
          let self = if builtins.isFunction make then make self else make; in self; \
        fetchPypi = source: source // { outPath = \"source\"; }; \
        rustPlatform = { cargoSetupHook = \"cargoSetupHook\"; maturinBuildHook = \"maturinBuildHook\"; \
          bindgenHook = \"bindgenHook\"; \
          fetchCargoVendor = deps: deps; importCargoLock = deps: deps; }; \
        uvicorn = { outPath = \"uvicorn\"; optional-dependencies.standard = [ \"httptools\" ]; }; \
      }; \
      asked = builtins.functionArgs file; \
    in file (builtins.mapAttrs (name: _: given.${name} or name) asked)";

fn evaluate(sandbox: &Sandbox, text: &str, arguments: &[&str]) -> String {
    let file = sandbox.write("expression.nix", text);
    let mut command = nix(sandbox, "nix-instantiate");
    let output = command.args(arguments).arg(file).output().unwrap();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The attributes of what a file calls `buildPythonPackage` with.
fn called(sandbox: &Sandbox, file: &str, attributes: &str) -> serde_json::Value {
    let text =
        format!("let package = ({CALL}) (import {file}); in {{ inherit (package) {attributes}; }}");
    let json = evaluate(sandbox, &text, &["--eval", "--strict", "--json"]);
    serde_json::from_str(&json).unwrap()
}

/// Each argument of a file is used in its body.
#[track_caller]
fn assert_arguments_are_used(text: &str) {
    let (arguments, body) = text.split_once("\n}:\n").unwrap();
    let names = arguments
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','));
    for name in names {
        let is_part = |c: char| c.is_alphanumeric() || "_-'".contains(c);
        let mut words = body.split(|c| !is_part(c));
        assert!(words.any(|word| word == name), "{name} in\n{text}");
    }
}

#[test]
fn projects_give_files_that_nix_can_call() {
    let sandbox = Sandbox::new();
    for project in [
        "maturin-src-layout",
        "setuptools-rust-table",
        "workspace-above/crates/py",
    ] {
        let path = format!("{PROJECTS}/{project}");
        let run = sandbox.run(&[
            "nix-snippet",
            "--style",
            "nixpkgs",
            "--force",
            "--write",
            "package.nix",
            &path,
        ]);
        run.ok();
        let text = std::fs::read_to_string(sandbox.path("package.nix")).unwrap();
        assert_eq!(rnix::Root::parse(&text).errors(), &[], "{text}");
        assert_arguments_are_used(&text);
        if has_nix() {
            evaluate(&sandbox, &text, &["--parse"]);
            let package = called(
                &sandbox,
                "./package.nix",
                "pyproject nativeBuildInputs cargoDeps",
            );
            assert_eq!(package["pyproject"], true);
            let inputs = package["nativeBuildInputs"].to_string();
            assert!(inputs.contains("cargoSetupHook"), "{inputs}");
        }
    }
}

/// An sdist with all that metadata can say.
fn sdist(crates: &[Crate]) -> Crate {
    let pyproject = "[build-system]\nrequires = [\"setuptools\", \"setuptools-rust>=1\"]\n\
         build-backend = \"setuptools.build_meta\"\n\
         [project]\nname = \"Demo.Pkg\"\nversion = \"1.2.0\"\ndescription = \"A demo package.\"\n\
         license = \"MIT OR Apache-2.0\"\n\
         dependencies = [\"uvicorn[standard]>=1\", \"tomli; python_version < '3.0'\", \
         \"Typing_Extensions\", \"pywin32; sys_platform == 'win32'\"]\n\
         [project.optional-dependencies]\nfast = [\"orjson\"]\nall = [\"demo-pkg[fast]\", \"rich\"]\ntest = [\"pytest\"]\n\
         [project.urls]\nHomepage = \"https://example.org/demo\"\n\
         \"Release Notes\" = \"https://example.org/demo/1.2.0\"\n\
         [[tool.setuptools-rust.ext-modules]]\ntarget = \"demo_pkg._native\"\npath = \"rust/Cargo.toml\"\n";
    let dependencies: String = crates
        .iter()
        .map(|krate| format!("{} = \"={}\"\n", krate.name, krate.version))
        .collect();
    let manifest = format!(
        "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{dependencies}"
    );
    let files = [
        ("pyproject.toml", pyproject, 0o644),
        (
            "PKG-INFO",
            "Metadata-Version: 2.4\nName: Demo.Pkg\nVersion: 1.2.0\n",
            0o644,
        ),
        ("rust/Cargo.toml", &manifest, 0o644),
        ("rust/Cargo.lock", &lock(crates), 0o644),
        ("rust/src/lib.rs", "", 0o644),
    ];
    Crate::with_files("demo_pkg", "1.2.0", &files)
}

#[test]
#[expect(clippy::too_many_lines, reason = "the file is long")]
fn an_sdist_becomes_a_file_for_nixpkgs() {
    let crates = [Crate::new("openssl-sys", "0.9.100")];
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    let sdist = sdist(&crates);
    sandbox.write("demo_pkg-1.2.0.tar.gz", &sdist.bytes);
    let run = sandbox.run(&["nix-snippet", "--style", "nixpkgs", "demo_pkg-1.2.0.tar.gz"]);
    let text = run.ok();
    let cargo_hash = sandbox.run(&["hash", "demo_pkg-1.2.0.tar.gz"]).ok();
    assert!(text.contains(cargo_hash.trim()), "{text}");
    let hash = cargo_pyhack::testing::Sha256::of(&sdist.bytes).to_sri();
    let text = text
        .replace(cargo_hash.trim(), "CARGO_HASH")
        .replace(&hash, "HASH");
    assert_arguments_are_used(&text);
    insta::assert_snapshot!(text, @r#"
    {
      lib,
      buildPythonPackage,
      fetchPypi,
      rustPlatform,

      # build-system
      setuptools,
      setuptools-rust,

      # nativeBuildInputs
      cargo,
      pkg-config,
      rustc,

      # buildInputs
      openssl,

      # dependencies
      typing-extensions,
      uvicorn,

      # optional-dependencies
      orjson,
      rich,
    }:
    buildPythonPackage (finalAttrs: {
      pname = "demo-pkg";
      version = "1.2.0";
      pyproject = true;
      __structuredAttrs = true;

      src = fetchPypi {
        pname = "demo_pkg";
        inherit (finalAttrs) version;
        hash = "HASH";
      };

      cargoRoot = "rust";

      cargoDeps = rustPlatform.fetchCargoVendor {
        inherit (finalAttrs)
          pname
          version
          src
          cargoRoot
          ;
        hash = "CARGO_HASH";
      };

      build-system = [
        setuptools
        setuptools-rust
      ];

      nativeBuildInputs = [
        pkg-config
        cargo
        rustPlatform.cargoSetupHook
        rustc
      ];

      buildInputs = [ openssl ];

      dependencies = [
        typing-extensions
        uvicorn
      ]
      ++ uvicorn.optional-dependencies.standard;

      optional-dependencies = {
        all = [
          orjson
          rich
        ];
        fast = [ orjson ];
      };

      pythonImportsCheck = [ "demo_pkg" ];

      meta = {
        description = "Demo package";
        homepage = "https://example.org/demo";
        changelog = "https://example.org/demo/${finalAttrs.version}";
        license = [
          lib.licenses.mit
          lib.licenses.asl20
        ];
        maintainers = [ ];
      };
    })
    "#);
    if has_nix() {
        sandbox.write("package.nix", &text);
        let package = called(
            &sandbox,
            "./package.nix",
            "src dependencies optional-dependencies meta",
        );
        assert_eq!(
            package["dependencies"].as_array().unwrap().len(),
            3,
            "{package}"
        );
        assert_eq!(package["src"], "source");
        assert_eq!(
            package["meta"]["changelog"],
            "https://example.org/demo/1.2.0"
        );
    }
}

#[test]
fn a_lock_that_cargo_made_is_kept_and_linked() {
    let sandbox = Sandbox::new();
    let project = format!("{PROJECTS}/lock-missing");
    let run = |arguments: &[&str]| {
        let all = [
            "nix-snippet",
            "--style",
            "nixpkgs",
            "--generate-lock",
            "--write",
            "nix/demo.nix",
        ];
        sandbox.run(&[&all[..], arguments, &[project.as_str()]].concat())
    };
    run(&[]).ok();
    let text = std::fs::read_to_string(sandbox.path("nix/demo.nix")).unwrap();
    assert!(text.contains("rustPlatform.importCargoLock"), "{text}");
    assert!(text.contains("ln -s ${./demo.lock} "), "{text}");
    assert!(sandbox.path("nix/demo.lock").exists());
    let again = run(&["--force"]);
    assert!(
        again.stderr.contains("Fresh `nix/demo.nix`"),
        "{}",
        again.stderr
    );
    if has_nix() {
        let package = called(&sandbox, "./nix/demo.nix", "postPatch pname");
        let script = package["postPatch"].as_str().unwrap();
        assert!(script.contains("-demo.lock Cargo.lock\n"), "{script}");
    }
}

#[test]
fn what_is_missing_is_told() {
    let sandbox = Sandbox::new();
    let script = "from setuptools import setup\nfrom setuptools_rust import RustExtension\n\
         setup(name=\"demo\", rust_extensions=[RustExtension(\"demo.native\")])\n";
    sandbox.write("project/setup.py", script);
    sandbox.write(
        "project/Cargo.toml",
        "[package]\nname = \"module\"\nversion = \"0.1.0\"\n",
    );
    sandbox.write("project/Cargo.lock", lock(&[]));
    sandbox.write("project/src/lib.rs", "");
    let run = sandbox.run(&["nix-snippet", "--style", "nixpkgs", "project"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stderr, @r#"
    warning: only the build backend knows the dependencies
      help: check this in the file, and add what is missing
    warning: only the build backend knows the version
      help: check this in the file, and add what is missing
    "#);
    let run = sandbox.run(&[
        "nix-snippet",
        "--style",
        "nixpkgs",
        "--as",
        "overlay",
        "project",
    ]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("can't be used with `--as`"),
        "{}",
        run.stderr
    );
}

#[test]
fn hostile_metadata_can_t_inject_nix() {
    let sandbox = Sandbox::new();
    let evil = "x\"; y = ${builtins.abort \"\"}; ''\\ or";
    // JSON's strings are TOML's, too.
    let toml = serde_json::to_string(evil).unwrap();
    let pyproject = format!(
        "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n\
         [project]\nname = \"demo\"\nversion = {toml}\ndescription = {toml}\nlicense = {toml}\n\
         dependencies = [{toml}, \"with\", \"lib\"]\n\
         [project.optional-dependencies]\n{toml} = [\"rich\"]\n\
         [project.urls]\nHomepage = {}\n",
        serde_json::to_string(&format!("https://example.org/{evil}")).unwrap()
    );
    sandbox.write("project/pyproject.toml", pyproject);
    sandbox.write(
        "project/Cargo.toml",
        "[package]\nname = \"module\"\nversion = \"0.1.0\"\n",
    );
    sandbox.write("project/Cargo.lock", lock(&[]));
    sandbox.write("project/src/lib.rs", "");
    let run = sandbox.run(&[
        "nix-snippet",
        "--style",
        "nixpkgs",
        "--write",
        "package.nix",
        "project",
    ]);
    assert!(
        run.stderr.contains("`with` is not a valid argument name"),
        "{}",
        run.stderr
    );
    run.ok();
    let text = std::fs::read_to_string(sandbox.path("package.nix")).unwrap();
    assert_eq!(rnix::Root::parse(&text).errors(), &[], "{text}");
    if has_nix() {
        let package = called(&sandbox, "./package.nix", "version meta");
        assert_eq!(package["version"], evil);
        assert_eq!(
            package["meta"]["homepage"],
            format!("https://example.org/{evil}")
        );
    }
}

/// Strings of what is special to Nix, and of anything.
fn texts() -> impl Strategy<Value = String> {
    let special = "(\\$|\\{|\\}|\"|\\\\|'|\n|\r|\t|n|or|if| |é|\u{1}|\u{7f}|1\\.2)*";
    prop_oneof![special, any::<String>()].prop_map(|text| text.replace('\0', ""))
}

fn package(evil: &str) -> Package {
    let evil = || evil.to_owned();
    let platforms = Platform::DEFAULT.into();
    let on = Platform::DEFAULT.map(|on| (on, [evil()].into()));
    let system = || BTreeMap::from([(PythonName::new(&evil()), BTreeMap::from(on.clone()))]);
    Package {
        name: PythonName::new(&evil()),
        version: evil(),
        source: PackageSource::Sdist {
            name: evil(),
            version: Some(evil()),
            extension: None,
            hash: evil(),
        },
        cargo_deps: CargoDeps::Fetched { hash: evil() },
        folders: BuildFolders {
            source_root: ".".into(),
            subdirectory: evil().into(),
            cargo_root: evil().into(),
        },
        is_maturin: true,
        platforms,
        build_system: system(),
        native_build_inputs: BTreeMap::new(),
        build_inputs: BTreeMap::new(),
        env: BTreeMap::new(),
        dependencies: BTreeMap::new(),
        extras: BTreeMap::from([(evil(), system())]),
        imports: vec![evil()],
        meta: Meta {
            description: Some(evil()),
            homepage: Some(evil()),
            changelog: Some(format!("x{}y", evil())),
            licenses: Vec::new(),
            main_program: Some(evil()),
        },
    }
}

#[test]
fn whatever_metadata_says_stays_text() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = proptest::collection::vec(texts(), 300);
    let strings = strategy.new_tree(&mut runner).unwrap().current();
    let sandbox = Sandbox::new();
    let call = |evil: &String| {
        let text = package(evil).print();
        assert_eq!(rnix::Root::parse(&text).errors(), &[], "{text}");
        format!(
            "(let package = call ({text}); in [ package.version package.src.pname or \"\" \
             package.cargoDeps.hash package.meta.description package.meta.homepage \
             package.meta.changelog (builtins.head package.pythonImportsCheck) ])"
        )
    };
    let calls: Vec<_> = strings.iter().map(call).collect();
    let list = format!("let call = {CALL}; in [ {} ]", calls.join("\n"));
    if !has_nix() {
        return;
    }
    let json = evaluate(&sandbox, &list, &["--eval", "--strict", "--json"]);
    let evaluated: Vec<Vec<String>> = serde_json::from_str(&json).unwrap();
    for (evil, found) in strings.iter().zip(evaluated) {
        let is_same = PythonName::new(evil).as_str() == evil;
        for (place, text) in found.iter().enumerate() {
            let expected = match place {
                5 => format!("x{evil}y"),
                _ => evil.clone(),
            };
            // A name that is the package's is inherited.
            assert!(
                *text == expected || (place == 1 && is_same),
                "{evil:?} {text:?}"
            );
        }
    }
}

#[test]
fn the_configuration_may_ask_for_it() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &crate::support::python_project(&[]));
    sandbox.write(
        "pyproject.toml",
        "[tool.cargo-pyhack]\nstyle = \"nixpkgs\"\n",
    );
    let begins = |arguments: &[&str]| {
        let printed = sandbox.run(&[&["nix-snippet", "-q", "project"], arguments].concat());
        printed.ok().contains("buildPythonPackage")
    };
    assert!(begins(&[]));
    assert!(!begins(&["--style", "pyproject"]));
    assert!(!begins(&["--as", "stanza"]));
}
