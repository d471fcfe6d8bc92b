//! The C libraries, programs and variables behind crates.
//!
//! [`CrateGraph`] has the crates that cargo resolved; [`features`] works out
//! which of them are built on a platform; [`needs`] says what one of them
//! needs, and [`detect`] puts it together.

pub mod build_script;
pub mod cfg;
pub mod detect;
pub mod features;
pub mod graph;
pub mod lock_edges;
pub mod needs;
pub mod picture;
pub mod placeholder_manifest;
mod shortest_paths;
pub mod source_facts;
pub mod table;
pub mod trimmed_manifest;
pub mod why;

pub use cfg::CfgSet;
pub use detect::{
    DetectRequest, Digests, ModuleBuild, NativeInput, NativeInputs, NativeProblem, NativeVariable,
    Origin, merge,
};
pub use features::{Resolver, Side};
pub use graph::CrateGraph;
pub use needs::{Evidence, Problem};
pub use picture::Picture;
pub use source_facts::CrateDigest;
pub use table::{Choice, EnvValue, NativeTable, Preferences};
pub use why::{Question, Step, Way, WhyNot};
