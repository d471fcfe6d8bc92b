//! Flags of the commands that write stanzas.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::global::TargetArgs;
use crate::nix::{Form, UserExpr};
use crate::ops::overlay::Writing;
use crate::ops::prebuilt::{dropped_name, parse};
use crate::options::Recipe;
use crate::python_lock::{Preference, PythonLock};

/// How any stanza is written.
#[derive(Debug, Args)]
pub(super) struct StyleOfStanza {
    /// Keep the lock beside the overlay: nothing is imported from a derivation
    #[arg(long)]
    no_ifd: bool,

    /// Nix expression for a toolchain with cargo and rustc, as rust-overlay and
    /// fenix have them
    #[arg(long, value_name = "EXPR")]
    toolchain: Option<UserExpr>,

    /// Leave out the comments that say why an input is there
    #[arg(long)]
    no_comments: bool,
}

impl StyleOfStanza {
    /// As a recipe, with what is built for.
    pub(super) fn recipe(&self, target: &TargetArgs) -> Recipe {
        let toolchain = self.toolchain.as_ref();
        Recipe {
            no_ifd: self.no_ifd.then_some(true),
            toolchain: toolchain.map(|expr| expr.as_str().to_owned()),
            comments: self.no_comments.then_some(false),
            ..target.recipe()
        }
    }
}

/// What is taken from nixpkgs.
#[derive(Debug, Args)]
pub(super) struct PrebuiltArgs {
    /// Take a package of the uv.lock from nixpkgs' Python packages instead of
    /// building it
    ///
    /// ATTR is its attribute there, where that isn't NAME. The lock is PATH, or
    /// the uv.lock above the overlay. May be given several times.
    #[arg(long, value_name = "NAME[=ATTR]", value_parser = prebuilt)]
    pub prebuilt: Vec<String>,

    /// Dependencies that nixpkgs' build doesn't need, with commas between; a
    /// name that ends in `-` is a prefix [default: what is proposed by the lock]
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "prebuilt", num_args = 0.., value_parser = dropped)]
    pub drop: Option<Vec<String>>,

    /// Have another version in nixpkgs than in the lock be an error
    #[arg(long, requires = "prebuilt")]
    pub strict: bool,
}

fn prebuilt(text: &str) -> Result<String, String> {
    parse(text).map(|_| text.to_owned())
}

fn dropped(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    dropped_name(text)
}

/// What is done with a file.
#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// Overlay file to put stanzas into, instead of printing it
    ///
    /// A file that isn't there yet is made. In one that is, only what is
    /// between the markers `# pyhack: begin NAME` and `# pyhack: end NAME` is
    /// replaced; without them a stanza goes to the end of the set of
    /// `final: prev: { }`.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub write: Option<Utf8PathBuf>,

    /// Have cargo make a lock that is missing, or mend one that doesn't fit
    ///
    /// Cargo runs in a folder of ours and sees the manifests alone. The lock is
    /// kept beside FILE as NAME.lock, taken from there the next time, and put
    /// into the build.
    #[arg(long, requires = "write")]
    pub generate_lock: bool,

    /// Replace stanzas in FILE that were edited by hand, too, and another file
    /// that lies where a lock goes
    #[arg(long, requires = "write")]
    pub force: bool,

    /// Print what changes in FILE as a diff
    #[arg(long, requires = "write")]
    pub diff: bool,

    /// Program that lays FILE's new stanzas out, reading from standard input
    /// [default: as nixfmt does]
    #[arg(long, value_name = "CMD", requires = "write")]
    pub formatter: Option<String>,
}

impl WriteArgs {
    /// The file that is written, if there is one.
    pub(super) fn writing(self, form: Option<FormArg>, dry_run: bool) -> Option<Writing> {
        Some(Writing {
            file: self.write?,
            form: form.map_or(Form::File, Form::from),
            force: self.force,
            dry_run,
            formatter: self.formatter,
        })
    }
}

fn file(text: &str) -> Result<Utf8PathBuf, &'static str> {
    let path = Utf8PathBuf::from(text);
    match path.file_name() {
        Some(_) if !text.ends_with('/') => Ok(path),
        _ => Err("that is no name of a file"),
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FormArg {
    /// `final: prev: { NAME = ...; }`
    Overlay,
    /// `NAME = ...;` alone
    Stanza,
    /// `{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, to import
    File,
}

impl From<FormArg> for Form {
    fn from(form: FormArg) -> Self {
        match form {
            FormArg::Overlay => Self::Overlay,
            FormArg::Stanza => Self::Stanza,
            FormArg::File => Self::File,
        }
    }
}

/// uv2nix' `sourcePreference`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PreferenceArg {
    /// Wheels that fit, which need no building
    Wheel,
    /// Sdists, which are built
    Sdist,
}

impl From<PreferenceArg> for Preference {
    fn from(preference: PreferenceArg) -> Self {
        match preference {
            PreferenceArg::Wheel => Self::Wheel,
            PreferenceArg::Sdist => Self::Sdist,
        }
    }
}

/// Whether a path is that of a lock of Python packages.
pub(super) fn is_lock(path: &Utf8Path) -> bool {
    path.file_name().is_some_and(PythonLock::is_named)
}
