//! What several modules ask of the syntax of overlay files.

use rnix::ast;

use crate::nix::scope::static_name;

/// A name without what only tells it from others.
pub(super) fn plain_name(name: &str) -> String {
    name.trim_matches(['_', '\'']).to_lowercase()
}

/// Whether two parameters are called as those of an overlay.
pub(super) fn are_named_as_overlay(outer: &str, inner: &str) -> bool {
    let (outer, inner) = (plain_name(outer), plain_name(inner));
    let is_final = outer.is_empty() || outer.ends_with("final") || outer.ends_with("self");
    is_final && is_prev_name(&inner)
}

/// Whether a name is that of the package set below an overlay.
pub(super) fn is_prev_name(name: &str) -> bool {
    let name = plain_name(name);
    name.ends_with("prev") || name.ends_with("super")
}

/// The name of a function's only parameter.
pub(super) fn parameter(lambda: &ast::Lambda) -> Option<String> {
    match lambda.param()? {
        ast::Param::IdentParam(param) => Some(param.ident()?.to_string()),
        ast::Param::Pattern(_) => None,
    }
}

/// The function that an expression evaluates to, without what is around it.
pub(super) fn innermost(expr: ast::Expr) -> Option<ast::Expr> {
    match expr {
        ast::Expr::Paren(paren) => innermost(paren.expr()?),
        ast::Expr::LetIn(let_in) => innermost(let_in.body()?),
        ast::Expr::With(with) => innermost(with.body()?),
        ast::Expr::Assert(assert) => innermost(assert.body()?),
        expr => Some(expr),
    }
}

/// The function of a call, and its arguments in order.
pub(super) fn head_and_arguments(apply: &ast::Apply) -> (Option<ast::Expr>, Vec<ast::Expr>) {
    let mut arguments: Vec<_> = apply.argument().into_iter().collect();
    let mut head = apply.lambda().and_then(without_parentheses);
    while let Some(ast::Expr::Apply(inner)) = &head {
        arguments.extend(inner.argument());
        head = inner.lambda().and_then(without_parentheses);
    }
    arguments.reverse();
    (head, arguments)
}

/// The name of a variable, or the last of a selection's attributes.
pub(super) fn last_name(expr: &ast::Expr) -> Option<String> {
    match without_parentheses(expr.clone())? {
        ast::Expr::Ident(ident) => Some(ident.to_string()),
        ast::Expr::Select(select) => static_name(select.attrpath()?.attrs().last()?),
        _ => None,
    }
}

pub(super) fn without_parentheses(expr: ast::Expr) -> Option<ast::Expr> {
    match expr {
        ast::Expr::Paren(paren) => without_parentheses(paren.expr()?),
        expr => Some(expr),
    }
}
