use super::overlay::PARAMETERS;
use super::*;
use crate::python_lock::{self, DefaultGroups};
use std::collections::BTreeMap;

fn flake() -> Flake {
    Flake {
        name: "app".to_owned(),
        python_minor: 13,
        preference: Preference::Wheel,
        overlay: ImportedOverlay::generated("overlay.nix".to_owned()),
        python_version: None,
        platforms: Platform::DEFAULT.to_vec(),
        dependencies: Dependencies::default(),
        has_tables_of_requirements: false,
        missing_build_systems: BTreeSet::new(),
        shell: Shell {
            editable: vec!["app".to_owned()],
            ..Shell::default()
        },
    }
}

/// `cpu` of `app` and `app-2` exclude each other; `app` has all groups.
fn conflicts() -> Dependencies {
    let lock = "version = 1\nconflicts = [[{ package = \"app\", extra = \"cpu\" }, \
        { package = \"app\", group = \"gpu\" }, { package = \"2-app\", extra = \"x\" }]]\n\
        [[package]]\nname = \"app\"\nsource = { virtual = \".\" }\n\
        [package.optional-dependencies]\ncpu = []\n";
    let lock = python_lock::parse("uv.lock", lock).unwrap();
    let groups = (PythonName::new("app"), DefaultGroups::All);
    Dependencies::choose(&lock, &BTreeMap::from([groups]))
}

/// Flakes of every shape.
fn shapes() -> Vec<Flake> {
    let names = || vec!["app".to_owned(), "other-package".to_owned()];
    let nothing = Vec::new;
    let mut all = Vec::new();
    for (editable, with_editables) in [
        (nothing(), nothing()),
        (names(), nothing()),
        (names(), names()),
    ] {
        for other in [false, true] {
            let mut flake = flake();
            if other {
                flake.dependencies = conflicts();
                flake.python_version = Some("3.13.2".to_owned());
                flake.has_tables_of_requirements = true;
                flake.missing_build_systems = BTreeSet::from([PythonName::new("versioningit")]);
            }
            flake.shell = Shell {
                editable: editable.clone(),
                has_others: other,
                with_editables: with_editables.clone(),
                has_rust: other,
            };
            if other {
                flake.overlay.parameters.clear();
                flake.overlay.path = "nix/some folder/overlay.nix".to_owned();
            }
            all.push(flake);
        }
    }
    all
}

#[test]
fn every_flake_is_in_nixfmt_s_layout() {
    for flake in shapes() {
        let text = flake.print();
        assert_eq!(nixfmt_rs::format(&text).unwrap(), text);
        let parsed = rnix::Root::parse(&text);
        assert!(parsed.errors().is_empty(), "{text}");
        assert!(!text.contains('@'), "{text}");
    }
}

#[test]
fn wiring_is_a_list_of_attributes() {
    let existing = ["{ }", "{ inputs.uv2nix = { }; x = mkPyprojectOverlay; }"];
    for flake in shapes() {
        for existing in existing {
            let existing = ExistingFlake::read(existing).unwrap();
            let set = format!("{{\n{}}}\n", flake.wiring(&existing));
            let parsed = rnix::Root::parse(&set);
            assert!(parsed.errors().is_empty(), "{set}");
        }
    }
}

