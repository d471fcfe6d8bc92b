//! Walks through the functions of a build script, from `main` on.

use std::collections::{BTreeMap, BTreeSet};

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprCall, ExprIf, ExprMethodCall, Item, Macro, Stmt, Token};

use super::conditions::{Condition, string_literal};
use super::finding::{Action, Finding};
use super::script::{Script, cfg_attributes, parse_all};
use crate::native::cfg::CfgCondition;

/// Upper bound on the calls that are followed: a function is read again for
/// each set of conditions that it is called under.
const MAX_CALLS: usize = 4000;
/// Upper bound on nested calls.
const MAX_DEPTH: usize = 32;
/// Bytes of stack, enough for the deepest nesting that `script` lets through.
const STACK: usize = 256 << 20;

/// Reads the actions of the script at `root`.
///
/// # Errors
/// Says why the script can't be read.
pub(super) fn read_findings(
    root: &str,
    files: &BTreeMap<String, String>,
) -> Result<Vec<Finding>, String> {
    // Strangers write build scripts: deep nesting must end this thread only.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || scan(root, files))
            .map_err(|error| error.to_string())?
            .join()
            .unwrap_or_else(|_| Err("it can't be followed".to_owned()))
    })
}

fn scan(root: &str, files: &BTreeMap<String, String>) -> Result<Vec<Finding>, String> {
    let modules = parse_all(root, files)?;
    let mut script = Script::default();
    for (file, syntax) in &modules {
        script.add_items(file, &syntax.items);
    }
    let mut scanner = Scanner {
        script: &script,
        file: root,
        conditions: Vec::new(),
        calls: Vec::new(),
        visited: BTreeSet::new(),
        findings: Vec::new(),
    };
    scanner.call("main");
    let mut merged: Vec<Finding> = Vec::new();
    for finding in scanner.findings {
        let is_same = |known: &&mut Finding| {
            known.action == finding.action && known.location == finding.location
        };
        match merged.iter_mut().find(is_same) {
            // The action is reached in two ways: only the conditions of both
            // are certain.
            Some(known) => known
                .conditions
                .retain(|condition| finding.conditions.contains(condition)),
            None => merged.push(finding),
        }
    }
    Ok(merged)
}

/// Walks through functions under the conditions of their calls.
struct Scanner<'a> {
    script: &'a Script<'a>,
    file: &'a str,
    /// What holds where the scanner is.
    conditions: Vec<CfgCondition>,
    /// The functions on the call stack.
    calls: Vec<String>,
    /// The functions that were read, each with its conditions.
    visited: BTreeSet<(String, Vec<CfgCondition>)>,
    findings: Vec<Finding>,
}

impl Scanner<'_> {
    fn call(&mut self, name: &str) {
        let Some(functions) = self.script.functions.get(name) else {
            return;
        };
        let is_running = self.calls.iter().any(|running| running == name);
        let key = (name.to_owned(), self.conditions.clone());
        if is_running
            || self.calls.len() >= MAX_DEPTH
            || self.visited.len() >= MAX_CALLS
            || !self.visited.insert(key)
        {
            return;
        }
        self.calls.push(name.to_owned());
        let (file, known) = (self.file, self.conditions.len());
        for function in functions {
            self.file = function.file;
            self.assume(function.conditions.clone());
            self.visit_block(function.block);
            self.conditions.truncate(known);
        }
        self.file = file;
        self.calls.pop();
    }

    /// Adds conditions that hold from here on.
    fn assume(&mut self, conditions: impl IntoIterator<Item = String>) {
        for condition in conditions.into_iter().map(CfgCondition::from) {
            if !self.conditions.contains(&condition) {
                self.conditions.push(condition);
            }
        }
    }

    fn record(&mut self, action: Action, spanned: &impl Spanned) {
        let line = spanned.span().start().line;
        self.findings.push(Finding {
            action,
            conditions: self.conditions.clone(),
            location: format!("{}:{line}", self.file),
        });
    }

    /// The value of a string literal, or of a constant that is one.
    fn string_value(&self, expr: &Expr) -> Option<String> {
        string_literal(expr).or_else(|| match expr {
            Expr::Path(path) => self
                .script
                .strings
                .get(&path.path.get_ident()?.to_string())
                .cloned(),
            Expr::Reference(reference) => self.string_value(&reference.expr),
            _ => None,
        })
    }

    /// Records a printed `cargo::rustc-link-lib=[KIND[:MODIFIERS]=]NAME`; see
    /// the Cargo Reference, "Outputs of the Build Script".
    fn record_instruction(&mut self, text: &str, spanned: &impl Spanned) {
        let instruction = text
            .strip_prefix("cargo::")
            .or_else(|| text.strip_prefix("cargo:"));
        let Some(library) = instruction.and_then(|text| text.strip_prefix("rustc-link-lib="))
        else {
            return;
        };
        let (kind, name) = library.rsplit_once('=').unwrap_or(("dylib", library));
        if kind.starts_with("static") || kind == "framework" {
            return;
        }
        let is_plain = !name.is_empty() && !name.contains(['{', '}']);
        self.record(Action::Links(is_plain.then(|| name.to_owned())), spanned);
    }
}

