//! A small model of Nix expressions, as much as stanzas need.

use super::layout::Layout;
use super::user_expr::UserExpr;

/// A Nix expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A variable.
    Var(Ident),
    /// A string, by its value; printing escapes it.
    Str(NixString),
    /// A string with expressions in it: `"text${expression}text"`.
    Template(Vec<Part>),
    /// A path, relative to the file that it stands in; printing gives the
    /// form that fits.
    Path(NixString),
    /// `base.a.b`, or `base.a.b or default`.
    Select(Box<Expr>, Vec<NixString>, Option<Box<Expr>>),
    /// `function argument`.
    Apply(Box<Expr>, Box<Expr>),
    /// `[ a b ]`.
    List(Vec<Expr>),
    /// `{ name = value; }`, in this order.
    AttrSet(Vec<(NixString, Expr)>),
    /// `left OPERATOR right`.
    Binary(Box<Expr>, Operator, Box<Expr>),
    /// `parameter: body`.
    Lambda(Parameter, Box<Expr>),
    /// `if condition then value else otherwise`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `set ? name`.
    Has(Box<Expr>, NixString),
    /// Nix of the user's own, which was parsed before.
    Own(UserExpr),
    /// An attribute's value or an item of a list, with a comment.
    Commented(Comment, Box<Expr>),
    /// What only files in nixpkgs' style have.
    Layout(Layout),
}

/// A comment: one line, whatever it is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment(String);

impl Comment {
    /// Makes a comment; what would end its line, or steer a terminal, becomes
    /// a space.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let is_shown = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
        let text: String = text
            .chars()
            .map(|c| if is_shown(c) { c } else { ' ' })
            .collect();
        Self(text.trim().to_owned())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a [`Expr::Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text, escaped when it is printed.
    Text(NixString),
    /// `${expression}`
    Expr(Expr),
}

/// A binary operator, as far as stanzas need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `++`
    Concat,
    /// `//`
    Update,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// What a function takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// `name:`
    Name(Ident),
    /// `{ a, b, ... }:`
    Open(Vec<Ident>),
}

/// The name of a variable that we chose ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ident(pub(super) &'static str);

/// A string that Nix can hold: any text without a NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NixString(String);

impl NixString {
    /// Takes a text; NUL, which no Nix string can hold, becomes U+FFFD.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.replace('\0', "\u{FFFD}"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NixString {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Ident {
    /// Names a variable; only for names that stand in our own source.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Expr {
    /// A variable.
    #[must_use]
    pub const fn var(name: &'static str) -> Self {
        Self::Var(Ident(name))
    }

    /// A string.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// `self.path`, with the parts of `path` as attribute names.
    #[must_use]
    pub fn select<'a>(self, path: impl IntoIterator<Item = &'a str>) -> Self {
        let path = path.into_iter().map(NixString::from).collect();
        Self::Select(Box::new(self), path, None)
    }

    /// `self or default`, for a selection.
    #[must_use]
    pub fn or(self, default: Self) -> Self {
        match self {
            Self::Select(base, path, _) => Self::Select(base, path, Some(Box::new(default))),
            other => other,
        }
    }

    /// `self argument`.
    #[must_use]
    pub fn apply(self, argument: Self) -> Self {
        Self::Apply(Box::new(self), Box::new(argument))
    }

    /// `self ++ right`.
    #[must_use]
    pub fn concat(self, right: Self) -> Self {
        Self::Binary(Box::new(self), Operator::Concat, Box::new(right))
    }

    /// `self // right`.
    #[must_use]
    pub fn update(self, right: Self) -> Self {
        Self::Binary(Box::new(self), Operator::Update, Box::new(right))
    }

    /// `self` with a comment, if there is one.
    #[must_use]
    pub fn commented(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => Self::Commented(Comment::new(text), Box::new(self)),
            None => self,
        }
    }

    /// `self ? name`.
    #[must_use]
    pub fn has(self, name: &str) -> Self {
        Self::Has(Box::new(self), name.into())
    }

    /// `if self then value else otherwise`.
    #[must_use]
    pub fn then(self, value: Self, otherwise: Self) -> Self {
        Self::If(Box::new(self), Box::new(value), Box::new(otherwise))
    }

    /// `self && right`.
    #[must_use]
    pub fn and(self, right: Self) -> Self {
        Self::Binary(Box::new(self), Operator::And, Box::new(right))
    }

    /// `self == right`.
    #[must_use]
    pub fn equals(self, right: Self) -> Self {
        Self::Binary(Box::new(self), Operator::Equal, Box::new(right))
    }

    /// `self != right`.
    #[must_use]
    pub fn differs_from(self, right: Self) -> Self {
        Self::Binary(Box::new(self), Operator::NotEqual, Box::new(right))
    }

    /// `parameter: self`.
    #[must_use]
    pub fn lambda(self, parameter: Parameter) -> Self {
        Self::Lambda(parameter, Box::new(self))
    }
}
