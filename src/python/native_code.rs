//! Native code in a Python script: the extensions that it builds, the libraries
//! that they link, and the programs that the script runs.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtIf};
use ruff_text_size::{Ranged, TextSize};

use super::certainty::Certainty;
use super::exec::Interpreter;
use super::imports::Located;
use super::option_defaults::OptionDefaults;
use super::parse::with_syntax;
use super::situation::Situation;
use super::trace::{is_extension, is_fetcher, is_finder, is_pkgconfig, is_runner};
use super::value::{Arguments, Note, Value};

/// The native code that a script builds and runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NativeCode {
    /// The extensions, in the order of their lines.
    pub extensions: Vec<NativeExtension>,
    /// The programs that the script runs, with their arguments.
    pub commands: Vec<ProgramCall>,
    /// The pkg-config modules that the script looks up with the package
    /// `pkgconfig`.
    pub modules: Vec<Located>,
    /// The calls of that package whose modules can't be evaluated, by function.
    pub unread_modules: Vec<Located>,
    /// The calls of functions that fetch a URL, by function.
    pub fetchers: Vec<Located>,
    /// The scripts in `cffi_modules` of `setup`, which define extensions.
    pub cffi_scripts: BTreeSet<String>,
    /// The static libraries that setuptools builds: `libraries` of `setup`.
    pub own_libraries: BTreeSet<String>,
}

/// An extension module in C or C++.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NativeExtension {
    /// The line of the call, from 1.
    pub line: usize,
    /// The dotted name, if it can be evaluated.
    pub name: Option<String>,
    /// The sources that can be evaluated.
    pub sources: Vec<String>,
    /// The libraries that it links: `libraries`, and `-l` of
    /// `extra_link_args`.
    pub libraries: Vec<String>,
    /// The parts of `libraries` that can't be evaluated.
    pub unread: Vec<Note>,
    /// Whether it is built.
    pub certainty: Certainty,
}

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgramCall {
    /// The line, from 1.
    pub line: usize,
    /// The first word of the command.
    pub program: String,
    /// The arguments that can be evaluated.
    pub arguments: Vec<String>,
    /// Whether the script only looks for the program.
    pub is_lookup: bool,
}

/// Reads the native code of a script.
///
/// # Errors
/// Fails with the line and the problem if the text isn't valid Python.
pub fn read_native(text: &str, situation: &Situation) -> Result<NativeCode, Note> {
    with_syntax(text, situation, |module, interpreter| {
        native_code(&module.syntax().body, interpreter)
    })
}

fn native_code<'a>(body: &'a [Stmt], interpreter: &mut Interpreter<'a>) -> NativeCode {
    let mut found = NativeCode::default();
    for (line, arguments) in std::mem::take(&mut interpreter.setups) {
        let items = |name: &str| {
            let found = arguments.iter().find(|(key, _)| key == name);
            found.map_or_else(Vec::new, |(_, value)| value.items(&mut Vec::new(), line))
        };
        for module in items("cffi_modules") {
            // `path/build.py:ffibuilder`
            let path = module.as_str().and_then(|text| text.split(':').next());
            found.cffi_scripts.extend(path.map(str::to_owned));
        }
        for item in items("libraries") {
            if let Value::List(pair) = item
                && let Some(Value::Str(name)) = pair.first()
            {
                found.own_libraries.insert(name.clone());
            }
        }
    }
    let traces = std::mem::take(&mut interpreter.traces);
    let executed: BTreeSet<_> = traces.iter().map(|trace| trace.start).collect();
    for trace in traces {
        found.add(&trace.name, &trace.arguments, trace.line, trace.certainty);
    }
    let mut rest = Unexecuted {
        interpreter,
        executed,
        defaults: OptionDefaults::read(body),
        found: &mut found,
    };
    rest.visit_body(body);
    found.extensions.sort();
    found.extensions.dedup();
    found.commands.sort();
    found.commands.dedup();
    found.fetchers.sort();
    found.fetchers.dedup();
    found.modules.sort();
    found.modules.dedup();
    found.unread_modules.sort();
    found.unread_modules.dedup();
    found
}

