//! Lines between the marks that users want to keep.
//!
//! Where they belong is told by the syntax of the old stanza, not by its
//! layout: the set or list that they are in, by the attributes and functions
//! around it.

use std::ops::Range;

use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode, SyntaxToken};
use rowan::ast::AstNode;

use super::guard::is_conditional;
use super::lines::Lines;
use super::syntax::{head_and_arguments, last_name};
use super::{KEEP, digest as digest_of};
use crate::nix::scope::{duplicate_attribute, range_of};

/// Tells whether a line is marked to be kept.
pub(super) fn is_kept(line: &str) -> bool {
    line.trim_end().ends_with(KEEP)
}

/// Returns the lines that aren't marked to be kept.
pub(super) fn generated_lines(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter(|line| !is_kept(line))
}

/// Returns the digest of the lines to keep; empty if there are none.
pub(super) fn digest(body: &str) -> String {
    let kept = body.lines().filter(|line| is_kept(line)).map(str::trim);
    let kept: Vec<&str> = kept.collect();
    if kept.is_empty() {
        return String::new();
    }
    digest_of(kept.join("\n").as_bytes())
}

/// Inserts the kept lines of `old` into `new`: into the set or list that has the
/// same place in the syntax, next to the entries that they are next to in `old`.
/// A kept line that sets a name replaces the entry of `new` that sets it.
/// `versions` are those of the package in both.
///
/// # Errors
/// Returns the first line that fits nowhere.
pub(super) fn carry_over(old: &str, new: &str, versions: Versions) -> Result<String, String> {
    let old = Stanza::parse(&old.replace("\r\n", "\n"));
    let mut new = Stanza::parse(new);
    for piece in old.pieces()? {
        let refused = || piece.lines.first().cloned().unwrap_or_default();
        let inserted = new.insert(&piece, versions);
        new = Stanza::parse(&inserted.ok_or_else(refused)?);
        if !new.is_sound() {
            return Err(refused());
        }
    }
    Ok(new.body().to_owned())
}

/// The versions of a package in an old and a new stanza, as far as they are
/// known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Versions<'a> {
    pub old: Option<&'a str>,
    pub new: Option<&'a str>,
}

/// What is in front of a stanza that is parsed by itself.
const BRACE: &str = "{\n";

/// A stanza in a set of its own.
struct Stanza {
    text: String,
    root: SyntaxNode,
    is_nix: bool,
    lines: Lines,
}

/// Kept lines that belong together.
struct Piece {
    /// The lines, without the indentation that all of them have.
    lines: Vec<String>,
    container: Container,
    /// The entries in them.
    keys: Vec<String>,
    /// The entries before and after them, the nearest first.
    before: Vec<String>,
    after: Vec<String>,
}

/// A set, list or `let`, by its place in the syntax.
#[derive(PartialEq, Eq)]
struct Container {
    kind: SyntaxKind,
    /// From the stanza to the container.
    path: Vec<Step>,
}

/// A step into an expression that tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The value of an attribute.
    Value(String),
    /// The argument of a function.
    Argument(String),
    /// What is only used under a condition.
    Condition(String),
    /// What is only used for a version of the package.
    Version(String),
    /// What stands behind `or`.
    Default,
    /// An item of a list, or a part of a string.
    Part,
}

/// Functions that return one of their arguments, or most of it.
const TRANSPARENT: [&str; 9] = [
    "intersectAttrs",
    "throwIf",
    "throwIfNot",
    "trace",
    "traceVal",
    "seq",
    "warn",
    "warnIf",
    "warnIfNot",
];

impl Stanza {
    fn parse(body: &str) -> Self {
        let text = format!("{BRACE}{body}}}\n");
        let parsed = rnix::Root::parse(&text);
        Self {
            root: parsed.syntax(),
            is_nix: parsed.errors().is_empty(),
            lines: Lines::of(&text),
            text,
        }
    }

    fn body(&self) -> &str {
        &self.text[BRACE.len()..self.text.len() - "}\n".len()]
    }

    fn is_sound(&self) -> bool {
        self.is_nix && duplicate_attribute(&self.root).is_none()
    }

