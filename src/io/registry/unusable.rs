//! Why a registry can't be used. The reason is remembered for all of its
//! crates, so that it has to be `Clone`, which errors of the disk aren't.

use super::super::IoError;
use super::sources::env_form;
use crate::project::without_credentials;

#[derive(Debug, Clone)]
pub(in crate::io) enum Unusable {
    Offline,
    /// Cargo's configuration can't be used.
    Settings(String),
    Download {
        url: String,
        message: String,
    },
    /// An index in git can't be read.
    Repository {
        url: String,
        message: String,
    },
    /// A token is needed, and none is known.
    NoToken {
        url: String,
        name: Option<String>,
    },
    /// The registry doesn't accept the token.
    TokenRefused {
        url: String,
        name: Option<String>,
        status: u16,
    },
}

impl Unusable {
    /// Returns the error of a crate that would have come from the registry.
    pub(in crate::io) fn for_crate(self, krate: &str) -> IoError {
        match self {
            Self::Offline => IoError::Offline {
                krate: krate.to_owned(),
            },
            Self::Settings(message) => IoError::CargoConfig {
                message: without_credentials(&message),
            },
            Self::Download { url, message } => IoError::Download {
                url: without_credentials(&url),
                message,
            },
            Self::Repository { url, message } => IoError::IndexRepository {
                url: without_credentials(&url),
                message: without_credentials(&message),
            },
            Self::NoToken { url, name } => IoError::NoToken {
                advice: where_to_put(name.as_deref(), &without_credentials(&url)),
                url: without_credentials(&url),
            },
            Self::TokenRefused { url, name, status } => IoError::TokenRefused {
                login: login(name.as_deref()),
                url: without_credentials(&url),
                status,
            },
        }
    }
}

fn login(name: Option<&str>) -> String {
    match name {
        None => "cargo login --registry NAME".to_owned(),
        Some("crates-io") => "cargo login".to_owned(),
        Some(name) => format!("cargo login --registry {name}"),
    }
}

fn where_to_put(name: Option<&str>, index: &str) -> String {
    let login = login(name);
    match name {
        None => format!(
            "add `[registries.NAME]` with `index = \"{index}\"` to `config.toml` in `CARGO_HOME`, and run `{login}`"
        ),
        Some("crates-io") => format!("run `{login}`, or set `CARGO_REGISTRY_TOKEN`"),
        Some(name) => {
            let variable = format!("CARGO_REGISTRIES_{}_TOKEN", env_form(name));
            format!("run `{login}`, or set `{variable}`")
        }
    }
}
