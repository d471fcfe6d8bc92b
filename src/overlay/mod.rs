//! Overlay files: our stanzas in files that users write.
//!
//! What is ours stands between two comments, in any attribute set:
//!
//! ```nix
//! # pyhack: begin cryptography 46.0.6
//! # pyhack: from {"path":"cryptography-46.0.6.tar.gz"}
//! # pyhack: made source=... lock=... rules=... text=...
//! cryptography = ...;
//! # pyhack: end cryptography
//! ```
//!
//! The rest of the file stays as it is, byte for byte. Text in, text out:
//! nothing here reads or writes files.

mod blocks;
mod digests;
mod edits;
mod error;
mod keep;
mod python_lock_mark;

pub use blocks::{Block, Overlay};
pub use digests::{Made, text_digest};
pub use edits::{NewBlock, with_block, without_block};
pub use error::OverlayError;
pub use python_lock_mark::LockMark;

/// What every comment of ours begins with.
const PREFIX: &str = "# pyhack:";
/// At the end of a line within our marks: it is the user's, and stays.
const KEEP: &str = "# pyhack: keep";

/// What changes in a file, as `diff -u` has it.
#[must_use]
pub fn unified_diff(old: &str, new: &str, place: &str) -> String {
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&format!("a/{place}"), &format!("b/{place}"))
        .to_string()
}
