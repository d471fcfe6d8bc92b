//! `cargo pyhack hash`

use clap::Args;

use super::global::{GlobalArgs, SourceArgs};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::ops::hash::hash;

/// Print nixpkgs' `cargoHash`
///
/// The hash is that of nixpkgs' `fetchCargoVendor`, as SRI on one line. Crates
/// that are in no cache are fetched; none is unpacked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack hash
  cargo pyhack hash --offline bcrypt-5.0.0.tar.gz
  cargo pyhack hash --format json | jq -r .cargo_hash")]
pub(super) struct HashArgs {
    #[command(flatten)]
    source: SourceArgs,
}

impl HashArgs {
    pub(super) fn run(self, ui: &Ui, global: &GlobalArgs) -> Result<(), Error> {
        let report = hash(self.source.into_request(global), &*ui.progress())?;
        ui.warnings(&report.warnings);
        ui.result(&report, |report| {
            Text::Data(format!("{}\n", report.cargo_hash))
        })
    }
}
