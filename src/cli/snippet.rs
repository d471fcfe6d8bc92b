//! The lines of a file that an error or a warning is about, with carets.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::style::{ERROR, PLACE, WARNING, escaped_data, plain};
use crate::text_place::{Excerpt, TextPlace};
use crate::warning;

/// The narrowest terminal that lines are laid out for.
const MIN_COLUMNS: usize = 20;

/// Where messages go, and so how places are shown in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A pipe or file: nothing but the message, `FILE:LINE:COLUMN: ...`.
    OneLine,
    /// A terminal of this width: the source line is shown below the message.
    Terminal { columns: usize },
}

impl Layout {
    /// Returns an error's message, without the place in front of it where
    /// [`Layout::snippet`] shows that.
    pub(super) fn message(self, message: &str, place: Option<&TextPlace>) -> String {
        let is_shown = self != Self::OneLine;
        let shown = place.filter(|place| is_shown && place.excerpt().is_some());
        let rest = shown.and_then(|place| message.strip_prefix(&format!("{place}: ")));
        rest.unwrap_or(message).to_owned()
    }

    /// Returns the lines of a place with carets, on a terminal.
    pub(super) fn snippet(self, place: Option<&TextPlace>, level: warning::Level) -> String {
        match (self, place.and_then(TextPlace::excerpt), place) {
            (Self::Terminal { columns }, Some(excerpt), Some(place)) => {
                snippet(place, excerpt, level, columns)
            }
            _ => String::new(),
        }
    }
}

fn snippet(place: &TextPlace, excerpt: &Excerpt, level: warning::Level, columns: usize) -> String {
    let (text, marked) = escaped(excerpt);
    let last = excerpt.line + text.matches('\n').count();
    let margin = " ".repeat(last.to_string().len());
    let level = match level {
        warning::Level::Error => Level::ERROR,
        warning::Level::Warning => Level::WARNING,
        warning::Level::Note => Level::NOTE,
    };
    let lines = Snippet::source(text)
        .line_start(excerpt.line)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(marked));
    let renderer = Renderer::styled()
        .error(ERROR)
        .warning(WARNING)
        .line_num(PLACE)
        .term_width(columns.max(MIN_COLUMNS));
    let lines = renderer.render(&[Group::with_level(level).element(lines)]);
    let place = plain(&place.to_string());
    format!("{margin}{PLACE}-->{PLACE:#} {place}\n{lines}\n")
}

