//! What a request is authorised with.

use std::fmt;

use data_encoding::BASE64;
use serde::Deserialize;

/// A secret, which `Debug` doesn't show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    pub(in crate::io) const fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text that is sent.
    pub(in crate::io) fn secret(&self) -> &str {
        &self.0
    }

    /// Makes a token for HTTP's basic authentication.
    pub(in crate::io) fn basic(user: &str, password: &str) -> Self {
        let pair = format!("{user}:{password}");
        Self(format!("Basic {}", BASE64.encode(pair.as_bytes())))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}
