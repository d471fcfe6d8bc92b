//! Reads the requests of a `CMakeLists.txt` without running CMake.
//!
//! Commands are read in order. Branches of `if` are skipped if the platform, the
//! default of an option or `set` excludes them.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::branches::Branches;
use super::request::{Asked, Request};
use crate::project::{SourceFiles, join_inside};
use crate::python::module_names;
use crate::python_build::Place;

/// Upper bound on the files that are followed.
const MAX_FILES: usize = 100;

/// Upper bound on the nesting of a condition.
const MAX_DEPTH: usize = 40;

/// A command and its arguments.
#[derive(Debug, PartialEq, Eq)]
struct Command {
    name: String,
    arguments: Vec<String>,
    line: usize,
}

/// Reads the `CMakeLists.txt` in `folder` and in the subdirectories that it adds.
///
/// `defines` are the variables from `tool.scikit-build.cmake.define`.
pub(super) fn read(
    files: &SourceFiles,
    folder: &Utf8Path,
    defines: &BTreeMap<String, String>,
    is_linux: bool,
) -> Vec<Request> {
    let mut reader = Reader {
        files,
        is_linux,
        variables: defines.clone(),
        fixed: defines.keys().cloned().collect(),
        read: Vec::new(),
        found: Vec::new(),
    };
    reader.read_folder(folder);
    reader.found
}

struct Reader<'a> {
    files: &'a SourceFiles,
    is_linux: bool,
    variables: BTreeMap<String, String>,
    /// The names of `defines`, which `option` doesn't override.
    fixed: Vec<String>,
    /// The folders that were read.
    read: Vec<Utf8PathBuf>,
    found: Vec<Request>,
}

