//! One file per use case: gather, plan, apply. Nothing here prints.

pub mod cache;
pub mod check;
pub mod configured;
pub mod hash;
pub mod init;
pub mod inspect;
pub mod lock;
pub mod make_snippet;
pub mod nix_snippet;
pub mod overlay;
pub mod vendor;
pub mod why;

mod build_plan;
mod digests;
mod facts;
pub mod finished;
#[cfg(test)]
mod fixtures;
mod load;
mod locked;
mod manifests;
mod native;
mod native_report;
mod package;
mod pins;
mod prebuilt;
mod stanza;
mod stanza_inputs;
mod submodules;
#[cfg(test)]
mod tests;

pub use load::Request;
