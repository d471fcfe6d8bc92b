//! The free variables of stanzas, and their names in an overlay file.

use std::collections::BTreeMap;

use rnix::SyntaxNode;

use super::expr::{Binding, Expr, Parameter, Part};
use super::ident::Ident;
use super::parse::parse;
use super::scope::{Scope, is_variable, range_of};
use super::user_expr::UserExpr;
use rowan::ast::AstNode;

/// A value that stanzas take from the overlay file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The package set with all overlays.
    Final,
    /// The package set below the overlay.
    Prev,
    /// nixpkgs.
    Pkgs,
    /// The library of nixpkgs.
    Lib,
    /// An instance of `pyproject-nix.build.hacks`.
    Hacks,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Final, Self::Prev, Self::Pkgs, Self::Lib, Self::Hacks];

    /// The name in stanzas that aren't written into a file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Prev => "prev",
            Self::Pkgs => "pkgs",
            Self::Lib => "lib",
            Self::Hacks => "hacks",
        }
    }

    /// The role that a name has in stanzas.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The expression for each role in an overlay file: a variable, or an attribute
/// path such as `prev.pkgs`. A role without an entry has its default name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<Role, Vec<String>>);

impl Names {
    /// Sets the expression of a role.
    pub fn set(&mut self, role: Role, path: Vec<String>) {
        if path == [role.name()] {
            self.0.remove(&role);
        } else {
            self.0.insert(role, path);
        }
    }

    /// Returns the expression of a role as an attribute path.
    pub fn get(&self, role: Role) -> Vec<String> {
        let found = self.0.get(&role).cloned();
        found.unwrap_or_else(|| vec![role.name().to_owned()])
    }

    /// Returns the expression of a role as Nix text.
    pub fn text(&self, role: Role) -> String {
        self.get(role).join(".")
    }

    /// The name for a parameter in a stanza that hides none of these.
    pub fn unused(&self, name: &str) -> String {
        let is_used = |name: &str| self.0.values().any(|path| path[0] == name);
        let mut name = name.to_owned();
        while is_used(&name) {
            name.push('\'');
        }
        name
    }

    /// An expression of ours with these names.
    pub(super) fn apply(&self, expr: Expr) -> Expr {
        if self.0.is_empty() {
            return expr;
        }
        let names = self.0.iter();
        let variables = names.map(|(role, path)| (role.name().to_owned(), path.clone()));
        Renaming {
            names: self,
            variables: variables.collect(),
        }
        .expr(expr)
    }
}

/// A substitution of variables that captures none.
#[derive(Clone)]
struct Renaming<'a> {
    names: &'a Names,
    variables: BTreeMap<String, Vec<String>>,
}

