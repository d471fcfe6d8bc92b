//! Parses requirements and markers (PEP 508) that strangers wrote.
//!
//! `pep508_rs` recurses into parentheses, and cuts the text between the bytes
//! of a letter that isn't ASCII in some of its messages. PEP 508 has no such
//! letters outside of strings and URLs, and in those they are escaped. It also
//! panics at names that end with a separator and aren't at the end of the text.

use std::str::FromStr;

use pep508_rs::{MarkerTree, Pep508Error, Requirement, VerbatimUrl};

/// Upper bound on parentheses within one another.
const MAX_DEPTH: usize = 100;

/// Parses a requirement.
///
/// # Errors
/// The message says what is wrong with the text.
pub fn parse_requirement(text: &str) -> Result<Requirement<VerbatimUrl>, String> {
    require_bounded(text)?;
    require_whole_names(text)?;
    let parsed: Result<_, Pep508Error<VerbatimUrl>> = Requirement::from_str(text);
    parsed.map_err(|error| error.message.to_string())
}

/// Parses a marker.
///
/// # Errors
/// The message says what is wrong with the text.
pub fn parse_marker(text: &str) -> Result<MarkerTree, String> {
    require_bounded(text)?;
    MarkerTree::from_str(text).map_err(|error| error.message.to_string())
}

fn require_bounded(text: &str) -> Result<(), String> {
    if let Some(letter) = text.chars().find(|c| !c.is_ascii()) {
        return Err(format!("`{}` isn't ASCII", letter.escape_unicode()));
    }
    let mut open = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'(' => open += 1,
            b')' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_DEPTH {
            return Err(format!("there are more than {MAX_DEPTH} open parentheses"));
        }
    }
    Ok(())
}

/// Refuses names of packages and extras that end with `-`, `_` or `.`.
fn require_whole_names(text: &str) -> Result<(), String> {
    const SEPARATORS: [char; 3] = ['-', '_', '.'];
    let text = text.trim_start();
    let is_part = |c: char| c.is_ascii_alphanumeric() || SEPARATORS.contains(&c);
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let extras = rest.trim_start().strip_prefix('[').unwrap_or_default();
    let extras = extras.split(']').next().unwrap_or_default();
    let extras = extras.split(|c: char| c == ',' || c.is_whitespace());
    match std::iter::once(name)
        .chain(extras)
        .find(|name| name.ends_with(SEPARATORS))
    {
        Some(name) => Err(format!(
            "the name `{name}` doesn't end with a letter or digit"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pep508_rs` 0.9.2 panics on most of these.
    #[test]
    fn names_that_end_with_a_separator_are_refused() {
        for text in [
            "a_",
            "a_>=1",
            " a. ; os_name == 'a'",
            "a-[b]",
            "a[b_]",
            "a [b, c-, d]",
            "a[b_ c]",
            "sys_s_=watf3'",
        ] {
            assert!(parse_requirement(text).is_err(), "{text}");
        }
        for text in [
            "a_b>=1",
            "a[b-c, d.e] @ https://example.org/x_-1",
            "a; os_name == 'b_'",
        ] {
            assert!(parse_requirement(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn usual_requirements_are_parsed() {
        let text = "a[b] >=1.0, <2 ; (os_name == 'posix' or extra == 'c') and python_version > '3'";
        assert!(parse_requirement(text).is_ok());
        assert!(parse_marker("sys_platform == 'linux'").is_ok());
        let url = "a @ https://example.org/%C3%A9.tar.gz";
        assert!(parse_requirement(url).is_ok());
    }

    /// `pep508_rs` 0.9.2 panics on some of these.
    #[test]
    fn letters_that_are_not_ascii_are_refused() {
        for text in ["os_name == 'a'é", "é", "os_name == 'é'", "os_name é"] {
            assert!(parse_marker(text).is_err(), "{text}");
            assert!(parse_requirement(&format!("a; {text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_parentheses_are_refused() {
        for depth in [MAX_DEPTH + 1, 100_000] {
            let marker = format!("{}os_name == 'a'{}", "(".repeat(depth), ")".repeat(depth));
            assert!(parse_marker(&marker).is_err());
            assert!(parse_requirement(&format!("a; {marker}")).is_err());
        }
        let marker = format!(
            "{}os_name == 'a'{}",
            "(".repeat(MAX_DEPTH),
            ")".repeat(MAX_DEPTH)
        );
        assert!(parse_marker(&marker).is_ok());
    }
}
