//! `cargo pyhack check`: prints the state of each stanza in overlay files.

mod github;
mod sarif;

use std::fmt::Write as _;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::global::Format;
use super::ui::{Text, Ui};
use crate::error::{Error, Exit};
use crate::io::Session;
use crate::ops::check::{CheckReport, CheckRequest, CheckedStanza, State, check};
use crate::ops::configured::Configured;

/// Check that the overrides in overlay files are up to date
///
/// An override is out of date if its lockfile, sdist, manifests or options
/// changed, or the rules of cargo-pyhack. Exits with 1 if an override is out of
/// date, was edited by hand, or is in the configuration but missing. Fetches
/// nothing without `--fix`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack check                  check the overlay in the configuration
  cargo pyhack check overlay.nix      check another overlay
  cargo pyhack check uv.lock          check the overlay against this lockfile
  cargo pyhack check --diff           show what would change
  cargo pyhack check --fix            update the overlay
  cargo pyhack check --format github  print annotations for GitHub Actions")]
pub(super) struct CheckArgs {
    /// Overlay files, and the uv.lock or pylock.toml to check them against
    /// [default: those in the configuration]
    files: Vec<Utf8PathBuf>,

    /// Update outdated overrides and add missing ones
    ///
    /// Fetches the sources of overrides that it generates.
    #[arg(long)]
    fix: bool,

    /// Also replace overrides that were edited by hand
    #[arg(long, requires = "fix")]
    force: bool,

    /// Print the changes as a diff
    #[arg(long)]
    diff: bool,

    /// Format new overrides with this program, which reads stdin and writes
    /// stdout [default: built-in nixfmt]
    #[arg(long, value_name = "CMD", requires = "fix")]
    formatter: Option<String>,
}

impl CheckArgs {
    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<ExitCode, Error> {
        let configured = Configured::find()?.unwrap_or_default();
        let request = CheckRequest {
            files: self.files,
            fix: self.fix,
            force: self.force,
            formatter: self.formatter,
        };
        let report = check(&request, &configured, session)?;
        ui.warnings(&report.warnings);
        for stanza in &report.stanzas {
            tell(ui, stanza);
        }
        ui.result(&report, |report| {
            Text::Data(match ui.format() {
                Format::Github => github::annotations(report),
                Format::Sarif => sarif::log(report),
                _ if self.diff => report.diff.clone(),
                _ => String::new(),
            })
        })?;
        if report.is_clean() {
            return Ok(ExitCode::SUCCESS);
        }
        advise(ui, &report);
        Ok(ExitCode::from(Exit::Differences as u8))
    }
}

fn tell(ui: &Ui, stanza: &CheckedStanza) {
    let word = match stanza.state {
        State::Fresh => "Fresh",
        State::OutOfDate => "Out of date",
        State::Fixed => "Fixed",
        State::Edited => "Edited",
        State::Missing => "Missing",
        State::WithoutSource => "No source",
    };
    let mut message = format!("`{}` in {}", stanza.package, stanza.file);
    if let Some(line) = stanza.line {
        let _ = write!(message, ":{line}");
    }
    message.push_str(&reasons(stanza));
    match stanza.state {
        State::Fresh => ui.detail(word, &message),
        _ => ui.status(word, &message),
    }
}

/// Returns the reasons behind a colon, or nothing.
fn reasons(stanza: &CheckedStanza) -> String {
    let reasons: Vec<_> = stanza.reasons.iter().map(ToString::to_string).collect();
    if reasons.is_empty() {
        return String::new();
    }
    format!(": {}", reasons.join(", "))
}

/// Returns what is wrong with a stanza, for reports that show it at its place.
fn message(stanza: &CheckedStanza) -> String {
    let state = match stanza.state {
        State::Fresh => "is up to date",
        State::OutOfDate => "is out of date",
        State::Fixed => "was updated",
        State::Edited => "was edited by hand",
        State::Missing => "is missing",
        State::WithoutSource => "has no source",
    };
    format!("`{}` {state}{}", stanza.package, reasons(stanza))
}

/// Prints which command to run next for each kind of problem in the report.
fn advise(ui: &Ui, report: &CheckReport) {
    let has = |state| report.stanzas.iter().any(|stanza| stanza.state == state);
    if has(State::OutOfDate) || has(State::Missing) {
        ui.hint("run `cargo pyhack check --fix` to update outdated overrides and add missing ones; `--diff` shows the changes");
    }
    if has(State::WithoutSource) {
        ui.hint(
            "restore the source, or generate the override from another one: `cargo pyhack nix-snippet --write FILE PATH`",
        );
    }
    if has(State::Edited) {
        ui.hint(
            "end the lines that you want to keep with `# pyhack: keep`, or run `cargo pyhack check --fix --force` to replace edited overrides",
        );
    }
}
