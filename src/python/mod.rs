//! Python that says how a package is built, read without running it:
//! `setup.py`, in-tree build backends, build scripts.
//!
//! An abstract interpreter executes a file once, statement by statement.
//! Literals, collections, variables, loops over known lists, functions of the
//! file and questions about the platform have values; everything else is
//! unknown and is reported with its line where it matters. A condition with an
//! unknown value has both branches followed.

mod backend;
mod builtins;
mod certainty;
mod commands;
mod exec;
mod imports;
mod methods;
mod native_code;
mod operators;
mod option_defaults;
mod parse;
mod paths;
mod setup_script;
mod situation;
mod staging;
mod trace;
mod value;

pub use backend::{BackendHelper, InTreeBackend, MATURIN_ARGUMENTS, read_backend, read_helper};
pub use certainty::{Certainty, Import};
pub use commands::{BuildCommand, Tool, read_commands};
pub use imports::{Located, ScriptNeeds, read_constants, read_needs};
pub use native_code::{NativeCode, NativeExtension, ProgramCall, module_names, read_native};
pub use setup_script::{SetupScript, read_setup_py};
pub use situation::{Platform, Situation};
pub use staging::StagedPath;
pub use value::{Extension, Note};

#[cfg(test)]
mod tests;
