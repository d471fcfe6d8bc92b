//! Goes through the functions of a build script, from `main` on.

use std::collections::{BTreeMap, BTreeSet};

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprCall, ExprIf, ExprMethodCall, Item, Macro, Stmt, Token};

use super::conditions::{Condition, string};
use super::script::{Script, conditions, parse_all};
use super::{Find, What};

/// Functions are gone through so often, under different conditions.
const MAX_CALLS: usize = 4000;
/// Deeper calls add nothing.
const MAX_DEPTH: usize = 32;
/// Enough for the deepest text that is read.
const STACK: usize = 256 << 20;

/// What the script at `root` does.
pub(super) fn finds(root: &str, files: &BTreeMap<String, String>) -> Result<Vec<Find>, String> {
    // What a stranger nests deeply must not end the program.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || read(root, files))
            .map_err(|error| error.to_string())?
            .join()
            .unwrap_or_else(|_| Err("it can't be followed".to_owned()))
    })
}

fn read(root: &str, files: &BTreeMap<String, String>) -> Result<Vec<Find>, String> {
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
        done: BTreeSet::new(),
        finds: Vec::new(),
    };
    scanner.call("main");
    let mut finds: Vec<Find> = Vec::new();
    for find in scanner.finds {
        let is_same = |known: &&mut Find| known.what == find.what && known.place == find.place;
        match finds.iter_mut().find(is_same) {
            // Reached in two ways: what both ask for holds.
            Some(known) => known
                .conditions
                .retain(|text| find.conditions.contains(text)),
            None => finds.push(find),
        }
    }
    Ok(finds)
}

/// Goes through a function under the conditions of its call.
struct Scanner<'a> {
    script: &'a Script<'a>,
    file: &'a str,
    conditions: Vec<String>,
    calls: Vec<String>,
    done: BTreeSet<(String, Vec<String>)>,
    finds: Vec<Find>,
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
            || self.done.len() >= MAX_CALLS
            || !self.done.insert(key)
        {
            return;
        }
        self.calls.push(name.to_owned());
        let (file, known) = (self.file, self.conditions.len());
        for function in functions {
            self.file = function.file;
            self.know(function.conditions.clone());
            self.visit_block(function.block);
            self.conditions.truncate(known);
        }
        self.file = file;
        self.calls.pop();
    }

    fn know(&mut self, conditions: impl IntoIterator<Item = String>) {
        for condition in conditions {
            if !self.conditions.contains(&condition) {
                self.conditions.push(condition);
            }
        }
    }

    fn find(&mut self, what: What, spanned: &impl Spanned) {
        let line = spanned.span().start().line;
        self.finds.push(Find {
            what,
            conditions: self.conditions.clone(),
            place: format!("{}:{line}", self.file),
        });
    }

    fn text(&self, expr: &Expr) -> Option<String> {
        string(expr).or_else(|| match expr {
            Expr::Path(path) => self
                .script
                .texts
                .get(&path.path.get_ident()?.to_string())
                .cloned(),
            Expr::Reference(reference) => self.text(&reference.expr),
            _ => None,
        })
    }

    /// What cargo is told on standard output.
    fn told(&mut self, text: &str, spanned: &impl Spanned) {
        let told = text
            .strip_prefix("cargo::")
            .or_else(|| text.strip_prefix("cargo:"));
        let Some(library) = told.and_then(|told| told.strip_prefix("rustc-link-lib=")) else {
            return;
        };
        let (kind, name) = library.rsplit_once('=').unwrap_or(("dylib", library));
        if kind.starts_with("static") || kind == "framework" {
            return;
        }
        let is_plain = !name.is_empty() && !name.contains(['{', '}']);
        self.find(What::Links(is_plain.then(|| name.to_owned())), spanned);
    }
}

impl<'ast> Visit<'ast> for Scanner<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let known = self.conditions.len();
        for statement in &block.stmts {
            let before = self.conditions.len();
            self.know(conditions(attributes(statement)));
            self.visit_stmt(statement);
            self.conditions.truncate(before);
            // Behind `if x { return }`, x doesn't hold.
            if let Stmt::Expr(Expr::If(test), _) = statement
                && test.else_branch.is_none()
                && conditions(&test.attrs).is_empty()
                && ends(&test.then_branch)
            {
                self.know(Condition::read(&test.cond).fails);
            }
        }
        self.conditions.truncate(known);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        // Functions within functions are gone through where they are called,
        // if their names are known.
        if let Item::Const(_) | Item::Static(_) = item {
            visit::visit_item(self, item);
        }
    }

    fn visit_expr_if(&mut self, test: &'ast ExprIf) {
        self.visit_expr(&test.cond);
        let condition = Condition::read(&test.cond);
        let known = self.conditions.len();
        self.know(condition.holds);
        self.visit_block(&test.then_branch);
        self.conditions.truncate(known);
        if let Some((_, branch)) = &test.else_branch {
            self.know(condition.fails);
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
                .map(|s| s.ident.to_string())
                .collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let first = call.args.first().and_then(|argument| self.text(argument));
            match (names.as_slice(), first) {
                ([.., "Command", "new"], Some(program)) => self.find(What::Program(program), call),
                ([.., "probe_library" | "find_library"], Some(module)) => {
                    self.find(What::PkgConfig(module), call);
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
            && let Some(module) = call.args.first().and_then(|argument| self.text(argument))
        {
            self.find(What::PkgConfig(module), call);
        }
        self.call(&name);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            let name = first.ident.to_string();
            let root = self.script.names.get(&name).cloned();
            let root = match root {
                Some(root) => Some(root),
                None => (path.segments.len() > 1).then_some(name),
            };
            let is_own = |root: &String| {
                matches!(
                    root.as_str(),
                    "std" | "core" | "alloc" | "self" | "crate" | "super" | "Self"
                )
            };
            if let Some(root) = root.filter(|root| !is_own(root)) {
                self.find(What::Uses(root), path);
            }
            // A function may be handed on by its name.
            if path.segments.len() == 1 {
                self.call(&first.ident.to_string());
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
            let template = arguments.first().and_then(string).unwrap_or_default();
            // `println!("cargo:rustc-link-lib={}", name)` with a known name.
            let second = arguments
                .iter()
                .nth(1)
                .and_then(|argument| self.text(argument));
            let text = match second {
                Some(name) => template.replacen("{}", &name, 1),
                None => template,
            };
            self.told(&text, call);
        }
        for argument in &arguments {
            // What `Punctuated` owns lives shorter than the file.
            let mut inner = Scanner {
                script: self.script,
                file: self.file,
                conditions: self.conditions.clone(),
                calls: self.calls.clone(),
                done: std::mem::take(&mut self.done),
                finds: std::mem::take(&mut self.finds),
            };
            inner.visit_expr(argument);
            self.done = inner.done;
            self.finds = inner.finds;
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

/// Whether nothing comes after a block.
fn ends(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Return(_), _)) => true,
        Some(Stmt::Macro(call)) => call.mac.path.is_ident("panic"),
        Some(Stmt::Expr(Expr::Macro(call), _)) => call.mac.path.is_ident("panic"),
        _ => false,
    }
}
