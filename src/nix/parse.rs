//! Parsing Nix that somebody else wrote.

use rnix::SyntaxKind;

/// So many expressions may stand in one another, or in one chain of operators
/// or arguments, of which each stands in the next: whatever walks through the
/// tree goes that deep. No file that was written for people comes near.
const MAX_DEPTH: usize = 2_000;

/// Whether a text is nested more deeply than can be parsed: it is read as
/// tokens alone, which is a loop.
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
        depth -= closed.map_or(0, |level| level.count);
        let Some(level) = open.last_mut() else {
            continue;
        };
        let before = level.count;
        let opens = level.take(kind);
        depth = depth + level.count - before;
        if let Some(opens) = opens {
            depth += opens.count;
            open.push(opens);
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// A bracket that is open, or a `let`.
#[derive(Default)]
struct Level {
    /// What stands in one another in it, at the most.
    count: usize,
    /// The items of a list stand beside one another.
    is_list: bool,
    /// So many semicolons end no expression: those of `with` and `assert`.
    inner_semicolons: usize,
}

impl Level {
    /// Takes a token up, and gives the level that it opens.
    fn take(&mut self, kind: SyntaxKind) -> Option<Self> {
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
                count: 1,
                is_list: kind == SyntaxKind::TOKEN_L_BRACK,
                inner_semicolons: 0,
            }),
            SyntaxKind::TOKEN_SEMICOLON if self.inner_semicolons > 0 => {
                self.inner_semicolons -= 1;
                None
            }
            SyntaxKind::TOKEN_SEMICOLON | SyntaxKind::TOKEN_COMMA => {
                self.count = 0;
                None
            }
            _ => {
                let is_prefix = matches!(kind, SyntaxKind::TOKEN_WITH | SyntaxKind::TOKEN_ASSERT);
                self.inner_semicolons += usize::from(is_prefix);
                self.count += usize::from(!self.is_list);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_one_another_is_counted() {
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

    /// On a thread, whose stack is smaller than the program's.
    #[test]
    fn what_is_not_too_deep_can_be_walked_through() {
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
    fn what_stands_beside_one_another_is_not() {
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
        // Closed too often.
        assert!(!is_too_deep("}}]]))"));
    }
}
