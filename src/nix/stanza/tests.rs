use super::*;
use crate::nix::{AnyStanza, Names, print_all};
use crate::project::PythonName;

fn printed(stanza: &Stanza, form: Form) -> String {
    print_all(&[stanza.clone().into()], form)
}

type Row = (PythonName, BTreeMap<Platform, BTreeSet<String>>);

fn everywhere(name: &str, extras: &[&str]) -> Row {
    let extras: BTreeSet<_> = extras.iter().map(|e| (*e).to_owned()).collect();
    let platforms = Platform::DEFAULT.map(|platform| (platform, extras.clone()));
    (PythonName::new(name), platforms.into())
}

/// An attribute path that some platforms need.
fn on(attr: &str, platforms: &[Platform]) -> (String, BTreeSet<Platform>) {
    (attr.to_owned(), platforms.iter().copied().collect())
}

/// A variable that is set on all platforms.
fn variable(name: &str, value: EnvValue) -> (String, BTreeMap<EnvValue, BTreeSet<Platform>>) {
    let everywhere = Platform::DEFAULT.into();
    (name.to_owned(), [(value, everywhere)].into())
}

#[test]
fn inputs_of_some_platforms_are_guarded() {
    use Platform::{Aarch64Linux, X86_64Linux};
    let mut stanza = cryptography();
    stanza.build_system.clear();
    stanza
        .build_inputs
        .extend([on("pcsclite", &[Aarch64Linux, X86_64Linux])]);
    stanza.native_build_inputs = [on("nasm", &[X86_64Linux])].into();
    let prefix = EnvValue::InPackage {
        package: "shaderc.lib".to_owned(),
        path: "/lib".to_owned(),
    };
    stanza.env = [variable("SHADERC_LIB_DIR", prefix)].into();
    let page = EnvValue::Text("16".to_owned());
    let on_arm = BTreeMap::from([(page, [Aarch64Linux].into())]);
    stanza
        .env
        .insert("JEMALLOC_SYS_WITH_LG_PAGE".to_owned(), on_arm);
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    cryptography =
      if prev ? cryptography && (prev.cryptography.passthru.format or null) != "wheel" then
        (hacks.importCargoLock {
          prev = prev.cryptography;
        }).overrideAttrs
          (old: {
            nativeBuildInputs =
              old.nativeBuildInputs ++ lib.optionals pkgs.stdenv.hostPlatform.isx86_64 [ pkgs.nasm ];
            buildInputs =
              (old.buildInputs or [ ])
              ++ [ pkgs.openssl ]
              ++ lib.optionals pkgs.stdenv.hostPlatform.isLinux [ pkgs.pcsclite ];
            env =
              (old.env or { })
              // {
                SHADERC_LIB_DIR = "${pkgs.shaderc.lib}/lib";
              }
              // lib.optionalAttrs (builtins.elem pkgs.stdenv.hostPlatform.system [ "aarch64-linux" ]) {
                JEMALLOC_SYS_WITH_LG_PAGE = "16";
              };
          })
      else
        prev.cryptography or null;
    "#);
}

fn cryptography() -> Stanza {
    let requires = ["maturin", "cffi", "setuptools"];
    Stanza {
        name: PythonName::new("cryptography"),
        cargo: Some(CargoLockImport {
            cargo_root: ".".into(),
            lock_file: None,
            output_hashes: BTreeMap::new(),
            revisions: BTreeMap::new(),
            extra_registries: BTreeMap::new(),
            toolchain: None,
        }),
        patches: Vec::new(),
        kind: SourceKind::Registry,
        source: None,
        build_system: requires.map(|name| everywhere(name, &[])).into(),
        without_extras: BTreeMap::new(),
        platforms: Platform::DEFAULT.into(),
        build_inputs: [on("openssl", &Platform::DEFAULT)].into(),
        native_build_inputs: BTreeMap::new(),
        env: BTreeMap::new(),
        prefers_wheel: false,
        dont_use_cmake_configure: false,
        reasons: BTreeMap::new(),
        only_version: None,
        otherwise: None,
    }
}