impl Renaming<'_> {
    fn expr(&self, expr: Expr) -> Expr {
        let boxed = |inner: Box<Expr>| Box::new(self.expr(*inner));
        match expr {
            Expr::Var(name) => self.variable(name),
            Expr::Str(_) | Expr::Path(_) => expr,
            Expr::Template(parts) => Expr::Template(self.parts(parts)),
            Expr::IndentedTemplate(parts) => Expr::IndentedTemplate(self.parts(parts)),
            Expr::Select(base, path, default) => {
                let default = default.map(boxed);
                match self.expr(*base) {
                    Expr::Select(base, above, None) => {
                        Expr::Select(base, [above, path].concat(), default)
                    }
                    base => Expr::Select(Box::new(base), path, default),
                }
            }
            Expr::Apply(function, argument) => Expr::Apply(boxed(function), boxed(argument)),
            Expr::List(items) => {
                Expr::List(items.into_iter().map(|item| self.expr(item)).collect())
            }
            Expr::AttrSet(bindings) => {
                let bindings = bindings.into_iter().map(|binding| self.binding(binding));
                Expr::AttrSet(bindings.collect())
            }
            Expr::Binary(left, operator, right) => {
                Expr::Binary(boxed(left), operator, boxed(right))
            }
            Expr::Lambda(parameter, body) => self.lambda(parameter, *body),
            Expr::If(condition, value, otherwise) => {
                Expr::If(boxed(condition), boxed(value), boxed(otherwise))
            }
            Expr::Not(inner) => Expr::Not(boxed(inner)),
            Expr::Has(set, name) => Expr::Has(boxed(set), name),
            Expr::Own(own) => Expr::Own(self.user_expr(own)),
            Expr::Commented(comment, inner) => Expr::Commented(comment, boxed(inner)),
        }
    }

    fn variable(&self, name: Ident) -> Expr {
        let Some((first, rest)) = self
            .variables
            .get(name.as_str())
            .and_then(|path| path.split_first())
        else {
            return Expr::Var(name);
        };
        let base = Expr::Var(Ident::parse(first).unwrap_or(name));
        if rest.is_empty() {
            return base;
        }
        base.select(rest.iter().map(String::as_str))
    }

    fn parts(&self, parts: Vec<Part>) -> Vec<Part> {
        let parts = parts.into_iter().map(|part| match part {
            Part::Expr(expr) => Part::Expr(self.expr(expr)),
            text @ Part::Text(_) => text,
        });
        parts.collect()
    }

    fn binding(&self, binding: Binding) -> Binding {
        match binding {
            Binding::BlankLine => Binding::BlankLine,
            Binding::Inherit(from, names) => Binding::Inherit(self.expr(from), names),
            Binding::Set(path, value) => Binding::Set(path, self.expr(value)),
        }
    }

    /// A parameter that hides one of the names gets another one.
    fn lambda(&self, parameter: Parameter, body: Expr) -> Expr {
        let Parameter::Name(name) = parameter else {
            return self.expr(body).lambda(parameter);
        };
        let mut inner = self.clone();
        let unused = self.names.unused(name.as_str());
        inner.variables.remove(name.as_str());
        if unused == name.as_str() {
            return inner.expr(body).lambda(Parameter::Name(name));
        }
        let renamed = Ident::parse(&unused);
        inner
            .variables
            .insert(name.as_str().to_owned(), vec![unused]);
        let parameter = Parameter::Name(renamed.unwrap_or(name));
        inner.expr(body).lambda(parameter)
    }

    /// Replaces the variables in an expression of the user's that nothing in it
    /// binds. One that has a name of its own for what would be put in stays as
    /// it is.
    fn user_expr(&self, own: UserExpr) -> UserExpr {
        let text = own.as_str();
        let Some(root) = parse(text) else {
            return own;
        };
        let mut result = String::with_capacity(text.len());
        let mut at = 0;
        for node in root.syntax().descendants().filter(is_variable_ref) {
            let Some(path) = self.variables.get(&node.text().to_string()) else {
                continue;
            };
            let scope = Scope::around(&node);
            let (name, first) = (node.text().to_string(), path.first());
            if scope.get(&name).is_some() {
                continue;
            }
            if first.is_none_or(|first| scope.get(first).is_some()) {
                return own;
            }
            let range = range_of(&node);
            result.push_str(&text[at..range.start]);
            result.push_str(&path.join("."));
            at = range.end;
        }
        result.push_str(&text[at..]);
        result.parse().unwrap_or(own)
    }
}

fn is_variable_ref(node: &SyntaxNode) -> bool {
    is_variable(node)
}

#[cfg(test)]
mod tests {
    use super::super::print::print;
    use super::*;

    fn names(pairs: &[(Role, &str)]) -> Names {
        let mut names = Names::default();
        for (role, path) in pairs {
            names.set(*role, path.split('.').map(str::to_owned).collect());
        }
        names
    }

    fn renamed(expr: Expr, pairs: &[(Role, &str)]) -> String {
        print(&names(pairs).apply(expr)).trim_end().to_owned()
    }

    #[test]
    fn names_below_others_are_selected_from_them() {
        let pairs = [(Role::Pkgs, "prev.pkgs"), (Role::Hacks, "buildHacks")];
        let text = renamed(Expr::package("a.b or c"), &pairs);
        assert_eq!(text, "prev.pkgs.a.b or prev.pkgs.c");
        let call = Expr::var("hacks").select(["f"]).apply(Expr::var("pkgs"));
        assert_eq!(renamed(call, &pairs), "buildHacks.f prev.pkgs");
    }

    #[test]
    fn a_parameter_hides_no_name() {
        let body = || Expr::var("prev").apply(Expr::var("old"));
        let function = body().lambda(Parameter::name("old"));
        let text = renamed(function.clone(), &[(Role::Prev, "old")]);
        assert_eq!(text, "old': old old'");
        let text = renamed(function, &[(Role::Prev, "super")]);
        assert_eq!(text, "old: super old");
    }

    #[test]
    fn expressions_of_the_user_have_the_names_too() {
        let own = |text: &str| Expr::Own(text.parse().unwrap());
        for (text, expected) in [
            ("pkgs.rust.default", "p.rust.default"),
            (
                "(x: x.pkgs) { inherit (pkgs) a; }",
                "(x: x.pkgs) { inherit (p) a; }",
            ),
            ("let pkgs = 1; in pkgs", "let\n  pkgs = 1;\nin\npkgs"),
            ("(p: pkgs) 1", "(p: pkgs) 1"),
        ] {
            assert_eq!(renamed(own(text), &[(Role::Pkgs, "p")]), expected);
        }
    }
}
