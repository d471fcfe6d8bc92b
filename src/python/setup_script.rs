//! `setup.py`: the arguments that it passes to `setup`.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, ModModule};
use ruff_python_parser::Parsed;

use super::exec::Interpreter;
use super::parse::with_syntax;
use super::situation::Situation;
use super::value::{Extension, Note, Value};

/// The arguments of `setup`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetupScript {
    /// `rust_extensions`. They are a guess if `unread` isn't empty.
    pub extensions: Vec<Extension>,
    pub setup_requires: Vec<String>,
    pub name: Option<String>,
    pub version: Option<String>,
    /// What of `rust_extensions` isn't known.
    pub unread: Vec<Note>,
    /// What of `setup_requires` isn't known.
    pub unread_requires: Vec<Note>,
}

/// Reads a `setup.py`.
///
/// # Errors
/// If the text isn't Python: the line, and what is wrong there.
pub fn read_setup_py(text: &str, situation: &Situation) -> Result<SetupScript, Note> {
    with_syntax(text, situation, setup_script)
}

fn setup_script<'a>(
    module: &'a Parsed<ModModule>,
    interpreter: &mut Interpreter<'a>,
) -> SetupScript {
    let mut script = SetupScript::default();
    let setups = std::mem::take(&mut interpreter.setups);
    for (line, arguments) in &setups {
        script.add_setup(*line, arguments);
    }
    if let ([(line, _), _, ..], false) = (&setups[..], script.extensions.is_empty()) {
        script.unread.push(Note::new(
            *line,
            "several calls to `setup`, only one of which is made",
        ));
    }
    if script.extensions.is_empty() {
        // Extensions anywhere in the file are the best guess.
        for call in extension_calls(module) {
            if let Value::Extension(extension) = interpreter.eval(call) {
                script.unread.push(Note::new(
                    extension.line,
                    "an extension that may not be passed to `setup`",
                ));
                script.extensions.push(*extension);
            }
        }
    }
    let unread = script.extensions.iter().flat_map(|e| e.unread.clone());
    script.unread.extend(unread);
    script
}

impl SetupScript {
    /// Adds the arguments of one call of `setup`.
    fn add_setup(&mut self, line: usize, arguments: &[(String, Value)]) {
        let get = |name: &str| {
            let found = arguments.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value)
        };
        let text = |name: &str| get(name).and_then(Value::as_str).map(str::to_owned);
        self.name = self.name.take().or_else(|| text("name"));
        self.version = self.version.take().or_else(|| text("version"));
        if let Some(value) = get("setup_requires") {
            self.setup_requires
                .extend(value.texts(&mut self.unread_requires, line));
        }
        if get("**").is_some() {
            let what = "the arguments that `**` passes to `setup`".to_owned();
            self.unread_requires.push(Note::new(line, what));
        }
        let Some(value) = get("rust_extensions") else {
            return;
        };
        for item in value.items(&mut self.unread, line) {
            match item {
                Value::Extension(extension) if !self.extensions.contains(&extension) => {
                    self.extensions.push(*extension);
                }
                Value::Extension(_) => {}
                _ => self
                    .unread
                    .push(Note::new(line, "an unsupported extension")),
            }
        }
    }
}

/// Returns the calls of `RustExtension` and `RustBin`.
fn extension_calls(module: &Parsed<ModModule>) -> Vec<&Expr> {
    struct Calls<'a>(Vec<&'a Expr>);
    impl<'a> Visitor<'a> for Calls<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Call(ExprCall { func, .. }) = expression {
                let name = match &**func {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => "",
                };
                if matches!(name, "RustExtension" | "RustBin") {
                    self.0.push(expression);
                }
            }
            walk_expr(self, expression);
        }
    }
    let mut visitor = Calls(Vec::new());
    visitor.visit_body(&module.syntax().body);
    visitor.0
}
