//! What Cargo's own configuration says about crates.io.
//!
//! Only the user's configuration counts (`CARGO_HOME/config.toml` and the
//! environment). A `.cargo/config.toml` in the project is a stranger's and is
//! never looked at.

use std::path::{Path, PathBuf};

use cargo_config2::Config;
use tame_index::index::sparse::CRATES_IO_HTTP_INDEX;

/// Cargo's folder and the index that stands for crates.io.
#[derive(Debug, Clone)]
pub struct CargoSettings {
    /// `CARGO_HOME`.
    pub home: Option<PathBuf>,
    /// The sparse index's URL, without `sparse+`, with `/` at its end; or why
    /// nothing can be fetched, which matters only once something has to be.
    pub index: Result<String, String>,
}

impl CargoSettings {
    /// Reads the configuration.
    #[must_use]
    pub fn load() -> Self {
        // From the root folder: no folder that a project could have written
        // lies on the way.
        let config = Config::load_with_cwd(Path::new("/")).map_err(|error| error.to_string());
        Self {
            home: cargo_home(),
            index: config
                .and_then(|config| replaced(&config))
                .and_then(|url| sparse_index(&url)),
        }
    }
}

/// `CARGO_HOME`, or where cargo has it without the variable.
fn cargo_home() -> Option<PathBuf> {
    let variable = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    variable
        .map(PathBuf::from)
        .or_else(|| etcetera::home_dir().ok().map(|home| home.join(".cargo")))
}

/// Follows `[source.crates-io] replace-with`, as the Cargo Reference's
/// "Source Replacement" says.
fn replaced(config: &Config) -> Result<String, String> {
    let mut name = "crates-io".to_owned();
    // A chain that is longer than the table goes round in a circle.
    for _ in 0..=config.source.len() {
        let source = config.source.get(&name);
        if let Some(next) = source.and_then(|s| s.replace_with.clone()) {
            name = next;
            continue;
        }
        let registry = source.and_then(|s| s.registry.clone());
        let index = config.registries.get(&name).and_then(|r| r.index.clone());
        return match registry.or(index) {
            Some(url) => Ok(url),
            None if name == "crates-io" => Ok(CRATES_IO_HTTP_INDEX.to_owned()),
            None => Err(format!(
                "`{name}`, which replaces crates-io, is no registry"
            )),
        };
    }
    Err("`replace-with` goes round in a circle".to_owned())
}

fn sparse_index(url: &str) -> Result<String, String> {
    match url.strip_prefix("sparse+") {
        Some(url) => Ok(format!("{}/", url.trim_end_matches('/'))),
        None => Err(format!(
            "the registry `{url}`, which replaces crates-io, has no sparse index"
        )),
    }
}
