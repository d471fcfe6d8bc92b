//! The stanza of a package that is taken from nixpkgs' Python packages, with
//! `hacks.nixpkgsPrebuilt` of pyproject.nix.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expr::{Expr, Ident, NixString, Parameter, Part};
use crate::project::PythonName;

/// What the stanza says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prebuilt {
    /// The package: the attribute's name.
    pub name: PythonName,
    /// The attribute's path below nixpkgs' packages of the set's Python.
    pub attr: String,
    /// Dependencies that nixpkgs' build doesn't need.
    pub drop: Vec<Dropped>,
    /// Whether another version than the lock's is an error.
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
    /// Whether a dependency is one of these.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        if self.name.ends_with('-') {
            name.starts_with(&self.name)
        } else {
            name == self.name
        }
    }

    /// As a regular expression of all of the name, which has none of its
    /// special characters.
    fn pattern(&self) -> String {
        if self.name.ends_with('-') {
            format!("{}.*", self.name)
        } else {
            self.name.clone()
        }
    }
}

fn call(function: [&'static str; 2], arguments: impl IntoIterator<Item = Expr>) -> Expr {
    let function = Expr::var(function[0]).select([function[1]]);
    arguments.into_iter().fold(function, Expr::apply)
}

impl Prebuilt {
    /// What stands behind `NAME =`.
    pub(super) fn value(&self) -> Expr {
        let built = call(
            ["hacks", "nixpkgsPrebuilt"],
            [Expr::AttrSet(vec![
                ("from".into(), self.from([])),
                ("prev".into(), self.prev()),
            ])],
        );
        let check = if self.strict { "throwIf" } else { "warnIf" };
        let checked = call(["lib", check], [self.differs(), self.message(), built]);
        Expr::var("prev")
            .has(self.name.as_str())
            .then(checked, Expr::var("null"))
    }

    /// nixpkgs' package, or something in it.
    fn from<const N: usize>(&self, below: [&str; N]) -> Expr {
        let path = ["python", "pkgs"].into_iter().chain(self.attr.split('.'));
        Expr::var("prev").select(path.chain(below))
    }

    fn own<const N: usize>(&self, below: [&str; N]) -> Expr {
        let path = [self.name.as_str()].into_iter().chain(below);
        Expr::var("prev").select(path)
    }

    /// Without what stands behind a `+`: whoever built it says that.
    fn differs(&self) -> Expr {
        let public = |version: Expr| {
            let parts = call(["lib", "splitString"], [Expr::string("+"), version]);
            call(["lib", "head"], [parts])
        };
        public(self.from(["version"])).differs_from(public(self.own(["version"])))
    }

    fn message(&self) -> Expr {
        let text = |text: &str| Part::Text(NixString::new(text));
        Expr::Template(vec![
            text(&format!("{}: nixpkgs has version ", self.name)),
            Part::Expr(self.from(["version"])),
            text(", and the lock says "),
            Part::Expr(self.own(["version"])),
        ])
    }

    /// The package of the set, with the dependencies that are needed.
    fn prev(&self) -> Expr {
        if self.drop.is_empty() {
            return self.own([]);
        }
        let parameter = |name| Parameter::Name(Ident::new(name));
        let dropped = self
            .drop
            .iter()
            .map(|dropped| Expr::string(&dropped.pattern()).commented(dropped.why.as_deref()));
        let matches = call(
            ["builtins", "match"],
            [Expr::var("drop"), Expr::var("name")],
        );
        let is_dropped = call(
            ["lib", "any"],
            [
                matches
                    .differs_from(Expr::var("null"))
                    .lambda(parameter("drop")),
                Expr::List(dropped.collect()),
            ],
        );
        let is_kept = is_dropped
            .equals(Expr::var("false"))
            .lambda(parameter("_"))
            .lambda(parameter("name"));
        let passthru = || Expr::var("old").select(["passthru"]);
        let dependencies = Expr::var("old").select(["passthru", "dependencies"]);
        let kept = call(["lib", "filterAttrs"], [is_kept, dependencies]);
        let passthru = passthru().update(Expr::AttrSet(vec![("dependencies".into(), kept)]));
        let attributes = Expr::AttrSet(vec![("passthru".into(), passthru)]);
        self.own(["overrideAttrs"])
            .apply(attributes.lambda(parameter("old")))
    }
}
