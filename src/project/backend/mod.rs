//! What each build backend has cargo build, by the backend's own rules.
//!
//! | backend | where it finds the crates |
//! |---|---|
//! | maturin | `tool.maturin`, its layouts, `Cargo.toml` |
//! | setuptools | `tool.setuptools-rust`, `rust_extensions` in `setup.py` |
//! | poetry-core, pdm-backend, hatchling | a build script or a hook's table |
//! | scikit-build-core, meson-python | `CMakeLists.txt`, `meson.build` |
//! | uv-build, flit-core | nowhere: they build no Rust |
//! | an in-tree backend | where the backend that its module imports does |

mod build_file;
mod build_script;
mod context;
mod maturin;
mod plan;
mod plugins;
mod select;
mod setuptools;
mod staged;

pub(super) use context::Context;
pub use plan::PlannedModule;
pub(super) use plan::RootRule;
pub(super) use plan::ScriptIdentity;
pub(super) use select::plan;
