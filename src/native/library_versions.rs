//! Versions of C libraries, and the ranges of them that builds take.
//!
//! pkg-config compares versions by the rules of RPM: `1.02.151` is newer than
//! `1.2.9`, and `1.1.1w` newer than `1.1.1`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A range of versions, written as in `>=1.7.2, <1.8`. The empty one has all.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LibraryVersions(Vec<Bound>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bound {
    operator: Operator,
    version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    AtLeast,
    Below,
    AtMost,
    Exactly,
}

impl Operator {
    const ALL: [(&'static str, Self); 4] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("<", Self::Below),
        ("=", Self::Exactly),
    ];

    const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Exactly => "=",
        }
    }
}

impl LibraryVersions {
    /// Whether the range has all versions.
    pub const fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the range has a version.
    pub fn contain(&self, version: &str) -> bool {
        self.0.iter().all(|bound| {
            let order = compare_versions(version, &bound.version);
            match bound.operator {
                Operator::AtLeast => order.is_ge(),
                Operator::Below => order.is_lt(),
                Operator::AtMost => order.is_le(),
                Operator::Exactly => order.is_eq(),
            }
        })
    }

    pub(super) fn at_least(&mut self, version: String) {
        self.add(Operator::AtLeast, version);
    }

    pub(super) fn below(&mut self, version: String) {
        self.add(Operator::Below, version);
    }

    pub(super) fn at_most(&mut self, version: String) {
        self.add(Operator::AtMost, version);
    }

    pub(super) fn exactly(&mut self, version: String) {
        self.add(Operator::Exactly, version);
    }

    /// Limits the range to what another one has too.
    pub(super) fn add_all(&mut self, other: Self) {
        for bound in other.0 {
            self.add(bound.operator, bound.version);
        }
    }

    fn add(&mut self, operator: Operator, version: String) {
        self.0.push(Bound { operator, version });
        self.0.sort();
        self.0.dedup();
    }
}

impl FromStr for LibraryVersions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut versions = Self::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let mut operators = Operator::ALL.into_iter();
            let (sign, operator) = operators
                .find(|(sign, _)| part.starts_with(sign))
                .ok_or_else(|| format!("`{part}` begins with no operator"))?;
            let version = part[sign.len()..].trim();
            if !version.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(format!("`{part}` has no version"));
            }
            versions.add(operator, version.to_owned());
        }
        Ok(versions)
    }
}

impl TryFrom<String> for LibraryVersions {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<LibraryVersions> for String {
    fn from(versions: LibraryVersions) -> Self {
        versions.to_string()
    }
}

impl fmt::Display for LibraryVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, bound) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}{}", bound.operator.sign(), bound.version)?;
        }
        Ok(())
    }
}

/// Compares two versions part by part: numbers as numbers, letters as text, and
/// a version with more parts is newer.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    let mut pairs = a.iter().zip(&b);
    let differing = pairs.find_map(|(a, b)| {
        let order = a.cmp(b);
        order.is_ne().then_some(order)
    });
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// A part of a version. Letters come before numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Letters(&'a str),
    /// Without leading zeros: first by the number of digits.
    Number(usize, &'a str),
}

fn parts(version: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for word in version.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let is_digit = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != is_digit);
            let (part, others) = rest.split_at(end.unwrap_or(rest.len()));
            parts.push(if is_digit {
                let digits = part.trim_start_matches('0');
                Part::Number(digits.len(), digits)
            } else {
                Part::Letters(part)
            });
            rest = others;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_pkg_config_does() {
        for (smaller, greater) in [
            ("1.9", "1.10"),
            ("1.2.9", "1.02.151"),
            ("1.1.1", "1.1.1w"),
            ("1.1.1w", "3.0"),
            ("1.0rc1", "1.0.1"),
            ("1.8", "1.8.0"),
            ("99999999999999999999.1", "100000000000000000000"),
        ] {
            assert_eq!(compare_versions(smaller, greater), Ordering::Less);
            assert_eq!(compare_versions(greater, smaller), Ordering::Greater);
        }
        assert_eq!(compare_versions("1.02", "1.2"), Ordering::Equal);
    }

    #[test]
    fn ranges_have_the_versions_between_their_bounds() {
        let range: LibraryVersions = ">=1.7.2, <1.8".parse().unwrap();
        let contained = ["1.7.1", "1.7.2", "1.7.99", "1.8.0", "1.9.1"];
        let contained = contained.map(|version| range.contain(version));
        assert_eq!(contained, [false, true, true, false, false]);
        assert_eq!(range.to_string(), ">=1.7.2, <1.8");
        assert!(LibraryVersions::default().contain("0.1"));
        assert!("1.7".parse::<LibraryVersions>().is_err());
        assert!(">=x".parse::<LibraryVersions>().is_err());
    }
}
