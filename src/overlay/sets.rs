//! The attribute sets of a file that contain stanzas, and the one that new
//! stanzas go into.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode, SyntaxToken};
use rowan::ast::AstNode;

use super::Block;
use super::guard::{condition_around, guard_of};
use super::names::Surroundings;
use super::overlays::{NoPlace, overlay_set};
use crate::nix::Guard;

/// Spaces of one level of indentation.
const STEP: usize = 2;

/// What edits need to know of a file's sets.
#[derive(Debug)]
pub(super) struct Sets {
    /// The line break that the file uses.
    pub newline: &'static str,
    /// The place for new stanzas, or what the file has instead of one.
    pub insertion: Result<Insertion, NoPlace>,
    /// By where they begin.
    by_start: HashMap<usize, AttrSet>,
}

/// The place for new stanzas: the end of a set.
#[derive(Debug)]
pub(super) struct Insertion {
    /// Where the set begins.
    pub set: usize,
    /// The text that is replaced: nothing, or spaces before the closing brace.
    pub range: Range<usize>,
    /// Spaces before each line of a new stanza.
    pub indentation: usize,
    /// What goes before the first new stanza.
    pub before: &'static str,
    /// What goes after the last new stanza.
    pub after: String,
    /// What handles packages that the package set lacks.
    pub guard: Guard,
}

/// An attribute set, or the bindings of a `let`.
#[derive(Debug)]
pub(super) struct AttrSet {
    /// What is between its brackets or keywords.
    pub inside: Range<usize>,
    /// What is in scope between its entries.
    pub surroundings: Surroundings,
    /// The entries that set a name, or something in it.
    entries: BTreeMap<String, Vec<Range<usize>>>,
}

impl Sets {
    pub(super) fn find(root: &SyntaxNode, text: &str, blocks: &[Block]) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let own: Vec<_> = blocks.iter().map(|block| block.range.clone()).collect();
        let mut by_start = HashMap::new();
        let mut nodes: Vec<SyntaxNode> = Vec::new();
        for block in blocks {
            if by_start.contains_key(&block.set) {
                continue;
            }
            if let Some(node) = node_around(root, block) {
                by_start.insert(block.set, AttrSet::of(&node, &own));
                nodes.push(node);
            }
        }
        let place = match &nodes[..] {
            // The user chose the set of the other stanzas.
            [set] if condition_around(set).is_none() => Ok(set.clone()),
            [_, _, ..] => Err(NoPlace::several(&nodes, text)),
            _ => overlay_set(root, text),
        };
        let insertion = place.and_then(|set| {
            if set.kind() != SyntaxKind::NODE_ATTR_SET {
                return Err(NoPlace::None);
            }
            let start = start_of(&set);
            by_start
                .entry(start)
                .or_insert_with(|| AttrSet::of(&set, &own));
            let mut blocks = blocks.iter().filter(|block| block.set == start);
            let marks = blocks.next().map(|block| block.indentation);
            Ok(Insertion::into_set(&set, text, newline, marks))
        });
        Self {
            newline,
            insertion,
            by_start,
        }
    }

    /// The set that begins at an offset, if it contains stanzas or new ones go
    /// into it.
    pub(super) fn get(&self, start: usize) -> Option<&AttrSet> {
        self.by_start.get(&start)
    }
}

