//! Stanzas of every kind, and what is printed around them.

use super::expr::{Expr, Ident, NixString, Parameter};
use super::prebuilt::Prebuilt;
use super::print::print;
use super::stanza::{Form, Stanza};
use crate::project::{PythonName, SourceKind};

/// Deeper, no line is left to break.
const MAX_DEPTH: usize = 40;

/// A stanza of an overlay: what stands behind `NAME =`.
#[derive(Debug, Clone)]
pub enum AnyStanza {
    /// A package with Rust in it, which is built.
    Cargo(Box<Stanza>),
    /// A package of nixpkgs.
    Prebuilt(Box<Prebuilt>),
}

impl From<Stanza> for AnyStanza {
    fn from(stanza: Stanza) -> Self {
        Self::Cargo(Box::new(stanza))
    }
}

impl AnyStanza {
    /// The package: the attribute's name.
    #[must_use]
    pub const fn name(&self) -> &PythonName {
        match self {
            Self::Cargo(stanza) => &stanza.name,
            Self::Prebuilt(stanza) => &stanza.name,
        }
    }

    /// The libraries and programs of nixpkgs in it.
    #[must_use]
    pub fn inputs(&self) -> Vec<String> {
        match self {
            Self::Cargo(stanza) => {
                let inputs = stanza.build_inputs.keys();
                let inputs = inputs.chain(stanza.native_build_inputs.keys());
                inputs.cloned().collect()
            }
            Self::Prebuilt(_) => Vec::new(),
        }
    }

    fn value(&self) -> Expr {
        match self {
            Self::Cargo(stanza) => stanza.value(),
            Self::Prebuilt(stanza) => stanza.value(),
        }
    }

    /// Whether it has to be kept out of sets that haven't the package.
    fn may_be_absent(&self) -> bool {
        match self {
            Self::Cargo(stanza) => stanza.kind != SourceKind::Local,
            Self::Prebuilt(_) => true,
        }
    }

    fn attribute(&self) -> (NixString, Expr) {
        (self.name().as_str().into(), self.value())
    }

    /// Prints `NAME = ...;` as it is laid out behind so many spaces, which
    /// aren't in the text.
    #[must_use]
    pub fn print_at(&self, indentation: usize) -> String {
        let mut set = Expr::AttrSet(vec![self.attribute()]);
        let depth = (indentation / 2).clamp(1, MAX_DEPTH);
        for _ in 1..depth {
            set = Expr::AttrSet(vec![("a".into(), set)]);
        }
        inside_braces(&print(&set), depth)
    }

    /// The stanza as the only attribute of a set, for programs that lay out
    /// whole expressions.
    #[must_use]
    pub fn in_set(&self) -> String {
        print(&Expr::AttrSet(vec![self.attribute()]))
    }

    /// Takes what such a program made of [`AnyStanza::in_set`] out of the set.
    #[must_use]
    pub fn out_of_set(set: &str) -> Option<String> {
        let inside = set.trim().strip_prefix('{')?.strip_suffix('}')?;
        let lines: Vec<&str> = inside
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let indentation = |line: &&str| line.len() - line.trim_start().len();
        let least = lines.iter().map(indentation).min()?;
        Some(
            lines
                .iter()
                .flat_map(|line| [&line[least..], "\n"])
                .collect(),
        )
    }
}

/// Prints stanzas in nixfmt's layout, with a newline at the end.
#[must_use]
pub fn print_all(stanzas: &[AnyStanza], form: Form) -> String {
    if form == Form::Stanza {
        let texts = stanzas.iter().map(|stanza| stanza.print_at(0));
        return texts.collect::<Vec<_>>().join("\n");
    }
    let mut set = Expr::AttrSet(stanzas.iter().map(AnyStanza::attribute).collect());
    if stanzas.iter().any(AnyStanza::may_be_absent) {
        set = only_known(set);
    }
    print(&around(set, form))
}

/// A file without stanzas; a stanza alone is no file.
#[must_use]
pub fn skeleton(form: Form) -> Option<String> {
    let set = around(only_known(Expr::AttrSet(vec![])), form);
    (form != Form::Stanza).then(|| print(&set))
}

/// What isn't in the package set stays out.
fn only_known(set: Expr) -> Expr {
    Expr::var("builtins")
        .select(["intersectAttrs"])
        .apply(Expr::var("prev"))
        .apply(set)
}

/// The overlay of a set.
fn around(set: Expr, form: Form) -> Expr {
    let overlay = set
        .lambda(Parameter::Name(Ident::new("prev")))
        .lambda(Parameter::Name(Ident::new("final")));
    if form == Form::Overlay {
        return overlay;
    }
    let parameters = ["pkgs", "lib", "hacks"].map(Ident::new).to_vec();
    overlay.lambda(Parameter::Open(parameters))
}

/// Takes the attributes out of sets in one another, so many levels of
/// indentation less.
///
/// No string of ours goes over several lines, so every line is layout.
fn inside_braces(set: &str, depth: usize) -> String {
    let indentation = "  ".repeat(depth);
    let lines = set
        .lines()
        .filter_map(|line| line.strip_prefix(&indentation));
    lines.flat_map(|line| [line, "\n"]).collect()
}
