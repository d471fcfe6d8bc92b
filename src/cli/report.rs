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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Config;

    /// What is printed of an error in a configuration, without styles, as the
    /// error of a command and as that of a package.
    fn printed(layout: Layout) -> [String; 2] {
        let text = "[tool.cargo-pyhack]\nstyle = 'x'\n";
        let failed = Config::read("pyproject.toml", text, 0).unwrap_err();
        let failed = Error::from(Box::new(failed));
        let of_package = failure("numpy", &Failure::from(&failed), layout);
        let texts = [error(&failed, layout), of_package];
        texts.map(|text| anstream::adapter::strip_str(&text).to_string())
    }

    #[test]
    fn a_place_is_shown_below_the_message_on_a_terminal() {
        let [of_command, of_package] = printed(Layout::Terminal { columns: 80 });
        let rest = of_command.strip_prefix("error: ").unwrap();
        let place = "\n --> pyproject.toml:2:9\n  |\n2 | style = 'x'\n  |         ^^^\n  help: ";
        assert!(rest.contains(place), "{rest}");
        assert_eq!(of_package, format!("error: numpy: {rest}"));
    }

    #[test]
    fn a_place_begins_the_message_elsewhere() {
        let [of_command, of_package] = printed(Layout::OneLine);
        let rest = of_command.strip_prefix("error: ").unwrap();
        assert!(rest.starts_with("pyproject.toml:2:9: "), "{rest}");
        assert!(!rest.contains('|'), "{rest}");
        assert_eq!(of_package, format!("error: numpy: {rest}"));
    }
}
