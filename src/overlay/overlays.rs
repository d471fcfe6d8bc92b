//! The overlays of a file, and the one whose set new stanzas go into.

use std::fmt;

use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode;

use super::guard::{condition_around, intersects_with_prev, is_conditional};
use super::lines::Lines;
use super::syntax::{are_named_as_overlay, head_and_arguments, innermost, last_name, parameter};
use crate::nix::scope::{range_of, static_name};

/// Attributes whose values are overlays of nixpkgs or of its Python packages.
const OF_NIXPKGS: [&str; 4] = [
    "overlays",
    "packageOverrides",
    "pythonPackagesExtensions",
    "pythonOverlay",
];

/// What only an overlay of a pyproject.nix package set uses.
const OF_PYPROJECT: [&str; 5] = [
    "importCargoLock",
    "nixpkgsPrebuilt",
    "pyprojectHook",
    "resolveBuildSystem",
    "sourcePreference",
];

/// Why a file has no place for a new stanza. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// There is no overlay in the file.
    None,
    /// There are several sets.
    Several(Vec<usize>),
    /// The overlay's set is only used under a condition.
    Conditional(usize),
    /// The overlays are of nixpkgs.
    OfNixpkgs(usize),
}

impl NoPlace {
    pub(super) fn several(sets: &[SyntaxNode], text: &str) -> Self {
        let lines = Lines::of(text);
        Self::Several(
            sets.iter()
                .map(|set| lines.number(range_of(set).start))
                .collect(),
        )
    }

    /// Says what to do.
    pub(super) fn help(&self, name: &str) -> String {
        let marks = format!(
            "add these two lines where the override belongs: `# pyhack: begin {name}` and `# pyhack: end {name}`"
        );
        match self {
            Self::None | Self::Several(_) => marks,
            Self::Conditional(_) => format!(
                "add a set without a condition, as in `{{ }} // lib.optionalAttrs ...`; or, for an override under the condition, {marks}"
            ),
            Self::OfNixpkgs(_) => format!(
                "use an overlay for a pyproject.nix package set, for example a new file: `--write overrides.nix`; if this file is one, {marks}"
            ),
        }
    }
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::None => f.write_str("it has no `final: prev: { }`"),
            Self::Several(lines) => {
                let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
                write!(f, "it has several sets (lines {})", lines.join(", "))
            }
            Self::Conditional(line) => {
                write!(f, "it only has a set under a condition (line {line})")
            }
            Self::OfNixpkgs(line) => write!(f, "it is an overlay for nixpkgs (line {line})"),
        }
    }
}

/// Returns the set of the only overlay of a pyproject.nix package set.
///
/// # Errors
/// Fails if there is none, or several.
pub(super) fn overlay_set(root: &SyntaxNode, text: &str) -> Result<SyntaxNode, NoPlace> {
    let lines = Lines::of(text);
    let line = |node: &SyntaxNode| lines.number(range_of(node).start);
    let (mut sets, mut conditional, mut of_nixpkgs) = (Vec::new(), Vec::new(), Vec::new());
    for outer in root.descendants().filter_map(ast::Lambda::cast) {
        let Some(inner) = inner_of_overlay(&outer) else {
            continue;
        };
        if is_of_nixpkgs(&outer, &inner) {
            of_nixpkgs.push(line(outer.syntax()));
            continue;
        }
        match inner.body().map_or(Body::Other, set_in_body) {
            Body::Set(set) => match condition_around(outer.syntax()) {
                Some(condition) => conditional.push(line(&condition)),
                None => sets.push(set.syntax().clone()),
            },
            Body::Conditional(node) => conditional.push(line(&node)),
            Body::Other => {}
        }
    }
    match (&sets[..], conditional.first(), of_nixpkgs.first()) {
        ([set], ..) => Ok(set.clone()),
        ([_, _, ..], ..) => Err(NoPlace::several(&sets, text)),
        ([], Some(&line), _) => Err(NoPlace::Conditional(line)),
        ([], None, Some(&line)) => Err(NoPlace::OfNixpkgs(line)),
        ([], None, None) => Err(NoPlace::None),
    }
}

/// Returns the function `prev: ...` in `final: prev: ...`.
fn inner_of_overlay(outer: &ast::Lambda) -> Option<ast::Lambda> {
    let ast::Expr::Lambda(inner) = outer.body().and_then(innermost)? else {
        return None;
    };
    let is_overlay = are_named_as_overlay(&parameter(outer)?, &parameter(&inner)?)
        || is_given_to(outer, &["overrideScope", "composeManyExtensions"]);
    let is_derivation = is_given_to(outer, &["overrideAttrs", "overridePythonAttrs"]);
    (is_overlay && !is_derivation).then_some(inner)
}

