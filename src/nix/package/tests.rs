//! Whole files in the style of nixpkgs.

use super::*;
use crate::nix::expr::Expr;

fn everywhere() -> BTreeSet<Platform> {
    Platform::DEFAULT.into()
}

fn system(names: &[&str]) -> BuildSystem {
    let row = |name: &&str| {
        let (name, extra) = name.split_once('[').unwrap_or((name, ""));
        let extras: BTreeSet<String> = extra
            .strip_suffix(']')
            .map(str::to_owned)
            .into_iter()
            .collect();
        let on = everywhere().into_iter().map(|on| (on, extras.clone()));
        (PythonName::new(name), on.collect())
    };
    names.iter().map(row).collect()
}

fn example() -> Package {
    Package {
        name: PythonName::new("rpds-py"),
        version: "0.30.0".to_owned(),
        source: PackageSource::Sdist {
            name: "rpds_py".to_owned(),
            version: None,
            extension: None,
            hash: "sha256-AAAA".to_owned(),
        },
        cargo_deps: CargoDeps::Fetched {
            hash: "sha256-BBBB".to_owned(),
        },
        folders: BuildFolders {
            source_root: ".".into(),
            subdirectory: ".".into(),
            cargo_root: ".".into(),
        },
        is_maturin: true,
        platforms: everywhere(),
        build_system: BuildSystem::new(),
        native_build_inputs: BTreeMap::new(),
        build_inputs: BTreeMap::new(),
        env: BTreeMap::new(),
        dependencies: BuildSystem::new(),
        extras: BTreeMap::new(),
        imports: vec!["rpds".to_owned()],
        meta: Meta::default(),
    }
}

#[test]
fn a_small_package_has_few_arguments() {
    let mut package = example();
    package.meta.licenses = vec!["mit".to_owned()];
    package.meta.description = Some("Bindings".to_owned());
    package.meta.changelog = Some("https://example.org/v0.30.0/CHANGES".to_owned());
    insta::assert_snapshot!(package.print(), @r#"
    {
      lib,
      buildPythonPackage,
      fetchPypi,
      rustPlatform,
    }:
    buildPythonPackage (finalAttrs: {
      pname = "rpds-py";
      version = "0.30.0";
      pyproject = true;
      __structuredAttrs = true;

      src = fetchPypi {
        pname = "rpds_py";
        inherit (finalAttrs) version;
        hash = "sha256-AAAA";
      };

      cargoDeps = rustPlatform.fetchCargoVendor {
        inherit (finalAttrs) pname version src;
        hash = "sha256-BBBB";
      };

      nativeBuildInputs = [
        rustPlatform.cargoSetupHook
        rustPlatform.maturinBuildHook
      ];

      pythonImportsCheck = [ "rpds" ];

      meta = {
        description = "Bindings";
        changelog = "https://example.org/v${finalAttrs.version}/CHANGES";
        license = lib.licenses.mit;
        maintainers = [ ];
      };
    })
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "the file is long")]
fn a_package_can_have_everything_at_once() {
    let mut package = example();
    let linux: BTreeSet<_> = [Platform::Aarch64Linux, Platform::X86_64Linux].into();
    package.is_maturin = false;
    package.source = PackageSource::Sdist {
        name: "rpds-py".to_owned(),
        version: None,
        extension: Some("zip"),
        hash: "sha256-AAAA".to_owned(),
    };
    package.folders.cargo_root = "src/rust".into();
    package.build_system = system(&["setuptools", "setuptools-rust"]);
    package.native_build_inputs = [
        ("cmake".to_owned(), everywhere()),
        ("rustPlatform.bindgenHook".to_owned(), everywhere()),
        ("protobuf".to_owned(), linux.clone()),
    ]
    .into();
    package.build_inputs = [
        ("openssl".to_owned(), everywhere()),
        ("udev".to_owned(), linux.clone()),
    ]
    .into();
    let one = EnvValue::Text("1".to_owned());
    package.env = [
        (
            "A".to_owned(),
            BTreeMap::from([(one.clone(), everywhere())]),
        ),
        ("B".to_owned(), BTreeMap::from([(one, linux)])),
    ]
    .into();
    package.dependencies = system(&["protobuf", "uvicorn[standard]", "with", "lib"]);
    package.extras = [("fast".to_owned(), system(&["orjson"]))].into();
    package.meta.licenses = vec!["asl20".to_owned(), "mit".to_owned()];
    let unnameable: Vec<_> = package.unnameable().map(PythonName::as_str).collect();
    assert_eq!(unnameable, ["lib", "with"]);
    insta::assert_snapshot!(package.print(), @r#"
    {
      lib,
      stdenv,
      pkgs,
      buildPythonPackage,
      fetchPypi,
      rustPlatform,

      # build-system
      setuptools,
      setuptools-rust,

      # nativeBuildInputs
      cargo,
      cmake,
      pkg-config,
      protobuf,
      rustc,

      # buildInputs
      openssl,
      udev,

      # dependencies
      uvicorn,

      # optional-dependencies
      orjson,
    }:
    buildPythonPackage (finalAttrs: {
      pname = "rpds-py";
      version = "0.30.0";
      pyproject = true;
      __structuredAttrs = true;

      src = fetchPypi {
        inherit (finalAttrs) pname version;
        extension = "zip";
        hash = "sha256-AAAA";
      };

      cargoRoot = "src/rust";

      cargoDeps = rustPlatform.fetchCargoVendor {
        inherit (finalAttrs)
          pname
          version
          src
          cargoRoot
          ;
        hash = "sha256-BBBB";
      };

      build-system = [
        setuptools
        setuptools-rust
      ];

      nativeBuildInputs = [
        pkg-config
        cargo
        cmake
        rustPlatform.bindgenHook
        rustPlatform.cargoSetupHook
        rustc
      ]
      ++ lib.optionals stdenv.hostPlatform.isLinux [ pkgs.protobuf ];

      dontUseCmakeConfigure = true;

      buildInputs = [ openssl ] ++ lib.optionals stdenv.hostPlatform.isLinux [ udev ];

      env = {
        A = "1";
      }
      // lib.optionalAttrs stdenv.hostPlatform.isLinux {
        B = "1";
      };

      dependencies = [
        protobuf
        uvicorn
      ]
      ++ uvicorn.optional-dependencies.standard;

      optional-dependencies = {
        fast = [ orjson ];
      };

      pythonImportsCheck = [ "rpds" ];

      meta = {
        license = [
          lib.licenses.asl20
          lib.licenses.mit
        ];
        maintainers = [ ];
      };
    })
    "#);
}

