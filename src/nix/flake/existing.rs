//! Facts about an existing flake, read from its syntax tree.

use rnix::ast::{self, Attr, Entry, Expr, HasEntry, InterpolPart};
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode as _;

use super::input::FlakeInput;
use crate::nix::ident::is_identifier;
use crate::nix::parse::parse;

/// A flake that exists already.
#[derive(Debug, Clone, Default)]
pub struct ExistingFlake {
    inputs: Vec<NamedInput>,
    /// Whether the flake makes a package set with uv2nix.
    pub has_set: bool,
    /// The relative paths in the text.
    paths: Vec<String>,
}

#[derive(Debug, Clone)]
struct NamedInput {
    name: String,
    url: Option<String>,
}

impl ExistingFlake {
    /// Returns `None` if the text is not a Nix attribute set.
    pub fn read(text: &str) -> Option<Self> {
        let root = parse(text)?;
        let Expr::AttrSet(set) = root.expr()? else {
            return None;
        };
        let mut inputs: Vec<NamedInput> = Vec::new();
        for attribute in flatten(&set, 3) {
            let [first, name, rest @ ..] = &attribute.path[..] else {
                continue;
            };
            if first != "inputs" {
                continue;
            }
            let is_url = *rest == ["url"];
            let url = string_value(&attribute.value).filter(|_| is_url);
            match inputs.iter_mut().find(|known| known.name == *name) {
                Some(known) => known.url = known.url.take().or(url),
                None => inputs.push(NamedInput {
                    name: name.clone(),
                    url,
                }),
            }
        }
        let mut tokens = root
            .syntax()
            .descendants_with_tokens()
            .filter_map(rnix::NodeOrToken::into_token);
        let paths = root
            .syntax()
            .descendants()
            .filter_map(|node| relative_path(&node));
        Some(Self {
            inputs,
            has_set: tokens.any(|token| token.text() == "mkPyprojectOverlay"),
            paths: paths.collect(),
        })
    }

    /// Returns the flake's name of an input: the usual name if an input has it,
    /// else the name of an input with the same repository.
    pub fn input_name(&self, input: FlakeInput) -> Option<&str> {
        let by_name = self.inputs.iter().find(|known| known.name == input.name());
        let by_url = || {
            self.inputs
                .iter()
                .find(|known| known.url.as_deref().is_some_and(|url| input.is_at(url)))
        };
        by_name.or_else(by_url).map(|known| known.name.as_str())
    }

    /// The variable for an input in the arguments of `outputs`.
    pub(super) fn variable(&self, input: FlakeInput) -> String {
        let name = self.input_name(input).filter(|name| is_identifier(name));
        name.unwrap_or(input.name()).to_owned()
    }

    /// Returns whether the text mentions the path of a file in or below the
    /// flake's folder.
    pub fn mentions_path(&self, file: &str) -> bool {
        self.paths.iter().any(|path| path == file)
    }
}

struct Attribute {
    path: Vec<String>,
    value: Expr,
}

/// Returns the attributes of a set and, down to `depth` levels, of nested sets.
fn flatten(set: &ast::AttrSet, depth: usize) -> Vec<Attribute> {
    let mut found = Vec::new();
    for entry in set.entries() {
        let Entry::AttrpathValue(entry) = entry else {
            continue;
        };
        let path: Option<Option<Vec<String>>> = entry
            .attrpath()
            .map(|path| path.attrs().map(attribute_name).collect());
        let (Some(Some(path)), Some(value)) = (path, entry.value()) else {
            continue;
        };
        if let Expr::AttrSet(inner) = &value
            && depth > 1
        {
            found.extend(
                flatten(inner, depth - 1)
                    .into_iter()
                    .map(|inner| Attribute {
                        path: [&path[..], &inner.path].concat(),
                        value: inner.value,
                    }),
            );
        }
        found.push(Attribute { path, value });
    }
    found
}

fn attribute_name(attr: Attr) -> Option<String> {
    match attr {
        Attr::Ident(ident) => Some(ident.syntax().text().to_string()),
        Attr::Str(string) => literal(&string),
        Attr::Dynamic(_) => None,
    }
}

fn string_value(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Str(string) => literal(string),
        _ => None,
    }
}

/// Returns the value of a string that has no interpolations.
fn literal(string: &ast::Str) -> Option<String> {
    match &string.normalized_parts()[..] {
        [] => Some(String::new()),
        [InterpolPart::Literal(text)] => Some(text.clone()),
        _ => None,
    }
}

/// `overlay.nix` for `./overlay.nix`.
fn relative_path(node: &SyntaxNode) -> Option<String> {
    if node.kind() != SyntaxKind::NODE_PATH_REL {
        return None;
    }
    let text = node.text().to_string();
    Some(text.strip_prefix("./").unwrap_or(&text).to_owned())
}
