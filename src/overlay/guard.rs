//! What keeps the stanzas of an attribute set from setting packages that the
//! package set lacks.

use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode;

use super::syntax::{head_and_arguments, is_prev_name, last_name, without_parentheses};
use crate::nix::Guard;

/// Tells what handles packages that the package set lacks: `intersectAttrs prev`
/// in front of a set, or nothing, so that each stanza has to.
pub(super) fn guard_of(set: &SyntaxNode) -> Guard {
    let mut inner = set.clone();
    while let Some(outer) = inner.parent() {
        let is_result = match outer.kind() {
            SyntaxKind::NODE_PAREN => true,
            SyntaxKind::NODE_BIN_OP => ast::BinOp::cast(outer.clone())
                .is_some_and(|op| op.operator() == Some(ast::BinOpKind::Update)),
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH | SyntaxKind::NODE_ASSERT => {
                outer.last_child().as_ref() == Some(&inner)
            }
            SyntaxKind::NODE_APPLY => {
                let Some(apply) = ast::Apply::cast(outer.clone()) else {
                    return Guard::Stanza;
                };
                let argument = apply.argument();
                if argument.is_none_or(|argument| *argument.syntax() != inner) {
                    return Guard::Stanza;
                }
                match apply.lambda() {
                    Some(function) if intersects_with_prev(&function) => return Guard::Set,
                    Some(function) => is_optional_attrs(&function),
                    None => false,
                }
            }
            _ => false,
        };
        if !is_result {
            break;
        }
        inner = outer;
    }
    Guard::Stanza
}

/// Tells whether a function is `intersectAttrs prev`.
pub(super) fn intersects_with_prev(function: &ast::Expr) -> bool {
    let ast::Expr::Apply(apply) = function else {
        return false;
    };
    let is_prev = apply
        .argument()
        .and_then(without_parentheses)
        .is_some_and(|argument| is_prev_name(&argument.syntax().text().to_string()));
    let function = apply.lambda().map(|function| function.syntax().to_string());
    let is_known = |name: String| {
        matches!(
            name.as_str(),
            "intersectAttrs" | "builtins.intersectAttrs" | "lib.intersectAttrs"
        )
    };
    is_prev && function.is_some_and(is_known)
}

/// Tells whether a function is `lib.optionalAttrs condition`.
fn is_optional_attrs(function: &ast::Expr) -> bool {
    let ast::Expr::Apply(apply) = function else {
        return false;
    };
    let (head, _) = head_and_arguments(apply);
    head.as_ref().and_then(last_name).as_deref() == Some("optionalAttrs")
}

/// Tells whether a function of nixpkgs' library returns what it is given under
/// a condition only.
pub(super) fn is_conditional(name: &str) -> bool {
    matches!(
        name,
        "optionalAttrs" | "optionals" | "optional" | "optionalString" | "mkIf"
    )
}

/// Returns the condition around an expression, up to the function that it is
/// in: an `if`, or a call such as `lib.optionalAttrs condition`.
pub(super) fn condition_around(node: &SyntaxNode) -> Option<SyntaxNode> {
    let mut inner = node.clone();
    while let Some(outer) = inner.parent() {
        match outer.kind() {
            SyntaxKind::NODE_LAMBDA => return None,
            SyntaxKind::NODE_IF_ELSE if outer.first_child().as_ref() != Some(&inner) => {
                return Some(outer);
            }
            SyntaxKind::NODE_APPLY => {
                let apply = ast::Apply::cast(outer.clone())?;
                let is_argument = apply.argument().is_some_and(|arg| *arg.syntax() == inner);
                let (head, _) = head_and_arguments(&apply);
                let name = head.as_ref().and_then(last_name).unwrap_or_default();
                if is_argument && is_conditional(&name) {
                    return Some(outer);
                }
            }
            _ => {}
        }
        inner = outer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{parse, written};
    use super::*;

    #[test]
    fn sets_inside_of_a_guarded_expression_are_guarded() {
        for (before, after, is_safe) in [
            (
                "builtins.intersectAttrs prev (lib.optionalAttrs true {",
                "})",
                true,
            ),
            ("builtins.intersectAttrs prev ({ x = 1; } // {", "})", true),
            ("builtins.intersectAttrs prev (with prev; {", "})", true),
            ("builtins.intersectAttrs prev { x = {", "}; }", false),
            ("builtins.intersectAttrs prev (f {", "})", false),
            (
                "builtins.intersectAttrs prev (if {",
                "} == { } then { } else { })",
                false,
            ),
        ] {
            let text = written(&["a"]).replace("final: prev: {", &format!("final: prev: {before}"));
            let text = format!("{}{after}\n", text.trim_end().trim_end_matches('}'));
            let guard = parse(&text).blocks()[0].guard;
            assert_eq!(guard == Guard::Set, is_safe, "{text}");
        }
    }
}