#[test]
fn the_overlay_is_laid_out_as_nixfmt_does() {
    insta::assert_snapshot!(printed(&cryptography(), Form::Overlay), @r#"
    final: prev:
    builtins.intersectAttrs prev {
      cryptography =
        if (prev.cryptography.passthru.format or null) != "wheel" then
          (hacks.importCargoLock {
            prev = prev.cryptography;
          }).overrideAttrs
            (old: {
              nativeBuildInputs =
                old.nativeBuildInputs
                ++ final.resolveBuildSystem {
                  cffi = [ ];
                  maturin = [ ];
                  setuptools = [ ];
                };
              buildInputs = (old.buildInputs or [ ]) ++ [ pkgs.openssl ];
            })
        else
          prev.cryptography;
    }
    "#);
}

#[test]
fn a_stanza_can_have_everything_at_once() {
    let mut stanza = cryptography();
    stanza.cargo.as_mut().unwrap().cargo_root = "src/${rust}".into();
    let row = everywhere("setuptools-scm", &["toml"]);
    stanza.build_system.extend([row]);
    stanza.native_build_inputs = ["protobuf", "rustPlatform.bindgenHook"]
        .map(|attr| on(attr, &Platform::DEFAULT))
        .into();
    stanza.env = [variable(
        "OPENSSL_NO_VENDOR",
        EnvValue::Text("1".to_owned()),
    )]
    .into();
    stanza.dont_use_cmake_configure = true;
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    cryptography =
      if prev ? cryptography && (prev.cryptography.passthru.format or null) != "wheel" then
        (hacks.importCargoLock {
          prev = prev.cryptography;
          cargoRoot = "src/\${rust}";
        }).overrideAttrs
          (old: {
            nativeBuildInputs =
              old.nativeBuildInputs
              ++ final.resolveBuildSystem {
                cffi = [ ];
                maturin = [ ];
                setuptools = [ ];
                setuptools-scm = [ "toml" ];
              }
              ++ [
                pkgs.protobuf
                pkgs.rustPlatform.bindgenHook
              ];
            buildInputs = (old.buildInputs or [ ]) ++ [ pkgs.openssl ];
            dontUseCmakeConfigure = true;
            env = (old.env or { }) // {
              OPENSSL_NO_VENDOR = "1";
            };
          })
      else
        prev.cryptography or null;
    "#);
}

#[test]
fn a_file_is_a_function_of_what_the_overlay_uses() {
    let mut stanza = cryptography();
    stanza.name = PythonName::new("3to2");
    stanza.build_system.clear();
    stanza.build_inputs.clear();
    insta::assert_snapshot!(printed(&stanza, Form::File), @r#"
    {
      pkgs,
      lib,
      hacks,
      ...
    }:
    final: prev:
    builtins.intersectAttrs prev {
      "3to2" =
        if (prev."3to2".passthru.format or null) != "wheel" then
          hacks.importCargoLock {
            prev = prev."3to2";
          }
        else
          prev."3to2";
    }
    "#);
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    "3to2" =
      if prev ? "3to2" && (prev."3to2".passthru.format or null) != "wheel" then
        hacks.importCargoLock {
          prev = prev."3to2";
        }
      else
        prev."3to2" or null;
    "#);
}

#[test]
fn an_adjacent_lock_is_copied_into_the_source() {
    let mut stanza = cryptography();
    stanza.build_system.clear();
    stanza.build_inputs.clear();
    stanza.cargo.as_mut().unwrap().cargo_root = "src/it's rust".into();
    stanza.cargo.as_mut().unwrap().lock_file = Some(AdjacentCargoLock {
        path: "cryptography.lock".into(),
        is_copied: true,
    });
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    cryptography =
      if prev ? cryptography && (prev.cryptography.passthru.format or null) != "wheel" then
        (hacks.importCargoLock {
          prev = prev.cryptography;
          cargoRoot = "src/it's rust";
          doUnpack = false;
          importCargoLockArgs = {
            lockFile = ./cryptography.lock;
          };
        }).overrideAttrs
          (old: {
            postPatch = "${old.postPatch or ""}\ninstall -m 644 ${./cryptography.lock} 'src/it'\\''s rust/Cargo.lock'\n";
          })
      else
        prev.cryptography or null;
    "#);
}

#[test]
fn a_folder_above_is_made_writable_for_the_lock() {
    let mut stanza = cryptography();
    stanza.cargo.as_mut().unwrap().cargo_root = "../..".into();
    stanza.cargo.as_mut().unwrap().lock_file = Some(AdjacentCargoLock {
        path: "x.lock".into(),
        is_copied: true,
    });
    let printed = printed(&stanza, Form::Stanza);
    let script = "\\nchmod u+w ../..\\ninstall -m 644 ${./x.lock} ../../Cargo.lock\\n";
    assert!(printed.contains(script), "{printed}");
}

#[test]
fn a_workspace_above_the_package_becomes_the_source() {
    let mut stanza = cryptography();
    stanza.build_system.clear();
    stanza.build_inputs.clear();
    stanza.cargo.as_mut().unwrap().cargo_root = "../..".into();
    stanza.cargo.as_mut().unwrap().lock_file = Some(AdjacentCargoLock {
        path: "../Cargo.lock".into(),
        is_copied: false,
    });
    stanza.source = Some(SourceOverride {
        path: "../a b".into(),
        python_root: "crates/core".into(),
    });
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    cryptography =
      if prev ? cryptography && (prev.cryptography.passthru.format or null) != "wheel" then
        (hacks.importCargoLock {
          prev = prev.cryptography;
          cargoRoot = "../..";
          importCargoLockArgs = {
            lockFile = ../Cargo.lock;
          };
        }).overrideAttrs
          (old: {
            src = builtins.path {
              path = ./. + "/../a b";
              name = "source";
            };
            sourceRoot = "source/crates/core";
            env = (old.env or { }) // {
              CARGO_TARGET_DIR = "./target";
            };
          })
      else
        prev.cryptography or null;
    "#);
}

