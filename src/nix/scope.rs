//! The variables of Nix files: what binds them, and which are bound nowhere.
//!
//! Nix manual, "Scoping rules": functions, `let` and `rec` bind names
//! lexically, the innermost first; `with` supplies only names that nothing else
//! binds. Nix refuses a file with an undefined variable when it parses it,
//! unless a `with` is around the variable.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode};
use rowan::WalkEvent;
use rowan::ast::AstNode;

/// The variables that Nix itself defines, besides those that begin with `__`.
const GLOBALS: [&str; 23] = [
    "abort",
    "baseNameOf",
    "break",
    "builtins",
    "derivation",
    "derivationStrict",
    "dirOf",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
];

/// A variable, and where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: String,
    pub range: Range<usize>,
}

/// What defines a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Definition {
    /// `name: BODY`
    Parameter(ast::Lambda),
    /// `{ name ? default }: BODY`, with the default.
    Field(Option<ast::Expr>),
    /// `{ ... }@name: BODY`
    Arguments,
    /// `name = value;` in a `let` or `rec { }`.
    Value(ast::Expr),
    /// `name.inner = value;`
    Part,
    /// `inherit name;`, which is the name outside of this node.
    Inherited(SyntaxNode),
    /// `inherit (from) name;`
    InheritedFrom(ast::Expr),
}

/// A name that is bound in some place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    pub name: String,
    pub definition: Definition,
    /// The function, `let` or `rec { }`.
    pub owner: SyntaxNode,
    /// The parameter or entry.
    pub range: Range<usize>,
}

/// The names that a function, a `let` or a recursive set binds inside of it.
pub(crate) fn bindings_of(owner: &SyntaxNode) -> Vec<Binding> {
    let binding = |name: String, node: &SyntaxNode, definition| Binding {
        name,
        definition,
        owner: owner.clone(),
        range: range_of(node),
    };
    match owner.kind() {
        SyntaxKind::NODE_LAMBDA => {
            let Some(lambda) = ast::Lambda::cast(owner.clone()) else {
                return Vec::new();
            };
            match lambda.param() {
                Some(ast::Param::IdentParam(param)) => {
                    let name = param.ident().map(|ident| ident.to_string());
                    let name = name.into_iter();
                    name.map(|name| {
                        let definition = Definition::Parameter(lambda.clone());
                        binding(name, param.syntax(), definition)
                    })
                    .collect()
                }
                Some(ast::Param::Pattern(pattern)) => {
                    let entries = pattern.pat_entries().filter_map(|entry| {
                        let definition = Definition::Field(entry.default());
                        Some(binding(
                            entry.ident()?.to_string(),
                            entry.syntax(),
                            definition,
                        ))
                    });
                    let whole = pattern.pat_bind().and_then(|whole| {
                        let name = whole.ident()?.to_string();
                        Some(binding(name, whole.syntax(), Definition::Arguments))
                    });
                    entries.chain(whole).collect()
                }
                None => Vec::new(),
            }
        }
        SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_LEGACY_LET => entries(owner),
        SyntaxKind::NODE_ATTR_SET if is_recursive(owner) => entries(owner),
        _ => Vec::new(),
    }
}

/// The names that the entries of a set or `let` set.
fn entries(owner: &SyntaxNode) -> Vec<Binding> {
    let mut found = Vec::new();
    for entry in owner.children() {
        let range = range_of(&entry);
        let mut add = |name: String, definition| {
            found.push(Binding {
                name,
                definition,
                owner: owner.clone(),
                range: range.clone(),
            });
        };
        if let Some(inherit) = ast::Inherit::cast(entry.clone()) {
            let from = inherit.from().and_then(|from| from.expr());
            for name in inherit.attrs().filter_map(static_name) {
                add(
                    name,
                    match &from {
                        Some(from) => Definition::InheritedFrom(from.clone()),
                        None => Definition::Inherited(owner.clone()),
                    },
                );
            }
        } else if let Some(set) = ast::AttrpathValue::cast(entry) {
            let mut path = set.attrpath().into_iter().flat_map(|path| path.attrs());
            let (first, is_whole) = (path.next().and_then(static_name), path.next().is_none());
            match (first, set.value()) {
                (Some(name), Some(value)) if is_whole => add(name, Definition::Value(value)),
                (Some(name), _) => add(name, Definition::Part),
                _ => {}
            }
        }
    }
    found
}

/// The name of an attribute, unless it is computed.
pub(crate) fn static_name(attr: ast::Attr) -> Option<String> {
    match attr {
        ast::Attr::Ident(ident) => Some(ident.to_string()),
        ast::Attr::Str(string) => match &string.normalized_parts()[..] {
            [] => Some(String::new()),
            [ast::InterpolPart::Literal(text)] => Some(text.clone()),
            _ => None,
        },
        ast::Attr::Dynamic(_) => None,
    }
}

fn is_recursive(set: &SyntaxNode) -> bool {
    ast::AttrSet::cast(set.clone()).is_some_and(|set| set.rec_token().is_some())
}

