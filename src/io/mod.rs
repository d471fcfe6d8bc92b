//! Everything that touches the world: files, archives, processes, the network.

pub mod artifacts;

pub mod cache;
pub mod cache_size;
pub mod cargo;
pub mod crate_store;
pub mod environment;
mod error;
pub mod filter;
mod folder;
pub mod git;
pub mod git_crates;
mod git_ignored;
mod gzip;
mod manifests;
mod memory_budget;
pub mod network;
mod once_map;
mod parallel;
pub mod paths;
pub mod pins;
pub mod progress;
pub mod python_index;
pub mod python_locks;
mod read;
mod read_ahead;
pub mod registry;
pub mod resolve;
mod sdist;
pub mod search_up;
pub mod session;
mod skeleton;
pub mod source;
pub mod submodules;

pub mod temporary;
pub mod tree;
mod unpack;
pub mod vendor_dir;
mod vendored;
mod verified;
pub mod write;

pub use artifacts::ArtifactStore;
pub use cache::Cache;
pub use crate_store::CrateStore;
pub use error::IoError;
pub use git::{GitStore, GitTree};
pub use manifests::Stability;
pub use network::Network;
pub use parallel::{all, all_in_order, in_order, on_deep_stack};
pub use progress::Progress;
pub use python_locks::PythonLockFailure;
pub use read_ahead::read_ahead;
pub use registry::{CargoSettings, ProjectConfig};
pub use session::Session;
