//! Addresses as they may be shown: without a user's name and password.

/// Takes `user:password@` out of every address in a text.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + "://".len());
        shown.push_str(before);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '`' | '\'' | '"');
        let end = after.find(is_end).unwrap_or(after.len());
        let from = after[..end].rfind('@').map_or(0, |at| at + 1);
        rest = &after[from..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_left_out() {
        for (text, shown) in [
            ("https://example.org/a@b", "https://example.org/a@b"),
            ("https://me:secret@example.org/", "https://example.org/"),
            ("x http://a@b, ssh://git:p@ss@c/d", "x http://b, ssh://c/d"),
            ("'https://me:secret@h'", "'https://h'"),
            ("no address: a@b", "no address: a@b"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
