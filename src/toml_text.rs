//! Parses TOML that strangers wrote, within limits.
//!
//! A parsed value takes up to a hundred times the memory of its text, and code
//! that walks tables recurses into them. Tokens are counted first, which takes
//! no memory; texts with many of them are parsed one at a time.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Upper bound on the tokens of a manifest. The largest ones have a tenth.
const MANIFEST_TOKENS: usize = 250_000;
/// Upper bound on the tokens of a lockfile, which is read entry by entry.
const LOCK_TOKENS: usize = 2_000_000;
/// A text with more tokens waits until no other one like it is parsed.
const LARGE: usize = 60_000;
/// Upper bound on nested arrays and inline tables, and on the parts of a key.
const MAX_DEPTH: usize = 80;

/// What is wrong with a TOML text, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct TomlError {
    /// In one line.
    pub message: String,
    /// The bytes that it is about.
    pub span: Option<Range<usize>>,
}

impl From<toml::de::Error> for TomlError {
    fn from(error: toml::de::Error) -> Self {
        Self {
            message: error.message().trim().replace('\n', " "),
            span: error.span(),
        }
    }
}

/// Parses a manifest or a configuration.
///
/// # Errors
/// Fails if the text isn't TOML of this type, or has too much in it.
pub fn parse_manifest<T: DeserializeOwned>(text: &str) -> Result<T, TomlError> {
    within(text, MANIFEST_TOKENS, || Ok(toml::from_str(text)?))
}

/// Parses a lockfile.
///
/// # Errors
/// See [`parse_manifest`].
pub fn parse_lock<T: DeserializeOwned>(text: &str) -> Result<T, TomlError> {
    within(text, LOCK_TOKENS, || Ok(toml::from_str(text)?))
}

/// Parses a lockfile, and reads what is wanted from its table.
///
/// # Errors
/// Fails if the text isn't TOML, or has too much in it, or if `read` does.
pub fn read_lock<T, E: From<TomlError>>(
    text: &str,
    read: impl FnOnce(&DeTable) -> Result<T, E>,
) -> Result<T, E> {
    within(text, LOCK_TOKENS, || {
        let table = DeTable::parse(text).map_err(TomlError::from)?;
        read(table.get_ref())
    })
}

/// Returns where the value of a key is, in bytes. Each name but the last is that
/// of a table. `None` if it isn't there, or if the text isn't TOML.
pub fn span_of(text: &str, path: &[&str]) -> Option<Range<usize>> {
    find_value(text, path, |value| Some(value.span()))
}

/// Likewise of the first text in a list for which `is_it` holds.
pub fn span_of_item(
    text: &str,
    path: &[&str],
    is_it: impl Fn(&str) -> bool,
) -> Option<Range<usize>> {
    find_value(text, path, |value| {
        let mut items = value.get_ref().as_array()?.iter();
        let item = items.find(|item| item.get_ref().as_str().is_some_and(&is_it))?;
        Some(item.span())
    })
}

fn find_value<T>(
    text: &str,
    path: &[&str],
    read: impl FnOnce(&Spanned<DeValue>) -> Option<T>,
) -> Option<T> {
    let parsed: Result<_, TomlError> = read_lock(text, |table| {
        let (last, tables) = path.split_last().unwrap_or((&"", &[]));
        let mut found = Some(table);
        for name in tables {
            found = found.and_then(|table| table.get(*name)?.get_ref().as_table());
        }
        Ok(found.and_then(|table| read(table.get(*last)?)))
    });
    parsed.ok().flatten()
}

/// Checks that a text can be parsed by something else.
///
/// # Errors
/// Fails if it has too much in it.
pub fn require_bounded(text: &str) -> Result<(), TomlError> {
    within(text, MANIFEST_TOKENS, || Ok(()))
}

fn within<T, E: From<TomlError>>(
    text: &str,
    limit: usize,
    parse: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let count = count(text, limit)?;
    let _turn = (count > LARGE).then(|| {
        let turn = ONE_AT_A_TIME.lock();
        turn.unwrap_or_else(PoisonError::into_inner)
    });
    parse()
}

/// Counts the tokens of a text.
fn count(text: &str, limit: usize) -> Result<usize, TomlError> {
    let (mut tokens, mut open, mut dots) = (0, 0_usize, 0);
    for token in Source::new(text).lex() {
        tokens += 1;
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open = open.saturating_sub(1);
            }
            TokenKind::Dot => dots += 1,
            TokenKind::Equals | TokenKind::Comma | TokenKind::Newline => dots = 0,
            _ => {}
        }
        let message = if open > MAX_DEPTH || dots > MAX_DEPTH {
            "it is nested too deeply"
        } else if tokens > limit {
            "it has too many values"
        } else {
            continue;
        };
        return Err(TomlError {
            message: message.to_owned(),
            span: Some(token.span().start()..token.span().end()),
        });
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_texts_are_refused_before_they_are_parsed() {
        let many = 100_000;
        for deep in [
            format!("a = {}", "[".repeat(many)),
            format!("a = {}", "{a=".repeat(many)),
            format!("{}a = 1", "a.".repeat(many)),
            format!("[{}a]", "a.".repeat(many)),
            format!("a = {{{}a = 1}}", "a.".repeat(many)),
        ] {
            let error = parse_manifest::<toml::Table>(&deep).unwrap_err();
            assert!(error.message.contains("nested"), "{error}");
        }
    }

    #[test]
    fn a_text_with_many_tokens_is_no_manifest_but_may_be_a_lock() {
        let text = format!("a = [{}]", "1,".repeat(MANIFEST_TOKENS / 2));
        assert!(parse_manifest::<toml::Table>(&text).is_err());
        assert!(parse_lock::<toml::Table>(&text).is_ok());
        let text = format!("a = [{}]", "1,".repeat(LOCK_TOKENS / 2));
        assert!(parse_lock::<toml::Table>(&text).is_err());
    }

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "a = 1\n[b.c]\nd = ['x', 2, 'y']\n";
        let shown = |span: Option<Range<usize>>| span.map(|span| &text[span]);
        assert_eq!(shown(span_of(text, &["a"])), Some("1"));
        assert_eq!(
            shown(span_of(text, &["b", "c", "d"])),
            Some("['x', 2, 'y']")
        );
        assert_eq!(shown(span_of(text, &["a", "c"])), None);
        let item = |name: &str| span_of_item(text, &["b", "c", "d"], |item| item == name);
        assert_eq!(shown(item("y")), Some("'y'"));
        assert_eq!(shown(item("z")), None);
        assert_eq!(span_of("a = ", &["a"]), None);
    }

    #[test]
    fn long_texts_of_usual_shape_are_fine() {
        let tables = (0..2000).map(|i| format!("[a.b{i}]\nc = {{ d.e = [1.5, \"x.y.z\"] }}\n"));
        let text = tables.collect::<Vec<_>>().concat();
        assert!(parse_manifest::<toml::Table>(&text).is_ok());
    }
}
