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
/// FOLDER has a pyproject.toml and a uv.lock. It gets a flake.nix, with the
/// environment as a package and a development shell, made with uv2nix, and an
/// overlay.nix with the stanzas of what is built from source, as `cargo pyhack
/// lock --write` makes it. Existing files are never changed: for a flake.nix,
/// what to paste into it is printed, for an overlay, the command that updates
/// it.
///
/// Packages of the project without anything to compile are imported from the
/// working copy in the shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack init                           flake.nix and overlay.nix, here
  cargo pyhack init --configure               and the lines in pyproject.toml
  cargo pyhack init --dry-run                 what they would be
  cargo pyhack init --python 3.13 app         another Python
  cargo pyhack init --source-preference sdist build all packages from source

Exit code as of `cargo pyhack lock`: 3 or 4 if a package has no stanza; the
files are written all the same.")]
pub(super) struct InitArgs {
    /// Folder of pyproject.toml and uv.lock
    #[arg(default_value = ".")]
    folder: Utf8PathBuf,

    /// CPython of the environment, such as 3.13 [default: that of
    /// .python-version, else nixpkgs' own, or the newest, that the project
    /// allows and its wheels are for]
    #[arg(long, value_name = "VERSION")]
    python: Option<Python>,

    /// What is taken of packages that have both [default: wheel]
    #[arg(long, value_enum, value_name = "KIND")]
    source_preference: Option<Preference>,

    /// Leave the overlay empty and fetch nothing
    #[arg(long)]
    no_lock: bool,

    /// Add `[tool.cargo-pyhack]` to pyproject.toml, so that `lock` and `check`
    /// find the overlay
    #[arg(long)]
    configure: bool,

    /// Write and fetch nothing; print what would be written
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
            ui.status("Chose", &chosen(member));
        }
        for name in &report.missing_build_systems {
            let name = plain(name);
            ui.status(
                "Missing",
                &format!(
                    "build system `{name}`: the package set doesn't have it; add it with `uv add --dev {name}`"
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
            ui.status("Locked", &summary(lock));
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
            ui.hint(
                "paste what is printed above into `flake.nix`, each part where its comment says",
            );
        }
        if !report.configuration.is_empty() {
            let lines = report.configuration.trim_end().replace('\n', "\n      ");
            ui.hint(&format!(
                "add this to `pyproject.toml`, so that `cargo pyhack check` finds the overlay (`--configure` does it):\n      {lines}"
            ));
        }
        let overlay = pasted(&report.overlay);
        let is_failed = report.exit() != Exit::Done || !report.missing_build_systems.is_empty();
        if report.lock.is_none() || is_failed {
            let when = if is_failed {
                "once that is fixed, "
            } else {
                ""
            };
            ui.hint(&format!(
                "{when}`cargo pyhack lock --write {overlay}{}` writes the stanzas of what is built from source",
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
            "`{add}nix build{flake}` builds the environment, `nix develop{flake}` starts its shell"
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
        ui.status("Found", &format!("the inputs {}", found.join(", ")));
    }
    let is_wired = !report.inputs.is_empty() && report.wiring.is_empty();
    if is_wired {
        ui.status(
            "Fresh",
            &format!("the flake has the path of `{}`", plain(&report.overlay)),
        );
    }
}
