//! A model of Nix expressions, as far as generated files need them.

use super::ident::Ident;
use super::user_expr::UserExpr;

/// A Nix expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A variable.
    Var(Ident),
    /// A string by its value; the printer escapes it.
    Str(NixString),
    /// `"text${expression}text"`
    Template(Vec<Part>),
    /// `''text''`, with a line break after the opening quotes. The text ends
    /// with a line break too.
    IndentedTemplate(Vec<Part>),
    /// A path relative to the printed file. The printer chooses between `./x`
    /// and `./. + "/x"`.
    Path(NixString),
    /// `base.a.b`, or `base.a.b or default`.
    Select(Box<Self>, Vec<NixString>, Option<Box<Self>>),
    /// `function argument`
    Apply(Box<Self>, Box<Self>),
    /// `[ a b ]`
    List(Vec<Self>),
    /// `{ name = value; inherit (from) name; }`, in this order.
    AttrSet(Vec<Binding>),
    /// `left OPERATOR right`
    Binary(Box<Self>, Operator, Box<Self>),
    /// `parameter: body`
    Lambda(Parameter, Box<Self>),
    /// `if condition then value else otherwise`
    If(Box<Self>, Box<Self>, Box<Self>),
    /// `!operand`
    Not(Box<Self>),
    /// `set ? name`
    Has(Box<Self>, NixString),
    /// An expression that the user wrote; it is printed as it is.
    Own(UserExpr),
    /// A list item, the value of a binding or an operand, with a comment above
    /// it.
    Commented(Comment, Box<Self>),
}

/// A line of an [`Expr::AttrSet`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// An empty line.
    BlankLine,
    /// `inherit (from) names;`
    Inherit(Expr, Vec<Ident>),
    /// `name = value;`, or `a.b = value;`
    Set(Vec<NixString>, Expr),
}

/// The text of a comment, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment(String);

impl Comment {
    /// Replaces control characters and line separators by spaces: they would
    /// end the comment, or steer the reader's terminal.
    pub fn new(text: &str) -> Self {
        let is_printable = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
        let text: String = text
            .chars()
            .map(|c| if is_printable(c) { c } else { ' ' })
            .collect();
        Self(text.trim().to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a string with interpolations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text by its value; the printer escapes it.
    Text(NixString),
    /// `${expression}`
    Expr(Expr),
}

/// A binary operator.
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

/// The parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// `name:`
    Name(Ident),
    /// `{ a, b, ... }:`
    Open(Vec<Ident>),
    /// `{ a, b }:`, with a comment above each group that has a title.
    Groups(Vec<ParameterGroup>),
}

/// Parameters that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterGroup {
    pub title: Option<&'static str>,
    pub names: Vec<Ident>,
}

/// A string that Nix can hold: any text without a NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NixString(String);

impl NixString {
    /// Replaces NUL by U+FFFD.
    pub fn new(text: &str) -> Self {
        Self(text.replace('\0', "\u{FFFD}"))
    }

    /// The text by its value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for NixString {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Part {
    /// Text by its value.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Parameter {
    pub const fn name(name: &'static str) -> Self {
        Self::Name(Ident::new(name))
    }
}

impl Binding {
    /// `name = value;`
    pub fn set(name: &str, value: Expr) -> Self {
        Self::Set(vec![name.into()], value)
    }
}

impl Expr {
    /// A variable that this program chose itself; the name isn't checked.
    #[must_use]
    pub const fn var(name: &'static str) -> Self {
        Self::Var(Ident::new(name))
    }

    /// A string by its value.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::Str(text.into())
    }

    /// A list of strings.
    pub fn strings<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let items = texts.into_iter().map(|text| Self::string(text.as_ref()));
        Self::List(items.collect())
    }

    /// `{ name = value; }`, in this order.
    pub fn attr_set<T: AsRef<str>>(attributes: impl IntoIterator<Item = (T, Self)>) -> Self {
        let bindings = attributes
            .into_iter()
            .map(|(name, value)| Binding::set(name.as_ref(), value));
        Self::AttrSet(bindings.collect())
    }

    /// `pkgs.path`, for an attribute path such as `python3Packages.numpy`;
    /// `pkgs.a.b or pkgs.a` for `a.b or a`.
    #[must_use]
    pub fn package(path: &str) -> Self {
        let below_pkgs = |path: &str| Self::var("pkgs").select(path.split('.'));
        match path.split_once(" or ") {
            Some((path, default)) => below_pkgs(path).or(below_pkgs(default)),
            None => below_pkgs(path),
        }
    }

    /// `self.path`, with the parts of `path` as attribute names.
    #[must_use]
    pub fn select<'a>(self, path: impl IntoIterator<Item = &'a str>) -> Self {
        let path = path.into_iter().map(NixString::from).collect();
        Self::Select(Box::new(self), path, None)
    }

    /// `self or default` if `self` is a selection, else `self`.
    #[must_use]
    pub fn or(self, default: Self) -> Self {
        match self {
            Self::Select(base, path, _) => Self::Select(base, path, Some(Box::new(default))),
            other => other,
        }
    }

    /// `self argument`
    #[must_use]
    pub fn apply(self, argument: Self) -> Self {
        Self::Apply(Box::new(self), Box::new(argument))
    }

    /// `self OPERATOR right`
    #[must_use]
    pub fn binary(self, operator: Operator, right: Self) -> Self {
        Self::Binary(Box::new(self), operator, Box::new(right))
    }

    /// `first OPERATOR second OPERATOR third`, grouped from the right as Nix
    /// reads `++` and `//`; `None` if there are no operands.
    pub fn chain(operands: impl IntoIterator<Item = Self>, operator: Operator) -> Option<Self> {
        let operands: Vec<_> = operands.into_iter().collect();
        operands
            .into_iter()
            .rev()
            .reduce(|right, left| left.binary(operator, right))
    }

    /// `self ++ right`
    #[must_use]
    pub fn concat(self, right: Self) -> Self {
        self.binary(Operator::Concat, right)
    }

    /// `self // right`
    #[must_use]
    pub fn update(self, right: Self) -> Self {
        self.binary(Operator::Update, right)
    }

    /// Puts a comment above `self` if there is one.
    #[must_use]
    pub fn commented(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => Self::Commented(Comment::new(text), Box::new(self)),
            None => self,
        }
    }

    /// `!self`
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// `self ? name`
    #[must_use]
    pub fn has(self, name: &str) -> Self {
        Self::Has(Box::new(self), name.into())
    }

    /// `if self then value else otherwise`
    #[must_use]
    pub fn then(self, value: Self, otherwise: Self) -> Self {
        Self::If(Box::new(self), Box::new(value), Box::new(otherwise))
    }

    /// `self && right`
    #[must_use]
    pub fn and(self, right: Self) -> Self {
        self.binary(Operator::And, right)
    }

    /// `self == right`
    #[must_use]
    pub fn equals(self, right: Self) -> Self {
        self.binary(Operator::Equal, right)
    }

    /// `self != right`
    #[must_use]
    pub fn differs_from(self, right: Self) -> Self {
        self.binary(Operator::NotEqual, right)
    }

    /// `parameter: self`
    #[must_use]
    pub fn lambda(self, parameter: Parameter) -> Self {
        Self::Lambda(parameter, Box::new(self))
    }
}
