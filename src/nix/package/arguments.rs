//! The arguments of a file: exactly those that its body uses, in the groups
//! that nixpkgs' files have.

use std::collections::BTreeSet;

use crate::build_system::BuildSystem;
use crate::nix::expr::{Binding, Expr, NixString, Parameter, ParameterGroup, Part};
use crate::nix::ident::Ident;
use crate::project::PythonName;

/// The arguments of the first group, in their order.
pub(super) const FIRST: [&str; 7] = [
    "lib",
    "stdenv",
    "pkgs",
    "buildPythonPackage",
    "fetchPypi",
    "fetchurl",
    "rustPlatform",
];

/// Variables in scope that are not arguments.
const IN_SCOPE: [&str; 5] = ["finalAttrs", "builtins", "true", "false", "null"];

/// Names besides [`FIRST`] that mean something else in a file than the Python
/// package of that name.
const RESERVED: [&str; 8] = [
    "cargo",
    "rustc",
    "pkg-config",
    "finalAttrs",
    "builtins",
    "true",
    "false",
    "null",
];

/// The argument for a Python package; `None` if its name can't be one.
pub(super) fn parameter_of(name: &PythonName) -> Option<Ident> {
    let name = name.as_str();
    let is_reserved = RESERVED.contains(&name) || FIRST.contains(&name);
    Ident::parse(name).filter(|_| !is_reserved)
}

fn parameters_of(system: &BuildSystem) -> Vec<Ident> {
    system.keys().filter_map(parameter_of).collect()
}

/// The inputs of a package that may become arguments.
pub(super) struct Inputs<'a> {
    pub build_system: &'a BuildSystem,
    pub dependencies: &'a BuildSystem,
    /// The requirements of all extras.
    pub extras: &'a BuildSystem,
    /// Attribute paths below `pkgs`.
    pub programs: Vec<&'a str>,
    /// Attribute paths below `pkgs`.
    pub libraries: Vec<&'a str>,
}

/// Makes `body` a function of the variables that it uses.
pub(super) fn file_function(inputs: &Inputs, body: Expr) -> Expr {
    let build_system = parameters_of(inputs.build_system);
    let dependencies = parameters_of(inputs.dependencies);
    let extras = parameters_of(inputs.extras);
    let mut scope = Scope {
        python: [&build_system, &dependencies, &extras]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        used: BTreeSet::new(),
    };
    let body = scope.rewrite(body);
    let mut groups = [
        (None, FIRST.map(Ident::new).to_vec()),
        (Some("build-system"), build_system),
        (Some("nativeBuildInputs"), first_parts(&inputs.programs)),
        (Some("buildInputs"), first_parts(&inputs.libraries)),
        (Some("dependencies"), dependencies),
        (Some("optional-dependencies"), extras),
    ]
    .map(|(title, names)| ParameterGroup { title, names });
    let mut left = scope.used;
    for group in &mut groups {
        group.names.retain(|name| left.remove(name));
    }
    groups[0].names.extend(left);
    body.lambda(Parameter::Groups(groups.into()))
}

/// The first parts of attribute paths, sorted.
fn first_parts(paths: &[&str]) -> Vec<Ident> {
    let parts = paths
        .iter()
        .filter_map(|path| Ident::parse(path.split('.').next()?));
    parts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Rewrites `pkgs.x` to `x` and collects the variables that are used.
struct Scope {
    /// Arguments that are Python packages: `pkgs.x` of the same name is
    /// another package and stays as it is.
    python: BTreeSet<Ident>,
    used: BTreeSet<Ident>,
}

impl Scope {
    fn rewrite(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Select(base, path, default) => self.rewrite_select(*base, path, default),
            Expr::Var(ident) => {
                if !IN_SCOPE.contains(&ident.as_str()) {
                    self.used.insert(ident.clone());
                }
                Expr::Var(ident)
            }
            Expr::Template(parts) => Expr::Template(self.rewrite_parts(parts)),
            Expr::IndentedTemplate(parts) => Expr::IndentedTemplate(self.rewrite_parts(parts)),
            Expr::Apply(function, argument) => {
                let function = self.rewrite(*function);
                function.apply(self.rewrite(*argument))
            }
            Expr::List(items) => {
                Expr::List(items.into_iter().map(|item| self.rewrite(item)).collect())
            }
            Expr::AttrSet(bindings) => {
                let bindings = bindings.into_iter();
                Expr::AttrSet(
                    bindings
                        .map(|binding| self.rewrite_binding(binding))
                        .collect(),
                )
            }
            Expr::Binary(left, operator, right) => {
                let left = self.rewrite(*left);
                left.binary(operator, self.rewrite(*right))
            }
            Expr::Lambda(parameter, body) => self.rewrite(*body).lambda(parameter),
            // Files have none of these with variables in them.
            other @ (Expr::Str(_)
            | Expr::Path(_)
            | Expr::If(..)
            | Expr::Not(_)
            | Expr::Has(..)
            | Expr::Own(_)
            | Expr::Commented(..)) => other,
        }
    }

    fn rewrite_select(
        &mut self,
        base: Expr,
        mut path: Vec<NixString>,
        default: Option<Box<Expr>>,
    ) -> Expr {
        let default = default.map(|default| Box::new(self.rewrite(*default)));
        if base == Expr::var("pkgs")
            && let Some(name) = path.first().and_then(|name| Ident::parse(name.as_str()))
            && !self.python.contains(&name)
        {
            self.used.insert(name.clone());
            path.remove(0);
            return if path.is_empty() {
                Expr::Var(name)
            } else {
                Expr::Select(Box::new(Expr::Var(name)), path, default)
            };
        }
        Expr::Select(Box::new(self.rewrite(base)), path, default)
    }

    fn rewrite_binding(&mut self, binding: Binding) -> Binding {
        match binding {
            Binding::BlankLine => Binding::BlankLine,
            Binding::Inherit(from, names) => Binding::Inherit(self.rewrite(from), names),
            Binding::Set(path, value) => Binding::Set(path, self.rewrite(value)),
        }
    }

    fn rewrite_parts(&mut self, parts: Vec<Part>) -> Vec<Part> {
        let rewrite = |part| match part {
            Part::Expr(expr) => Part::Expr(self.rewrite(expr)),
            text @ Part::Text(_) => text,
        };
        parts.into_iter().map(rewrite).collect()
    }
}
