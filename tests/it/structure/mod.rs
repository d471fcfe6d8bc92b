//! The shape of the source, as `ARCHITECTURE.md` has it.

mod cycles;
mod documents;
mod rings;
mod sources;
