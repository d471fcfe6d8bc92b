//! Finding marks, and the stanzas between them.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rnix::{SyntaxKind, SyntaxNode, SyntaxToken};

use super::guard::guard_of;
use super::lines::Lines;
use super::{Digests, KEEP, OverlayError, PREFIX, PythonLockMark};
use super::{keep, python_lock_mark, text_digest};
use crate::nix::Guard;
use crate::project::PythonName;
use crate::text_place::TextPlace;

/// A stanza and its marks.
#[derive(Debug, Clone)]
pub struct Block {
    /// The package.
    pub name: String,
    /// Its version, if the first mark has one.
    pub version: Option<String>,
    /// What the stanza is made from, as a JSON object.
    pub recipe: Option<String>,
    /// Digests of what it was made from.
    pub digests: Option<Digests>,
    /// From the beginning of the first mark's line to the end of the last mark.
    pub range: Range<usize>,
    /// The lines between the marks.
    pub body_range: Range<usize>,
    /// Number of bytes before the first mark on its line.
    pub indentation: usize,
    /// The line of the first mark, counted from 1.
    pub line: usize,
    /// Where the attribute set or `let` around it begins.
    pub(super) set: usize,
    /// What handles a package that the package set lacks.
    pub(super) guard: Guard,
    /// The names that it uses and that nothing defines, in order.
    pub unbound: BTreeSet<String>,
    /// The whole file.
    text: Arc<str>,
    /// Computed on first use: `check` of a whole file needs it of each stanza,
    /// an edit of one only.
    text_digest: OnceLock<String>,
    kept_digest: OnceLock<String>,
}

impl Block {
    /// The lines between the marks.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.text[self.body_range.clone()]
    }

    /// The digest of the body, comparable with [`Digests::text`].
    #[must_use]
    pub fn text_digest(&self) -> &str {
        self.text_digest.get_or_init(|| text_digest(self.body()))
    }

    /// The digest of the lines to keep, comparable with [`Digests::kept`].
    #[must_use]
    pub fn kept_digest(&self) -> &str {
        self.kept_digest.get_or_init(|| keep::digest(self.body()))
    }

    /// Tells whether the stanza was edited by hand; lines to keep don't count.
    ///
    /// Marks without digests are those that a user writes to choose the place
    /// of a stanza: any text between them is the user's.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        match &self.digests {
            Some(digests) => self.text_digest() != digests.text,
            None => keep::generated_lines(self.body()).any(|line| !line.trim().is_empty()),
        }
    }

    /// Tells whether the stanza was generated for a set with a guard, and is in
    /// one without it now.
    #[must_use]
    pub fn lacks_guard(&self) -> bool {
        let relies_on_set = self.digests.as_ref().is_some_and(|d| d.relies_on_set);
        relies_on_set && self.guard == Guard::Stanza
    }

    /// Tells whether nothing between the marks is the user's.
    #[must_use]
    pub fn is_as_written(&self) -> bool {
        self.digests.is_some() && !self.is_edited() && self.kept_digest().is_empty()
    }
}

/// What [`Finder::find`] finds.
pub(super) struct Found {
    pub blocks: Vec<Block>,
    /// The mark of a lock of Python packages, and where it is.
    pub python_lock: Option<(PythonLockMark, Range<usize>)>,
}

/// Searches a text for marks.
#[derive(Clone, Copy)]
pub(super) struct Finder<'a> {
    pub place: &'a str,
    pub text: &'a Arc<str>,
    pub lines: &'a Lines,
}

/// A comment that begins with [`PREFIX`].
struct Mark {
    token: SyntaxToken,
    word: String,
    rest: String,
}

