//! Python that says how a package is built, read without running it:
//! `setup.py`, build backends of the project's own, build scripts.
//!
//! A file is gone through once as Python would go through it. Literals, lists,
//! dictionaries, names bound to them, loops over them, functions of the file
//! and questions about the platform are worked out; the rest is unknown, and
//! is told with its line where it matters. A condition that can't be worked
//! out is gone both ways.

mod assign;
mod calls;
mod certainty;
mod commands;
mod eval;
mod exec;
mod imports;
mod known;
mod methods;
mod operations;
mod value;

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, ModModule, PySourceType};
use ruff_python_parser::Parsed;

pub use certainty::{Certainty, Import};
pub use commands::BuildCommand;
pub use imports::{Located, ModuleConstants, ScriptNeeds};
pub use value::{Extension, Note};

use calls::Arguments;
use exec::Interpreter;
use value::Value;

/// Reading takes memory that grows with how deeply a text is nested, at worst
/// 2 KiB a byte; no build script is a fifth as long.
const MAX_LENGTH: usize = 128 * 1024;

/// What the deepest of such texts takes on the stack, with room to spare.
const STACK: usize = if cfg!(debug_assertions) {
    1 << 30
} else {
    256 << 20
};

/// What a file would see around it, were it run for a build.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// Tells whether the project has a file or folder at a path, relative to
    /// the folder that the file would be run in; `None` for paths outside.
    pub exists: &'a (dyn Fn(&str) -> Option<bool> + Sync),
    /// The file's own path.
    pub file: &'a str,
    /// `__name__`.
    pub module_name: &'a str,
    /// The command in `sys.argv`.
    pub command: &'a str,
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// The platform.
    pub platform: Platform,
}

/// A platform, by Python's names of it.
#[derive(Debug, Clone, Copy)]
pub struct Platform {
    /// `sys.platform`
    pub name: &'static str,
    /// `platform.system()`
    pub system: &'static str,
    /// `platform.machine()`
    pub machine: &'static str,
}

impl Platform {
    /// Linux on `x86_64`.
    pub const LINUX: Self = Self {
        name: "linux",
        system: "Linux",
        machine: "x86_64",
    };

    /// macOS on Apple's processors.
    pub const MACOS: Self = Self {
        name: "darwin",
        system: "Darwin",
        machine: "arm64",
    };
}

/// What a `setup.py` hands to `setup`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetupScript {
    /// `rust_extensions`.
    pub extensions: Vec<Extension>,
    /// `setup_requires`.
    pub setup_requires: Vec<String>,
    /// `name`.
    pub name: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// What of `rust_extensions` couldn't be told; the extensions are a guess
    /// where there is anything.
    pub unread: Vec<Note>,
    /// What of `setup_requires` couldn't be told.
    pub unread_requires: Vec<Note>,
}

/// What a build backend of the project's own does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnBackend {
    /// The module of the backend that it imports and so builds with.
    pub wraps: Option<String>,
    /// What `get_requires_for_build_wheel` returns, if there is one.
    pub requires: Option<Vec<String>>,
    /// Whether that calls the one of the backend that is wrapped.
    pub asks_wrapped: bool,
    /// What of it couldn't be told.
    pub unread: Vec<Note>,
}

/// Reads a `setup.py`.
///
/// # Errors
/// Where it is no Python: the line, and what is wrong there.
pub fn read_setup_py(text: &str, situation: &Situation) -> Result<SetupScript, Note> {
    with_syntax(text, situation, |module, interpreter| {
        let _ = interpreter.block(&module.syntax().body);
        setup_script(module, interpreter)
    })
}

/// Reads what a script needs in order to run.
///
/// # Errors
/// Fails if it isn't Python: the line, and what is wrong there.
pub fn read_needs(text: &str, situation: &Situation) -> Result<ScriptNeeds, Note> {
    with_syntax(text, situation, |module, interpreter| {
        let body = &module.syntax().body;
        let _ = interpreter.block(body);
        imports::needs(body, interpreter)
    })
}

/// Reads whether a module has a docstring and a literal `attribute`.
///
/// # Errors
/// Fails if it isn't Python: the line, and what is wrong there.
pub fn read_constants(
    text: &str,
    attribute: &str,
    situation: &Situation,
) -> Result<ModuleConstants, Note> {
    with_syntax(text, situation, |module, _| {
        imports::constants(&module.syntax().body, attribute)
    })
}

/// Reads the module of a build backend.
///
/// # Errors
/// Where it is no Python: the line, and what is wrong there.
pub fn read_backend(text: &str, situation: &Situation) -> Result<OwnBackend, Note> {
    with_syntax(text, situation, |module, interpreter| {
        let _ = interpreter.block(&module.syntax().body);
        own_backend(module, interpreter)
    })
}

