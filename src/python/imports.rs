//! What a script needs in order to run: the modules that it imports, and
//! `setup_requires`.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Keyword, Stmt, StmtClassDef};

use super::certainty::{Certainty, Import};
use super::exec::Interpreter;
use super::parse::with_syntax;
use super::situation::Situation;
use super::value::{Note, Value};

/// A text and its line, from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Located {
    /// The line.
    pub line: usize,
    /// The text.
    pub text: String,
}

/// What a `setup.py` or another build script needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptNeeds {
    /// The imports: the executed ones in their order, then deferred ones.
    pub imports: Vec<Import>,
    /// The requirements in `setup_requires`, all with the line of the keyword.
    pub setup_requires: Vec<Located>,
    /// Those that `setup_requires` has under a condition that the text doesn't
    /// decide.
    pub doubtful_requires: Vec<Located>,
    /// The arguments of `setup` that have a true value.
    pub keywords: Vec<Located>,
    /// The line of a function `build` that the script itself doesn't call:
    /// older versions of poetry-core call it.
    pub build_function: Option<usize>,
    /// What of `setup_requires` the text doesn't tell.
    pub unread: Vec<Note>,
    /// Calls of `setup` with arguments that the text doesn't tell.
    pub hidden: Vec<Note>,
}

/// What a build backend reads from a module without importing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleConstants {
    /// Whether it has a docstring.
    pub has_docstring: bool,
    /// Whether it assigns a literal to the attribute that is asked for.
    pub has_attribute: bool,
}

/// Reads what a script needs in order to run.
///
/// # Errors
/// If the text isn't Python: the line, and what is wrong there.
pub fn read_needs(text: &str, situation: &Situation) -> Result<ScriptNeeds, Note> {
    with_syntax(text, situation, |module, interpreter| {
        needs(&module.syntax().body, interpreter)
    })
}

/// Reads whether a module has a docstring and a literal `attribute`.
///
/// # Errors
/// If the text isn't Python: the line, and what is wrong there.
pub fn read_constants(
    text: &str,
    attribute: &str,
    situation: &Situation,
) -> Result<ModuleConstants, Note> {
    with_syntax(text, situation, |module, _| {
        constants(&module.syntax().body, attribute)
    })
}

/// What flit-core and setuptools look for before they import a module.
fn constants(body: &[Stmt], attribute: &str) -> ModuleConstants {
    let is_text = |expression: &Expr| matches!(expression, Expr::StringLiteral(_));
    let is_literal = |expression: &Expr| match expression {
        Expr::Tuple(tuple) => tuple.elts.iter().all(Expr::is_literal_expr),
        Expr::List(list) => list.elts.iter().all(Expr::is_literal_expr),
        other => other.is_literal_expr(),
    };
    let is_it = |target: &Expr| matches!(target, Expr::Name(name) if name.id == attribute);
    let assigns_it = |statement: &Stmt| match statement {
        Stmt::Assign(assign) => is_literal(&assign.value) && assign.targets.iter().any(is_it),
        Stmt::AnnAssign(assign) => {
            let value = assign.value.as_deref();
            value.is_some_and(is_literal) && is_it(&assign.target)
        }
        _ => false,
    };
    let first = body.first();
    ModuleConstants {
        has_docstring: first.is_some_and(
            |statement| matches!(statement, Stmt::Expr(first) if is_text(&first.value)),
        ),
        has_attribute: body.iter().any(assigns_it),
    }
}