impl Finder<'_> {
    /// Finds all stanzas of a file.
    ///
    /// # Errors
    /// Fails if a mark is doubled, nested or broken.
    pub(super) fn find(self, root: &SyntaxNode) -> Result<Found, OverlayError> {
        let (of_lock, of_blocks): (Vec<_>, Vec<_>) =
            marks(root).partition(|mark| mark.word == python_lock_mark::WORD);
        Ok(Found {
            python_lock: self.find_python_lock(&of_lock)?,
            blocks: self.find_blocks(&of_blocks)?,
        })
    }

    fn find_python_lock(
        self,
        marks: &[Mark],
    ) -> Result<Option<(PythonLockMark, Range<usize>)>, OverlayError> {
        if let [_, second, ..] = marks {
            let message = "the mark of another lockfile precedes it".to_owned();
            return Err(self.refuse(second, message));
        }
        let Some(mark) = marks.first() else {
            return Ok(None);
        };
        let parsed = PythonLockMark::parse(&mark.rest)
            .ok_or_else(|| self.refuse(mark, "it is malformed".to_owned()))?;
        Ok(Some((parsed, mark.start()..mark.end())))
    }

    fn find_blocks(self, marks: &[Mark]) -> Result<Vec<Block>, OverlayError> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut names = HashSet::new();
        let mut marks = marks.iter();
        while let Some(begin) = marks.next() {
            if begin.word != "begin" {
                let message = format!("`{}` without a `begin` before it", begin.word);
                return Err(self.refuse(begin, message));
            }
            let mut heads = Vec::new();
            let end = loop {
                match marks.next() {
                    Some(mark) if mark.word == "end" => break mark,
                    Some(mark) if mark.word == "begin" => {
                        let message = "an override begins inside another one".to_owned();
                        return Err(self.refuse(mark, message));
                    }
                    Some(mark) => heads.push(mark),
                    None => {
                        let message = format!("`{}` has no `end` mark", begin.rest);
                        return Err(self.refuse(begin, message));
                    }
                }
            };
            let block = self.block_between(begin, &heads, end)?;
            if !names.insert(block.name.clone()) {
                let message = format!("a second override of `{}`", block.name);
                return Err(self.refuse(begin, message));
            }
            blocks.push(block);
        }
        Ok(blocks)
    }

    fn block_between(
        self,
        begin: &Mark,
        heads: &[&Mark],
        end: &Mark,
    ) -> Result<Block, OverlayError> {
        let mut words = begin.rest.split_whitespace();
        let written = words.next().unwrap_or_default();
        let name = PythonName::new(written).to_string();
        if name.is_empty() {
            return Err(self.refuse(begin, "it doesn't name a package".to_owned()));
        }
        if end.rest != written {
            let message = format!("the override of `{name}` ends with `{}`", end.rest);
            return Err(self.refuse(end, message));
        }
        let set = begin.token.parent().filter(is_set);
        let set = set.filter(|set| end.token.parent().as_ref() == Some(set));
        let set = set.ok_or_else(|| {
            let message = format!(
                "the override of `{name}` begins and ends in different attribute sets, or in none"
            );
            self.refuse(end, message)
        })?;
        let (mut recipe, mut digests) = (None, None);
        let mut last = begin;
        for &head in heads {
            match head.word.as_str() {
                "from" => recipe = Some(head.rest.clone()),
                "made" => {
                    let parsed = head
                        .rest
                        .parse()
                        .map_err(|()| self.refuse(head, "its digests are malformed".to_owned()))?;
                    digests = Some(parsed);
                }
                word => return Err(self.refuse(head, format!("unknown mark `{word}`"))),
            }
            last = head;
        }
        self.require_own_lines(begin, heads, end)?;
        let start = self.lines.start(begin.start());
        let body_start = self.lines.next(last.end()).unwrap_or(self.text.len());
        Ok(Block {
            version: words.next().map(str::to_owned),
            recipe,
            digests,
            range: start..end.end(),
            body_range: body_start..self.lines.start(end.start()),
            indentation: begin.start() - start,
            line: self.lines.number(start),
            name,
            guard: guard_of(&set),
            unbound: BTreeSet::new(),
            set: set.text_range().start().into(),
            text: Arc::clone(self.text),
            text_digest: OnceLock::new(),
            kept_digest: OnceLock::new(),
        })
    }

    /// Refuses a mark that shares its line, and text between the first marks,
    /// which a new stanza would drop.
    fn require_own_lines(
        self,
        begin: &Mark,
        heads: &[&Mark],
        end: &Mark,
    ) -> Result<(), OverlayError> {
        let mut before = begin;
        for &mark in heads.iter().chain([&end]) {
            self.require_own_line(mark)?;
            let between = &self.text[before.end()..self.lines.start(mark.start())];
            if mark.word != "end" && !between.trim().is_empty() {
                let message = "there is text before it that cargo-pyhack didn't write".to_owned();
                return Err(self.refuse(mark, message));
            }
            before = mark;
        }
        self.require_own_line(begin)
    }

    fn require_own_line(self, mark: &Mark) -> Result<(), OverlayError> {
        let before = &self.text[self.lines.start(mark.start())..mark.start()];
        if before.chars().all(|c| matches!(c, ' ' | '\t')) {
            return Ok(());
        }
        Err(self.refuse(mark, "there is text before it on the same line".to_owned()))
    }

    fn refuse(self, mark: &Mark, message: String) -> OverlayError {
        let range = mark.token.text_range();
        let (start, end): (usize, usize) = (range.start().into(), range.end().into());
        OverlayError::Marker {
            at: TextPlace::span(self.place, self.text, start..end),
            message,
        }
    }
}

