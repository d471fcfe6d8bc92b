//! What a stanza was made from, as digests in its marker.

use std::fmt;
use std::str::FromStr;

use rnix::SyntaxKind;

use super::PREFIX;
use crate::hash::Sha256;

/// So many hexadecimal digits of a SHA-256: they tell changes, not attacks.
const DIGITS: usize = 16;

/// No project lies deeper below what it is built with.
const MAX_UP: usize = 16;

/// Digests of what a stanza was made from, and of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// The source without its lock.
    pub source: String,
    /// The lock.
    pub lock: String,
    /// The build system.
    pub build: String,
    /// Our own rules and tables.
    pub rules: String,
    /// The stanza.
    pub text: String,
    /// The lines of the user's in it; empty for none.
    pub kept: String,
    /// The name of the lock that lies beside the overlay; empty for none.
    pub beside: String,
    /// How many folders above the path the source begins.
    pub up: usize,
}

impl Made {
    /// A digest as markers have it.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> String {
        let mut hex = Sha256::of(bytes).to_hex();
        hex.truncate(DIGITS);
        hex
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            source,
            lock,
            build,
            rules,
            text,
            kept,
            beside,
            up,
        } = self;
        write!(
            f,
            "source={source} lock={lock} build={build} rules={rules} text={text}"
        )?;
        if !kept.is_empty() {
            write!(f, " kept={kept}")?;
        }
        if !beside.is_empty() {
            write!(f, " beside={beside}")?;
        }
        match up {
            0 => Ok(()),
            up => write!(f, " up={up}"),
        }
    }
}

impl FromStr for Made {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut made = Self::default();
        for word in text.split_whitespace() {
            let (key, value) = word.split_once('=').ok_or(())?;
            let place = match key {
                "source" => &mut made.source,
                "lock" => &mut made.lock,
                "build" => &mut made.build,
                "rules" => &mut made.rules,
                "text" => &mut made.text,
                "kept" => &mut made.kept,
                // No way to another folder.
                "beside" if value.contains(['/', '\\']) => return Err(()),
                "beside" => &mut made.beside,
                "up" => {
                    made.up = value.parse().map_err(|_| ())?;
                    if made.up > MAX_UP {
                        return Err(());
                    }
                    continue;
                }
                _ => return Err(()),
            };
            value.clone_into(place);
        }
        Ok(made)
    }
}

/// The digest of a stanza's text, without layout and without lines that are
/// kept: who moves or indents it changes nothing.
#[must_use]
pub fn text_digest(body: &str) -> String {
    let ours: String = super::keep::ours(body)
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut words = String::new();
    for (kind, text) in rnix::tokenize(&ours) {
        let is_marker = text.starts_with(PREFIX);
        if kind == SyntaxKind::TOKEN_WHITESPACE || is_marker {
            continue;
        }
        words.push_str(match kind {
            SyntaxKind::TOKEN_COMMENT => text.trim(),
            _ => text,
        });
        words.push('\n');
    }
    Made::digest(words.as_bytes())
}
