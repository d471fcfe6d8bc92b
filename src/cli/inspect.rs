//! `cargo pyhack inspect`

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::global::SourceArgs;
use super::ui::{BOLD, DIM, Text, Ui, plain};
use crate::error::Error;
use crate::ops::inspect::{Input, Inspection, inspect};

/// Say what is here: roots, backend, lock, native inputs and why
///
/// This is also what `cargo pyhack` does without a command. Nothing is
/// fetched and nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack inspect
  cargo pyhack inspect tokenizers-0.22.2.tar.gz
  cargo pyhack inspect --format json . | jq -r .cargo_root

Exit code 0 where the Python project has no Rust: that is an answer too.")]
pub(super) struct InspectArgs {
    #[command(flatten)]
    source: SourceArgs,
}

impl InspectArgs {
    /// What `cargo pyhack [PATH]` means.
    pub(super) fn new(path: Option<Utf8PathBuf>) -> Self {
        let path = path.unwrap_or_else(|| Utf8PathBuf::from("."));
        Self {
            source: SourceArgs { path },
        }
    }

    pub(super) fn run(self, ui: &Ui) -> Result<(), Error> {
        let inspection = inspect(&self.source.path)?;
        ui.warnings(&inspection.warnings);
        ui.result(&inspection, |inspection| Text::Styled(human(inspection)))
    }
}

fn human(inspection: &Inspection) -> String {
    let version = inspection.package.version.as_deref();
    let mut text = format!(
        "{BOLD}{}{BOLD:#} {}\n",
        plain(&inspection.package.name),
        plain(version.unwrap_or("(version set by the build backend)"))
    );
    let mut row = |name: &str, value: &str, note: &str| {
        let note = if note.is_empty() {
            String::new()
        } else {
            format!("  {DIM}{note}{DIM:#}")
        };
        let _ = writeln!(text, "  {name:<16}{value}{note}");
    };
    row("backend", &plain(&inspection.build_backend), "");
    row("Python root", &inspection.python_root, "");
    if let (Some(manifest), Some(root)) = (&inspection.manifest_path, &inspection.cargo_root) {
        let rule = inspection.manifest_rule.as_deref().unwrap_or_default();
        row("manifest", &plain(manifest), rule);
        row("module crate", &module(inspection), "");
        row("Cargo root", &plain(root), "");
        row("lock", &lock(inspection), "");
    }
    row("build system", &build_system(&inspection.build_system), "");
    let native = &inspection.native;
    inputs("native inputs", &native.build_inputs, &mut row);
    inputs("native tools", &native.native_build_inputs, &mut row);
    for variable in &native.env_reasons {
        let value = format!("{}={}", variable.name, native.env[&variable.name]);
        let note = format!(
            "{} {}: {}",
            variable.krate, variable.version, variable.reason
        );
        row("environment", &value, &note);
    }
    if inspection.lock_file.is_some()
        && native.build_inputs.len() + native.native_build_inputs.len() > 0
    {
        row(
            "",
            "",
            "by the lock's edges: perhaps more than is built on your platform",
        );
    }
    for git in &inspection.git_dependencies {
        let value = format!("{} {}", git.krate, git.version);
        row("git crate", &value, &plain(&git.url));
    }
    text
}

fn inputs(name: &str, inputs: &[Input], row: &mut impl FnMut(&str, &str, &str)) {
    for input in inputs {
        let value = format!("pkgs.{}", input.attr);
        let note = format!("{} {}: {}", input.krate, input.version, input.reason);
        row(name, &value, &note);
    }
}

fn module(inspection: &Inspection) -> String {
    let Some(module) = inspection.module.as_ref().filter(|m| m.krate.is_some()) else {
        return "none: the manifest is a workspace without a cdylib".to_owned();
    };
    let parts = [&module.krate, &module.version];
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .map(|part| plain(part))
        .collect();
    parts.join(" ")
}

fn lock(inspection: &Inspection) -> String {
    let (Some(file), Some(format), Some(count)) = (
        &inspection.lock_file,
        inspection.lock_format,
        &inspection.crates,
    ) else {
        return "none".to_owned();
    };
    let sources = [
        (count.crates_io, "from crates.io"),
        (count.other_registries, "from other registries"),
        (count.git, "from git"),
        (count.local, "local"),
    ];
    let sources: Vec<_> = sources
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    format!(
        "{}, format {format}, {} crates: {}",
        plain(file),
        count.total,
        sources.join(", ")
    )
}

fn build_system(build_system: &BTreeMap<String, Vec<String>>) -> String {
    let requirements: Vec<_> = build_system
        .iter()
        .map(|(name, extras)| match extras[..] {
            [] => name.clone(),
            _ => format!("{name}[{}]", extras.join(",")),
        })
        .collect();
    plain(&requirements.join(", "))
}
