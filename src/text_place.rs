//! Places in text files, for errors that show them.
//!
//! A place has a copy of the lines that it is in, shortened and without
//! secrets, since an error outlives the file that it is about.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::secrets::secrets_in;

/// Upper bound on the lines of an excerpt. Of a longer part, the first line is
/// shown.
const MAX_LINES: usize = 6;
/// Upper bound on the bytes of an excerpt of several lines.
const MAX_LENGTH: usize = 2_000;
/// How much of a long line is kept before and after the beginning of the marked
/// part, in bytes.
const AROUND: usize = 400;
/// Replaces a secret.
const HIDDEN: &str = "***";
/// Stands for the part of a long line that was left out.
const CUT: &str = "...";

/// A file, or a place in it. `Display` gives `FILE` or `FILE:LINE:COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPlace {
    /// The file, as messages name it.
    file: String,
    excerpt: Option<Excerpt>,
}

/// Some lines of a file, with a part of them marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The line in which the marked part begins, from 1.
    pub line: usize,
    /// The column in which it begins, in characters, from 1.
    pub column: usize,
    /// The lines with the marked part, without the last line break.
    pub text: String,
    /// The marked part, in bytes of `text`.
    pub marked: Range<usize>,
}

impl TextPlace {
    /// Makes the place of a whole file.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            excerpt: None,
        }
    }

    /// Makes the place of a part of a file's text, in bytes. What is outside of
    /// the text counts as its end.
    #[must_use]
    pub fn span(file: &str, text: &str, part: Range<usize>) -> Self {
        Self {
            file: file.to_owned(),
            excerpt: Some(Excerpt::new(text, part)),
        }
    }

    /// Makes the place of a part, or of the whole file where it isn't known.
    #[must_use]
    pub fn span_or_file(file: &str, text: &str, part: Option<Range<usize>>) -> Self {
        match part {
            Some(part) => Self::span(file, text, part),
            None => Self::file(file),
        }
    }

    /// Makes the place of a line, counted from 1: what is on it, without the
    /// white space around it. With a column, also from 1, it begins there.
    #[must_use]
    pub fn line_of(file: &str, text: &str, line: usize, column: Option<usize>) -> Self {
        let mut lines = text.split_inclusive('\n');
        let start: usize = lines
            .by_ref()
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let line = lines.next().unwrap_or_default();
        let code = line.trim_end();
        let indentation = code.len() - code.trim_start().len();
        let part = match column {
            Some(column) => {
                let mut places = line.char_indices().map(|(at, _)| at);
                let at = places.nth(column.saturating_sub(1)).unwrap_or(code.len());
                start + at..start + at
            }
            None => start + indentation..start + code.len(),
        };
        Self::span(file, text, part)
    }

    /// The file, as messages name it.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file
    }

    /// The lines of the place; `None` for a whole file.
    #[must_use]
    pub const fn excerpt(&self) -> Option<&Excerpt> {
        self.excerpt.as_ref()
    }

    /// The line in which the place begins, from 1; `None` for a whole file.
    #[cfg(test)]
    pub fn line(&self) -> Option<usize> {
        self.excerpt.as_ref().map(|excerpt| excerpt.line)
    }
}

impl fmt::Display for TextPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.excerpt {
            Some(excerpt) => write!(f, "{}:{}:{}", self.file, excerpt.line, excerpt.column),
            None => f.write_str(&self.file),
        }
    }
}

impl Excerpt {
    fn new(text: &str, part: Range<usize>) -> Self {
        let part = on_lines(text, part);
        let line_start = text[..part.start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = end_of_line(text, part.start);
        let end = end_of_line(text, part.end);
        let lines = text[line_start..end].lines().count();
        let is_whole = lines <= MAX_LINES && end - line_start <= MAX_LENGTH;
        let (end, marked_end) = if is_whole {
            (end, part.end)
        } else {
            (line_end, part.end.min(line_end))
        };
        let marked = part.start - line_start..marked_end - line_start;
        let (shown, marked) = without_secrets(&text[line_start..end], marked);
        let (text_shown, marked) = shortened(&shown, marked);
        Self {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..part.start].chars().count() + 1,
            text: text_shown,
            marked,
        }
    }
}

