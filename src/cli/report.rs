//! The text of errors and warnings.

use std::fmt::Write as _;

use miette::Diagnostic;

use super::snippet::Layout;
use super::style::{BOLD, DIM, ERROR, WARNING, plain};
use crate::error::Error;
use crate::ops::lock::Failure;
use crate::overlay::OverlayError;
use crate::text_place::TextPlace;
use crate::warning::{Level, WarningReport};

/// Formats an error in Cargo's style: message, place, help and code.
pub(super) fn error(error: &Error, layout: Layout) -> String {
    let place = error.place();
    let message = layout.message(&error.to_string(), place);
    let mut text = format!("{ERROR}error{ERROR:#}: {BOLD}{}{BOLD:#}\n", plain(&message));
    text.push_str(&layout.snippet(place, Level::Error));
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
pub(super) fn failure(what: &str, failure: &Failure, layout: Layout) -> String {
    let place = failure.place.as_ref();
    let message = layout.message(&failure.message, place);
    let mut text = format!(
        "{ERROR}error{ERROR:#}: {BOLD}{}: {}{BOLD:#}\n",
        plain(what),
        plain(&message)
    );
    text.push_str(&layout.snippet(place, Level::Error));
    if !failure.help.is_empty() {
        let _ = writeln!(text, "  help: {}", plain(&failure.help));
    }
    let _ = writeln!(text, "  {DIM}code: {}{DIM:#}", failure.code);
    text
}

/// Formats a warning. With `with_code`, which `--verbose` sets, the text has
/// the warning's code, and the help of notes as well.
pub(super) fn warning(
    warning: &WarningReport,
    place: Option<&TextPlace>,
    with_code: bool,
    layout: Layout,
) -> String {
    let is_note = warning.level == Level::Note;
    let head = match warning.level {
        Level::Note => format!("{BOLD}note{BOLD:#}"),
        // The build will fail with some of them, but the command succeeds.
        Level::Warning | Level::Error => format!("{WARNING}warning{WARNING:#}"),
    };
    let mut text = format!("{head}: {}\n", plain(&warning.message));
    let level = if is_note { Level::Note } else { Level::Warning };
    text.push_str(&layout.snippet(place, level));
    if !is_note || with_code {
        let _ = writeln!(text, "  help: {}", plain(&warning.help));
    }
    if with_code {
        let _ = writeln!(text, "  {DIM}code: {}{DIM:#}", warning.code);
    }
    text
}
