//! `cargo pyhack nix-snippet`

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::global::{GlobalArgs, TargetArgs};
use super::stanza_args::{FormArg, PrebuiltArgs, StyleOfStanza, WriteArgs, is_lock};
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::nix::Form;
use crate::ops::configured::Configured;
use crate::ops::lock::{LockRequest, lock};
use crate::ops::nix_snippet::{Snippet, nix_snippet};
use crate::ops::overlay::write_stanzas;
use crate::ops::package::{PackageFile, nixpkgs_package};
use crate::ops::prebuilt::prebuilt_snippet;
use crate::options::config::Style;
use crate::options::{Recipe, SourceWord};

/// Print the stanza that builds the package with pyproject.nix
///
/// The stanza calls `hacks.importCargoLock` and adds the Python build system,
/// native inputs and environment variables. Where it stands, `pkgs`, `lib` and
/// `hacks = pkgs.callPackage pyproject-nix.build.hacks { }` have to be in
/// scope. A package that is a wheel in the set, or isn't in it, is left as it
/// is. `--style nixpkgs` prints a file for `callPackage` instead, as nixpkgs'
/// own Python packages are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack nix-snippet
  cargo pyhack nix-snippet --as stanza cryptography-46.0.6.tar.gz
  cargo pyhack nix-snippet --as file > overlay.nix
  cargo pyhack nix-snippet --write overlay.nix cryptography-46.0.6.tar.gz
  cargo pyhack nix-snippet --prebuilt torch=torchWithoutCuda --write overlay.nix uv.lock
  cargo pyhack nix-snippet --style nixpkgs --write default.nix bcrypt-5.0.0.tar.gz
  cargo pyhack nix-snippet --generate-lock --write overlay.nix tiktoken-0.12.0.tar.gz
  cargo pyhack nix-snippet --source git --subdirectory bindings/python checkout/bindings/python")]
pub(super) struct NixSnippetArgs {
    /// Project folders, unpacked sdists, or sdist files (.tar.gz, .zip); or a
    /// uv.lock or pylock.toml alone
    /// [default: ., or none with --prebuilt]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,

    /// One of several folders that cargo builds in, relative to the source root
    #[arg(long, value_name = "DIR")]
    cargo_root: Option<Utf8PathBuf>,

    /// A lock to take in the place of the source's `Cargo.lock`
    #[arg(long, value_name = "FILE")]
    lock_file: Option<Utf8PathBuf>,

    #[command(flatten)]
    target: TargetArgs,

    #[command(flatten)]
    stanza: StanzaArgs,

    #[command(flatten)]
    prebuilt: PrebuiltArgs,

    /// What the package is built by: pyproject.nix, or as nixpkgs' own are
    /// [default: what the configuration says, else pyproject]
    #[arg(long, value_enum, value_name = "STYLE")]
    style: Option<StyleArg>,

    /// How much is printed around the stanza [default: overlay; file with --write]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<FormArg>,

    #[command(flatten)]
    write: WriteArgs,

    /// Say what would be written to FILE, and write nothing
    #[arg(long, requires = "write")]
    dry_run: bool,
}

/// Where a recipe stands that is in no file.
const COMMAND_LINE: &str = "the command line";

/// How a stanza is written.
#[derive(Debug, Args)]
struct StanzaArgs {
    /// Where the package set has the package from
    ///
    /// Without it, what the `uv.lock` above the overlay says; else `local` for
    /// a project folder and `registry` for an sdist.
    #[arg(long, value_enum, value_name = "KIND")]
    source: Option<SourceArg>,

    /// The package's folder in the git repository or archive
    #[arg(long, value_name = "DIR")]
    subdirectory: Option<Utf8PathBuf>,

    #[command(flatten)]
    style: StyleOfStanza,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StyleArg {
    /// A stanza of an overlay, which calls pyproject.nix' `hacks.importCargoLock`
    Pyproject,
    /// A file for `callPackage`, which calls `buildPythonPackage`
    Nixpkgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SourceArg {
    /// An sdist of a package index
    Registry,
    /// A project of the workspace
    Local,
    /// A git repository
    Git,
    /// An archive at a URL
    Url,
    /// An archive in a folder of yours
    Path,
}

impl NixSnippetArgs {
    /// Why the flags don't go together, if they don't.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let locks = self.paths.iter().filter(|path| is_lock(path)).count();
        let is_prebuilt = !self.prebuilt.prebuilt.is_empty();
        if locks > 1 || (locks == 1 && self.paths.len() > 1 && !is_prebuilt) {
            return Some("a lock stands for all of its packages: name it alone");
        }
        if !matches!(self.style, Some(StyleArg::Nixpkgs)) {
            return None;
        }
        self.nixpkgs_contradiction()
    }

    /// Why `--style nixpkgs` doesn't go with the other flags.
    const fn nixpkgs_contradiction(&self) -> Option<&'static str> {
        let write = &self.write;
        if !matches!(self.form, None | Some(FormArg::File)) {
            Some("`--style nixpkgs` always makes a file: leave out `--as`")
        } else if self.paths.len() > 1 {
            Some("`--style nixpkgs` makes a file for one package: name one PATH")
        } else if !self.prebuilt.prebuilt.is_empty() {
            Some("`--prebuilt` is for an overlay of pyproject.nix: leave out `--style nixpkgs`")
        } else if self.dry_run || write.diff || write.formatter.is_some() {
            Some(
                "`--dry-run`, `--diff` and `--formatter` are for stanzas in an overlay: `--style \
                 nixpkgs` writes the whole of FILE",
            )
        } else {
            None
        }
    }