    /// Splits the kept lines into the smallest pieces that are whole entries.
    ///
    /// # Errors
    /// Returns a line that is a part of an entry.
    fn pieces(&self) -> Result<Vec<Piece>, String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            if !is_kept(lines[at]) {
                at += 1;
                continue;
            }
            let run = lines[at..].iter().take_while(|line| is_kept(line)).count();
            let piece = self.piece(at, at + run);
            let (piece, end) = piece.ok_or_else(|| lines[at].trim().to_owned())?;
            pieces.push(piece);
            at = end;
        }
        Ok(pieces)
    }

    /// Returns the first piece of the kept lines `first..end`, and the line
    /// after it.
    fn piece(&self, first: usize, end: usize) -> Option<(Piece, usize)> {
        let whole = self.line_start(first)..self.line_start(end);
        let mut tokens = self.tokens(&whole).into_iter();
        let comment = tokens.next()?;
        // Comments belong to what is below them.
        let Some(token) = self.tokens(&whole).into_iter().find(is_code) else {
            let (container, end) = (comment.parent()?, end);
            return Some((self.piece_in(&container, first..end, &[])?, end));
        };
        let element = token.parent_ancestors().take_while(|node| {
            let range = range_of(node);
            whole.start <= range.start && range.end <= whole.end
        });
        let element = element.last()?;
        let container = element.parent()?;
        let mut last = self.line_of(range_of(&element).end);
        let mut elements = vec![element.clone()];
        for sibling in element.siblings(rowan::Direction::Next).skip(1) {
            let range = range_of(&sibling);
            if self.line_of(range.start) > last {
                break;
            }
            last = last.max(self.line_of(range.end));
            elements.push(sibling);
        }
        let lines = first..last + 1;
        if lines.end > end {
            return None;
        }
        let range = self.line_start(lines.start)..self.line_start(lines.end);
        let is_whole = self
            .tokens(&range)
            .iter()
            .filter(|token| is_code(token))
            .all(|token| {
                let mut around = elements.iter();
                around.any(|element| element.text_range().contains_range(token.text_range()))
            });
        let piece = self.piece_in(&container, lines.clone(), &elements)?;
        is_whole.then_some((piece, lines.end))
    }

    fn piece_in(
        &self,
        container: &SyntaxNode,
        lines: Range<usize>,
        elements: &[SyntaxNode],
    ) -> Option<Piece> {
        let range = self.line_start(lines.start)..self.line_start(lines.end);
        let container_of = Container::of(container)?;
        let others = |is_before: bool| {
            let entries = entries_of(container).into_iter().filter(|entry| {
                let entry = range_of(entry);
                if is_before {
                    entry.end <= range.start
                } else {
                    range.end <= entry.start
                }
            });
            entries.map(|entry| key_of(&entry)).collect::<Vec<_>>()
        };
        let mut before = others(true);
        before.reverse();
        let text: Vec<&str> = self.text[range.clone()].lines().collect();
        let indentation = |line: &&str| line.len() - line.trim_start().len();
        let least = text.iter().map(indentation).min()?;
        Some(Piece {
            lines: text
                .iter()
                .map(|line| line[least..].trim_end().to_owned())
                .collect(),
            container: container_of,
            keys: elements.iter().map(key_of).collect(),
            before,
            after: others(false),
        })
    }

    /// Returns the body with a piece in it.
    fn insert(&self, piece: &Piece, versions: Versions) -> Option<String> {
        let container = self.find(piece, versions)?;
        let range = range_of(&container);
        let text = &self.text[range.clone()];
        if !text.contains('\n') && container.first_token() != container.last_token() {
            let expanded = self.expanded(&container)?;
            return expanded.insert(piece, versions);
        }
        let entries = entries_of(&container);
        let is_replaced = |entry: &&SyntaxNode| piece.keys.contains(&key_of(entry));
        if let Some(entry) = entries.iter().find(is_replaced) {
            return self.replace(entry, &piece.indented(&self.indentation(&container)));
        }
        let find = |key: &String| entries.iter().find(|entry| key_of(entry) == *key);
        let at = if let Some(entry) = piece.before.iter().find_map(find) {
            self.place_after(range_of(entry).end)?
        } else if let Some(entry) = piece.after.iter().find_map(find) {
            self.place_before(range_of(entry).start)?
        } else {
            let closing = closing_bracket(&container)?;
            self.place_before(closing)?
        };
        let indented = piece.indented(&self.indentation(&container));
        Some(self.spliced(at..at, &indented))
    }

    fn spliced(&self, range: Range<usize>, with: &str) -> String {
        let (start, end) = (range.start - BRACE.len(), range.end - BRACE.len());
        let body = self.body();
        format!("{}{with}{}", &body[..start], &body[end..])
    }

    /// Replaces an entry that has its lines to itself.
    fn replace(&self, entry: &SyntaxNode, with: &str) -> Option<String> {
        let range = range_of(entry);
        let end = self.place_after(range.end)?;
        let start = self.lines.start(range.start);
        let is_alone = self.text[start..range.start].trim().is_empty();
        is_alone.then(|| self.spliced(start..end, with))
    }

    /// Returns the beginning of the next line, if only a comment stands behind
    /// `at` on its line.
    fn place_after(&self, at: usize) -> Option<usize> {
        let next = self.lines.next(at)?;
        let rest = self.text[at..next].trim();
        (rest.is_empty() || rest.starts_with('#')).then_some(next)
    }

    /// Returns the beginning of the line of `at`, above the comments on it.
    fn place_before(&self, at: usize) -> Option<usize> {
        let mut start = self.lines.start(at);
        if !self.text[start..at].trim().is_empty() {
            return None;
        }
        while start > BRACE.len() {
            let above = self.lines.start(start - 1);
            let line = &self.text[above..start];
            if !line.trim_start().starts_with('#') || is_kept(line) {
                break;
            }
            start = above;
        }
        Some(start)
    }

    /// Puts each entry of a container on a line of its own.
    fn expanded(&self, container: &SyntaxNode) -> Option<Self> {
        let outer = self.line_indentation(range_of(container).start);
        let inner = format!("{outer}  ");
        let entries = entries_of(container).into_iter();
        let entries = entries.map(|entry| format!("{inner}{}\n", entry.text()));
        let (first, closing) = (container.first_token()?, closing_bracket(container)?);
        let opening = match first.kind() {
            SyntaxKind::TOKEN_L_BRACE | SyntaxKind::TOKEN_L_BRACK => first,
            _ => return None,
        };
        let start = usize::from(opening.text_range().end());
        let inside = format!("\n{}{outer}", entries.collect::<String>());
        let text = self.spliced(start..closing, &inside);
        Some(Self::parse(&text))
    }

    /// Returns the container for a piece: that which has the same place, or
    /// the one for the version that the piece was written for.
    fn find(&self, piece: &Piece, versions: Versions) -> Option<SyntaxNode> {
        let nodes = self.root.descendants();
        let all = nodes.filter_map(|node| Some((Container::of(&node)?, node)));
        let all: Vec<_> = all
            .filter(|(found, _)| found.kind == piece.container.kind)
            .collect();
        let near = |node: &SyntaxNode| {
            let keys: Vec<_> = entries_of(node).iter().map(key_of).collect();
            let around = piece.before.iter().chain(&piece.after);
            around.filter(|key| keys.contains(key)).count()
        };
        let mut same: Vec<_> = all
            .iter()
            .filter(|(found, _)| *found == piece.container)
            .map(|(_, node)| node)
            .collect();
        // Of several, the first that has most of the entries around the piece.
        same.sort_by_key(|node| std::cmp::Reverse(near(node)));
        if let Some(node) = same.first() {
            return Some((*node).clone());
        }
        let (path, version) = piece.container.without_version();
        let version = version.or(versions.old);
        let mut others = all.iter().filter(|(found, _)| {
            let (other, found) = found.without_version();
            other == path && (found.or(versions.new) == version || version.is_none())
        });
        let (_, node) = others.next()?;
        others.next().is_none().then(|| node.clone())
    }

    /// The indentation of the entries of a container.
    fn indentation(&self, container: &SyntaxNode) -> String {
        let begins_line = |at: usize| self.text[self.lines.start(at)..at].trim().is_empty();
        let entries = entries_of(container);
        let starts = entries.iter().map(|entry| range_of(entry).start);
        let first = starts.into_iter().find(|start| begins_line(*start));
        match first {
            Some(start) => self.line_indentation(start),
            None => format!("{}  ", self.line_indentation(range_of(container).start)),
        }
    }

    fn line_indentation(&self, at: usize) -> String {
        let line = &self.text[self.lines.start(at)..];
        line[..line.len() - line.trim_start().len()].to_owned()
    }

    /// The tokens in a range, without white space.
    fn tokens(&self, range: &Range<usize>) -> Vec<SyntaxToken> {
        let tokens = self.root.descendants_with_tokens();
        let tokens = tokens.filter_map(rnix::NodeOrToken::into_token);
        let tokens = tokens.filter(|token| {
            let start = usize::from(token.text_range().start());
            range.contains(&start) && token.kind() != SyntaxKind::TOKEN_WHITESPACE
        });
        tokens.collect()
    }

    /// The beginning of a line, counted from 0.
    fn line_start(&self, line: usize) -> usize {
        let lines = self.text.split_inclusive('\n').take(line);
        lines.map(str::len).sum()
    }

    /// The line of an offset, counted from 0.
    fn line_of(&self, at: usize) -> usize {
        self.lines.number(at) - 1
    }
}

