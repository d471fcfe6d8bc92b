//! `cargo pyhack inspect uv.lock`: a table of the lock's packages.

use std::fmt::Write as _;

use camino::Utf8PathBuf;

use super::{reasons, summary};
use crate::cli::style::{BOLD, plain};
use crate::cli::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::nix::Form;
use crate::ops::configured::Configured;
use crate::ops::lock::{LockReport, LockRequest, LockedPackageReport, StanzaState, lock};
use crate::ops::overlay::Writing;
use crate::options::{Options, TargetOptions};

/// Prints a table with one row for each package of a lock.
pub(in crate::cli) fn inspect(
    path: Utf8PathBuf,
    target: TargetOptions,
    ui: &Ui,
    session: &Session,
) -> Result<(), Error> {
    let configured = Configured::find()?.unwrap_or_default();
    let request = LockRequest {
        layers: configured.layers(Options::of_lock(path, target)),
        // A dry run, which finds the state of the stanzas for the table.
        writing: configured.overlay().map(|file| Writing {
            file,
            form: Form::File,
            force: true,
            dry_run: true,
            formatter: None,
        }),
        ..LockRequest::default()
    };
    let mut report = lock(&request, session)?;
    ui.warnings(&report.warnings);
    for package in &report.packages {
        ui.warnings_of(&package.name, &package.warnings);
    }
    report.forget_saved();
    ui.result(&report, |report| Text::Styled(table(report)))
}

fn table(report: &LockReport) -> String {
    let heads = [
        "package",
        "version",
        "source",
        "built",
        "Rust",
        "crates",
        "native inputs",
        "stanza",
    ];
    let rows = report.packages.iter().map(row);
    let rows: Vec<_> = [heads.map(str::to_owned)].into_iter().chain(rows).collect();
    let widths = [0, 1, 2, 3, 4, 5, 6, 7].map(|column| {
        let cells = rows
            .iter()
            .map(|row: &[String; 8]| row[column].chars().count());
        cells.max().unwrap_or_default()
    });
    let mut text = format!("{BOLD}{}{BOLD:#}\n", plain(&summary(report)));
    for row in rows {
        let cells = row.iter().zip(widths);
        let mut line = String::new();
        for (cell, width) in cells {
            let _ = write!(line, "  {cell:<width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn row(package: &LockedPackageReport) -> [String; 8] {
    let built = |package: &LockedPackageReport| {
        let is = |word: &str| package.builds.iter().any(|build| build.built == word);
        if package.is_built {
            format!("source: {}", reasons(package))
        } else if is("wheel") {
            "wheel".to_owned()
        } else if is("nothing") {
            "not built".to_owned()
        } else if is("prebuilt") {
            "from nixpkgs".to_owned()
        } else if is("impossible") {
            "impossible".to_owned()
        } else {
            "not needed".to_owned()
        }
    };
    let rust = match (package.rust, &package.error) {
        (_, Some(_)) => "failed",
        (Some(true), _) => "yes",
        (Some(false), _) => "no",
        (None, _) => "",
    };
    let stanza = match package.stanza {
        Some(StanzaState::Fresh) => "fresh",
        Some(StanzaState::New) => "missing",
        Some(StanzaState::Changed) => "out of date",
        None => "",
    };
    let crates = package.crates.map(|crates| crates.to_string());
    [
        package.name.clone(),
        package.version.clone().unwrap_or_default(),
        package.source.clone(),
        built(package),
        rust.to_owned(),
        crates.unwrap_or_default(),
        package.native_inputs.join(" "),
        stanza.to_owned(),
    ]
    .map(|cell| plain(&cell))
}
