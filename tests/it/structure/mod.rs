//! Compares the source with the structure that `ARCHITECTURE.md` describes.

mod cycles;
mod documents;
mod gates;
mod methods;
mod promises;
mod rings;
mod sources;
