//! What a vendored folder must contain, whoever writes it.

pub mod checksum_json;
pub mod config;
pub mod fetch_cargo_vendor;
pub mod format;
pub mod git_crate;
pub mod plan;
pub mod workspace_values;

pub use format::{Layout, LinkMode, Naming};
pub use git_crate::{GitCrate, GitManifests};
pub use plan::{Form, PlanRequest, PlannedCrate, SameCrate, VendorPlan};
