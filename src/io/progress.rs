//! How long-running work reports its progress.

/// Receives reports of progress, so that fetching code doesn't depend on
/// progress bars.
pub trait Progress: Send + Sync {
    /// Work of `total` steps begins; `what` is a word for it.
    fn start(&self, what: &'static str, total: u64);
    fn step(&self);
    /// The work is over, whether it succeeded or not.
    fn finish(&self);
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &'static str, _total: u64) {}
    fn step(&self) {}
    fn finish(&self) {}
}
