//! Everything that runs the real binary, real cargo or real Nix.
//!
//! No test needs the internet: crates are generated and come from a registry
//! on the loopback interface.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::match_bool,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests touch the world, say what they skip, end where something is unexpected, and are read more than run"
)]

mod support;

mod artifacts;
#[cfg(unix)]
mod canaries;
mod check;
mod command_line;
mod diagnostics;
mod documents;
mod environments;
mod errors;
mod faults;
mod features;
mod fuzzing;
mod git;
mod git_crates;
mod git_vendor;
mod hash;
mod hooks;
mod init;
mod inspect;
#[cfg(unix)]
mod kills;
mod layouts;
mod local_projects;
mod lock;
mod locks;
mod manifests;
mod nar;
mod native;
mod network;
mod nix_snippet;
mod nix_texts;
mod old_overlays;
#[cfg(target_os = "linux")]
mod opens;
mod overlay_names;
mod overlays;
mod packaging;
mod pins;
#[cfg(unix)]
mod places;
mod prebuilt;
#[cfg(unix)]
mod progress;
mod projects;
mod registries;
mod releases;
mod structure;
mod style;
mod tls;
mod vendor;
mod wheels;
