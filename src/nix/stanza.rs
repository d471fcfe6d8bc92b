//! The stanza of an overlay that builds one Python package with Rust in it.
//!
//! It calls `hacks.importCargoLock` of pyproject.nix, which adds cargo, rustc,
//! pkg-config and the hook that unpacks the crates; the rest is added with
//! `overrideAttrs`.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::expr::{Expr, Ident, NixString, Parameter};
use super::print::print;
use crate::build_system::BuildSystem;
use crate::project::PythonName;

/// What a stanza says.
#[derive(Debug, Clone)]
pub struct Stanza {
    /// The package: the attribute's name.
    pub name: PythonName,
    /// The folder of the lock, `.` for the source root.
    pub cargo_root: Utf8PathBuf,
    /// The Python build system.
    pub build_system: BuildSystem,
    /// Libraries of the host, as attribute paths below `pkgs`.
    pub build_inputs: BTreeSet<String>,
    /// Programs of the build, as attribute paths below `pkgs`.
    pub native_build_inputs: BTreeSet<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Whether cmake's hook must be kept from taking the configure phase.
    pub dont_use_cmake_configure: bool,
}

/// How much is printed around a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// `NAME = ...;`
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`
    File,
}

impl Stanza {
    /// Prints the stanza in nixfmt's layout, with a newline at its end.
    #[must_use]
    pub fn print(&self, form: Form) -> String {
        let set = Expr::AttrSet(vec![(self.name.as_str().into(), self.value())]);
        match form {
            Form::Stanza => inside_braces(&print(&set)),
            Form::Overlay => print(&overlay(set)),
            Form::File => {
                let parameters = ["pkgs", "lib", "hacks"].map(Ident::new).to_vec();
                print(&overlay(set).lambda(Parameter::Open(parameters)))
            }
        }
    }

    fn value(&self) -> Expr {
        let imported = Expr::var("hacks")
            .select(["importCargoLock"])
            .apply(self.import_arguments());
        let overrides = self.overrides();
        if overrides.is_empty() {
            return imported;
        }
        imported
            .select(["overrideAttrs"])
            .apply(Expr::AttrSet(overrides).lambda(Parameter::Name(Ident::new("old"))))
    }

    fn import_arguments(&self) -> Expr {
        let prev = Expr::var("prev").select([self.name.as_str()]);
        let mut arguments = vec![("prev".into(), prev)];
        if self.cargo_root != "." {
            let root = Expr::string(self.cargo_root.as_str());
            arguments.push(("cargoRoot".into(), root));
        }
        Expr::AttrSet(arguments)
    }

    fn overrides(&self) -> Vec<(NixString, Expr)> {
        let mut attributes: Vec<(NixString, Expr)> = Vec::new();
        if let Some(additions) = self.native_additions() {
            let old = Expr::var("old").select(["nativeBuildInputs"]);
            attributes.push(("nativeBuildInputs".into(), old.concat(additions)));
        }
        if !self.build_inputs.is_empty() {
            let old = Expr::var("old")
                .select(["buildInputs"])
                .or(Expr::List(vec![]));
            let inputs = packages(&self.build_inputs);
            attributes.push(("buildInputs".into(), old.concat(inputs)));
        }
        if self.dont_use_cmake_configure {
            attributes.push(("dontUseCmakeConfigure".into(), Expr::var("true")));
        }
        if !self.env.is_empty() {
            let old = Expr::var("old").select(["env"]).or(Expr::AttrSet(vec![]));
            let variables = self
                .env
                .iter()
                .map(|(k, v)| (k.as_str().into(), Expr::string(v)));
            attributes.push(("env".into(), old.update(Expr::AttrSet(variables.collect()))));
        }
        attributes
    }

    /// The build system, then the programs.
    fn native_additions(&self) -> Option<Expr> {
        let build_system = (!self.build_system.is_empty()).then(|| {
            let requirements = self.build_system.iter().map(|(name, extras)| {
                let extras = extras.iter().map(|extra| Expr::string(extra)).collect();
                (name.as_str().into(), Expr::List(extras))
            });
            Expr::var("final")
                .select(["resolveBuildSystem"])
                .apply(Expr::AttrSet(requirements.collect()))
        });
        let programs =
            (!self.native_build_inputs.is_empty()).then(|| packages(&self.native_build_inputs));
        match (build_system, programs) {
            (Some(build_system), Some(programs)) => Some(build_system.concat(programs)),
            (build_system, programs) => build_system.or(programs),
        }
    }
}

fn packages(attributes: &BTreeSet<String>) -> Expr {
    let select = |path: &String| Expr::var("pkgs").select(path.split('.'));
    Expr::List(attributes.iter().map(select).collect())
}

fn overlay(set: Expr) -> Expr {
    set.lambda(Parameter::Name(Ident::new("prev")))
        .lambda(Parameter::Name(Ident::new("final")))
}

/// Takes the attributes out of a printed set, one level of indentation less.
///
/// No string of ours goes over several lines, so every line is layout.
fn inside_braces(set: &str) -> String {
    let lines = set.lines().filter(|line| !matches!(*line, "{" | "}"));
    let unindented = lines.map(|line| line.strip_prefix("  ").unwrap_or(line));
    unindented.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cryptography() -> Stanza {
        let requires = ["maturin", "cffi", "setuptools"];
        Stanza {
            name: PythonName::new("cryptography"),
            cargo_root: ".".into(),
            build_system: requires
                .map(|name| (PythonName::new(name), BTreeSet::new()))
                .into(),
            build_inputs: ["openssl".to_owned()].into(),
            native_build_inputs: BTreeSet::new(),
            env: BTreeMap::new(),
            dont_use_cmake_configure: false,
        }
    }

    #[test]
    fn the_overlay_is_laid_out_as_nixfmt_does() {
        insta::assert_snapshot!(cryptography().print(Form::Overlay), @"
        final: prev: {
          cryptography =
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
              });
        }
        ");
    }

    #[test]
    fn everything_at_once() {
        let mut stanza = cryptography();
        stanza.cargo_root = "src/${rust}".into();
        stanza.build_system.insert(
            PythonName::new("setuptools-scm"),
            ["toml".to_owned()].into(),
        );
        stanza.native_build_inputs = ["protobuf", "rustPlatform.bindgenHook"]
            .map(str::to_owned)
            .into();
        stanza.env = [("OPENSSL_NO_VENDOR".to_owned(), "1".to_owned())].into();
        stanza.dont_use_cmake_configure = true;
        insta::assert_snapshot!(stanza.print(Form::Stanza), @r#"
        cryptography =
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
            });
        "#);
    }

    #[test]
    fn a_file_takes_what_the_overlay_uses() {
        let mut stanza = cryptography();
        stanza.name = PythonName::new("3to2");
        stanza.build_system.clear();
        stanza.build_inputs.clear();
        insta::assert_snapshot!(stanza.print(Form::File), @r#"
        {
          pkgs,
          lib,
          hacks,
          ...
        }:
        final: prev: {
          "3to2" = hacks.importCargoLock {
            prev = prev."3to2";
          };
        }
        "#);
        insta::assert_snapshot!(stanza.print(Form::Stanza), @r#"
        "3to2" = hacks.importCargoLock {
          prev = prev."3to2";
        };
        "#);
    }
}
