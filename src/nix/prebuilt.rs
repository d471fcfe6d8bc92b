//! The stanza of a package that is taken from nixpkgs' Python packages, with
//! `hacks.nixpkgsPrebuilt` of pyproject.nix.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expr::{Expr, Parameter, Part};
use super::platforms::build_system_expr;
use super::stanza::{Guard, guarded_value};
use crate::build_system::BuildSystem;
use crate::project::PythonName;
use crate::target::Platform;

/// A stanza that takes a package from nixpkgs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prebuilt {
    /// The package, and the name of the attribute.
    pub name: PythonName,
    /// An attribute path below nixpkgs' packages for the set's Python.
    pub attr: String,
    /// Dependencies of the locked package that nixpkgs' build doesn't need.
    pub drop: Vec<Dropped>,
    /// Whether a version other than the lock's is an error and not a warning.
    pub strict: bool,
    /// Set if uv2nix refuses the package on one of the platforms. Its attribute
    /// of the package set throws there, so that the stanza has to do without.
    #[serde(default)]
    pub refused: Option<RefusedPackage>,
}

/// What the lockfile says about a package that uv2nix refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedPackage {
    /// Why uv2nix refuses it.
    pub why: String,
    /// The versions that the platforms have.
    pub versions: BTreeSet<String>,
    /// The platforms that have the package.
    pub platforms: BTreeSet<Platform>,
    /// The dependencies on each platform, with the extras that are asked of
    /// them, without those to drop.
    pub dependencies: BuildSystem,
    /// The dependencies of each extra.
    pub optional_dependencies: BTreeMap<String, BuildSystem>,
}

impl RefusedPackage {
    /// A package with the attributes that `hacks.nixpkgsPrebuilt` and the
    /// resolver of virtual environments read.
    fn stand_in(&self) -> Expr {
        let dependencies = |dependencies| build_system_expr(dependencies, &self.platforms);
        let mut passthru = vec![("dependencies", dependencies(&self.dependencies))];
        if !self.optional_dependencies.is_empty() {
            let extras = self.optional_dependencies.iter();
            let extras = extras.map(|(extra, needs)| (extra, dependencies(needs)));
            passthru.push(("optional-dependencies", Expr::attr_set(extras)));
        }
        let hook = Expr::var("final").select(["pyprojectHook"]);
        let stand_in = Expr::attr_set([
            ("nativeBuildInputs", Expr::List(vec![hook])),
            ("passthru", Expr::attr_set(passthru)),
        ]);
        stand_in.commented(Some(&format!("uv2nix refuses the package: {}", self.why)))
    }
}

/// Dependencies that nixpkgs' build doesn't need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// A name, or a prefix that ends in `-`.
    pub name: String,
    /// Why.
    pub why: Option<String>,
}

impl Dropped {
    /// Whether this drops the dependency `name`.
    pub fn matches(&self, name: &str) -> bool {
        if self.name.ends_with('-') {
            name.starts_with(&self.name)
        } else {
            name == self.name
        }
    }

    /// The condition that the dependency `name` isn't one of these.
    fn is_other(&self) -> Expr {
        let dropped = Expr::string(&self.name);
        let name = Expr::var("name");
        let condition = if self.name.ends_with('-') {
            call("lib", "hasPrefix", [dropped, name]).negated()
        } else {
            name.differs_from(dropped)
        };
        condition.commented(self.why.as_deref())
    }
}

/// `library.function arguments`
fn call(library: &'static str, function: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    let function = Expr::var(library).select([function]);
    arguments.into_iter().fold(function, Expr::apply)
}

impl Prebuilt {
    /// The value of the attribute. `guard` is what handles a package that the
    /// set lacks.
    pub(super) fn value(&self, guard: Guard) -> Expr {
        let arguments = [("from", self.from()), ("prev", self.prev())];
        let built = call("hacks", "nixpkgsPrebuilt", [Expr::attr_set(arguments)]);
        guarded_value(self.name.as_str(), built, guard)
    }

    /// The package of nixpkgs, if it has the version of the lock.
    fn from(&self) -> Expr {
        let check = if self.strict { "throwIf" } else { "warnIf" };
        let package = self.nixpkgs_package([]);
        match self.versions_differ() {
            Some(differ) => call("lib", check, [differ, self.message(), package]),
            None => package,
        }
    }