fn without_rust(system: &[Row]) -> Stanza {
    Stanza {
        cargo: None,
        build_system: system.iter().cloned().collect(),
        build_inputs: BTreeMap::new(),
        env: BTreeMap::new(),
        reasons: BTreeMap::new(),
        ..cryptography()
    }
}

#[test]
fn a_build_system_alone_takes_at_most_five_lines() {
    let stanza = without_rust(&[
        everywhere("flit-core", &[]),
        everywhere("setuptools-scm", &["rich"]),
    ]);
    insta::assert_snapshot!(printed(&stanza, Form::Overlay), @r#"
    final: prev:
    builtins.intersectAttrs prev {
      cryptography = prev.cryptography.overrideAttrs (old: {
        ${if old.passthru.format or null != "wheel" then "nativeBuildInputs" else null} =
          old.nativeBuildInputs
          ++ final.resolveBuildSystem { flit-core = [ ]; setuptools-scm = [ "rich" ]; };
      });
    }
    "#);
}

#[test]
fn setuptools_and_wheel_are_the_default_of_the_package_set() {
    let stanza = without_rust(&[everywhere("setuptools", &[]), everywhere("wheel", &[])]);
    let text = printed(&stanza, Form::Stanza);
    assert!(text.contains("final.resolveBuildSystem { };\n"), "{text}");
}

#[test]
fn a_version_is_part_of_the_short_guard() {
    let mut stanza = without_rust(&[everywhere("setuptools", &[])]);
    stanza.only_version = Some("1.0".to_owned());
    let text = printed(&stanza, Form::Stanza);
    let guard = "${if old.version == \"1.0\" && old.passthru.format or null != \"wheel\" then";
    assert!(text.contains(guard), "{text}");
}

#[test]
fn a_source_that_is_patched_has_the_long_guard() {
    let mut stanza = without_rust(&[everywhere("setuptools", &[])]);
    stanza.patches = vec!["sed -i 's/a/b/' setup.py".to_owned()];
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    cryptography =
      if prev ? cryptography && (prev.cryptography.passthru.format or null) != "wheel" then
        prev.cryptography.overrideAttrs (old: {
          postPatch = "${old.postPatch or ""}\nsed -i 's/a/b/' setup.py\n";
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              setuptools = [ ];
            };
        })
      else
        prev.cryptography or null;
    "#);
}

