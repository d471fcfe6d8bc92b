//! Sdists and other archives that Python locks name. They are found by the
//! address and hash in the lock, never by asking an index; they are verified
//! and kept in the cache.

mod credentials;
mod name;
mod netrc;
mod sdist_store;

pub use credentials::Credentials;
pub use sdist_store::{ArtifactRef, ArtifactStore, PageRequest};
