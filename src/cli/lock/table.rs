//! `cargo pyhack inspect uv.lock`: a table of the lock's packages.

use std::fmt::Write as _;
use std::process::ExitCode;

use camino::Utf8PathBuf;

use super::{reasons, summary};
use crate::cli::style::{BOLD, plain};
use crate::cli::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::nix::Form;
use crate::ops::configured::Configured;
use crate::ops::lock::{Built, LockReport, LockRequest, LockedPackageReport, StanzaState, lock};
use crate::ops::overlay::Writing;
use crate::options::{Options, TargetOptions};

/// Prints a table with one row for each package of a lock.
pub(in crate::cli) fn inspect(
    path: Utf8PathBuf,
    target: TargetOptions,
    ui: &Ui,
    session: &Session,
) -> Result<ExitCode, Error> {
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
    let exit = report.exit();
    ui.result(&report, |report| Text::Styled(table(report, Ui::columns())))?;
    Ok(ExitCode::from(exit as u8))
}

/// The columns of the table.
const HEADS: [&str; 9] = [
    "package",
    "version",
    "source",
    "built",
    "Rust",
    "crates",
    "override",
    "why",
    "native dependencies",
];

type Row = [String; HEADS.len()];

/// Formats the table for a number of columns of the terminal. What doesn't fit
/// beside the rest goes on a line of its own, below the package.
fn table(report: &LockReport, columns: usize) -> String {
    let rows: Vec<Row> = report.packages.iter().map(row).collect();
    let heads = HEADS.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&heads]);
        let widths = cells.map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let is_used = |column: &usize| rows.iter().any(|row| !row[*column].is_empty());
    let used: Vec<usize> = (0..HEADS.len()).filter(is_used).collect();
    let mut left = columns;
    let (beside, below): (Vec<usize>, Vec<usize>) = used.into_iter().partition(|column| {
        let needed = width(*column) + 2;
        let fits = *column == 0 || needed <= left;
        left = left.saturating_sub(if fits { needed } else { 0 });
        fits
    });
    let mut text = format!("{BOLD}{}{BOLD:#}\n", plain(&summary(report)));
    let line = |row: &Row| {
        let cells = beside.iter().map(|column| {
            let (cell, width) = (&row[*column], width(*column));
            format!("  {cell:<width$}")
        });
        cells.collect::<String>()
    };
    let _ = writeln!(text, "{}", line(&heads).trim_end());
    for row in &rows {
        let _ = writeln!(text, "{}", line(row).trim_end());
        for column in below.iter().filter(|column| !row[**column].is_empty()) {
            let _ = writeln!(text, "      {}: {}", HEADS[*column], row[*column]);
        }
    }
    text
}

fn row(package: &LockedPackageReport) -> Row {
    let built = |package: &LockedPackageReport| {
        let is = |built: Built| package.builds.iter().any(|build| build.built == built);
        if package.is_built {
            "source".to_owned()
        } else if is(Built::Wheel) {
            "wheel".to_owned()
        } else if is(Built::Nothing) {
            "not built".to_owned()
        } else if is(Built::Prebuilt) {
            "from nixpkgs".to_owned()
        } else if is(Built::Impossible) {
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
    let why = if package.is_built {
        reasons(package)
    } else {
        String::new()
    };
    let crates = package.crates.map(|crates| crates.to_string());
    [
        package.name.clone(),
        package.version.clone().unwrap_or_default(),
        package.source.clone(),
        built(package),
        rust.to_owned(),
        crates.unwrap_or_default(),
        stanza.to_owned(),
        why,
        package.native_inputs.join(" "),
    ]
    .map(|cell| plain(&cell))
}
