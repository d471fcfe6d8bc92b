//! What Cargo's own configuration says about registries and the network.
//!
//! Only the user's configuration counts (`CARGO_HOME/config.toml` and the
//! environment). A `.cargo/config.toml` in the project is a stranger's and is
//! never looked at, unless the user says that it is trusted.

use std::path::{Path, PathBuf};

use cargo_config2::{Config, ResolveOptions};

use super::super::network::HttpSettings;
use super::{Index, SourceTables, Supplier, Tokens};
use crate::project::CrateSource;

/// Whether a project's own `.cargo/config.toml` counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProjectConfig {
    /// It is never looked at.
    #[default]
    Ignored,
    /// That of the project's folder and of those above it.
    Trusted,
}

/// Cargo's folder, and who serves crates.
pub struct CargoSettings {
    /// `CARGO_HOME`.
    pub home: Option<PathBuf>,
    /// How to reach servers.
    pub http: HttpSettings,
    /// Secrets of registries.
    pub tokens: Tokens,
    /// Registries; or why nothing can be fetched, which matters only once
    /// something has to be.
    tables: Result<SourceTables, String>,
}

impl CargoSettings {
    /// Reads the configuration of the user, whose `CARGO_HOME` is `home`, and
    /// that of a project's folder if it is trusted.
    #[must_use]
    pub fn load(home: Option<PathBuf>, project: Option<&Path>) -> Self {
        // From the root folder: no folder that a project could have written
        // lies on the way.
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

    /// Who serves the crates of a source.
    ///
    /// # Errors
    /// Where the configuration can't be read or leads nowhere.
    pub fn supplier(&self, source: &CrateSource) -> Result<Supplier, String> {
        let tables = self.tables.as_ref().map_err(Clone::clone)?;
        match source {
            CrateSource::CratesIo(_) => tables.supplier(None),
            CrateSource::Registry(registry) => tables.supplier(Some(&registry.id)),
            CrateSource::Git(_) | CrateSource::Local => {
                Err("the crate comes from no registry".to_owned())
            }
        }
    }

    /// The sparse index that stands for crates.io, which cargo resolves
    /// from; without `sparse+`.
    ///
    /// # Errors
    /// Where nothing or something else does.
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

    /// The names of the registry with this index.
    pub(super) fn names(&self, index: &Index) -> Vec<&str> {
        let tables = self.tables.as_ref();
        tables.map_or_else(|_| Vec::new(), |tables| tables.names(index))
    }
}

/// `CARGO_HOME`, or where cargo has it without the variable.
pub(in crate::io) fn cargo_home() -> Option<PathBuf> {
    let variable = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    let home = variable
        .map(PathBuf::from)
        .or_else(|| etcetera::home_dir().ok().map(|home| home.join(".cargo")));
    home.and_then(|home| std::path::absolute(home).ok())
}