impl Piece {
    fn indented(&self, indentation: &str) -> String {
        let lines = self.lines.iter();
        lines.flat_map(|line| [indentation, line, "\n"]).collect()
    }
}

impl Container {
    /// Returns `None` for a node that isn't a set, a list or a `let`.
    fn of(node: &SyntaxNode) -> Option<Self> {
        let is_container = matches!(
            node.kind(),
            SyntaxKind::NODE_ATTR_SET
                | SyntaxKind::NODE_LIST
                | SyntaxKind::NODE_LET_IN
                | SyntaxKind::NODE_LEGACY_LET
        );
        if !is_container {
            return None;
        }
        let mut path: Vec<_> = node
            .ancestors()
            .filter_map(|inner| step_to(&inner))
            .collect();
        path.reverse();
        Some(Self {
            kind: node.kind(),
            path,
        })
    }

    /// The path without the step of a version, and the version.
    fn without_version(&self) -> (Vec<&Step>, Option<&str>) {
        let is_version = |step: &&Step| matches!(step, Step::Version(_));
        let version = self.path.iter().find_map(|step| match step {
            Step::Version(version) => Some(version.as_str()),
            _ => None,
        });
        let path = self.path.iter().filter(|step| !is_version(step));
        (path.collect(), version)
    }
}

