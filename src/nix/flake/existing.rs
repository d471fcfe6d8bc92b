//! What a flake has that is there already: facts from its syntax.

use rnix::ast::{self, Attr, Entry, Expr, HasEntry, InterpolPart, Param};
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode as _;

use super::{ImportedOverlay, SCOPE};
use crate::nix::parse::is_too_deep;
use crate::nix::print::is_identifier;

/// The inputs that an overlay of ours needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// nixpkgs
    Nixpkgs,
    /// pyproject.nix
    PyprojectNix,
    /// uv2nix
    Uv2nix,
    /// build-system-pkgs
    BuildSystems,
}

impl Input {
    /// All of them, each behind those that it follows.
    pub const ALL: [Self; 4] = [
        Self::Nixpkgs,
        Self::PyprojectNix,
        Self::Uv2nix,
        Self::BuildSystems,
    ];

    /// What it is called, unless a flake calls it otherwise.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nixpkgs => "nixpkgs",
            Self::PyprojectNix => "pyproject-nix",
            Self::Uv2nix => "uv2nix",
            Self::BuildSystems => "pyproject-build-systems",
        }
    }

    /// Where it is from.
    #[must_use]
    pub const fn url(self) -> &'static str {
        match self {
            Self::Nixpkgs => "github:NixOS/nixpkgs/nixos-unstable",
            Self::PyprojectNix => "github:pyproject-nix/pyproject.nix",
            Self::Uv2nix => "github:pyproject-nix/uv2nix",
            Self::BuildSystems => "github:pyproject-nix/build-system-pkgs",
        }
    }

    /// The name of its repository.
    const fn repository(self) -> &'static str {
        match self {
            Self::Nixpkgs => "nixpkgs",
            Self::PyprojectNix => "pyproject.nix",
            Self::Uv2nix => "uv2nix",
            Self::BuildSystems => "build-system-pkgs",
        }
    }

    /// The others of its inputs that are to be the same as the flake's.
    pub(super) const fn follows(self) -> &'static [Self] {
        match self {
            Self::Nixpkgs => &[],
            Self::PyprojectNix => &[Self::Nixpkgs],
            Self::Uv2nix => &[Self::Nixpkgs, Self::PyprojectNix],
            Self::BuildSystems => &[Self::Nixpkgs, Self::PyprojectNix, Self::Uv2nix],
        }
    }

    /// Whether an address is of its repository, or a fork of it.
    fn is_at(self, url: &str) -> bool {
        let parts = url.split(['/', ':', '?', '#']);
        let mut parts = parts.map(|part| part.trim_end_matches(".git").to_lowercase());
        parts.any(|part| part == self.repository())
    }
}

/// A flake that is there already.
#[derive(Debug, Clone, Default)]
pub struct ExistingFlake {
    /// The names and addresses of its inputs.
    inputs: Vec<(String, Option<String>)>,
    /// Whether it makes a package set of uv2nix.
    pub has_set: bool,
    /// The paths that stand in it.
    paths: Vec<String>,
}

impl ExistingFlake {
    /// Reads a flake; nothing where it is no Nix.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let root = parsed(text)?;
        let Expr::AttrSet(set) = root.expr()? else {
            return None;
        };
        let mut inputs: Vec<(String, Option<String>)> = Vec::new();
        for (path, value) in flattened(&set, 3) {
            let [first, name, rest @ ..] = &path[..] else {
                continue;
            };
            if first != "inputs" {
                continue;
            }
            let url = if *rest == ["url"] {
                text_of(&value)
            } else {
                None
            };
            match inputs.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = known.take().or(url),
                None => inputs.push((name.clone(), url)),
            }
        }
        let tokens = root.syntax().descendants_with_tokens();
        let mut tokens = tokens.filter_map(rnix::NodeOrToken::into_token);
        Some(Self {
            inputs,
            has_set: tokens.any(|token| token.text() == "mkPyprojectOverlay"),
            paths: root
                .syntax()
                .descendants()
                .filter_map(|node| path(&node))
                .collect(),
        })
    }

    /// What an input is called, if it is there: by its usual name, else by its
    /// address.
    #[must_use]
    pub fn input(&self, input: Input) -> Option<&str> {
        let named = self.inputs.iter().find(|(name, _)| name == input.name());
        let is_at = |url: &Option<String>| url.as_deref().is_some_and(|url| input.is_at(url));
        let by_address = || self.inputs.iter().find(|(_, url)| is_at(url));
        named.or_else(by_address).map(|(name, _)| name.as_str())
    }

    /// The variable that has an input.
    pub(super) fn variable(&self, input: Input) -> String {
        let name = self.input(input).filter(|name| is_identifier(name));
        name.unwrap_or(input.name()).to_owned()
    }

    /// Whether the path of a file below its folder stands in it.
    #[must_use]
    pub fn names(&self, file: &str) -> bool {
        self.paths.iter().any(|path| path == file)
    }
}

