//! `vendor`: the crates in a folder that cargo builds from offline.

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::load::{Loaded, Request, require_fitting};
use crate::error::Error;
use crate::io::{CrateStore, Progress, vendor_dir};
use crate::vendor::VendorPlan;
use crate::vendor::source_config::source_replacement;
use crate::warning::{Warning, WarningCode};

/// What `cargo pyhack vendor --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VendorReport {
    /// The folder, as it was named.
    pub vendor_dir: String,
    /// How many crates are in it.
    pub crates: usize,
    /// Whether anything was written.
    pub changed: bool,
    /// The lines for `.cargo/config.toml`.
    pub config: String,
    /// What will or may fail, and what to do.
    pub warnings: Vec<Warning>,
}

/// Vendors the crates of a project into the folder `to`.
///
/// # Errors
/// Where there is no Rust or no lock, a crate can't be had, or the folder
/// can't be written; it is then as it was.
pub fn vendor(
    request: Request,
    to: &Utf8Path,
    progress: &dyn Progress,
) -> Result<VendorReport, Error> {
    let loaded = Loaded::read(&request)?;
    let rust = loaded.rust(&request)?;
    let lock = rust.require_lock(&loaded.files)?;
    let plan = VendorPlan::new(&lock.crates_io()?);
    let state = require_fitting(&loaded.files, rust)?;
    let plan = plan.with_unneeded(&state.unneeded);
    let store = CrateStore::open(request.network);
    let current = vendor_dir::is_current(to, &plan, &store)?;
    let mut warnings = super::facts::lock_warnings(lock);
    let crates = if let Some(crates) = current {
        crates
    } else {
        let gone = vendor_dir::write(to, &plan, &store, progress)?;
        if !gone.is_empty() {
            let message = format!("the registry no longer has {}", gone.join(", "));
            warnings.push(Warning::new(WarningCode::GoneCrates, message));
        }
        plan.crates.len() - gone.len()
    };
    Ok(VendorReport {
        vendor_dir: to.to_string(),
        crates,
        changed: current.is_none(),
        config: source_replacement(to),
        warnings,
    })
}
