//! `cargo pyhack why`: prints what leads to a native input or a crate.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::global::{Format, GlobalArgs, SourceArgs};
use super::style::{BOLD, DIM, plain};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::native::{DependencyPath, Evidence};
use crate::ops::configured::Configured;
use crate::ops::inspect::ExtensionInput;
use crate::ops::lock::{LockRequest, LockWhy, WhyBuildSystem, why_locked};
use crate::ops::why::{Answer, WhyReport, why};
use crate::options::{Options, TargetOptions};
use crate::python_lock::PythonLock;
use crate::target::Platform;

/// Explain why a library or crate is needed, or why it isn't
///
/// Prints the shortest paths from the module's crate to the crates that need it,
/// with the features that enable them and the evidence, and the extension modules
/// in C that need it. If nothing needs it, shows what would. Fetches the sdist
/// and the crates, if they aren't cached.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack why openssl                           explain a nixpkgs attribute
  cargo pyhack why openssl-sys orjson-3.13.0.tar.gz  explain a crate
  cargo pyhack why openssl uv.lock                   list the packages that need it
  cargo pyhack why --all --format svg > native.svg   draw everything")]
pub(super) struct WhyArgs {
    /// A nixpkgs attribute, environment variable, crate, or `links` name of a crate
    #[arg(required_unless_present = "all")]
    name: Option<String>,

    #[command(flatten)]
    source: SourceArgs,

    /// Explain all libraries, build tools and environment variables
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    target: TargetOptions,
}

