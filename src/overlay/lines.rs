//! Line numbers of places in a text.

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines {
    /// Byte offsets, in order; the first is 0.
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of a text.
    pub(super) fn of(text: &str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            starts: std::iter::once(0).chain(newlines).collect(),
        }
    }

    /// Returns the number of the line that holds an offset, counted from 1.
    pub(super) fn number(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// Returns where the line that holds an offset begins.
    pub(super) fn start(&self, at: usize) -> usize {
        self.starts[self.number(at) - 1]
    }

    /// Returns where the next line begins, if there is one.
    pub(super) fn next(&self, at: usize) -> Option<usize> {
        self.starts.get(self.number(at)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_belongs_to_the_line_that_its_newline_ends() {
        let lines = Lines::of("a\n\nbc\r\nd");
        let numbers: Vec<_> = (0..8).map(|at| lines.number(at)).collect();
        assert_eq!(numbers, [1, 1, 2, 3, 3, 3, 3, 4]);
        assert_eq!((lines.start(6), lines.next(6)), (3, Some(7)));
        assert_eq!((lines.start(7), lines.next(7)), (7, None));
    }

    #[test]
    fn an_empty_text_has_one_line() {
        let lines = Lines::of("");
        assert_eq!(
            (lines.number(0), lines.start(0), lines.next(0)),
            (1, 0, None)
        );
    }
}
