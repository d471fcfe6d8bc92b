//! Nothing: only the lock counts.
