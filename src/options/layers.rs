//! Several layers of options, and whether they make sense together.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use thiserror::Error;

use super::keys::{Options, has_folders};
use super::setting::Chosen;

/// What decides how the packages of a lock are made, the highest layer first.
/// Paths are relative to the working folder.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// What was typed.
    pub command_line: Options,
    /// The entries of packages in the configuration, by the package's name.
    pub packages: BTreeMap<String, Options>,
    /// What the configuration, or the overlay's mark, says of all packages.
    pub general: Options,
}

impl Layers {
    /// The options of a package.
    pub fn of(&self, package: &str) -> Options {
        let entry = self.packages.get(package).cloned().unwrap_or_default();
        let command_line = self.command_line.clone();
        command_line.over(entry).over(self.general.clone())
    }

    /// The options of packages without an entry of their own.
    pub fn common(&self) -> Options {
        self.command_line.clone().over(self.general.clone())
    }
}

/// A subdirectory is named, and the source is no repository or archive that
/// could have one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{folder}`: a subdirectory goes with a source that is `git` or `url`")]
pub struct UnusedSubdirectory {
    folder: Utf8PathBuf,
}

impl Options {
    /// Merged options, if they make sense together.
    ///
    /// # Errors
    /// Where a subdirectory goes with no source.
    pub fn checked(self) -> Result<Self, UnusedSubdirectory> {
        match self.source.subdirectory.chosen() {
            Some(folder) if !has_folders(self.source.source.chosen()) => Err(UnusedSubdirectory {
                folder: folder.as_path().to_owned(),
            }),
            _ => Ok(self),
        }
    }
}
