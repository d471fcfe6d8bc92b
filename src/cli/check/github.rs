//! The result of `check` as workflow commands of GitHub Actions, which show
//! each problem at its line of the overlay.

use super::message;
use crate::ops::check::{CheckReport, CheckedStanza, State};

/// Returns a line for each stanza that isn't up to date.
pub(super) fn annotations(report: &CheckReport) -> String {
    let problems = report.stanzas.iter().filter(|stanza| is_problem(stanza));
    problems.map(annotation).collect()
}

/// Whether a stanza is reported. One that was fixed is: its file has to be
/// committed.
pub(super) const fn is_problem(stanza: &CheckedStanza) -> bool {
    !matches!(stanza.state, State::Fresh)
}

fn annotation(stanza: &CheckedStanza) -> String {
    let level = match stanza.state {
        State::Fresh | State::Fixed => "notice",
        _ => "error",
    };
    let line = stanza.line.map(|line| format!(",line={line}"));
    format!(
        "::{level} file={}{},title=cargo pyhack check::{}\n",
        property(&stanza.file),
        line.unwrap_or_default(),
        data(&message(stanza)),
    )
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property, which ends at `,` or `:`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_add_a_command_or_a_property() {
        let stanza = CheckedStanza {
            file: "a,line=1:\n::set-env::b%.nix".to_owned(),
            line: Some(9),
            package: "x\n::error::y".to_owned(),
            state: State::OutOfDate,
            reasons: Vec::new(),
        };
        let report = CheckReport {
            stanzas: vec![stanza],
            ..CheckReport::default()
        };
        assert_eq!(
            annotations(&report),
            "::error file=a%2Cline=1%3A%0A%3A%3Aset-env%3A%3Ab%25.nix,line=9,title=cargo pyhack check\
             ::`x%0A::error::y` is out of date\n"
        );
    }
}
