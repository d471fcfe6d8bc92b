//! Reads the requests of a `meson.build` without running Meson.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::branches::Branches;
use super::request::{Asked, Request};
use crate::project::{SourceFiles, join, join_inside};
use crate::python_build::Place;

/// Upper bound on the files that are followed.
const MAX_FILES: usize = 200;

/// Folders of a source that don't belong to its wheel.
const ASIDE: [&str; 7] = [
    "test",
    "tests",
    "doc",
    "docs",
    "examples",
    "benchmark",
    "benchmarks",
];

/// Reads the `meson.build` in `folder` and those of its subdirectories.
pub(super) fn read(files: &SourceFiles, folder: &Utf8Path, is_linux: bool) -> Vec<Request> {
    let mut reader = Reader {
        files,
        root: folder,
        is_linux,
        options: options(files, folder),
        read: Vec::new(),
        found: Vec::new(),
    };
    reader.read_folder(folder);
    reader.found
}

/// Reads the options of a project: whether each is on by default.
fn options(files: &SourceFiles, folder: &Utf8Path) -> BTreeMap<String, bool> {
    let names = ["meson_options.txt", "meson.options"];
    let texts = names.map(|name| files.text(&join(folder, name)));
    let mut found = BTreeMap::new();
    for text in texts.into_iter().filter_map(|text| text.ok().flatten()) {
        let tokens = tokens(text);
        for (at, token) in tokens.iter().enumerate() {
            if !is_call(&tokens, at, "option") {
                continue;
            }
            let call = Call::read(&tokens[at + 1..], token.line);
            let Some(name) = call.texts.first() else {
                continue;
            };
            let value = call.keywords.get("value").map(String::as_str);
            let kind = call.keywords.get("type").map(String::as_str);
            let is_on = match (kind, value) {
                (Some("feature"), value) => value == Some("enabled"),
                (_, value) => value != Some("false"),
            };
            found.insert(name.clone(), is_on);
        }
    }
    found
}

