//! Imports, and whether a script needs them.

use ruff_python_ast::{ExceptHandlerExceptHandler, Expr, ExprCall, Stmt};

/// Whether an import is executed, and whether the script needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The script fails without the module.
    Certain,
    /// The script goes on if the import fails.
    Guarded,
    /// It depends on a condition that the text doesn't decide.
    Conditional,
    /// It is in a method of a build command, which the build may call.
    Deferred,
}

/// An import statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module: `a.b` of `import a.b` and of `from a.b import c`; empty in
    /// `from . import a`.
    pub module: String,
    /// What is taken from it: `c` of `from a.b import c`.
    pub names: Vec<String>,
    /// The number of leading dots.
    pub level: u32,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is executed.
    pub certainty: Certainty,
}

/// Whether a handler runs when an import fails.
pub(super) fn catches_import_error(handler: &ExceptHandlerExceptHandler) -> bool {
    let is_one = |expression: &Expr| {
        let name = match expression {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        matches!(
            name,
            "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"
        )
    };
    match handler.type_.as_deref() {
        None => true,
        Some(Expr::Tuple(tuple)) => tuple.elts.iter().any(is_one),
        Some(other) => is_one(other),
    }
}

/// Whether a block ends the script: it raises an error or exits.
pub(super) fn leaves(body: &[Stmt]) -> bool {
    let is_exit = |expression: &Expr| {
        let Expr::Call(ExprCall { func, .. }) = expression else {
            return false;
        };
        match &**func {
            Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
            Expr::Attribute(attribute) => matches!(attribute.attr.as_str(), "exit" | "_exit"),
            _ => false,
        }
    };
    body.iter().any(|statement| match statement {
        Stmt::Raise(_) => true,
        Stmt::Expr(statement) => is_exit(&statement.value),
        _ => false,
    })
}

/// Whether it is `contextlib.suppress(ImportError)`, or of another error: a
/// block in it may end early anyway.
pub(super) fn suppresses_import_error(expression: &Expr) -> bool {
    let Expr::Call(ExprCall { func, .. }) = expression else {
        return false;
    };
    match &**func {
        Expr::Name(name) => name.id == "suppress",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "suppress",
        _ => false,
    }
}
