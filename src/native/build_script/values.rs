//! The values of expressions in a build script, as far as its text shows them.

use std::collections::BTreeMap;

use syn::punctuated::Punctuated;
use syn::{Block, Expr, ExprIf, ExprMatch, ExprMethodCall, Pat, Stmt, Token};

use super::conditions::{Condition, string_literal};
use crate::native::cfg::{CfgCondition, CfgSet};
use crate::native::library_versions::LibraryVersions;
use crate::target::Platform;

/// Upper bound on the texts that one expression may have.
const MAX_TEXTS: usize = 8;
/// Upper bound on the items of a list.
const MAX_ITEMS: usize = 64;

/// What stands for an item of a list that the text doesn't show.
pub(super) const UNKNOWN: &str = "{}";

/// A value that the text of a script shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    /// One of several texts.
    Texts(Vec<String>),
    /// A list of texts, with [`UNKNOWN`] for the items that aren't shown.
    List(Vec<String>),
    /// A `Command`: the indices of the findings for its programs.
    Commands(Vec<usize>),
    /// The versions that a `pkg_config::Config` takes.
    Versions(LibraryVersions),
}

/// The variables of a function, and the constants of a script.
pub(super) struct Scope<'a> {
    pub constants: &'a BTreeMap<String, String>,
    pub variables: BTreeMap<String, Value>,
}

