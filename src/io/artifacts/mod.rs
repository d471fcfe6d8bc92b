//! Sdists and archives of Python locks: found by the address and the hash in
//! the lock, never by asking an index; verified, and kept in our cache.

mod credentials;
mod name;
mod netrc;
mod sdist_store;

pub use credentials::Credentials;
pub use sdist_store::{ArtifactRef, ArtifactStore};