    /// The package of nixpkgs, or an attribute of it.
    fn nixpkgs_package<const N: usize>(&self, below: [&str; N]) -> Expr {
        let path = ["python", "pkgs"].into_iter().chain(self.attr.split('.'));
        Expr::var("prev").select(path.chain(below))
    }

    /// The package of the set, or an attribute of it.
    fn locked_package<const N: usize>(&self, below: [&str; N]) -> Expr {
        let path = [self.name.as_str()].into_iter().chain(below);
        Expr::var("prev").select(path)
    }

    /// Compares the public versions: the local part behind a `+` (PEP 440)
    /// depends on who built the package. `None` if the lock has no version.
    fn versions_differ(&self) -> Option<Expr> {
        let public = |version: Expr| {
            let parts = call("lib", "splitString", [Expr::string("+"), version]);
            call("lib", "head", [parts])
        };
        let found = public(self.nixpkgs_package(["version"]));
        let Some(refused) = &self.refused else {
            return Some(found.differs_from(public(self.locked_package(["version"]))));
        };
        let versions = refused.versions.iter();
        let versions = versions.map(|version| version.split('+').next().unwrap_or_default());
        match &versions.collect::<Vec<_>>()[..] {
            [] => None,
            [version] => Some(found.differs_from(Expr::string(version))),
            several => Some(call("lib", "elem", [found, Expr::strings(several)]).negated()),
        }
    }

    fn message(&self) -> Expr {
        let locked = match &self.refused {
            None => Part::Expr(self.locked_package(["version"])),
            Some(refused) => {
                let versions: Vec<_> = refused.versions.iter().map(String::as_str).collect();
                Part::text(&versions.join(" or "))
            }
        };
        Expr::Template(vec![
            Part::text(&format!("{}: nixpkgs has version ", self.name)),
            Part::Expr(self.nixpkgs_package(["version"])),
            Part::text(", and the lock says "),
            locked,
        ])
    }