impl NativeCode {
    fn add(&mut self, name: &str, arguments: &Arguments, line: usize, certainty: Certainty) {
        if is_extension(name) {
            self.extensions
                .push(NativeExtension::read(arguments, line, certainty));
        } else if is_pkgconfig(name) {
            let modules = arguments.by_place.first().and_then(Value::as_str);
            if modules.is_none() {
                let text = name.to_owned();
                self.unread_modules.push(Located { line, text });
            }
            for module in modules.into_iter().flat_map(module_names) {
                self.modules.push(Located { line, text: module });
            }
        } else if is_fetcher(name) {
            let text = name.to_owned();
            self.fetchers.push(Located { line, text });
        } else if let Some(words) = arguments.by_place.first() {
            self.add_command(words, line, is_finder(name));
        }
    }

    fn add_command(&mut self, words: &Value, line: usize, is_lookup: bool) {
        let words: Vec<String> = match words {
            Value::Str(text) => text.split_whitespace().map(str::to_owned).collect(),
            value => value.texts(&mut Vec::new(), line),
        };
        if let Some((program, arguments)) = words.split_first() {
            self.commands.push(ProgramCall {
                line,
                program: program.clone(),
                arguments: arguments.to_vec(),
                is_lookup,
            });
        }
    }
}

/// Returns the modules in the argument of pkg-config, without versions and
/// options: `cairo` and `glib-2.0` in `cairo >= 1.10, glib-2.0`.
pub fn module_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_version = false;
    for word in text.split([' ', ',', '\t', '\n']).filter(|w| !w.is_empty()) {
        let name = word.split(['<', '>', '=', '!']).next().unwrap_or_default();
        if std::mem::take(&mut is_version) {
            continue;
        }
        if name.is_empty() {
            is_version = word.ends_with(['<', '>', '=']);
        } else if !name.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            names.push(name.to_owned());
        }
    }
    names
}

impl NativeExtension {
    fn read(arguments: &Arguments, line: usize, certainty: Certainty) -> Self {
        let mut unread = Vec::new();
        let texts = |value: Option<&Value>, notes: &mut Vec<Note>| {
            value.map_or_else(Vec::new, |value| value.texts(notes, line))
        };
        let by_name = |name: &str| arguments.get(usize::MAX, name);
        let mut libraries = texts(by_name("libraries"), &mut unread);
        let link_arguments = texts(by_name("extra_link_args"), &mut Vec::new());
        let linked = link_arguments.iter().filter_map(|a| a.strip_prefix("-l"));
        libraries.extend(linked.filter(|name| !name.is_empty()).map(str::to_owned));
        libraries.sort();
        libraries.dedup();
        Self {
            line,
            name: arguments
                .get(0, "name")
                .and_then(Value::as_str)
                .map(str::to_owned),
            sources: texts(arguments.get(1, "sources"), &mut Vec::new()),
            libraries,
            unread,
            certainty,
        }
    }
}

/// Visits the code that the interpreter didn't execute: methods of build
/// commands and functions without calls.
struct Unexecuted<'i, 'a> {
    interpreter: &'i mut Interpreter<'a>,
    executed: BTreeSet<TextSize>,
    defaults: OptionDefaults,
    found: &'i mut NativeCode,
}

