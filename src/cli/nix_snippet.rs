//! `cargo pyhack nix-snippet`

use clap::{Args, ValueEnum};

use super::global::{SourceArgs, TargetArgs};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::nix::Form;
use crate::ops::nix_snippet::nix_snippet;

/// Print the stanza that builds the package with pyproject.nix
///
/// The stanza calls `hacks.importCargoLock` and adds the Python build system,
/// native inputs and environment variables. Where it stands, `pkgs` and
/// `hacks = pkgs.callPackage pyproject-nix.build.hacks { }` have to be in
/// scope.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack nix-snippet
  cargo pyhack nix-snippet --as stanza cryptography-46.0.6.tar.gz
  cargo pyhack nix-snippet --as file > overlay.nix")]
pub(super) struct NixSnippetArgs {
    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    target: TargetArgs,

    /// How much is printed around the stanza
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = FormArg::Overlay)]
    form: FormArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormArg {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// `NAME = ...;` alone
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, to import
    File,
}

impl NixSnippetArgs {
    pub(super) fn run(self, ui: &Ui) -> Result<(), Error> {
        let form = match self.form {
            FormArg::Overlay => Form::Overlay,
            FormArg::Stanza => Form::Stanza,
            FormArg::File => Form::File,
        };
        let snippet = nix_snippet(&self.target.apply(self.source.into_request()), form)?;
        ui.warnings(&snippet.warnings);
        ui.result(&snippet, |snippet| Text::Data(snippet.nix.clone()))
    }
}
