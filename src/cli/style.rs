//! Colours, and escaping for text from untrusted files.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Places in files, and what is around the lines of one.
pub(super) const PLACE: Style = AnsiColor::BrightBlue.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// How much of a piece of text is shown, in characters: names and messages of
/// untrusted files can be of any length.
const MAX_SHOWN: usize = 4000;

/// Escapes text from untrusted files for a place within a line, and cuts it if
/// it is very long.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_SHOWN));
    for (count, c) in text.chars().enumerate() {
        if count == MAX_SHOWN {
            out.push_str("...");
            break;
        }
        push_escaped(&mut out, c);
    }
    out
}

/// Escapes what a terminal would obey, or a reader wouldn't see, in a text of
/// several lines. Our own styles are kept.
pub(super) fn for_terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let style = our_style(rest);
        if style > 0 {
            out.push_str(&rest[..style]);
        } else if matches!(c, '\n' | '\t') {
            out.push(c);
        } else {
            push_escaped(&mut out, c);
        }
        rest = &rest[style.max(c.len_utf8())..];
    }
    out
}

/// Likewise for lines of a file, in which no style is ours.
pub(super) fn escaped_data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\t') {
            out.push(c);
        } else {
            push_escaped(&mut out, c);
        }
    }
    out
}

/// Returns the length of a style at the beginning of a text: `ESC [`, digits
/// and semicolons, `m`. It can only change the look of what follows.
fn our_style(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\x1b[") else {
        return 0;
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
    match end {
        Some(end) if rest[end..].starts_with('m') => "\x1b[m".len() + end,
        _ => 0,
    }
}

fn push_escaped(out: &mut String, c: char) {
    if is_unseen(c) {
        let _ = write!(out, "{}", c.escape_default());
    } else {
        out.push(c);
    }
}

/// Whether a character controls the terminal, changes the direction of text,
/// separates lines, or isn't shown at all, by Unicode's own properties.
fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_hidden = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    );
    is_hidden
        || CodePointSetData::new::<BidiControl>().contains(c)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped() {
        for c in [
            '\x1b',
            '\x07',
            '\r',
            '\n',
            '\u{9b}',
            '\u{202e}',
            '\u{2066}',
            '\u{200b}',
            '\u{feff}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{2028}',
            '\u{2029}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{115f}',
            '\u{e000}',
            '\u{7f}',
        ] {
            let shown = plain(&format!("a{c}b"));
            assert!(shown.is_ascii() && shown.len() > 3, "{shown}");
        }
        assert_eq!(plain("é ü 漢字 ∀ 🦀"), "é ü 漢字 ∀ 🦀");
    }

    #[test]
    fn text_for_a_terminal_keeps_lines_and_styles_alone() {
        let text = format!("{ERROR}a{ERROR:#}\tb\n\x1b]0;t\x07\x1b[2J\x1b[31");
        let shown = for_terminal(&text);
        let escaped = "\\u{1b}]0;t\\u{7}\\u{1b}[2J\\u{1b}[31";
        assert_eq!(shown, format!("{ERROR}a{ERROR:#}\tb\n{escaped}"));
    }

    #[test]
    fn long_text_is_cut() {
        let shown = plain(&"é".repeat(1 << 20));
        assert!(shown.ends_with("é...") && shown.chars().count() == MAX_SHOWN + 3);
    }
}
