//! The text of errors and warnings.

use std::fmt::Write as _;

use miette::Diagnostic;

use super::style::{BOLD, DIM, ERROR, WARNING, plain};
use crate::error::Error;
use crate::ops::lock::Failure;
use crate::overlay::OverlayError;
use crate::warning::{Level, WarningReport};

/// Formats an error in Cargo's style: message, place, help and code.
pub(super) fn error(error: &Error) -> String {
    let mut text = format!(
        "{ERROR}error{ERROR:#}: {BOLD}{}{BOLD:#}\n",
        plain(&error.to_string())
    );
    if let Some(place) = place(error) {
        let _ = writeln!(text, "  {DIM}-->{DIM:#} {}", plain(&place));
    }
    if let Some(help) = error.help() {
        let _ = writeln!(text, "  help: {}", plain(&help.to_string()));
    }
    if let Some(code) = error.code() {
        let _ = writeln!(text, "  {DIM}code: {code}{DIM:#}");
    }
    if let Error::Overlay(OverlayError::Edited { diff, .. }) = error {
        for line in diff.lines() {
            let _ = writeln!(text, "{}", plain(line));
        }
    }
    text
}

/// Formats the error of one of several packages. `what` names the package.
pub(super) fn failure(what: &str, failure: &Failure) -> String {
    let mut text = format!(
        "{ERROR}error{ERROR:#}: {BOLD}{}: {}{BOLD:#}\n",
        plain(what),
        plain(&failure.message)
    );
    if !failure.help.is_empty() {
        let _ = writeln!(text, "  help: {}", plain(&failure.help));
    }
    let _ = writeln!(text, "  {DIM}code: {}{DIM:#}", failure.code);
    text
}

/// Formats a warning. With `with_code`, which `--verbose` sets, the text has
/// the warning's code, and the help of notes as well.
pub(super) fn warning(warning: &WarningReport, with_code: bool) -> String {
    let is_note = warning.level == Level::Note;
    let head = match warning.level {
        Level::Note => format!("{BOLD}note{BOLD:#}"),
        // The build will fail with some of them, but the command succeeds.
        Level::Warning | Level::Error => format!("{WARNING}warning{WARNING:#}"),
    };
    let mut text = format!("{head}: {}\n", plain(&warning.message));
    if !is_note || with_code {
        let _ = writeln!(text, "  help: {}", plain(&warning.help));
    }
    if with_code {
        let _ = writeln!(text, "  {DIM}code: {}{DIM:#}", warning.code);
    }
    text
}

/// Returns `FILE:LINE` of the error's first label.
fn place(error: &Error) -> Option<String> {
    let label = error.labels()?.next()?;
    let contents = error.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    Some(format!("{}:{}", contents.name()?, contents.line() + 1))
}
