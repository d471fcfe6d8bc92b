//! How work that takes time tells how far it is.

/// Hears of progress; fetching code knows nothing about bars.
pub trait Progress: Send + Sync {
    /// Work of `total` steps begins.
    fn start(&self, what: &'static str, total: u64);
    /// One step is done.
    fn step(&self);
    /// The work is over, done or not.
    fn finish(&self);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &'static str, _total: u64) {}
    fn step(&self) {}
    fn finish(&self) {}
}
