//! Generates the Nix that builds Python packages with Rust extensions.
//!
//! The modules form three rings. Each ring may use those further in, never
//! those further out.
//!
//! | ring | modules | what they do |
//! |---|---|---|
//! | people | `cli` | what is typed and printed |
//! | world | `ops`, `io` | one use case a file; files, archives, network |
//! | core | `project`, `python`, `python_build`, `python_native`, `build_system`, `native`, `vendor`, `hash`, `nix`, `overlay`, `options`, `pep508`, `python_index`, `python_lock`, `secrets`, `suggest`, `text_place`, `toml_text` | text and facts in, text and facts out |
//!
//! To follow a command, start at its file in `cli`, continue with the file of
//! the same name in `ops`, which lists the steps, and from there go to the
//! rules in the core. `error` and `warning` define what can go wrong.

mod build_system;
pub mod cli;
mod error;
mod fuzzing;
mod hash;
#[expect(
    clippy::disallowed_methods,
    reason = "this is where files, environment and network are used"
)]
mod io;
mod native;
mod nix;
mod ops;
mod options;
mod overlay;
mod pep508;
mod project;
mod python;
mod python_build;
mod python_index;
mod python_lock;
mod python_native;
mod secrets;
mod suggest;
mod target;
mod text_place;
mod toml_text;
mod vendor;
mod warning;

/// Items that the integration tests use. Not a public interface: anything here
/// may change in any release.
#[doc(hidden)]
pub mod testing {
    pub use crate::cli::{FORMAT_VERSION, command};
    pub use crate::fuzzing::{FUZZ_TARGETS, FuzzTarget};
    pub use crate::hash::{NarWriter, Sha256};
    pub use crate::io::artifacts::{ArtifactRef, ArtifactStore, Credentials};
    pub use crate::io::network::HttpSettings;
    pub use crate::io::{IoError, Network};
    pub use crate::native::features::BuildRequest;
    pub use crate::native::{CfgSet, CrateGraph, Resolver};
    pub use crate::nix::expr::{Binding, Expr, NixString, Part};
    pub use crate::nix::package::{BuildFolders, CargoDeps, Meta, Package, PackageSource};
    pub use crate::nix::print::print;
    pub use crate::ops::{cache, check, finished, hash, init, inspect, lock, vendor, why};
    pub use crate::options::Config;
    pub use crate::overlay::{Block, Document};
    pub use crate::project::{CargoOptions, PythonName};
    pub use crate::python_lock::{Artifact, ArtifactPlace, NamedIndex};
    pub use crate::target::Platform;
}