/// What a script needs that was gone through.
fn needs(body: &[Stmt], interpreter: &mut Interpreter<'_>) -> ScriptNeeds {
    let mut found = ScriptNeeds {
        imports: std::mem::take(&mut interpreter.imports),
        build_function: uncalled_build(body, interpreter),
        ..ScriptNeeds::default()
    };
    found.imports.extend(deferred(body, interpreter));
    let setups = std::mem::take(&mut interpreter.setups);
    for (line, arguments) in &setups {
        for (name, value) in arguments {
            if name == "setup_requires" {
                let line = keyword_line(body, name, interpreter).unwrap_or(*line);
                let located = |text| Located { line, text };
                let (certain, doubtful) = alternatives(value, line, &mut found.unread);
                found
                    .setup_requires
                    .extend(certain.into_iter().map(located));
                let doubtful = doubtful.into_iter().map(located);
                found.doubtful_requires.extend(doubtful);
            } else if name == "**" {
                found.hidden.push(Note::new(
                    *line,
                    "the arguments that `**` passes to `setup`",
                ));
            }
            if value.truth() == Some(true) {
                let line = keyword_line(body, name, interpreter).unwrap_or(*line);
                let text = name.clone();
                found.keywords.push(Located { line, text });
            }
        }
    }
    found
}

/// The texts of a list: those that each alternative has, and the others.
fn alternatives(value: &Value, line: usize, notes: &mut Vec<Note>) -> (Vec<String>, Vec<String>) {
    let Value::Either(values) = value else {
        return (value.texts(notes, line), Vec::new());
    };
    let all: Vec<_> = values
        .iter()
        .map(|value| value.texts(notes, line))
        .collect();
    let mut certain = Vec::new();
    let mut doubtful = Vec::new();
    for text in all.iter().flatten() {
        let list = if all.iter().all(|texts| texts.contains(text)) {
            &mut certain
        } else {
            &mut doubtful
        };
        if !list.contains(text) {
            list.push(text.clone());
        }
    }
    if !doubtful.is_empty() {
        let what = "a choice that is made at run time".to_owned();
        notes.push(Note::new(line, what));
    }
    (certain, doubtful)
}

/// The line where an argument is first written: as a keyword, or as the key of
/// a dictionary.
fn keyword_line(body: &[Stmt], name: &str, interpreter: &Interpreter<'_>) -> Option<usize> {
    struct Search<'n> {
        name: &'n str,
        found: Option<ruff_text_size::TextRange>,
    }
    impl<'a> Visitor<'a> for Search<'_> {
        fn visit_keyword(&mut self, keyword: &'a Keyword) {
            if keyword.arg.as_deref() == Some(self.name) {
                self.found.get_or_insert(keyword.range);
            }
            self.visit_expr(&keyword.value);
        }

        fn visit_expr(&mut self, expression: &'a Expr) {
            let keys: Vec<&Expr> = match expression {
                Expr::Dict(dict) => dict.iter_keys().flatten().collect(),
                Expr::Subscript(subscript) => vec![&*subscript.slice],
                _ => Vec::new(),
            };
            for key in keys {
                if let Expr::StringLiteral(text) = key
                    && text.value.to_str() == self.name
                {
                    self.found.get_or_insert(text.range);
                }
            }
            walk_expr(self, expression);
        }
    }
    let mut search = Search { name, found: None };
    search.visit_body(body);
    search.found.map(|range| interpreter.line(&range))
}

/// The line of a function `build` at the top level that the file doesn't call.
fn uncalled_build(body: &[Stmt], interpreter: &Interpreter<'_>) -> Option<usize> {
    struct Calls(bool);
    impl<'a> Visitor<'a> for Calls {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Call(ExprCall { func, .. }) = expression {
                self.0 |= matches!(&**func, Expr::Name(name) if name.id == "build");
            }
            walk_expr(self, expression);
        }
    }
    let function = body.iter().find_map(|statement| match statement {
        Stmt::FunctionDef(function) if function.name.as_str() == "build" => Some(function),
        _ => None,
    })?;
    let mut calls = Calls(false);
    calls.visit_body(body);
    (!calls.0).then(|| interpreter.line(function))
}

