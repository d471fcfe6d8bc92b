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
/// Looks at each stanza between our marks: whether the lock, the sdist, the
/// project's manifests or our rules changed since it was written, or somebody
/// edited it. Nothing is fetched without `--fix`. Ends with 1 where a stanza is
/// out of date, edited, or missing that the configuration asks for.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack check                the overlay that the configuration names
  cargo pyhack check overlay.nix    another one
  cargo pyhack check uv.lock        the same, by another lock
  cargo pyhack check --diff         what would change
  cargo pyhack check --format github  annotations in GitHub Actions
  cargo pyhack check --fix          change it")]
pub(super) struct CheckArgs {
    /// Overlay files [default: the one that the configuration names], and the
    /// uv.lock or pylock.toml that they are of
    files: Vec<Utf8PathBuf>,

    /// Rewrite outdated stanzas and add missing ones
    #[arg(long)]
    fix: bool,

    /// With --fix, replace those that were edited by hand, too
    #[arg(long, requires = "fix")]
    force: bool,

    /// Print what would change, or did
    #[arg(long)]
    diff: bool,

    /// Program that lays new stanzas out, reading from standard input [default:
    /// as nixfmt does]
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
        ui.hint("`cargo pyhack check --fix` writes what is out of date or missing; `--diff` shows what would change");
    }
    if has(State::WithoutSource) {
        ui.hint(
            "put the source back, or write the stanza from another one: \
             `cargo pyhack nix-snippet --write FILE PATH`",
        );
    }
    if has(State::Edited) {
        ui.hint(
            "`# pyhack: keep` at the end of a line that was put into a stanza keeps it; \
             `cargo pyhack check --fix --force` replaces what was edited",
        );
    }
}
