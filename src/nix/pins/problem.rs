//! Why a file of pins can't be read.

use std::ops::Range;

/// Why a file of pins can't be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinProblem {
    pub message: String,
    /// The bytes that it is about.
    pub span: Option<Range<usize>>,
}

impl PinProblem {
    /// Converts an error of the JSON parser.
    pub(super) fn json(text: &str, error: &serde_json::Error) -> Self {
        let lines = text.split_inclusive('\n');
        let before: usize = lines
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        // The column counts the bytes of the line up to the error.
        let at = before + error.column().saturating_sub(1);
        Self {
            message: error.to_string(),
            span: (error.line() > 0).then_some(at..at),
        }
    }
}

impl From<String> for PinProblem {
    fn from(message: String) -> Self {
        Self {
            message,
            span: None,
        }
    }
}

impl From<&str> for PinProblem {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_parser_has_its_place() {
        let place = |text: &str| {
            let error = serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap_err();
            PinProblem::json(text, &error).span.unwrap().start
        };
        assert_eq!(place("{\n  \"a\": x\n}"), 9);
        assert_eq!(place("{\n  \"\u{e9}\": }"), 10);
        assert_eq!(place("x"), 0);
        assert!((5..=6).contains(&place("{\"a\": ")));
    }
}
