//! Registries: which one serves the crates of a source, what its `config.json`
//! says, and with which token it is asked.

mod cargo_settings;
mod config_json;
mod download_url;
mod git_index;
mod sources;
mod tokens;
mod unusable;
mod yanked;

pub use cargo_settings::{CargoSettings, ProjectConfig};
pub use sources::{Index, SourceTables, Supplier};
pub use tokens::Tokens;

pub(super) use cargo_settings::cargo_home;
pub(super) use config_json::{Reach, Remote, Remotes};
pub(super) use download_url::{download_url, nix_download};
pub(super) use unusable::Unusable;
pub(super) use yanked::{entry_url, is_known_yanked, says_yanked};
