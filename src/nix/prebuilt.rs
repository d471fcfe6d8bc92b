//! The stanza of a package that is taken from nixpkgs' Python packages, with
//! `hacks.nixpkgsPrebuilt` of pyproject.nix.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expr::{Expr, Parameter, Part};
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

    /// A POSIX regular expression for the whole name, as `builtins.match`
    /// takes it. Names have no special characters.
    fn pattern(&self) -> String {
        if self.name.ends_with('-') {
            format!("{}.*", self.name)
        } else {
            self.name.clone()
        }
    }
}

/// `library.function arguments`
fn call(library: &'static str, function: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    let function = Expr::var(library).select([function]);
    arguments.into_iter().fold(function, Expr::apply)
}

impl Prebuilt {
    /// The value of the attribute.
    pub(super) fn value(&self) -> Expr {
        let arguments = [("from", self.nixpkgs_package([])), ("prev", self.prev())];
        let built = call("hacks", "nixpkgsPrebuilt", [Expr::attr_set(arguments)]);
        let check = if self.strict { "throwIf" } else { "warnIf" };
        let arguments = [self.versions_differ(), self.message(), built];
        Expr::var("prev")
            .has(self.name.as_str())
            .then(call("lib", check, arguments), Expr::var("null"))
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
        if self.drop.is_empty() {
            return self.locked_package([]);
        }
        let patterns = self.drop.iter().map(|dropped| {
            let pattern = Expr::string(&dropped.pattern());
            pattern.commented(dropped.why.as_deref())
        });
        let matches = call("builtins", "match", [Expr::var("drop"), Expr::var("name")]);
        let is_match = matches
            .differs_from(Expr::var("null"))
            .lambda(Parameter::name("drop"));
        let is_dropped = call("lib", "any", [is_match, Expr::List(patterns.collect())]);
        let is_kept = is_dropped
            .equals(Expr::var("false"))
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
