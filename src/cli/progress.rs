//! Progress bars on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::io::Progress;

/// A progress bar on standard error.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Makes a bar that is hidden until it is started.
    pub(super) fn new() -> Self {
        Self(ProgressBar::no_length())
    }
}

impl Progress for Bar {
    fn start(&self, what: &'static str, total: u64) {
        let style = ProgressStyle::with_template("{msg:>12} [{bar:27}] {pos}/{len}")
            .expect("the template is one of indicatif's");
        // Each of these may draw, so the length has to be set first.
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