/// Whether a function is an argument of one of these, or an item of one.
fn is_given_to(lambda: &ast::Lambda, functions: &[&str]) -> bool {
    let mut inner = lambda.syntax().clone();
    while let Some(outer) = inner.parent() {
        match outer.kind() {
            SyntaxKind::NODE_PAREN | SyntaxKind::NODE_LIST => {}
            SyntaxKind::NODE_APPLY => {
                return function_name(&outer, &inner)
                    .is_some_and(|name| functions.contains(&&*name));
            }
            _ => return false,
        }
        inner = outer;
    }
    false
}

/// The name of the function that is called with an argument.
fn function_name(apply: &SyntaxNode, argument: &SyntaxNode) -> Option<String> {
    let apply = ast::Apply::cast(apply.clone())?;
    if apply.argument()?.syntax() != argument {
        return None;
    }
    last_name(&head_and_arguments(&apply).0?)
}

/// The result of an overlay.
enum Body {
    Set(ast::AttrSet),
    /// A set that is only used under the condition of this node.
    Conditional(SyntaxNode),
    Other,
}

/// The set that an overlay's body evaluates to; of sets joined by `//`, the
/// last without a condition.
fn set_in_body(body: ast::Expr) -> Body {
    let of = |inner: Option<ast::Expr>| inner.map_or(Body::Other, set_in_body);
    match body {
        ast::Expr::AttrSet(set) => Body::Set(set),
        ast::Expr::Paren(paren) => of(paren.expr()),
        ast::Expr::LetIn(let_in) => of(let_in.body()),
        ast::Expr::With(with) => of(with.body()),
        ast::Expr::Assert(assert) => of(assert.body()),
        ast::Expr::IfElse(choice) => Body::Conditional(choice.syntax().clone()),
        ast::Expr::Apply(apply) => {
            let (head, _) = head_and_arguments(&apply);
            let name = head.as_ref().and_then(last_name).unwrap_or_default();
            if is_conditional(&name) {
                return Body::Conditional(apply.syntax().clone());
            }
            // It returns a part of its argument.
            let is_known = apply.lambda().is_some_and(|f| intersects_with_prev(&f));
            of(apply.argument().filter(|_| is_known))
        }
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            match (of(op.rhs()), of(op.lhs())) {
                (set @ Body::Set(_), _) | (_, set @ Body::Set(_)) => set,
                (Body::Other, other) | (other, _) => other,
            }
        }
        _ => Body::Other,
    }
}

/// Whether an overlay is of nixpkgs: by the attribute that it is the value of,
/// or by what it takes from its package sets.
fn is_of_nixpkgs(outer: &ast::Lambda, inner: &ast::Lambda) -> bool {
    let body = inner.syntax();
    let has_overlays = body
        .descendants()
        .skip(1)
        .filter_map(ast::Lambda::cast)
        .any(|lambda| inner_of_overlay(&lambda).is_some());
    let is_of_pyproject = !has_overlays
        && body
            .descendants()
            .filter(|node| node.kind() == SyntaxKind::NODE_IDENT)
            .any(|ident| OF_PYPROJECT.contains(&&*ident.text().to_string()));
    if is_of_pyproject {
        return false;
    }
    is_value_of_nixpkgs(outer) || takes_from_nixpkgs(inner)
}

fn is_value_of_nixpkgs(outer: &ast::Lambda) -> bool {
    let mut inner = outer.syntax().clone();
    while let Some(node) = inner.parent() {
        match node.kind() {
            SyntaxKind::NODE_PAREN
            | SyntaxKind::NODE_LIST
            | SyntaxKind::NODE_ATTR_SET
            | SyntaxKind::NODE_BIN_OP => {}
            SyntaxKind::NODE_ATTRPATH_VALUE => {
                let path = ast::AttrpathValue::cast(node.clone()).and_then(|v| v.attrpath());
                let mut names = path
                    .into_iter()
                    .flat_map(|p| p.attrs())
                    .filter_map(static_name);
                if names.any(|name| OF_NIXPKGS.contains(&&*name)) {
                    return true;
                }
            }
            SyntaxKind::NODE_APPLY => match function_name(&node, &inner).as_deref() {
                Some("appendOverlays") => return true,
                Some("composeManyExtensions" | "composeExtensions") => {}
                _ => return false,
            },
            _ => return false,
        }
        inner = node;
    }
    false
}

/// Whether an overlay uses what a package set of pyproject.nix doesn't have.
fn takes_from_nixpkgs(inner: &ast::Lambda) -> bool {
    let selections = inner.syntax().descendants().filter_map(ast::Select::cast);
    let mut names = selections.filter_map(|select| {
        let base = last_name(&select.expr()?)?;
        let is_set = are_named_as_overlay("final", &base) || are_named_as_overlay(&base, "prev");
        let first = static_name(select.attrpath()?.attrs().next()?)?;
        is_set.then_some(first)
    });
    names.any(|name| {
        name.starts_with("python3")
            || matches!(
                &*name,
                "fetchFromGitHub"
                    | "pythonInterpreters"
                    | "pythonPackagesExtensions"
                    | "rustPlatform"
            )
    })
}
