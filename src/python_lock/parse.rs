//! The choice of a lockfile's format.

use camino::Utf8Path;

use super::error::PythonLockError;
use super::model::{PythonLock, is_pylock};
use super::{pylock, uv};

/// Parses a lockfile, whose name decides the format.
///
/// # Errors
/// If the text isn't such a lockfile, has an unknown version, or an entry makes
/// no sense.
pub fn parse(place: &str, text: &str) -> Result<PythonLock, PythonLockError> {
    if Utf8Path::new(place).file_name().is_some_and(is_pylock) {
        pylock::parse(place, text)
    } else {
        uv::parse(place, text)
    }
}
