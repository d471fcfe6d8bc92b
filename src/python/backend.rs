//! In-tree build backends (PEP 517): which backend one wraps, and what its hook
//! requires.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, ModModule, Stmt, StmtFunctionDef};
use ruff_python_parser::Parsed;

use super::commands::{BuildCommand, find_commands};
use super::exec::Interpreter;
use super::parse::with_syntax;
use super::situation::Situation;
use super::staging::{StagedPath, staged_paths, traced_commands};
use super::value::{Arguments, Note, Value};

/// The modules of the backends that one may wrap.
const BACKENDS: [&str; 8] = [
    "maturin",
    "setuptools.build_meta",
    "poetry.core.masonry.api",
    "hatchling.build",
    "scikit_build_core.build",
    "mesonpy",
    "pdm.backend",
    "flit_core.buildapi",
];

const HOOK: &str = "get_requires_for_build_wheel";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InTreeBackend {
    /// The module of the backend that it imports, and so builds with.
    pub wraps: Option<String>,
    /// What its `get_requires_for_build_wheel` returns, if it has one.
    pub requires: Option<Vec<String>>,
    /// Whether that hook calls the wrapped backend's.
    pub asks_wrapped: bool,
    /// The modules next to it that it imports the hook from, if it defines none.
    pub siblings: Vec<String>,
    /// What of the hook's result isn't known.
    pub unread: Vec<Note>,
    /// What its hooks copy, move and link before they build.
    pub staged: Vec<StagedPath>,
    /// The calls of cargo and maturin in it.
    pub commands: Vec<BuildCommand>,
    /// The full names that it imports, in order, with a dot before those of its
    /// own package. Some may be of files next to it.
    pub imports: Vec<String>,
    /// The arguments that it puts into the variable [`MATURIN_ARGUMENTS`].
    pub maturin_arguments: Option<String>,
}

/// What a module next to a backend does for the backend's hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackendHelper {
    /// What its functions copy, move and link.
    pub staged: Vec<StagedPath>,
    /// The calls of cargo and maturin in it.
    pub commands: Vec<BuildCommand>,
}

/// The variable from which maturin's hooks take the arguments of `maturin`, if
/// the settings of the frontend have none.
pub const MATURIN_ARGUMENTS: &str = "MATURIN_PEP517_ARGS";

/// The hooks that a build of a wheel calls, in order.
const BUILD_HOOKS: [&str; 2] = ["prepare_metadata_for_build_wheel", "build_wheel"];

/// Reads the module of a build backend.
///
/// # Errors
/// If the text isn't Python: the line, and what is wrong there.
pub fn read_backend(text: &str, situation: &Situation) -> Result<InTreeBackend, Note> {
    with_syntax(text, situation, in_tree_backend)
}

/// Reads a module that a backend imports. Which of its functions the backend
/// calls isn't followed: all of them count.
///
/// # Errors
/// If the text isn't Python: the line, and what is wrong there.
pub fn read_helper(text: &str, situation: &Situation) -> Result<BackendHelper, Note> {
    with_syntax(text, situation, |module, interpreter| {
        let body = &module.syntax().body;
        for statement in body {
            let Stmt::FunctionDef(function) = statement else {
                continue;
            };
            let line = interpreter.line(function);
            let arguments = Arguments {
                by_place: vec![
                    Value::unknown(line, "an argument of a helper");
                    function.parameters.len()
                ],
                by_name: Vec::new(),
            };
            interpreter.call_function(function, function, arguments);
        }
        BackendHelper {
            staged: staged_paths(&interpreter.traces),
            commands: commands(body, interpreter),
        }
    })
}

/// Returns the calls of cargo and maturin in a file that was run. A list of
/// words may be made elsewhere than it is run, so the call of a tool that isn't
/// reached counts if no other call of the tool is.
fn commands<'a>(body: &'a [Stmt], interpreter: &mut Interpreter<'a>) -> Vec<BuildCommand> {
    let mut commands = traced_commands(&interpreter.traces);
    let tools: Vec<_> = commands.iter().map(|command| command.tool).collect();
    let others = find_commands(body, interpreter).into_iter();
    commands.extend(others.filter(|command| !tools.contains(&command.tool)));
    commands
}