impl Scope<'_> {
    /// Gives a variable the value of an expression; a variable whose value
    /// isn't shown loses that of an outer one.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Option<Value>) {
        let Some(name) = variable_name(pattern) else {
            return;
        };
        match value {
            Some(value) => self.variables.insert(name, value),
            None => self.variables.remove(&name),
        };
    }

    pub(super) fn value(&self, expr: &Expr) -> Option<Value> {
        if let Some(value) = self.variable(expr) {
            return Some(value.clone());
        }
        let texts = self.texts(expr);
        if !texts.is_empty() {
            return Some(Value::Texts(texts));
        }
        self.list(expr).map(Value::List)
    }

    fn variable(&self, expr: &Expr) -> Option<&Value> {
        match expr {
            Expr::Path(path) => self.variables.get(&path.path.get_ident()?.to_string()),
            Expr::Reference(reference) => self.variable(&reference.expr),
            Expr::Paren(inner) => self.variable(&inner.expr),
            _ => None,
        }
    }

    /// The only text that an expression may have.
    pub(super) fn text(&self, expr: &Expr) -> Option<String> {
        let mut texts = self.texts(expr);
        (texts.len() == 1).then(|| texts.remove(0))
    }

    /// The texts that an expression may have; none if one of them isn't shown.
    pub(super) fn texts(&self, expr: &Expr) -> Vec<String> {
        let mut texts = match expr {
            Expr::Path(path) => self.texts_of_name(path),
            Expr::Reference(inner) => self.texts(&inner.expr),
            Expr::Paren(inner) => self.texts(&inner.expr),
            Expr::Group(inner) => self.texts(&inner.expr),
            Expr::Block(block) => self.texts_of_block(&block.block),
            Expr::If(test) => self.texts_of_branches(test),
            Expr::Match(test) => self.texts_of_arms(test),
            Expr::MethodCall(call) => self.texts_of_method(call),
            Expr::Call(call) if is_conversion(&call.func) => {
                let first = call.args.first();
                first.map_or_else(Vec::new, |first| self.texts(first))
            }
            expr => string_literal(expr).into_iter().collect(),
        };
        texts.truncate(MAX_TEXTS);
        texts
    }

    fn texts_of_name(&self, path: &syn::ExprPath) -> Vec<String> {
        let Some(name) = path.path.segments.last() else {
            return Vec::new();
        };
        let name = name.ident.to_string();
        match self.variables.get(&name) {
            Some(Value::Texts(texts)) => texts.clone(),
            Some(_) => Vec::new(),
            None => self.constants.get(&name).cloned().into_iter().collect(),
        }
    }

    fn texts_of_block(&self, block: &Block) -> Vec<String> {
        match block.stmts.last() {
            Some(Stmt::Expr(expr, None)) => self.texts(expr),
            _ => Vec::new(),
        }
    }

    /// The texts of the branches that are taken on any of the platforms.
    fn texts_of_branches(&self, test: &ExprIf) -> Vec<String> {
        let condition = Condition::read(&test.cond);
        let mut texts = Vec::new();
        if may_hold(condition.if_true) {
            texts.extend(self.texts_of_block(&test.then_branch));
        }
        if let Some((_, branch)) = &test.else_branch
            && may_hold(condition.if_false)
        {
            texts.extend(self.texts(branch));
        }
        texts
    }

    fn texts_of_arms(&self, test: &ExprMatch) -> Vec<String> {
        let arms = test.arms.iter();
        arms.flat_map(|arm| self.texts(&arm.body)).collect()
    }

    /// Conversions, and what `env::var(NAME).unwrap_or(TEXT)` is without the
    /// variable.
    fn texts_of_method(&self, call: &ExprMethodCall) -> Vec<String> {
        match call.method.to_string().as_str() {
            "as_ref" | "as_str" | "borrow" | "clone" | "into" | "to_owned" | "to_string"
            | "to_str" | "unwrap" => self.texts(&call.receiver),
            "unwrap_or" | "unwrap_or_else" | "map_or" | "map_or_else" => match call.args.first() {
                Some(Expr::Closure(closure)) => self.texts(&closure.body),
                Some(default) => self.texts(default),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The items of an array, a `vec!` or a variable that is one.
    pub(super) fn list(&self, expr: &Expr) -> Option<Vec<String>> {
        let items = |items: &Punctuated<Expr, Token![,]>| -> Vec<String> {
            let items = items.iter().take(MAX_ITEMS);
            let texts = items.map(|item| self.text(item));
            texts
                .map(|text| text.unwrap_or_else(|| UNKNOWN.to_owned()))
                .collect()
        };
        match expr {
            Expr::Array(array) => Some(items(&array.elems)),
            Expr::Reference(reference) => self.list(&reference.expr),
            Expr::Paren(inner) => self.list(&inner.expr),
            Expr::Macro(call) if call.mac.path.is_ident("vec") => {
                let parser = Punctuated::parse_terminated;
                call.mac.parse_body_with(parser).ok().map(|all| items(&all))
            }
            Expr::MethodCall(call) => match call.method.to_string().as_str() {
                "iter" | "into_iter" | "to_vec" | "as_slice" | "clone" | "to_owned" => {
                    self.list(&call.receiver)
                }
                // `"a b".split(' ')` and `.split_whitespace()`.
                "split" | "split_whitespace" | "split_ascii_whitespace" => {
                    let text = self.text(&call.receiver)?;
                    let words = text.split_whitespace().take(MAX_ITEMS);
                    Some(words.map(str::to_owned).collect())
                }
                _ => None,
            },
            _ => match self.variable(expr) {
                Some(Value::List(items)) => Some(items.clone()),
                _ => None,
            },
        }
    }
}

/// The variable that a pattern gives a value to.
fn variable_name(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(name) => Some(name.ident.to_string()),
        Pat::Type(typed) => variable_name(&typed.pat),
        Pat::Reference(reference) => variable_name(&reference.pat),
        _ => None,
    }
}

/// The names of a function's parameters, without `self`; `None` for patterns.
pub(super) fn parameters(signature: &syn::Signature) -> Vec<Option<String>> {
    let inputs = signature.inputs.iter();
    let typed = inputs.filter_map(|input| match input {
        syn::FnArg::Typed(typed) => Some(variable_name(&typed.pat)),
        syn::FnArg::Receiver(_) => None,
    });
    typed.collect()
}

/// Whether a function is `String::from`, `OsStr::new` or the like.
fn is_conversion(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let names: Vec<_> = path.path.segments.iter().rev().take(2).collect();
    match names.as_slice() {
        [function, kind] => {
            (function.ident == "from" || function.ident == "new")
                && ["String", "OsStr", "OsString", "Path", "PathBuf", "Cow"]
                    .iter()
                    .any(|name| kind.ident == name)
        }
        [function] => function.ident == "Some" || function.ident == "Ok",
        _ => false,
    }
}

/// Whether a condition may hold on any of the platforms.
fn may_hold(condition: Option<String>) -> bool {
    let Some(condition) = condition.map(CfgCondition::from) else {
        return true;
    };
    Platform::ALL
        .iter()
        .any(|platform| condition.may_hold(&CfgSet::of(*platform), false))
}
