//! The interpreter: executes a file once, following every branch that may be
//! taken.
//!
//! Nothing has effects. Steps, calls and nesting are bounded, since the file is
//! a stranger's.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{
    BoolOp, Comprehension, ExceptHandler, Expr, ExprCall, ExprCompare, ExprDict, ExprFString,
    ExprSubscript, FStringPart, InterpolatedStringElement, Number, Operator, Stmt, StmtFor,
    StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom, StmtMatch, StmtTry, StmtWhile, StmtWith,
    UnaryOp,
};
use ruff_text_size::Ranged;

use super::certainty::{Certainty, Import, catches_import_error, leaves, suppresses_import_error};
use super::methods::MethodCall;
use super::situation::Situation;
use super::trace::{MAX_CALLS as MAX_TRACES, Trace, is_traced, staging_method};
use super::value::{Arguments, Value, insert};
use super::{builtins, operators};

/// Steps after which the rest of the file is unknown.
pub(super) const MAX_STEPS: usize = 400_000;

/// Deepest nesting of calls.
const MAX_CALLS: usize = 16;

/// Deepest nesting of expressions in one function.
const MAX_DEPTH: usize = 120;

/// Methods that change a list or dictionary.
const CHANGING_METHODS: [&str; 10] = [
    "append",
    "extend",
    "update",
    "insert",
    "add",
    "discard",
    "remove",
    "pop",
    "setdefault",
    "clear",
];

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Execution goes on after the block.
    Next,
    Break,
    Continue,
    /// A `return`, an error, or the limit on steps.
    Left,
}

/// Variables by name.
pub(super) type Names = BTreeMap<String, Value>;

/// A variable, or an entry of the dictionary in it.
struct Variable {
    name: String,
    key: Option<String>,
}

impl Variable {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            key: None,
        }
    }
}

