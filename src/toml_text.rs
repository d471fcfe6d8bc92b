//! Parses TOML that strangers wrote, within limits.
//!
//! A parsed value takes up to a hundred times the memory of its text, and code
//! that walks tables recurses into them. Tokens are counted first, which takes
//! no memory; texts with many of them are parsed one at a time.

use std::sync::{Mutex, PoisonError};

use serde::de::{DeserializeOwned, Error as _};
use toml::de::{DeTable, Error};
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

/// Parses a manifest or a configuration.
///
/// # Errors
/// Fails if the text isn't TOML of this type, or has too much in it.
pub fn parse_manifest<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    within(text, MANIFEST_TOKENS, || toml::from_str(text))
}

/// Parses a lockfile.
///
/// # Errors
/// See [`parse_manifest`].
pub fn parse_lock<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    within(text, LOCK_TOKENS, || toml::from_str(text))
}

/// Parses a lockfile, and reads what is wanted from its table.
///
/// # Errors
/// Fails if the text isn't TOML, or has too much in it, or if `read` does.
pub fn read_lock<T, E: From<Error>>(
    text: &str,
    read: impl FnOnce(&DeTable) -> Result<T, E>,
) -> Result<T, E> {
    within(text, LOCK_TOKENS, || read(DeTable::parse(text)?.get_ref()))
}

/// Checks that a text can be parsed by something else.
///
/// # Errors
/// Fails if it has too much in it.
pub fn require_bounded(text: &str) -> Result<(), Error> {
    within(text, MANIFEST_TOKENS, || Ok(()))
}

fn within<T, E: From<Error>>(
    text: &str,
    limit: usize,
    parse: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let count = count(text, limit).map_err(|excess| E::from(excess.error()))?;
    let _turn = (count > LARGE).then(|| {
        let turn = ONE_AT_A_TIME.lock();
        turn.unwrap_or_else(PoisonError::into_inner)
    });
    parse()
}

/// What a text has too much of.
#[derive(Debug, PartialEq, Eq)]
struct Excess {
    message: &'static str,
    line: usize,
}

impl Excess {
    fn error(self) -> Error {
        Error::custom(format!("{} (line {})", self.message, self.line))
    }
}

/// Counts the tokens of a text.
fn count(text: &str, limit: usize) -> Result<usize, Excess> {
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
        let before = text.bytes().take(token.span().start());
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        return Err(Excess { message, line });
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
            assert!(error.message().contains("nested"), "{error}");
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
    fn long_texts_of_usual_shape_are_fine() {
        let tables = (0..2000).map(|i| format!("[a.b{i}]\nc = {{ d.e = [1.5, \"x.y.z\"] }}\n"));
        let text = tables.collect::<Vec<_>>().concat();
        assert!(parse_manifest::<toml::Table>(&text).is_ok());
    }
}
