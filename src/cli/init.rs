//! `cargo pyhack init`: writes a flake and an empty overlay.

use camino::Utf8PathBuf;
use clap::Args;

use super::style::plain;
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::ops::init::{InitOptions, InitReport, init};
use crate::python_lock::Preference;
use crate::target::Python;

/// Write a flake for a uv project, with an overlay for its packages with Rust
///
/// FOLDER has a pyproject.toml and a uv.lock. It gets a flake.nix, with the
/// environment as a package and a development shell, made with uv2nix, and an
/// empty overlay.nix, which other commands fill. A file that is there is left
/// as it is: for a flake.nix, what to paste into it is printed.
///
/// Packages of the project without anything to compile are imported from the
/// working copy in the shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack init                           flake.nix and overlay.nix, here
  cargo pyhack init --dry-run                 what they would be
  cargo pyhack init --python 3.13 app         another Python
  cargo pyhack init --source-preference sdist build all packages from source")]
pub(super) struct InitArgs {
    /// Folder of pyproject.toml and uv.lock
    #[arg(default_value = ".")]
    folder: Utf8PathBuf,

    /// CPython of the environment, such as 3.13 [default: that of
    /// .python-version, else nixpkgs' own, or the newest, that the project
    /// allows and its wheels are for]
    #[arg(long, value_name = "VERSION")]
    python: Option<Python>,

    /// What is taken of packages that have both
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Preference::Wheel)]
    source_preference: Preference,

    /// Write nothing; print what would be written
    #[arg(long)]
    dry_run: bool,
}

impl InitArgs {
    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<(), Error> {
        let dry_run = self.dry_run;
        let options = InitOptions {
            folder: self.folder,
            python_minor: self.python.map(|python| python.minor),
            preference: self.source_preference,
            dry_run,
        };
        let report = init(&options, session)?;
        ui.warnings(&report.warnings);
        let wrote = if dry_run { "Would write" } else { "Wrote" };
        for (word, files) in [(wrote, &report.written), ("Kept", &report.kept)] {
            for file in files {
                ui.status(word, &format!("`{}`", plain(file)));
            }
        }
        tell_inputs(ui, &report);
        ui.result(&report, |report| {
            let diff = if dry_run { &report.diff } else { "" };
            Text::Data(format!("{diff}{}", report.wiring))
        })?;
        advise(ui, &report);
        Ok(())
    }
}

/// Reports which inputs an existing flake has.
fn tell_inputs(ui: &Ui, report: &InitReport) {
    let found = report
        .inputs
        .values()
        .flatten()
        .map(|name| format!("`{}`", plain(name)));
    let found: Vec<_> = found.collect();
    if !found.is_empty() {
        ui.status("Found", &format!("the inputs {}", found.join(", ")));
    }
    let is_wired = !report.inputs.is_empty() && report.wiring.is_empty();
    if is_wired {
        ui.status(
            "Fresh",
            &format!("the flake has the path of `{}`", plain(&report.overlay)),
        );
    }
}

/// Prints the steps that remain: what to paste and which command to run.
fn advise(ui: &Ui, report: &InitReport) {
    if !report.wiring.is_empty() {
        ui.hint("paste what is printed above into `flake.nix`, each part where its comment says");
    }
    if !report.configuration.is_empty() {
        let lines = report.configuration.trim_end().replace('\n', "\n      ");
        ui.hint(&format!(
            "put this into `pyproject.toml`, for `cargo pyhack check`:\n      {lines}"
        ));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    // The user pastes this into a shell, and the path may come from a
    // configuration that somebody else wrote.
    let overlay = if report.overlay.chars().all(is_plain) {
        &report.overlay
    } else {
        "FILE"
    };
    ui.hint(&format!(
        "`cargo pyhack lock --write {overlay}` writes stanzas for what is built from source"
    ));
    if !report.written.is_empty() {
        ui.hint("in a git repository, Nix sees what git does: `git add` what was written, then run `nix develop`");
    }
}
