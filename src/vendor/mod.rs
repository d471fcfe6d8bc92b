//! What a vendored folder must contain, whoever writes it.

pub mod checksum_json;
pub mod fetch_cargo_vendor;
pub mod plan;
pub mod source_config;

pub use plan::{PlannedCrate, VendorPlan};
