//! Everything that touches the world: files, archives, the network.

pub mod artifacts;
pub mod beside;
pub mod cargo;
pub mod cargo_settings;
mod error;
pub mod filter;
mod folder;
pub mod git;
pub mod git_crates;
pub mod kept_text;
pub mod network;
mod parallel;
pub mod pins;
pub mod progress;
mod read_ahead;
pub mod registry;
pub mod resolve;
mod sdist;
mod skeleton;
pub mod source;
pub mod store;
pub mod tree;
mod unpack;
pub mod vendor_dir;
mod verified;
pub mod write;

pub use artifacts::ArtifactStore;
pub use cargo_settings::{CargoSettings, ProjectConfig};
pub use error::IoError;
pub use git::{GitStore, GitTree};
pub use network::Network;
pub use parallel::{all, all_in_order, in_order, on_deep_stack};
pub use progress::Progress;
pub use read_ahead::read_ahead;
pub use store::CrateStore;