impl Mark {
    fn start(&self) -> usize {
        self.token.text_range().start().into()
    }

    /// The end of its line. The comment reaches as far, except for a carriage
    /// return.
    fn end(&self) -> usize {
        self.start() + self.token.text().trim_end().len()
    }
}

/// Returns all marks of a file. Only comments are searched: what looks like a
/// mark in a string is text.
fn marks(root: &SyntaxNode) -> impl Iterator<Item = Mark> {
    let tokens = root.descendants_with_tokens();
    let comments = tokens
        .filter_map(rnix::NodeOrToken::into_token)
        .filter(|token| token.kind() == SyntaxKind::TOKEN_COMMENT);
    comments.filter_map(|token| {
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
    })
}

fn is_set(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_LEGACY_LET
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{block, parse, written};
    use super::super::{Document, OverlayError};

    /// The line and the message of a mark that is refused.
    fn refused(text: &str) -> (usize, String) {
        match Document::parse("overlay.nix", text).err() {
            Some(OverlayError::Marker { at, message }) => (at.line().unwrap(), message),
            Some(error) => panic!("{error}"),
            None => panic!("nothing is wrong with {text}"),
        }
    }

    fn names(document: &Document) -> Vec<&str> {
        let blocks = document.blocks().iter();
        blocks.map(|block| block.name.as_str()).collect()
    }

    #[test]
    fn a_block_has_what_its_marks_say() {
        let text = "{\n  x = 1;\n  # pyhack: begin Fast_Pack 1.0\n  # pyhack: from {\"a\": 1}\n  \
                    # pyhack: made source=1 text=2\n  fast-pack = 1;\n  # pyhack: end Fast_Pack\n}\n";
        let document = parse(text);
        let block = document.block("fast-pack").unwrap();
        assert_eq!(block.version.as_deref(), Some("1.0"));
        assert_eq!(block.recipe.as_deref(), Some("{\"a\": 1}"));
        assert_eq!(block.digests.as_ref().unwrap().source, "1");
        assert_eq!((block.line, block.indentation), (3, 2));
        assert_eq!(block.body(), "  fast-pack = 1;\n");
        let range = &text[block.range.clone()];
        assert!(range.starts_with("  # pyhack: begin") && range.ends_with("end Fast_Pack"));
    }

    #[test]
    fn lines_may_end_as_on_windows() {
        let text = written(&["a", "b"]).replace('\n', "\r\n");
        let document = parse(&text);
        assert_eq!(names(&document), ["a", "b"]);
        let block = &document.blocks()[1];
        assert_eq!(block.body(), "  b = 1;\r\n");
        assert!(text[block.range.clone()].ends_with("end b"));
        assert!(block.is_as_written(), "line breaks are layout");
    }

    #[test]
    fn blocks_are_found_in_any_set_and_at_the_end_of_the_file() {
        let marks = |name: &str| format!("\n# pyhack: begin {name}\n# pyhack: end {name}\n");
        let [a, b, c, d] = ["a", "b", "c", "d"].map(marks);
        let text =
            format!("let{a}x = 1; in rec {{ y = {{ {b} }}; z = let {{ {c} body = 1; }};{d}}}");
        assert_eq!(names(&parse(&text)), ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_looks_like_a_mark_is_text_in_strings_and_other_comments() {
        let text = "{\n  a = \"\n# pyhack: begin a\n\";\n  b = ''\n# pyhack: begin b\n  '';\n  \
                    /* # pyhack: begin c */\n  /*\n# pyhack: begin d\n*/\n  #pyhack: begin e\n  \
                    x = 1; # pyhack: keep\n}\n";
        let document = parse(text);
        assert!(document.blocks().is_empty() && document.python_lock_mark().is_none());
    }

    #[test]
    fn a_stanza_in_a_stanza_is_refused() {
        let text = "{\n# pyhack: begin a\n# pyhack: begin b\n# pyhack: end b\n# pyhack: end a\n}\n";
        assert_eq!(
            refused(text),
            (3, "an override begins inside another one".to_owned())
        );
        let deeper = "{\n# pyhack: begin a\nx = {\n# pyhack: begin b\n# pyhack: end b\n};\n# pyhack: end a\n}\n";
        assert_eq!(
            refused(deeper),
            (4, "an override begins inside another one".to_owned())
        );
    }

    #[test]
    fn a_second_stanza_of_a_package_is_refused() {
        let text = format!("{{\n{}{}}}\n", block("a"), block("a"));
        let (line, message) = refused(&text);
        assert_eq!(line, 7);
        assert_eq!(message, "a second override of `a`");
        // Another spelling of the same name.
        let text = format!("{{\n{}{}}}\n", block("a-b"), block("A_B"));
        assert_eq!(refused(&text).1, "a second override of `a-b`");
    }

    #[test]
    fn a_second_mark_of_a_lock_is_refused() {
        let mark = "# pyhack: lock {} without=\n";
        let text = format!("{mark}{{\n{mark}}}\n");
        assert_eq!(
            refused(&text),
            (3, "the mark of another lockfile precedes it".to_owned())
        );
        let text = "# pyhack: lock {}\n{ }\n";
        assert_eq!(refused(text), (1, "it is malformed".to_owned()));
    }

    #[test]
    fn marks_come_in_pairs() {
        for (text, expected) in [
            ("# pyhack: begin a", "`a` has no `end` mark"),
            ("# pyhack: end a", "`end` without a `begin` before it"),
            (
                "# pyhack: made text=1",
                "`made` without a `begin` before it",
            ),
            (
                "# pyhack: begin a\n# pyhack: end b",
                "the override of `a` ends with `b`",
            ),
            (
                "# pyhack: begin a 1.0\n# pyhack: end a 1.0",
                "the override of `a` ends with `a 1.0`",
            ),
            (
                "# pyhack: begin\n# pyhack: end",
                "it doesn't name a package",
            ),
            (
                "# pyhack: begin a\n# pyhack: of x\n# pyhack: end a",
                "unknown mark `of`",
            ),
            (
                "# pyhack: begin a\n# pyhack: made x=1\n# pyhack: end a",
                "its digests are malformed",
            ),
        ] {
            assert_eq!(refused(&format!("{{\n{text}\n}}\n")).1, expected, "{text}");
        }
    }

    #[test]
    fn a_pair_is_in_one_set() {
        let expected =
            "the override of `a` begins and ends in different attribute sets, or in none";
        for text in [
            "{\n# pyhack: begin a\nx = {\n# pyhack: end a\n};\n}\n",
            "[\n# pyhack: begin a\n# pyhack: end a\n]\n",
            "# pyhack: begin a\n# pyhack: end a\n{ }\n",
            "{ x =\n# pyhack: begin a\n# pyhack: end a\n1; }\n",
        ] {
            assert_eq!(refused(text).1, expected, "{text}");
        }
    }

    #[test]
    fn a_mark_has_its_line_to_itself() {
        let text = "{ # pyhack: begin a\n# pyhack: end a\n}\n";
        assert_eq!(
            refused(text),
            (1, "there is text before it on the same line".to_owned())
        );
        let text = "{\n# pyhack: begin a\nx = 1; # pyhack: end a\n}\n";
        assert_eq!(
            refused(text),
            (3, "there is text before it on the same line".to_owned())
        );
        let text = "{\n# pyhack: begin a\nx = 1;\n# pyhack: from {}\n# pyhack: end a\n}\n";
        assert_eq!(
            refused(text),
            (
                4,
                "there is text before it that cargo-pyhack didn't write".to_owned()
            )
        );
    }

    #[test]
    fn an_edit_is_told_from_layout_and_kept_lines() {
        let text = written(&["a"]);
        for (change, is_edited, is_as_written) in [
            ("a = 1;", false, true),
            ("a=\n      1;", false, true),
            ("a = 2;", true, false),
            ("a = 1; # why", true, false),
            ("a = 1;\n  b = 1; # pyhack: keep", false, false),
        ] {
            let document = parse(&text.replace("a = 1;", change));
            let block = &document.blocks()[0];
            assert_eq!(block.is_edited(), is_edited, "{change}");
            assert_eq!(block.is_as_written(), is_as_written, "{change}");
        }
    }

    #[test]
    fn marks_without_digests_hold_what_the_user_wrote() {
        let block = |body: &str| format!("{{\n# pyhack: begin a\n{body}# pyhack: end a\n}}\n");
        for (body, is_edited) in [
            ("", false),
            ("\n", false),
            ("x = 1; # pyhack: keep\n", false),
            ("x = 1;\n", true),
        ] {
            let document = parse(&block(body));
            assert_eq!(document.blocks()[0].is_edited(), is_edited, "{body}");
            assert!(!document.blocks()[0].is_as_written(), "{body}");
        }
    }

    #[test]
    fn the_digest_of_a_text_is_computed_once() {
        let document = parse(&written(&["a"]));
        let block = &document.blocks()[0];
        assert!(std::ptr::eq(block.text_digest(), block.text_digest()));
        assert!(std::ptr::eq(block.kept_digest(), block.kept_digest()));
        assert_eq!(block.kept_digest(), "");
    }
}
