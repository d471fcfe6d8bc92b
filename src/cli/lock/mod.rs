//! `cargo pyhack lock`: writes the stanzas of a whole `uv.lock`.

mod table;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::Args;

use super::global::{Format, GlobalArgs};
use super::stanza_args::WriteArgs;
use super::style::plain;
use super::text::{counted, size};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::nix::Form;
use crate::ops::configured::Configured;
use crate::ops::lock::{
    Built, LockReport, LockRequest, LockedPackageReport, Shard, StanzaState, lock, read_results,
};
use crate::options::{
    Chosen, EnvironmentOptions, ExtraOptions, Options, Setting, StanzaOptions, TargetOptions,
};
use crate::target::Python;

pub(super) use table::inspect;

/// Write the overrides for all packages of a uv.lock that are built from source
///
/// Selects the packages of a `uv.lock` or `pylock.toml` that uv2nix builds from
/// source for a Python and a list of platforms. Fetches their sdists and git
/// repositories from the URLs in the lockfile, and the crates that their
/// Cargo.lock lists, and verifies them by the hashes. Without `--write`, prints
/// an overlay. A second run only looks at packages that changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack lock                             print the overlay
  cargo pyhack lock --dry-run                   show what would be built and fetched
  cargo pyhack lock --write overlay.nix         create or update an overlay file
  cargo pyhack lock --all --write overlay.nix   also for packages that have wheels
  cargo pyhack lock --format jsonl --shard 1/4 > 1.jsonl
  cargo pyhack lock --merge 1.jsonl --merge 2.jsonl --write overlay.nix")]
pub(super) struct LockArgs {
    /// A uv.lock or pylock.toml, or a folder that has one [default: the one in
    /// the configuration, else .]
    path: Option<Utf8PathBuf>,

    #[command(flatten)]
    environment: EnvironmentOptions,

    #[command(flatten)]
    target: TargetOptions,

    /// Build for the free-threaded variant of that Python
    #[arg(long, requires = "python")]
    free_threaded: bool,

    #[command(flatten)]
    stanza: StanzaOptions,

    #[command(flatten)]
    extra: ExtraOptions,

    /// How to print the overrides [default: overlay; file with --write]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<Form>,

    #[command(flatten)]
    write: WriteArgs,

    /// Show what is built from source and what would be fetched; fetch and write
    /// nothing
    #[arg(long)]
    dry_run: bool,

    /// Process part K of N of the packages, to split a run
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Use the results of other runs, which `--format jsonl` prints
    ///
    /// Can be used several times.
    #[arg(long, value_name = "FILE")]
    merge: Vec<Utf8PathBuf>,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        let is_sound = |(part, of): &(usize, usize)| (1..=*of).contains(part);
        let (part, of) = numbers
            .filter(is_sound)
            .ok_or("expected K/N with K from 1 to N, for example 1/4")?;
        Ok(Self { part, of })
    }
}

impl LockArgs {
    pub(super) fn run(
        self,
        ui: &Ui,
        global: &GlobalArgs,
        session: &Session,
    ) -> Result<ExitCode, Error> {
        let configured = Configured::find()?.unwrap_or_default();
        let shown = Shown {
            diff: self.write.diff,
            plan: self.dry_run,
        };
        let request = LockRequest {
            layers: configured.layers(self.options()),
            writing: self.write.writing(self.form, self.dry_run),
            form: self.form,
            is_plan: self.dry_run,
            only_candidates: global.format == Format::Jsonl,
            shard: self.shard,
            known: read_results(&self.merge)?,
        };
        let report = lock(&request, session)?;
        tell(ui, report, shown)
    }

    /// Returns the options that the command line sets.
    fn options(&self) -> Options {
        let mut target = self.target.clone();
        if let (true, Some(&python)) = (self.free_threaded, target.python.chosen()) {
            target.python = Some(Setting::new(Python {
                is_free_threaded: true,
                ..python
            }));
        }
        let mut options = Options {
            environment: self.environment.clone(),
            target,
            stanza: self.stanza.clone(),
            extra: self.extra.clone(),
            generate: self.write.generate.clone(),
            ..Options::default()
        };
        options.input.uv_lock.clone_from(&self.path);
        options
    }
}

/// Which parts of a lock's report are printed on standard output.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    /// The diff of the files that are written.
    pub diff: bool,
    /// The files that would be fetched, instead of the stanzas.
    pub plan: bool,
}