pub(crate) fn range_of(node: &SyntaxNode) -> Range<usize> {
    let range = node.text_range();
    range.start().into()..range.end().into()
}

/// The names that are visible in some place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The bindings, the innermost first; each name once.
    pub bindings: Vec<Binding>,
    /// The sets of each `with` around the place, the innermost first.
    pub with: Vec<ast::Expr>,
}

impl Scope {
    /// The names that are visible between the entries of a set or `let`.
    pub(crate) fn inside(set: &SyntaxNode) -> Self {
        let mut scope = Self::default();
        scope.add(bindings_of(set));
        scope.add_outer(set);
        scope
    }

    /// The names that are visible where an expression is.
    pub(crate) fn around(node: &SyntaxNode) -> Self {
        let mut scope = Self::default();
        scope.add_outer(node);
        scope
    }

    fn add_outer(&mut self, node: &SyntaxNode) {
        let mut inner = node.clone();
        while let Some(outer) = inner.parent() {
            if let Some(with) = ast::With::cast(outer.clone()) {
                let is_body = with.body().is_some_and(|body| *body.syntax() == inner);
                self.with.extend(with.namespace().filter(|_| is_body));
            } else {
                self.add(bindings_of(&outer));
            }
            inner = outer;
        }
    }

    fn add(&mut self, bindings: Vec<Binding>) {
        for binding in bindings {
            if self.get(&binding.name).is_none() {
                self.bindings.push(binding);
            }
        }
    }

    /// Returns what binds a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.name == name)
    }
}

fn is_global(name: &str) -> bool {
    name.starts_with("__") || GLOBALS.contains(&name)
}

/// Returns the variables that nothing in the tree defines, in the order of the
/// text.
pub(crate) fn undefined_variables(root: &SyntaxNode) -> Vec<Variable> {
    let mut walk = Walk::default();
    for event in root.preorder() {
        match event {
            WalkEvent::Enter(node) => walk.enter(&node),
            WalkEvent::Leave(node) => walk.leave(&node),
        }
    }
    walk.undefined
}

/// A walk through a tree.
#[derive(Default)]
struct Walk {
    /// How many nodes around the current one bind each name.
    bound: HashMap<String, usize>,
    /// How many `with` are around the current node.
    with: usize,
    undefined: Vec<Variable>,
}

impl Walk {
    fn enter(&mut self, node: &SyntaxNode) {
        for name in names_bound_by(node) {
            *self.bound.entry(name).or_default() += 1;
        }
        if is_body_of_with(node) {
            self.with += 1;
        }
        for (variable, outside) in variables_at(node) {
            let own = usize::from(
                outside.is_some_and(|owner| names_bound_by(&owner).contains(&variable.name)),
            );
            let bound = self.bound.get(&variable.name).copied().unwrap_or_default();
            if bound <= own && self.with == 0 && !is_global(&variable.name) {
                self.undefined.push(variable);
            }
        }
    }

    fn leave(&mut self, node: &SyntaxNode) {
        for name in names_bound_by(node) {
            if let Some(count) = self.bound.get_mut(&name) {
                *count = count.saturating_sub(1);
            }
        }
        if is_body_of_with(node) {
            self.with -= 1;
        }
    }
}

fn names_bound_by(node: &SyntaxNode) -> BTreeSet<String> {
    let bindings = bindings_of(node).into_iter();
    bindings.map(|binding| binding.name).collect()
}

fn is_body_of_with(node: &SyntaxNode) -> bool {
    let with = node.parent().and_then(ast::With::cast);
    let body = with.and_then(|with| with.body());
    body.is_some_and(|body| body.syntax() == node)
}

/// The variables that a node itself uses. Those of `inherit name;` are looked
/// up outside of the `let` or `rec { }` that comes with them.
fn variables_at(node: &SyntaxNode) -> Vec<(Variable, Option<SyntaxNode>)> {
    if let Some(inherit) = ast::Inherit::cast(node.clone()) {
        if inherit.from().is_some() {
            return Vec::new();
        }
        let names = inherit.attrs().filter_map(|attr| {
            let range = range_of(attr.syntax());
            let name = static_name(attr)?;
            Some((Variable { name, range }, node.parent()))
        });
        return names.collect();
    }
    if !is_variable(node) {
        return Vec::new();
    }
    let variable = Variable {
        name: node.text().to_string(),
        range: range_of(node),
    };
    vec![(variable, None)]
}

/// Whether a node is a variable, and not an attribute or a parameter.
pub(crate) fn is_variable(node: &SyntaxNode) -> bool {
    if node.kind() != SyntaxKind::NODE_IDENT {
        return false;
    }
    match node.parent().map(|parent| parent.kind()) {
        Some(
            SyntaxKind::NODE_ATTRPATH
            | SyntaxKind::NODE_IDENT_PARAM
            | SyntaxKind::NODE_PAT_BIND
            | SyntaxKind::NODE_INHERIT,
        ) => false,
        // `name ? default`
        Some(SyntaxKind::NODE_PAT_ENTRY) => node.prev_sibling().is_some(),
        _ => true,
    }
}