    /// The package of the set, without the dependencies to drop.
    fn prev(&self) -> Expr {
        if let Some(refused) = &self.refused {
            return refused.stand_in();
        }
        let mut conditions = self.drop.iter().map(Dropped::is_other);
        let Some(first) = conditions.next() else {
            return self.locked_package([]);
        };
        let is_kept = conditions
            .fold(first, Expr::and)
            .lambda(Parameter::name("_"))
            .lambda(Parameter::name("name"));
        let dependencies = Expr::var("old").select(["passthru", "dependencies"]);
        let kept = call("lib", "filterAttrs", [is_kept, dependencies]);
        let passthru = Expr::var("old")
            .select(["passthru"])
            .update(Expr::attr_set([("dependencies", kept)]));
        let overrides = Expr::attr_set([("passthru", passthru)]);
        self.locked_package(["overrideAttrs"])
            .apply(overrides.lambda(Parameter::name("old")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::{AnyStanza, Names};

    fn torch(drop: &[(&str, &str)]) -> AnyStanza {
        let dropped = drop.iter().map(|(name, why)| Dropped {
            name: (*name).to_owned(),
            why: Some((*why).to_owned()).filter(|why| !why.is_empty()),
        });
        AnyStanza::Prebuilt(Box::new(Prebuilt {
            name: PythonName::new("torch"),
            attr: "torchWithoutCuda".to_owned(),
            drop: dropped.collect(),
            strict: false,
            refused: None,
        }))
    }

    /// A package with wheels for other Pythons only.
    fn onnxruntime(versions: &[&str]) -> AnyStanza {
        let needs = |names: &[&str], on: &[Platform]| -> BuildSystem {
            let on: BTreeMap<_, BTreeSet<String>> =
                on.iter().map(|each| (*each, BTreeSet::new())).collect();
            let names = names.iter().map(|name| PythonName::new(name));
            names.map(|name| (name, on.clone())).collect()
        };
        let mut dependencies = needs(&["numpy"], &Platform::DEFAULT);
        dependencies.extend(needs(&["coremltools"], &[Platform::Aarch64Darwin]));
        let extra = needs(&["sympy"], &Platform::DEFAULT);
        AnyStanza::Prebuilt(Box::new(Prebuilt {
            name: PythonName::new("onnxruntime"),
            attr: "onnxruntime".to_owned(),
            drop: Vec::new(),
            strict: true,
            refused: Some(RefusedPackage {
                why: "no wheel fits, and the lock has no sdist".to_owned(),
                versions: versions.iter().map(|&version| version.to_owned()).collect(),
                platforms: Platform::DEFAULT.into(),
                dependencies,
                optional_dependencies: [("symbolic".to_owned(), extra)].into(),
            }),
        }))
    }

    #[test]
    fn a_refused_package_is_never_looked_at() {
        let text = onnxruntime(&["1.21.0"]).print_at(2, Guard::Set, &Names::default());
        insta::assert_snapshot!(text, @r#"
        onnxruntime = hacks.nixpkgsPrebuilt {
          from =
            lib.throwIf (lib.head (lib.splitString "+" prev.python.pkgs.onnxruntime.version) != "1.21.0")
              "onnxruntime: nixpkgs has version ${prev.python.pkgs.onnxruntime.version}, and the lock says 1.21.0"
              prev.python.pkgs.onnxruntime;
          # uv2nix refuses the package: no wheel fits, and the lock has no sdist
          prev = {
            nativeBuildInputs = [ final.pyprojectHook ];
            passthru = {
              dependencies = {
                numpy = [ ];
              }
              // lib.optionalAttrs pkgs.stdenv.hostPlatform.isDarwin {
                coremltools = [ ];
              };
              optional-dependencies = {
                symbolic = {
                  sympy = [ ];
                };
              };
            };
          };
        };
        "#);
        assert!(!text.contains("prev.onnxruntime"), "{text}");
    }

    #[test]
    fn a_refused_package_may_have_several_versions_or_none() {
        let condition =
            |versions: &[&str]| onnxruntime(versions).print_at(2, Guard::Set, &Names::default());
        let text = condition(&["1.20.0", "1.21.0+cpu"]);
        assert!(
            text.contains("the lock says 1.20.0 or 1.21.0+cpu"),
            "{text}"
        );
        assert!(text.contains("\"1.21.0\""), "{text}");
        let text = condition(&[]);
        assert!(
            text.contains("from = prev.python.pkgs.onnxruntime;"),
            "{text}"
        );
    }

    #[test]
    fn dependencies_are_dropped_by_a_condition_on_the_name() {
        let stanza = torch(&[("nvidia-", "CUDA"), ("triton", "of the wheel")]);
        insta::assert_snapshot!(stanza.print_at(2, Guard::Set, &Names::default()), @r#"
        torch = hacks.nixpkgsPrebuilt {
          from =
            lib.warnIf
              (
                lib.head (lib.splitString "+" prev.python.pkgs.torchWithoutCuda.version)
                != lib.head (lib.splitString "+" prev.torch.version)
              )
              "torch: nixpkgs has version ${prev.python.pkgs.torchWithoutCuda.version}, and the lock says ${prev.torch.version}"
              prev.python.pkgs.torchWithoutCuda;
          prev = prev.torch.overrideAttrs (old: {
            passthru = old.passthru // {
              dependencies = lib.filterAttrs (
                name: _:
                # CUDA
                !lib.hasPrefix "nvidia-" name
                # of the wheel
                && name != "triton"
              ) old.passthru.dependencies;
            };
          });
        };
        "#);
    }

    #[test]
    fn without_reasons_the_condition_is_on_one_line() {
        let stanza = torch(&[("nvidia-", ""), ("triton", "")]);
        let text = stanza.print_at(2, Guard::Set, &Names::default());
        let condition =
            "\n        name: _: !lib.hasPrefix \"nvidia-\" name && name != \"triton\"\n";
        assert!(text.contains(condition), "{text}");
        let text = torch(&[("triton", "")]).print_at(2, Guard::Set, &Names::default());
        assert!(text.contains("(name: _: name != \"triton\") old"), "{text}");
    }

    #[test]
    fn alone_it_guards_itself() {
        insta::assert_snapshot!(torch(&[]).print_at(2, Guard::Stanza, &Names::default()), @r#"
        torch =
          if prev ? torch then
            hacks.nixpkgsPrebuilt {
              from =
                lib.warnIf
                  (
                    lib.head (lib.splitString "+" prev.python.pkgs.torchWithoutCuda.version)
                    != lib.head (lib.splitString "+" prev.torch.version)
                  )
                  "torch: nixpkgs has version ${prev.python.pkgs.torchWithoutCuda.version}, and the lock says ${prev.torch.version}"
                  prev.python.pkgs.torchWithoutCuda;
              prev = prev.torch;
            }
          else
            null;
        "#);
    }
}
