//! The mark of a file whose stanzas come from a lock of Python packages: how
//! they are made, and which packages don't need one.
//!
//! ```nix
//! # pyhack: lock {"lock":"uv.lock"} without=0a1b2c3d,4e5f6071
//! ```

use std::collections::BTreeSet;
use std::fmt;

use super::{PREFIX, digest};

/// The word that begins the mark.
pub(super) const WORD: &str = "lock";
/// Separates the recipe from the digests.
const WITHOUT: &str = " without=";

/// Hexadecimal digits kept of each package's digest: enough to tell the
/// packages of one lock apart.
const DIGITS: usize = 8;

/// The mark of a lock of Python packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonLockMark {
    /// How the stanzas are made, as a JSON object.
    pub recipe: String,
    /// Digests of the packages that were examined and contain no Rust.
    without: BTreeSet<String>,
}

impl PythonLockMark {
    /// Creates a mark. `without` are the names of packages without Rust, each
    /// with the digest of its source.
    #[must_use]
    pub fn new<'a>(recipe: String, without: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            recipe,
            without: without
                .map(|(name, source)| package_digest(name, source))
                .collect(),
        }
    }

    /// Tells whether a package was examined with this source and contains no
    /// Rust.
    #[must_use]
    pub fn is_without_rust(&self, name: &str, source: &str) -> bool {
        self.without.contains(&package_digest(name, source))
    }

    /// Parses what follows the word `lock`.
    pub(super) fn parse(rest: &str) -> Option<Self> {
        let (recipe, without) = rest.rsplit_once(WITHOUT)?;
        let digests = without.split(',').filter(|digest| !digest.is_empty());
        Some(Self {
            recipe: recipe.trim().to_owned(),
            without: digests.map(str::to_owned).collect(),
        })
    }
}

impl fmt::Display for PythonLockMark {
    /// Writes the whole comment.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let recipe = &self.recipe;
        let digests = self.without.iter().map(String::as_str);
        let without = digests.collect::<Vec<_>>().join(",");
        write!(f, "{PREFIX} {WORD} {recipe}{WITHOUT}{without}")
    }
}

fn package_digest(name: &str, source: &str) -> String {
    let mut digest = digest(format!("{name} {source}").as_bytes());
    digest.truncate(DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(mark: &str) -> Option<PythonLockMark> {
        PythonLockMark::parse(mark.strip_prefix("# pyhack: lock ")?)
    }

    #[test]
    fn each_package_is_known_by_itself() {
        let packages = [("a", "1"), ("b", "2")];
        let mark = PythonLockMark::new("{\"lock\":\"uv.lock\"}".to_owned(), packages.into_iter());
        let read = parsed(&mark.to_string()).unwrap();
        assert_eq!(read, mark);
        assert!(read.is_without_rust("a", "1") && read.is_without_rust("b", "2"));
        assert!(!read.is_without_rust("a", "2") && !read.is_without_rust("c", "1"));
    }

    #[test]
    fn a_mark_without_packages_knows_none() {
        let mark = parsed("# pyhack: lock {} without=").unwrap();
        assert!(!mark.is_without_rust("", ""));
        assert_eq!(mark.to_string(), "# pyhack: lock {} without=");
    }

    #[test]
    fn a_recipe_may_hold_the_word_that_follows_it() {
        let mark = PythonLockMark::new("{\"env\":\" without=x\"}".to_owned(), std::iter::empty());
        assert_eq!(parsed(&mark.to_string()), Some(mark));
        assert_eq!(parsed("# pyhack: lock {}"), None);
    }
}