struct Reader<'a> {
    files: &'a SourceFiles,
    root: &'a Utf8Path,
    is_linux: bool,
    options: BTreeMap<String, bool>,
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
        let file = join(folder, "meson.build");
        let Ok(Some(text)) = self.files.text(&file) else {
            return;
        };
        let tokens = tokens(text);
        let mut branches = Branches::default();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let is_word = |word: &str| token.kind == Kind::Word && token.text == word;
            if is_word("if") || is_word("elif") || is_word("else") {
                let line: Vec<_> = tokens[at + 1..]
                    .iter()
                    .take_while(|token| token.kind != Kind::LineEnd)
                    .collect();
                let holds = if is_word("else") {
                    Some(true)
                } else {
                    self.holds(&line)
                };
                if is_word("if") {
                    branches.enter(holds);
                } else {
                    branches.next(holds);
                }
            } else if is_word("endif") {
                branches.leave();
            }
            if branches.may_be_taken() {
                self.token(&tokens, at, folder, branches.are_taken());
            }
            at += 1;
        }
    }

    fn token(&mut self, tokens: &[Token<'_>], at: usize, folder: &Utf8Path, is_certain: bool) {
        const CALLS: [&str; 6] = [
            "dependency",
            "find_library",
            "find_program",
            "project",
            "add_languages",
            "subdir",
        ];
        let name = tokens[at].text;
        if !CALLS.contains(&name) || !is_call(tokens, at, name) {
            return;
        }
        let call = Call::read(&tokens[at + 1..], tokens[at].line);
        let place = Place::line(&join(folder, "meson.build"), call.line);
        let Some(first) = call.texts.first().filter(|text| !text.is_empty()) else {
            return;
        };
        let is_required = is_certain && self.requires(&call);
        let asked = match name {
            // A subproject in the source is built with it.
            "dependency" if self.has_fallback(first, &call) => return,
            "dependency" => Asked::Dependency(first.clone()),
            "find_library" => Asked::Library(first.clone()),
            "find_program" => Asked::Program(first.clone()),
            "subdir" => {
                let below = join_inside(folder, first);
                if let Some(below) = below.filter(|_| !ASIDE.contains(&first.as_str())) {
                    self.read_folder(&below);
                }
                return;
            }
            _ if call.texts.iter().any(|language| language == "fortran") => {
                Asked::Program("gfortran".to_owned())
            }
            _ => return,
        };
        self.found.push(Request {
            asked,
            is_required,
            extension: None,
            place,
        });
    }

    fn requires(&self, call: &Call) -> bool {
        let Some(value) = call.keywords.get("required") else {
            return true;
        };
        if let Some(option) = value.strip_prefix("get_option ") {
            return self.options.get(option).copied().unwrap_or(true);
        }
        value != "false"
    }

    fn has_fallback(&self, name: &str, call: &Call) -> bool {
        let fallback = call.keywords.get("fallback").map(String::as_str);
        let folders = [Some(name), fallback].into_iter().flatten();
        let mut folders = folders.filter_map(|name| {
            let folder = join(self.root, "subprojects");
            join_inside(&folder, name)
        });
        folders.any(|folder| self.files.has_folder(&folder))
    }

    /// Evaluates a condition on the platform or an option; `None` for others.
    fn holds(&self, line: &[&Token<'_>]) -> Option<bool> {
        let texts: Vec<_> = line.iter().map(|token| token.text).collect();
        if texts.contains(&"and") || texts.contains(&"or") {
            return None;
        }
        let is_system = texts.contains(&"system");
        match &texts[..] {
            [.., operator @ ("==" | "!="), system] if is_system => {
                let own = if self.is_linux { "linux" } else { "darwin" };
                Some((*system == own) == (*operator == "=="))
            }
            ["get_option", "(", option, ")"] => self.options.get(*option).copied(),
            ["not", "get_option", "(", option, ")"] => {
                self.options.get(*option).map(|is_on| !is_on)
            }
            _ => None,
        }
    }
}

/// The arguments of a call.
struct Call {
    line: usize,
    /// The positional arguments that are strings.
    texts: Vec<String>,
    /// The first word or string of each keyword argument, or `get_option NAME`
    /// for the value of an option.
    keywords: BTreeMap<String, String>,
}

impl Call {
    /// Reads a call from its opening bracket.
    fn read(tokens: &[Token<'_>], line: usize) -> Self {
        let mut call = Self {
            line,
            texts: Vec::new(),
            keywords: BTreeMap::new(),
        };
        let tokens: Vec<_> = tokens
            .iter()
            .filter(|token| token.kind != Kind::LineEnd)
            .collect();
        let (mut depth, mut keyword) = (0_usize, None);
        for (at, token) in tokens.iter().enumerate() {
            let next = tokens.get(at + 1).map(|token| token.text);
            match (token.kind, token.text) {
                (Kind::Sign, "(" | "[" | "{") => depth += 1,
                (Kind::Sign, ")" | "]" | "}") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                (Kind::Sign, ",") if depth == 1 => keyword = None,
                (Kind::Word, name) if depth == 1 && next == Some(":") => {
                    keyword = Some(name.to_owned());
                }
                (Kind::Word | Kind::Text, text) => match &keyword {
                    None if token.kind == Kind::Text => call.texts.push(text.to_owned()),
                    None => {}
                    Some(keyword) => {
                        let value = call.keywords.entry(keyword.clone()).or_default();
                        if value.is_empty() {
                            text.clone_into(value);
                        } else if value == "get_option" {
                            value.push(' ');
                            value.push_str(text);
                        }
                    }
                },
                _ => {}
            }
        }
        call
    }
}

fn is_call(tokens: &[Token<'_>], at: usize, name: &str) -> bool {
    let is_name = tokens[at].kind == Kind::Word && tokens[at].text == name;
    is_name && tokens.get(at + 1).is_some_and(|next| next.text == "(")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Text,
    Sign,
    LineEnd,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    line: usize,
}

/// Splits a text into tokens. A string is one token, without its quotes.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (kind, skipped, length, after) = match first {
            '\n' => (Some(Kind::LineEnd), 0, 1, 0),
            '#' => (None, 0, rest.find('\n').unwrap_or(rest.len()), 0),
            '\'' => {
                let quotes = if rest.starts_with("'''") { "'''" } else { "'" };
                let inside = &rest[quotes.len()..];
                let end = inside.find(quotes);
                let after = end.map_or(0, |_| quotes.len());
                let length = end.unwrap_or(inside.len());
                (Some(Kind::Text), quotes.len(), length, after)
            }
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                (Some(Kind::Word), 0, end.unwrap_or(rest.len()), 0)
            }
            _ if rest.starts_with("==") || rest.starts_with("!=") => (Some(Kind::Sign), 0, 2, 0),
            c if c.is_whitespace() => (None, 0, c.len_utf8(), 0),
            c => (Some(Kind::Sign), 0, c.len_utf8(), 0),
        };
        let token = &rest[skipped..skipped + length];
        if let Some(kind) = kind {
            found.push(Token {
                kind,
                text: token,
                line,
            });
        }
        line += token.matches('\n').count();
        rest = &rest[skipped + length + after..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(files: &[(&str, &str)]) -> Vec<(Asked, bool, usize)> {
        let files = SourceFiles::example(files);
        let found = read(&files, Utf8Path::new("."), true).into_iter();
        found
            .map(|r| (r.asked, r.is_required, r.place.line.unwrap()))
            .collect()
    }

    fn dependency(name: &str) -> Asked {
        Asked::Dependency(name.to_owned())
    }

    #[test]
    fn dependencies_libraries_programs_and_languages_are_found() {
        let text = "project('x', 'c', 'fortran')\n# dependency('comment')\n\
                    cc = meson.get_compiler('c')\ncairo = dependency('cairo', version: '>= 1.15')\n\
                    z = cc.find_library('z',\n  required: false)\nswig = find_program('swig')\n";
        assert_eq!(
            asked(&[("meson.build", text)]),
            [
                (Asked::Program("gfortran".to_owned()), true, 1),
                (dependency("cairo"), true, 4),
                (Asked::Library("z".to_owned()), false, 5),
                (Asked::Program("swig".to_owned()), true, 7),
            ]
        );
    }

    #[test]
    fn options_say_what_is_required() {
        let text = "project('x', 'c')\ndependency('a', required: get_option('a'))\n\
                    dependency('b', required: get_option('b'))\n\
                    if get_option('off')\n  dependency('c')\nendif\n";
        let options = "option('a', type: 'feature', value: 'auto')\n\
                       option('b', type: 'feature', value: 'enabled')\n\
                       option('off', type: 'boolean', value: false)\n";
        assert_eq!(
            asked(&[("meson.build", text), ("meson_options.txt", options)]),
            [(dependency("a"), false, 2), (dependency("b"), true, 3)]
        );
    }

    #[test]
    fn branches_of_other_systems_are_left_out() {
        let text = "if host_machine.system() == 'windows'\n  dependency('win')\n\
                    elif host_machine.system() != 'darwin'\n  dependency('linux')\n\
                    else\n  dependency('mac')\nendif\n";
        assert_eq!(
            asked(&[("meson.build", text)]),
            [(dependency("linux"), true, 4)]
        );
    }

    #[test]
    fn subprojects_of_the_source_serve_as_fallbacks() {
        let found = asked(&[
            (
                "meson.build",
                "subdir('src')\nsubdir('tests')\ndependency('own', fallback: ['own', 'dep'])\n",
            ),
            ("src/meson.build", "dependency('a')\n"),
            ("tests/meson.build", "dependency('b')\n"),
            ("subprojects/own/meson.build", ""),
        ]);
        assert_eq!(found, [(dependency("a"), true, 1)]);
    }

    #[test]
    fn text_that_ends_early_is_read_as_far_as_it_goes() {
        assert_eq!(asked(&[("meson.build", "dependency('a")]).len(), 1);
        assert_eq!(asked(&[("meson.build", "dependency('''a")]).len(), 1);
        assert_eq!(asked(&[("meson.build", "dependency(")]), []);
    }
}
