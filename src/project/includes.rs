//! What sources in C and C++ include.

use camino::Utf8Path;

/// How much is read of a source, in bytes: its includes are at the top.
pub const INCLUDES_LENGTH: u64 = 4096;

/// An `#include "..."` that no condition surrounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The line, from 1.
    pub line: usize,
    /// The path between the quotes.
    pub header: String,
}

/// Whether a file is compiled as C or C++.
pub fn is_compiled(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("c" | "cc" | "cpp" | "cxx"))
}

/// Reads the includes at the beginning of a source. A line that is cut off
/// doesn't count.
pub fn read_includes(head: &[u8]) -> Vec<Include> {
    let text = String::from_utf8_lossy(head);
    let mut found = Vec::new();
    let mut conditions = 0_usize;
    let mut is_comment = false;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let was_comment = is_comment;
        is_comment = ends_in_comment(line, is_comment);
        let Some(directive) = line.trim_start().strip_prefix('#') else {
            continue;
        };
        if was_comment || !line.ends_with('\n') {
            continue;
        }
        let directive = directive.trim_start();
        if directive.starts_with("if") {
            conditions += 1;
        } else if directive.starts_with("endif") {
            conditions = conditions.saturating_sub(1);
        } else if let Some(header) = quoted(directive)
            && conditions == 0
        {
            found.push(Include {
                line: index + 1,
                header: header.to_owned(),
            });
        }
    }
    found
}

/// Returns the header of `include "HEADER"`.
fn quoted(directive: &str) -> Option<&str> {
    let rest = directive.strip_prefix("include")?.trim_start();
    let (header, _) = rest.strip_prefix('"')?.split_once('"')?;
    (!header.is_empty()).then_some(header)
}

/// Returns whether a block comment is open after a line.
fn ends_in_comment(line: &str, mut is_open: bool) -> bool {
    let mut rest = line;
    loop {
        let next = if is_open { "*/" } else { "/*" };
        match (rest.find(next), is_open.then_some(0).or(rest.find("//"))) {
            (Some(at), line_comment) if is_open || line_comment.is_none_or(|other| at < other) => {
                rest = &rest[at + 2..];
                is_open = !is_open;
            }
            _ => return is_open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> Vec<(usize, String)> {
        let found = read_includes(text.as_bytes()).into_iter();
        found.map(|found| (found.line, found.header)).collect()
    }

    #[test]
    fn quoted_includes_have_their_lines() {
        let text = "// A parser.\n#include \"tree_sitter/parser.h\"\n  # include \"b.h\" // b\n#include <c.h>\n";
        let expected = [
            (2, "tree_sitter/parser.h".to_owned()),
            (3, "b.h".to_owned()),
        ];
        assert_eq!(headers(text), expected);
    }

    #[test]
    fn includes_below_conditions_and_in_comments_do_not_count() {
        let text = "#ifdef A\n#include \"a.h\"\n#if B\n#endif\n#include \"b.h\"\n#else\n#include \"c.h\"\n#endif\n\
                    /* such as\n#include \"d.h\"\n*/ // /*\n#include \"e.h\"\n/* f */\n#include \"f.h\"\n";
        let expected = [(12, "e.h".to_owned()), (14, "f.h".to_owned())];
        assert_eq!(headers(text), expected);
    }

    #[test]
    fn a_line_that_is_cut_off_does_not_count() {
        assert_eq!(
            headers("#include \"a.h\"\n#include \"b"),
            [(1, "a.h".to_owned())]
        );
        assert_eq!(headers("#include \"a.h\""), []);
    }
}