/// Reports what happened to the packages of a lock, and prints the overlay.
pub(super) fn tell(ui: &Ui, mut report: LockReport, shown: Shown) -> Result<ExitCode, Error> {
    tell_all(ui, &report);
    for file in report.written.files.iter().filter(|_| !shown.plan) {
        let is_changed = report.written.changed.contains(file);
        let word = if is_changed { "Wrote" } else { "Fresh" };
        ui.status(word, &format!("`{file}`"));
    }
    ui.status("Resolved", &summary(&report));
    let exit = report.exit();
    if ui.is_jsonl() {
        ui.lines(&report.packages)?;
        return Ok(ExitCode::from(exit as u8));
    }
    report.forget_saved();
    ui.result(&report, |report| {
        Text::Data(if shown.plan {
            fetched(report)
        } else if report.written.files.is_empty() {
            report.written.nix.clone()
        } else if shown.diff {
            report.written.diff.clone()
        } else {
            String::new()
        })
    })?;
    Ok(ExitCode::from(exit as u8))
}

/// Reports what happened to the packages of a lock.
pub(super) fn tell_all(ui: &Ui, report: &LockReport) {
    ui.warnings(&report.warnings);
    for package in &report.packages {
        tell_of(ui, package);
    }
    for name in &report.removed {
        // With `--rust-only`, the lock still has it.
        let is_locked = report.packages.iter().any(|package| &package.name == name);
        let why = if is_locked {
            "which has no Rust extension"
        } else {
            "which the lockfile doesn't contain anymore"
        };
        ui.status("Removed", &format!("`{name}`, {why}"));
    }
}

fn tell_of(ui: &Ui, package: &LockedPackageReport) {
    let version = package.version.iter().map(|version| format!(" {version}"));
    let mut text = format!("`{}`{}", package.name, version.collect::<String>());
    if let Some(error) = &package.error {
        ui.failure(&text, error);
        return;
    }
    if package.is_built {
        let _ = write!(text, ": {}", reasons(package));
    }
    match (package.stanza, package.rust) {
        (Some(StanzaState::Fresh), _) => ui.detail("Fresh", &text),
        (Some(StanzaState::Changed), _) => ui.status("Changed", &text),
        (Some(StanzaState::New), _) => ui.status("Added", &text),
        (None, Some(true)) => ui.status("Generated", &text),
        (None, Some(false)) if package.nix.is_some() => ui.status("Generated", &text),
        (None, Some(false)) => ui.detail("No override", &text),
        (None, None) if package.is_built => ui.status("From source", &text),
        (None, None) => {}
    }
    ui.warnings_of(&package.name, &package.warnings);
}

/// Explains why a package is built from source. Platforms are named unless the
/// reason is the same on all of them.
pub(super) fn reasons(package: &LockedPackageReport) -> String {
    let built = package
        .builds
        .iter()
        .filter(|build| build.built == Built::Source);
    let is_everywhere = package.builds.len() == 1;
    let told = built.map(|build| {
        if is_everywhere {
            build.why.clone()
        } else {
            format!("{} on {}", build.why, build.platforms.join(", "))
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

pub(super) fn summary(report: &LockReport) -> String {
    let count = |is_it: &dyn Fn(&LockedPackageReport) -> bool| {
        report
            .packages
            .iter()
            .filter(|package| is_it(package))
            .count()
    };
    let all = count(&|_| true);
    let built = count(&|package| package.is_built);
    let rust = count(&|package| package.rust == Some(true));
    let failed = count(&|package| package.error.is_some());
    let mut text = format!(
        "`{}` for Python {} on {}: {}, {built} built from source",
        report.lock,
        report.python,
        report.platforms.join(", "),
        counted(all, "package")
    );
    if !report.packages.iter().all(|package| package.rust.is_none()) || rust > 0 {
        let _ = write!(text, ", {rust} with Rust");
    }
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    text
}

/// Lists the files that would be fetched, one per line: size, or `?`, and URL.
pub(super) fn fetched(report: &LockReport) -> String {
    let mut text = String::new();
    for fetch in report.packages.iter().flat_map(|package| &package.fetch) {
        if !fetch.is_cached {
            let size = fetch.size.map_or("?".to_owned(), size);
            let _ = writeln!(text, "{size:>10} {}", plain(&fetch.url));
        }
    }
    text
}
