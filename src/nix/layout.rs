//! What files in the style of nixpkgs' packages have and stanzas haven't:
//! names from elsewhere, `inherit`, groups of arguments, scripts.

use super::expr::{Expr, NixString, Part};
use super::print::is_identifier;

/// An expression in the layout of nixpkgs' packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// A variable.
    Name(Name),
    /// `{ inherit (from) a; name = value; }`
    Body(Vec<Line>),
    /// `{ a, b }: body`
    Function(Vec<Group>, Box<Expr>),
    /// `''text''`, with a line break before and after it.
    Script(Vec<Part>),
}

/// The name of a variable that comes from elsewhere: an identifier, and no
/// keyword.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// A line of a [`Layout::Body`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// An empty line.
    Blank,
    /// `inherit (from) names;`
    Inherit(Expr, Vec<Name>),
    /// `name = value;`, or `a.b = value;`
    Set(Vec<NixString>, Expr),
}

/// Arguments that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What a comment above them says.
    pub title: Option<&'static str>,
    /// Their names.
    pub names: Vec<Name>,
}

impl Name {
    /// Checks a name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        is_identifier(name).then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Line {
    /// `name = value;`
    #[must_use]
    pub fn set(name: &str, value: Expr) -> Self {
        Self::Set(vec![name.into()], value)
    }
}

impl From<Layout> for Expr {
    fn from(layout: Layout) -> Self {
        Self::Layout(layout)
    }
}

impl From<Name> for Expr {
    fn from(name: Name) -> Self {
        Self::Layout(Layout::Name(name))
    }
}
