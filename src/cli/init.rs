//! `cargo pyhack init`: writes a flake and an empty overlay.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::lock::{fetched, summary, tell_all};
use super::style::plain;
use super::ui::{Text, Ui};
use crate::error::{Error, Exit};
use crate::io::Session;
use crate::ops::init::{ChosenMember, InitOptions, InitReport, init};
use crate::python_lock::Preference;
use crate::target::Python;

/// Create a flake for a uv project, with the overrides for its packages
///
/// FOLDER has a pyproject.toml and a uv.lock. Writes a flake.nix that builds the
/// environment with uv2nix and has a development shell, and an overlay.nix, like
/// `cargo pyhack lock --write`. Fetches the sources of packages that are
/// built from source, unless `--no-lock` or `--dry-run` is used.
///
/// Existing files are never changed, except for pyproject.toml with
/// `--configure`. For a flake.nix, `init` prints the lines to
/// add; for an overlay, the command that updates it.
///
/// In the shell, pure Python packages of the project are imported from the
/// working copy.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack init                            write flake.nix and overlay.nix
  cargo pyhack init --configure                also add the configuration to pyproject.toml
  cargo pyhack init --dry-run                  show what would be written
  cargo pyhack init --python 3.13 app          use another Python, in the folder app
  cargo pyhack init --source-preference sdist  build all packages from source

If a package fails, the files are still written, and the exit code is 3 or 4 as
with `cargo pyhack lock`.")]
pub(super) struct InitArgs {
    /// Folder with pyproject.toml and uv.lock
    #[arg(default_value = ".")]
    folder: Utf8PathBuf,

    /// CPython of the environment, such as 3.13 [default: .python-version, else
    /// nixpkgs' default, or the newest that the project and its wheels support]
    #[arg(long, value_name = "VERSION")]
    python: Option<Python>,

    /// Prefer wheels or sdists of packages that have both [default: wheel]
    #[arg(long, value_enum, value_name = "KIND")]
    source_preference: Option<Preference>,

    /// Leave the overlay empty and fetch nothing
    #[arg(long)]
    no_lock: bool,

    /// Add `[tool.cargo-pyhack]` to pyproject.toml so that `lock` and `check`
    /// find the overlay
    #[arg(long)]
    configure: bool,

    /// Print what would be written; fetch and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl InitArgs {
    pub(super) fn run(self, ui: &Ui, session: &Session) -> Result<ExitCode, Error> {
        let dry_run = self.dry_run;
        let options = InitOptions {
            folder: self.folder.clone(),
            python_minor: self.python.map(|python| python.minor),
            preference: self.source_preference,
            lock: !self.no_lock,
            configure: self.configure,
            dry_run,
        };
        let report = init(&options, session)?;
        ui.warnings(&report.warnings);
        if let Some(lock) = &report.lock {
            tell_all(ui, lock);
        }
        for member in &report.conflicts {
            ui.status("Selected", &chosen(member));
        }
        for name in &report.missing_build_systems {
            let name = plain(name);
            ui.status(
                "Missing",
                &format!(
                    "build system `{name}`, which the package set doesn't have: add it with `uv add --dev {name}`"
                ),
            );
        }
        let wrote = if dry_run { "Would write" } else { "Wrote" };
        for (word, files) in [(wrote, &report.written), ("Kept", &report.kept)] {
            for file in files {
                ui.status(word, &format!("`{}`", plain(file)));
            }
        }
        if let Some(lock) = &report.lock {
            ui.status("Resolved", &summary(lock));
        }
        tell_inputs(ui, &report);
        ui.result(&report, |report| {
            let mut text = String::new();
            if dry_run {
                text.clone_from(&report.diff);
                text.extend(report.lock.as_ref().map(fetched));
            }
            Text::Data(text + &report.wiring)
        })?;
        self.advise(ui, &report);
        Ok(ExitCode::from(report.exit() as u8))
    }

    /// Prints what to do next.
    fn advise(&self, ui: &Ui, report: &InitReport) {
        if !report.wiring.is_empty() {
            ui.hint("add the printed lines to `flake.nix`; the comments say where");
        }
        if !report.configuration.is_empty() {
            let lines = report.configuration.trim_end().replace('\n', "\n      ");
            ui.hint(&format!(
                "add this to `pyproject.toml` so that `cargo pyhack check` finds the overlay, or use `--configure`:\n      {lines}"
            ));
        }
        let overlay = pasted(&report.overlay);
        let is_failed = report.exit() != Exit::Done || !report.missing_build_systems.is_empty();
        if report.lock.is_none() || is_failed {
            let when = if is_failed {
                "when this is fixed, run "
            } else {
                ""
            };
            ui.hint(&format!(
                "{when}`cargo pyhack lock --write {overlay}{}` to write the overrides for packages that are built from source",
                self.flags()
            ));
        }
        if !self.dry_run {
            ui.hint(&self.build(report));
        }
    }

    /// The flags that `lock` needs to choose the same.
    fn flags(&self) -> String {
        let mut flags = String::new();
        if self.folder != "." {
            let lock = self.folder.join("uv.lock");
            let _ = write!(flags, " {}", pasted(lock.as_str()));
        }
        if let Some(python) = &self.python {
            let _ = write!(flags, " --python {python}");
        }
        if let Some(preference) = self.source_preference {
            let _ = write!(flags, " --source-preference {}", preference.word());
        }
        flags
    }

    /// The command that builds the environment.
    fn build(&self, report: &InitReport) -> String {
        let flake = match self.folder.as_str() {
            "." | "" => String::new(),
            folder if folder.starts_with('/') => format!(" {}", pasted(folder)),
            folder => format!(" ./{}", pasted(folder)),
        };
        let mut add = String::new();
        if report.is_in_git {
            // Nix sees of a repository what git knows.
            let own = ["pyproject.toml", "uv.lock"].map(|name| self.folder.join(name).to_string());
            let files = own.iter().chain(&report.written);
            let files = files.map(|file| pasted(file.trim_start_matches("./")));
            let files: BTreeSet<_> = files.collect();
            let files: Vec<_> = files.into_iter().collect();
            add = format!("git add {} && ", files.join(" "));
        }
        format!(
            "run `{add}nix build{flake}` to build the environment, or `nix develop{flake}` to start a shell with it"
        )
    }
}

/// A path as the user may paste it into a shell: a stranger's configuration
/// must not decide what that does.
fn pasted(path: &str) -> &str {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if path.chars().all(is_plain) && !path.starts_with('-') {
        path
    } else {
        "FILE"
    }
}

fn chosen(member: &ChosenMember) -> String {
    let kind = if member.is_group { "group" } else { "extra" };
    let others = member.excludes.iter();
    let others: Vec<_> = others.map(|other| format!("`{}`", plain(other))).collect();
    format!(
        "{kind} `{}` of `{}`, which conflicts with {}; change it in `flake.nix`",
        plain(&member.name),
        plain(&member.package),
        others.join(", ")
    )
}

/// Reports which inputs an existing flake has.
fn tell_inputs(ui: &Ui, report: &InitReport) {
    let found = report
        .inputs
        .values()
        .flatten()
        .map(|name| format!("`{}`", plain(name)));
    let found: Vec<_> = found.collect();
    if !found.is_empty() {
        ui.status("Found", &format!("inputs {}", found.join(", ")));
    }
    let is_wired = !report.inputs.is_empty() && report.wiring.is_empty();
    if is_wired {
        ui.status(
            "Fresh",
            &format!("the flake already uses `{}`", plain(&report.overlay)),
        );
    }
}
