//! Walks through the functions of a build script, from `main` on.

use std::collections::{BTreeMap, BTreeSet};

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprCall, ExprIf, ExprMethodCall, Item, Local, Macro, Stmt, Token,
};

use super::conditions::{Condition, string_literal};
use super::finding::{Action, Finding};
use super::script::{Function, Script, cfg_attributes, parse_all};
use super::values::{Scope, UNKNOWN, Value};
use crate::native::cfg::CfgCondition;
use crate::native::library_versions::LibraryVersions;

/// Upper bound on the calls that are followed: a function is read again for
/// each set of conditions and arguments that it is called with.
const MAX_CALLS: usize = 4000;
/// Upper bound on nested calls.
const MAX_DEPTH: usize = 32;
/// Upper bound on the length of a condition; longer ones are left out.
const MAX_CONDITION: usize = 2000;
/// Upper bound on the arguments of a program that are kept.
const MAX_ARGUMENTS: usize = 64;
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
        scope: Scope {
            constants: &script.strings,
            variables: BTreeMap::new(),
        },
        findings: Vec::new(),
    };
    scanner.call("main", &[]);
    Ok(merge(scanner.findings))
}

/// Merges the findings of actions that are reached in several ways.
fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    for finding in findings {
        let is_same = |known: &&mut Finding| {
            known.action == finding.action && known.location == finding.location
        };
        match merged.iter_mut().find(is_same) {
            Some(known) => known.conditions = either(&known.conditions, &finding.conditions),
            None => merged.push(finding),
        }
    }
    merged
}

/// The conditions under which all of `a` or all of `b` hold.
fn either(a: &[CfgCondition], b: &[CfgCondition]) -> Vec<CfgCondition> {
    let mut both: Vec<_> = a.iter().filter(|one| b.contains(one)).cloned().collect();
    let others = |of: &[CfgCondition]| {
        let others = of.iter().filter(|one| !both.contains(one)).cloned();
        others.map(String::from).collect::<Vec<_>>()
    };
    let (only_a, only_b) = (others(a), others(b));
    let joined = format!(
        "any(all({}), all({}))",
        only_a.join(", "),
        only_b.join(", ")
    );
    if !only_a.is_empty() && !only_b.is_empty() && joined.len() <= MAX_CONDITION {
        both.push(CfgCondition::from(joined));
    }
    both
}

/// The arguments of a call; `None` for those that the text doesn't show.
type CallArguments = [Option<Value>];

/// A function, the conditions that it is called under, and its parameters.
type FollowedCall = (String, Vec<CfgCondition>, Vec<Option<Value>>);

/// Walks through functions under the conditions of their calls.
struct Scanner<'a> {
    script: &'a Script<'a>,
    file: &'a str,
    /// What holds where the scanner is.
    conditions: Vec<CfgCondition>,
    /// The functions on the call stack.
    calls: Vec<String>,
    /// The calls that were followed.
    visited: BTreeSet<FollowedCall>,
    /// The variables of the function that is read.
    scope: Scope<'a>,
    findings: Vec<Finding>,
}

