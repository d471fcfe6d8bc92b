//! Nix expressions of the user that go into a stanza.

use std::str::FromStr;

use rnix::SyntaxKind;
use serde::{Deserialize, Serialize};

use super::parse::{describe, is_too_deep};

/// A Nix expression that the user wrote. Its text is a single expression
/// without comments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserExpr(String);

impl UserExpr {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserExpr {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<UserExpr> for String {
    fn from(expr: UserExpr) -> Self {
        expr.0
    }
}

impl FromStr for UserExpr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_too_deep(text) {
            return Err("it is nested too deeply".to_owned());
        }
        let parsed = rnix::Root::parse(text);
        if let Some(error) = parsed.errors().first() {
            let error = describe(error, text);
            return Err(format!("not a Nix expression: {error}"));
        }
        let mut tokens = parsed.syntax().descendants_with_tokens();
        // A comment at the end would swallow what is printed after it.
        if tokens.any(|token| token.kind() == SyntaxKind::TOKEN_COMMENT) {
            return Err("it contains a comment".to_owned());
        }
        Ok(Self(text.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_a_single_expression_is_refused() {
        let parse = |text: &str| text.parse::<UserExpr>().map(|expr| expr.0);
        let rust = " pkgs.rust-bin.stable.latest.default ";
        assert_eq!(parse(rust).unwrap(), rust.trim());
        assert!(parse("(import ./rust.nix { }).toolchain").is_ok());
        for wrong in [
            "",
            "a; b = 1",
            "a }",
            "a # why",
            "a /* why */",
            "let a = 1;",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