impl<'a> Unexecuted<'_, 'a> {
    /// Visits the branches whose conditions may hold.
    fn visit_branches(&mut self, statement: &'a StmtIf) {
        let first = (Some(&*statement.test), &statement.body);
        let clauses = statement.elif_else_clauses.iter();
        let clauses = clauses.map(|clause| (clause.test.as_ref(), &clause.body));
        for (test, body) in [first].into_iter().chain(clauses) {
            if let Some(test) = test {
                self.visit_expr(test);
            }
            let holds = test.and_then(|test| {
                let default = self.defaults.test(test);
                default.or_else(|| self.interpreter.test(test))
            });
            if holds != Some(false) {
                self.visit_body(body);
            }
            if holds == Some(true) {
                return;
            }
        }
    }

    /// Adds the libraries of `X.libraries.append("a")`, `extend` and `insert`.
    fn add_to_libraries(&mut self, call: &'a ExprCall) {
        let Expr::Attribute(method) = &*call.func else {
            return;
        };
        let is_list =
            matches!(&*method.value, Expr::Attribute(list) if list.attr.as_str() == "libraries");
        let is_change = matches!(method.attr.as_str(), "append" | "extend" | "insert");
        if let (true, true, Some(value)) = (is_list, is_change, call.arguments.args.last()) {
            self.add_libraries(value);
        }
    }

    fn add_libraries(&mut self, value: &'a Expr) {
        let line = self.interpreter.line(value);
        let mut unread = Vec::new();
        let libraries = self.interpreter.eval(value).texts(&mut unread, line);
        if !libraries.is_empty() {
            self.found.extensions.push(NativeExtension {
                line,
                name: None,
                sources: Vec::new(),
                libraries,
                unread: Vec::new(),
                certainty: Certainty::Deferred,
            });
        }
    }

    /// Adds the command in a list that begins with a known program.
    fn add_words(&mut self, list: &'a Expr, first: Option<&Expr>) {
        let Some(Expr::StringLiteral(first)) = first else {
            return;
        };
        let name = first.value.to_str();
        if matches!(name, "pkg-config" | "cmake") || name.ends_with("-config") {
            let line = self.interpreter.line(list);
            let words = self.interpreter.eval(list);
            self.found.add_command(&words, line, false);
        }
    }
}

impl<'a> Visitor<'a> for Unexecuted<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::If(statement) => self.visit_branches(statement),
            Stmt::AugAssign(assign) if names_libraries(&assign.target) => {
                self.add_libraries(&assign.value);
            }
            Stmt::Assign(assign) if assign.targets.iter().any(names_libraries) => {
                self.add_libraries(&assign.value);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) if !self.executed.contains(&call.start()) => {
                self.add_to_libraries(call);
                let name = full_name(&call.func);
                let is_own = is_extension(&name);
                let is_run = is_runner(&name) || is_fetcher(&name);
                if is_own || is_run || is_pkgconfig(&name) {
                    let line = self.interpreter.line(call);
                    let arguments = self.interpreter.arguments(call);
                    self.found.add(&name, &arguments, line, Certainty::Deferred);
                }
            }
            Expr::List(list) => self.add_words(expression, list.elts.first()),
            Expr::Tuple(tuple) => self.add_words(expression, tuple.elts.first()),
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// Tells whether the target is an attribute such as `self.libraries`.
fn names_libraries(target: &Expr) -> bool {
    matches!(target, Expr::Attribute(attribute) if attribute.attr.as_str() == "libraries")
}

