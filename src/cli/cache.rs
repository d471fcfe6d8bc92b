//! `cargo pyhack cache`: prints where the cache is, and removes what is in it.

use std::fmt::Write as _;

use bytesize::ByteSize;
use clap::{Args, Subcommand};

use super::text::{counted, size};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::ops::cache::{CacheReport, clean, dir, prune};

/// Show, prune or clear the cache
///
/// The cache contains crates, sdists, git repositories, and results. Everything
/// in it can be fetched or computed again. Once a day, cargo-pyhack prunes the
/// cache to 2 GiB, or to `CARGO_PYHACK_CACHE_SIZE`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack cache dir --sizes              show where it is, and its size
  cargo pyhack cache prune --max-size 500MiB  make it smaller
  cargo pyhack cache clean                    remove everything")]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Print the path of the cache
    Dir {
        /// Also print the size of each part
        #[arg(long)]
        sizes: bool,
    },
    /// Remove everything
    ///
    /// Run `vendor` again afterwards for folders that were written with
    /// `--link-mode symlink`, since they link to the cache.
    Clean,
    /// Remove the least recently used files
    ///
    /// Keeps files that were used in the last ten minutes, and crates that
    /// `vendor --link-mode symlink` links to.
    Prune {
        /// Size to prune the cache to [default: `CARGO_PYHACK_CACHE_SIZE`, else 2GiB]
        #[arg(long, value_name = "SIZE")]
        max_size: Option<ByteSize>,
    },
}

impl CacheArgs {
    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<(), Error> {
        let cache = session.cache();
        let report = match self.command {
            CacheCommand::Dir { sizes } => {
                let report = dir(cache, sizes);
                return ui.result(&report, |report| Text::Data(human(report)));
            }
            CacheCommand::Clean => clean(cache)?,
            CacheCommand::Prune { max_size } => prune(cache, max_size.map(|size| size.as_u64()))?,
        };
        let files = counted(
            report.removed_files.try_into().unwrap_or(usize::MAX),
            "file",
        );
        ui.status(
            "Removed",
            &format!("{files}, {}", size(report.removed_bytes)),
        );
        ui.result(&report, |_| Text::Data(String::new()))
    }
}

fn human(report: &CacheReport) -> String {
    let mut text = report.folder.clone().unwrap_or_default() + "\n";
    for part in &report.parts {
        let _ = writeln!(text, "{:>12}  {}", size(part.bytes), part.name);
    }
    text
}
