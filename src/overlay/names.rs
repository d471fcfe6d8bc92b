//! Finds the names of the package sets, nixpkgs and the hacks in the scope of
//! a stanza.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use rnix::SyntaxNode;
use rnix::ast::{self, HasEntry as _};
use rowan::ast::AstNode;

use super::syntax::{
    are_named_as_overlay, head_and_arguments, innermost, last_name, parameter, plain_name,
    without_parentheses,
};
use crate::nix::scope::{Binding, Definition, Scope, static_name, undefined_variables};
use crate::nix::{Names, Role};

/// Upper bound on definitions that are followed to find out what a name is.
const MAX_STEPS: usize = 16;

/// What is in scope in an attribute set.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// What each role is called there.
    pub names: Names,
    /// The roles that nothing is found for.
    missing: BTreeSet<Role>,
    /// The names that are bound lexically.
    bound: BTreeSet<String>,
    /// Whether a `with` may bind any other.
    has_with: bool,
    /// What the function `pyproject-nix.build.hacks` is called, if it is bound.
    hacks_function: Option<String>,
}

impl Surroundings {
    /// Finds out what is in scope in a set. What the stanzas at `own` bind isn't
    /// taken for one of the roles.
    pub(super) fn of(set: &SyntaxNode, own: &[Range<usize>]) -> Self {
        let scope = Scope::inside(set);
        let reader = Reader {
            overlay: overlay_around(set),
        };
        let mut found = Self {
            bound: scope.bindings.iter().map(|b| b.name.clone()).collect(),
            has_with: !scope.with.is_empty(),
            ..Self::default()
        };
        let is_own = |binding: &Binding| own.iter().any(|own| own.contains(&binding.range.start));
        let candidates: Vec<(&Binding, Meaning)> = scope
            .bindings
            .iter()
            .filter(|binding| !is_own(binding))
            .map(|binding| (binding, reader.meaning_of(binding, MAX_STEPS)))
            .collect();
        for role in Role::ALL {
            match reader.name_of(role, &scope, &candidates) {
                Some(name) => found.names.set(role, vec![name]),
                None => {
                    found.missing.insert(role);
                }
            }
        }
        // Since 2026 the package set has nixpkgs, and nixpkgs has its library.
        found.derive(Role::Pkgs, Role::Prev, "pkgs");
        found.derive(Role::Lib, Role::Pkgs, "lib");
        let is_function = |(_, meaning): &&(&Binding, Meaning)| *meaning == Meaning::HacksFunction;
        let function = candidates.iter().find(is_function);
        found.hacks_function = function.map(|(binding, _)| binding.name.clone());
        found
    }

    /// Takes a role that isn't bound from another one.
    fn derive(&mut self, role: Role, from: Role, attribute: &str) {
        if self.missing.contains(&role) && !self.missing.contains(&from) {
            let path = [self.names.get(from), vec![attribute.to_owned()]].concat();
            self.names.set(role, path);
            self.missing.remove(&role);
        }
    }

    /// Returns the names that a stanza uses, and that nothing binds.
    pub(super) fn unbound(&self, stanza: &str) -> BTreeSet<String> {
        let parsed = rnix::Root::parse(&format!("{{\n{stanza}\n}}"));
        let used = undefined_variables(&parsed.syntax()).into_iter();
        let names = used.map(|variable| variable.name);
        names.filter(|name| self.lacks(name)).collect()
    }

    fn lacks(&self, name: &str) -> bool {
        let is_missing = Role::of_name(name).is_some_and(|role| self.missing.contains(&role));
        is_missing || !(self.has_with || self.bound.contains(name))
    }

