//! Hashes as marks hold them.

use crate::hash::Sha256;

/// Hexadecimal digits kept of each SHA-256: enough to notice a change, not to
/// withstand an attack.
const DIGITS: usize = 16;

/// Returns a digest in the form that marks use.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    shorten(&Sha256::of(bytes))
}

/// Returns a hash as marks hold it.
#[must_use]
pub fn shorten(hash: &Sha256) -> String {
    let mut hex = hash.to_hex();
    hex.truncate(DIGITS);
    hex
}
