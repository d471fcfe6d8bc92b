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
/// This is the hash that nixpkgs' `fetchCargoVendor` expects. Fetches the crates
/// in Cargo.lock that aren't cached, and checks out git dependencies in the
/// cache. No code is run.
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

    /// Print the hashes of git dependencies instead, as for nixpkgs' `outputHashes`
    #[arg(long)]
    output_hashes: bool,

    /// Print the hash of a file or folder instead, like `nix hash path`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["path", "cargo_root", "cargo_lock", "output_hashes"])]
    nar: Option<Utf8PathBuf>,

    /// Convert a SHA-256 hash instead
    ///
    /// Accepts SRI, nix32, base16 and base64, with or without `sha256:`.
    #[arg(long, value_name = "HASH", value_parser = sha256)]
    #[arg(conflicts_with_all = ["path", "cargo_root", "cargo_lock", "output_hashes", "nar"])]
    convert: Option<Sha256>,

    /// Format of the hash
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
        "not a SHA-256: expected `sha256-` and base64, or base16, nix32 or base64 with an optional `sha256:` in front",
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
