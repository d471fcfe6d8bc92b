//! What a Python source distribution needs to be built by pyproject.nix, and
//! which package set meets it.
//!
//! uv2nix doesn't add a build system to packages from an index, a repository or
//! a URL. The steps to find it are:
//!
//! - [`BuildFacts`] reads the build requirements of a source.
//! - [`PackageSet`] holds the packages that pyproject-build-systems and the
//!   user's lock provide.
//! - [`resolve`] returns the argument of `resolveBuildSystem`.
//! - [`judge`] returns what breaks if the set is newer than a source expects.
//! - [`plan`] does all of this for each package of a lock and breaks cycles.
//!
//! Nothing here does I/O: the input is
//! [`SourceFiles`](crate::project::SourceFiles), locks and tables.

mod bounds;
mod consequence;
mod cycles;
mod facts;
mod import_names;
mod local;
mod mend;
mod package_set;
mod requirement;
mod resolve;
mod rules;

pub use bounds::{JudgeRequest, judge};
pub use consequence::{Consequence, Likelihood, Mend};
pub use cycles::plan;
pub use facts::BuildFacts;
pub use local::LocalRequirements;
pub use mend::{MaturinSource, maturin_metadata};
pub use package_set::{
    BuildFormat, BuildSystemTable, Fix, PackageOrigin, PackageSet, PackageSets, SetPackage,
    UserLock,
};
pub use requirement::Place;
pub use resolve::{Need, ResolveRequest, Resolved, resolve};
