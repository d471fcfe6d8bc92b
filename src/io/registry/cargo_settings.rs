//! What Cargo's own configuration says about registries and the network.
//!
//! Only the user's configuration counts: `CARGO_HOME/config.toml` and the
//! environment. A `.cargo/config.toml` in the project is a stranger's, and is
//! only read if the user trusts it.

use std::path::{Path, PathBuf};

use cargo_config2::{Config, ResolveOptions};

use super::super::network::HttpSettings;
use super::{Index, SourceTables, Supplier, Tokens};
use crate::project::CrateSource;

/// Whether a project's own `.cargo/config.toml` counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProjectConfig {
    /// It is never read.
    #[default]
    Ignored,
    /// The files in the project's folder and in those above it count.
    Trusted,
}

/// Cargo's home folder, how servers are reached, and which registry serves a
/// crate.
pub struct CargoSettings {
    pub home: Option<PathBuf>,
    pub http: HttpSettings,
    pub tokens: Tokens,
    /// The registries; the error says why nothing can be fetched, which matters
    /// only once something has to be.
    tables: Result<SourceTables, String>,
}

impl CargoSettings {
    /// Reads the configuration of the user, whose `CARGO_HOME` is `home`, and
    /// that of a trusted project's folder.
    #[must_use]
    pub fn load(home: Option<PathBuf>, project: Option<&Path>) -> Self {
        // From the root folder, no folder that a project could have written is
        // on the way.
        let folder = project.unwrap_or(Path::new("/"));
        let options = ResolveOptions::default().cargo_home(home.clone());
        match Config::load_with_options(folder, options) {
            Ok(config) => Self {
                http: HttpSettings::new(&config, folder, home.as_deref()),
                tokens: Tokens::load(&config, home.as_deref()),
                tables: Ok(SourceTables::new(&config)),
                home,
            },
            Err(error) => Self {
                http: HttpSettings::default(),
                tokens: Tokens::default(),
                tables: Err(error.to_string()),
                home,
            },
        }
    }

    /// Returns which registry or folder serves the crates of a source.
    ///
    /// # Errors
    /// The message says why the configuration can't be read, or leads nowhere.
    pub fn supplier(&self, source: &CrateSource) -> Result<Supplier, String> {
        let tables = self.tables.as_ref().map_err(Clone::clone)?;
        match source {
            CrateSource::CratesIo(_) => tables.supplier(None),
            CrateSource::Registry(registry) => tables.supplier(Some(&registry.id)),
            CrateSource::Git(_) | CrateSource::Local => {
                Err("the crate isn't from a registry".to_owned())
            }
        }
    }

    /// Returns the sparse index that replaces crates.io, from which cargo
    /// resolves, without `sparse+`.
    ///
    /// # Errors
    /// The message says why there is none.
    pub fn crates_io_index(&self) -> Result<String, String> {
        match self.supplier(&CrateSource::CratesIo(None))? {
            Supplier::Registry(Index::Sparse(index)) => Ok(index),
            Supplier::Registry(Index::Git(url)) => Err(format!(
                "the registry `{url}`, which replaces crates-io, has no sparse index"
            )),
            Supplier::Folder(folder) => Err(format!(
                "the folder `{}`, which replaces crates-io, has no sparse index",
                folder.display()
            )),
        }
    }

    /// Returns the names of the registry with this index.
    pub(super) fn names(&self, index: &Index) -> Vec<&str> {
        let tables = self.tables.as_ref();
        tables.map_or_else(|_| Vec::new(), |tables| tables.names(index))
    }
}

/// Returns `CARGO_HOME`, or cargo's default for it.
pub(in crate::io) fn cargo_home() -> Option<PathBuf> {
    let variable = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    let home = variable
        .map(PathBuf::from)
        .or_else(|| etcetera::home_dir().ok().map(|home| home.join(".cargo")));
    home.and_then(|home| std::path::absolute(home).ok())
}
