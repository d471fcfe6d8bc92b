//! Calls of cargo and maturin in a build script, by how they are written.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};

use super::exec::Interpreter;
use super::value::Value;

/// The program that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `cargo`
    Cargo,
    /// `maturin`
    Maturin,
}

/// A call of cargo or maturin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildCommand {
    /// The program.
    pub tool: Tool,
    /// Its arguments, as far as they are text.
    pub arguments: Vec<String>,
    /// `cwd`, where the call has one that can be told.
    pub folder: Option<String>,
    /// The line, from 1.
    pub line: usize,
}

impl BuildCommand {
    /// Reads a command's words; `None` where it calls something else.
    #[must_use]
    pub fn from_words(words: &[String], line: usize) -> Option<Self> {
        let mut words = words;
        // `python -m maturin`, `sys.executable` being no text.
        if let ["-m", "maturin", ..] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            words = &words[1..];
        }
        let (program, arguments) = words.split_first()?;
        let tool = match program.as_str() {
            "cargo" => Tool::Cargo,
            "maturin" => Tool::Maturin,
            _ => return None,
        };
        Some(Self {
            tool,
            arguments: arguments.to_vec(),
            folder: None,
            line,
        })
    }
}

impl BuildCommand {
    /// Whether it builds the project, and doesn't look around, install a tool
    /// or stand in a message.
    fn builds(&self) -> bool {
        let first = self
            .arguments
            .iter()
            .find(|argument| !argument.starts_with(['-', '+']));
        match self.tool {
            Tool::Cargo => matches!(
                first.map(String::as_str),
                Some("build" | "b" | "rustc" | "cbuild")
            ),
            Tool::Maturin => matches!(
                first.map(String::as_str),
                Some("build" | "develop" | "pep517")
            ),
        }
    }
}

pub(super) fn find(body: &[Stmt], interpreter: &mut Interpreter<'_>) -> Vec<BuildCommand> {
    let mut visitor = Commands {
        lists: Vec::new(),
        folders: Vec::new(),
    };
    visitor.visit_body(body);
    let mut found = Vec::new();
    for (list, folder) in visitor.lists {
        let line = interpreter.line(list);
        let words = match interpreter.eval(list) {
            Value::Str(text) => text.split_whitespace().map(str::to_owned).collect(),
            value => value.texts(&mut Vec::new(), line),
        };
        let command = BuildCommand::from_words(&words, line);
        if let Some(mut command) = command.filter(BuildCommand::builds) {
            command.folder = folder
                .map(|folder| interpreter.eval(folder))
                .and_then(|folder| folder.as_str().map(str::to_owned));
            found.push(command);
        }
    }
    found
}

/// The lists and texts that may be commands, each with the `cwd` of the
/// innermost call that it is an argument of.
struct Commands<'a> {
    lists: Vec<(&'a Expr, Option<&'a Expr>)>,
    folders: Vec<Option<&'a Expr>>,
}

impl<'a> Visitor<'a> for Commands<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        let folder = self.folders.last().copied().flatten();
        match expression {
            Expr::Call(ExprCall { arguments, .. }) => {
                let cwd = arguments
                    .keywords
                    .iter()
                    .find(|k| k.arg.as_deref() == Some("cwd"));
                self.folders.push(cwd.map(|keyword| &keyword.value));
                walk_expr(self, expression);
                self.folders.pop();
                return;
            }
            Expr::List(list) if list.elts.iter().any(is_tool) => {
                self.lists.push((expression, folder));
            }
            Expr::Tuple(tuple) if tuple.elts.iter().any(is_tool) => {
                self.lists.push((expression, folder));
            }
            Expr::StringLiteral(text) => {
                let text = text.value.to_str();
                if text.starts_with("cargo ") || text.starts_with("maturin ") {
                    self.lists.push((expression, folder));
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

fn is_tool(expression: &Expr) -> bool {
    let Expr::StringLiteral(text) = expression else {
        return false;
    };
    matches!(text.value.to_str(), "cargo" | "maturin")
}

/// The method of that name of one of the file's classes.
pub(super) fn method<'a>(body: &'a [Stmt], name: &str) -> Option<&'a StmtFunctionDef> {
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

/// The full names that the file imports, wherever, in order.
pub(super) fn imports(body: &[Stmt]) -> Vec<String> {
    struct Imports(Vec<String>);
    impl<'a> Visitor<'a> for Imports {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Import(import) => {
                    self.0
                        .extend(import.names.iter().map(|alias| alias.name.to_string()));
                }
                Stmt::ImportFrom(import) if import.level == 0 => {
                    let module = import.module.as_ref().map_or("", |m| m.as_str());
                    let names = import.names.iter().map(|alias| &alias.name);
                    self.0.extend(names.map(|name| format!("{module}.{name}")));
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
