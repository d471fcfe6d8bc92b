//! Stanzas of every kind, and the Nix around them in an overlay file.

use serde::{Deserialize, Serialize};

use super::expr::{Expr, Parameter};
use super::ident::Ident;
use super::names::Names;
use super::prebuilt::Prebuilt;
use super::print::print;
use super::stanza::{CompactStanza, Form, Guard, Stanza, compact_stanza};
use crate::project::{PythonName, SourceKind};

/// Upper bound on the levels that a stanza is laid out for: deeper
/// indentation leaves no room to break lines.
const MAX_DEPTH: usize = 40;

/// A stanza of an overlay: an attribute `NAME = ...;`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnyStanza {
    /// Builds a package from source.
    Source(Box<Stanza>),
    /// Takes a package from nixpkgs.
    Prebuilt(Box<Prebuilt>),
}

impl From<Stanza> for AnyStanza {
    fn from(stanza: Stanza) -> Self {
        Self::Source(Box::new(stanza))
    }
}

impl AnyStanza {
    /// The package, which is the attribute's name.
    pub const fn name(&self) -> &PythonName {
        match self {
            Self::Source(stanza) => &stanza.name,
            Self::Prebuilt(stanza) => &stanza.name,
        }
    }

    /// The attribute paths below `pkgs` of its native inputs.
    pub fn inputs(&self) -> Vec<String> {
        match self {
            Self::Source(stanza) => {
                let inputs = stanza.build_inputs.keys();
                let inputs = inputs.chain(stanza.native_build_inputs.keys());
                inputs.cloned().collect()
            }
            Self::Prebuilt(_) => Vec::new(),
        }
    }

    /// The stanza in the layout of its own, if it has one.
    pub fn compact(&self, guard: Guard, names: &Names) -> Option<CompactStanza> {
        match self {
            Self::Source(stanza) => compact_stanza(stanza, guard, names),
            Self::Prebuilt(_) => None,
        }
    }

    fn value(&self, guard: Guard) -> Expr {
        match self {
            Self::Source(stanza) => stanza.value(guard),
            Self::Prebuilt(stanza) => stanza.value(guard),
        }
    }

    /// Whether a package set may lack the package.
    pub fn may_be_absent(&self) -> bool {
        match self {
            Self::Source(stanza) => stanza.kind != SourceKind::Local,
            Self::Prebuilt(_) => true,
        }
    }

    fn attribute(&self, guard: Guard) -> (&str, Expr) {
        (self.name().as_str(), self.value(guard))
    }

    fn attribute_or_placeholder(&self) -> (&str, Expr) {
        let name = self.name().as_str();
        match self.compact(Guard::Set, &Names::default()) {
            Some(_) => (name, Expr::var("prev").select([name])),
            None => self.attribute(Guard::Set),
        }
    }

    /// Prints `NAME = ...;` as nixfmt lays it out at this indentation, in
    /// spaces, with the names that a file has for what it refers to. The text
    /// itself isn't indented.
    pub fn print_at(&self, indentation: usize, guard: Guard, names: &Names) -> String {
        if let Some(compact) = self.compact(guard, names) {
            return compact.text;
        }
        let mut set = names.apply(Expr::attr_set([self.attribute(guard)]));
        let depth = (indentation / 2).clamp(1, MAX_DEPTH);
        for _ in 1..depth {
            set = Expr::attr_set([("a", set)]);
        }
        inside_braces(&print(&set), depth)
    }

    /// Prints a set with the stanza as its only attribute, for formatters
    /// that take whole expressions.
    pub fn in_set(&self, guard: Guard, names: &Names) -> String {
        if let Some(compact) = self.compact(guard, names) {
            return format!("{{\n{}}}\n", compact.text);
        }
        print(&names.apply(Expr::attr_set([self.attribute(guard)])))
    }

    /// Returns the attribute in a formatted [`AnyStanza::in_set`], or `None`
    /// if the text is not a set with something in it.
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

/// Prints stanzas in nixfmt's layout, with a line break at the end.
pub fn print_all(stanzas: &[AnyStanza], form: Form) -> String {
    if form == Form::Stanza {
        let texts = stanzas
            .iter()
            .map(|stanza| stanza.print_at(0, Guard::Stanza, &Names::default()));
        return texts.collect::<Vec<_>>().join("\n");
    }
    let mut set = Expr::attr_set(stanzas.iter().map(AnyStanza::attribute_or_placeholder));
    if stanzas.iter().any(AnyStanza::may_be_absent) {
        set = intersect_with_prev(set);
    }
    let compact = stanzas
        .iter()
        .filter_map(|stanza| stanza.compact(Guard::Set, &Names::default()));
    compact.fold(print(&overlay(set, form)), |text, stanza| {
        stanza.reveal(&text)
    })
}

/// An overlay file without stanzas; `None` for [`Form::Stanza`], which is not
/// a file.
pub fn empty_overlay(form: Form) -> Option<String> {
    let set = intersect_with_prev(Expr::AttrSet(Vec::new()));
    (form != Form::Stanza).then(|| print(&overlay(set, form)))
}

/// Leaves out the packages that the package set lacks.
fn intersect_with_prev(set: Expr) -> Expr {
    Expr::var("builtins")
        .select(["intersectAttrs"])
        .apply(Expr::var("prev"))
        .apply(set)
}

fn overlay(set: Expr, form: Form) -> Expr {
    let overlay = set
        .lambda(Parameter::name("prev"))
        .lambda(Parameter::name("final"));
    if form == Form::Overlay {
        return overlay;
    }
    let parameters = ["pkgs", "lib", "hacks"].map(Ident::new).to_vec();
    overlay.lambda(Parameter::Open(parameters))
}

/// Returns the lines inside `depth` nested sets, without the indentation of
/// the sets.
///
/// Printed strings have no line breaks in them, so that the indentation is
/// layout on every line.
fn inside_braces(set: &str, depth: usize) -> String {
    let indentation = "  ".repeat(depth);
    let lines = set
        .lines()
        .filter_map(|line| line.strip_prefix(&indentation));
    lines.flat_map(|line| [line, "\n"]).collect()
}