impl<'ast> Visit<'ast> for Scanner<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let known = self.conditions.len();
        for statement in &block.stmts {
            let before = self.conditions.len();
            self.assume(cfg_attributes(attributes(statement)));
            self.visit_stmt(statement);
            self.conditions.truncate(before);
            // After `if x { return }`, x doesn't hold.
            if let Stmt::Expr(Expr::If(test), _) = statement
                && test.else_branch.is_none()
                && cfg_attributes(&test.attrs).is_empty()
                && never_returns(&test.then_branch)
            {
                self.assume(Condition::read(&test.cond).if_false);
            }
        }
        self.conditions.truncate(known);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        // Functions are read where they are called.
        if let Item::Const(_) | Item::Static(_) = item {
            visit::visit_item(self, item);
        }
    }

    fn visit_expr_if(&mut self, test: &'ast ExprIf) {
        self.visit_expr(&test.cond);
        let condition = Condition::read(&test.cond);
        let known = self.conditions.len();
        self.assume(condition.if_true);
        self.visit_block(&test.then_branch);
        self.conditions.truncate(known);
        if let Some((_, branch)) = &test.else_branch {
            self.assume(condition.if_false);
            self.visit_expr(branch);
            self.conditions.truncate(known);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let names: Vec<_> = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            let first = call.args.first();
            let first = first.and_then(|argument| self.string_value(argument));
            let words: Vec<_> = names.iter().map(String::as_str).collect();
            match (words.as_slice(), first) {
                ([.., "Command", "new"], Some(program)) => {
                    self.record(Action::Program(program), call);
                }
                ([.., "probe_library" | "find_library"], Some(module)) => {
                    self.record(Action::PkgConfig(module), call);
                }
                _ => {}
            }
            if let Some(name) = names.last() {
                self.call(name);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        if matches!(name.as_str(), "probe" | "probe_library" | "find_library")
            && let Some(argument) = call.args.first()
            && let Some(module) = self.string_value(argument)
        {
            self.record(Action::PkgConfig(module), call);
        }
        self.call(&name);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            let name = first.ident.to_string();
            let is_single = path.segments.len() == 1;
            let imported = self.script.imports.get(&name).cloned();
            let root = imported.or_else(|| (!is_single).then(|| name.clone()));
            let is_crate = |root: &String| {
                !matches!(
                    root.as_str(),
                    "std" | "core" | "alloc" | "self" | "crate" | "super" | "Self"
                )
            };
            if let Some(root) = root.filter(is_crate) {
                self.record(Action::Uses(root), path);
            }
            // A function may be passed as a value and called elsewhere.
            if is_single {
                self.call(&name);
            }
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(arguments) = call.parse_body_with(parser) else {
            return;
        };
        if call.path.is_ident("println") {
            let template = arguments.first().and_then(string_literal);
            let template = template.unwrap_or_default();
            // `println!("cargo::rustc-link-lib={}", NAME)`, with a constant.
            let second = arguments.get(1);
            let second = second.and_then(|argument| self.string_value(argument));
            let text = match second {
                Some(name) => template.replacen("{}", &name, 1),
                None => template,
            };
            self.record_instruction(&text, call);
        }
        for argument in &arguments {
            // The arguments don't live as long as the file's syntax tree, which
            // `self` visits.
            let mut inner = Scanner {
                script: self.script,
                file: self.file,
                conditions: self.conditions.clone(),
                calls: self.calls.clone(),
                visited: std::mem::take(&mut self.visited),
                findings: std::mem::take(&mut self.findings),
            };
            inner.visit_expr(argument);
            self.visited = inner.visited;
            self.findings = inner.findings;
        }
    }
}

fn attributes(statement: &Stmt) -> &[Attribute] {
    match statement {
        Stmt::Local(local) => &local.attrs,
        Stmt::Macro(call) => &call.attrs,
        Stmt::Expr(expr, _) => match expr {
            Expr::Block(e) => &e.attrs,
            Expr::Call(e) => &e.attrs,
            Expr::MethodCall(e) => &e.attrs,
            Expr::If(e) => &e.attrs,
            Expr::Unsafe(e) => &e.attrs,
            Expr::Macro(e) => &e.attrs,
            Expr::Match(e) => &e.attrs,
            Expr::Return(e) => &e.attrs,
            Expr::Assign(e) => &e.attrs,
            Expr::Try(e) => &e.attrs,
            _ => &[],
        },
        Stmt::Item(_) => &[],
    }
}

/// Whether a block ends with `return` or `panic!`.
fn never_returns(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Return(_), _)) => true,
        Some(Stmt::Macro(call)) => call.mac.path.is_ident("panic"),
        Some(Stmt::Expr(Expr::Macro(call), _)) => call.mac.path.is_ident("panic"),
        _ => false,
    }
}
