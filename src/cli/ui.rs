//! The only place that writes to the terminal: results on standard output,
//! messages on standard error.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anstream::AutoStream;
use clap::ColorChoice;
use serde::Serialize;

use super::global::{Format, GlobalArgs, default_color};
use super::progress::Bar;
use super::report;
use super::snippet::Layout;
use super::style::{GOOD, WARNING, escaped_data, for_terminal, plain};
use crate::error::Error;
use crate::io::progress::Silent;
use crate::io::{IoError, Progress};
use crate::ops::lock::Failure;
use crate::text_place::TextPlace;
use crate::warning::{Warning, WarningReport};

/// The version of the JSON output, in its field `format_version`. It is
/// incremented if a field is removed or changes its meaning, not if one is
/// added.
pub const FORMAT_VERSION: u32 = 1;

/// A result with the version of its format, as it is written to JSON.
#[derive(Serialize)]
struct Versioned<'a, T> {
    format_version: u32,
    #[serde(flatten)]
    result: &'a T,
}

impl<'a, T> Versioned<'a, T> {
    const fn new(result: &'a T) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            result,
        }
    }
}

/// The text of a result for `--format human`.
pub(super) enum Text {
    /// With ANSI styles. Text from untrusted files has been escaped by
    /// [`plain`](super::style::plain).
    Styled(String),
    /// Text for other programs, printed byte for byte. On a terminal it is
    /// escaped.
    Data(String),
}

impl Text {
    /// Escapes what a terminal would obey.
    fn escaped(self, is_terminal: bool) -> String {
        match self {
            Self::Styled(text) => for_terminal(&text),
            Self::Data(text) if is_terminal => escaped_data(&text),
            Self::Data(text) => text,
        }
    }
}

/// The output of a command: its results and messages.
pub(super) struct Ui {
    format: Format,
    color: anstream::ColorChoice,
    is_quiet: bool,
    is_verbose: bool,
}

impl Ui {
    /// Makes the output that the global flags ask for.
    pub(super) fn new(global: &GlobalArgs) -> Self {
        Self {
            format: global.format,
            color: match global.color.unwrap_or_else(default_color) {
                ColorChoice::Auto => anstream::ColorChoice::Auto,
                ColorChoice::Always => anstream::ColorChoice::Always,
                ColorChoice::Never => anstream::ColorChoice::Never,
            },
            is_quiet: global.quiet,
            is_verbose: global.verbose > 0,
        }
    }

