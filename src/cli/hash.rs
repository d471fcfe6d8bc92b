//! `cargo pyhack hash`: prints hashes as nixpkgs and Nix write them.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::global::SourceArgs;
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::hash::Sha256;
use crate::io::Session;
use crate::ops::hash::{HashTexts, hash, hash_nar, output_hashes};

/// Print nixpkgs' `cargoHash`
///
/// The hash is that of nixpkgs' `fetchCargoVendor`, as SRI on one line. Crates
/// that are in no cache are fetched; none is unpacked. Git dependencies are
/// checked out, in our cache, with nothing of them run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack hash
  cargo pyhack hash --offline bcrypt-5.0.0.tar.gz
  cargo pyhack hash --format json | jq -r .cargo_hash
  cargo pyhack hash --output-hashes
  cargo pyhack hash --nar vendor
  cargo pyhack hash --convert 0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73 --to sri")]
pub(super) struct HashArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// Print nixpkgs' `outputHashes` instead: the git dependencies' hashes
    #[arg(long)]
    output_hashes: bool,

    /// Print the hash of a file or folder instead, as `nix hash path` does
    #[arg(long, value_name = "FILE", conflicts_with_all = ["path", "cargo_root", "cargo_lock", "output_hashes"])]
    nar: Option<Utf8PathBuf>,

    /// Print this SHA-256 in another form instead
    ///
    /// It may be SRI, or nix32, base16 or base64, with `sha256:` before it or
    /// without.
    #[arg(long, value_name = "HASH", value_parser = sha256)]
    #[arg(conflicts_with_all = ["path", "cargo_root", "cargo_lock", "output_hashes", "nar"])]
    convert: Option<Sha256>,

    /// Form to print a hash in
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        default_value = "sri",
        conflicts_with = "output_hashes"
    )]
    to: Form,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// `sha256-` and base64
    Sri,
    /// Nix's base-32
    Nix32,
    /// Hexadecimal
    Base16,
    /// Base64
    Base64,
}

fn sha256(text: &str) -> Result<Sha256, &'static str> {
    Sha256::parse(text).ok_or(
        "that is no SHA-256: `sha256-` and 44 characters of base64; or 64 of base16, 52 of nix32 \
         or 44 of base64, with `sha256:` before them or without",
    )
}

impl HashArgs {
    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<(), Error> {
        if let Some(hash) = self.convert {
            return print(ui, &HashTexts::new(&hash), self.to);
        }
        if let Some(path) = &self.nar {
            return print(ui, &hash_nar(path)?, self.to);
        }
        let request = self.source.into_request(session)?;
        if self.output_hashes {
            let report = output_hashes(&request, session)?;
            ui.warnings(&report.warnings);
            return ui.result(&report, |report| Text::Data(report.nix.clone()));
        }
        let mut report = hash(&request, session)?;
        report.cargo_hash.print_as(|texts| self.to.of(texts));
        ui.warnings(&report.warnings);
        ui.result(&report, |report| {
            Text::Data(format!("{}\n", report.cargo_hash.text()))
        })
    }
}

fn print(ui: &Ui, texts: &HashTexts, form: Form) -> Result<(), Error> {
    ui.result(texts, |texts| Text::Data(format!("{}\n", form.of(texts))))
}

impl Form {
    fn of(self, texts: &HashTexts) -> String {
        let text = match self {
            Self::Sri => &texts.sri,
            Self::Nix32 => &texts.nix32,
            Self::Base16 => &texts.base16,
            Self::Base64 => &texts.base64,
        };
        text.clone()
    }
}
