//! Options that contradict each other.

use camino::Utf8PathBuf;
use thiserror::Error;

/// A subdirectory is named, and the source is no repository or archive that
/// could have one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{folder}`: a subdirectory requires a source of `git` or `url`")]
pub struct UnusedSubdirectory {
    pub(super) folder: Utf8PathBuf,
}
