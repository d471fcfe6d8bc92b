//! `cargo pyhack vendor`

use std::io::{self, ErrorKind::BrokenPipe};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::global::{GlobalArgs, SourceArgs};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::IoError;
use crate::io::write::AtomicFile;
use crate::ops::vendor::{Destination, VendorOptions, VendorReport, vendor};
use crate::options::platform;
use crate::target::Platform;
use crate::vendor::{Layout, LinkMode, Naming};

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
  cargo pyhack vendor --to /tmp/crates pydantic_core-2.41.5.tar.gz
  cargo pyhack vendor --platform x86_64-linux,aarch64-linux
  cargo pyhack vendor --tar --to - | zstd > crates.tar.zst")]
pub(super) struct VendorArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// Folder to write; with --tar a file, or - for standard output
    #[arg(long, value_name = "DIR", default_value = "vendor", value_parser = folder)]
    to: Utf8PathBuf,

    /// Write a tar archive, the same bytes for the same crates
    #[arg(long)]
    tar: bool,

    /// What the folder is like
    #[arg(long, value_enum, default_value_t = LayoutArg::Cargo)]
    layout: LayoutArg,

    /// Name all folders <name>-<version>, as `cargo vendor --versioned-dirs`
    #[arg(long)]
    versioned_dirs: bool,

    /// Platforms to build for, with commas between: other crates become stubs
    ///
    /// By Nix's names or rustc's. What only other platforms need, or tests,
    /// becomes a manifest with empty files, which cargo accepts.
    #[arg(long, visible_alias = "platforms", value_name = "LIST", value_delimiter = ',', value_parser = platform)]
    platform: Vec<Platform>,

    /// How files get into the folder
    #[arg(long, value_enum, default_value_t = LinkModeArg::Copy, conflicts_with = "tar")]
    link_mode: LinkModeArg,
}

/// What a folder is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LayoutArg {
    /// What `cargo vendor` writes
    Cargo,
    /// What nixpkgs' `importCargoLock` makes
    ImportCargoLock,
    /// What nixpkgs' `cargoHash` covers: crates as they were downloaded
    FetchCargoVendor,
    /// What nixpkgs' `fetchCargoVendor` makes of that for cargo
    FetchCargoVendorUnpacked,
}

/// How files get into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LinkModeArg {
    /// They are written: the folder stands alone
    Copy,
    /// Hard links to our cache: who edits a file edits it for all folders;
    /// copies where the cache is on another file system
    Hardlink,
    /// Links to our cache: the folder breaks where the cache is cleared or
    /// isn't there, as in a container or a commit
    Symlink,
    /// Copies that share blocks with our cache; plain copies where the file
    /// system can't
    Reflink,
}

fn folder(text: &str) -> Result<Utf8PathBuf, &'static str> {
    if text.is_empty() {
        return Err("the folder has no name");
    }
    Ok(Utf8PathBuf::from(text))
}

impl VendorArgs {
    /// What of the command line contradicts itself.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let message = "what `cargoHash` covers has all crates as they are: `--platform` is for the \
                       other layouts";
        let is_whole = self.layout == LayoutArg::FetchCargoVendor;
        (is_whole && !self.platform.is_empty()).then_some(message)
    }

    pub(super) fn run(self, ui: &Ui, global: &GlobalArgs) -> Result<(), Error> {
        let options = VendorOptions {
            layout: self.layout.into(),
            naming: if self.versioned_dirs {
                Naming::Versioned
            } else {
                Naming::NewestBare
            },
            link_mode: self.link_mode.into(),
            platforms: self.platform.iter().copied().collect(),
        };
        let request = self.source.into_request(global);
        let progress = ui.progress();
        if !self.tar {
            let to = Destination::Folder(&self.to);
            let report = vendor(&request, &options, to, &*progress)?;
            return finish(ui, &report, true);
        }
        if self.to == "-" {
            let mut stdout = io::stdout().lock();
            let to = Destination::Tar(&mut stdout, "vendor".to_owned());
            return match vendor(&request, &options, to, &*progress) {
                Ok(report) => finish(ui, &report, false),
                // A reader that stopped reading, as `head` does, is no error.
                Err(Error::Io(IoError::File(error))) if error.kind() == BrokenPipe => Ok(()),
                Err(error) => Err(error),
            };
        }
        let mut file = AtomicFile::new(&self.to)?;
        let to = Destination::Tar(&mut file, stem(&self.to));
        let report = vendor(&request, &options, to, &*progress)?;
        file.finish()?;
        finish(ui, &report, true)
    }
}

/// The folder in an archive is called like it.
fn stem(path: &Utf8Path) -> String {
    let name = path.file_name().unwrap_or_default();
    let stem = name.strip_suffix(".tar").unwrap_or(name);
    if matches!(stem, "" | "." | "..") {
        "vendor".to_owned()
    } else {
        stem.to_owned()
    }
}

fn finish(ui: &Ui, report: &VendorReport, has_stdout: bool) -> Result<(), Error> {
    let plural = if report.crates == 1 { "" } else { "s" };
    let stubs = match report.stubs {
        0 => String::new(),
        stubs => format!(" ({stubs} as stubs)"),
    };
    let crates = format!(
        "{} crate{plural}{stubs} in `{}`",
        report.crates, report.vendor_dir
    );
    let verb = if report.changed { "Vendored" } else { "Fresh" };
    ui.status(verb, &crates);
    ui.warnings(&report.warnings);
    if has_stdout {
        return ui.result(report, |report| Text::Data(report.config.clone()));
    }
    Ok(())
}

impl From<LayoutArg> for Layout {
    fn from(layout: LayoutArg) -> Self {
        match layout {
            LayoutArg::Cargo => Self::Cargo,
            LayoutArg::ImportCargoLock => Self::ImportCargoLock,
            LayoutArg::FetchCargoVendor => Self::FetchCargoVendor,
            LayoutArg::FetchCargoVendorUnpacked => Self::FetchCargoVendorUnpacked,
        }
    }
}

impl From<LinkModeArg> for LinkMode {
    fn from(mode: LinkModeArg) -> Self {
        match mode {
            LinkModeArg::Copy => Self::Copy,
            LinkModeArg::Hardlink => Self::Hardlink,
            LinkModeArg::Symlink => Self::Symlink,
            LinkModeArg::Reflink => Self::Reflink,
        }
    }
}
