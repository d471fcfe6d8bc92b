//! The stanza of a package that is taken from nixpkgs' Python packages, with
//! `hacks.nixpkgsPrebuilt` of pyproject.nix.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expr::{Expr, Parameter, Part};
use super::stanza::{Guard, guarded_value};
use crate::project::PythonName;

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
        call(
            "lib",
            check,
            [self.versions_differ(), self.message(), package],
        )
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
    /// depends on who built the package.
    fn versions_differ(&self) -> Expr {
        let public = |version: Expr| {
            let parts = call("lib", "splitString", [Expr::string("+"), version]);
            call("lib", "head", [parts])
        };
        public(self.nixpkgs_package(["version"]))
            .differs_from(public(self.locked_package(["version"])))
    }

    fn message(&self) -> Expr {
        Expr::Template(vec![
            Part::text(&format!("{}: nixpkgs has version ", self.name)),
            Part::Expr(self.nixpkgs_package(["version"])),
            Part::text(", and the lock says "),
            Part::Expr(self.locked_package(["version"])),
        ])
    }

    /// The package of the set, without the dependencies to drop.
    fn prev(&self) -> Expr {
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
    use crate::nix::AnyStanza;

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
        }))
    }

    #[test]
    fn dependencies_are_dropped_by_a_condition_on_the_name() {
        let stanza = torch(&[("nvidia-", "CUDA"), ("triton", "of the wheel")]);
        insta::assert_snapshot!(stanza.print_at(2, Guard::Set), @r#"
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
        let text = stanza.print_at(2, Guard::Set);
        let condition =
            "\n        name: _: !lib.hasPrefix \"nvidia-\" name && name != \"triton\"\n";
        assert!(text.contains(condition), "{text}");
        let text = torch(&[("triton", "")]).print_at(2, Guard::Set);
        assert!(text.contains("(name: _: name != \"triton\") old"), "{text}");
    }

    #[test]
    fn alone_it_guards_itself() {
        insta::assert_snapshot!(torch(&[]).print_at(2, Guard::Stanza), @r#"
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
