//! How stanzas are made: every option, whether it is typed as a flag, written
//! in the configuration, or read from a mark.
//!
//! [`Options`] is one layer of them, in which every key may be missing. Layers
//! are merged once, with [`Options::over`]: the command line, over the
//! package's entry in the configuration, over the configuration's general
//! keys. What no layer says has a default where it is used.
//!
//! A new key is written in three places:
//!
//! 1. its group in [`keys`]: name, type, text and flag. The structs, the
//!    flags, merging, marks, the configuration's reader and the JSON schema
//!    come from there;
//! 2. the code that it decides something in;
//! 3. its row in `docs/configuration.md`.

mod additions;
pub mod config;
mod error;
mod field;
mod keys;
mod layers;
mod setting;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use additions::Additions;
pub use config::{Config, ConfigError, PackageStyle};
pub use error::UnusedSubdirectory;
pub use keys::{
    EnvironmentOptions, ExtraOptions, GenerateOptions, InputOptions, NixpkgsOptions, Options,
    RustOptions, SourceOptions, StanzaOptions, TargetOptions,
};
pub use layers::Layers;
pub use setting::{Chosen, Setting};
pub use values::{Attribute, DroppedName, PrebuiltPackage};
