//! The numbers that nixpkgs' `fetchCargoVendor` gives to sources.

use std::collections::BTreeMap;

use crate::project::{CargoLock, CrateSource};

/// The sources of a `Cargo.lock` apart from crates.io, numbered in the order
/// in which the lock names them first.
#[derive(Debug, Clone, Default)]
pub struct SourceNumbers {
    /// By the registry's name in the lock, from 1 on.
    pub registries: BTreeMap<String, usize>,
    /// By repository and reference (see [`GitSource::id`]), from 0 on.
    ///
    /// [`GitSource::id`]: crate::project::GitSource::id
    pub git: BTreeMap<String, usize>,
}

impl SourceNumbers {
    pub fn of(cargo_lock: &CargoLock) -> Self {
        let mut numbers = Self::default();
        for krate in &cargo_lock.crates {
            match &krate.source {
                CrateSource::Registry(registry) => {
                    let number = cargo_lock.registry_number(&registry.id).unwrap_or_default();
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
