//! Calls of cargo and maturin in a build script, by how they are written.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, Stmt};

use super::exec::Interpreter;
use super::parse::with_syntax;
use super::situation::Situation;
use super::value::{Note, Value};

/// A program that builds crates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Cargo,
    Maturin,
}

/// A call of cargo or maturin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildCommand {
    pub tool: Tool,
    /// The arguments that are strings.
    pub arguments: Vec<String>,
    /// `cwd`, if the call has one and it is known.
    pub folder: Option<String>,
    /// The line, from 1.
    pub line: usize,
}

impl BuildCommand {
    /// Reads the words of a command; `None` if it calls another program.
    pub fn from_words(words: &[String], line: usize) -> Option<Self> {
        // `[sys.executable, "-m", "maturin"]`, of which the first isn't known.
        let words = match words {
            [flag, rest @ ..] if flag == "-m" && rest.first().is_some_and(|m| m == "maturin") => {
                rest
            }
            words => words,
        };
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

    /// Returns whether the command builds; others query a version, install a
    /// tool or are part of a message.
    pub(super) fn builds(&self) -> bool {
        let mut arguments = self.arguments.iter();
        let command = arguments.find(|argument| !argument.starts_with(['-', '+']));
        match (self.tool, command.map_or("", String::as_str)) {
            (Tool::Cargo, command) => matches!(command, "build" | "b" | "rustc" | "cbuild"),
            (Tool::Maturin, command) => matches!(command, "build" | "develop" | "pep517"),
        }
    }
}

/// Finds the calls of cargo and maturin in a build script.
///
/// # Errors
/// If the text isn't Python: the line, and what is wrong there.
pub fn read_commands(text: &str, situation: &Situation) -> Result<Vec<BuildCommand>, Note> {
    with_syntax(text, situation, |module, interpreter| {
        find_commands(&module.syntax().body, interpreter)
    })
}

pub(super) fn find_commands(body: &[Stmt], interpreter: &mut Interpreter<'_>) -> Vec<BuildCommand> {
    let mut visitor = Candidates::default();
    visitor.visit_body(body);
    let mut commands = Vec::new();
    for Candidate { words, folder } in visitor.found {
        let line = interpreter.line(words);
        let words = match interpreter.eval(words) {
            Value::Str(text) => text.split_whitespace().map(str::to_owned).collect(),
            value => value.texts(&mut Vec::new(), line),
        };
        let command = BuildCommand::from_words(&words, line);
        if let Some(command) = command.filter(BuildCommand::builds) {
            let folder = folder.map(|folder| interpreter.eval(folder));
            commands.push(BuildCommand {
                folder: folder.as_ref().and_then(Value::as_str).map(str::to_owned),
                ..command
            });
        }
    }
    commands
}

/// An expression that may be a command: a list or a string.
struct Candidate<'a> {
    words: &'a Expr,
    /// `cwd` of the innermost call that it is an argument of.
    folder: Option<&'a Expr>,
}

#[derive(Default)]
struct Candidates<'a> {
    found: Vec<Candidate<'a>>,
    folders: Vec<Option<&'a Expr>>,
}

impl<'a> Visitor<'a> for Candidates<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(ExprCall { arguments, .. }) = expression {
            let mut keywords = arguments.keywords.iter();
            let cwd = keywords.find(|keyword| keyword.arg.as_deref() == Some("cwd"));
            self.folders.push(cwd.map(|keyword| &keyword.value));
            walk_expr(self, expression);
            self.folders.pop();
            return;
        }
        let is_command = match expression {
            Expr::List(list) => list.elts.iter().any(is_tool),
            Expr::Tuple(tuple) => tuple.elts.iter().any(is_tool),
            Expr::StringLiteral(text) => {
                let text = text.value.to_str();
                text.starts_with("cargo ") || text.starts_with("maturin ")
            }
            _ => false,
        };
        if is_command {
            self.found.push(Candidate {
                words: expression,
                folder: self.folders.last().copied().flatten(),
            });
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
