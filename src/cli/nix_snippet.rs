//! `cargo pyhack nix-snippet`

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::global::{GlobalArgs, SourceArgs, TargetArgs};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::nix::Form;
use crate::ops::Request;
use crate::ops::nix_snippet::{Destination, nix_snippet};

/// Print the stanza that builds the package with pyproject.nix
///
/// The stanza calls `hacks.importCargoLock` and adds the Python build system,
/// native inputs and environment variables. Where it stands, `pkgs`, `lib` and
/// `hacks = pkgs.callPackage pyproject-nix.build.hacks { }` have to be in
/// scope.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack nix-snippet
  cargo pyhack nix-snippet --as stanza cryptography-46.0.6.tar.gz
  cargo pyhack nix-snippet --as file > overlay.nix
  cargo pyhack nix-snippet --generate-lock --write tiktoken.nix tiktoken-0.12.0.tar.gz")]
pub(super) struct NixSnippetArgs {
    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    target: TargetArgs,

    /// How much is printed around the stanza [default: overlay; file with --write]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<FormArg>,

    /// File to write the text to, instead of printing it
    #[arg(long, value_name = "FILE", value_parser = file)]
    write: Option<Utf8PathBuf>,

    /// Have cargo make the lock, or mend one that doesn't fit
    ///
    /// Cargo runs in a folder of ours and sees the manifests alone. The lock is
    /// kept beside FILE as NAME.lock, taken from there the next time, and put
    /// into the build.
    #[arg(long, requires = "write")]
    generate_lock: bool,

    /// Overwrite FILE where it has something else in it
    #[arg(long, requires = "write")]
    force: bool,
}

fn file(text: &str) -> Result<Utf8PathBuf, &'static str> {
    let path = Utf8PathBuf::from(text);
    match path.file_name() {
        Some(_) if !text.ends_with('/') => Ok(path),
        _ => Err("that is no name of a file"),
    }
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
    pub(super) fn run(self, ui: &Ui, global: &GlobalArgs) -> Result<(), Error> {
        let default = if self.write.is_some() {
            FormArg::File
        } else {
            FormArg::Overlay
        };
        let form = match self.form.unwrap_or(default) {
            FormArg::Overlay => Form::Overlay,
            FormArg::Stanza => Form::Stanza,
            FormArg::File => Form::File,
        };
        let destination = self.write.map(|path| Destination {
            path,
            overwrite: self.force,
        });
        let request = Request {
            generate_lock: self.generate_lock,
            ..self.target.apply(self.source.into_request(global))
        };
        let snippet = nix_snippet(request, form, destination.as_ref(), &*ui.progress())?;
        ui.warnings(&snippet.warnings);
        for file in &snippet.files {
            let is_new = snippet.changed.contains(file);
            ui.status(if is_new { "Wrote" } else { "Fresh" }, &format!("`{file}`"));
        }
        ui.result(&snippet, |snippet| {
            let is_printed = snippet.files.is_empty();
            Text::Data(if is_printed {
                snippet.nix.clone()
            } else {
                String::new()
            })
        })
    }
}
