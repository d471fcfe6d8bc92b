//! The mark that says of a file which lock of Python packages its stanzas are
//! of, and what of it has none.

use std::ops::Range;

use super::{Made, PREFIX};

/// The word of the mark.
pub(super) const WORD: &str = "lock";
/// Before the digest.
const LOOKED: &str = " without=";

/// The mark of a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockMark {
    /// How its stanzas are made, as an object of JSON.
    pub recipe: String,
    /// The digest of the packages that were looked at and have no Rust.
    pub without: String,
}

impl LockMark {
    /// Of these packages, each with the digest of what it is made from, a
    /// stanza isn't needed.
    #[must_use]
    pub fn new<'a>(recipe: String, without: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let lines: String = without
            .flat_map(|(name, source)| [name, " ", source, "\n"])
            .collect();
        Self {
            recipe,
            without: Made::digest(lines.as_bytes()),
        }
    }

    pub(super) fn read(rest: &str) -> Option<Self> {
        let (recipe, without) = rest.rsplit_once(LOOKED)?;
        Some(Self {
            recipe: recipe.trim().to_owned(),
            without: without.to_owned(),
        })
    }

    /// A text with this mark in the place of another, or at its top.
    #[must_use]
    pub fn put(&self, text: &str, old: Option<&Range<usize>>) -> String {
        let Self { recipe, without } = self;
        let line = format!("{PREFIX} {WORD} {recipe}{LOOKED}{without}");
        let mut text = text.to_owned();
        if let Some(range) = old {
            text.replace_range(range.clone(), &line);
        } else {
            let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
            text.insert_str(0, &format!("{line}{newline}"));
        }
        text
    }
}