#[test]
fn names_are_escaped() {
    let evil = "a\"; b = ${x} '' @name@";
    let flake = Flake {
        name: evil.to_owned(),
        overlay: ImportedOverlay::generated(format!("{evil}.nix")),
        shell: Shell {
            editable: vec![evil.to_owned()],
            has_others: true,
            with_editables: vec![evil.to_owned()],
            has_rust: true,
        },
        ..flake()
    };
    let text = flake.print();
    let ours = text.matches(r#"a\"; b = \${x} '' @name@"#).count();
    assert_eq!(ours, text.matches("b = ").count());
    assert!(rnix::Root::parse(&text).errors().is_empty());
}

#[test]
fn a_flake_of_one_package() {
    insta::assert_snapshot!(flake().print());
}

#[test]
fn conflicts_hatchling_and_rust() {
    let flake = shapes().pop().unwrap();
    let text = flake.print();
    let (_, set) = text.split_once("system:").unwrap();
    insta::assert_snapshot!(set);
}

#[test]
fn inputs_and_paths_are_read_from_the_syntax() {
    let read = |text: &str| {
        let flake = ExistingFlake::read(text).unwrap();
        FlakeInput::ALL.map(|input| flake.input_name(input).unwrap_or("-").to_owned())
    };
    for (text, inputs) in [
        ("{ outputs = { self }: { }; }", ["-", "-", "-", "-"]),
        (
            "{ inputs.nixpkgs.url = \"nixpkgs/nixos-unstable\"; inputs.pyproject-nix.follows = \"uv2nix/pyproject-nix\"; }",
            ["nixpkgs", "pyproject-nix", "-", "-"],
        ),
        (
            r#"{ inputs = {
                unstable = { url = "github:NixOS/nixpkgs"; };
                stable.url = "github:NixOS/nixpkgs/nixos-26.05";
                "uv".url = "git+https://example.org/forks/uv2nix.git?ref=main";
                systems.url = "github:pyproject-nix/build-system-pkgs";
                ${x}.url = "github:pyproject-nix/pyproject.nix";
            }; }"#,
            ["unstable", "-", "uv", "systems"],
        ),
    ] {
        assert_eq!(read(text), inputs, "{text}");
    }
    assert!(ExistingFlake::read("{ inputs = ").is_none());
    assert!(ExistingFlake::read("x: x").is_none());
    let flake = ExistingFlake::read("{ a = import ./nix/overlay.nix { }; }").unwrap();
    assert!(flake.mentions_path("nix/overlay.nix") && !flake.mentions_path("overlay.nix"));
}

#[test]
fn wiring_uses_the_flake_s_names_of_inputs() {
    let text = r#"{
      inputs.unstable.url = "github:NixOS/nixpkgs";
      inputs.uv2nix.url = "github:pyproject-nix/uv2nix";
      inputs.pyproject.url = "github:pyproject-nix/pyproject.nix";
      outputs = inputs: inputs.x.mkPyprojectOverlay;
    }"#;
    let existing = ExistingFlake::read(text).unwrap();
    insta::assert_snapshot!(flake().wiring(&existing), @r#"
    # Into `inputs`, and by their names into the arguments of `outputs`:
    pyproject-build-systems = {
      url = "github:pyproject-nix/build-system-pkgs";
      inputs.nixpkgs.follows = "unstable";
      inputs.pyproject-nix.follows = "pyproject";
      inputs.uv2nix.follows = "uv2nix";
    };

    # Into the `let` where the package set is made, with nixpkgs' `pkgs` and `lib`:
    hacks = pkgs.callPackage pyproject.build.hacks { };
    rustOverlay = import ./overlay.nix { inherit pkgs lib hacks; };

    # The set, with `rustOverlay` behind uv2nix' overlay:
    pythonSet = (pkgs.callPackage pyproject.build.packages { inherit python; }).overrideScope (
      lib.composeManyExtensions [
        pyproject-build-systems.overlays.wheel
        (workspace.mkPyprojectOverlay { sourcePreference = "wheel"; })
        rustOverlay
      ]
    );
    "#);
}

#[test]
fn wiring_for_a_flake_with_nothing() {
    let existing = ExistingFlake::read("{ }").unwrap();
    insta::assert_snapshot!(flake().wiring(&existing), @r#"
    # Into `inputs`, and by their names into the arguments of `outputs`:
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    pyproject-nix = {
      url = "github:pyproject-nix/pyproject.nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
    uv2nix = {
      url = "github:pyproject-nix/uv2nix";
      inputs.nixpkgs.follows = "nixpkgs";
      inputs.pyproject-nix.follows = "pyproject-nix";
    };
    pyproject-build-systems = {
      url = "github:pyproject-nix/build-system-pkgs";
      inputs.nixpkgs.follows = "nixpkgs";
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
    environment = pythonSet.mkVirtualEnv "app-env" workspace.deps.default;
    "#);
}

#[test]
fn an_overlay_is_imported_with_its_parameters() {
    for (text, takes) in [
        ("final: prev: { }", &[][..]),
        ("{ pkgs, hacks }: final: prev: { }", &["pkgs", "hacks"]),
        ("{ pkgs, ... }: final: prev: { }", &PARAMETERS),
        ("{ }", &PARAMETERS),
        ("nonsense }", &PARAMETERS),
    ] {
        let overlay = ImportedOverlay::existing("x".to_owned(), text);
        assert_eq!(overlay.parameters, takes, "{text}");
    }
}