/// The imports in methods of the file's build commands.
fn deferred(body: &[Stmt], interpreter: &Interpreter<'_>) -> Vec<Import> {
    struct Imports<'a>(Vec<&'a Stmt>);
    impl<'a> Visitor<'a> for Imports<'a> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Import(_) | Stmt::ImportFrom(_) => self.0.push(statement),
                // Those in `try` have something in their place.
                Stmt::Try(_) => {}
                _ => walk_stmt(self, statement),
            }
        }
    }
    let classes = body.iter().filter_map(|statement| match statement {
        Stmt::ClassDef(class) if is_build_command(class) => Some(class),
        _ => None,
    });
    let mut imports = Imports(Vec::new());
    for class in classes {
        imports.visit_body(&class.body);
    }
    let import = |statement: &Stmt| -> Vec<Import> {
        let line = interpreter.line(statement);
        let import = |module: &str, names, level| Import {
            module: module.to_owned(),
            names,
            level,
            line,
            certainty: Certainty::Deferred,
        };
        match statement {
            Stmt::Import(statement) => {
                let names = statement.names.iter();
                names
                    .map(|alias| import(&alias.name, Vec::new(), 0))
                    .collect()
            }
            Stmt::ImportFrom(statement) => {
                let module = statement.module.as_ref().map_or("", |m| m.as_str());
                let names = statement.names.iter().map(|alias| alias.name.to_string());
                vec![import(module, names.collect(), statement.level)]
            }
            _ => Vec::new(),
        }
    };
    imports.0.into_iter().flat_map(import).collect()
}

