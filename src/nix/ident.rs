//! Nix identifiers: the names that need no quotes.

use std::borrow::Cow;

/// Words that need quotes as attribute names. Nix takes a bare `or` in some
/// places only.
const KEYWORDS: [&str; 10] = [
    "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with",
];

/// The name of a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ident(Cow<'static, str>);

impl Ident {
    /// Names a variable that this program chose itself; the name isn't
    /// checked.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns `None` if `name` is not an identifier.
    pub fn parse(name: &str) -> Option<Self> {
        is_identifier(name).then(|| Self(Cow::Owned(name.to_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a name can be an attribute name without quotes.
pub fn is_identifier(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '\'' | '-');
    name.starts_with(is_start) && name.chars().all(is_rest) && !KEYWORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_other_characters_are_not_identifiers() {
        for name in ["rpds-py", "_a", "a1", "a'", "inputs"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in KEYWORDS
            .into_iter()
            .chain(["3to2", "", "a.b", "a b", "é", "-a", "'a"])
        {
            assert!(!is_identifier(name), "{name}");
            assert_eq!(Ident::parse(name), None, "{name}");
        }
    }
}
