//! Overlay files: generated stanzas in files that users write.
//!
//! A stanza sits between two comments, in any attribute set:
//!
//! ```nix
//! # pyhack: begin cryptography 46.0.6
//! # pyhack: from {"path":"cryptography-46.0.6.tar.gz"}
//! # pyhack: made source=... lock=... rules=... text=...
//! cryptography = ...;
//! # pyhack: end cryptography
//! ```
//!
//! [`Document::parse`] reads a file once, [`Edits`] collects changes to it, and
//! [`Edits::apply`] returns the new text; everything outside the marks keeps
//! every byte. [`freshness`] compares a stanza with what would be written
//! today. Text in, text out: nothing here reads or writes files.

mod blocks;
mod digests;
mod document;
mod edits;
mod error;
#[cfg(test)]
mod fixtures;
mod freshness;
mod guard;
mod hash;
mod keep;
mod lines;
mod names;
mod overlays;
mod python_lock_mark;
mod sets;
mod syntax;

pub use blocks::Block;
pub use digests::{Digests, text_digest};
pub use document::Document;
#[cfg(test)]
pub use document::count_parses;
pub use edits::{Change, Edits, Layout, NewBlock, says_the_same};
pub use error::OverlayError;
pub use freshness::{MadeFrom, Reason, RecipeChange, Wanted, freshness};
pub use hash::{digest, shorten};
pub use python_lock_mark::PythonLockMark;

/// The beginning of every mark.
const PREFIX: &str = "# pyhack:";
/// Ends a line between the marks that belongs to the user and is carried over
/// into a new stanza.
const KEEP: &str = "# pyhack: keep";

/// Returns the difference between two versions of a file in the format of
/// `diff -u`.
#[must_use]
pub fn unified_diff(old: &str, new: &str, place: &str) -> String {
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&format!("a/{place}"), &format!("b/{place}"))
        .to_string()
}
