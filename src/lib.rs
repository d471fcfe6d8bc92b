//! Writes the Nix that builds a Python package with Rust in it.
//!
//! The library is three rings; each may use those further in, never the
//! other way round.
//!
//! | ring | modules | what they do |
//! |---|---|---|
//! | people | [`cli`] | what is typed and printed |
//! | world | [`ops`], [`io`] | one use case a file; files, archives, network |
//! | core | [`project`], [`python`], [`build_system`], [`native`], [`vendor`], [`hash`], [`nix`], [`overlay`], [`python_lock`] | text and facts in, text and facts out |
//!
//! To follow a command, begin in `cli` (what can be typed), go on to the file
//! of the same name in [`ops`] (the story), and from there to the rule in the
//! core. [`error`] and [`warning`] hold what can go wrong.

pub mod build_system;
pub mod cli;
pub mod config;
pub mod error;
pub mod hash;
#[expect(
    clippy::disallowed_methods,
    reason = "this is where files, environment and network are used"
)]
pub mod io;
pub mod native;
pub mod nix;
pub mod ops;
pub mod overlay;
pub mod project;
pub mod python;
pub mod python_lock;
pub mod target;
pub mod vendor;
pub mod warning;
