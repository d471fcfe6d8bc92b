//! The contents of a vendor directory in each layout.

pub mod checksum_json;
pub mod config;
pub mod fetch_cargo_vendor;
pub mod format;
pub mod git_crate;
pub mod plan;
pub mod source_numbers;
pub mod workspace_values;

pub use format::{Layout, LinkMode, Naming};
pub use git_crate::{GitCrate, GitManifests};
pub use plan::{CrateForm, DuplicateCrate, PlanRequest, PlannedCrate, VendorPlan};
pub use source_numbers::SourceNumbers;
