//! Package indexes: which ones are configured, what they say of a package, and
//! how one of its sdists is named.
//!
//! Everything here is text in and values out; `io::python_index` finds the
//! files and asks the servers.

mod config;
mod page;
mod release;

pub use config::{IndexLayer, indexes_in_order, pip_layer, uv_layer, uv_layer_of_project};
pub use page::{IndexFile, NoSdist, choose_sdist, read_page};
pub use release::{Release, ReleasePlace};
