//! Parses Nix from files that the user wrote, within a limit.

use std::ops::Range;

use rnix::{ParseError, SyntaxKind, ast};

/// Upper bound on nested expressions. Operators and arguments in a chain nest
/// too: each is an operand of the next. Code that walks a syntax tree recurses
/// this deep; files written by people stay far below.
const MAX_DEPTH: usize = 2_000;

/// Returns `None` if the text is not valid Nix or is nested too deeply.
pub(super) fn parse(text: &str) -> Option<ast::Root> {
    if is_too_deep(text) {
        return None;
    }
    let parsed = rnix::Root::parse(text);
    parsed.errors().is_empty().then(|| parsed.tree())
}

/// Describes an error of the parser in words like those of Nix.
pub(crate) fn describe(error: &ParseError, text: &str) -> String {
    const MOST: usize = 20;
    match error {
        ParseError::Unexpected(range)
        | ParseError::UnexpectedExtra(range)
        | ParseError::UnexpectedWanted(_, range, _) => {
            let found = text.get(Range::<usize>::from(*range)).unwrap_or_default();
            let word: String = found
                .trim_start()
                .chars()
                .take_while(|c| !c.is_whitespace())
                .take(MOST)
                .collect();
            if word.is_empty() {
                "syntax error".to_owned()
            } else {
                format!("syntax error, unexpected `{word}`")
            }
        }
        ParseError::UnexpectedEOF | ParseError::UnexpectedEOFWanted(_) => {
            "syntax error, unexpected end of file".to_owned()
        }
        ParseError::UnexpectedDoubleBind(_) => "syntax error, the second `@` name".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether a text is nested too deeply to be parsed. It is only split into
/// tokens, which needs no recursion.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let mut open = vec![Level::default()];
    let mut depth = 0;
    for (kind, _) in rnix::tokenize(text) {
        let closed = match kind {
            SyntaxKind::TOKEN_R_BRACE
            | SyntaxKind::TOKEN_R_PAREN
            | SyntaxKind::TOKEN_INTERPOL_END
            | SyntaxKind::TOKEN_R_BRACK
            | SyntaxKind::TOKEN_IN
                if open.len() > 1 =>
            {
                open.pop()
            }
            _ => None,
        };
        depth -= closed.map_or(0, |level| level.depth);
        let Some(level) = open.last_mut() else {
            continue;
        };
        let before = level.depth;
        let opened = level.add_token(kind);
        depth = depth + level.depth - before;
        if let Some(opened) = opened {
            depth += opened.depth;
            open.push(opened);
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// An open bracket or `let`.
#[derive(Default)]
struct Level {
    /// Upper bound on how deeply the tokens since the last `;` or `,` nest.
    depth: usize,
    /// The items of a list don't nest in one another.
    is_list: bool,
    /// How many semicolons belong to an open `with` or `assert`, and so end
    /// no binding.
    inner_semicolons: usize,
}

impl Level {
    /// Returns the level that the token opens.
    fn add_token(&mut self, kind: SyntaxKind) -> Option<Self> {
        match kind {
            SyntaxKind::TOKEN_WHITESPACE
            | SyntaxKind::TOKEN_COMMENT
            | SyntaxKind::TOKEN_R_BRACE
            | SyntaxKind::TOKEN_R_PAREN
            | SyntaxKind::TOKEN_INTERPOL_END
            | SyntaxKind::TOKEN_R_BRACK => None,
            SyntaxKind::TOKEN_L_BRACE
            | SyntaxKind::TOKEN_L_PAREN
            | SyntaxKind::TOKEN_INTERPOL_START
            | SyntaxKind::TOKEN_L_BRACK
            | SyntaxKind::TOKEN_LET => Some(Self {
                depth: 1,
                is_list: kind == SyntaxKind::TOKEN_L_BRACK,
                inner_semicolons: 0,
            }),
            SyntaxKind::TOKEN_SEMICOLON if self.inner_semicolons > 0 => {
                self.inner_semicolons -= 1;
                None
            }
            SyntaxKind::TOKEN_SEMICOLON | SyntaxKind::TOKEN_COMMA => {
                self.depth = 0;
                None
            }
            _ => {
                let is_prefix = matches!(kind, SyntaxKind::TOKEN_WITH | SyntaxKind::TOKEN_ASSERT);
                self.inner_semicolons += usize::from(is_prefix);
                self.depth += usize::from(!self.is_list);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_nesting_is_counted() {
        let many = MAX_DEPTH * 2;
        for deep in [
            "[".repeat(many),
            "(".repeat(many),
            "{ a = ".repeat(many),
            "!".repeat(many),
            "a: ".repeat(many),
            "let a = 1; in ".repeat(many),
            "with a; ".repeat(many),
            "assert a; ".repeat(many),
            "a ++ ".repeat(many),
            "f ".repeat(many),
            "\"${".repeat(many),
        ] {
            assert!(is_too_deep(&deep), "{}", &deep[..16]);
        }
    }

    /// Tests run on threads, whose stacks are smaller than the main thread's.
    #[test]
    fn text_below_the_limit_can_be_walked_recursively() {
        let most = MAX_DEPTH - 1;
        for text in [
            format!("{}1{}", "[".repeat(most), "]".repeat(most)),
            format!("{}a", "!".repeat(most)),
            format!("{}a", "a ++ ".repeat(most / 2)),
            "f ".repeat(most),
        ] {
            assert!(!is_too_deep(&text));
            let parsed = rnix::Root::parse(&text);
            assert!(parsed.errors().is_empty(), "{}", &text[..16]);
            assert!(parsed.syntax().descendants().count() > most / 2);
        }
    }

    #[test]
    fn errors_are_described_in_words() {
        for (text, message) in [
            ("{ a = ; }", "syntax error, unexpected `;`"),
            ("{ a = 1;", "syntax error, unexpected end of file"),
            ("a; b", "syntax error, unexpected `;`"),
            ("a@{ }@b: a", "syntax error, the second `@` name"),
        ] {
            let parsed = rnix::Root::parse(text);
            let told = parsed.errors().first().map(|error| describe(error, text));
            assert_eq!(told.as_deref(), Some(message), "{text}");
        }
    }

    #[test]
    fn long_flat_text_is_not_deep() {
        let many = MAX_DEPTH * 2;
        for flat in [
            format!("{{ {} }}", "a = [ b ]; ".repeat(many)),
            format!("{{ {} }}", "a = with b; let c = 1; in c; ".repeat(many)),
            format!("[ {} ]", "a.b ".repeat(many)),
            format!("{{ {} }}: a", "a, ".repeat(many)),
            "# a\n".repeat(many),
        ] {
            assert!(!is_too_deep(&flat), "{}", &flat[..16]);
        }
        // More brackets are closed than opened.
        assert!(!is_too_deep("}}]]))"));
    }
}
