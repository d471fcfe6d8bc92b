//! Progress bars on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::io::Progress;

/// One bar on standard error.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that isn't shown yet.
    pub(super) fn new() -> Self {
        Self(ProgressBar::no_length())
    }
}

impl Progress for Bar {
    fn start(&self, what: &'static str, total: u64) {
        let style = ProgressStyle::with_template("{msg:>12} [{bar:27}] {pos}/{len}")
            .expect("the template is one of indicatif's");
        // The length first: each of these may draw.
        self.0.set_length(total);
        self.0.set_style(style.progress_chars("=> "));
        self.0.set_message(what);
        self.0.enable_steady_tick(Duration::from_millis(100));
    }

    fn step(&self) {
        self.0.inc(1);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