/// The step from its parent to a node, if it tells the node from others.
fn step_to(node: &SyntaxNode) -> Option<Step> {
    let parent = node.parent()?;
    match parent.kind() {
        SyntaxKind::NODE_ATTRPATH_VALUE => Some(Step::Value(key_of(&parent))),
        SyntaxKind::NODE_LIST | SyntaxKind::NODE_INTERPOL => Some(Step::Part),
        SyntaxKind::NODE_SELECT => {
            let select = ast::Select::cast(parent)?;
            let default = select.default_expr()?;
            (default.syntax() == node).then_some(Step::Default)
        }
        SyntaxKind::NODE_IF_ELSE => {
            let choice = ast::IfElse::cast(parent)?;
            let condition = choice.condition()?;
            if condition.syntax() == node {
                return Some(Step::Part);
            }
            let is_then = choice.body().is_some_and(|body| body.syntax() == node);
            let version = version_in(condition.syntax()).filter(|_| is_then);
            version.map(Step::Version)
        }
        SyntaxKind::NODE_APPLY => {
            let apply = ast::Apply::cast(parent)?;
            let argument = apply.argument()?;
            if argument.syntax() != node {
                return None;
            }
            let (head, arguments) = head_and_arguments(&apply);
            let name = head.as_ref().and_then(last_name).unwrap_or_default();
            if TRANSPARENT.contains(&&*name) {
                return None;
            }
            if is_conditional(&name) {
                let condition = arguments.first()?;
                return Some(Step::Condition(words_of(condition.syntax())));
            }
            Some(Step::Argument(name))
        }
        _ => None,
    }
}

/// Returns the version that a condition compares with: `X.version == "1.0"`.
fn version_in(condition: &SyntaxNode) -> Option<String> {
    let comparisons = condition.descendants().filter_map(ast::BinOp::cast);
    let mut equal = comparisons.filter(|op| op.operator() == Some(ast::BinOpKind::Equal));
    equal.find_map(|op| {
        let (left, right) = (op.lhs()?, op.rhs()?);
        let is_version = last_name(&left).as_deref() == Some("version");
        let text = right.syntax().text().to_string();
        is_version.then(|| text.trim_matches('"').to_owned())
    })
}

/// The entries of a set or `let`, or the items of a list.
fn entries_of(container: &SyntaxNode) -> Vec<SyntaxNode> {
    let is_body = |node: &SyntaxNode| {
        container.kind() == SyntaxKind::NODE_LET_IN
            && !matches!(
                node.kind(),
                SyntaxKind::NODE_ATTRPATH_VALUE | SyntaxKind::NODE_INHERIT
            )
    };
    container.children().filter(|node| !is_body(node)).collect()
}