#[test]
fn an_adjacent_lock_is_linked_into_the_source() {
    let mut package = example();
    package.source = PackageSource::Folder {
        path: "../work".into(),
        is_named: true,
    };
    package.cargo_deps = CargoDeps::Lock {
        path: "rpds-py.lock".into(),
        output_hashes: [("a-1.0.0".to_owned(), "sha256-CCCC".to_owned())].into(),
        extra_registries: BTreeMap::new(),
        replaces: true,
    };
    package.folders = BuildFolders {
        source_root: "crates/py".into(),
        subdirectory: ".".into(),
        cargo_root: "../..".into(),
    };
    insta::assert_snapshot!(package.print(), @r#"
    {
      buildPythonPackage,
      rustPlatform,
    }:
    buildPythonPackage {
      pname = "rpds-py";
      version = "0.30.0";
      pyproject = true;
      __structuredAttrs = true;

      src = builtins.path {
        path = ../work;
        name = "source";
      };

      sourceRoot = "source/crates/py";
      cargoRoot = "../..";

      postPatch = ''
        chmod u+w ../..
        ln -sf ${./rpds-py.lock} ../../Cargo.lock
      '';

      cargoDeps = rustPlatform.importCargoLock {
        lockFile = ./rpds-py.lock;
        outputHashes = {
          "a-1.0.0" = "sha256-CCCC";
        };
      };

      nativeBuildInputs = [
        rustPlatform.cargoSetupHook
        rustPlatform.maturinBuildHook
      ];

      env.CARGO_TARGET_DIR = "./target";

      pythonImportsCheck = [ "rpds" ];

      meta = {
        maintainers = [ ];
      };
    }
    "#);
}

#[test]
fn maturin_builds_in_a_folder_of_the_workspace() {
    let mut package = example();
    package.source = PackageSource::Folder {
        path: ".".into(),
        is_named: false,
    };
    package.folders.subdirectory = "crates/py".into();
    let text = package.print();
    assert!(text.contains("src = ./.;"), "{text}");
    assert!(
        text.contains("buildAndTestSubdir = \"crates/py\";"),
        "{text}"
    );
    assert!(!text.contains("cargoRoot"), "{text}");
}

#[test]
fn hostile_texts_stay_texts() {
    let evil = "a\"; x = ${builtins.abort \"\"}; ''\\\n\t$";
    let mut package = example();
    package.version = evil.to_owned();
    package.source = PackageSource::Sdist {
        name: evil.to_owned(),
        version: Some(evil.to_owned()),
        extension: None,
        hash: evil.to_owned(),
    };
    package.cargo_deps = CargoDeps::Lock {
        path: evil.into(),
        output_hashes: [(evil.to_owned(), evil.to_owned())].into(),
        extra_registries: BTreeMap::new(),
        replaces: false,
    };
    package.folders = BuildFolders {
        source_root: evil.into(),
        subdirectory: evil.into(),
        cargo_root: evil.into(),
    };
    package.build_system = system(&["x;y", "${a}", "or", "\"q\""]);
    package.dependencies = system(&["a b", "ok[x\"; y]"]);
    package.extras = [(evil.to_owned(), system(&["ok"]))].into();
    package.imports = vec![evil.to_owned()];
    package.meta = Meta {
        description: Some(evil.to_owned()),
        homepage: Some(evil.to_owned()),
        changelog: Some(evil.to_owned()),
        licenses: vec![evil.to_owned()],
        main_program: Some(evil.to_owned()),
    };
    let text = package.print();
    let parsed = rnix::Root::parse(&text);
    assert_eq!(parsed.errors(), &[], "{text}");
    // Every text is printed with its value unchanged, here the description.
    let printed = print(&Expr::string(evil));
    assert!(
        text.contains(&format!("description = {};", printed.trim_end())),
        "{text}"
    );
}
