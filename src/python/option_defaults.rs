//! The defaults of the options of build commands: what `initialize_options`
//! assigns, if nothing else in the file assigns it.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, UnaryOp};

/// The attributes of `self` and whether their value is true; `None` if the text
/// doesn't tell.
#[derive(Debug, Default)]
pub(super) struct OptionDefaults(BTreeMap<String, Option<bool>>);

impl OptionDefaults {
    /// Reads the statements of a file.
    pub(super) fn read(body: &[Stmt]) -> Self {
        let mut reader = Reader::default();
        reader.visit_body(body);
        Self(reader.found)
    }

    /// Whether a condition holds: `self.NAME`, negated or not.
    pub(super) fn test(&self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
                self.test(&unary.operand).map(|holds| !holds)
            }
            Expr::Attribute(_) => self.0.get(own_attribute(condition)?).copied().flatten(),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Reader {
    is_initial: bool,
    found: BTreeMap<String, Option<bool>>,
}

impl Reader {
    fn assign(&mut self, target: &Expr, value: Option<&Expr>) {
        let Some(name) = own_attribute(target) else {
            return;
        };
        let value = value.filter(|_| self.is_initial).and_then(literal_truth);
        let known = self.found.entry(name.to_owned()).or_insert(value);
        if *known != value {
            *known = None;
        }
    }
}

impl<'a> Visitor<'a> for Reader {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                let outer = self.is_initial;
                self.is_initial = function.name.as_str() == "initialize_options";
                walk_stmt(self, statement);
                self.is_initial = outer;
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.assign(target, Some(&assign.value));
                }
            }
            Stmt::AnnAssign(assign) => self.assign(&assign.target, assign.value.as_deref()),
            Stmt::AugAssign(assign) => self.assign(&assign.target, None),
            _ => walk_stmt(self, statement),
        }
    }
}

/// The name of `self.NAME`.
fn own_attribute(expr: &Expr) -> Option<&str> {
    let Expr::Attribute(attribute) = expr else {
        return None;
    };
    matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == "self")
        .then(|| attribute.attr.as_str())
}

fn literal_truth(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::BooleanLiteral(literal) => Some(literal.value),
        Expr::NoneLiteral(_) => Some(false),
        Expr::StringLiteral(literal) => Some(!literal.value.is_empty()),
        _ => None,
    }
}