/// Returns the first attribute that is set twice in a set or `let`. Nix joins
/// sets that are written out: `a.b = 1; a = { c = 2; };`.
pub(crate) fn duplicate_attribute(root: &SyntaxNode) -> Option<Variable> {
    let sets = root.descendants().filter(|node| {
        matches!(
            node.kind(),
            SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_LEGACY_LET
        )
    });
    sets.into_iter()
        .find_map(|set| Attributes::default().add_entries(&set).err())
}

/// The attributes of a set.
#[derive(Default)]
struct Attributes(BTreeMap<String, Option<Self>>);

impl Attributes {
    fn add_entries(&mut self, set: &SyntaxNode) -> Result<(), Variable> {
        for entry in set.children() {
            let range = range_of(&entry);
            if let Some(inherit) = ast::Inherit::cast(entry.clone()) {
                for name in inherit.attrs().filter_map(static_name) {
                    self.add(&[name], None, &range)?;
                }
            } else if let Some(value) = ast::AttrpathValue::cast(entry) {
                let path = value.attrpath().into_iter().flat_map(|path| path.attrs());
                let path: Option<Vec<_>> = path.map(static_name).collect();
                self.add(&path.unwrap_or_default(), value.value(), &range)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        path: &[String],
        value: Option<ast::Expr>,
        range: &Range<usize>,
    ) -> Result<(), Variable> {
        let Some((name, rest)) = path.split_first() else {
            return Ok(());
        };
        let twice = || Variable {
            name: name.clone(),
            range: range.clone(),
        };
        let literal = match value {
            Some(ast::Expr::AttrSet(ref set)) => Some(set.clone()),
            _ => None,
        };
        let is_set = !rest.is_empty() || literal.is_some();
        let is_new = !self.0.contains_key(name);
        let known = self.0.entry(name.clone()).or_default();
        if is_new && is_set {
            *known = Some(Self::default());
        }
        match (known, literal) {
            (Some(inner), _) if !rest.is_empty() => inner.add(rest, value, range),
            (Some(inner), Some(set)) => inner.add_entries(set.syntax()),
            (None, None) if is_new => Ok(()),
            _ => Err(twice()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each agrees with `nix-instantiate --parse`.
    #[test]
    fn what_is_set_twice_is_found() {
        for (text, expected) in [
            ("{ a = 1; b = 2; }", None),
            ("{ a = 1; a = 2; }", Some("a")),
            ("{ a.b = 1; a.c = 2; }", None),
            ("{ a.b = 1; a.b = 2; }", Some("b")),
            ("{ a = { b = 1; }; a.c = 2; }", None),
            ("{ a = { b = 1; }; a = { b = 2; }; }", Some("b")),
            ("{ a = f; a.b = 2; }", Some("a")),
            ("{ a.b = 2; a = f; }", Some("a")),
            ("{ inherit a; a = 1; }", Some("a")),
            ("{ inherit (x) a a; }", Some("a")),
            ("let a = 1; a = 2; in a", Some("a")),
            ("{ \"a\" = 1; a = 2; }", Some("a")),
            ("x: { ${x} = 1; ${x} = 2; }", None),
            ("{ x = { a = 1; a = 2; }; }", Some("a")),
        ] {
            let found = duplicate_attribute(&rnix::Root::parse(text).syntax());
            let found = found.map(|attribute| attribute.name);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    fn undefined(text: &str) -> Vec<String> {
        let parsed = rnix::Root::parse(text);
        assert!(parsed.errors().is_empty(), "{text}");
        let variables = undefined_variables(&parsed.syntax()).into_iter();
        variables
            .inspect(|variable| assert_eq!(text[variable.range.clone()], variable.name))
            .map(|variable| variable.name)
            .collect()
    }

    /// Each agrees with `nix-instantiate --parse`.
    #[test]
    fn variables_without_a_binding_are_undefined() {
        for (text, expected) in [
            ("a: b: a b c", &["c"][..]),
            ("{ a, b ? a, ... }@all: all.c b d", &["d"]),
            ("{ a ? z }: a", &["z"]),
            ("let a = b; b = c; in a", &["c"]),
            ("let inherit a; in a", &["a"]),
            ("a: let inherit a; in a", &[]),
            ("a: rec { inherit a; b = a; }", &[]),
            ("rec { inherit a; }", &["a"]),
            ("{ inherit a; }", &["a"]),
            ("let inherit (a) b; a = { }; in b", &[]),
            ("let x.y = 1; in x", &[]),
            ("{ a = 1; b = a; }", &["a"]),
            ("rec { a = 1; b = a; }", &[]),
            ("let { a = 1; body = a; }", &[]),
            ("with a; b", &["a"]),
            ("with { }; b", &[]),
            ("(with { }; b) c", &["c"]),
            ("x: \"${x} ${y}\"", &["y"]),
            ("x: x.y.${z} or w", &["z", "w"]),
            ("map toString [ true null __add builtins.x ]", &[]),
            ("{ a, ... }: a ? b.c", &[]),
            ("{ \"a b\" = x: x; ${c} = 1; }", &["c"]),
        ] {
            assert_eq!(undefined(text), expected, "{text}");
        }
    }
}