/// What tells an entry from others: the name that it sets, or its text.
fn key_of(entry: &SyntaxNode) -> String {
    let path = ast::AttrpathValue::cast(entry.clone()).and_then(|entry| entry.attrpath());
    path.map_or_else(|| words_of(entry), |path| words_of(path.syntax()))
}

/// The tokens of a node without comments and layout.
fn words_of(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens();
    let tokens = tokens.filter_map(rnix::NodeOrToken::into_token);
    let words: Vec<_> = tokens
        .filter(is_code)
        .map(|token| token.text().to_owned())
        .collect();
    words.join(" ")
}

fn is_code(token: &SyntaxToken) -> bool {
    !matches!(
        token.kind(),
        SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT
    )
}

/// Where the bracket that closes a set or list is, or the `in` of a `let`.
fn closing_bracket(container: &SyntaxNode) -> Option<usize> {
    let tokens = container.children_with_tokens();
    let tokens = tokens.filter_map(rnix::NodeOrToken::into_token);
    let closing = tokens.filter(|token| {
        matches!(
            token.kind(),
            SyntaxKind::TOKEN_R_BRACE | SyntaxKind::TOKEN_R_BRACK | SyntaxKind::TOKEN_IN
        )
    });
    closing
        .last()
        .map(|token| token.text_range().start().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "a = f {\n  x = 1;\n  own = true; # pyhack: keep\n  y = [\n    p\n  ];\n};\n";

    fn carry(old: &str, new: &str) -> Result<String, String> {
        carry_over(old, new, Versions::default())
    }

    #[test]
    fn a_line_stays_where_it_was() {
        let new = "a = f {\n  x = 2;\n  y = [\n    p\n    q\n  ];\n};\n";
        let expected =
            "a = f {\n  x = 2;\n  own = true; # pyhack: keep\n  y = [\n    p\n    q\n  ];\n};\n";
        assert_eq!(carry(OLD, new).unwrap(), expected);
        assert_eq!(carry(expected, new).unwrap(), expected);
    }

    #[test]
    fn it_takes_the_place_of_what_it_sets() {
        let new = "a = f {\n  x = 1;\n  own = [\n    1\n  ];\n  y = [\n    p\n  ];\n};\n";
        assert_eq!(carry(OLD, new).unwrap(), OLD);
    }

    #[test]
    fn a_list_is_told_from_another() {
        let old = "a = [\n  p\n];\nb = [\n  q\n  own # pyhack: keep\n];\n";
        let new = "a = [\n  p\n];\n";
        assert_eq!(carry(old, new).unwrap_err(), "own # pyhack: keep");
        let new = "a = [\n  p\n];\nb = [\n  r\n];\n";
        let expected = "a = [\n  p\n];\nb = [\n  r\n  own # pyhack: keep\n];\n";
        assert_eq!(carry(old, new).unwrap(), expected);
        // A list on one line.
        let new = "a = [ p ];\nb = [ r (s t) ];\n";
        let expected = "a = [ p ];\nb = [\n  r\n  (s t)\n  own # pyhack: keep\n];\n";
        assert_eq!(carry(old, new).unwrap(), expected);
    }

    #[test]
    fn a_value_of_several_lines_stays_one() {
        let old = "a = 1;\nx = [ # pyhack: keep\n  1 # pyhack: keep\n]; # pyhack: keep\ny = 2; # pyhack: keep\nb = 1;\n";
        let new = "a = 2;\nb = 1;\ny = 3;\n";
        let expected = "a = 2;\nx = [ # pyhack: keep\n  1 # pyhack: keep\n]; # pyhack: keep\nb = 1;\ny = 2; # pyhack: keep\n";
        assert_eq!(carry(old, new).unwrap(), expected);
    }

    #[test]
    fn where_it_fits_nowhere_it_is_told() {
        let own = "own = true; # pyhack: keep";
        assert_eq!(carry(OLD, "b = 1;\n").unwrap_err(), own);
        // A part of an entry, and what would set a name twice.
        let part = "a =\n  [ 1 ]\n  ++ [ 2 ] # pyhack: keep\n;\n";
        assert_eq!(
            carry(part, "a = [ 1 ];\n").unwrap_err(),
            "++ [ 2 ] # pyhack: keep"
        );
        let inner = "a = 1;\nb.c = 1; # pyhack: keep\n";
        assert_eq!(
            carry(inner, "a = 1;\nb = f;\n").unwrap_err(),
            "b.c = 1; # pyhack: keep"
        );
    }

    /// What `nix-snippet` prints of a crate with OpenSSL.
    const NEW: &str = "a =
  if (prev.a.passthru.format or null) != \"wheel\" then
    (hacks.importCargoLock {
      prev = prev.a;
      cargoRoot = \"src\";
    }).overrideAttrs
      (old: {
        nativeBuildInputs =
          old.nativeBuildInputs
          ++ final.resolveBuildSystem {
            maturin = [ ];
          };
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.openssl
        ];
      })
  else
    prev.a;
";

    fn kept_in(text: &str) -> Vec<(String, usize)> {
        let lines = text.lines().enumerate().filter(|(_, line)| is_kept(line));
        lines.map(|(at, line)| (line.to_owned(), at)).collect()
    }

    #[test]
    fn the_layout_of_the_old_stanza_does_not_matter() {
        let mut expected: Option<String> = None;
        for old in [
            // By hand.
            "a = (hacks.importCargoLock {\n  prev = prev.a;\n  doUnpack = false; # pyhack: keep\n}).overrideAttrs (old: {\n  buildInputs = [\n    own # pyhack: keep\n  ];\n  FLAG = \"1\"; # pyhack: keep\n});\n",
            // As nixfmt has it.
            "a =\n  (hacks.importCargoLock {\n    prev = prev.a;\n    doUnpack = false; # pyhack: keep\n  }).overrideAttrs\n    (old: {\n      buildInputs = (old.buildInputs or [ ]) ++ [\n        own # pyhack: keep\n      ];\n      FLAG = \"1\"; # pyhack: keep\n    });\n",
            // As alejandra has it.
            "a =\n  if x\n  then\n    (hacks.importCargoLock {\n      prev = prev.a;\n      doUnpack = false; # pyhack: keep\n    })\n    .overrideAttrs\n    (old: {\n      buildInputs =\n        (old.buildInputs or [])\n        ++ [\n          own # pyhack: keep\n        ];\n      FLAG = \"1\"; # pyhack: keep\n    })\n  else null;\n",
            // With tabs, and none.
            "a = x: (hacks.importCargoLock {\nprev = prev.a;\n\tdoUnpack = false; # pyhack: keep\n}).overrideAttrs (_: let y = 1; in {\nbuildInputs = with pkgs; [\nown # pyhack: keep\n];\nFLAG = \"1\"; # pyhack: keep\n});\n",
        ] {
            let text = carry(old, NEW).unwrap();
            let expected = expected.get_or_insert_with(|| text.clone());
            assert_eq!(&text, expected, "{old}");
            let kept = kept_in(&text);
            assert_eq!(
                kept,
                [
                    ("      doUnpack = false; # pyhack: keep".to_owned(), 4),
                    ("          own # pyhack: keep".to_owned(), 15),
                    ("        FLAG = \"1\"; # pyhack: keep".to_owned(), 17),
                ],
                "{text}"
            );
        }
    }

    #[test]
    fn a_line_follows_its_version() {
        let of = |version: &str, line: &str| {
            format!(
                "if prev.a.version == \"{version}\" then\n  f {{\n    x = 1;\n{line}  }}\nelse "
            )
        };
        let two =
            |one: &str, other: &str| format!("a =\n{}{}null;\n", of("1.0", one), of("2.0", other));
        let line = "    own = 1; # pyhack: keep\n";
        for old in [two(line, ""), two("", line)] {
            assert_eq!(carry(&old, &two("", "")).unwrap(), old);
        }
        let one = "a = f {\n  x = 1;\n};\n";
        let versions = |old, new| Versions {
            old: Some(old),
            new: Some(new),
        };
        let with = "a = f {\n  x = 1;\n  own = 1; # pyhack: keep\n};\n";
        assert_eq!(
            carry_over(&two(line, ""), one, versions("1.0,2.0", "1.0")).unwrap(),
            with
        );
        assert!(carry_over(&two(line, ""), one, versions("1.0,2.0", "2.0")).is_err());
        assert_eq!(
            carry_over(with, &two("", ""), versions("2.0", "1.0,2.0")).unwrap(),
            two("", line)
        );
    }

    #[test]
    fn a_condition_stays_one() {
        let list =
            |item: &str| format!("a = [\n  p\n] ++ lib.optionals isDarwin [\n  q\n{item}];\n");
        let old = list("  own # pyhack: keep\n");
        assert_eq!(carry(&old, &list("")).unwrap(), old);
        assert!(carry(&old, "a = [\n  p\n];\n").is_err());
    }
}