/// Whether a class is a command that builds: a subclass of `build_ext`,
/// `build_py`, `bdist_wheel` and the like.
fn is_build_command(class: &StmtClassDef) -> bool {
    let bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
    let mut names = bases.filter_map(|base| match base {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    });
    names.any(|name| {
        let name = name.trim_start_matches('_').to_lowercase();
        name.starts_with("build") || name.starts_with("bdist_wheel")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{Platform, Situation, read_constants, read_needs};

    fn exists(path: &str) -> Option<bool> {
        (!path.starts_with("..")).then(|| path == "there.c")
    }

    fn read(text: &str) -> ScriptNeeds {
        let situation = Situation {
            exists: &exists,
            file: "setup.py",
            module_name: "__main__",
            command: "bdist_wheel",
            python_minor: &|| 13,
            platform: Platform::LINUX,
        };
        read_needs(text, &situation).unwrap()
    }

    fn certainties(text: &str) -> Vec<(String, Certainty)> {
        let imports = read(text).imports.into_iter();
        imports.map(|i| (i.module, i.certainty)).collect()
    }

    fn certainty(text: &str) -> Vec<Certainty> {
        certainties(text).into_iter().map(|(_, c)| c).collect()
    }

    use Certainty::{Certain, Conditional, Deferred, Guarded};

    #[test]
    fn imports_of_the_top_level_are_certain() {
        let found = read("import numpy, os.path\nfrom Cython.Build import cythonize as c\n");
        let modules: Vec<_> = found.imports.iter().map(|i| i.module.as_str()).collect();
        assert_eq!(modules, ["numpy", "os.path", "Cython.Build"]);
        assert_eq!(found.imports[2].names, ["cythonize"]);
        assert_eq!(found.imports[2].line, 2);
        assert!(found.imports.iter().all(|i| i.certainty == Certain));
    }

    #[test]
    fn an_import_that_may_fail_is_guarded() {
        let text =
            "try:\n  from Cython.Build import cythonize\nexcept ImportError:\n  cythonize = None\n";
        assert_eq!(certainty(text), [Guarded]);
        let text = "try:\n  import torch\nexcept (ImportError, OSError):\n  torch = None\nelse:\n  import ninja\n";
        assert_eq!(certainty(text), [Guarded, Guarded]);
        let text = "from contextlib import suppress\nwith suppress(ImportError):\n  import torch\n";
        assert_eq!(certainty(text), [Certain, Guarded]);
    }

    #[test]
    fn a_handler_that_gives_up_guards_nothing() {
        for handler in [
            "raise RuntimeError('install numpy')",
            "print('install numpy')\n  sys.exit(1)",
            "exit()",
        ] {
            let text = format!("try:\n  import numpy\nexcept ImportError:\n  {handler}\n");
            assert_eq!(certainty(&text), [Certain], "{handler}");
        }
    }

    #[test]
    fn a_handler_of_other_errors_guards_nothing() {
        let text = "try:\n  import numpy\nexcept AttributeError:\n  pass\n";
        assert_eq!(certainty(text), [Certain]);
    }

    #[test]
    fn conditions_that_the_text_decides_are_decided() {
        let text = "import os, sys\nif sys.version_info < (3, 11):\n  import tomli\nelse:\n  import tomllib\n\
                    if not os.path.exists('there.c'):\n  import Cython\n\
                    if 'sdist' in sys.argv:\n  import wheel\n\
                    from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import mypy\n";
        let modules: Vec<_> = certainties(text).into_iter().map(|(m, _)| m).collect();
        assert_eq!(modules, ["os", "sys", "tomllib", "typing"]);
    }

    #[test]
    fn conditions_that_the_text_does_not_decide_are_reported() {
        let text = "if probe():\n  import numpy\n";
        assert_eq!(certainty(text), [Conditional]);
    }

    #[test]
    fn functions_count_when_they_are_called() {
        let text = "def a():\n  import numpy\ndef b():\n  import scipy\na()\n";
        assert_eq!(certainties(text), [("numpy".to_owned(), Certain)]);
    }

    #[test]
    fn imports_in_build_commands_are_deferred() {
        let text = "class build_ext(_build_ext):\n  def run(self):\n    import numpy\n\
                    \x20   try:\n      import x\n    except ImportError:\n      pass\n\
                    class PyTest(TestCommand):\n  def run_tests(self):\n    import pytest\n";
        assert_eq!(certainties(text), [("numpy".to_owned(), Deferred)]);
    }

    #[test]
    fn setup_requires_has_the_line_of_the_keyword() {
        let found = read(
            "from setuptools import setup\nneeds = ['cffi>=1.0']\nsetup(\n  name='a',\n  setup_requires=needs,\n)\n",
        );
        let text = "cffi>=1.0".to_owned();
        assert_eq!(found.setup_requires, [Located { line: 5, text }]);
        let found = read(
            "from setuptools import setup\nkw = {\n 'setup_requires': ['pbr'],\n 'pbr': True}\nsetup(**kw)\n",
        );
        assert_eq!(found.setup_requires[0].line, 3);
        assert!(
            found
                .keywords
                .iter()
                .any(|k| k.text == "pbr" && k.line == 4)
        );
    }

    #[test]
    fn alternatives_of_setup_requires_are_doubtful() {
        let found = read(
            "from setuptools import setup\nneeds = ['cffi']\nif mpi():\n  needs.append('mpi4py')\nsetup(setup_requires=needs)\n",
        );
        let texts = |found: &[Located]| -> Vec<String> {
            found.iter().map(|located| located.text.clone()).collect()
        };
        assert_eq!(texts(&found.setup_requires), ["cffi"]);
        assert_eq!(texts(&found.doubtful_requires), ["mpi4py"]);
        assert_eq!(found.unread.len(), 1);
    }

    #[test]
    fn a_keyword_that_is_false_is_no_keyword() {
        let found = read("from setuptools import setup\nsetup(use_2to3=False, zip_safe=True)\n");
        let names: Vec<_> = found.keywords.iter().map(|k| k.text.as_str()).collect();
        assert_eq!(names, ["zip_safe"]);
    }

    #[test]
    fn a_build_function_counts_unless_it_is_called() {
        assert_eq!(read("def build(kw):\n  pass\n").build_function, Some(1));
        let text = "def build():\n  pass\nif __name__ == '__main__':\n  build()\n";
        assert_eq!(read(text).build_function, None);
    }

    #[test]
    fn docstring_and_version_are_literals() {
        let read = |text: &str| {
            let situation = Situation {
                exists: &exists,
                file: "a.py",
                module_name: "a",
                command: "",
                python_minor: &|| 13,
                platform: Platform::LINUX,
            };
            let found = read_constants(text, "__version__", &situation).unwrap();
            (found.has_docstring, found.has_attribute)
        };
        assert_eq!(read("'''What it is.'''\n__version__ = '1'\n"), (true, true));
        assert_eq!(read("__version__: str = '1'\n"), (false, true));
        assert_eq!(read("from a import __version__\n"), (false, false));
        assert_eq!(read("__version__ = version('a')\n"), (false, false));
    }
}