impl ImportedOverlay {
    /// An overlay as `init` and `--write` begin it.
    #[must_use]
    pub fn of_ours(path: String) -> Self {
        let takes = SCOPE.to_vec();
        Self { path, takes }
    }

    /// An overlay that is there, with what it takes by its first line.
    #[must_use]
    pub fn of_text(path: String, text: &str) -> Self {
        let lambda = parsed(text).and_then(|root| match root.expr()? {
            Expr::Lambda(lambda) => lambda.param(),
            _ => None,
        });
        let takes = match lambda {
            Some(Param::IdentParam(_)) => Vec::new(),
            Some(Param::Pattern(pattern)) if pattern.ellipsis_token().is_none() => {
                let entries = pattern.pat_entries();
                let names =
                    entries.filter_map(|entry| Some(entry.ident()?.syntax().text().to_string()));
                let names: Vec<_> = names.collect();
                let takes = SCOPE.into_iter();
                takes
                    .filter(|name| names.iter().any(|n| n == name))
                    .collect()
            }
            _ => return Self::of_ours(path),
        };
        Self { path, takes }
    }
}

fn parsed(text: &str) -> Option<ast::Root> {
    if is_too_deep(text) {
        return None;
    }
    let parsed = rnix::Root::parse(text);
    parsed.errors().is_empty().then(|| parsed.tree())
}

/// The attributes of a set and of those in it, `depth` levels of them, with
/// their paths.
fn flattened(set: &ast::AttrSet, depth: usize) -> Vec<(Vec<String>, Expr)> {
    let mut found = Vec::new();
    for entry in set.entries() {
        let Entry::AttrpathValue(entry) = entry else {
            continue;
        };
        let names = entry
            .attrpath()
            .map(|path| path.attrs().map(name).collect());
        let (Some(Some(path)), Some(value)) = (names, entry.value()) else {
            continue;
        };
        let path: Vec<String> = path;
        match &value {
            Expr::AttrSet(inner) if depth > 1 => {
                for (rest, value) in flattened(inner, depth - 1) {
                    found.push(([&path[..], &rest].concat(), value));
                }
                found.push((path, value.clone()));
            }
            _ => found.push((path, value)),
        }
    }
    found
}

fn name(attr: Attr) -> Option<String> {
    match attr {
        Attr::Ident(ident) => Some(ident.syntax().text().to_string()),
        Attr::Str(string) => plain(&string),
        Attr::Dynamic(_) => None,
    }
}

/// The value of a string with nothing else in it.
fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Str(string) => plain(string),
        _ => None,
    }
}

fn plain(string: &ast::Str) -> Option<String> {
    match &string.normalized_parts()[..] {
        [] => Some(String::new()),
        [InterpolPart::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// `overlay.nix` for `./overlay.nix`.
fn path(node: &SyntaxNode) -> Option<String> {
    if node.kind() != SyntaxKind::NODE_PATH_REL {
        return None;
    }
    let text = node.text().to_string();
    Some(text.strip_prefix("./").unwrap_or(&text).to_owned())
}
