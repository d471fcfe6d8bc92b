//! Statements, gone through once, each way that may be taken.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{
    ExceptHandler, Stmt, StmtFor, StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom, StmtMatch,
    StmtTry, StmtWhile, StmtWith,
};
use ruff_text_size::Ranged;

use super::Situation;
use super::certainty::{Certainty, Import, catches_import_error, leaves, suppresses_import_error};
use super::value::{Note, Value};

/// So much is gone through before the rest counts as not to be told.
const MAX_STEPS: usize = 400_000;

/// Functions may call each other so deeply.
pub(super) const MAX_CALLS: usize = 16;

/// Expressions may be nested so deeply.
pub(super) const MAX_DEPTH: usize = 120;

/// Where a block leaves off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// At its end.
    Next,
    /// At a `break`.
    Break,
    /// At a `continue`.
    Continue,
    /// At a `return` or an error.
    Left,
}

pub(super) type Names = BTreeMap<String, Value>;

/// Goes through a file as Python would, except that nothing is run: what
/// takes more than the text comes out as [`Value::Unknown`].
pub(super) struct Interpreter<'a> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) lines: &'a [usize],
    pub(super) functions: Vec<&'a StmtFunctionDef>,
    pub(super) globals: Names,
    /// The names of the functions that are being called, innermost last.
    pub(super) locals: Vec<Names>,
    /// What the function that is being called may return.
    pub(super) returns: Vec<Vec<Value>>,
    /// The lines and arguments of the calls of `setup`.
    pub(super) setups: Vec<(usize, Vec<(String, Value)>)>,
    /// The names that functions declared to be the file's.
    pub(super) shared: BTreeSet<String>,
    /// Whether the function that is being called is a generator.
    pub(super) yields: bool,
    /// The imports in the order in which they are executed.
    pub(super) imports: Vec<Import>,
    /// Whether the statement that is being executed runs in every build.
    pub(super) certainty: Certainty,
    pub(super) steps: usize,
    pub(super) depth: usize,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(situation: &'a Situation<'a>, lines: &'a [usize]) -> Self {
        let name = Value::str(situation.module_name);
        let file = Value::str(situation.file);
        let globals = [("__name__", name), ("__file__", file)];
        Self {
            situation,
            lines,
            functions: Vec::new(),
            globals: globals.map(|(k, v)| (k.to_owned(), v)).into(),
            locals: Vec::new(),
            returns: Vec::new(),
            setups: Vec::new(),
            shared: BTreeSet::new(),
            yields: false,
            imports: Vec::new(),
            certainty: Certainty::Certain,
            steps: 0,
            depth: 0,
        }
    }

    /// The line of a node, from 1.
    pub(super) fn line(&self, node: &impl Ranged) -> usize {
        let start = node.range().start().to_usize();
        self.lines.partition_point(|line| *line <= start)
    }

    pub(super) fn unknown(&self, node: &impl Ranged, what: impl Into<String>) -> Value {
        Value::Unknown(Note {
            line: self.line(node),
            what: what.into(),
        })
    }

    /// Counts work; false once there was too much of it.
    pub(super) const fn spend(&mut self, steps: usize) -> bool {
        self.steps = self.steps.saturating_add(steps);
        self.steps <= MAX_STEPS
    }

    pub(super) fn names(&mut self) -> &mut Names {
        self.locals.last_mut().unwrap_or(&mut self.globals)
    }

    pub(super) fn bind(&mut self, name: &str, value: Value) {
        if !self.spend(value.weight()) {
            return;
        }
        if self.shared.contains(name) {
            self.globals.insert(name.to_owned(), value);
        } else {
            self.names().insert(name.to_owned(), value);
        }
    }

    pub(super) fn block(&mut self, body: &'a [Stmt]) -> Flow {
        for statement in body {
            if !self.spend(1) {
                return Flow::Left;
            }
            match self.statement(statement) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn statement(&mut self, statement: &'a Stmt) -> Flow {
        match statement {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => {
                let value = self.eval(&assign.value);
                for target in &assign.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.eval(value);
                    self.assign(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => {
                let (left, right) = (self.eval(&assign.target), self.eval(&assign.value));
                let value = self.binary(assign, assign.op, (left, right));
                self.assign(&assign.target, value);
            }
            Stmt::Expr(expression) => {
                if let Value::Named(name) = self.eval(&expression.value)
                    && name == "sys.exit()"
                {
                    return Flow::Left;
                }
            }
            Stmt::FunctionDef(function) => {
                self.functions.push(function);
                let value = Value::Function(self.functions.len() - 1);
                self.bind(&function.name, value);
            }
            Stmt::ClassDef(class) => self.bind(&class.name, Value::Named(class.name.to_string())),
            Stmt::If(statement) => return self.if_else(statement),
            Stmt::For(statement) => return self.for_each(statement),
            Stmt::While(statement) => return self.while_true(statement),
            Stmt::With(statement) => return self.with(statement),
            Stmt::Try(statement) => return self.try_except(statement),
            Stmt::Match(statement) => return self.match_cases(statement),
            Stmt::Return(statement) => {
                let value = match &statement.value {
                    Some(value) => self.eval(value),
                    None => Value::None,
                };
                if let Some(returns) = self.returns.last_mut() {
                    returns.push(value);
                }
                return Flow::Left;
            }
            Stmt::Break(_) => return Flow::Break,
            Stmt::Continue(_) => return Flow::Continue,
            Stmt::Raise(_) => return Flow::Left,
            Stmt::Global(global) => {
                let names = global.names.iter().map(ToString::to_string);
                self.shared.extend(names);
            }
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            _ => {}
        }
        Flow::Next
    }

    fn while_true(&mut self, statement: &'a StmtWhile) -> Flow {
        if self.test(&statement.test) == Some(false) {
            return Flow::Next;
        }
        self.maybe(&[&statement.body, &[]])
    }

    fn with(&mut self, statement: &'a StmtWith) -> Flow {
        let mut certainty = Certainty::Certain;
        for item in &statement.items {
            let value = self.eval(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                self.assign(target, value);
            }
            if suppresses_import_error(&item.context_expr) {
                certainty = Certainty::Guarded;
            }
        }
        self.block_with(&statement.body, certainty)
    }

    /// Goes through statements that are at most as certain as `certainty`.
    fn block_with(&mut self, body: &'a [Stmt], certainty: Certainty) -> Flow {
        let before = self.certainty;
        self.certainty = before.max(certainty);
        let flow = self.block(body);
        self.certainty = before;
        flow
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let full = alias.name.as_str();
            self.imports.push(Import {
                module: full.to_owned(),
                names: Vec::new(),
                level: 0,
                line: self.line(import),
                certainty: self.certainty,
            });
            let first = full.split('.').next().unwrap_or(full);
            match &alias.asname {
                Some(name) => self.bind(name, Value::Named(full.to_owned())),
                None => self.bind(first, Value::Named(first.to_owned())),
            }
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        self.imports.push(Import {
            module: module.to_owned(),
            names: import.names.iter().map(|a| a.name.to_string()).collect(),
            level: import.level,
            line: self.line(import),
            certainty: self.certainty,
        });
        for alias in &import.names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let value = match (module, alias.name.as_str()) {
                // False whenever a program runs.
                ("typing", "TYPE_CHECKING") => Value::Bool(false),
                (_, imported) => Value::Named(format!("{module}.{imported}")),
            };
            self.bind(name, value);
        }
    }

    fn if_else(&mut self, statement: &'a StmtIf) -> Flow {
        let mut open: Vec<&'a [Stmt]> = Vec::new();
        let mut decided = self.test(&statement.test);
        if decided != Some(false) {
            open.push(&statement.body);
        }
        for clause in &statement.elif_else_clauses {
            if decided == Some(true) {
                break;
            }
            decided = match &clause.test {
                Some(test) => self.test(test),
                None => Some(true),
            };
            if decided != Some(false) {
                open.push(&clause.body);
            }
        }
        if decided != Some(true) {
            open.push(&[]);
        }
        self.maybe(&open)
    }

    fn match_cases(&mut self, statement: &'a StmtMatch) -> Flow {
        self.eval(&statement.subject);
        let mut cases: Vec<&[Stmt]> = statement.cases.iter().map(|case| &*case.body).collect();
        // None of them may fit.
        cases.push(&[]);
        self.maybe(&cases)
    }

    /// Goes each of several ways from here, and goes on with what any of them
    /// leaves.
    fn maybe(&mut self, ways: &[&'a [Stmt]]) -> Flow {
        if let [way] = ways {
            return self.block(way);
        }
        let ways: Vec<_> = ways
            .iter()
            .map(|body| (*body, Certainty::Conditional))
            .collect();
        self.fork(&ways)
    }

    fn fork(&mut self, ways: &[(&'a [Stmt], Certainty)]) -> Flow {
        let copies: usize = self.names().values().map(Value::weight).sum();
        if !self.spend(copies * ways.len()) {
            return Flow::Left;
        }
        let (before, shared) = (self.names().clone(), self.globals.clone());
        let mut after: Option<Names> = None;
        let mut globals_after: Option<Names> = None;
        for (way, certainty) in ways {
            self.globals.clone_from(&shared);
            *self.names() = before.clone();
            // Whether a loop ends here can't be told where this can't.
            if self.block_with(way, *certainty) == Flow::Left {
                continue;
            }
            let left = std::mem::take(self.names());
            after = Some(match after {
                None => left,
                Some(other) => merge(other, left),
            });
            let globals = std::mem::take(&mut self.globals);
            globals_after = Some(match globals_after {
                None => globals,
                Some(other) => merge(other, globals),
            });
        }
        // At the top, both are the same names.
        self.globals = globals_after.unwrap_or(shared);
        let flow = after.as_ref().map_or(Flow::Left, |_| Flow::Next);
        *self.names() = after.unwrap_or(before);
        flow
    }

    fn for_each(&mut self, statement: &'a StmtFor) -> Flow {
        let iterable = self.eval(&statement.iter);
        let Value::List(items) = iterable else {
            let what = "what is gone through in a loop";
            let item = self.unknown(&*statement.iter, what);
            self.assign(&statement.target, item);
            return self.maybe(&[&statement.body, &[]]);
        };
        for item in items {
            self.assign(&statement.target, item);
            match self.block(&statement.body) {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Flow::Next,
                Flow::Left => return Flow::Left,
            }
        }
        self.block(&statement.orelse)
    }

    /// A build that works runs the body to its end, so what is there for
    /// failures is left out.
    fn try_except(&mut self, statement: &'a StmtTry) -> Flow {
        let handler = statement.handlers.iter().map(|handler| match handler {
            ExceptHandler::ExceptHandler(handler) => &*handler.body,
        });
        let goes_on = statement.handlers.iter().any(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            catches_import_error(handler) && !leaves(&handler.body)
        });
        let certainty = if goes_on {
            Certainty::Guarded
        } else {
            Certainty::Certain
        };
        let mut flow = if statement.body.iter().any(may_lack) {
            // Whether it is there, only the build's machine could tell.
            let ways: Vec<_> = std::iter::once((&*statement.body, certainty))
                .chain(handler.map(|body| (body, Certainty::Conditional)))
                .collect();
            self.fork(&ways)
        } else {
            self.block_with(&statement.body, certainty)
        };
        if flow == Flow::Next {
            flow = self.block_with(&statement.orelse, certainty);
        }
        if self.block(&statement.finalbody) == Flow::Left {
            flow = Flow::Left;
        }
        flow
    }
}

/// Whether a statement imports what a build may do without.
fn may_lack(statement: &Stmt) -> bool {
    const THERE: [&str; 30] = [
        "setuptools",
        "setuptools_rust",
        "distutils",
        "wheel",
        "packaging",
        "os",
        "sys",
        "platform",
        "pathlib",
        "subprocess",
        "re",
        "json",
        "io",
        "shutil",
        "sysconfig",
        "typing",
        "warnings",
        "codecs",
        "glob",
        "importlib",
        "functools",
        "tomllib",
        "tomli",
        "Cython",
        "numpy",
        "cffi",
        "pkg_resources",
        "skbuild",
        "puccinialin",
        "configparser",
    ];
    let is_there = |name: &str| {
        let root = name.split('.').next().unwrap_or(name);
        root.is_empty() || root.starts_with('_') || THERE.contains(&root)
    };
    match statement {
        Stmt::Import(import) => !import.names.iter().all(|alias| is_there(&alias.name)),
        Stmt::ImportFrom(import) => !import
            .module
            .as_ref()
            .is_none_or(|module| is_there(module.as_str())),
        _ => false,
    }
}

fn merge(mut left: Names, right: Names) -> Names {
    for (name, value) in right {
        let merged = match left.remove(&name) {
            Some(other) => other.merge(value),
            None => value,
        };
        left.insert(name, merged);
    }
    left
}