fn in_tree_backend<'a>(
    module: &'a Parsed<ModModule>,
    interpreter: &mut Interpreter<'a>,
) -> InTreeBackend {
    let body = &module.syntax().body;
    let imports = imports(body);
    let wraps = imports.iter().find_map(|name| {
        let is_below = |backend: &&str| {
            let rest = name.strip_prefix(*backend);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        BACKENDS.into_iter().find(is_below)
    });
    let mut backend = InTreeBackend {
        wraps: wraps.map(str::to_owned),
        ..InTreeBackend::default()
    };
    backend.siblings = siblings(body);
    let function = match interpreter.globals.get(HOOK) {
        Some(Value::Function(index)) => Some((interpreter.functions[*index], 1)),
        // The hook may be a method, which takes `self` too.
        _ => find_method(body, HOOK).map(|function| (function, 2)),
    };
    if let Some((function, parameters)) = function {
        let arguments = Arguments {
            by_place: vec![Value::None; parameters],
            by_name: Vec::new(),
        };
        let (returned, _) = interpreter.call_function(function, function, arguments);
        let items = returned.items(&mut backend.unread, interpreter.line(function));
        // The result of a wrapped hook is named after the call.
        let is_call = |item: &Value| matches!(item, Value::Named(name) if name.ends_with("()"));
        backend.asks_wrapped = items.iter().any(is_call);
        let requires = items.iter().filter_map(Value::as_str).map(str::to_owned);
        backend.requires = Some(requires.collect::<BTreeSet<_>>().into_iter().collect());
    }
    run_hooks(body, interpreter);
    backend.staged = staged_paths(&interpreter.traces);
    backend.commands = commands(body, interpreter);
    backend.maturin_arguments = maturin_arguments(body, interpreter);
    backend.imports = imports;
    backend
}

/// Goes through the hooks that build, so that their calls are recorded.
fn run_hooks<'a>(body: &'a [Stmt], interpreter: &mut Interpreter<'a>) {
    for name in BUILD_HOOKS {
        let (function, parameters) = match interpreter.globals.get(name) {
            Some(Value::Function(index)) => (interpreter.functions[*index], 1),
            _ => match find_method(body, name) {
                Some(method) => (method, 2),
                None => continue,
            },
        };
        let line = interpreter.line(function);
        let arguments = Arguments {
            by_place: vec![Value::unknown(line, "an argument of a hook"); parameters],
            by_name: Vec::new(),
        };
        interpreter.call_function(function, function, arguments);
    }
}

/// Returns the text that a file assigns to `os.environ["MATURIN_PEP517_ARGS"]`.
fn maturin_arguments<'a>(body: &'a [Stmt], interpreter: &mut Interpreter<'a>) -> Option<String> {
    struct Assigned<'a>(Option<&'a Expr>);
    impl<'a> Visitor<'a> for Assigned<'a> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            if let Stmt::Assign(assign) = statement
                && let [Expr::Subscript(target)] = assign.targets.as_slice()
                && let Expr::StringLiteral(key) = &*target.slice
                && key.value.to_str() == MATURIN_ARGUMENTS
            {
                self.0 = Some(&assign.value);
            }
            walk_stmt(self, statement);
        }
    }
    let mut assigned = Assigned(None);
    assigned.visit_body(body);
    let value = interpreter.eval(assigned.0?);
    value.as_str().map(str::to_owned)
}

/// Returns the modules of the same package that the hook may be imported from:
/// `from .NAME import get_requires_for_build_wheel`, or `*`.
fn siblings(body: &[Stmt]) -> Vec<String> {
    let imports = body.iter().filter_map(|statement| match statement {
        Stmt::ImportFrom(import) if import.level == 1 => Some(import),
        _ => None,
    });
    let with_hook = imports.filter(|import| {
        let mut names = import.names.iter().map(|alias| alias.name.as_str());
        names.any(|name| name == "*" || name == HOOK)
    });
    let modules = with_hook.filter_map(|import| import.module.as_ref());
    modules.map(ToString::to_string).collect()
}

/// Returns the method of that name in one of the file's classes.
fn find_method<'a>(body: &'a [Stmt], name: &str) -> Option<&'a StmtFunctionDef> {
    let classes = body.iter().filter_map(|statement| match statement {
        Stmt::ClassDef(class) => Some(class),
        _ => None,
    });
    let mut methods = classes.flat_map(|class| &class.body);
    methods.find_map(|statement| match statement {
        Stmt::FunctionDef(function) if function.name.as_str() == name => Some(function),
        _ => None,
    })
}

/// Returns the full names that a file imports anywhere, in order. Those of its
/// own package begin with a dot.
fn imports(body: &[Stmt]) -> Vec<String> {
    struct Imports(Vec<String>);
    impl<'a> Visitor<'a> for Imports {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Import(import) => {
                    self.0
                        .extend(import.names.iter().map(|alias| alias.name.to_string()));
                }
                Stmt::ImportFrom(import) if import.level <= 1 => {
                    let dot = if import.level == 1 { "." } else { "" };
                    let module = import.module.as_ref().map_or("", |m| m.as_str());
                    let names = import.names.iter().map(|alias| &alias.name);
                    self.0
                        .extend(names.map(|name| format!("{dot}{module}.{name}")));
                }
                _ => {}
            }
            walk_stmt(self, statement);
        }
    }
    let mut visitor = Imports(Vec::new());
    visitor.visit_body(body);
    visitor.0
}