#[test]
fn each_comment_stays_above_its_own_value() {
    let mut stanza = cryptography();
    stanza.build_system.clear();
    stanza.build_inputs.clear();
    let texts = |texts: [(&str, &str); 2]| texts.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    let cargo = stanza.cargo.as_mut().unwrap();
    cargo.output_hashes = texts([("plug-p-0.1.0", "sha256-A="), ("plug-q-0.1.0", "sha256-B=")]);
    cargo.revisions = texts([("plug-p-0.1.0", "d1c1"), ("plug-q-0.1.0", "2b04")]);
    let one = || EnvValue::Text("1".to_owned());
    stanza.env = ["OPENSSL_NO_VENDOR", "RUSTC_BOOTSTRAP"]
        .map(|name| variable(name, one()))
        .into();
    stanza.reasons = texts([
        ("OPENSSL_NO_VENDOR", "openssl-sys"),
        ("RUSTC_BOOTSTRAP", "daft"),
    ]);
    let stanza = AnyStanza::from(stanza);
    for depth in [0, 1, 3] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(stanza.print_at(2 * depth, Guard::Set, &Names::default()), @r#"
            cryptography =
              if (prev.cryptography.passthru.format or null) != "wheel" then
                (hacks.importCargoLock {
                  prev = prev.cryptography;
                  importCargoLockArgs = {
                    outputHashes = {
                      # revision d1c1
                      "plug-p-0.1.0" = "sha256-A=";
                      # revision 2b04
                      "plug-q-0.1.0" = "sha256-B=";
                    };
                  };
                }).overrideAttrs
                  (old: {
                    env = (old.env or { }) // {
                      # openssl-sys
                      OPENSSL_NO_VENDOR = "1";
                      # daft
                      RUSTC_BOOTSTRAP = "1";
                    };
                  })
              else
                prev.cryptography;
            "#);
        }
    }
}

#[test]
fn a_short_stanza_guards_itself_where_no_set_does() {
    let stanza = AnyStanza::from(without_rust(&[everywhere("setuptools", &[])]));
    let first = |guard| {
        stanza
            .print_at(2, guard, &Names::default())
            .lines()
            .next()
            .map(str::to_owned)
    };
    let in_set = "cryptography = prev.cryptography.overrideAttrs (old: {";
    assert_eq!(first(Guard::Set).as_deref(), Some(in_set));
    let alone = "cryptography = if !prev ? cryptography then null else prev.cryptography.overrideAttrs (old: {";
    assert_eq!(first(Guard::Stanza).as_deref(), Some(alone));
}

#[test]
fn a_preferred_wheel_guards_itself_where_no_set_does() {
    let mut stanza = without_rust(&[]);
    stanza.prefers_wheel = true;
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    cryptography =
      if prev ? cryptography then
        prev.cryptography.override {
          sourcePreference = "wheel";
        }
      else
        null;
    "#);
}

#[test]
fn a_long_build_system_takes_a_line_of_its_own() {
    let requires = ["hatch-fancy-pypi-readme", "hatch-vcs", "hatchling"];
    let stanza = without_rust(&requires.map(|name| everywhere(name, &[])));
    let text = AnyStanza::from(stanza).print_at(2, Guard::Set, &Names::default());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(lines[2], "    old.nativeBuildInputs");
    assert!(
        lines[3].starts_with("    ++ final.resolveBuildSystem { hatch-"),
        "{text}"
    );
}

/// A local project that requires setuptools-scm with an extra that the set
/// lacks.
fn local_without_extras() -> Stanza {
    Stanza {
        without_extras: [everywhere("setuptools-scm", &[])].into(),
        platforms: Platform::DEFAULT.into(),
        ..Stanza::new(PythonName::new("app"), SourceKind::Local)
    }
}

#[test]
fn build_requirements_with_extras_that_the_set_lacks_are_replaced() {
    let stanza = local_without_extras();
    assert!(stanza.changes_something());
    insta::assert_snapshot!(printed(&stanza, Form::Stanza), @r#"
    app =
      (prev.app.override {
        # without extras that the package set doesn't have
        resolveBuildSystem =
          requires:
          final.resolveBuildSystem (
            requires
            // {
              setuptools-scm = [ ];
            }
          );
      }).overrideAttrs
        (old: {
          passthru = old.passthru // {
            dependencies =
              old.passthru.dependencies
              // builtins.intersectAttrs old.passthru.dependencies {
                setuptools-scm = [ ];
              };
          };
        });
    "#);
}

#[test]
fn crates_are_imported_into_the_project_that_evaluates() {
    let stanza = Stanza {
        cargo: cryptography().cargo,
        ..local_without_extras()
    };
    let text = printed(&stanza, Form::Stanza);
    let imported = "(hacks.importCargoLock {\n    prev = prev.app.override {\n";
    assert!(text.contains(imported), "{text}");
    assert!(!text.contains("prev.app.overrideAttrs"), "{text}");
}
