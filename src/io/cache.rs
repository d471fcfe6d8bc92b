//! Our own cache: a folder of the user's that other runs share.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Overrides the folder of the cache.
pub const CACHE_VARIABLE: &str = "CARGO_PYHACK_CACHE_DIR";

/// The cache's folder, if the user has a place for one.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// The folder that the environment variable names, else `cargo-pyhack` in
    /// the user's cache folder.
    #[must_use]
    pub fn of_user() -> Self {
        let variable = std::env::var_os(CACHE_VARIABLE).filter(|path| !path.is_empty());
        let folder = variable.map(PathBuf::from).or_else(|| {
            let strategy = etcetera::choose_base_strategy().ok()?;
            Some(strategy.cache_dir().join("cargo-pyhack"))
        });
        // Links lead here, and programs run elsewhere are told of it.
        Self::at(folder.and_then(|folder| std::path::absolute(folder).ok()))
    }

    /// A cache in this folder, or none.
    #[must_use]
    pub const fn at(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The folder, if there is a cache.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
}
