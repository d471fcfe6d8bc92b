//! Finding what is ours in an overlay file.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{NamedSource, SourceSpan};
use rnix::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::python_lock_mark::{self as mark, LockMark};
use super::{KEEP, Made, OverlayError, PREFIX, text_digest};
use crate::nix::REVISION;
use crate::nix::parse::is_too_deep;
use crate::project::PythonName;

/// An overlay file that was parsed.
pub struct Overlay<'a> {
    /// Its name, for messages.
    pub place: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its stanzas, in their order.
    pub blocks: Vec<Block>,
    /// The lock that they are of, and where its mark is.
    pub lock: Option<(LockMark, Range<usize>)>,
    pub(super) root: SyntaxNode,
}

/// A stanza between our marks.
#[derive(Debug, Clone)]
pub struct Block {
    /// The package.
    pub name: String,
    /// Its version, if the marker has one.
    pub version: Option<String>,
    /// What it is made from, as an object of JSON.
    pub recipe: Option<String>,
    /// Digests of what it was made from.
    pub made: Option<Made>,
    /// From the line of the first mark to the end of the line of the last.
    pub range: Range<usize>,
    /// What is between the marks, without their lines.
    pub body: Range<usize>,
    /// How many spaces stand before the first mark.
    pub indentation: usize,
    /// The line of the first mark, from 1 on.
    pub line: usize,
}

impl Block {
    /// Whether it was edited since we wrote it, or the user has lines in it.
    #[must_use]
    pub fn is_edited(&self, text: &str) -> bool {
        let made = self.made.as_ref().map(|made| made.text.as_str());
        made != Some(&text_digest(&text[self.body.clone()])) || !self.kept(text).is_empty()
    }

    /// The digest of the user's lines in it; empty without any.
    #[must_use]
    pub fn kept(&self, text: &str) -> String {
        super::keep::digest(&text[self.body.clone()])
    }
}

/// A mark, with what stands in it.
struct Mark {
    token: SyntaxToken,
    word: String,
    rest: String,
}

impl<'a> Overlay<'a> {
    /// Parses a file and finds our stanzas.
    ///
    /// # Errors
    /// Where it is no Nix, or a mark is doubled, nested or broken.
    pub fn parse(place: &'a str, text: &'a str) -> Result<Self, OverlayError> {
        if is_too_deep(text) {
            return Err(OverlayError::Syntax {
                place: place.to_owned(),
                message: "it is nested too deeply".to_owned(),
                text: NamedSource::new(place, String::new()),
                at: None,
            });
        }
        let parsed = rnix::Root::parse(text);
        if let Some(error) = parsed.errors().first() {
            return Err(syntax(place, text, error));
        }
        let root = parsed.syntax();
        let mut overlay = Self {
            place,
            text,
            blocks: Vec::new(),
            lock: None,
            root,
        };
        let marks = overlay.marks();
        let (locks, marks): (Vec<_>, Vec<_>) =
            marks.into_iter().partition(|mark| mark.word == mark::WORD);
        overlay.lock = overlay.find_lock(&locks)?;
        overlay.blocks = overlay.find(&marks)?;
        Ok(overlay)
    }

    /// The stanza of a package.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// The hashes of git revisions that a stanza has, as we wrote it: one that
    /// was edited may have any.
    #[must_use]
    pub fn known_hashes(&self, name: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let Some(block) = self.block(name) else {
            return found;
        };
        let body = &self.text[block.body.clone()];
        let is_ours = |made: &Made| text_digest(body) == made.text;
        if !block.made.as_ref().is_some_and(is_ours) {
            return found;
        }
        let mut revision: Option<String> = None;
        for line in body.lines().map(str::trim) {
            if let (Some(revision), Some((_, hash))) = (&revision, line.split_once(" = \"")) {
                let hash = hash.trim_end_matches("\";").to_owned();
                found.insert(revision.clone(), hash);
            }
            revision = line.strip_prefix(REVISION).map(str::to_owned);
        }
        found
    }

