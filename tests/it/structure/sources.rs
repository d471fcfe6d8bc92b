//! Reads the modules of the library and the paths that each one imports or
//! names. Code under `#[cfg(test)]` is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module's path from the crate root: `["io", "source"]`.
pub type ModulePath = Vec<String>;

/// The source of one module.
pub struct Module {
    /// Path of the file, relative to the repository.
    pub file: String,
    /// Every path in the file, as written.
    paths: Vec<NamedPath>,
    /// The number of occurrences of each identifier.
    pub identifiers: BTreeMap<String, usize>,
}

/// A path as written; each path of a `use` group is one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedPath {
    segments: Vec<String>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `use ...`
    Import,
    /// `pub use ...`, with any visibility.
    ReExport,
    /// In an expression, a type or a macro.
    Plain,
}

/// All modules of the library except the crate root.
pub struct Sources {
    pub modules: BTreeMap<ModulePath, Module>,
}

pub static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Sources::read(&root.join("src"), root)
});

/// The names of the crates in `[dependencies]`, with underscores.
static DEPENDENCIES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let manifest: toml::Table = include_str!("../../../Cargo.toml").parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    dependencies
        .keys()
        .map(|key| key.replace('-', "_"))
        .collect()
});

impl Sources {
    fn read(src: &Path, root: &Path) -> Self {
        let mut files = Vec::new();
        rust_files(src, &mut files);
        let modules = files.iter().filter_map(|file| {
            let below = file.strip_prefix(src).unwrap();
            let mut path: ModulePath = below
                .with_extension("")
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            // `tests.rs` is compiled for tests only: `#[cfg(test)] mod tests;`.
            if matches!(path.last()?.as_str(), "tests" | "main" | "lib") {
                return None;
            }
            if path.last()? == "mod" {
                path.pop();
            }
            let file_name = file.strip_prefix(root).unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(file).unwrap();
            Some((path, Module::parse(file_name, &text)))
        });
        Self {
            modules: modules.collect(),
        }
    }

    /// Returns the modules that a module depends on. A re-exported name counts
    /// as a dependency on the module that defines it. A re-export alone isn't a
    /// dependency of the module that contains it.
    pub fn dependencies(&self, from: &ModulePath) -> BTreeSet<ModulePath> {
        let module = &self.modules[from];
        let is_used = |path: &&NamedPath| {
            path.kind != Kind::ReExport
                || path
                    .segments
                    .last()
                    .is_some_and(|name| module.identifiers[name] > 1)
        };
        let paths = module.paths.iter().filter(is_used);
        let targets = paths.filter_map(|path| self.resolve(from, &path.segments, 0));
        targets.filter(|target| target != from).collect()
    }

    /// Returns the paths that lead to another crate or to `std`. `io::stdin`
    /// becomes `std::io::stdin` if the module imports `std::io`.
    pub fn foreign(&self, from: &ModulePath) -> impl Iterator<Item = Vec<String>> {
        let module = &self.modules[from];
        let is_foreign =
            |first: &str| matches!(first, "std" | "core" | "alloc") || DEPENDENCIES.contains(first);
        let paths = module.paths.iter().map(|path| &path.segments);
        paths.filter_map(move |segments| {
            if is_foreign(&segments[0]) {
                return Some(segments.clone());
            }
            let imports = module.paths.iter().filter(|path| path.kind != Kind::Plain);
            let mut imports = imports.map(|path| &path.segments);
            let import = imports
                .find(|import| is_foreign(&import[0]) && import.last() == segments.first())?;
            Some([import, &segments[1..]].concat())
        })
    }