impl Insertion {
    /// `marks` is the indentation of the first marks in the set, which counts
    /// if they are all that is in it.
    fn into_set(set: &SyntaxNode, text: &str, newline: &'static str, marks: Option<usize>) -> Self {
        let brace = set
            .last_token()
            .map_or(0, |brace| brace.text_range().start().into());
        let line = line_start(text, brace);
        let has_own_line = text[line..brace].trim().is_empty();
        let outer = if has_own_line {
            brace - line
        } else {
            count_spaces(&text[line_start(text, start_of(set))..])
        };
        let indentation = match set.children().next() {
            Some(entry) => entry_indentation(&entry, text),
            None => marks,
        };
        let indentation = indentation.unwrap_or(outer + STEP);
        let (range, before, after) = if has_own_line {
            // Stanzas are separated by blank lines.
            let above = text[..line].trim_end_matches(' ');
            let is_first = above.trim_end().ends_with('{');
            let has_gap = above.ends_with("\n\n") || above.ends_with("\r\n\r\n");
            let before = if is_first || has_gap { "" } else { newline };
            (line..line, before, String::new())
        } else {
            let gap = text[..brace].trim_end_matches([' ', '\t']).len();
            (gap..brace, newline, " ".repeat(outer))
        };
        Self {
            set: start_of(set),
            range,
            indentation,
            before,
            after,
            guard: guard_of(set),
        }
    }
}

impl AttrSet {
    fn of(node: &SyntaxNode, own: &[Range<usize>]) -> Self {
        let mut entries: BTreeMap<String, Vec<Range<usize>>> = BTreeMap::new();
        for entry in node.children() {
            let range = entry.text_range();
            for name in names_set_by(entry) {
                let range = range.start().into()..range.end().into();
                entries.entry(name).or_default().push(range);
            }
        }
        Self {
            inside: inside(node),
            surroundings: Surroundings::of(node, own),
            entries,
        }
    }

    /// Returns the first entry that sets a name, except for those that begin
    /// in `own`.
    pub(super) fn other_entry(&self, name: &str, own: &Range<usize>) -> Option<Range<usize>> {
        let mut entries = self.entries.get(name)?.iter();
        let entry = entries.find(|entry| !own.contains(&entry.start));
        entry.cloned()
    }
}

/// The set that a stanza is in.
fn node_around(root: &SyntaxNode, block: &Block) -> Option<SyntaxNode> {
    let mark = u32::try_from(block.range.start + block.indentation).ok()?;
    let token = root.token_at_offset(mark.into()).right_biased()?;
    token.parent()
}

/// The part of a set that its entries are in: `rec { ... }`, `let ... in`,
/// `let { ... }`.
fn inside(set: &SyntaxNode) -> Range<usize> {
    let tokens = set.children_with_tokens();
    let tokens: Vec<SyntaxToken> = tokens.filter_map(rnix::NodeOrToken::into_token).collect();
    let is_let_in = set.kind() == SyntaxKind::NODE_LET_IN;
    let (opening, closing) = if is_let_in {
        (SyntaxKind::TOKEN_LET, SyntaxKind::TOKEN_IN)
    } else {
        (SyntaxKind::TOKEN_L_BRACE, SyntaxKind::TOKEN_R_BRACE)
    };
    let find = |kind| tokens.iter().find(|token| token.kind() == kind);
    match (find(opening), find(closing)) {
        (Some(opening), Some(closing)) => {
            opening.text_range().end().into()..closing.text_range().start().into()
        }
        _ => 0..0,
    }
}

/// How far an entry of a set is indented, if it begins its line.
fn entry_indentation(entry: &SyntaxNode, text: &str) -> Option<usize> {
    let start = start_of(entry);
    let before = &text[line_start(text, start)..start];
    before.chars().all(|c| c == ' ').then_some(before.len())
}

/// Returns the names that an entry of a set sets, or sets something in.
fn names_set_by(entry: SyntaxNode) -> Vec<String> {
    let name = |attr: ast::Attr| match attr {
        ast::Attr::Ident(ident) => Some(ident.to_string()),
        ast::Attr::Str(string) => Some(string.to_string().trim_matches('"').to_owned()),
        ast::Attr::Dynamic(_) => None,
    };
    if let Some(inherit) = ast::Inherit::cast(entry.clone()) {
        return inherit.attrs().filter_map(name).collect();
    }
    let path = ast::AttrpathValue::cast(entry).and_then(|entry| entry.attrpath());
    let first = path.and_then(|path| path.attrs().next());
    first.and_then(name).into_iter().collect()
}

fn start_of(node: &SyntaxNode) -> usize {
    node.text_range().start().into()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn count_spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
