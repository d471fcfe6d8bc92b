//! What a Python source distribution needs to be built by pyproject.nix, and
//! which package set meets it.
//!
//! uv2nix gives packages from an index, a repository or a URL no build system.
//! [`BuildFacts`] are what a source says of its build requirements;
//! [`PackageSet`] is what pyproject-build-systems and the user's lock put into
//! a package set; [`resolve`] gives the argument of `resolveBuildSystem`;
//! [`judge`] the consequences of a set that is newer than a source expects;
//! [`plan`] does all of it for every package of a lock and breaks cycles.
//!
//! Everything here is pure: [`SourceFiles`](crate::project::SourceFiles), locks
//! and tables in, values out.

mod bounds;
mod consequence;
mod cycles;
mod facts;
mod import_names;
mod mend;
mod package_set;
mod requirement;
mod resolve;
mod rules;

pub use bounds::{JudgeRequest, judge};
pub use consequence::{Consequence, Likelihood, Mend};
pub use cycles::plan;
pub use facts::BuildFacts;
pub use mend::{MaturinSource, maturin_metadata};
pub use package_set::{BuildSystemTable, PackageSet, PackageSets, UserLock};
pub use requirement::Place;
pub use resolve::{Need, ResolveRequest, Resolved, resolve};