    /// The line of a place in the text, from 1 on.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    fn find_lock(&self, marks: &[Mark]) -> Result<Option<(LockMark, Range<usize>)>, OverlayError> {
        if let [_, second, ..] = marks {
            let message = "there is another lock's mark before it".to_owned();
            return Err(self.wrong(second, message));
        }
        let Some(mark) = marks.first() else {
            return Ok(None);
        };
        let read = LockMark::read(&mark.rest);
        let read = read.ok_or_else(|| self.wrong(mark, "it isn't as we write it".to_owned()))?;
        let start = mark.token.text_range().start().into();
        Ok(Some((read, start..end_of(mark))))
    }

    fn find(&self, marks: &[Mark]) -> Result<Vec<Block>, OverlayError> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut marks = marks.iter().peekable();
        while let Some(begin) = marks.next() {
            if begin.word != "begin" {
                let message = format!("`{}` stands here without a `begin` before it", begin.word);
                return Err(self.wrong(begin, message));
            }
            let mut heads = Vec::new();
            let end = loop {
                match marks.next() {
                    Some(mark) if mark.word == "end" => break mark,
                    Some(mark) if mark.word == "begin" => {
                        return Err(self.wrong(mark, "a stanza begins within another".to_owned()));
                    }
                    Some(mark) => heads.push(mark),
                    None => {
                        let message = format!("`{}` has no end", begin.rest);
                        return Err(self.wrong(begin, message));
                    }
                }
            };
            let block = self.block_between(begin, &heads, end)?;
            if blocks.iter().any(|other| other.name == block.name) {
                let message = format!("there is another stanza of `{}` before it", block.name);
                return Err(self.wrong(begin, message));
            }
            blocks.push(block);
        }
        Ok(blocks)
    }

    /// Comments alone: what looks like a mark in a string is none.
    fn marks(&self) -> Vec<Mark> {
        let tokens = self.root.descendants_with_tokens();
        let comments = tokens
            .filter_map(rnix::NodeOrToken::into_token)
            .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT);
        let marks = comments.filter_map(|token| {
            let text = token.text().strip_prefix(PREFIX)?.trim();
            if token.text().trim_end().ends_with(KEEP) {
                return None;
            }
            let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            Some(Mark {
                word: word.to_owned(),
                rest: rest.trim().to_owned(),
                token,
            })
        });
        marks.collect()
    }

    fn block_between(
        &self,
        begin: &Mark,
        heads: &[&Mark],
        end: &Mark,
    ) -> Result<Block, OverlayError> {
        let mut words = begin.rest.split_whitespace();
        let written = words.next().unwrap_or_default();
        let name = PythonName::new(written).to_string();
        if name.is_empty() {
            return Err(self.wrong(begin, "it names no package".to_owned()));
        }
        if end.rest != written {
            let message = format!("the stanza of `{name}` ends with `{}`", end.rest);
            return Err(self.wrong(end, message));
        }
        let set = begin.token.parent();
        let is_set = |node: &SyntaxNode| {
            matches!(
                node.kind(),
                SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_LEGACY_LET
            )
        };
        if set != end.token.parent() || !set.as_ref().is_some_and(is_set) {
            let message =
                format!("the stanza of `{name}` begins and ends in different places, or in no set");
            return Err(self.wrong(end, message));
        }
        let (mut recipe, mut made) = (None, None);
        let mut last = begin;
        for &head in heads {
            match head.word.as_str() {
                "from" => recipe = Some(head.rest.clone()),
                "made" => {
                    let digests = head.rest.parse();
                    made = Some(digests.map_err(|()| {
                        self.wrong(head, "it has other digests than ours".to_owned())
                    })?);
                }
                word => return Err(self.wrong(head, format!("`{word}` is no word of ours"))),
            }
            last = head;
        }
        let mut before = begin;
        for &mark in heads.iter().chain([&end]) {
            self.require_own_line(mark)?;
            let between = &self.text[end_of(before)..self.line_start(mark)];
            if mark.word != "end" && !between.trim().is_empty() {
                let message = "something stands before it that isn't ours".to_owned();
                return Err(self.wrong(mark, message));
            }
            before = mark;
        }
        self.require_own_line(begin)?;
        let start = self.line_start(begin);
        Ok(Block {
            version: words.next().map(str::to_owned),
            recipe,
            made,
            range: start..end_of(end),
            body: self.next_line(end_of(last))..self.line_start(end),
            indentation: usize::from(begin.token.text_range().start()) - start,
            line: self.line(start),
            name,
        })
    }

    fn require_own_line(&self, mark: &Mark) -> Result<(), OverlayError> {
        let before = &self.text[self.line_start(mark)..mark.token.text_range().start().into()];
        if before.chars().all(|c| matches!(c, ' ' | '\t')) {
            return Ok(());
        }
        Err(self.wrong(mark, "something stands before it on its line".to_owned()))
    }

    fn line_start(&self, mark: &Mark) -> usize {
        let at: usize = mark.token.text_range().start().into();
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    fn next_line(&self, at: usize) -> usize {
        let newline = self.text[at..].find('\n');
        newline.map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn wrong(&self, mark: &Mark, message: String) -> OverlayError {
        let range = mark.token.text_range();
        let (start, end): (usize, usize) = (range.start().into(), range.end().into());
        OverlayError::Marker {
            place: self.place.to_owned(),
            line: self.line(start),
            message,
            text: NamedSource::new(self.place, self.text.to_owned()),
            at: Some(SourceSpan::from(start..end)),
        }
    }
}

/// The end of a mark's line: a comment goes as far as that, but for a
/// carriage return.
fn end_of(mark: &Mark) -> usize {
    let range = mark.token.text_range();
    usize::from(range.start()) + mark.token.text().trim_end().len()
}

/// What the parser says, with its place.
fn syntax(place: &str, text: &str, error: &rnix::ParseError) -> OverlayError {
    use rnix::ParseError;
    let range = match error {
        ParseError::Unexpected(range)
        | ParseError::UnexpectedExtra(range)
        | ParseError::UnexpectedWanted(_, range, _)
        | ParseError::UnexpectedDoubleBind(range)
        | ParseError::DuplicatedArgs(range, _) => Some(*range),
        _ => None,
    };
    let at =
        range.map(|range| SourceSpan::from(usize::from(range.start())..usize::from(range.end())));
    OverlayError::Syntax {
        place: place.to_owned(),
        message: error.to_string(),
        text: NamedSource::new(place, text.to_owned()),
        at,
    }
}