/// Escapes the lines, and moves the marked part with the text.
fn escaped(excerpt: &Excerpt) -> (String, Range<usize>) {
    let part = |range: Range<usize>| escaped_data(&excerpt.text[range]);
    let Range { start, end } = excerpt.marked.clone();
    let (before, marked) = (part(0..start), part(start..end));
    let after = part(end..excerpt.text.len());
    let range = before.len()..before.len() + marked.len();
    (before + &marked + &after, range)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown of a part of a text, without styles.
    fn shown(text: &str, part: Range<usize>, columns: usize) -> String {
        let place = TextPlace::span("dir/file.toml", text, part);
        let layout = Layout::Terminal { columns };
        let styled = layout.snippet(Some(&place), warning::Level::Error);
        anstream::adapter::strip_str(&styled).to_string()
    }

    /// Likewise of the first `~` to the last one, which aren't in the text.
    fn between(text: &str, columns: usize) -> String {
        let start = text.find('~').unwrap();
        let end = text.rfind('~').unwrap();
        let end = if end > start { end - 1 } else { start };
        shown(&text.replace('~', ""), start..end, columns)
    }

    #[test]
    fn the_line_has_carets_below_the_part() {
        insta::assert_snapshot!(between("a = 1\nname = ~12~\n", 80), @"
         --> dir/file.toml:2:8
          |
        2 | name = 12
          |        ^^
        ");
        insta::assert_snapshot!(between(&format!("{}name = ~1", "\n".repeat(1233)), 80), @"
            --> dir/file.toml:1234:8
             |
        1234 | name = 1
             |        ^
        ");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_carets_in_place() {
        insta::assert_snapshot!(between("\tname = [\t~1~]", 80), @"
         --> dir/file.toml:1:11
          |
        1 |     name = [    1]
          |                 ^
        ");
        insta::assert_snapshot!(between("name = \"\u{6f22}\u{5b57}\" ~x~ \u{1f980}", 80), @r#"
         --> dir/file.toml:1:13
          |
        1 | name = "漢字" x 🦀
          |               ^
        "#);
        insta::assert_snapshot!(between("name = ~\"\u{6f22}\u{5b57}\"~", 80), @r#"
         --> dir/file.toml:1:8
          |
        1 | name = "漢字"
          |        ^^^^^^
        "#);
    }

    #[test]
    fn a_part_of_several_lines_has_a_line_at_its_side() {
        insta::assert_snapshot!(between("a = ~{\n  b = 1\n}~\n", 80), @"
         --> dir/file.toml:1:5
          |
        1 |   a = {
          |  _____^
        2 | |   b = 1
        3 | | }
          | |_^
        ");
    }

    #[test]
    fn the_end_of_the_file_is_behind_the_last_line() {
        insta::assert_snapshot!(between("a = [\n  1,\n~", 80), @"
         --> dir/file.toml:2:5
          |
        2 |   1,
          |     ^
        ");
        insta::assert_snapshot!(between("~", 80), @"
         --> dir/file.toml:1:1
          |
        1 |
          | ^
        ");
    }

    #[test]
    fn windows_line_breaks_are_not_shown() {
        insta::assert_snapshot!(between("a = 1\r\nb = ~\r\nc = 2\r\n", 80), @"
         --> dir/file.toml:2:5
          |
        2 | b = 
          |     ^
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_part() {
        let many = "x".repeat(1 << 20);
        let text = format!("{many} = ~12~ # {many}");
        for columns in [0, 20, 40, 80, 200] {
            let shown = between(&text, columns);
            let longest = shown.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(columns.max(32)), "{columns}: {shown}");
            assert!(shown.contains("= 12"), "{shown}");
        }
        insta::assert_snapshot!(between(&text, 40), @"
         --> dir/file.toml:1:1048580
          |
        1 | ...xxxxxxxxxxx = 12 # xxxxxxxxxxx...
          |                  ^^
        ");
        let all = format!("a = ~{many}~");
        insta::assert_snapshot!(between(&all, 40), @"
         --> dir/file.toml:1:5
          |
        1 | a = xxxxxxxxxxxx...xxxxxxxxxxxx...
          |     ^^^^^^^^^^^^...^^^^^^^^^^^^
        ");
        let wide = format!("{} = ~1~", "\u{6f22}".repeat(1 << 20));
        insta::assert_snapshot!(between(&wide, 40), @"
         --> dir/file.toml:1:1048580
          |
        1 | ... 漢漢漢漢漢 = 1
          |                  ^
        ");
    }

    #[test]
    fn a_terminal_obeys_nothing_in_the_lines() {
        let text = "a\u{1b}]0;t\u{7} = ~\"\u{202e}\u{7f}\u{9b}\"~ \r b";
        insta::assert_snapshot!(between(text, 80), @r#"
         --> dir/file.toml:1:11
          |
        1 | a\u{1b}]0;t\u{7} = "\u{202e}\u{7f}\u{9b}" \r b
          |                    ^^^^^^^^^^^^^^^^^^^^^^
        "#);
    }

    #[test]
    fn the_place_is_in_the_message_or_below_it() {
        let place = TextPlace::span("a.nix", "{ x }", 2..3);
        let layouts = [Layout::OneLine, Layout::Terminal { columns: 80 }];
        let messages = |message: &str, place: &TextPlace| {
            layouts.map(|layout| layout.message(message, Some(place)))
        };
        assert_eq!(messages("a.nix:1:3: no", &place), ["a.nix:1:3: no", "no"]);
        assert_eq!(
            messages("no: a.nix:1:3: x", &place),
            ["no: a.nix:1:3: x"; 2]
        );
        let file = TextPlace::file("a.nix");
        assert_eq!(messages("a.nix: no", &file), ["a.nix: no"; 2]);
        assert_eq!(
            Layout::OneLine.snippet(Some(&place), warning::Level::Error),
            ""
        );
    }
}
