//! Finds secrets in text that is shown to people.

use std::ops::Range;

/// Words in the names of keys whose values are secrets.
const SECRET_WORDS: [&str; 7] = [
    "token", "password", "passwd", "secret", "api-key", "api_key", "apikey",
];

/// Returns the secrets in a text, in its order: the users and passwords of
/// addresses, and the values of keys that are called a token, password or the
/// like. They don't overlap.
pub fn secrets_in(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> = credentials_in(text).chain(secret_values(text)).collect();
    found.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Returns the users and passwords of addresses, without the `@` after them. The
/// name in `ssh://git@example.org` is none.
pub fn credentials_in(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("://").filter_map(move |(at, found)| {
        let start = at + found.len();
        let after = &text[start..];
        let is_end = |c: char| c == '/' || c.is_whitespace() || "'\"`<>?#".contains(c);
        let authority = &after[..after.find(is_end).unwrap_or(after.len())];
        let (user, _) = authority.rsplit_once('@')?;
        let is_name = text[..at].ends_with("ssh") && !user.contains(':');
        (!is_name).then(|| start..start + user.len())
    })
}

/// Returns the values in `token = "..."`, `"password": "..."`, `?api_key=...`.
fn secret_values(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices(['=', ':']).filter_map(move |(at, _)| {
        let before = text[..at].trim_end_matches([' ', '\t']);
        let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
        let name = before.rsplit(|c| !is_in_name(c)).next()?;
        let name = name.to_ascii_lowercase();
        if !SECRET_WORDS.iter().any(|word| name.ends_with(word)) {
            return None;
        }
        let rest = &text[at + 1..];
        let value = rest.trim_start_matches([' ', '\t', '=']);
        let start = at + 1 + (rest.len() - value.len());
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (start, value) = match quote {
            Some(quote) => {
                let inner = value.trim_start_matches(quote);
                (start + (value.len() - inner.len()), inner)
            }
            None => (start, value),
        };
        let end = match quote {
            Some(quote) => value.find([quote, '\n']),
            None => value.find(|c: char| c.is_whitespace() || "&\"',;)]}".contains(c)),
        };
        let end = start + end.unwrap_or(value.len());
        (end > start).then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<&str> {
        let secrets = secrets_in(text).into_iter();
        secrets.map(|range| &text[range]).collect()
    }

    #[test]
    fn users_and_passwords_of_addresses_are_secrets() {
        assert_eq!(hidden("a https://u:p@h/x@y b"), ["u:p"]);
        assert_eq!(hidden("git+https://t0ken@h"), ["t0ken"]);
        assert_eq!(hidden("ssh://git@h, ssh://u:p@h, https://h/a@b"), ["u:p"]);
    }

    #[test]
    fn values_of_keys_that_sound_secret_are_secrets() {
        assert_eq!(hidden("token = \"abc\" # x"), ["abc"]);
        assert_eq!(hidden("{ 'MY_API_KEY': 'a b', x: 1 }"), ["a b"]);
        assert_eq!(hidden("{\"password\":\"abc\"}"), ["abc"]);
        assert_eq!(hidden("https://h/?a=b&access_token=abc&c=d"), ["abc"]);
        assert_eq!(hidden("url = \"https://u:p@h/?token=abc\""), ["u:p", "abc"]);
        assert_eq!(hidden("token = \"not closed\nnext = 1"), ["not closed"]);
        assert!(hidden("token = \ntokenizer = \"x\" sha256:abc").is_empty());
    }
}