    /// Says how to bring names into scope.
    pub(super) fn advice(&self, unbound: &BTreeSet<String>) -> String {
        let mut lines = Vec::new();
        let mut is_nameless = false;
        for name in unbound {
            match Role::of_name(name) {
                Some(Role::Hacks) => {
                    let pkgs = if self.missing.contains(&Role::Pkgs) {
                        "pkgs".to_owned()
                    } else {
                        self.names.text(Role::Pkgs)
                    };
                    let function = self.hacks_function.as_deref();
                    let function = function.unwrap_or("pyproject-nix.build.hacks");
                    let name = if function == "hacks" {
                        "buildHacks"
                    } else {
                        "hacks"
                    };
                    lines.push(format!("`{name} = {pkgs}.callPackage {function} {{ }};`"));
                }
                Some(Role::Pkgs) => lines.push("`pkgs = import nixpkgs { };`".to_owned()),
                Some(Role::Lib) => lines.push("`lib = pkgs.lib;`".to_owned()),
                Some(Role::Final | Role::Prev) => is_nameless = true,
                // A line to keep or the configuration has it.
                None => lines.push(format!("a definition of `{name}`")),
            }
        }
        let names = lines.join(", ");
        let mut advice = Vec::new();
        if is_nameless {
            advice.push("name the parameters of the overlay: `final: prev: { ... }`".to_owned());
        }
        if !lines.is_empty() {
            let quoted: Vec<_> = unbound
                .iter()
                .filter(|name| !matches!(Role::of_name(name), Some(Role::Final | Role::Prev)))
                .map(|name| format!("`{name}`"))
                .collect();
            let mut add = format!("add {names} to a `let` before the set");
            // The name of the function would have to be another one.
            if self.hacks_function.is_none() {
                let _ = write!(
                    add,
                    ", or {} to the parameters of the file",
                    quoted.join(", ")
                );
            }
            advice.push(add);
        }
        advice.join("; ")
    }
}

/// What an expression evaluates to, as far as stanzas are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Role(Role),
    /// `pyproject-nix.build.hacks`, which makes the hacks when it is called.
    HacksFunction,
    /// The flake or source of nixpkgs.
    Nixpkgs,
    /// A name says what it is, but its definition doesn't.
    Named(Role),
    Unknown,
}

/// Works out the meaning of names.
struct Reader {
    /// The two functions of the overlay, `final:` and `prev:`.
    overlay: Option<(ast::Lambda, ast::Lambda)>,
}

impl Reader {
    /// Returns the name to use for a role: its own if that is bound to it, else
    /// the innermost one.
    fn name_of(
        &self,
        role: Role,
        scope: &Scope,
        candidates: &[(&Binding, Meaning)],
    ) -> Option<String> {
        let is_role = |(_, meaning): &&(&Binding, Meaning)| {
            *meaning == Meaning::Role(role) || *meaning == Meaning::Named(role)
        };
        let of = |is_wanted: &dyn Fn(&(&Binding, Meaning)) -> bool| {
            let mut all = candidates.iter().filter(is_role);
            let found = all.find(|candidate| is_wanted(candidate));
            found.map(|(binding, _)| binding.name.clone())
        };
        let named = || {
            let own = scope.get(role.name()).is_none();
            let is_supplied = own && scope.with.iter().any(|set| self.supplies(set, role));
            is_supplied.then(|| role.name().to_owned())
        };
        of(&|(binding, _)| binding.name == role.name())
            .or_else(|| of(&|(_, meaning)| *meaning == Meaning::Role(role)))
            .or_else(|| of(&|_| true))
            .or_else(named)
    }

    /// Whether the set of a `with` may have the name of a role.
    fn supplies(&self, set: &ast::Expr, role: Role) -> bool {
        if let Some(ast::Expr::AttrSet(set)) = without_parentheses(set.clone()) {
            let entries = set.entries().flat_map(|entry| match entry {
                ast::Entry::Inherit(inherit) => inherit.attrs().collect::<Vec<_>>(),
                ast::Entry::AttrpathValue(value) => {
                    let path = value.attrpath();
                    path.and_then(|path| path.attrs().next())
                        .into_iter()
                        .collect()
                }
            });
            let mut names = entries.filter_map(static_name);
            return names.any(|name| name == role.name());
        }
        match self.meaning(set, MAX_STEPS) {
            Meaning::Role(Role::Pkgs) | Meaning::Named(Role::Pkgs) => {
                matches!(role, Role::Pkgs | Role::Lib)
            }
            Meaning::Role(Role::Final | Role::Prev) | Meaning::Named(Role::Final | Role::Prev) => {
                role == Role::Pkgs
            }
            Meaning::Role(_) | Meaning::Named(_) => false,
            Meaning::HacksFunction | Meaning::Nixpkgs | Meaning::Unknown => {
                let text = set.syntax().text().to_string();
                let is_library = ["lib", "builtins"]
                    .iter()
                    .any(|name| text == *name || text.ends_with(&format!(".{name}")));
                !is_library
            }
        }
    }

