//! Flags of the commands that write stanzas.

use camino::Utf8PathBuf;
use clap::Args;

use crate::nix::Form;
use crate::ops::overlay::Writing;
use crate::options::GenerateOptions;

/// How an overlay file is written.
#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// Overlay file to put stanzas into, instead of printing it
    ///
    /// A file that isn't there yet is made. In one that is, only what is
    /// between the markers `# pyhack: begin NAME` and `# pyhack: end NAME` is
    /// replaced; without them a stanza goes to the end of the set of
    /// `final: prev: { }`.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub write: Option<Utf8PathBuf>,

    #[command(flatten)]
    pub generate: GenerateOptions,

    /// Replace stanzas in FILE that were edited by hand, too, and another file
    /// that lies where a lock goes
    #[arg(long, requires = "write")]
    pub force: bool,

    /// Print what changes in FILE as a diff
    #[arg(long, requires = "write")]
    pub diff: bool,

    /// Program that lays FILE's new stanzas out, reading from standard input
    /// [default: as nixfmt does]
    #[arg(long, value_name = "CMD", requires = "write")]
    pub formatter: Option<String>,
}

impl WriteArgs {
    /// The file to write, if there is one.
    pub(super) fn writing(self, form: Option<Form>, dry_run: bool) -> Option<Writing> {
        Some(Writing {
            file: self.write?,
            form: form.unwrap_or(Form::File),
            force: self.force,
            dry_run,
            formatter: self.formatter,
        })
    }
}

fn file(text: &str) -> Result<Utf8PathBuf, &'static str> {
    let path = Utf8PathBuf::from(text);
    match path.file_name() {
        Some(_) if !text.ends_with('/') => Ok(path),
        _ => Err("that is no name of a file"),
    }
}