    /// Prints a result: as JSON, or as the text that `human` returns.
    ///
    /// # Errors
    /// If standard output can't be written. It isn't an error if the reader
    /// stops early, as `head` does.
    pub(super) fn result<T: Serialize>(
        &self,
        value: &T,
        human: impl FnOnce(&T) -> Text,
    ) -> Result<(), Error> {
        let text = match self.format {
            Format::Json => {
                let json = serde_json::to_string_pretty(&Versioned::new(value));
                Text::Data(json.expect("our results are maps with strings for keys") + "\n")
            }
            _ => human(value),
        };
        // `AutoStream` strips escape sequences, which data may contain.
        let mut stdout: Box<dyn Write> = match text {
            Text::Styled(_) => Box::new(AutoStream::new(io::stdout(), self.color)),
            Text::Data(_) => Box::new(io::stdout()),
        };
        let text = text.escaped(io::stdout().is_terminal());
        let written = stdout.write_all(text.as_bytes());
        match written.and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("failed to write to stdout: {error}");
                Err(IoError::File(io::Error::new(error.kind(), message)).into())
            }
            _ => Ok(()),
        }
    }

    /// Whether status messages aren't printed.
    pub(super) const fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Prints a status message, with the verb aligned as in Cargo's output.
    pub(super) fn status(&self, verb: &str, message: &str) {
        if !self.is_quiet {
            let message = plain(message);
            self.say(&format!("{GOOD}{verb:>12}{GOOD:#} {message}\n"));
        }
    }

    /// Prints a status message if `--verbose` is given.
    pub(super) fn detail(&self, verb: &str, message: &str) {
        if self.is_verbose {
            self.status(verb, message);
        }
    }

    /// Prints a hint at what the user can do next.
    pub(super) fn hint(&self, message: &str) {
        if !self.is_quiet {
            let lines: Vec<_> = message.lines().map(plain).collect();
            let message = lines.join("\n");
            self.say(&format!("{WARNING}help{WARNING:#}: {message}\n"));
        }
    }

    /// Prints warnings. Prints nothing with JSON, where they are part of the
    /// result.
    pub(super) fn warnings(&self, warnings: &[Warning]) {
        if self.is_quiet || matches!(self.format, Format::Json | Format::Jsonl) {
            return;
        }
        for warning in warnings {
            self.warning(&warning.report(), warning.place());
        }
    }

    /// Prints the error of one of several packages.
    pub(super) fn failure(&self, what: &str, failure: &Failure) {
        self.say(&report::failure(what, failure, Self::layout()));
    }

    /// Prints the warnings of one of several packages, each with its name.
    pub(super) fn warnings_of(&self, name: &str, warnings: &[Warning]) {
        if self.is_quiet || matches!(self.format, Format::Json | Format::Jsonl) {
            return;
        }
        for warning in warnings {
            let mut report = warning.report();
            report.message.insert_str(0, &format!("{name}: "));
            self.warning(&report, warning.place());
        }
    }

    /// Returns the format of results.
    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// Whether results are printed as JSON lines.
    pub(super) fn is_jsonl(&self) -> bool {
        self.format == Format::Jsonl
    }

    /// Prints each object as JSON on a line of its own.
    ///
    /// # Errors
    /// Those of [`Ui::result`].
    pub(super) fn lines<T: Serialize>(&self, objects: &[T]) -> Result<(), Error> {
        let line = |object: &T| {
            let json = serde_json::to_string(&Versioned::new(object));
            json.expect("our results are maps with strings for keys") + "\n"
        };
        let text: String = objects.iter().map(line).collect();
        self.result(&(), |()| Text::Data(text))
    }

    /// Prints the error that made a command fail.
    pub(super) fn error(&self, error: &Error) {
        self.say(&report::error(error, Self::layout()));
    }

    /// Returns a progress bar, or a display that shows nothing with `--quiet`
    /// or if standard error isn't a terminal.
    pub(super) fn progress(&self) -> Arc<dyn Progress> {
        if self.is_quiet || !io::stderr().is_terminal() {
            Arc::new(Silent)
        } else {
            Arc::new(Bar::new(Self::message_columns))
        }
    }

    /// Returns how many columns a result may have: those of the terminal that
    /// it is printed on, else 80.
    pub(super) fn columns() -> usize {
        columns_of(terminal_size::terminal_size_of(io::stdout()))
    }

    /// Likewise of the terminal that messages are printed on.
    fn message_columns() -> usize {
        columns_of(terminal_size::terminal_size_of(io::stderr()))
    }

    fn warning(&self, warning: &WarningReport, place: Option<&TextPlace>) {
        let layout = Self::layout();
        self.say(&report::warning(warning, place, self.is_verbose, layout));
    }

    /// Returns how places are shown in messages.
    fn layout() -> Layout {
        if io::stderr().is_terminal() {
            let columns = Self::message_columns();
            Layout::Terminal { columns }
        } else {
            Layout::OneLine
        }
    }

    fn say(&self, text: &str) {
        let mut stderr = AutoStream::new(io::stderr(), self.color);
        let text = for_terminal(text);
        // A failure means that standard error is closed: it can't be reported.
        let _ = stderr.write_all(text.as_bytes());
    }
}

fn columns_of(size: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    size.map_or(80, |(width, _)| width.0.into())
}

/// Prints clap's help, version or error, and returns its exit code.
pub(super) fn print_clap(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Makes panics ask for a bug report. The program then ends with Rust's exit
/// code 101.
pub(super) fn set_panic_hook() {
    std::panic::set_hook(Box::new(move |info| {
        let _ = writeln!(
            io::stderr(),
            "error: cargo-pyhack {} has a bug; please report it with the command and what follows",
            env!("CARGO_PKG_VERSION")
        );
        // What it says may be a stranger's text.
        let text = format!("{info}\n{}", std::backtrace::Backtrace::capture());
        let _ = writeln!(io::stderr(), "{}", escaped_data(&text));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_in_a_result() {
        let text = "a\x1b]0;title\x07\n";
        let escaped = "a\\u{1b}]0;title\\u{7}\n";
        let data = || Text::Data(text.to_owned());
        assert_eq!(data().escaped(true), escaped);
        assert_eq!(data().escaped(false), text);
        assert_eq!(Text::Styled(text.to_owned()).escaped(false), escaped);
    }
}