    fn meaning_of(&self, binding: &Binding, steps: usize) -> Meaning {
        let name = &*binding.name;
        let Some(steps) = steps.checked_sub(1) else {
            return Meaning::Unknown;
        };
        match &binding.definition {
            Definition::Parameter(lambda) => match &self.overlay {
                Some((outer, _)) if outer == lambda => Meaning::Role(Role::Final),
                Some((_, inner)) if inner == lambda => Meaning::Role(Role::Prev),
                _ => by_convention(name, &binding.owner),
            },
            Definition::Field(default) => {
                let meaning = default.as_ref().map(|default| self.meaning(default, steps));
                match meaning {
                    None | Some(Meaning::Unknown) => by_convention(name, &binding.owner),
                    Some(meaning) => meaning,
                }
            }
            Definition::Arguments | Definition::Part => Meaning::Unknown,
            Definition::Value(value) => match self.meaning(value, steps) {
                Meaning::Unknown if is_literal(value) => Meaning::Unknown,
                Meaning::Unknown => Role::of_name(name).map_or(Meaning::Unknown, Meaning::Named),
                meaning => meaning,
            },
            Definition::Inherited(owner) => {
                let scope = Scope::around(owner);
                match scope.get(name) {
                    Some(outer) => self.meaning_of(outer, steps),
                    None => Role::of_name(name).map_or(Meaning::Unknown, Meaning::Named),
                }
            }
            Definition::InheritedFrom(from) => {
                let path = [Some(name.to_owned())];
                match self.selected(from, &path, steps) {
                    Meaning::Unknown => {
                        Role::of_name(name).map_or(Meaning::Unknown, Meaning::Named)
                    }
                    meaning => meaning,
                }
            }
        }
    }

    fn meaning(&self, expr: &ast::Expr, steps: usize) -> Meaning {
        let Some(steps) = steps.checked_sub(1) else {
            return Meaning::Unknown;
        };
        let of = |inner: Option<ast::Expr>| {
            inner.map_or(Meaning::Unknown, |inner| self.meaning(&inner, steps))
        };
        match expr {
            ast::Expr::Paren(paren) => of(paren.expr()),
            ast::Expr::LetIn(let_in) => of(let_in.body()),
            ast::Expr::With(with) => of(with.body()),
            ast::Expr::Assert(assert) => of(assert.body()),
            ast::Expr::Ident(ident) => {
                let name = ident.to_string();
                match Scope::around(ident.syntax()).get(&name) {
                    Some(binding) => self.meaning_of(binding, steps),
                    None => Meaning::Unknown,
                }
            }
            ast::Expr::PathSearch(path) => match &*path.syntax().text().to_string() {
                "<nixpkgs>" => Meaning::Nixpkgs,
                "<nixpkgs/lib>" => Meaning::Role(Role::Lib),
                _ => Meaning::Unknown,
            },
            ast::Expr::Select(select) => {
                let path = select.attrpath().into_iter().flat_map(|path| path.attrs());
                let path: Vec<_> = path.map(static_name).collect();
                let base = select.expr();
                base.map_or(Meaning::Unknown, |base| self.selected(&base, &path, steps))
            }
            ast::Expr::Apply(apply) => self.called(apply, steps),
            _ => Meaning::Unknown,
        }
    }

    /// The meaning of `base.path`; attributes that are computed are `None`.
    fn selected(&self, base: &ast::Expr, path: &[Option<String>], steps: usize) -> Meaning {
        let names: Vec<&str> = path
            .iter()
            .map(|name| name.as_deref().unwrap_or_default())
            .collect();
        let base_name = last_name(base);
        let before_last = names.iter().rev().nth(1).copied().or(base_name.as_deref());
        match (before_last, names.last().copied().unwrap_or_default()) {
            (Some("legacyPackages"), _) => return Meaning::Role(Role::Pkgs),
            (Some("build"), "hacks") => return Meaning::HacksFunction,
            (Some("nixpkgs"), "lib") => return Meaning::Role(Role::Lib),
            (_, "nixpkgs") => return Meaning::Nixpkgs,
            _ => {}
        }
        match (self.meaning(base, steps), &names[..]) {
            (
                Meaning::Role(Role::Final | Role::Prev | Role::Pkgs) | Meaning::Named(Role::Pkgs),
                ["pkgs"],
            )
            | (
                Meaning::Role(Role::Pkgs) | Meaning::Named(Role::Pkgs),
                ["pkgsCross", _] | ["pkgsStatic" | "pkgsMusl" | "buildPackages"],
            ) => Meaning::Role(Role::Pkgs),
            (
                Meaning::Role(Role::Pkgs) | Meaning::Named(Role::Pkgs) | Meaning::Nixpkgs,
                ["lib"],
            ) => Meaning::Role(Role::Lib),
            _ => Meaning::Unknown,
        }
    }

