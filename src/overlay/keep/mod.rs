//! Lines between the marks that users want to keep.
//!
//! Where they belong is told by the syntax of the old stanza, not by its
//! layout: the set or list that they are in, by the attributes and functions
//! around it.

use std::ops::Range;

use rnix::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::lines::Lines;
use super::{KEEP, digest as digest_of};
use crate::nix::scope::{duplicate_attribute, range_of};
use container::{Container, closing_bracket, entries_of, is_code, key_of};

mod container;

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
        let tokens = self.tokens(&whole);
        // Comments belong to what is below them.
        let Some(token) = tokens.iter().find(|token| is_code(token)) else {
            let container = tokens.first()?.parent()?;
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

#[cfg(test)]
mod tests;
