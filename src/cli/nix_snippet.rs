//! `cargo pyhack nix-snippet`

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::global::{GlobalArgs, TargetArgs};
use super::ui::{Text, Ui};
use crate::config::Style;
use crate::error::Error;
use crate::native::Choice;
use crate::nix::{Form, OwnExpr};
use crate::ops::configured::Configured;
use crate::ops::nix_snippet::{Snippet, nix_snippet};
use crate::ops::overlay::{Writing, write_stanzas};
use crate::ops::package::{PackageFile, nixpkgs_package};
use crate::ops::recipe::{ChoiceWord, Recipe, SourceWord};
use crate::target::Platform;

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
  cargo pyhack nix-snippet --style nixpkgs --write default.nix bcrypt-5.0.0.tar.gz
  cargo pyhack nix-snippet --generate-lock --write overlay.nix tiktoken-0.12.0.tar.gz
  cargo pyhack nix-snippet --source git --subdirectory bindings/python checkout/bindings/python")]
pub(super) struct NixSnippetArgs {
    /// Project folders, unpacked sdists, or sdist files (.tar.gz, .zip)
    #[arg(value_name = "PATH", default_value = ".")]
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

    /// What the package is built by: pyproject.nix, or as nixpkgs' own are
    /// [default: what the configuration says, else pyproject]
    #[arg(long, value_enum, value_name = "STYLE")]
    style: Option<StyleArg>,

    /// How much is printed around the stanza [default: overlay; file with --write]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<FormArg>,

    #[command(flatten)]
    write: WriteArgs,
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

    /// Keep the lock beside the overlay: nothing is imported from a derivation
    #[arg(long)]
    no_ifd: bool,

    /// Nix expression for a toolchain with cargo and rustc, as rust-overlay and
    /// fenix have them
    #[arg(long, value_name = "EXPR")]
    toolchain: Option<OwnExpr>,

    /// Leave out the comments that say why an input is there
    #[arg(long)]
    no_comments: bool,
}

/// What is done with a file.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
struct WriteArgs {
    /// Overlay file to put the stanza into, instead of printing it
    ///
    /// A file that isn't there yet is made. In one that is, only what is
    /// between the markers `# pyhack: begin NAME` and `# pyhack: end NAME` is
    /// replaced; without them the stanza goes to the end of the set of
    /// `final: prev: { }`.
    #[arg(long, value_name = "FILE", value_parser = file)]
    write: Option<Utf8PathBuf>,

    /// Have cargo make the lock, or mend one that doesn't fit
    ///
    /// Cargo runs in a folder of ours and sees the manifests alone. The lock is
    /// kept beside FILE as NAME.lock, taken from there the next time, and put
    /// into the build.
    #[arg(long, requires = "write")]
    generate_lock: bool,

    /// Replace stanzas in FILE that were edited by hand, too, and another file
    /// that lies where a lock goes
    #[arg(long, requires = "write")]
    force: bool,

    /// Say what would be written to FILE, and write nothing
    #[arg(long, requires = "write")]
    dry_run: bool,

    /// Print what changes in FILE as a diff
    #[arg(long, requires = "write")]
    diff: bool,

    /// Program that lays FILE's new stanzas out, reading from standard input
    /// [default: as nixfmt does]
    #[arg(long, value_name = "CMD", requires = "write")]
    formatter: Option<String>,
}

fn file(text: &str) -> Result<Utf8PathBuf, &'static str> {
    let path = Utf8PathBuf::from(text);
    match path.file_name() {
        Some(_) if !text.ends_with('/') => Ok(path),
        _ => Err("that is no name of a file"),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StyleArg {
    /// A stanza of an overlay, which calls pyproject.nix' `hacks.importCargoLock`
    Pyproject,
    /// A file for `callPackage`, which calls `buildPythonPackage`
    Nixpkgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormArg {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// `NAME = ...;` alone
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, to import
    File,
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
    pub(super) const fn contradiction(&self) -> Option<&'static str> {
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
        } else if write.dry_run || write.diff || write.formatter.is_some() {
            Some(
                "`--dry-run`, `--diff` and `--formatter` are for stanzas in an overlay: `--style \
                 nixpkgs` writes the whole of FILE",
            )
        } else {
            None
        }
    }

    pub(super) fn run(self, ui: &Ui, global: &GlobalArgs) -> Result<(), Error> {
        let form = match (self.form, &self.write.write) {
            (Some(FormArg::Overlay), _) | (None, None) => Form::Overlay,
            (Some(FormArg::Stanza), _) => Form::Stanza,
            (Some(FormArg::File), _) | (None, Some(_)) => Form::File,
        };
        let configured = Configured::find()?.unwrap_or_default();
        let recipes = self.recipes().into_iter();
        let recipes: Vec<_> = recipes.map(|recipe| configured.complete(recipe)).collect();
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
        } else if let Some(file) = self.write.write {
            let writing = Writing {
                file,
                form,
                force: self.write.force,
                dry_run: self.write.dry_run,
                formatter: self.write.formatter,
            };
            write_stanzas(&recipes, &global.request(), &writing, &*progress)?
        } else {
            let base = global.request();
            let asked = recipes
                .iter()
                .map(|recipe| recipe.asked(&base, COMMAND_LINE));
            let asked: Result<Vec<_>, _> = asked.collect();
            nix_snippet(&asked?, form, &*progress)?
        };
        report(ui, &snippet, (self.write.diff, self.write.dry_run))
    }

    /// One for each PATH.
    fn recipes(&self) -> Vec<Recipe> {
        let default: std::collections::BTreeSet<_> = Platform::DEFAULT.into();
        let platforms: std::collections::BTreeSet<_> =
            self.target.platforms.iter().copied().collect();
        let systems = platforms
            .iter()
            .map(|platform| platform.system().to_owned());
        let prefer = self.target.prefer.iter().map(|(library, choice)| {
            let choice = match choice {
                Choice::System => ChoiceWord::System,
                Choice::Bundled => ChoiceWord::Bundled,
            };
            (library.clone().unwrap_or_else(|| "all".to_owned()), choice)
        });
        let some = |flag: bool| flag.then_some(true);
        let recipe = Recipe {
            source: self.stanza.source.map(SourceWord::from),
            subdirectory: self.stanza.subdirectory.clone(),
            cargo_root: self.cargo_root.clone(),
            lock_file: self.lock_file.clone(),
            generate_lock: some(self.write.generate_lock),
            python: self.target.python.map(|minor| format!("3.{minor}")),
            platforms: (platforms != default).then(|| systems.collect()),
            prefer: prefer.collect(),
            no_ifd: some(self.stanza.no_ifd),
            toolchain: self
                .stanza
                .toolchain
                .as_ref()
                .map(|expr| expr.as_str().to_owned()),
            comments: self.stanza.no_comments.then_some(false),
            ..Recipe::default()
        };
        let paths = self.paths.iter();
        let recipes = paths.map(|path| Recipe {
            path: Some(path.clone()),
            ..recipe.clone()
        });
        recipes.collect()
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