impl WhyArgs {
    pub(super) fn run(
        mut self,
        ui: &Ui,
        global: &GlobalArgs,
        session: &Session,
    ) -> Result<ExitCode, Error> {
        // With `--all`, the first argument is the path instead of a name.
        if let (true, Some(path)) = (self.all, self.name.take_if(|_| self.all)) {
            self.source.set_path(Utf8PathBuf::from(path));
        }
        let path = self.source.path()?;
        if PythonLock::is_path(&path) {
            return self.of_lock(path, ui, session);
        }
        let mut request = self.source.into_request(session)?;
        request.options.target = self.target;
        let report = why(&request, self.name.as_deref(), session)?;
        ui.warnings(&report.warnings);
        ui.result(&report, |report| match global.format {
            Format::Dot => Text::Data(report.picture.dot()),
            Format::Mermaid => Text::Data(report.picture.mermaid()),
            Format::Svg => Text::Data(report.picture.svg()),
            Format::Human | Format::Json | Format::Jsonl | Format::Github | Format::Sarif => {
                Text::Styled(human(report))
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Returns a message if the project stands where the name is expected.
    pub(super) fn contradiction(&self) -> Option<String> {
        let name = self.name.as_deref().filter(|_| !self.all)?;
        let path = Utf8Path::new(name);
        let is_archive = [".tar.gz", ".tgz", ".zip"];
        let is_path = is_archive.iter().any(|ending| name.ends_with(ending))
            || PythonLock::is_path(path)
            || name.contains(['/', '\\', '='])
            || matches!(name, "." | "..");
        is_path.then(|| {
            format!("`{name}` is a path: pass a crate or library first (`why NAME {name}`), or use `--all` (`why --all {name}`)")
        })
    }

    /// Explains all packages of a lock that are built from source.
    fn of_lock(self, path: Utf8PathBuf, ui: &Ui, session: &Session) -> Result<ExitCode, Error> {
        let configured = Configured::find()?.unwrap_or_default();
        let request = LockRequest {
            layers: configured.layers(Options::of_lock(path, self.target)),
            ..LockRequest::default()
        };
        let name = self.name.as_deref();
        let found = why_locked(&request, name, session)?;
        for failure in &found.failures {
            ui.failure(&failure.package, &failure.error);
        }
        ui.result(&found, |found| Text::Styled(human_of_lock(found)))?;
        Ok(ExitCode::from(found.exit() as u8))
    }
}

fn human_of_lock(found: &LockWhy) -> String {
    let mut parts = Vec::new();
    for package in &found.package {
        let mut text = format!("{BOLD}{}{BOLD:#}\n", plain(&package.package));
        for build in &package.builds {
            let (built, why) = (build.built.word(), plain(&build.why));
            let _ = writeln!(
                text,
                "  {built}: {why}  {DIM}on {}{DIM:#}",
                build.platforms.join(", ")
            );
        }
        if package.builds.is_empty() {
            text.push_str("  not needed on these platforms\n");
        }
        parts.push(text);
    }
    parts.extend(found.build_systems.iter().map(human_of_build_system));
    let is_needed = |report: &&WhyReport| {
        let has_rust = report.resolved_by.is_some();
        report.answer == Answer::Needed || (has_rust && !found.package.is_empty())
    };
    parts.extend(found.packages.iter().filter(is_needed).map(human));
    if parts.is_empty() {
        let name = plain(found.name.as_deref().unwrap_or("native dependencies"));
        let lock = plain(&found.lock);
        parts.push(format!(
            "no package in `{lock}` that is built from source needs {BOLD}{name}{BOLD:#}\n"
        ));
    }
    parts.join("\n")
}

fn human_of_build_system(found: &WhyBuildSystem) -> String {
    let (package, backend) = (plain(&found.package), plain(&found.backend));
    let mut text = format!("{BOLD}build system{BOLD:#} of {package}  {DIM}{backend}{DIM:#}\n");
    for found in &found.requirements {
        let (requirement, origin) = (plain(&found.requirement), plain(&found.origin));
        let _ = writeln!(text, "  {BOLD}{requirement}{BOLD:#}  {origin}");
    }
    if found.requirements.is_empty() {
        text.push_str("  nothing\n");
    }
    text
}

fn human(report: &WhyReport) -> String {
    let mut text = String::new();
    let name = plain(report.name.as_deref().unwrap_or("native dependencies"));
    let package = plain(&report.package);
    let _ = match (report.answer, &report.name) {
        (Answer::Needed, _) => writeln!(text, "{BOLD}{name}{BOLD:#} of {package}"),
        (Answer::NotNeeded, None) if report.resolved_by.is_some() => {
            writeln!(text, "{package} only needs Rust")
        }
        (Answer::NotNeeded, None) => {
            writeln!(text, "{package} only needs its build system")
        }
        (Answer::NotNeeded, Some(_)) if report.why_not.is_empty() => {
            writeln!(text, "{BOLD}{name}{BOLD:#} is not needed by {package}")
        }
        (Answer::NotNeeded, Some(_)) => writeln!(
            text,
            "{BOLD}{name}{BOLD:#} is not needed by {package}, although `Cargo.lock` contains:"
        ),
        (Answer::NotInTheLock, _) => writeln!(
            text,
            "{BOLD}{name}{BOLD:#} is not needed by {package}: no crate in its `Cargo.lock` is related to it"
        ),
    };
    for krate in &report.why_not {
        let reason = plain(&krate.reason);
        let _ = writeln!(
            text,
            "  {} {}: {reason}",
            plain(&krate.krate),
            plain(&krate.version)
        );
    }
    for input in &report.extension_inputs {
        text.push_str(&extension_input(input));
    }
    for way in &report.ways {
        text.push('\n');
        text.push_str(&tree(way));
    }
    if let Some(nearest) = &report.nearest {
        let _ = writeln!(text, "  did you mean `{}`?", plain(nearest));
    }
    if let Some(row) = &report.row {
        let _ = write!(
            text,
            "\nIt isn't in the built-in table. If it needs something, please report it, or complete this row for data/native-deps.toml:\n\n{}",
            plain_lines(row)
        );
    }
    text
}

/// Describes what an extension module needs.
fn extension_input(input: &ExtensionInput) -> String {
    let mut text = format!("\n  {BOLD}{}{BOLD:#}", plain(&input.to_string()));
    if let Some(reason) = &input.reason {
        let _ = write!(text, "  {}", plain(reason));
    }
    let evidence = plain(&known_by(&input.evidence));
    let platforms = join_systems(&input.platforms);
    let _ = write!(
        text,
        "\n  {DIM}{evidence}{DIM:#}\n  {DIM}on {platforms}{DIM:#}\n"
    );
    text
}

fn plain_lines(text: &str) -> String {
    text.lines()
        .flat_map(|line| [plain(line), "\n".to_owned()])
        .collect()
}

/// Draws a dependency path as a tree, each crate below the one that depends
/// on it.
fn tree(way: &DependencyPath) -> String {
    let mut text = String::new();
    for (depth, step) in way.crates.iter().enumerate() {
        let arrow = match depth {
            0 => "  ".to_owned(),
            depth => format!("  {}└─ ", "   ".repeat(depth - 1)),
        };
        let mut notes = Vec::new();
        if step.is_build_dependency {
            notes.push("for the build script".to_owned());
        }
        if let [feature, causes @ ..] = &step.features[..] {
            let causes: Vec<_> = causes.iter().map(|cause| format!(", {cause}")).collect();
            notes.push(format!("feature {feature}{}", causes.concat()));
        }
        let note = if notes.is_empty() {
            String::new()
        } else {
            format!("  {DIM}{}{DIM:#}", plain(&notes.join("; ")))
        };
        let _ = writeln!(
            text,
            "{arrow}{} {}{note}",
            plain(&step.krate),
            plain(&step.version)
        );
    }
    let indent = "   ".repeat(way.crates.len());
    for need in &way.needs {
        let _ = writeln!(
            text,
            "{indent}{BOLD}{}{BOLD:#}  {}",
            plain(&need.what.to_string()),
            plain(&need.reason)
        );
        let _ = writeln!(
            text,
            "{indent}{DIM}{}{DIM:#}",
            plain(&known_by(&need.evidence))
        );
    }
    let platforms = join_systems(&way.platforms);
    let _ = writeln!(text, "{indent}{DIM}on {platforms}{DIM:#}");
    text
}

/// Joins platforms with commas, by the names that Nix has for them.
pub(super) fn join_systems(platforms: &BTreeSet<Platform>) -> String {
    let systems: Vec<_> = platforms.iter().map(|platform| platform.system()).collect();
    systems.join(", ")
}

pub(super) fn known_by(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Table(text) => format!("built-in table: {text}"),
        Evidence::Manifest(text) => format!("manifest: {text}"),
        Evidence::BuildScript(text) => format!("build script: {text}"),
        Evidence::Source(text) => format!("source: {text}"),
    }
}
