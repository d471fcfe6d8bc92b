//! An overlay file that was parsed.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rnix::{SyntaxNode, TextRange, TextSize};

use super::blocks::{Block, Finder};
use super::lines::Lines;
use super::sets::Sets;
use super::{OverlayError, PythonLockMark};
use crate::nix::REVISION;
use crate::nix::parse::{describe, is_too_deep};
use crate::nix::scope::{Variable, duplicate_attribute, undefined_variables};
use crate::text_place::TextPlace;

/// An overlay file, its syntax tree, and the stanzas in it.
///
/// Threads can share it: the tree is stored as rowan's green tree, and the
/// nodes over it, which can't be shared, are created when they are needed.
pub struct Document {
    place: String,
    text: Arc<str>,
    tree: rnix::Parse<rnix::Root>,
    blocks: Vec<Block>,
    /// Where in `blocks` the stanza of a package is.
    by_name: HashMap<String, usize>,
    python_lock: Option<(PythonLockMark, Range<usize>)>,
    sets: OnceLock<Sets>,
    /// What Nix refuses in the file, outside of the stanzas and in them.
    unsound: Vec<Unsound>,
}

/// Something that Nix refuses when it parses a file.
struct Unsound {
    message: String,
    range: Range<usize>,
    is_in_stanza: bool,
}

#[cfg(test)]
thread_local! {
    static PARSES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Runs `action` and returns its result, with how often it parsed a file.
#[cfg(test)]
pub fn count_parses<T>(action: impl FnOnce() -> T) -> (T, usize) {
    let before = PARSES.get();
    let result = action();
    (result, PARSES.get() - before)
}

impl Document {
    /// Parses a file and finds the stanzas in it. `place` is its name in
    /// messages.
    ///
    /// # Errors
    /// Fails if the file isn't Nix, or if a mark is doubled, nested or broken.
    pub fn parse(place: &str, text: &str) -> Result<Self, OverlayError> {
        #[cfg(test)]
        PARSES.set(PARSES.get() + 1);
        let mut document = Self::parse_fragment(place, text)?;
        document.find_unsound();
        Ok(document)
    }

    /// Looks for what Nix refuses when it parses the file, though its syntax is
    /// right.
    fn find_unsound(&mut self) {
        let root = self.root();
        let undefined = undefined_variables(&root).into_iter();
        let undefined: Vec<_> = undefined
            .map(|variable| (format!("`{}` is undefined", variable.name), variable))
            .collect();
        let twice = duplicate_attribute(&root).into_iter();
        let twice =
            twice.map(|attribute| (format!("`{}` is set twice", attribute.name), attribute));
        for (_, Variable { name, range }) in &undefined {
            let mut blocks = self.blocks.iter_mut();
            if let Some(block) = blocks.find(|block| block.range.contains(&range.start)) {
                block.unbound.insert(name.clone());
            }
        }
        let all = undefined.iter().cloned().chain(twice);
        let blocks = &self.blocks;
        let unsound = all.map(|(message, Variable { range, .. })| Unsound {
            message,
            is_in_stanza: blocks
                .iter()
                .any(|block| block.range.contains(&range.start)),
            range,
        });
        self.unsound = unsound.collect();
    }

    /// Requires that Nix can parse the file.
    ///
    /// # Errors
    /// Fails with the first variable that is undefined, or attribute that is
    /// set twice.
    pub fn require_sound(&self) -> Result<(), OverlayError> {
        self.refuse(self.unsound.first())
    }

    /// Requires the same of the file without its stanzas.
    ///
    /// # Errors
    /// As [`Document::require_sound`].
    pub fn require_sound_outside(&self) -> Result<(), OverlayError> {
        self.refuse(self.unsound.iter().find(|found| !found.is_in_stanza))
    }

    fn refuse(&self, found: Option<&Unsound>) -> Result<(), OverlayError> {
        let Some(found) = found else {
            return Ok(());
        };
        Err(OverlayError::Unsound {
            at: self.place_of(found.range.clone()),
            message: found.message.clone(),
        })
    }

    /// Parses what isn't a whole file, such as a single stanza in a set.
    pub(super) fn parse_fragment(place: &str, text: &str) -> Result<Self, OverlayError> {
        if is_too_deep(text) {
            return Err(OverlayError::Syntax {
                at: TextPlace::file(place),
                message: "it is nested too deeply".to_owned(),
            });
        }
        let tree = rnix::Root::parse(text);
        let text: Arc<str> = text.into();
        if let Some(error) = tree.errors().first() {
            return Err(syntax_error(place, &text, error));
        }
        let lines = Lines::of(&text);
        let finder = Finder {
            place,
            text: &text,
            lines: &lines,
        };
        let found = finder.find(&tree.syntax())?;
        let names = found.blocks.iter().map(|block| block.name.clone());
        Ok(Self {
            place: place.to_owned(),
            by_name: names.zip(0..).collect(),
            blocks: found.blocks,
            python_lock: found.python_lock,
            sets: OnceLock::new(),
            unsound: Vec::new(),
            text,
            tree,
        })
    }

    /// The file's name in messages.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The stanzas, in the order of the file.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Returns the stanza of a package.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.by_name.get(name).map(|&place| &self.blocks[place])
    }

    /// The mark of the lock of Python packages that the stanzas come from.
    #[must_use]
    pub fn python_lock_mark(&self) -> Option<&PythonLockMark> {
        self.python_lock.as_ref().map(|(mark, _)| mark)
    }

    /// Where that mark is.
    pub(super) fn python_lock_range(&self) -> Option<Range<usize>> {
        self.python_lock.as_ref().map(|(_, range)| range.clone())
    }

    /// Returns the hashes of the git revisions in a stanza, by revision.
    ///
    /// A stanza that was edited yields none, since anyone may have written its
    /// hashes.
    #[must_use]
    pub fn known_hashes(&self, name: &str) -> BTreeMap<String, String> {
        let mut hashes = BTreeMap::new();
        let block = self.block(name).filter(|block| block.digests.is_some());
        let Some(block) = block.filter(|block| !block.is_edited()) else {
            return hashes;
        };
        let mut revision: Option<&str> = None;
        for line in block.body().lines().map(str::trim) {
            if let (Some(revision), Some((_, hash))) = (revision, line.split_once(" = \"")) {
                let hash = hash.trim_end_matches("\";").to_owned();
                hashes.insert(revision.to_owned(), hash);
            }
            revision = line.strip_prefix(REVISION);
        }
        hashes
    }

    /// The sets that contain stanzas, and the one for new stanzas. They are
    /// worked out on first use: a file that isn't edited doesn't need them.
    pub(super) fn sets(&self) -> &Sets {
        self.sets
            .get_or_init(|| Sets::find(&self.root(), &self.text, &self.blocks))
    }

    /// The line break that the file uses.
    pub(super) fn newline(&self) -> &'static str {
        self.sets().newline
    }

    /// The place of a part of the file, for an error.
    #[must_use]
    pub fn place_of(&self, range: Range<usize>) -> TextPlace {
        TextPlace::span(&self.place, &self.text, range)
    }

    /// The place of the first mark of a stanza.
    #[must_use]
    pub fn place_of_block(&self, block: &Block) -> TextPlace {
        TextPlace::line_of(&self.place, &self.text, block.line, None)
    }

    /// The error for a name that the user sets at `entry`.
    pub(super) fn taken(&self, name: &str, entry: Range<usize>) -> OverlayError {
        OverlayError::Taken {
            at: self.place_of(entry),
            name: name.to_owned(),
        }
    }

    fn root(&self) -> SyntaxNode {
        self.tree.syntax()
    }
}