    /// Returns the module that defines what a path names; `None` if the path leads
    /// to another crate.
    fn resolve(&self, from: &ModulePath, segments: &[String], depth: usize) -> Option<ModulePath> {
        // Bounds chains of re-exports.
        if depth > 8 {
            return None;
        }
        let (mut base, rest) = self.base(from, segments, depth)?;
        let mut rest = rest.iter().peekable();
        while let Some(name) = rest.peek() {
            let child = [base.as_slice(), &[(*name).clone()]].concat();
            if !self.modules.contains_key(&child) {
                break;
            }
            base = child;
            rest.next();
        }
        let Some(item) = rest.next() else {
            return Some(base);
        };
        let module = self.modules.get(&base)?;
        let re_exports = module
            .paths
            .iter()
            .filter(|path| path.kind == Kind::ReExport);
        let mut re_exports = re_exports.filter(|path| path.segments.last() == Some(item));
        match re_exports.next() {
            Some(path) => self.resolve(&base, &path.segments, depth + 1),
            None => Some(base),
        }
    }

    /// Returns the module in which a path begins, and the rest of the path.
    fn base<'a>(
        &self,
        from: &ModulePath,
        segments: &'a [String],
        depth: usize,
    ) -> Option<(ModulePath, &'a [String])> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => Some((Vec::new(), rest)),
            "self" => Some((from.clone(), rest)),
            "super" => {
                let mut base = from.clone();
                let ups = segments.iter().take_while(|name| *name == "super").count();
                base.truncate(base.len().checked_sub(ups)?);
                Some((base, &segments[ups..]))
            }
            _ => {
                let child = [from.as_slice(), std::slice::from_ref(first)].concat();
                if self.modules.contains_key(&child) {
                    return Some((child, rest));
                }
                // The name of an imported module.
                let module = self.modules.get(from)?;
                let imports = module.paths.iter().filter(|path| path.kind == Kind::Import);
                let mut imports = imports
                    .filter(|path| path.segments.len() > 1 && path.segments.last() == Some(first));
                let import = imports.next()?;
                let base = self.resolve(from, &import.segments, depth + 1)?;
                (base.last() == Some(first)).then_some((base, rest))
            }
        }
    }
}

impl Module {
    fn parse(file: &str, text: &str) -> Self {
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut module = Self {
            file: file.to_owned(),
            paths: Vec::new(),
            identifiers: BTreeMap::new(),
        };
        module.take(tokens);
        module
    }

    fn take(&mut self, tokens: TokenStream) {
        let trees: Vec<_> = tokens.into_iter().collect();
        let mut place = 0;
        while place < trees.len() {
            match &trees[place] {
                TokenTree::Punct(punct)
                    if punct.as_char() == '#' && is_for_tests(&trees, place) =>
                {
                    place = end_of_item(&trees, place);
                    continue;
                }
                // `pub(in crate::ops)` doesn't use `ops`.
                TokenTree::Ident(ident)
                    if ident == "pub" && is_parenthesis(trees.get(place + 1)) =>
                {
                    place += 1;
                }
                TokenTree::Ident(ident) if ident == "use" => {
                    let kind = match is_public(&trees[..place]) {
                        true => Kind::ReExport,
                        false => Kind::Import,
                    };
                    place += 1;
                    self.take_tree(&trees, &mut place, &[], kind);
                    continue;
                }
                TokenTree::Ident(_) if is_path_separator(&trees, place + 1) => {
                    self.take_tree(&trees, &mut place, &[], Kind::Plain);
                    continue;
                }
                TokenTree::Ident(ident) => self.count(&ident.to_string()),
                TokenTree::Group(group) => self.take(group.stream()),
                _ => {}
            }
            place += 1;
        }
    }

    fn count(&mut self, name: &str) {
        *self.identifiers.entry(name.to_owned()).or_default() += 1;
    }

