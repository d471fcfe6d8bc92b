//! Progress bars on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::io::Progress;

/// A progress bar on standard error.
pub(super) struct Bar {
    bar: ProgressBar,
    /// The columns of the terminal.
    columns: usize,
}

/// Returns the template for a bar up to `total`: the bar is shortened, or left
/// out, so that the line fits the terminal.
fn template(total: u64, columns: usize) -> String {
    const LONGEST: usize = 27;
    const SHORTEST: usize = 5;
    let digits = total.to_string().len();
    // The verb, two spaces, two brackets, and `POS/LEN`.
    let others = 12 + 2 + 2 + 2 * digits + 1;
    match columns.saturating_sub(others + 1).min(LONGEST) {
        length @ SHORTEST.. => format!("{{msg:>12}} [{{bar:{length}}}] {{pos}}/{{len}}"),
        _ => "{msg:>12} {pos}/{len}".to_owned(),
    }
}

impl Bar {
    /// Makes a bar that is hidden until it is started.
    pub(super) fn new(columns: usize) -> Self {
        let bar = ProgressBar::no_length();
        Self { bar, columns }
    }
}

impl Progress for Bar {
    fn start(&self, what: &'static str, total: u64) {
        let style = ProgressStyle::with_template(&template(total, self.columns))
            .expect("the template is one of indicatif's");
        // Each of these may draw, so the length has to be set first.
        self.bar.set_length(total);
        self.bar.set_style(style.progress_chars("=> "));
        self.bar.set_message(what);
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    fn step(&self) {
        self.bar.inc(1);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_the_terminal() {
        for (total, columns, expected) in [
            (9, 80, "{msg:>12} [{bar:27}] {pos}/{len}"),
            (1234, 40, "{msg:>12} [{bar:14}] {pos}/{len}"),
            (1234, 30, "{msg:>12} {pos}/{len}"),
            (1234, 0, "{msg:>12} {pos}/{len}"),
        ] {
            assert_eq!(template(total, columns), expected, "{columns}");
        }
    }
}
