//! How long-running work reports its progress.

/// Receives reports of progress, so that fetching code doesn't depend on
/// progress bars.
pub trait Progress: Send + Sync {
    /// Work at `total` items begins; `what` is a word for it.
    fn start(&self, what: &'static str, total: u64);
    /// Work at one of the items begins.
    fn begin(&self, item: &str);
    /// An item is done, whether work at it was reported to begin or not.
    fn step(&self, item: &str);
    /// So many bytes came from the network.
    fn receive(&self, bytes: u64);
    /// The work is over, whether it succeeded or not.
    fn finish(&self);
    /// The program is about to end by a signal: nothing is shown any more.
    fn interrupt(&self);
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &'static str, _total: u64) {}
    fn begin(&self, _item: &str) {}
    fn step(&self, _item: &str) {}
    fn receive(&self, _bytes: u64) {}
    fn finish(&self) {}
    fn interrupt(&self) {}
}
