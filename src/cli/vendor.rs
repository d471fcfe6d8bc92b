//! `cargo pyhack vendor`

use camino::Utf8PathBuf;
use clap::Args;

use super::global::{GlobalArgs, SourceArgs};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::ops::vendor::vendor;

/// Put the crates into a folder that cargo builds from offline
///
/// Every crate is checked against the lock. The folder is replaced as a whole
/// or not at all, and left alone where it is up to date. Standard output has
/// the lines for `.cargo/config.toml`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack vendor
  cargo pyhack vendor > .cargo/config.toml    where there is no such file yet
  cargo pyhack vendor --to /tmp/crates pydantic_core-2.41.5.tar.gz")]
pub(super) struct VendorArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// Folder to write
    #[arg(long, value_name = "DIR", default_value = "vendor", value_parser = folder)]
    to: Utf8PathBuf,
}

fn folder(text: &str) -> Result<Utf8PathBuf, &'static str> {
    if text.is_empty() {
        return Err("the folder has no name");
    }
    Ok(Utf8PathBuf::from(text))
}

impl VendorArgs {
    pub(super) fn run(self, ui: &Ui, global: &GlobalArgs) -> Result<(), Error> {
        let report = vendor(self.source.into_request(global), &self.to, &*ui.progress())?;
        let plural = if report.crates == 1 { "" } else { "s" };
        let crates = format!("{} crate{plural} in `{}`", report.crates, report.vendor_dir);
        if report.changed {
            ui.status("Vendored", &crates);
        } else {
            ui.status("Fresh", &crates);
        }
        ui.warnings(&report.warnings);
        ui.result(&report, |report| Text::Data(report.config.clone()))
    }
}
