//! What a vendored folder must contain, whoever writes it.

pub mod checksum_json;
pub mod config;
pub mod fetch_cargo_vendor;
pub mod git_crate;
pub mod format;
pub mod plan;
pub mod workspace_values;

pub use git_crate::{GitCrate, GitManifests};
pub use format::{Layout, LinkMode, Naming};
pub use plan::{Form, PlanRequest, PlannedCrate, SameCrate, VendorPlan};
