//! The C libraries, programs and environment variables that crates need.
//!
//! [`CrateGraph`] has the crates that cargo resolved; [`features`] works out
//! which of them are built on a platform; [`needs`] finds what one of them
//! needs; [`detect`] collects the needs of all.

pub mod build_script;
pub mod cfg;
pub mod detect;
pub mod features;
pub mod graph;
pub mod library_versions;
pub mod lock_edges;
pub mod needs;
mod picture;
pub mod placeholder_manifest;
pub mod programs;
pub mod rustc_refusals;
mod shortest_paths;
pub mod source_facts;
pub mod table;
pub mod trimmed_manifest;
pub mod why;

pub use cfg::CfgSet;
pub use detect::{
    DetectRequest, ModuleBuild, ModuleCrate, NativeInput, NativeInputs, NativeProblem,
    NativeVariable, Origin, SourceFactsByCrate, merge,
};
pub use graph::{CrateGraph, ResolvedBy, Resolver};
pub use needs::{Evidence, Problem};
pub use picture::Picture;
pub use programs::ProgramTable;
pub use source_facts::SourceFacts;
pub use table::{Choice, EnvValue, NativeTable, Preferences};
pub use why::{DependencyPath, Explainer, WhyNot};
