//! `cargo pyhack inspect`: prints what is known about a project.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::global::{ManifestArgs, SourceArgs};
use super::style::{BOLD, DIM, plain};
use super::text::counted;
use super::ui::{Text, Ui};
use super::why::{join_systems, known_by};
use crate::error::Error;
use crate::io::Session;
use crate::io::paths::is_file;
use crate::native::Origin;
use crate::ops::inspect::{ExtensionInputKind, Fit, Inspection, Module, inspect};
use crate::options::TargetOptions;
use crate::project::ProjectError;
use crate::python_lock::PythonLock;
use crate::target::Platform;

/// Show what a package is built from: backend, crates, Cargo.lock, libraries
///
/// This is the default command of `cargo pyhack`. Fetches the sdist, if PATH is a
/// URL or NAME==VERSION, and the crates, to find what they need; for a uv.lock,
/// also the sources of its packages. Writes nothing to the project.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack inspect
  cargo pyhack inspect tokenizers-0.22.2.tar.gz
  cargo pyhack inspect uv.lock    show a table of the packages
  cargo pyhack inspect --format json . | jq -r .cargo_root

A Python project without Rust isn't an error: the exit code is 0.")]
pub(super) struct InspectArgs {
    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    target: TargetOptions,

    /// Generate a missing Cargo.lock, or update one that doesn't match the manifests
    ///
    /// Cargo runs in a temporary folder with only the manifests. The Cargo.lock
    /// isn't saved; use `nix-snippet --generate-lock --write FILE` for that.
    #[arg(long)]
    generate_lock: bool,
}

impl InspectArgs {
    /// Returns the arguments of `inspect` for `cargo pyhack [PATH]`, which names
    /// no command.
    pub(super) fn new(path: Option<Utf8PathBuf>, manifest: ManifestArgs) -> Self {
        Self {
            source: SourceArgs::new(path, manifest),
            target: TargetOptions::default(),
            generate_lock: false,
        }
    }

    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<ExitCode, Error> {
        let path = self.source.path()?;
        if PythonLock::is_path(&path) {
            return super::lock::inspect(path, self.target, ui, session);
        }
        let lock = path.join("uv.lock");
        let mut request = self.source.into_request(session)?;
        request.options.target = self.target.clone();
        request.options.generate.generate_lock = Some(self.generate_lock);
        let inspection = match inspect(&request, session) {
            // The root of a workspace needs no package of its own.
            Err(Error::Project(ProjectError::NoName { .. })) if is_file(&lock) => {
                let lock = lock.strip_prefix(".").unwrap_or(&lock).to_owned();
                let shown = plain(lock.as_str());
                ui.hint(&format!(
                    "this workspace has no package of its own; run `cargo pyhack lock {shown}` to print the overrides of `{shown}`"
                ));
                return super::lock::inspect(lock, self.target, ui, session);
            }
            inspection => inspection?,
        };
        ui.warnings(&inspection.warnings);
        ui.result(&inspection, |inspection| Text::Styled(human(inspection)))?;
        Ok(ExitCode::SUCCESS)
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
    if inspection.source_root != "." {
        row(
            "source root",
            &inspection.source_root,
            "above the Python root",
        );
    }
    row("Python root", &inspection.python_root, "");
    if let Some(root) = &inspection.cargo_root {
        for module in &inspection.modules {
            let guess = if module.guess.is_some() {
                ", a guess"
            } else {
                ""
            };
            let note = format!("{}{guess}", module.rule);
            row("manifest", &plain(&module.manifest_path), &note);
            row(kind(module), &told(module), &options(module));
        }
        row("Cargo root", &plain(root), "");
        row("Cargo.lock", &lock(inspection), fit(inspection));
    }
    row("Python", &inspection.python, "");
    row("build system", &build_system(&inspection.build_system), "");
    for (name, systems) in &inspection.build_system_platforms {
        row("", name, &format!("only on {}", systems.join(", ")));
    }
    native(inspection, &mut row);
    text
}

fn native(inspection: &Inspection, row: &mut impl FnMut(&str, &str, &str)) {
    let native = &inspection.native;
    for (name, inputs) in [
        ("libraries", &native.build_inputs),
        ("build tools", &native.native_build_inputs),
    ] {
        for input in inputs {
            let value = format!("pkgs.{}", input.attr);
            row(name, &value, &note(inspection, &input.origin));
        }
    }
    for variable in &native.env_reasons {
        let value = format!("{}={}", variable.name, variable.value);
        row("environment", &value, &note(inspection, &variable.origin));
    }
    for input in &inspection.extension_inputs {
        let name = match input.kind {
            ExtensionInputKind::Library => "libraries",
            ExtensionInputKind::Program => "build tools",
            ExtensionInputKind::Variable => "environment",
        };
        let reason = input.reason.clone();
        let reason = reason.unwrap_or_else(|| known_by(&input.evidence));
        let only = only(inspection, &input.platforms);
        row(name, &input.to_string(), &plain(&format!("{reason}{only}")));
    }
    for git in &inspection.git_dependencies {
        let value = format!("{} {}", git.krate, git.version);
        row("git crate", &value, &plain(&git.url));
    }
}

/// Names the crate that causes a native input, the reason, and the platforms
/// unless the input is needed on all of them.
fn note(inspection: &Inspection, origin: &Origin) -> String {
    let only = only(inspection, &origin.platforms);
    let (krate, version, reason) = (&origin.krate, &origin.version, &origin.reason);
    plain(&format!("{krate} {version}: {reason}{only}"))
}

fn only(inspection: &Inspection, platforms: &BTreeSet<Platform>) -> String {
    if platforms.len() < inspection.platforms.len() {
        format!(" (only on {})", join_systems(platforms))
    } else {
        String::new()
    }
}

const fn kind(module: &Module) -> &'static str {
    if module.is_program {
        "program crate"
    } else {
        "module crate"
    }
}

/// Describes a module: its crate, the crate's version, and the name that Python
/// imports it by.
fn told(module: &Module) -> String {
    let Some(krate) = &module.krate else {
        return "none: no crate in the workspace is a cdylib".to_owned();
    };
    let version = module.version.iter().map(|version| format!(" {version}"));
    let name = module.name.iter().map(|name| format!(", as {name}"));
    let parts: String = version.chain(name).collect();
    plain(&format!("{krate}{parts}"))
}

/// Returns the flags that the build backend passes to cargo.
fn options(module: &Module) -> String {
    let mut words = Vec::new();
    if !module.features.is_empty() {
        words.push(format!("--features {}", module.features.join(",")));
    }
    for (is_on, flag) in [
        (module.no_default_features, "--no-default-features"),
        (module.all_features, "--all-features"),
        (module.locked, "--locked"),
    ] {
        if is_on {
            words.push(flag.to_owned());
        }
    }
    words.extend(
        module
            .profile
            .iter()
            .map(|profile| format!("--profile {profile}")),
    );
    plain(&words.join(" "))
}

const fn fit(inspection: &Inspection) -> &'static str {
    match inspection.lock_state.fits {
        Fit::Missing | Fit::Fits => "",
        Fit::MoreThanNeeded => "has crates that nothing depends on",
        Fit::Outdated => "for another version of the project",
        Fit::Stale => "doesn't match the manifests",
        Fit::Broken => "cargo can't read the manifests",
    }
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
        "{}, format {format}, {}: {}",
        plain(file),
        counted(count.total, "crate"),
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