/// Finds the calls of cargo and of maturin in a build script.
///
/// # Errors
/// Where it is no Python: the line, and what is wrong there.
pub fn read_commands(text: &str, situation: &Situation) -> Result<Vec<BuildCommand>, Note> {
    with_syntax(text, situation, |module, interpreter| {
        let _ = interpreter.block(&module.syntax().body);
        commands::find(&module.syntax().body, interpreter)
    })
}

fn with_syntax<T: Send>(
    text: &str,
    situation: &Situation,
    read: impl Send + for<'a> FnOnce(&'a Parsed<ModModule>, &mut Interpreter<'a>) -> T,
) -> Result<T, Note> {
    if text.len() > MAX_LENGTH {
        let what = format!("more than the {MAX_LENGTH} bytes that are read");
        return Err(Note { line: 1, what });
    }
    let lines: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(place, _)| place + 1))
        .collect();
    let work = || {
        let module = ruff_python_parser::parse_unchecked_source(text, PySourceType::Python);
        if let Some(error) = module.errors().first() {
            let start = error.location.start().to_usize();
            let line = lines.partition_point(|line| *line <= start);
            let what = error.error.to_string();
            return Err(Note { line, what });
        }
        let mut interpreter = Interpreter::new(situation, &lines);
        Ok(read(&module, &mut interpreter))
    };
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let thread = builder.spawn_scoped(scope, work).map_err(|error| Note {
            line: 1,
            what: format!("no thread to read it: {error}"),
        })?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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
    // A script that goes on after one call has made all of them.
    let is_choice = setups.len() > 1;
    if is_choice && !script.extensions.is_empty() {
        script.unread.push(Note {
            line: setups[0].0,
            what: "several calls of `setup`, of which one is made".to_owned(),
        });
    }
    if script.extensions.is_empty() {
        // Those that stand in the file are the best guess.
        for call in calls(module, &["RustExtension", "RustBin"]) {
            if let Value::Extension(extension) = interpreter.eval(call) {
                script.unread.push(Note {
                    line: extension.line,
                    what: "an extension that isn't seen to reach `setup`".to_owned(),
                });
                script.extensions.push(*extension);
            }
        }
    }
    script
        .unread
        .extend(script.extensions.iter().flat_map(|e| e.unread.clone()));
    script
}

impl SetupScript {
    /// Takes over what one call of `setup` is handed.
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
        let hidden = get("**").map(|_| "what `**` hands to `setup`");
        if let Some(what) = hidden {
            let what = what.to_owned();
            self.unread_requires.push(Note { line, what });
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
                _ => self.unread.push(Note {
                    line,
                    what: "an extension that isn't read".to_owned(),
                }),
            }
        }
    }
}

/// The modules of PEP 517 backends that one may wrap.
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

fn own_backend<'a>(module: &'a Parsed<ModModule>, interpreter: &mut Interpreter<'a>) -> OwnBackend {
    let imported = commands::imports(&module.syntax().body);
    let is_backend = |name: &&String| {
        let below = |backend: &str| {
            name.strip_prefix(backend)
                .is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        BACKENDS.into_iter().any(below)
    };
    let mut backend = OwnBackend {
        wraps: imported.iter().find(is_backend).and_then(|name| {
            let known = BACKENDS.into_iter().find(|known| name.starts_with(known));
            known.map(str::to_owned)
        }),
        ..OwnBackend::default()
    };
    let name = "get_requires_for_build_wheel";
    let function = match interpreter.globals.get(name) {
        Some(Value::Function(place)) => Some((interpreter.functions[*place], 0)),
        // Of a class whose instance is the backend, or of one that wraps it.
        _ => commands::method(&module.syntax().body, name).map(|function| (function, 1)),
    };
    if let Some((function, before)) = function {
        let arguments = Arguments {
            by_place: vec![Value::None; before + 1],
            by_name: Vec::new(),
        };
        let (returned, _) = interpreter.call_function(function, function, arguments);
        let line = interpreter.line(function);
        let items = returned.items(&mut backend.unread, line);
        let asks = |item: &Value| matches!(item, Value::Named(name) if name.ends_with("()"));
        backend.asks_wrapped = items.iter().any(asks);
        let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
        backend.requires = Some(texts.collect::<BTreeSet<_>>().into_iter().collect());
    }
    backend
}

/// The calls of functions with one of these names.
fn calls<'a>(module: &'a Parsed<ModModule>, names: &[&str]) -> Vec<&'a Expr> {
    struct Calls<'a, 'n> {
        names: &'n [&'n str],
        found: Vec<&'a Expr>,
    }
    impl<'a> Visitor<'a> for Calls<'a, '_> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Call(ExprCall { func, .. }) = expression {
                let name = match &**func {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => "",
                };
                if self.names.contains(&name) {
                    self.found.push(expression);
                }
            }
            walk_expr(self, expression);
        }
    }
    let mut visitor = Calls {
        names,
        found: Vec::new(),
    };
    visitor.visit_body(&module.syntax().body);
    visitor.found
}

#[cfg(test)]
mod tests;
