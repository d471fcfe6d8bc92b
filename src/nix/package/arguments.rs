//! The arguments of a file: what it uses, and nothing else, in the groups
//! that nixpkgs' files have.

use std::collections::BTreeSet;

use super::{Package, attribute};
use crate::build_system::BuildSystem;
use crate::nix::expr::{Expr, NixString, Part};
use crate::nix::layout::{Group, Layout, Line, Name};

/// The first ones, in their order.
pub(super) const FIRST: [&str; 6] = [
    "lib",
    "stdenv",
    "pkgs",
    "buildPythonPackage",
    "fetchPypi",
    "rustPlatform",
];

/// What is in scope without being an argument.
const IN_SCOPE: [&str; 5] = ["finalAttrs", "builtins", "true", "false", "null"];

impl Package {
    /// Makes a function of what it uses.
    pub(super) fn file(&self, value: Expr) -> Expr {
        let extras: BuildSystem = self.extras.values().flatten().map(pair).collect();
        let python = [&self.build_system, &self.dependencies, &extras];
        let mut scope = Scope {
            python: python
                .iter()
                .flat_map(|system| attributes(system))
                .collect(),
            used: BTreeSet::new(),
        };
        let value = scope.expr(value);
        let programs = self.native_build_inputs.keys().map(String::as_str);
        let programs = programs.chain(["cargo", "pkg-config", "rustc"]);
        let libraries = self.build_inputs.keys().map(String::as_str);
        let mut groups = vec![
            (
                None,
                FIRST.iter().filter_map(|name| Name::new(name)).collect(),
            ),
            (Some("build-system"), attributes(python[0])),
            (Some("nativeBuildInputs"), heads(programs)),
            (Some("buildInputs"), heads(libraries)),
            (Some("dependencies"), attributes(python[1])),
            (Some("optional-dependencies"), attributes(python[2])),
        ];
        let mut left = scope.used;
        for (_, names) in &mut groups {
            names.retain(|name| left.remove(name));
        }
        groups[0].1.extend(left);
        let groups = groups.into_iter();
        let groups = groups.map(|(title, names)| Group { title, names });
        Layout::Function(groups.collect(), Box::new(value)).into()
    }
}

fn pair<'a, K: Clone, V: Clone>((key, value): (&'a K, &'a V)) -> (K, V) {
    (key.clone(), value.clone())
}

fn attributes(system: &BuildSystem) -> Vec<Name> {
    system.keys().filter_map(attribute).collect()
}

/// The first names of attribute paths, sorted.
fn heads<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<Name> {
    let heads = paths.filter_map(|path| Name::new(path.split('.').next()?));
    heads.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What is used, once `pkgs.x` is `x`.
struct Scope {
    /// Python packages, whose names mean those.
    python: BTreeSet<Name>,
    used: BTreeSet<Name>,
}

impl Scope {
    fn expr(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Select(base, path, default) => self.select(*base, path, default),
            Expr::Var(ident) => {
                let name = Name::new(ident.as_str());
                let is_free = |name: &Name| !IN_SCOPE.contains(&name.as_str());
                self.used.extend(name.filter(is_free));
                Expr::Var(ident)
            }
            Expr::Template(parts) => Expr::Template(self.parts(parts)),
            Expr::Apply(function, argument) => self.expr(*function).apply(self.expr(*argument)),
            Expr::List(items) => {
                Expr::List(items.into_iter().map(|item| self.expr(item)).collect())
            }
            Expr::AttrSet(attributes) => {
                let attributes = attributes.into_iter();
                Expr::AttrSet(
                    attributes
                        .map(|(name, value)| (name, self.expr(value)))
                        .collect(),
                )
            }
            Expr::Binary(left, operator, right) => {
                let (left, right) = (self.expr(*left), self.expr(*right));
                Expr::Binary(Box::new(left), operator, Box::new(right))
            }
            Expr::Lambda(parameter, body) => self.expr(*body).lambda(parameter),
            Expr::Layout(layout) => self.layout(layout).into(),
            other => other,
        }
    }

    fn select(&mut self, base: Expr, mut path: Vec<NixString>, default: Option<Box<Expr>>) -> Expr {
        let default = default.map(|default| Box::new(self.expr(*default)));
        if base == Expr::var("pkgs")
            && let Some(name) = path.first().and_then(|name| Name::new(name.as_str()))
            && !self.python.contains(&name)
        {
            self.used.insert(name.clone());
            path.remove(0);
            let name = Expr::from(name);
            return if path.is_empty() {
                name
            } else {
                Expr::Select(Box::new(name), path, default)
            };
        }
        Expr::Select(Box::new(self.expr(base)), path, default)
    }

    fn layout(&mut self, layout: Layout) -> Layout {
        match layout {
            Layout::Name(name) => {
                self.used.insert(name.clone());
                Layout::Name(name)
            }
            Layout::Body(lines) => {
                let lines = lines.into_iter();
                Layout::Body(lines.map(|line| self.line(line)).collect())
            }
            Layout::Function(groups, body) => {
                let body = self.expr(*body);
                Layout::Function(groups, Box::new(body))
            }
            Layout::Script(parts) => Layout::Script(self.parts(parts)),
        }
    }

    fn line(&mut self, line: Line) -> Line {
        match line {
            Line::Blank => Line::Blank,
            Line::Inherit(from, names) => Line::Inherit(self.expr(from), names),
            Line::Set(path, value) => Line::Set(path, self.expr(value)),
        }
    }

    fn parts(&mut self, parts: Vec<Part>) -> Vec<Part> {
        let parts = parts.into_iter();
        let part = |part| match part {
            Part::Expr(expr) => Part::Expr(self.expr(expr)),
            text @ Part::Text(_) => text,
        };
        parts.map(part).collect()
    }
}