/// Returns the name of a called function, with the variable in front of it:
/// `ext.run`. For any other expression in front, returns only the last part.
fn full_name(function: &Expr) -> String {
    match function {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(attribute) => match &*attribute.value {
            Expr::Name(name) => format!("{}.{}", name.id, attribute.attr),
            _ => attribute.attr.to_string(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Platform;

    fn read(text: &str) -> NativeCode {
        let situation = Situation {
            exists: &|_| Some(false),
            file: "setup.py",
            module_name: "__main__",
            command: "bdist_wheel",
            python_minor: &|| 13,
            platform: Platform::LINUX,
        };
        read_native(text, &situation).unwrap()
    }

    fn libraries(text: &str) -> Vec<String> {
        let extensions = read(text).extensions.into_iter();
        extensions
            .flat_map(|extension| extension.libraries)
            .collect()
    }

    #[test]
    fn libraries_of_extensions_are_read_through_variables_and_functions() {
        let text = "from setuptools import setup, Extension\n\
                    LIBS = ['a']\nLIBS.append('b')\n\
                    def ext(name, **kw):\n  return Extension(name, [name + '.c'], libraries=LIBS, **kw)\n\
                    setup(ext_modules=[ext('m', extra_link_args=['-lc2', '-Wl,x'])])\n";
        assert_eq!(libraries(text), ["a", "b", "c2"]);
        let found = read(text);
        assert_eq!(found.extensions[0].line, 5);
        assert_eq!(found.extensions[0].sources, ["m.c"]);
        assert_eq!(found.extensions[0].certainty, Certainty::Certain);
    }

    #[test]
    fn branches_of_other_platforms_are_left_out_even_in_methods() {
        let text = "import sys\nfrom setuptools import Extension\n\
                    libs = ['ws2_32'] if sys.platform == 'win32' else ['z']\n\
                    Extension('m', ['m.c'], libraries=libs)\n\
                    class build(build_ext):\n  def run(self):\n\
                    \x20   if sys.platform == 'win32':\n      self.libraries.append('user32')\n\
                    \x20   else:\n      self.libraries += ['ssl', 'crypto']\n";
        assert_eq!(libraries(text), ["z", "ssl", "crypto"]);
    }

    #[test]
    fn options_of_build_commands_are_off_unless_something_turns_them_on() {
        let text = |more: &str| {
            format!(
                "class build(build_ext):\n  def initialize_options(self):\n\
                 \x20   self.use_system = False\n    self.own = None\n{more}\
                 \x20 def run(self):\n    if self.use_system:\n      ext.libraries.append('a')\n\
                 \x20   else:\n      ext.libraries.append('b')\n\
                 \x20   if not self.own:\n      ext.libraries.append('c')\n"
            )
        };
        assert_eq!(libraries(&text("")), ["b", "c"]);
        let changed = "  def finalize_options(self):\n    self.use_system = find()\n";
        assert_eq!(libraries(&text(changed)), ["a", "b", "c"]);
    }

    #[test]
    fn libraries_that_the_text_does_not_tell_are_noted() {
        let text = "from setuptools import Extension\nExtension('m', ['m.c'], libraries=find())\n";
        let found = read(text);
        assert_eq!(found.extensions[0].unread[0].what, "a call to `find`");
    }

    #[test]
    fn commands_are_read_where_they_are_run() {
        let text = "import os, subprocess\n\
                    tool = os.environ.get('PKG_CONFIG', 'pkg-config')\n\
                    def flags(*names):\n  return subprocess.check_output([tool, '--libs'] + list(names))\n\
                    flags('cairo', 'glib-2.0')\n";
        let found = read(text);
        assert_eq!(found.commands.len(), 1);
        assert_eq!(found.commands[0].program, "pkg-config");
        assert_eq!(found.commands[0].arguments, ["--libs", "cairo", "glib-2.0"]);
        assert_eq!(found.commands[0].line, 4);
    }

    #[test]
    fn modules_that_are_joined_are_read_and_unknown_ones_reported() {
        let text = "import pkgconfig\nflags = {'libraries': ['lz4']}\n\
                    pkgconfig.parse(' '.join(f'lib{n}' for n in flags['libraries']))\n\
                    pkgconfig.parse(open('x').read())\n";
        let code = read(text);
        let modules: Vec<_> = code.modules.iter().map(|m| (m.line, &*m.text)).collect();
        assert_eq!(modules, [(3, "liblz4")]);
        let unread = code.unread_modules.iter();
        let unread: Vec<_> = unread.map(|m| (m.line, &*m.text)).collect();
        assert_eq!(unread, [(4, "pkgconfig.parse")]);
    }

    #[test]
    fn modules_of_the_package_pkgconfig_are_read() {
        let text = "import pkgconfig\npkgconfig.parse('cairo >= 1.10 libxml-2.0')\n";
        let names: Vec<_> = read(text).modules.into_iter().map(|m| m.text).collect();
        assert_eq!(names, ["cairo", "libxml-2.0"]);
    }

    #[test]
    fn scripts_of_cffi_are_named() {
        let text = "from setuptools import setup\nsetup(cffi_modules=['src/build.py:ffi'])\n";
        assert!(read(text).cffi_scripts.contains("src/build.py"));
        let text = "ffi = FFI()\nffi.set_source('_a', '', libraries=['srtp2'])\n";
        assert_eq!(libraries(text), ["srtp2"]);
    }

    #[test]
    fn libraries_that_setup_builds_are_its_own() {
        let text =
            "from setuptools import setup\nsetup(libraries=[('own', {'sources': ['a.c']})])\n";
        assert!(read(text).own_libraries.contains("own"));
    }
}
