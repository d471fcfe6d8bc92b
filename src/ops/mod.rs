//! One file per use case: gather, plan, apply. Nothing here prints.

pub mod hash;
pub mod inspect;
pub mod nix_snippet;
pub mod vendor;

mod facts;
mod load;

pub use load::Request;
