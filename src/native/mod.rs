//! The C libraries, programs and variables behind crates.

pub mod detect;
pub mod table;

pub use detect::{NativeInput, NativeInputs, NativeVariable, detect};
pub use table::NativeTable;
