//! One file per use case: gather, plan, apply. Nothing here prints.

pub mod hash;
pub mod inspect;
pub mod nix_snippet;
pub mod vendor;
pub mod why;

mod facts;
mod load;
mod native;
mod native_report;

pub use load::Request;
