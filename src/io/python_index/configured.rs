//! Finds the configuration of uv and pip, where these programs do.

use std::path::{Path, PathBuf};

use camino::Utf8Path;
use etcetera::BaseStrategy;

use crate::io::read::read_string;
use crate::io::search_up::search_up;
use crate::io::{Session, environment};
use crate::project::PythonName;
use crate::python_index::{IndexLayer, indexes_in_order, pip_layer, uv_layer, uv_layer_of_project};
use crate::python_lock::{LockedSource, NamedIndex, named_index};

/// Returns the indexes to ask for a package, in order: those of uv's variables
/// and files, those of pip's, and where neither names a default, those that the
/// `uv.lock` above the working folder is made from.
pub(super) fn configured_indexes(session: &Session, name: &PythonName) -> Vec<NamedIndex> {
    let mut layers = vec![variables("UV_INDEX", "UV_DEFAULT_INDEX")];
    layers.push(variables("UV_EXTRA_INDEX_URL", "UV_INDEX_URL"));
    layers.extend(uv_files());
    layers.push(variables("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"));
    layers.extend(
        pip_files()
            .into_iter()
            .filter_map(read)
            .map(|text| pip_layer(&text)),
    );
    if layers.iter().all(|layer| layer.default.is_none()) {
        layers.push(of_lock(session, name));
    }
    indexes_in_order(&layers)
}

/// Reads a variable with several addresses, and one with the default.
fn variables(extra: &str, default: &str) -> IndexLayer {
    let addresses = |name: &str| {
        let text = environment::variable(name);
        let words = text.split_whitespace().map(named_index);
        words.collect::<Vec<_>>()
    };
    IndexLayer {
        extra: addresses(extra),
        default: addresses(default).into_iter().next(),
    }
}

/// Reads uv's files: the project's, the user's, the system's.
fn uv_files() -> Vec<IndexLayer> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(file) = variable("UV_CONFIG_FILE") {
        let text = read(&file).unwrap_or_default();
        return vec![uv_layer(&text)];
    }
    if is_set("UV_NO_CONFIG") {
        return Vec::new();
    }
    let mut layers = Vec::new();
    for folder in search_up(Utf8Path::new(".")) {
        let path = folder.path.as_std_path();
        let of_uv = read(path.join("uv.toml")).map(|text| uv_layer(&text));
        let of_project = || uv_layer_of_project(&read(path.join("pyproject.toml"))?);
        if let Some(layer) = of_uv.or_else(of_project) {
            layers.push(layer);
            break;
        }
    }
    let user = config_folder().map(|folder| folder.join("uv/uv.toml"));
    let system = system_folders("uv/uv.toml", "/etc/uv/uv.toml");
    let files = user.into_iter().chain(system);
    layers.extend(files.filter_map(read).map(|text| uv_layer(&text)));
    layers
}

/// Returns pip's files, those first that decide.
fn pip_files() -> Vec<PathBuf> {
    let own = variable("PIP_CONFIG_FILE");
    // pip reads no file at all then.
    if own.as_deref() == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let home = etcetera::home_dir().ok();
    let site = variable("VIRTUAL_ENV").map(|folder| folder.join("pip.conf"));
    let of_mac = home.as_ref().map(|home| {
        let folder = home.join("Library/Application Support/pip");
        folder.join("pip.conf")
    });
    let user = config_folder().map(|folder| folder.join("pip/pip.conf"));
    let old = home.map(|home| home.join(".pip/pip.conf"));
    let files = [own, site, of_mac, user, old];
    let files = files.into_iter().flatten();
    let system = system_folders("pip/pip.conf", "/etc/pip.conf");
    files.chain(system).collect()
}

fn variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

/// Returns the user's folder for configuration.
fn config_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir())
}

/// Returns where the system has a file of configuration.
fn system_folders(name: &str, other: &str) -> Vec<PathBuf> {
    let folders = std::env::var_os("XDG_CONFIG_DIRS").filter(|value| !value.is_empty());
    let folders = folders.unwrap_or_else(|| "/etc/xdg".into());
    let files = std::env::split_paths(&folders).map(|folder| folder.join(name));
    files.chain([PathBuf::from(other)]).collect()
}

fn read(file: impl AsRef<Path>) -> Option<String> {
    read_string(file).ok()
}

/// Returns the indexes that a lock is made from: that of the package first, if
/// the lock has it.
fn of_lock(session: &Session, name: &PythonName) -> IndexLayer {
    let found = session.python_lock_above(Utf8Path::new("."));
    let Some(found) = found.ok().flatten() else {
        return IndexLayer::default();
    };
    let names: Vec<_> = found.lock.names().cloned().collect();
    let own = found.lock.entries(name);
    let others = names.iter().flat_map(|name| found.lock.entries(name));
    let entries = own.chain(others);
    let urls = entries.filter_map(|package| match &package.source {
        LockedSource::Registry(url) => Some(named_index(url)),
        _ => None,
    });
    IndexLayer {
        extra: urls.collect(),
        default: None,
    }
}