/// Returns a part that begins and ends on lines: neither within a character nor
/// in a line break, nor after the last line.
fn on_lines(text: &str, part: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(part.start);
    let end = text.ceil_char_boundary(part.end.max(start));
    let is_behind = start == text.len() && text.ends_with('\n');
    let start = if is_behind {
        text.trim_end_matches(['\r', '\n']).len()
    } else {
        start.min(end_of_line(text, start))
    };
    let kept = text[start..end.max(start)].trim_end_matches(['\r', '\n']);
    start..start + kept.len()
}

/// Returns where the line of an offset ends, before its line break.
fn end_of_line(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let length = rest.find('\n').unwrap_or(rest.len());
    let line = &text[..at + length];
    line.strip_suffix('\r').map_or(line.len(), str::len)
}

/// Replaces secrets, and moves the marked part with the text.
fn without_secrets(text: &str, marked: Range<usize>) -> (String, Range<usize>) {
    let mut shown = String::with_capacity(text.len());
    let mut moved = marked.clone();
    let mut done = 0;
    for secret in secrets_in(text) {
        shown.push_str(&text[done..secret.start]);
        let start = shown.len();
        shown.push_str(HIDDEN);
        for (old, new) in [
            (marked.start, &mut moved.start),
            (marked.end, &mut moved.end),
        ] {
            if old >= secret.end {
                *new = shown.len() + (old - secret.end);
            } else if old > secret.start {
                *new = start;
            }
        }
        done = secret.end;
    }
    shown.push_str(&text[done..]);
    (shown, moved.start..moved.end.max(moved.start))
}

