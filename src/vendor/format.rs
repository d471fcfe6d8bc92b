//! The shapes that a folder of crates can have.

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::project::{CargoLock, CrateSource};

/// Whose folder it is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Layout {
    /// What `cargo vendor` writes.
    #[default]
    Cargo,
    /// What nixpkgs' `importCargoLock` makes.
    ImportCargoLock,
    /// What nixpkgs' `cargoHash` covers: crates as they were downloaded.
    FetchCargoVendor,
    /// What nixpkgs' `fetchCargoVendor` makes of that for cargo.
    FetchCargoVendorUnpacked,
}

/// How the folders of crates are named in [`Layout::Cargo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// The newest version of a crate has the bare name, as with cargo.
    #[default]
    NewestBare,
    /// All are `<name>-<version>`, as with `cargo vendor --versioned-dirs`.
    Versioned,
}

/// How the files of crates get into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LinkMode {
    /// They are written: the folder stands alone.
    #[default]
    Copy,
    /// Hard links to our cache: who edits a file edits it for all folders;
    /// copies where the cache is on another file system.
    Hardlink,
    /// Links to our cache: the folder breaks where the cache is cleared or
    /// isn't there, as in a container or a commit.
    Symlink,
    /// Copies that share blocks with our cache; plain copies where the file
    /// system can't.
    Reflink,
}

impl Layout {
    /// Whether cargo can build from it.
    #[must_use]
    pub const fn is_for_cargo(self) -> bool {
        !matches!(self, Self::FetchCargoVendor)
    }

    /// The word for it, as on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::ImportCargoLock => "import-cargo-lock",
            Self::FetchCargoVendor => "fetch-cargo-vendor",
            Self::FetchCargoVendorUnpacked => "fetch-cargo-vendor-unpacked",
        }
    }
}

/// The sources of a lock other than crates.io, numbered as nixpkgs'
/// `fetchCargoVendor` does: in the order in which they appear.
#[derive(Debug, Clone, Default)]
pub struct SourceNumbers {
    /// By the registry's name in the lock, from 1 on.
    pub registries: BTreeMap<String, usize>,
    /// By repository and what is asked of it, from 0 on.
    pub git: BTreeMap<String, usize>,
}

impl SourceNumbers {
    /// Numbers the sources of a lock.
    #[must_use]
    pub fn of(lock: &CargoLock) -> Self {
        let mut numbers = Self::default();
        for krate in &lock.crates {
            match &krate.source {
                CrateSource::Registry(registry) => {
                    let number = lock.registry_number(&registry.id).unwrap_or_default();
                    numbers.registries.insert(registry.id.clone(), number);
                }
                CrateSource::Git(git) => {
                    let next = numbers.git.len();
                    numbers.git.entry(git.id()).or_insert(next);
                }
                CrateSource::Local | CrateSource::CratesIo(_) => {}
            }
        }
        numbers
    }
}