impl Reader<'_> {
    fn read_folder(&mut self, folder: &Utf8Path) {
        if self.read.len() >= MAX_FILES || self.read.iter().any(|read| read == folder) {
            return;
        }
        self.read.push(folder.to_owned());
        let Some(file) = join_inside(folder, "CMakeLists.txt") else {
            return;
        };
        let Ok(Some(text)) = self.files.text(&file) else {
            return;
        };
        let mut branches = Branches::default();
        for command in commands(text) {
            match command.name.as_str() {
                "if" => branches.enter(self.holds(&command.arguments)),
                "elseif" => branches.next(self.holds(&command.arguments)),
                "else" => branches.next(Some(true)),
                "endif" => branches.leave(),
                _ if branches.may_be_taken() => {
                    self.command(&command, folder, &file, branches.are_taken());
                }
                _ => {}
            }
        }
    }

    fn command(&mut self, command: &Command, folder: &Utf8Path, file: &Utf8Path, certain: bool) {
        let arguments: Vec<_> = command.arguments.iter().map(String::as_str).collect();
        let is_required = arguments.contains(&"REQUIRED") && certain;
        let place = Place::line(file, command.line);
        let mut ask = |asked| {
            self.found.push(Request {
                asked,
                is_required,
                extension: None,
                place: place.clone(),
            });
        };
        match (command.name.as_str(), &arguments[..]) {
            ("cmake_minimum_required", [_, version, ..]) if is_gone(version) => {
                ask(Asked::OldCmake((*version).to_owned()));
            }
            ("fetchcontent_declare" | "externalproject_add", words)
                if certain
                    && words
                        .iter()
                        .any(|word| matches!(*word, "URL" | "GIT_REPOSITORY")) =>
            {
                ask(Asked::Download(command.name.clone()));
            }
            ("find_package", [name, ..]) => ask(Asked::Dependency((*name).to_owned())),
            ("pkg_check_modules" | "pkg_search_module", [_, rest @ ..]) => {
                let words = rest.iter().filter(|word| !is_keyword(word));
                for module in words.flat_map(|word| module_names(word)) {
                    ask(Asked::Module(module));
                }
            }
            ("find_library", [_, rest @ ..]) => {
                // CMake links the first library that it finds.
                let mut names = rest.iter().filter(|word| !is_keyword(word));
                if let Some(name) = names.next() {
                    ask(Asked::Library((*name).to_owned()));
                }
            }
            ("find_program", [_, rest @ ..]) => {
                let mut names = rest.iter().filter(|word| !is_keyword(word));
                if let Some(name) = names.next() {
                    ask(Asked::Program((*name).to_owned()));
                }
            }
            ("project" | "enable_language", words) if words.contains(&"Fortran") => {
                self.found.push(Request {
                    asked: Asked::Program("gfortran".to_owned()),
                    is_required: certain,
                    extension: None,
                    place,
                });
            }
            ("add_subdirectory", [name, ..]) => {
                let name = name.replace("${CMAKE_CURRENT_SOURCE_DIR}", ".");
                if let Some(folder) = join_inside(folder, &name) {
                    self.read_folder(&folder);
                }
            }
            ("option", [name, _, rest @ ..]) => {
                let value = rest.first().copied().unwrap_or("OFF");
                self.set(name, value, certain);
            }
            ("set", [name, value, ..]) => self.set(name, value, certain),
            _ => {}
        }
    }

    fn set(&mut self, name: &str, value: &str, is_certain: bool) {
        if self.fixed.iter().any(|fixed| fixed == name) {
            return;
        }
        if !is_certain || value.contains("${") {
            self.variables.remove(name);
        } else {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Evaluates a condition; `None` if it can't be evaluated.
    fn holds(&self, words: &[String]) -> Option<bool> {
        let mut words: &[String] = words;
        let value = self.any(&mut words, 0);
        if words.is_empty() { value } else { None }
    }

    fn any(&self, words: &mut &[String], depth: usize) -> Option<bool> {
        let mut value = self.all(words, depth);
        while take(words, "OR") {
            let other = self.all(words, depth);
            value = match (value, other) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        value
    }

    fn all(&self, words: &mut &[String], depth: usize) -> Option<bool> {
        let mut value = self.one(words, depth);
        while take(words, "AND") {
            let other = self.one(words, depth);
            value = match (value, other) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        value
    }

    fn one(&self, words: &mut &[String], depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            *words = &[];
            return None;
        }
        if take(words, "NOT") {
            return self.one(words, depth + 1).map(|value| !value);
        }
        if take(words, "(") {
            let value = self.any(words, depth + 1);
            take(words, ")");
            return value;
        }
        let (word, rest) = words.split_first()?;
        *words = rest;
        let [operator, right, rest @ ..] = rest else {
            return self.word(word);
        };
        match operator.as_str() {
            "STREQUAL" | "MATCHES" => {
                *words = rest;
                let is_system = word.trim_matches(['$', '{', '}']) == "CMAKE_SYSTEM_NAME";
                let system = if self.is_linux { "Linux" } else { "Darwin" };
                is_system.then(|| system == right)
            }
            "AND" | "OR" | ")" => self.word(word),
            // An operator that isn't supported, such as `DEFINED X`: skip its
            // operand.
            _ if matches!(
                word.as_str(),
                "DEFINED" | "EXISTS" | "TARGET" | "COMMAND" | "POLICY"
            ) =>
            {
                *words = &words[1..];
                None
            }
            _ => {
                *words = rest;
                None
            }
        }
    }

    fn word(&self, word: &str) -> Option<bool> {
        match word {
            "WIN32" | "MSVC" | "MINGW" | "CYGWIN" | "MSYS" | "ANDROID" | "IOS" | "EMSCRIPTEN"
            | "WINDOWS" => Some(false),
            "UNIX" => Some(true),
            "APPLE" => Some(!self.is_linux),
            "LINUX" => Some(self.is_linux),
            _ => truth(word).or_else(|| truth(self.variables.get(word)?)),
        }
    }
}

/// Tells whether CMake 4 rejects the argument of `cmake_minimum_required`: a
/// version below 3.5, or a range that ends below it.
fn is_gone(version: &str) -> bool {
    let version = version.rsplit("...").next().unwrap_or(version);
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) < (3, 5),
        _ => false,
    }
}

fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_uppercase().as_str() {
        "1" | "ON" | "TRUE" | "YES" | "Y" => Some(true),
        "0" | "OFF" | "FALSE" | "NO" | "N" | "IGNORE" | "NOTFOUND" | "" => Some(false),
        _ => None,
    }
}

fn take(words: &mut &[String], word: &str) -> bool {
    match words.split_first() {
        Some((first, rest)) if first == word => {
            *words = rest;
            true
        }
        _ => false,
    }
}

/// Tells whether a word is a keyword of the command instead of a name.
fn is_keyword(word: &str) -> bool {
    word.contains('$')
        || matches!(
            word,
            "REQUIRED"
                | "QUIET"
                | "IMPORTED_TARGET"
                | "GLOBAL"
                | "NO_CMAKE_PATH"
                | "NAMES"
                | "NO_CMAKE_ENVIRONMENT_PATH"
        )
}

/// Splits a text into commands.
fn commands(text: &str) -> Vec<Command> {
    let mut lexer = Lexer {
        rest: text,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some(token) = lexer.next() {
        let (Token::Word(name), line) = (token, lexer.line) else {
            continue;
        };
        if !lexer.rest.trim_start_matches([' ', '\t']).starts_with('(') {
            continue;
        }
        lexer.next();
        let (mut arguments, mut depth) = (Vec::new(), 1);
        while let Some(token) = lexer.next() {
            match token {
                Token::Open => depth += 1,
                Token::Close => depth -= 1,
                Token::Word(_) | Token::Quoted(_) => {}
            }
            match token {
                _ if depth == 0 => break,
                Token::Open => arguments.push("(".to_owned()),
                Token::Close => arguments.push(")".to_owned()),
                Token::Quoted(text) => arguments.push(text.to_owned()),
                Token::Word(word) => {
                    let words = word.split(';').filter(|word| !word.is_empty());
                    arguments.extend(words.map(str::to_owned));
                }
            }
        }
        found.push(Command {
            name: name.to_ascii_lowercase(),
            arguments,
            line,
        });
    }
    found
}

enum Token<'a> {
    Open,
    Close,
    Quoted(&'a str),
    Word(&'a str),
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let trimmed = self.rest.trim_start();
            self.take(self.rest.len() - trimmed.len());
            match self.rest.chars().next()? {
                '#' => self.skip_comment(),
                '(' => {
                    self.take(1);
                    return Some(Token::Open);
                }
                ')' => {
                    self.take(1);
                    return Some(Token::Close);
                }
                '"' => {
                    let end = quoted_end(&self.rest[1..]);
                    let text = &self.rest[1..=end];
                    self.take((end + 2).min(self.rest.len()));
                    return Some(Token::Quoted(text));
                }
                _ => {
                    if let Some(text) = self.bracketed() {
                        return Some(Token::Quoted(text));
                    }
                    let end = self
                        .rest
                        .find(|c: char| c.is_whitespace() || "()#\"".contains(c));
                    let end = end.unwrap_or(self.rest.len());
                    return Some(Token::Word(self.take(end)));
                }
            }
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// Skips a line comment or a bracket comment.
    fn skip_comment(&mut self) {
        self.take(1);
        if self.bracketed().is_none() {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.take(end);
        }
    }

    /// Reads a bracket argument: `[==[text]==]`.
    fn bracketed(&mut self) -> Option<&'a str> {
        let inside = self.rest.strip_prefix('[')?;
        let level = inside.len() - inside.trim_start_matches('=').len();
        let inside = inside[level..].strip_prefix('[')?;
        let close = format!("]{}]", "=".repeat(level));
        let length = inside.find(&close)?;
        self.take(2 * (level + 2) + length);
        Some(&inside[..length])
    }
}

/// Returns the length of a quoted argument up to the closing quote.
fn quoted_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' if !is_escaped => return at,
            '\\' if !is_escaped => is_escaped = true,
            _ => is_escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(files: &[(&str, &str)]) -> Vec<(Asked, bool, usize)> {
        let files = SourceFiles::example(files);
        let found = read(&files, Utf8Path::new("."), &BTreeMap::new(), true);
        let found = found.into_iter();
        found
            .map(|r| (r.asked, r.is_required, r.place.line.unwrap()))
            .collect()
    }

    fn dependency(name: &str) -> Asked {
        Asked::Dependency(name.to_owned())
    }

    #[test]
    fn packages_and_modules_are_found_with_their_lines() {
        let text = "# find_package(Comment REQUIRED)\n#[[ find_package(Other) ]]\n\
                    project(x LANGUAGES C Fortran)\nfind_package(ZLIB 1.2 REQUIRED)\n\
                    pkg_check_modules(GTK REQUIRED\n  gtk+-3.0>=3.2 cairo)\nfind_program(TOOL NAMES nasm)\n";
        let module = |name: &str| Asked::Module(name.to_owned());
        let program = |name: &str| Asked::Program(name.to_owned());
        assert_eq!(
            asked(&[("CMakeLists.txt", text)]),
            [
                (program("gfortran"), true, 3),
                (dependency("ZLIB"), true, 4),
                (module("gtk+-3.0"), true, 5),
                (module("cairo"), true, 5),
                (program("nasm"), false, 7),
            ]
        );
    }

    #[test]
    fn options_and_platforms_decide_branches() {
        let text = "option(WITH_A \"a\" ON)\noption(WITH_B \"b\")\n\
                    if(WIN32)\nfind_package(Win REQUIRED)\nelseif(APPLE OR (NOT UNIX))\nfind_package(Mac REQUIRED)\n\
                    else()\nfind_package(Linux REQUIRED)\nendif()\n\
                    if(WITH_A AND NOT WITH_B)\nfind_package(A REQUIRED)\nelse()\nfind_package(B REQUIRED)\nendif()\n\
                    if(SOMETHING)\nfind_package(C REQUIRED)\nendif()\n";
        assert_eq!(
            asked(&[("CMakeLists.txt", text)]),
            [
                (dependency("Linux"), true, 8),
                (dependency("A"), true, 11),
                (dependency("C"), false, 16),
            ]
        );
    }

    #[test]
    fn rules_that_cmake_4_has_no_longer_are_found() {
        let text = |version: &str| format!("cmake_minimum_required(VERSION {version})\n");
        let found = |version: &str| asked(&[("CMakeLists.txt", &text(version))]);
        let old = Asked::OldCmake("2.8.12".to_owned());
        assert_eq!(found("2.8.12"), [(old, false, 1)]);
        assert_eq!(found("3.4...3.20"), []);
        assert_eq!(found("3.15"), []);
    }

    #[test]
    fn subdirectories_are_followed_once_and_never_out_of_the_source() {
        let found = asked(&[
            (
                "CMakeLists.txt",
                "add_subdirectory(a)\nadd_subdirectory(../b)\n",
            ),
            (
                "a/CMakeLists.txt",
                "find_package(A REQUIRED)\nadd_subdirectory(..)\n",
            ),
        ]);
        assert_eq!(found, [(dependency("A"), true, 1)]);
    }

    #[test]
    fn text_that_ends_early_is_read_as_far_as_it_goes() {
        assert_eq!(asked(&[("CMakeLists.txt", "find_package(\"A")]).len(), 1);
        assert_eq!(asked(&[("CMakeLists.txt", "if((((")]), []);
        let deep = format!("if({}X)\nfind_package(A)\nendif()\n", "NOT ".repeat(5000));
        assert_eq!(asked(&[("CMakeLists.txt", &deep)]).len(), 1);
    }
}
