//! Directory sources for cargo, one for each source of the lock: two sources
//! may have crates of the same name and version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use toml::{Table, Value};

use super::super::IoError;
use crate::project::{CargoLock, CrateSource};

/// The directory sources in a scratch folder.
pub(super) struct Sources<'a> {
    scratch: &'a Path,
    lock: &'a CargoLock,
    /// By the source's name in Cargo's configuration: the folder, and what the
    /// configuration says about the source.
    folders: BTreeMap<String, (PathBuf, Table)>,
}

impl<'a> Sources<'a> {
    pub(super) const fn new(scratch: &'a Path, lock: &'a CargoLock) -> Self {
        Self {
            scratch,
            lock,
            folders: BTreeMap::new(),
        }
    }

    /// Returns the folder for the crate at `place` of the lock, and makes the
    /// one above it.
    pub(super) fn folder(&mut self, place: usize) -> Result<PathBuf, IoError> {
        let krate = &self.lock.crates[place];
        let (id, table) = configured(&krate.source);
        let number = self.folders.len();
        let (folder, _) = self
            .folders
            .entry(id)
            .or_insert_with(|| (self.scratch.join(format!("vendor-{number}")), table));
        fs::create_dir_all(&*folder)?;
        Ok(folder.join(format!("{}-{}", krate.name, krate.version)))
    }

    /// Writes the folder that serves as `CARGO_HOME`. `names` are the names
    /// that manifests use for registries, with their indexes.
    pub(super) fn write_home(
        &self,
        scratch: &Path,
        names: &BTreeMap<String, String>,
    ) -> Result<(), IoError> {
        let home = scratch.join("home");
        fs::create_dir(&home)?;
        let mut sources = Table::new();
        for (id, (folder, table)) in &self.folders {
            let mut table = table.clone();
            let path = folder.display().to_string();
            let mut directory = Table::new();
            directory.insert("directory".to_owned(), Value::String(path.clone()));
            table.insert("replace-with".to_owned(), Value::String(path.clone()));
            sources.insert(id.clone(), Value::Table(table));
            sources.insert(path, Value::Table(directory));
        }
        let registries = names.iter().map(|(name, index)| {
            let table = Table::from_iter([("index".to_owned(), Value::String(index.clone()))]);
            (name.clone(), Value::Table(table))
        });
        let config = Table::from_iter([
            ("source".to_owned(), Value::Table(sources)),
            ("registries".to_owned(), Value::Table(registries.collect())),
        ]);
        fs::write(home.join("config.toml"), config.to_string())?;
        Ok(())
    }
}

/// Returns how Cargo's configuration describes a source (Cargo Reference,
/// "Source Replacement").
fn configured(source: &CrateSource) -> (String, Table) {
    let text = |text: &str| Value::String(text.to_owned());
    let mut table = Table::new();
    match source {
        CrateSource::Git(git) => {
            table.insert("git".to_owned(), text(&git.url));
            if let Some((key, value)) = git.reference.selector() {
                table.insert(key.to_owned(), text(value));
            }
            (git.id(), table)
        }
        CrateSource::Registry(registry) => {
            let index = &registry.id;
            let url = index.strip_prefix("registry+").unwrap_or(index);
            table.insert("registry".to_owned(), text(url));
            (registry.id.clone(), table)
        }
        CrateSource::CratesIo(_) | CrateSource::Local => ("crates-io".to_owned(), table),
    }
}
