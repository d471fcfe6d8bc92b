//! Sets, lists and `let`s of a stanza, by their place in its syntax.

use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode, SyntaxToken};
use rowan::ast::AstNode;

use crate::overlay::guard::is_conditional;
use crate::overlay::syntax::{head_and_arguments, last_name};

/// A set, list or `let`, by its place in the syntax.
#[derive(PartialEq, Eq)]
pub(super) struct Container {
    pub(super) kind: SyntaxKind,
    /// From the stanza to the container.
    path: Vec<Step>,
}

/// A step into an expression that tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of an attribute.
    Value(String),
    /// The argument of a function.
    Argument(String),
    /// What is only used under a condition.
    Condition(String),
    /// What is only used for a version of the package.
    Version(String),
    /// What stands behind `or`.
    Default,
    /// An item of a list, or a part of a string.
    Part,
}

/// Functions that return one of their arguments, or most of it.
const TRANSPARENT: [&str; 9] = [
    "intersectAttrs",
    "throwIf",
    "throwIfNot",
    "trace",
    "traceVal",
    "seq",
    "warn",
    "warnIf",
    "warnIfNot",
];

impl Container {
    /// Returns `None` for a node that isn't a set, a list or a `let`.
    pub(super) fn of(node: &SyntaxNode) -> Option<Self> {
        let is_container = matches!(
            node.kind(),
            SyntaxKind::NODE_ATTR_SET
                | SyntaxKind::NODE_LIST
                | SyntaxKind::NODE_LET_IN
                | SyntaxKind::NODE_LEGACY_LET
        );
        if !is_container {
            return None;
        }
        let mut path: Vec<_> = node
            .ancestors()
            .filter_map(|inner| step_to(&inner))
            .collect();
        path.reverse();
        Some(Self {
            kind: node.kind(),
            path,
        })
    }

    /// The path without the step of a version, and the version.
    pub(super) fn without_version(&self) -> (Vec<&Step>, Option<&str>) {
        let is_version = |step: &&Step| matches!(step, Step::Version(_));
        let version = self.path.iter().find_map(|step| match step {
            Step::Version(version) => Some(version.as_str()),
            _ => None,
        });
        let path = self.path.iter().filter(|step| !is_version(step));
        (path.collect(), version)
    }
}

/// The step from its parent to a node, if it tells the node from others.
fn step_to(node: &SyntaxNode) -> Option<Step> {
    let parent = node.parent()?;
    match parent.kind() {
        SyntaxKind::NODE_ATTRPATH_VALUE => Some(Step::Value(key_of(&parent))),
        SyntaxKind::NODE_LIST | SyntaxKind::NODE_INTERPOL => Some(Step::Part),
        SyntaxKind::NODE_SELECT => {
            let select = ast::Select::cast(parent)?;
            let default = select.default_expr()?;
            (default.syntax() == node).then_some(Step::Default)
        }
        SyntaxKind::NODE_IF_ELSE => {
            let choice = ast::IfElse::cast(parent)?;
            let condition = choice.condition()?;
            if condition.syntax() == node {
                return Some(Step::Part);
            }
            let is_then = choice.body().is_some_and(|body| body.syntax() == node);
            let version = version_in(condition.syntax()).filter(|_| is_then);
            version.map(Step::Version)
        }
        SyntaxKind::NODE_APPLY => {
            let apply = ast::Apply::cast(parent)?;
            let argument = apply.argument()?;
            if argument.syntax() != node {
                return None;
            }
            let (head, arguments) = head_and_arguments(&apply);
            let name = head.as_ref().and_then(last_name).unwrap_or_default();
            if TRANSPARENT.contains(&&*name) {
                return None;
            }
            if is_conditional(&name) {
                let condition = arguments.first()?;
                return Some(Step::Condition(words_of(condition.syntax())));
            }
            Some(Step::Argument(name))
        }
        _ => None,
    }
}

/// Returns the version that a condition compares with: `X.version == "1.0"`.
fn version_in(condition: &SyntaxNode) -> Option<String> {
    let comparisons = condition.descendants().filter_map(ast::BinOp::cast);
    let mut equal = comparisons.filter(|op| op.operator() == Some(ast::BinOpKind::Equal));
    equal.find_map(|op| {
        let (left, right) = (op.lhs()?, op.rhs()?);
        let is_version = last_name(&left).as_deref() == Some("version");
        let text = right.syntax().text().to_string();
        is_version.then(|| text.trim_matches('"').to_owned())
    })
}

/// The entries of a set or `let`, or the items of a list.
pub(super) fn entries_of(container: &SyntaxNode) -> Vec<SyntaxNode> {
    let is_body = |node: &SyntaxNode| {
        container.kind() == SyntaxKind::NODE_LET_IN
            && !matches!(
                node.kind(),
                SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
            )
    };
    container.children().filter(|node| !is_body(node)).collect()
}

/// What tells an entry from others: the name that it sets, or its text.
pub(super) fn key_of(entry: &SyntaxNode) -> String {
    let path = ast::AttrpathValue::cast(entry.clone()).and_then(|entry| entry.attrpath());
    path.map_or_else(|| words_of(entry), |path| words_of(path.syntax()))
}

/// The tokens of a node without comments and layout.
fn words_of(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens();
    let tokens = tokens.filter_map(rnix::NodeOrToken::into_token);
    let words: Vec<_> = tokens
        .filter(is_code)
        .map(|token| token.text().to_owned())
        .collect();
    words.join(" ")
}

pub(super) fn is_code(token: &SyntaxToken) -> bool {
    !matches!(
        token.kind(),
        SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT
    )
}

/// Where the bracket that closes a set or list is, or the `in` of a `let`.
pub(super) fn closing_bracket(container: &SyntaxNode) -> Option<usize> {
    let tokens = container.children_with_tokens();
    let tokens = tokens.filter_map(rnix::NodeOrToken::into_token);
    let closing = tokens.filter(|token| {
        matches!(
            token.kind(),
            SyntaxKind::TOKEN_R_BRACE | SyntaxKind::TOKEN_R_BRACK | SyntaxKind::TOKEN_IN
        )
    });
    closing
        .last()
        .map(|token| token.text_range().start().into())
}