    /// The meaning of a call.
    fn called(&self, apply: &ast::Apply, steps: usize) -> Meaning {
        let (head, arguments) = head_and_arguments(apply);
        let Some(head) = head else {
            return Meaning::Unknown;
        };
        let name = last_name(&head).unwrap_or_default();
        let argument = |index: usize| arguments.get(index);
        let is_hacks = |function: Option<&ast::Expr>| {
            function.is_some_and(|function| self.makes_hacks(function, steps))
        };
        match &*name {
            "import" => {
                let Some(source) = argument(0) else {
                    return Meaning::Unknown;
                };
                let text = source.syntax().text().to_string();
                let is_called = arguments.len() > 1;
                if is_hacks(Some(source)) {
                    return if is_called {
                        Meaning::Role(Role::Hacks)
                    } else {
                        Meaning::HacksFunction
                    };
                }
                match self.meaning(source, steps) {
                    Meaning::Nixpkgs if is_called => Meaning::Role(Role::Pkgs),
                    Meaning::Role(Role::Lib) => Meaning::Role(Role::Lib),
                    _ if is_called && text.contains("nixpkgs") && !text.contains("/lib") => {
                        Meaning::Role(Role::Pkgs)
                    }
                    _ => Meaning::Unknown,
                }
            }
            "callPackage" if is_hacks(argument(0)) => Meaning::Role(Role::Hacks),
            "callPackageWith" if is_hacks(argument(1)) => Meaning::Role(Role::Hacks),
            "extend" | "appendOverlays" => match &head {
                ast::Expr::Select(select) => match select.expr() {
                    Some(base) if self.meaning(&base, steps) == Meaning::Role(Role::Pkgs) => {
                        Meaning::Role(Role::Pkgs)
                    }
                    _ => Meaning::Unknown,
                },
                _ => Meaning::Unknown,
            },
            _ if self.meaning(&head, steps) == Meaning::HacksFunction => Meaning::Role(Role::Hacks),
            _ => Meaning::Unknown,
        }
    }

    /// Whether an expression is the function that makes the hacks, or the path
    /// of its file.
    fn makes_hacks(&self, function: &ast::Expr, steps: usize) -> bool {
        if self.meaning(function, steps) == Meaning::HacksFunction {
            return true;
        }
        function.syntax().text().to_string().contains("build/hacks")
    }
}

/// Whether a value is written out, so that its name can't tell more.
fn is_literal(value: &ast::Expr) -> bool {
    match value {
        ast::Expr::AttrSet(_)
        | ast::Expr::Lambda(_)
        | ast::Expr::List(_)
        | ast::Expr::Literal(_)
        | ast::Expr::Str(_) => true,
        ast::Expr::Ident(ident) => matches!(&*ident.to_string(), "false" | "null" | "true"),
        ast::Expr::Paren(paren) => paren.expr().is_some_and(|inner| is_literal(&inner)),
        _ => false,
    }
}

/// What a parameter of a function is by its name.
fn by_convention(name: &str, owner: &SyntaxNode) -> Meaning {
    if let Some(role) = Role::of_name(name) {
        return Meaning::Role(role);
    }
    let plain = plain_name(name);
    if plain.ends_with("hacks") {
        return Meaning::Role(Role::Hacks);
    }
    // The `self` of a flake is no package set: it comes without `super`.
    let has = |names: &[&str]| {
        let bindings = crate::nix::scope::bindings_of(owner);
        let mut plain = bindings.iter().map(|binding| plain_name(&binding.name));
        plain.any(|name| names.contains(&&*name))
    };
    match &*plain {
        "pkgs" => Meaning::Role(Role::Pkgs),
        "lib" => Meaning::Role(Role::Lib),
        "final" | "self" if has(&["super", "prev"]) => Meaning::Role(Role::Final),
        "prev" => Meaning::Role(Role::Prev),
        "super" if has(&["self", "final"]) => Meaning::Role(Role::Prev),
        _ => Meaning::Unknown,
    }
}

/// The two functions of the overlay around a node: the innermost two that are
/// called as those of an overlay, or else that follow each other.
fn overlay_around(node: &SyntaxNode) -> Option<(ast::Lambda, ast::Lambda)> {
    let lambdas: Vec<ast::Lambda> = node
        .ancestors()
        .skip(1)
        .filter_map(ast::Lambda::cast)
        .filter(|lambda| parameter(lambda).is_some())
        .collect();
    let pairs = || {
        lambdas
            .windows(2)
            .map(|pair| (pair[1].clone(), pair[0].clone()))
    };
    let is_named = |(outer, inner): &(ast::Lambda, ast::Lambda)| {
        let names = parameter(outer).zip(parameter(inner));
        names.is_some_and(|(outer, inner)| are_named_as_overlay(&outer, &inner))
    };
    let is_curried = |(outer, inner): &(ast::Lambda, ast::Lambda)| {
        outer
            .body()
            .and_then(innermost)
            .is_some_and(|body| body.syntax() == inner.syntax())
    };
    let named = pairs().find(is_named);
    named.or_else(|| pairs().find(is_curried))
}