    /// Adds the paths of `a::b`, `a::{b, c::d}` or `a::*`, and sets `place` to the
    /// end of the tree.
    fn take_tree(&mut self, trees: &[TokenTree], place: &mut usize, prefix: &[String], kind: Kind) {
        let mut segments = prefix.to_owned();
        loop {
            match trees.get(*place) {
                Some(TokenTree::Ident(ident)) => {
                    self.count(&ident.to_string());
                    segments.push(ident.to_string());
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    for part in inner.split(|tree| is_punct(Some(tree), ',')) {
                        if !part.is_empty() {
                            self.take_tree(part, &mut 0, &segments, kind);
                        }
                    }
                    *place += 1;
                    return;
                }
                Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => {
                    segments.push("*".to_owned());
                }
                // A turbofish.
                _ => break,
            }
            *place += 1;
            if !is_path_separator(trees, *place) {
                break;
            }
            *place += 2;
        }
        // `a::{self}` names `a`.
        if segments.len() > prefix.len()
            && segments.last().is_some_and(|last| last == "self")
            && segments.len() > 1
        {
            segments.pop();
        }
        if !segments.is_empty() {
            self.paths.push(NamedPath { segments, kind });
        }
    }
}

fn is_punct(tree: Option<&TokenTree>, character: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_path_separator(trees: &[TokenTree], place: usize) -> bool {
    is_punct(trees.get(place), ':') && is_punct(trees.get(place + 1), ':')
}

fn is_parenthesis(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

/// Whether the tokens end with `pub` or `pub(...)`.
fn is_public(before: &[TokenTree]) -> bool {
    let mut before = before
        .iter()
        .rev()
        .skip_while(|tree| is_parenthesis(Some(tree)));
    matches!(before.next(), Some(TokenTree::Ident(ident)) if ident == "pub")
}

/// Whether `#[cfg(test)]` begins here.
fn is_for_tests(trees: &[TokenTree], place: usize) -> bool {
    let Some(TokenTree::Group(group)) = trees.get(place + 1) else {
        return false;
    };
    let text = group.stream().to_string();
    text.split_whitespace().collect::<String>() == "cfg(test)"
}

/// Returns the end of the item whose first attribute begins here.
fn end_of_item(trees: &[TokenTree], place: usize) -> usize {
    let is_end = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        tree => is_punct(Some(tree), ';'),
    };
    let length = trees[place..].iter().position(is_end);
    length.map_or(trees.len(), |length| place + length + 1)
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Returns the module's path as text, without `crate::`.
pub fn shown(path: &ModulePath) -> String {
    path.join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let modules = files.iter().map(|(path, text)| {
            let path = path.split("::").map(str::to_owned).collect();
            (path, Module::parse("x.rs", text))
        });
        Sources {
            modules: modules.collect(),
        }
    }

    fn dependencies(sources: &Sources, from: &str) -> Vec<String> {
        let from: Vec<_> = from.split("::").map(str::to_owned).collect();
        sources.dependencies(&from).iter().map(shown).collect()
    }

    #[test]
    fn each_way_to_name_a_module_is_seen() {
        let sources = sources(&[
            ("a", "pub use b::{self, B}; mod b; mod c; fn f() -> b::B {}"),
            ("a::b", "pub struct B; pub(in crate::d) fn x() {}"),
            ("a::c", "use super::B;"),
            ("d", "fn f() { g!(crate::a::c::C::new(), 1); }"),
            (
                "e",
                "use crate::{a::{b::B as X, c::*}, d};\nuse std::fs; fn f() { fs::read(); }",
            ),
            ("f", "use crate::a::c; fn f() { c::x(); }"),
            (
                "g",
                "#[cfg(test)]\nmod tests { use crate::d; }\n/// [`crate::d`]\nfn x() {}",
            ),
        ]);
        assert_eq!(dependencies(&sources, "a"), ["a::b"]);
        assert_eq!(dependencies(&sources, "a::b"), [""; 0]);
        assert_eq!(dependencies(&sources, "a::c"), ["a::b"]);
        assert_eq!(dependencies(&sources, "d"), ["a::c"]);
        assert_eq!(dependencies(&sources, "e"), ["a::b", "a::c", "d"]);
        assert_eq!(dependencies(&sources, "f"), ["a::c"]);
        assert_eq!(dependencies(&sources, "g"), [""; 0]);
        let foreign: Vec<_> = sources.foreign(&vec!["e".to_owned()]).collect();
        assert_eq!(foreign, [vec!["std", "fs"], vec!["std", "fs", "read"]]);
    }
}
