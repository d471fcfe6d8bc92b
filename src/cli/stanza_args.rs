//! Flags of the commands that write stanzas.

use camino::Utf8PathBuf;
use clap::Args;

use crate::nix::Form;
use crate::ops::overlay::Writing;
use crate::options::GenerateOptions;

/// How an overlay file is written.
#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// Write to this overlay file instead of stdout
    ///
    /// Creates the file if it doesn't exist. In an existing file, only the text
    /// between `# pyhack: begin NAME` and `# pyhack: end NAME` is replaced; new
    /// overrides are added at the end of `final: prev: { }`.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub write: Option<Utf8PathBuf>,

    #[command(flatten)]
    pub generate: GenerateOptions,

    /// Replace overrides in FILE that were edited by hand, and files in the place
    /// of a generated Cargo.lock
    #[arg(long, requires = "write")]
    pub force: bool,

    /// Print the changes to FILE as a diff
    #[arg(long, requires = "write")]
    pub diff: bool,

    /// Format new overrides with this program, which reads stdin and writes
    /// stdout [default: built-in nixfmt]
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
        _ => Err("not the name of a file"),
    }
}