#[cfg(test)]
mod tests {
    use rnix::SyntaxKind;

    use super::*;

    /// What the roles are called in the set that has `here`, those that are
    /// missing as `-`.
    fn names(text: &str) -> [String; 5] {
        let parsed = rnix::Root::parse(text);
        assert!(parsed.errors().is_empty(), "{text}");
        let here = parsed
            .syntax()
            .descendants()
            .find(|node| node.kind() == SyntaxKind::NODE_ATTRPATH && node.text() == "here");
        let set = here.unwrap().parent().unwrap().parent().unwrap();
        let found = Surroundings::of(&set, &[]);
        Role::ALL.map(|role| {
            if found.missing.contains(&role) {
                "-".to_owned()
            } else {
                found.names.text(role)
            }
        })
    }

    #[test]
    fn each_role_has_the_name_that_the_file_has_for_it() {
        for (text, expected) in [
            (
                "{ pkgs, lib, hacks, ... }: final: prev: { here = 1; }",
                "final prev pkgs lib hacks",
            ),
            (
                "{ hacks, python }: final: prev: { here = 1; }",
                "final prev prev.pkgs prev.pkgs.lib hacks",
            ),
            (
                "{ pkgs, lib, hacks }: _final: _prev: { here = 1; }",
                "_final _prev pkgs lib hacks",
            ),
            (
                "{ pkgs, buildHacks }: self: super: { here = 1; }",
                "self super pkgs pkgs.lib buildHacks",
            ),
            (
                "{ pkgs, pyproject-nix }: let h = pkgs.callPackage pyproject-nix.build.hacks { }; in f: p: { here = 1; }",
                "f p pkgs pkgs.lib h",
            ),
            (
                "{ nixpkgs, pyproject-nix, system }: let p = nixpkgs.legacyPackages.${system}; inherit (pyproject-nix.build) hacks; tools = p.callPackage hacks { }; in final: prev: { here = 1; }",
                "final prev p p.lib tools",
            ),
            (
                "{ inputs }: let n = import inputs.nixpkgs { }; inherit (inputs.nixpkgs) lib; h = import (inputs.pyproject-nix + \"/build/hacks\") { pkgs = n; inherit lib; }; in final: prev: { here = 1; }",
                "final prev n lib h",
            ),
            (
                "final: prev: let inherit (prev) pkgs; hacks = pkgs.callPackage pyproject-nix.build.hacks { }; in { here = 1; }",
                "final prev pkgs pkgs.lib hacks",
            ),
            (
                "pkgs: lib: hacks: final: prev: { here = 1; }",
                "final prev pkgs lib hacks",
            ),
            (
                "final: let x = 1; in prev: { here = 1; }",
                "final prev prev.pkgs prev.pkgs.lib -",
            ),
            ("_: prev: { here = 1; }", "_ prev prev.pkgs prev.pkgs.lib -"),
            ("_: _: { here = 1; }", "- _ _.pkgs _.pkgs.lib -"),
            ("{ here = 1; }", "- - - - -"),
            (
                "with import ./env.nix; { here = 1; }",
                "final prev pkgs lib hacks",
            ),
            (
                "{ pkgs }: with pkgs.lib; final: prev: { here = 1; }",
                "final prev pkgs pkgs.lib -",
            ),
            (
                "{ pkgs, hacks, final, prev }: let here = 1; in { inherit here; }",
                "final prev pkgs pkgs.lib hacks",
            ),
            (
                "{ self, pkgs }: { o = final: prev: { x = prev.x.overrideAttrs (old: { passthru = { here = 1; }; }); }; }",
                "final prev pkgs pkgs.lib -",
            ),
            (
                "{ pkgs ? import <nixpkgs> { }, hacks ? pkgs.callPackage pyproject-nix.build.hacks { } }: final: prev: rec { here = 1; }",
                "final prev pkgs pkgs.lib hacks",
            ),
            (
                "{ pkgs, hacks }: final: prev: let hacks = pyproject-nix.build.hacks; in { here = 1; }",
                "final prev pkgs pkgs.lib -",
            ),
        ] {
            let expected: Vec<_> = expected.split(' ').collect();
            assert_eq!(names(text).as_slice(), expected, "{text}");
        }
    }
}
