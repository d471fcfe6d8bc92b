//! The result of `check` as SARIF 2.1.0, which code scanning services read.

use serde::Serialize;

use super::github::is_problem;
use super::message;
use crate::ops::check::{CheckReport, CheckedStanza, State};

/// A SARIF log with one run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns aren't used, but the unit is required with regions.
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    /// Identifies the result when its line moves.
    partial_fingerprints: Fingerprints,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "package/v1")]
    package: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

/// Returns the log, as JSON with a newline at its end.
pub(super) fn log(report: &CheckReport) -> String {
    let problems = report.stanzas.iter().filter(|stanza| is_problem(stanza));
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: driver() },
            column_kind: "unicodeCodePoints",
            results: problems.map(result).collect(),
        }],
    };
    let json = serde_json::to_string_pretty(&log);
    json.expect("the log is made of structs and texts") + "\n"
}

fn driver() -> Driver {
    let rules = [
        (State::OutOfDate, "An override is out of date"),
        (State::Edited, "An override was edited by hand"),
        (State::Missing, "An override is missing"),
        (State::WithoutSource, "The source of an override is missing"),
        (State::Fixed, "An override was updated"),
    ];
    Driver {
        name: "cargo-pyhack",
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_HOMEPAGE"),
        rules: rules
            .into_iter()
            .map(|(state, text)| Rule {
                id: rule(state),
                short_description: Text {
                    text: text.to_owned(),
                },
            })
            .collect(),
    }
}

/// Returns the id of the rule that a state breaks.
const fn rule(state: State) -> &'static str {
    match state {
        State::Fresh | State::Fixed => "fixed",
        State::OutOfDate => "out-of-date",
        State::Edited => "edited",
        State::Missing => "missing",
        State::WithoutSource => "without-source",
    }
}

fn result(stanza: &CheckedStanza) -> SarifResult {
    SarifResult {
        rule_id: rule(stanza.state),
        level: match stanza.state {
            State::Fresh | State::Fixed => "note",
            _ => "error",
        },
        message: Text {
            text: message(stanza),
        },
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri(&stanza.file),
                },
                region: stanza.line.map(|start_line| Region { start_line }),
            },
        }],
        partial_fingerprints: Fingerprints {
            package: format!("{}:{}", stanza.file, stanza.package),
        },
    }
}

/// Returns a path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'.')
        .remove(b'-')
        .remove(b'_')
        .remove(b'~');
    percent_encoding::utf8_percent_encode(path, KEPT).to_string()
}
