//! Writes the Nix that builds a Python package with Rust in it.
//!
//! The library is three rings; each may use those further in, never the
//! other way round.
//!
//! | ring | modules | what they do |
//! |---|---|---|
//! | people | `cli` | what is typed and printed |
//! | world | `ops`, `io` | one use case a file; files, archives, network |
//! | core | `project`, `python`, `python_build`, `python_native`, `build_system`, `native`, `vendor`, `hash`, `nix`, `overlay`, `options`, `python_lock` | text and facts in, text and facts out |
//!
//! To follow a command, begin in `cli` (what can be typed), go on to the file
//! of the same name in `ops` (the story), and from there to the rule in the
//! core. `error` and `warning` hold what can go wrong.

mod build_system;
pub mod cli;
mod error;
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
mod project;
mod python;
mod python_build;
mod python_lock;
mod python_native;
mod target;
mod vendor;
mod warning;

/// What the integration tests look at besides the program itself. It isn't an
/// interface: anything here may change in any release.
#[doc(hidden)]
pub mod testing {
    pub use crate::cli::FORMAT_VERSION;
    pub use crate::hash::{NarWriter, Sha256};
    pub use crate::io::artifacts::{ArtifactRef, ArtifactStore, Credentials};
    pub use crate::io::network::HttpSettings;
    pub use crate::io::{IoError, Network};
    pub use crate::native::features::BuildRequest;
    pub use crate::native::{CfgSet, CrateGraph, Resolver};
    pub use crate::nix::expr::Expr;
    pub use crate::nix::package::{BuildFolders, CargoDeps, Meta, Package, PackageSource};
    pub use crate::nix::print::print;
    pub use crate::ops::{artifact, check, hash, init, inspect, lock, vendor, why};
    pub use crate::options::Config;
    pub use crate::overlay::{Block, Document};
    pub use crate::project::{CargoOptions, PythonName};
    pub use crate::python_lock::{Artifact, ArtifactPlace, NamedIndex};
    pub use crate::target::Platform;
}
