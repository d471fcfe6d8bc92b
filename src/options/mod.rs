//! How stanzas are made: what the command line, the configuration and marks
//! say of it.

pub mod config;
mod recipe;
mod words;

pub use recipe::{Recipe, platform, python_minor, require_library};
pub use words::{ChoiceWord, SourceWord};