    pub(super) fn run(self, ui: &Ui, global: &GlobalArgs) -> Result<ExitCode, Error> {
        if let [path] = &self.paths[..]
            && is_lock(path)
            && self.prebuilt.prebuilt.is_empty()
        {
            let path = path.clone();
            return self.lock(path, ui, global);
        }
        let (diff, dry_run) = (self.write.diff, self.dry_run);
        let configured = Configured::find()?.unwrap_or_default();
        let recipes = self.recipes().into_iter();
        let complete = |recipe: Recipe| match recipe.prebuilt {
            // Nothing else is said of these.
            Some(_) => Recipe {
                lock: recipe.lock.or_else(|| configured.lock()?.lock),
                ..recipe
            },
            None => configured.complete(recipe),
        };
        let recipes: Vec<_> = recipes.map(complete).collect();
        let progress = ui.progress();
        let is_nixpkgs = match self.style {
            Some(style) => matches!(style, StyleArg::Nixpkgs),
            // Flags that go with stanzas alone ask for one.
            None => {
                configured.config.style == Some(Style::Nixpkgs)
                    && self.nixpkgs_contradiction().is_none()
            }
        };
        let snippet = if let (true, [recipe]) = (is_nixpkgs, &recipes[..]) {
            let (request, options) = recipe.asked(&global.request(), COMMAND_LINE)?;
            let file = self.write.write.map(|path| PackageFile {
                path,
                overwrite: self.write.force,
            });
            nixpkgs_package(request, &options, file.as_ref(), &*progress)?
        } else if let Some(writing) = self.write.writing(self.form, dry_run) {
            write_stanzas(&recipes, &global.request(), &writing, &*progress)?
        } else {
            let base = global.request();
            let asked = recipes
                .iter()
                .filter(|recipe| recipe.prebuilt.is_none())
                .map(|recipe| recipe.asked(&base, COMMAND_LINE));
            let asked: Result<Vec<_>, _> = asked.collect();
            let prebuilt = prebuilt_snippet(&recipes)?;
            let form = self.form.map_or(Form::Overlay, Form::from);
            nix_snippet(&asked?, (form, prebuilt), &*progress)?
        };
        report(ui, &snippet, (diff, dry_run))?;
        Ok(ExitCode::SUCCESS)
    }

    /// All packages of a lock, as `cargo pyhack lock` makes them.
    fn lock(self, path: Utf8PathBuf, ui: &Ui, global: &GlobalArgs) -> Result<ExitCode, Error> {
        let configured = Configured::find()?.unwrap_or_default();
        let recipe = Recipe {
            path: None,
            lock: Some(path),
            ..self.recipe()
        };
        let (diff, dry_run) = (self.write.diff, self.dry_run);
        let request = LockRequest {
            recipe: configured.of_all(recipe),
            packages: configured.of_locks(),
            writing: self.write.writing(self.form, dry_run),
            form: self.form.map(Form::from),
            ..LockRequest::default()
        };
        let report = lock(&request, &global.request(), &*ui.progress())?;
        super::lock::tell(ui, report, (diff || dry_run, false))
    }

    /// One for each PATH.
    fn recipes(&self) -> Vec<Recipe> {
        let recipe = self.recipe();
        let here = [Utf8PathBuf::from(".")];
        let paths = match &self.paths[..] {
            [] if self.prebuilt.prebuilt.is_empty() => &here[..],
            paths => paths,
        };
        let (locks, paths): (Vec<_>, Vec<_>) = paths.iter().partition(|path| is_lock(path));
        let built = paths.into_iter().map(|path| Recipe {
            path: Some(path.clone()),
            ..recipe.clone()
        });
        let taken = self.prebuilt.prebuilt.iter().map(|name| Recipe {
            prebuilt: Some(name.clone()),
            lock: locks.first().map(|path| (*path).clone()),
            drop: self.prebuilt.drop.clone().map(|names| {
                let names = names.into_iter();
                names.filter(|name| !name.is_empty()).collect()
            }),
            strict: self.prebuilt.strict.then_some(true),
            ..Recipe::default()
        });
        built.chain(taken).collect()
    }

    fn recipe(&self) -> Recipe {
        Recipe {
            source: self.stanza.source.map(SourceWord::from),
            subdirectory: self.stanza.subdirectory.clone(),
            cargo_root: self.cargo_root.clone(),
            lock_file: self.lock_file.clone(),
            generate_lock: self.write.generate_lock.then_some(true),
            ..self.stanza.style.recipe(&self.target)
        }
    }
}

fn report(ui: &Ui, snippet: &Snippet, (diff, dry_run): (bool, bool)) -> Result<(), Error> {
    ui.warnings(&snippet.warnings);
    for file in &snippet.files {
        let word = match (snippet.changed.contains(file), dry_run) {
            (true, true) => "Would write",
            (true, false) => "Wrote",
            (false, _) => "Fresh",
        };
        ui.status(word, &format!("`{file}`"));
    }
    ui.result(snippet, |snippet| {
        Text::Data(if snippet.files.is_empty() {
            snippet.nix.clone()
        } else if diff || dry_run {
            snippet.diff.clone()
        } else {
            String::new()
        })
    })
}

impl From<SourceArg> for SourceWord {
    fn from(source: SourceArg) -> Self {
        match source {
            SourceArg::Registry => Self::Registry,
            SourceArg::Local => Self::Local,
            SourceArg::Git => Self::Git,
            SourceArg::Url => Self::Url,
            SourceArg::Path => Self::Path,
        }
    }
}
