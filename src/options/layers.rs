//! Several layers of options.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::Options;

/// What decides how the packages of a lock are made, the highest layer first.
/// Paths are relative to the working folder.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// What was typed.
    pub command_line: Options,
    /// The entries of packages in the configuration, by the package's name.
    pub packages: BTreeMap<String, Options>,
    /// The packages that the configuration takes from nixpkgs.
    pub prebuilt: BTreeSet<String>,
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