/// Converts an error of the parser.
fn syntax_error(place: &str, text: &str, error: &rnix::ParseError) -> OverlayError {
    use rnix::ParseError;
    let range = match error {
        ParseError::Unexpected(range)
        | ParseError::UnexpectedExtra(range)
        | ParseError::UnexpectedWanted(_, range, _)
        | ParseError::UnexpectedDoubleBind(range)
        | ParseError::DuplicatedArgs(range, _) => Some(*range),
        ParseError::UnexpectedEOF | ParseError::UnexpectedEOFWanted(_) => {
            Some(TextRange::empty(TextSize::of(text)))
        }
        _ => None,
    };
    let range = range.map(Range::<usize>::from);
    OverlayError::Syntax {
        at: TextPlace::span_or_file(place, text, range),
        message: describe(error, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{block_of, parse};
    use super::*;

    const STANZA: &str = "a = {\n  # revision 0123\n  \"x-1.0\" = \"sha256-A=\";\n  y = \"no hash\";\n  \
                          # revision 4567\n  # another comment\n  z = \"none\";\n  # revision 89ab\n  \
                          \"z-1.0\" = \"sha256-B=\";\n};\n";

    #[test]
    fn hashes_are_known_by_the_revision_above_them() {
        let document = parse(&format!("{{\n{}}}\n", block_of("a", STANZA)));
        let hashes = [("0123", "sha256-A="), ("89ab", "sha256-B=")];
        let hashes = hashes.map(|(revision, hash)| (revision.to_owned(), hash.to_owned()));
        assert_eq!(document.known_hashes("a"), BTreeMap::from(hashes));
        assert!(document.known_hashes("b").is_empty());
    }

    #[test]
    fn hashes_of_an_edited_stanza_are_not_known() {
        let block = block_of("a", STANZA);
        let edited = block.replace("sha256-A=", "sha256-C=");
        let without_digests: String = block
            .lines()
            .filter(|line| !line.contains("made"))
            .flat_map(|line| [line, "\n"])
            .collect();
        for block in [edited, without_digests] {
            let document = parse(&format!("{{\n{block}}}\n"));
            assert!(document.known_hashes("a").is_empty(), "{block}");
        }
    }

    #[test]
    fn what_is_not_nix_is_refused_with_its_place() {
        for (text, place) in [
            ("{\n  a = ;\n}\n", "overlay.nix:2:7"),
            ("{\n  a = 1;\n", "overlay.nix:2:9"),
        ] {
            let Err(OverlayError::Syntax { at, .. }) = Document::parse("overlay.nix", text) else {
                panic!("it was parsed");
            };
            assert_eq!(at.to_string(), place);
        }
    }

    #[test]
    fn threads_share_a_document() {
        let document = parse(&super::super::fixtures::written(&["a"]));
        let names = std::thread::scope(|scope| {
            let name = || {
                document
                    .block("a")
                    .map(|block| block.text_digest().to_owned())
            };
            [scope.spawn(name), scope.spawn(name)].map(|thread| thread.join().unwrap())
        });
        assert_eq!(names[0], names[1]);
        assert!(names[0].is_some());
    }
}
