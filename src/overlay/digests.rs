//! Digests of what a stanza was made from, as its `made` mark holds them.

use std::fmt;
use std::str::FromStr;

use rnix::SyntaxKind;
use serde::{Deserialize, Serialize};

use super::PREFIX;
use super::hash::digest;

/// Largest `up` that is accepted from a mark.
const MAX_UP: usize = 16;

/// Digests of what a stanza was made from, and of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Digests {
    /// The source without its `Cargo.lock`.
    pub source: String,
    /// The `Cargo.lock`; the mark calls it `lock`.
    pub cargo_lock: String,
    /// The build system; empty if it isn't known.
    pub build: String,
    /// The rules and tables of this program.
    pub rules: String,
    /// The stanza, as [`text_digest`] computes it.
    pub text: String,
    /// The lines to keep; empty if there are none.
    pub kept: String,
    /// File name of the `Cargo.lock` next to the overlay; empty if there is
    /// none.
    pub beside: String,
    /// Number of folders between the path in the recipe and the root of the
    /// source above it.
    pub up: usize,
    /// Whether the stanza leaves a package that the package set lacks to
    /// `intersectAttrs prev` in front of its attribute set; the mark then has
    /// `guard=set`.
    pub relies_on_set: bool,
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            source,
            cargo_lock,
            build,
            rules,
            text,
            kept,
            beside,
            up,
            relies_on_set,
        } = self;
        write!(
            f,
            "source={source} lock={cargo_lock} build={build} rules={rules} text={text}"
        )?;
        if !kept.is_empty() {
            write!(f, " kept={kept}")?;
        }
        if !beside.is_empty() {
            write!(f, " beside={beside}")?;
        }
        if *up > 0 {
            write!(f, " up={up}")?;
        }
        if *relies_on_set {
            f.write_str(" guard=set")?;
        }
        Ok(())
    }
}

impl FromStr for Digests {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut digests = Self::default();
        for word in text.split_whitespace() {
            let (key, value) = word.split_once('=').ok_or(())?;
            let field = match key {
                "source" => &mut digests.source,
                "lock" => &mut digests.cargo_lock,
                "build" => &mut digests.build,
                "rules" => &mut digests.rules,
                "text" => &mut digests.text,
                "kept" => &mut digests.kept,
                // A mark must not lead to another folder.
                "beside" if value.contains(['/', '\\']) => return Err(()),
                "beside" => &mut digests.beside,
                "up" => {
                    digests.up = value.parse().map_err(|_| ())?;
                    if digests.up > MAX_UP {
                        return Err(());
                    }
                    continue;
                }
                "guard" if value == "set" => {
                    digests.relies_on_set = true;
                    continue;
                }
                _ => return Err(()),
            };
            value.clone_into(field);
        }
        Ok(digests)
    }
}

/// Returns the digest of a stanza's tokens, without lines to keep, so that
/// moving or indenting a stanza is not a change.
#[must_use]
pub fn text_digest(body: &str) -> String {
    let generated: String = super::keep::generated_lines(body)
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut words = String::new();
    for (kind, text) in rnix::tokenize(&generated) {
        let is_mark = text.starts_with(PREFIX);
        if kind == SyntaxKind::TOKEN_WHITESPACE || is_mark {
            continue;
        }
        words.push_str(match kind {
            SyntaxKind::TOKEN_COMMENT => text.trim(),
            _ => text,
        });
        words.push('\n');
    }
    digest(words.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mark_without_optional_digests_is_short() {
        let digests: Digests = "source=1 lock=2 build=3 rules=4 text=5".parse().unwrap();
        assert_eq!(digests.cargo_lock, "2");
        assert_eq!(
            digests.to_string(),
            "source=1 lock=2 build=3 rules=4 text=5"
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(
            words in prop::array::uniform6("[0-9a-f]{0,16}"),
            beside in "([a-z][a-z.-]{0,8})?",
            up in 0..=MAX_UP,
        ) {
            let [source, cargo_lock, build, rules, text, kept] = words;
            let digests = Digests { source, cargo_lock, build, rules, text, kept, beside, up, relies_on_set: up > 2 };
            prop_assert_eq!(digests.to_string().parse(), Ok(digests));
        }
    }

    #[test]
    fn a_mark_that_leads_elsewhere_is_refused() {
        for wrong in [
            "beside=../x",
            "beside=a\\b",
            "up=17",
            "up=-1",
            "source",
            "other=1",
        ] {
            assert_eq!(wrong.parse::<Digests>(), Err(()), "{wrong}");
        }
        assert_eq!("up=16".parse::<Digests>().unwrap().up, MAX_UP);
    }

    #[test]
    fn layout_and_kept_lines_leave_the_digest_as_it_is() {
        let plain = text_digest("a = {\n  x = 1; # why\n};\n");
        for same in [
            "a={x=1;# why\n};",
            "    a = {\r\n      x = 1;   # why  \r\n    };\r\n",
            "a = {\n  x = 1; # why\n  y = 2; # pyhack: keep\n};\n",
            "# pyhack: made source=1\na = {\n  x = 1; # why\n};\n",
        ] {
            assert_eq!(text_digest(same), plain, "{same}");
        }
    }

    #[test]
    fn every_token_counts_comments_too() {
        let texts = [
            "a = 1;",
            "a = 2;",
            "a = 1; # why",
            "a = 1; # how",
            "b = 1;",
            "",
            "a = \"1\";",
        ];
        let mut digests = texts.map(text_digest).to_vec();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), texts.len());
    }
}