/// Executes a file as Python does. What depends on more than the text is
/// [`Value::Unknown`].
pub(super) struct Interpreter<'a> {
    pub(super) situation: &'a Situation<'a>,
    /// The offsets of the lines, in bytes.
    lines: &'a [usize],
    /// The functions defined so far.
    pub(super) functions: Vec<&'a StmtFunctionDef>,
    pub(super) globals: Names,
    /// The local variables of the calls in progress, innermost last.
    locals: Vec<Names>,
    /// The values that the calls in progress may return, innermost last.
    returns: Vec<Vec<Value>>,
    /// The calls of `setup`: line and keyword arguments.
    pub(super) setups: Vec<(usize, Vec<(String, Value)>)>,
    /// The names that functions declare `global`.
    shared: BTreeSet<String>,
    /// Whether the function that is being called is a generator.
    pub(super) yields: bool,
    /// The imports in the order in which they are executed.
    pub(super) imports: Vec<Import>,
    /// Whether the statement that is being executed runs in every build.
    pub(super) certainty: Certainty,
    /// The calls that concern native code, in the order of their execution.
    pub(super) traces: Vec<Trace>,
    pub(super) steps: usize,
    /// The nesting of the expression that is being evaluated.
    depth: usize,
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
            traces: Vec::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// Returns the line of a node, from 1.
    pub(super) fn line(&self, node: &impl Ranged) -> usize {
        let start = node.range().start().to_usize();
        self.lines.partition_point(|line| *line <= start)
    }

    pub(super) fn unknown(&self, node: &impl Ranged, what: impl Into<String>) -> Value {
        Value::unknown(self.line(node), what)
    }

    /// Counts steps; returns false once the limit is reached.
    pub(super) const fn spend(&mut self, steps: usize) -> bool {
        self.steps = self.steps.saturating_add(steps);
        self.steps <= MAX_STEPS
    }

    /// Returns the variables of the current scope.
    fn names(&mut self) -> &mut Names {
        self.locals.last_mut().unwrap_or(&mut self.globals)
    }

    fn bind(&mut self, name: &str, value: Value) {
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
                let value = self.binary(assign, left, assign.op, right);
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
        let clauses = statement.elif_else_clauses.iter();
        let clauses = clauses.map(|clause| (clause.test.as_ref(), &*clause.body));
        let first = (Some(&*statement.test), &*statement.body);
        let mut open: Vec<&'a [Stmt]> = Vec::new();
        for (test, body) in [first].into_iter().chain(clauses) {
            let holds = test.map_or(Some(true), |test| self.test(test));
            if holds != Some(false) {
                open.push(body);
            }
            if holds == Some(true) {
                return self.maybe(&open);
            }
        }
        open.push(&[]);
        self.maybe(&open)
    }

    fn match_cases(&mut self, statement: &'a StmtMatch) -> Flow {
        self.eval(&statement.subject);
        let mut cases: Vec<&[Stmt]> = statement.cases.iter().map(|case| &*case.body).collect();
        // It may be that no case matches.
        cases.push(&[]);
        self.maybe(&cases)
    }

    /// Follows each of several branches, and goes on with the values that any of
    /// them may leave.
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
            // A `break` or `continue` is ignored, since it may not be reached.
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
        // At the top level, `names` are the globals too.
        self.globals = globals_after.unwrap_or(shared);
        let flow = after.as_ref().map_or(Flow::Left, |_| Flow::Next);
        *self.names() = after.unwrap_or(before);
        flow
    }

    fn for_each(&mut self, statement: &'a StmtFor) -> Flow {
        let iterable = self.eval(&statement.iter);
        let Value::List(items) = iterable else {
            let what = "the values of a loop";
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

    /// A build that succeeds runs the body to its end, so handlers are left out
    /// unless the body imports something that may be missing.
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
            // Whether the module is installed depends on the build.
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

    fn assign(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Name(name) => self.bind(&name.id, value),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value),
            Expr::List(list) => self.unpack(&list.elts, &value),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Subscript(subscript) => {
                let key = self.eval(&subscript.slice);
                if let (Expr::Name(name), Value::Str(key)) = (&*subscript.value, key)
                    && let Some(Value::Dict(mut items)) = self.lookup(&name.id)
                {
                    insert(&mut items, key, value);
                    self.bind(&name.id, Value::Dict(items));
                } else {
                    self.taint(target);
                }
            }
            Expr::Attribute(_) => self.taint(target),
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value) {
        for (index, target) in targets.iter().enumerate() {
            let item = match value {
                Value::List(items) if items.len() == targets.len() => items[index].clone(),
                _ => self.unknown(target, "the unpacked value"),
            };
            self.assign(target, item);
        }
    }

    /// Notes that a part of a variable's value changes in a way that isn't
    /// followed.
    fn taint(&mut self, part: &Expr) {
        let mut root = part;
        loop {
            root = match root {
                Expr::Attribute(attribute) => &attribute.value,
                Expr::Subscript(subscript) => &subscript.value,
                _ => break,
            };
        }
        let Expr::Name(name) = root else {
            return;
        };
        let unknown = self.unknown(part, "a change to it");
        let tainted = match (self.lookup(&name.id), unknown) {
            (Some(Value::Extension(mut extension)), Value::Unknown(note)) => {
                extension.unread.push(note);
                Value::Extension(extension)
            }
            (Some(value @ (Value::List(_) | Value::Dict(_))), unknown) => {
                value.with_unknown(&unknown)
            }
            _ => return,
        };
        self.rebind(Variable::named(&name.id), tainted);
    }

    /// Executes `del name`, `del list[0]` and `del dictionary["key"]`.
    fn delete(&mut self, target: &Expr) {
        let subscript = match target {
            Expr::Name(name) => {
                self.names().remove(name.id.as_str());
                return;
            }
            Expr::Subscript(subscript) => subscript,
            _ => return,
        };
        let Expr::Name(name) = &*subscript.value else {
            return;
        };
        let key = self.eval(&subscript.slice);
        let rest = match (self.lookup(&name.id), key) {
            (Some(Value::Dict(mut items)), Value::Str(key)) => {
                items.retain(|(known, _)| *known != key);
                Some(Value::Dict(items))
            }
            (Some(Value::List(mut items)), Value::Int(index)) => {
                let index = usize::try_from(index).ok();
                let index = index.filter(|index| *index < items.len());
                index.map(|index| {
                    items.remove(index);
                    Value::List(items)
                })
            }
            _ => None,
        };
        let rest = rest.unwrap_or_else(|| self.unknown(subscript, "the deleted item"));
        self.bind(&name.id, rest);
    }

    /// Sets a variable that is changed in place, in the scope that has it.
    fn rebind(&mut self, variable: Variable, value: Value) {
        let Variable { name, key } = variable;
        let value = match key {
            None => value,
            Some(key) => match self.lookup(&name) {
                Some(Value::Dict(mut items)) => {
                    insert(&mut items, key, value);
                    Value::Dict(items)
                }
                _ => return,
            },
        };
        let locals = self.locals.last();
        if locals.is_some_and(|names| names.contains_key(&name)) {
            self.bind(&name, value);
        } else if self.spend(value.weight()) {
            self.globals.insert(name, value);
        }
    }

    pub(super) fn lookup(&mut self, name: &str) -> Option<Value> {
        let local = self.locals.last().and_then(|names| names.get(name));
        let value = local.or_else(|| self.globals.get(name))?.clone();
        self.spend(value.weight()).then_some(value)
    }

    pub(super) fn eval(&mut self, expression: &Expr) -> Value {
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH || !self.spend(1) {
            self.unknown(expression, "more than the limits allow")
        } else {
            self.expression(expression)
        };
        self.depth -= 1;
        value
    }

    fn expression(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::StringLiteral(text) => Value::str(text.value.to_str()),
            Expr::BooleanLiteral(value) => Value::Bool(value.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::NumberLiteral(number) => {
                let int = match &number.value {
                    Number::Int(int) => int.as_i64(),
                    _ => None,
                };
                int.map_or_else(|| self.unknown(number, "a number"), Value::Int)
            }
            Expr::FString(text) => self.f_string(text),
            // Other names are built in, or come from `import *`.
            Expr::Name(name) => self
                .lookup(&name.id)
                .unwrap_or_else(|| Value::Named(name.id.to_string())),
            Expr::List(list) => Value::List(self.items(&list.elts)),
            Expr::Tuple(tuple) => Value::List(self.items(&tuple.elts)),
            Expr::Set(set) => Value::List(self.items(&set.elts)),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Call(call) => self.call(call),
            Expr::Attribute(attribute) => {
                let value = self.eval(&attribute.value);
                let line = self.line(attribute);
                builtins::attribute(self.situation, value, &attribute.attr, line)
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BoolOp(operation) => self.bool_op(operation.op, &operation.values),
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                let truth = self.eval(&operation.operand).truth();
                let negated = truth.map(|truth| Value::Bool(!truth));
                negated.unwrap_or_else(|| self.unknown(operation, "a condition"))
            }
            Expr::BinOp(operation) => {
                let (left, right) = (self.eval(&operation.left), self.eval(&operation.right));
                self.binary(operation, left, operation.op, right)
            }
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => match self.test(&choice.test) {
                Some(true) => self.eval(&choice.body),
                Some(false) => self.eval(&choice.orelse),
                None => {
                    let body = self.eval(&choice.body);
                    body.merge(self.eval(&choice.orelse))
                }
            },
            Expr::Named(named) => {
                let value = self.eval(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::ListComp(list) => self.comprehend(&list.elt, &list.generators),
            Expr::SetComp(set) => self.comprehend(&set.elt, &set.generators),
            Expr::Generator(generator) => self.comprehend(&generator.elt, &generator.generators),
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.yields = true;
                self.unknown(expression, "a generator")
            }
            other => self.unknown(other, "an unsupported expression"),
        }
    }

    /// Evaluates the items of a list or the positional arguments of a call.
    fn items(&mut self, items: &[Expr]) -> Vec<Value> {
        let mut values = Vec::new();
        for item in items {
            let value = self.eval(item);
            match (item, value) {
                (Expr::Starred(_), Value::List(more)) => values.extend(more),
                (_, value) => values.push(value),
            }
        }
        values
    }

    fn dict(&mut self, dict: &ExprDict) -> Value {
        let mut items = Vec::new();
        for item in &dict.items {
            let value = self.eval(&item.value);
            match (item.key.as_ref().map(|key| self.eval(key)), value) {
                (Some(Value::Str(key)), value) => insert(&mut items, key, value),
                (None, Value::Dict(more)) => {
                    for (key, value) in more {
                        insert(&mut items, key, value);
                    }
                }
                (None, _) => {
                    let unknown = self.unknown(&item.value, "the values of `**`");
                    insert(&mut items, "**".to_owned(), unknown);
                }
                _ => {}
            }
        }
        Value::Dict(items)
    }

    fn f_string(&mut self, text: &ExprFString) -> Value {
        let mut whole = String::new();
        for part in &text.value {
            let part = match part {
                FStringPart::Literal(literal) => {
                    whole.push_str(literal);
                    continue;
                }
                FStringPart::FString(part) => part,
            };
            for element in &part.elements {
                let element = match element {
                    InterpolatedStringElement::Literal(literal) => {
                        whole.push_str(literal);
                        continue;
                    }
                    InterpolatedStringElement::Interpolation(element) => element,
                };
                let is_plain = element.conversion.is_none() && element.format_spec.is_none();
                match self.eval(&element.expression) {
                    Value::Str(value) if is_plain => whole.push_str(&value),
                    Value::Int(value) if is_plain => whole.push_str(&value.to_string()),
                    Value::Unknown(note) if element.conversion.is_none() => {
                        return Value::Unknown(note);
                    }
                    _ => return self.unknown(text, "an f-string"),
                }
            }
        }
        Value::Str(whole)
    }

    fn subscript(&mut self, subscript: &ExprSubscript) -> Value {
        let value = self.eval(&subscript.value);
        let is_version = matches!(&value, Value::Named(name) if name == "sys.version_info");
        if let (true, Expr::Slice(slice)) = (is_version, &*subscript.slice) {
            let mut parts = self.situation.version_info();
            let upper = slice.upper.as_ref().map(|upper| self.eval(upper));
            if let (None, Some(Value::Int(n))) = (&slice.lower, upper) {
                parts.truncate(usize::try_from(n).unwrap_or(0));
            }
            return Value::List(parts);
        }
        let key = self.eval(&subscript.slice);
        match (value, key) {
            (Value::Dict(items), Value::Str(key)) => items
                .into_iter()
                .find(|(known, _)| *known == key)
                .map_or_else(|| self.unknown(subscript, "a missing key"), |(_, v)| v),
            (Value::Named(_), Value::Int(n)) if is_version => {
                let index = usize::try_from(n).unwrap_or(usize::MAX);
                let part = self.situation.version_info().into_iter().nth(index);
                part.unwrap_or(Value::Int(0))
            }
            (Value::List(mut items), Value::Int(n)) => match usize::try_from(n) {
                Ok(n) if n < items.len() => items.swap_remove(n),
                _ => self.unknown(subscript, "an item of a list"),
            },
            (Value::Unknown(note), _) => Value::Unknown(note),
            _ => self.unknown(subscript, "an item of an unknown value"),
        }
    }

    /// Evaluates a comprehension to a list.
    fn comprehend(&mut self, element: &Expr, generators: &[Comprehension]) -> Value {
        let Some((generator, rest)) = generators.split_first() else {
            return Value::List(vec![self.eval(element)]);
        };
        let items = match self.eval(&generator.iter) {
            Value::List(items) => items,
            Value::Dict(items) => items.into_iter().map(|(key, _)| Value::Str(key)).collect(),
            Value::Unknown(note) => return Value::Unknown(note),
            _ => return self.unknown(&generator.iter, "the values of a loop"),
        };
        let mut found = Vec::new();
        for item in items {
            self.assign(&generator.target, item);
            let conditions = generator.ifs.iter();
            let truths: Vec<_> = conditions.map(|condition| self.test(condition)).collect();
            if truths.contains(&Some(false)) {
                continue;
            }
            if truths.contains(&None) {
                found.push(self.unknown(&generator.iter, "a choice between items"));
            }
            match self.comprehend(element, rest) {
                Value::List(more) => found.extend(more),
                other => found.push(other),
            }
        }
        Value::List(found)
    }

    /// Returns whether a condition holds; one operand alone may decide it.
    pub(super) fn test(&mut self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::BoolOp(operation) => {
                let decides = operation.op == BoolOp::Or;
                let mut is_known = true;
                for value in &operation.values {
                    match self.test(value) {
                        Some(truth) if truth == decides => return Some(decides),
                        Some(_) => {}
                        None => is_known = false,
                    }
                }
                is_known.then_some(!decides)
            }
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.test(&operation.operand).map(|truth| !truth)
            }
            other => self.eval(other).truth(),
        }
    }

    fn bool_op(&mut self, operator: BoolOp, values: &[Expr]) -> Value {
        let stops_at = operator == BoolOp::Or;
        let mut result = Value::None;
        // The operands that may be the result, or a later one is.
        let mut possible: Option<Value> = None;
        for value in values {
            result = self.eval(value);
            match result.truth() {
                Some(truth) if truth == stops_at => break,
                Some(_) => {}
                None => {
                    let values = possible.take().into_iter().chain([result.clone()]);
                    possible = values.reduce(Value::merge);
                }
            }
        }
        match possible {
            Some(possible) => possible.merge(result),
            None => result,
        }
    }

    fn binary(
        &mut self,
        node: &impl Ranged,
        left: Value,
        operator: Operator,
        right: Value,
    ) -> Value {
        if !self.spend(left.weight() + right.weight()) {
            return self.unknown(node, "more than the limits allow");
        }
        operators::binary(left, operator, right, self.line(node))
    }

    fn compare(&mut self, compare: &ExprCompare) -> Value {
        let left = self.eval(&compare.left);
        let [operator] = *compare.ops else {
            return self.unknown(compare, "a comparison");
        };
        let right = self.eval(&compare.comparators[0]);
        let result = operators::compare(self.situation, &left, operator, &right);
        result.map_or_else(|| self.unknown(compare, "a comparison"), Value::Bool)
    }

    fn call(&mut self, call: &ExprCall) -> Value {
        if let Expr::Attribute(attribute) = &*call.func {
            let receiver = self.eval(&attribute.value);
            if !matches!(receiver, Value::Named(_)) {
                return self.call_method(call, &attribute.value, receiver, &attribute.attr);
            }
        }
        let callee = self.eval(&call.func);
        let arguments = self.arguments(call);
        match callee {
            Value::Named(name) if builtins::is_setup(&name) => {
                self.setups.push((self.line(call), arguments.by_name));
                Value::None
            }
            Value::Named(name) => {
                self.trace(&name, call, &arguments);
                builtins::call(self.situation, &name, &arguments, self.line(call))
            }
            Value::Function(index) => {
                let function = self.functions[index];
                let (value, names) = self.call_function(call, function, arguments);
                self.write_back(call, function, names);
                value
            }
            Value::Unknown(note) => Value::Unknown(note),
            _ => self.unknown(call, "a call"),
        }
    }

    /// Keeps a call of something imported, if it concerns native code.
    fn trace(&mut self, name: &str, call: &ExprCall, arguments: &Arguments) {
        if !is_traced(name) || self.traces.len() >= MAX_TRACES || !self.spend(arguments.weight()) {
            return;
        }
        self.traces.push(Trace {
            name: name.to_owned(),
            arguments: arguments.clone(),
            start: call.start(),
            line: self.line(call),
            certainty: self.certainty,
        });
    }

    /// Calls a method of a value, which `holder` evaluated to.
    fn call_method(
        &mut self,
        call: &ExprCall,
        holder: &Expr,
        receiver: Value,
        method: &str,
    ) -> Value {
        let arguments = self.arguments(call);
        if let Value::Str(path) = &receiver
            && let Some((name, arguments)) = staging_method(path, method, &arguments)
        {
            self.trace(name, call, &arguments);
        }
        let variable = self.variable(holder);
        if variable.is_none() && CHANGING_METHODS.contains(&method) {
            self.taint(holder);
        }
        let method_call = MethodCall {
            situation: self.situation,
            method,
            arguments: &arguments,
            line: self.line(call),
        };
        let result = method_call.on(receiver);
        if let (Some(variable), Some(changed)) = (variable, result.changed) {
            self.rebind(variable, changed);
        }
        result.returned
    }

    pub(super) fn arguments(&mut self, call: &ExprCall) -> Arguments {
        let mut arguments = Arguments {
            by_place: self.items(&call.arguments.args),
            by_name: Vec::new(),
        };
        for keyword in &call.arguments.keywords {
            match (&keyword.arg, self.eval(&keyword.value)) {
                (Some(name), value) => arguments.by_name.push((name.to_string(), value)),
                (None, Value::Dict(items)) => arguments.by_name.extend(items),
                (None, _) => {
                    let unknown = self.unknown(&keyword.value, "the values of `**`");
                    arguments.by_name.push(("**".to_owned(), unknown));
                }
            }
        }
        arguments
    }

    /// Returns the variable, or the entry in one, that an expression names.
    fn variable(&mut self, expression: &Expr) -> Option<Variable> {
        match expression {
            Expr::Name(name) => Some(Variable::named(&name.id)),
            Expr::Subscript(subscript) => match (&*subscript.value, self.eval(&subscript.slice)) {
                (Expr::Name(name), Value::Str(key)) => Some(Variable {
                    key: Some(key),
                    ..Variable::named(&name.id)
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Calls a function of the file. Returns its result and its variables at the
    /// end.
    pub(super) fn call_function(
        &mut self,
        node: &impl Ranged,
        function: &'a StmtFunctionDef,
        arguments: Arguments,
    ) -> (Value, Names) {
        if self.locals.len() >= MAX_CALLS || !self.spend(1) {
            let value = self.unknown(node, format!("a call to `{}`", function.name));
            return (value, Names::new());
        }
        let names = self.parameters(function, arguments);
        self.locals.push(names);
        self.returns.push(Vec::new());
        // The nesting of expressions is limited per function.
        let depth = std::mem::take(&mut self.depth);
        let before = std::mem::take(&mut self.yields);
        let flow = self.block(&function.body);
        let is_generator = std::mem::replace(&mut self.yields, before);
        self.depth = depth;
        let names = self.locals.pop().unwrap_or_default();
        let mut returned = self.returns.pop().unwrap_or_default();
        if is_generator {
            returned = vec![self.unknown(node, format!("the generator `{}`", function.name))];
        } else if flow == Flow::Next && !returned.is_empty() {
            returned.push(Value::None);
        }
        let value = returned.into_iter().reduce(Value::merge);
        (value.unwrap_or(Value::None), names)
    }

    /// Binds the parameters of a function to arguments and defaults.
    fn parameters(&mut self, function: &StmtFunctionDef, arguments: Arguments) -> Names {
        let mut names = Names::new();
        let mut by_place = arguments.by_place.into_iter();
        let parameters = &function.parameters;
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            if let Some(value) = by_place.next() {
                names.insert(parameter.name().to_string(), value);
            }
        }
        if let Some(rest) = &parameters.vararg {
            names.insert(rest.name.to_string(), Value::List(by_place.collect()));
        }
        if let Some(rest) = &parameters.kwarg {
            let is_parameter = |key: &str| {
                let mut known = parameters.iter_non_variadic_params();
                known.any(|parameter| parameter.name().as_str() == key)
            };
            let rest_of = arguments
                .by_name
                .iter()
                .filter(|(key, _)| !is_parameter(key));
            names.insert(
                rest.name.to_string(),
                Value::Dict(rest_of.cloned().collect()),
            );
        }
        names.extend(arguments.by_name);
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.name().as_str();
            if !names.contains_key(name) {
                let value = match parameter.default() {
                    Some(default) => self.eval(default),
                    None => self.unknown(function, format!("the argument `{name}`")),
                };
                names.insert(name.to_owned(), value);
            }
        }
        names
    }

    /// Sets the caller's variables to the lists and dictionaries that a function
    /// changed; `names` are the function's variables at the end.
    fn write_back(&mut self, call: &ExprCall, function: &StmtFunctionDef, mut names: Names) {
        let parameters = &function.parameters;
        let by_place = call.arguments.args.iter().zip(
            parameters
                .posonlyargs
                .iter()
                .chain(&parameters.args)
                .map(|parameter| parameter.name().as_str()),
        );
        let by_name = call.arguments.keywords.iter().filter_map(|keyword| {
            let name = keyword.arg.as_ref()?.as_str();
            Some((&keyword.value, name))
        });
        for (argument, parameter) in by_place.chain(by_name) {
            let (Expr::Name(name), Some(value)) = (argument, names.remove(parameter)) else {
                continue;
            };
            let is_changed = match (self.lookup(&name.id), &value) {
                (Some(Value::List(old)), Value::List(new)) => old != *new,
                (Some(Value::Dict(old)), Value::Dict(new)) => old != *new,
                (Some(Value::List(_) | Value::Dict(_)), Value::Either(_) | Value::Unknown(_)) => {
                    true
                }
                _ => false,
            };
            if is_changed {
                self.rebind(Variable::named(&name.id), value);
            }
        }
    }
}

/// Returns whether a statement imports a module that a build may lack.
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