impl Scanner<'_> {
    fn call(&mut self, name: &str, arguments: &CallArguments) {
        let Some(functions) = self.script.functions.get(name) else {
            return;
        };
        let is_running = self.calls.iter().any(|running| running == name);
        let key = (name.to_owned(), self.conditions.clone(), arguments.to_vec());
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
            let own = std::mem::replace(&mut self.scope.variables, variables(function, arguments));
            self.visit_block(function.block);
            self.scope.variables = own;
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

    /// Records the programs that a command may run.
    fn record_programs(&mut self, programs: Vec<String>, spanned: &impl Spanned) -> Vec<usize> {
        let first = self.findings.len();
        for name in programs {
            let arguments = Vec::new();
            self.record(Action::Program { name, arguments }, spanned);
        }
        (first..self.findings.len()).collect()
    }

    /// Adds arguments to the programs that a command may run.
    fn add_arguments(&mut self, commands: &[usize], added: &[String]) {
        for &index in commands {
            let finding = self.findings.get_mut(index);
            if let Some(Action::Program { arguments, .. }) = finding.map(|f| &mut f.action)
                && arguments.len() + added.len() <= MAX_ARGUMENTS
            {
                arguments.extend_from_slice(added);
            }
        }
    }

    /// Visits a command that is built by a chain of calls, and returns its
    /// programs: `Command::new("git").arg("clone")`, or a variable that is a
    /// command. `None` for any other expression, which isn't visited.
    fn command(&mut self, expr: &Expr) -> Option<Vec<usize>> {
        match expr {
            Expr::MethodCall(call) => self.command_method(call),
            Expr::Call(call) if is_command_new(&call.func) => Some(self.new_command(call)),
            Expr::Reference(reference) => self.command(&reference.expr),
            Expr::Paren(inner) => self.command(&inner.expr),
            Expr::Path(_) => match self.scope.value(expr) {
                Some(Value::Commands(commands)) => Some(commands),
                _ => None,
            },
            _ => None,
        }
    }

    fn new_command(&mut self, call: &ExprCall) -> Vec<usize> {
        self.visit_expr(&call.func);
        let programs = call.args.first();
        let programs = programs.map_or_else(Vec::new, |first| self.scope.texts(first));
        self.visit_arguments(&call.args);
        self.record_programs(programs, call)
    }

    fn command_method(&mut self, call: &ExprMethodCall) -> Option<Vec<usize>> {
        let commands = self.command(&call.receiver)?;
        let first = call.args.first();
        let name = call.method.to_string();
        let added = match (name.as_str(), first) {
            ("arg", Some(argument)) => self.scope.text(argument).map(|text| vec![text]),
            ("args", Some(arguments)) => self.scope.list(arguments),
            _ => Some(Vec::new()),
        };
        self.add_arguments(
            &commands,
            &added.unwrap_or_else(|| vec![UNKNOWN.to_owned()]),
        );
        let arguments = self.values(&call.args);
        self.call(&name, &arguments);
        self.visit_arguments(&call.args);
        Some(commands)
    }

    /// Limits the versions that a variable takes: `config.atleast_version("1")`.
    fn limit_versions(&mut self, call: &ExprMethodCall) {
        let Expr::Path(path) = &*call.receiver else {
            return;
        };
        let Some(name) = path.path.get_ident().map(ToString::to_string) else {
            return;
        };
        let mut versions = match self.scope.variables.get(&name) {
            Some(Value::Versions(versions)) => versions.clone(),
            _ => LibraryVersions::default(),
        };
        add_versions(call, &self.scope, &mut versions);
        let versions = Value::Versions(versions);
        self.scope.variables.insert(name, versions);
    }

    fn visit_arguments(&mut self, arguments: &Punctuated<Expr, Token![,]>) {
        for argument in arguments {
            self.visit_expr(argument);
        }
    }

    fn values(&self, arguments: &Punctuated<Expr, Token![,]>) -> Vec<Option<Value>> {
        let values = arguments.iter().map(|argument| self.scope.value(argument));
        values.collect()
    }

    /// Records a call of `cmd!`: `cmd!("git", "clone")` of duct, and
    /// `cmd!(shell, "git clone")` of xshell.
    fn record_command_macro(&mut self, arguments: &Punctuated<Expr, Token![,]>, call: &Macro) {
        let texts: Vec<_> = arguments
            .iter()
            .map(|argument| self.scope.text(argument))
            .collect();
        let words: Vec<String> = match texts.as_slice() {
            [None, Some(line), ..] => line.split_whitespace().map(str::to_owned).collect(),
            [Some(_), ..] => {
                let texts = texts.into_iter();
                texts
                    .map(|text| text.unwrap_or_else(|| UNKNOWN.to_owned()))
                    .collect()
            }
            _ => return,
        };
        if let Some((program, arguments)) = words.split_first() {
            let commands = self.record_programs(vec![program.clone()], call);
            self.add_arguments(&commands, arguments);
        }
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

    fn visit_local(&mut self, local: &'ast Local) {
        let Some(init) = &local.init else {
            return;
        };
        let value = if let Some(commands) = self.command(&init.expr) {
            Some(Value::Commands(commands))
        } else {
            self.visit_expr(&init.expr);
            self.scope.value(&init.expr).or_else(|| {
                let mut versions = asked_versions(&init.expr, &self.scope);
                versions.add_all(range_of(&init.expr, &self.scope));
                (!versions.is_any()).then_some(Value::Versions(versions))
            })
        };
        self.scope.bind(&local.pat, value);
        if let Some((_, otherwise)) = &init.diverge {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if is_command_new(&call.func) {
            self.new_command(call);
            return;
        }
        if let Expr::Path(path) = &*call.func {
            let last = path.path.segments.last();
            let name = last.map(|segment| segment.ident.to_string());
            let first = call.args.first().and_then(|first| self.scope.text(first));
            match (name.as_deref(), first) {
                (Some("probe_library" | "find_library"), Some(module)) => {
                    let versions = LibraryVersions::default();
                    self.record(Action::PkgConfig { module, versions }, call);
                }
                // `duct::cmd("git", &["clone"])`
                (Some("cmd"), Some(program)) => {
                    let commands = self.record_programs(vec![program], call);
                    let second = call.args.iter().nth(1);
                    let arguments = second.and_then(|second| self.scope.list(second));
                    self.add_arguments(&commands, &arguments.unwrap_or_default());
                }
                _ => {}
            }
            if let Some(name) = name {
                let arguments = self.values(&call.args);
                self.call(&name, &arguments);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.command_method(call).is_some() {
            return;
        }
        let name = call.method.to_string();
        let arguments = self.values(&call.args);
        self.call(&name, &arguments);
        if name.ends_with("_version") {
            self.limit_versions(call);
        }
        if matches!(name.as_str(), "probe" | "probe_library" | "find_library")
            && let Some(argument) = call.args.first()
            && let Some(module) = self.scope.text(argument)
        {
            let versions = asked_versions(&call.receiver, &self.scope);
            self.record(Action::PkgConfig { module, versions }, call);
        }
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
                self.call(&name, &[]);
            }
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(arguments) = call.parse_body_with(parser) else {
            return;
        };
        let last = call.path.segments.last();
        match last.map(|segment| segment.ident.to_string()).as_deref() {
            Some("println") => {
                let template = arguments.first().and_then(string_literal);
                let template = template.unwrap_or_default();
                // `println!("cargo::rustc-link-lib={}", NAME)`, with a constant.
                let second = arguments.get(1);
                let second = second.and_then(|argument| self.scope.text(argument));
                let text = match second {
                    Some(name) => template.replacen("{}", &name, 1),
                    None => template,
                };
                self.record_instruction(&text, call);
            }
            Some("cmd") => self.record_command_macro(&arguments, call),
            _ => {}
        }
        self.visit_arguments(&arguments);
    }
}

/// The variables of a function that is called with these arguments.
fn variables(function: &Function, arguments: &CallArguments) -> BTreeMap<String, Value> {
    // `Type::method(receiver, argument)` has one more.
    let is_path = function.has_receiver && arguments.len() > function.parameters.len();
    let arguments = arguments.iter().skip(usize::from(is_path));
    let pairs = function.parameters.iter().zip(arguments);
    let known = pairs.filter_map(|(name, value)| Some((name.clone()?, value.clone()?)));
    known.collect()
}

/// Whether a function is `Command::new`.
fn is_command_new(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let mut names = path.path.segments.iter().rev();
    let is_new = names.next().is_some_and(|last| last.ident == "new");
    is_new && names.next().is_some_and(|kind| kind.ident == "Command")
}

/// The versions that a chain of calls asks pkg-config for:
/// `Config::new().atleast_version("1.2")`.
fn asked_versions(expr: &Expr, scope: &Scope) -> LibraryVersions {
    let mut versions = LibraryVersions::default();
    let mut next = expr;
    loop {
        let call = match next {
            Expr::MethodCall(call) => call,
            Expr::Reference(reference) => {
                next = &reference.expr;
                continue;
            }
            Expr::Paren(inner) => {
                next = &inner.expr;
                continue;
            }
            _ => {
                if let Some(Value::Versions(known)) = scope.value(next) {
                    versions.add_all(known);
                }
                return versions;
            }
        };
        add_versions(call, scope, &mut versions);
        next = &call.receiver;
    }
}

fn add_versions(call: &ExprMethodCall, scope: &Scope, versions: &mut LibraryVersions) {
    let Some(argument) = call.args.first() else {
        return;
    };
    let text = |expr: &Expr| scope.text(expr).filter(|text| is_version(text));
    match call.method.to_string().as_str() {
        "atleast_version" => {
            if let Some(version) = text(argument) {
                versions.at_least(version);
            }
        }
        "exactly_version" => {
            if let Some(version) = text(argument) {
                versions.exactly(version);
            }
        }
        "range_version" => versions.add_all(range_of(argument, scope)),
        _ => {}
    }
}

/// The versions of a range, `"1.2".."2.0"`, or of a variable that is one.
fn range_of(expr: &Expr, scope: &Scope) -> LibraryVersions {
    let mut versions = LibraryVersions::default();
    let range = match expr {
        Expr::Range(range) => range,
        Expr::MethodCall(call) if call.method == "clone" => return range_of(&call.receiver, scope),
        _ => {
            return match scope.value(expr) {
                Some(Value::Versions(versions)) => versions,
                _ => versions,
            };
        }
    };
    let text = |end: &Option<Box<Expr>>| {
        let text = scope.text(end.as_deref()?);
        text.filter(|text| is_version(text))
    };
    if let Some(version) = text(&range.start) {
        versions.at_least(version);
    }
    if let Some(version) = text(&range.end) {
        match range.limits {
            syn::RangeLimits::HalfOpen(_) => versions.below(version),
            syn::RangeLimits::Closed(_) => versions.at_most(version),
        }
    }
    versions
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(',')
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