/// Cuts a long line on both sides of the beginning of the marked part.
fn shortened(text: &str, marked: Range<usize>) -> (String, Range<usize>) {
    if text.contains('\n') {
        return (text.to_owned(), marked);
    }
    let start = text.floor_char_boundary(marked.start.saturating_sub(AROUND));
    let end = text.ceil_char_boundary(marked.start + AROUND);
    let before = if start > 0 { CUT } else { "" };
    let after = if end < text.len() { CUT } else { "" };
    let moved = |at: usize| at.min(end) - start + before.len();
    let shown = format!("{before}{}{after}", &text[start..end]);
    (shown, moved(marked.start)..moved(marked.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place's `LINE:COLUMN`, and its excerpt with `[` and `]` around what
    /// is marked.
    fn shown(text: &str, part: Range<usize>) -> String {
        let place = TextPlace::span("f", text, part);
        let Excerpt { text, marked, .. } = place.excerpt().cloned().unwrap();
        let (before, rest) = text.split_at(marked.start);
        let (inside, after) = rest.split_at(marked.len());
        format!("{place} {before}[{inside}]{after}")
    }

    #[test]
    fn a_part_of_a_line_has_the_whole_line() {
        assert_eq!(shown("a = 1\nbc = 2\n", 11..12), "f:2:6 bc = [2]");
        assert_eq!(shown("a = 1\nbc = 2\n", 6..6), "f:2:1 []bc = 2");
        assert_eq!(
            shown("\u{e9}\u{6f22} = x", 8..9),
            "f:1:6 \u{e9}\u{6f22} = [x]"
        );
    }

    #[test]
    fn line_breaks_are_not_marked() {
        for text in ["a = \nb", "a = \r\nb"] {
            assert_eq!(shown(text, 4..5), "f:1:5 a = []");
            assert_eq!(shown(text, 5..5).lines().count(), 1);
        }
        assert_eq!(shown("ab\r\ncd\r\n", 0..6), "f:1:1 [ab\r\ncd]");
    }

    #[test]
    fn the_end_of_a_file_is_the_end_of_its_last_line() {
        for text in ["a = [1", "a = [1\n", "a = [1\r\n", "a = [1\n\n"] {
            let end = text.len();
            assert_eq!(shown(text, end..end), "f:1:7 a = [1[]", "{text:?}");
        }
        assert_eq!(shown("", 0..0), "f:1:1 []");
        assert_eq!(shown("ab", 7..9), "f:1:3 ab[]");
    }

    #[test]
    fn a_part_may_have_several_lines() {
        let text = "x\na = {\n  b = 1\n}\ny\n";
        assert_eq!(shown(text, 6..17), "f:2:5 a = [{\n  b = 1\n}]");
        let many = format!("x\na = [\n{}]\n", "  1,\n".repeat(100));
        assert_eq!(shown(&many, 6..many.len() - 1), "f:2:5 a = [[]");
        let long = format!("a = {{\n  b = \"{}\"\n}}\n", "b".repeat(1 << 20));
        assert_eq!(shown(&long, 4..long.len() - 1), "f:1:5 a = [{]");
    }

    #[test]
    fn a_long_line_is_cut_around_the_part() {
        let long = format!(
            "{}[x{}",
            "\u{e9}".repeat(1 << 20),
            "\u{6f22}".repeat(1 << 20)
        );
        let at = 2 << 20;
        let place = TextPlace::span("f", &long, at..at + 2);
        let excerpt = place.excerpt().unwrap();
        assert!(excerpt.text.len() < 2 * AROUND + 20, "{}", excerpt.text);
        assert!(excerpt.text.starts_with("...\u{e9}") && excerpt.text.ends_with("\u{6f22}..."));
        assert_eq!(&excerpt.text[excerpt.marked.clone()], "[x");
        assert_eq!(excerpt.column, (1 << 20) + 1);
        let all = TextPlace::span("f", &long, at..long.len());
        let Excerpt { text, marked, .. } = all.excerpt().unwrap();
        assert!(text[marked.clone()].starts_with("[x") && marked.len() < AROUND + 4);
    }

    #[test]
    fn parts_within_a_character_are_widened() {
        assert_eq!(shown("\u{6f22}b", 1..2), "f:1:1 [\u{6f22}]b");
    }

    #[test]
    fn a_line_is_marked_without_its_white_space() {
        let text = "a\n\tb = c \r\nd";
        let place = |line, column| TextPlace::line_of("f", text, line, column);
        assert_eq!(place(2, None), TextPlace::span("f", text, 3..8));
        assert_eq!(place(2, Some(2)), TextPlace::span("f", text, 3..3));
        assert_eq!(place(3, None).to_string(), "f:3:1");
        assert_eq!(place(2, Some(99)), TextPlace::span("f", text, 8..8));
        assert_eq!(place(9, None), TextPlace::span("f", text, 12..12));
    }

    #[test]
    fn secrets_are_not_kept() {
        let text = "url = \"https://ada:sesame@example.org/a\" x";
        let at = text.find('x').unwrap_or_default();
        let at = text[at + 1..].find('x').map_or(at, |more| at + 1 + more);
        let end = text.len() - 1;
        assert!(at <= end);
        assert_eq!(
            shown(text, end..text.len()),
            format!("f:1:{} url = \"https://***@example.org/a\" [x]", end + 1)
        );
        // The marked part is, or begins in, the secret.
        for part in [15..25, 18..30, 15..16] {
            let shown = shown(text, part);
            assert!(
                !shown.contains("ada") && !shown.contains("sesame"),
                "{shown}"
            );
        }
        // A secret isn't cut before it is recognised.
        let long = format!("https://ada:{}@example.org/ x", "s".repeat(2000));
        let shown = shown(&long, long.len() - 1..long.len());
        assert!(!shown.contains("ss"), "{shown}");
    }
}
