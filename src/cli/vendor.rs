//! `cargo pyhack vendor`: writes the crates of a lock to a folder or archive.

use std::io::{self, ErrorKind::BrokenPipe};

use camino::Utf8PathBuf;
use clap::Args;

use super::global::SourceArgs;
use super::text::counted;
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::write::AtomicFile;
use crate::io::{IoError, Session};
use crate::ops::vendor::{Destination, VendorOptions, VendorReport, vendor};
use crate::target::Platform;
use crate::vendor::{Layout, LinkMode, Naming};

/// Vendor the crates, to build offline
///
/// Fetches the crates in Cargo.lock that aren't cached, verifies them, and writes
/// them to a folder. An existing folder is replaced as a whole, unless it is up
/// to date. Prints the lines for `.cargo/config.toml`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack vendor
  cargo pyhack vendor > .cargo/config.toml    if that file doesn't exist yet
  cargo pyhack vendor --to /tmp/crates pydantic_core-2.41.5.tar.gz
  cargo pyhack vendor --platform x86_64-linux,aarch64-linux
  cargo pyhack vendor --tar --to - | zstd > crates.tar.zst")]
pub(super) struct VendorArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// Folder to write; with --tar a file, or - for stdout
    #[arg(long, value_name = "DIR", default_value = "vendor", value_parser = folder)]
    to: Utf8PathBuf,

    /// Write a reproducible tar archive instead of a folder
    #[arg(long)]
    tar: bool,

    /// Layout of the folder
    #[arg(long, value_enum, default_value_t = Layout::Cargo)]
    layout: Layout,

    /// Name all folders <name>-<version>, like `cargo vendor --versioned-dirs`
    #[arg(long)]
    versioned_dirs: bool,

    /// Comma-separated platforms to build for; crates of other platforms become
    /// stubs [default: keep all crates]
    ///
    /// Accepts the names of Nix and rustc. A stub is a manifest with empty files,
    /// which cargo accepts. Crates that only tests need become stubs, too.
    #[arg(
        long,
        visible_alias = "platforms",
        value_name = "LIST",
        value_delimiter = ','
    )]
    platform: Vec<Platform>,

    /// How to add the files to the folder
    #[arg(long, value_enum, default_value_t = LinkMode::Copy, conflicts_with = "tar")]
    link_mode: LinkMode,
}

fn folder(text: &str) -> Result<Utf8PathBuf, &'static str> {
    if text.is_empty() {
        return Err("the folder must not be empty");
    }
    Ok(Utf8PathBuf::from(text))
}

impl VendorArgs {
    /// Returns a message if the flags contradict each other in a way that clap
    /// can't express.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let message = "`--platform` can't be used with the layout `fetch-cargo-vendor`, which contains all crates unchanged";
        let is_whole = self.layout == Layout::FetchCargoVendor;
        (is_whole && !self.platform.is_empty()).then_some(message)
    }

    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<(), Error> {
        let options = VendorOptions {
            layout: self.layout,
            naming: if self.versioned_dirs {
                Naming::Versioned
            } else {
                Naming::NewestBare
            },
            link_mode: self.link_mode,
            platforms: self.platform.iter().copied().collect(),
        };
        let request = self.source.into_request(session)?;
        if !self.tar {
            let to = Destination::Folder(&self.to);
            let report = vendor(&request, &options, to, session)?;
            return finish(ui, &report, true);
        }
        if self.to == "-" {
            let mut stdout = io::stdout().lock();
            let to = Destination::Tar(&mut stdout, &self.to);
            return match vendor(&request, &options, to, session) {
                Ok(report) => finish(ui, &report, false),
                // The reader stopped early, as `head` does.
                Err(Error::Io(IoError::File(error))) if error.kind() == BrokenPipe => Ok(()),
                Err(error) => Err(error),
            };
        }
        let mut file = AtomicFile::new(&self.to)?;
        let to = Destination::Tar(&mut file, &self.to);
        let report = vendor(&request, &options, to, session)?;
        file.finish()?;
        finish(ui, &report, true)
    }
}

fn finish(ui: &Ui, report: &VendorReport, has_stdout: bool) -> Result<(), Error> {
    let stubs = match report.stubs {
        0 => String::new(),
        stubs => format!(" ({stubs} as stubs)"),
    };
    let crates = format!(
        "{}{stubs} in `{}`",
        counted(report.crates, "crate"),
        report.vendor_dir
    );
    let verb = if report.changed { "Vendored" } else { "Fresh" };
    ui.status(verb, &crates);
    ui.warnings(&report.warnings);
    if has_stdout {
        return ui.result(report, |report| Text::Data(report.config.clone()));
    }
    Ok(())
}
