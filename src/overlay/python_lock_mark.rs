//! The mark that says of a file which lock of Python packages its stanzas are
//! of, and what of it has none.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Made, PREFIX};

/// The word of the mark.
pub(super) const WORD: &str = "lock";
/// Before the digests.
const LOOKED: &str = " without=";

/// So many hexadecimal digits tell the packages of a lock apart.
const DIGITS: usize = 8;

/// The mark of a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockMark {
    /// How its stanzas are made, as an object of JSON.
    pub recipe: String,
    /// The digests of packages that were looked at and have no Rust.
    without: BTreeSet<String>,
}

impl LockMark {
    /// Of these packages, each with the digest of what it is made from, a
    /// stanza isn't needed.
    #[must_use]
    pub fn new<'a>(recipe: String, without: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            recipe,
            without: without.map(digest).collect(),
        }
    }

    /// Whether a package was looked at as it is today, and has no Rust.
    #[must_use]
    pub fn is_without(&self, package: (&str, &str)) -> bool {
        self.without.contains(&digest(package))
    }

    pub(super) fn read(rest: &str) -> Option<Self> {
        let (recipe, without) = rest.rsplit_once(LOOKED)?;
        let digests = without.split(',').filter(|digest| !digest.is_empty());
        Some(Self {
            recipe: recipe.trim().to_owned(),
            without: digests.map(str::to_owned).collect(),
        })
    }

    /// A text with this mark in the place of another, or at its top.
    #[must_use]
    pub fn put(&self, text: &str, old: Option<&Range<usize>>) -> String {
        let recipe = &self.recipe;
        let digests = self.without.iter().map(String::as_str);
        let without = digests.collect::<Vec<_>>().join(",");
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

fn digest((name, source): (&str, &str)) -> String {
    let mut digest = Made::digest(format!("{name} {source}").as_bytes());
    digest.truncate(DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_is_known_by_itself() {
        let packages = [("a", "1"), ("b", "2")];
        let mark = LockMark::new("{\"lock\":\"uv.lock\"}".to_owned(), packages.into_iter());
        let text = mark.put("{ }\n", None);
        let rest = text.lines().next().unwrap();
        let rest = rest.strip_prefix("# pyhack: lock ").unwrap();
        let read = LockMark::read(rest).unwrap();
        assert_eq!(read, mark);
        assert!(read.is_without(("a", "1")) && read.is_without(("b", "2")));
        assert!(!read.is_without(("a", "2")) && !read.is_without(("c", "1")));
        let empty = LockMark::read("{} without=").unwrap();
        assert!(!empty.is_without(("", "")));
    }
}
