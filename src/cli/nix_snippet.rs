//! `cargo pyhack nix-snippet`: prints or writes the Nix of given packages.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Args;

use super::Failure;
use super::global::ManifestArgs;
use super::lock::Shown;
use super::stanza_args::WriteArgs;
use super::ui::{Text, Ui};
use crate::error::Error;
use crate::io::Session;
use crate::nix::Form;
use crate::ops::configured::Configured;
use crate::ops::finished::Snippet;
use crate::ops::make_snippet::{SnippetReport, SnippetRequest, Sources, make_snippet};
use crate::options::{
    ExtraOptions, InputOptions, NixpkgsOptions, Options, PackageStyle, PrebuiltPackage,
    RustOptions, SourceOptions, StanzaOptions, TargetOptions, UnusedSubdirectory,
};
use crate::python_lock::PythonLock;

/// Print the override that builds a package with pyproject.nix
///
/// The override adds the build system, libraries and environment variables of
/// the package, and for Rust the crates in its Cargo.lock, with
/// `hacks.importCargoLock`. It doesn't change packages that the package set takes
/// as wheels, or doesn't have. `pkgs`, `lib` and
/// `hacks = pkgs.callPackage pyproject-nix.build.hacks { }` must be in scope.
///
/// Fetches the sdist, if PATH is a URL or NAME==VERSION, and the crates, to
/// find what they need. `--style nixpkgs` prints a file for `callPackage`
/// instead, like the Python packages in nixpkgs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo pyhack nix-snippet
  cargo pyhack nix-snippet --as stanza cryptography-46.0.6.tar.gz
  cargo pyhack nix-snippet --as file > overlay.nix
  cargo pyhack nix-snippet --write overlay.nix cryptography-46.0.6.tar.gz
  cargo pyhack nix-snippet --write overlay.nix cryptography==46.0.6
  cargo pyhack nix-snippet --prebuilt torch=torchWithoutCuda --write overlay.nix uv.lock
  cargo pyhack nix-snippet --style nixpkgs --write default.nix bcrypt-5.0.0.tar.gz
  cargo pyhack nix-snippet --generate-lock --write overlay.nix tiktoken-0.12.0.tar.gz
  cargo pyhack nix-snippet --source git --subdirectory bindings/python checkout/bindings/python")]
pub(super) struct NixSnippetArgs {
    /// Project folders, unpacked sdists, or sdists: .tar.gz or .zip files, https
    /// URLs, or NAME==VERSION from the configured package index; or a single
    /// uv.lock or pylock.toml [default: ., or none with --prebuilt]
    #[arg(value_name = "PATH", conflicts_with = "manifest_path")]
    paths: Vec<Utf8PathBuf>,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    rust: RustOptions,

    #[command(flatten)]
    target: TargetOptions,

    #[command(flatten)]
    source: SourceOptions,

    #[command(flatten)]
    stanza: StanzaOptions,

    #[command(flatten)]
    extra: ExtraOptions,

    /// Use nixpkgs' build of a package in the uv.lock
    ///
    /// ATTR is its attribute in nixpkgs' Python packages, if it isn't NAME. The
    /// lockfile is PATH, or the uv.lock above the overlay. Can be used several
    /// times.
    #[arg(long, value_name = "NAME[=ATTR]")]
    prebuilt: Vec<PrebuiltPackage>,

    #[command(flatten)]
    nixpkgs: NixpkgsOptions,

    /// Generate an override for pyproject.nix, or a package for nixpkgs [default:
    /// the style in the configuration, else pyproject]
    #[arg(long, value_enum, value_name = "STYLE")]
    style: Option<PackageStyle>,

    /// How to print the override [default: overlay; file with --write]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<Form>,

    #[command(flatten)]
    write: WriteArgs,

    /// Show what would be written to FILE; write nothing
    #[arg(long, requires = "write")]
    dry_run: bool,
}

impl NixSnippetArgs {
    /// Returns a message if the arguments contradict each other in a way that
    /// clap can't express.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let locks = self
            .paths
            .iter()
            .filter(|path| PythonLock::is_path(path))
            .count();
        let is_prebuilt = !self.prebuilt.is_empty();
        if locks > 1 || (locks == 1 && self.paths.len() > 1 && !is_prebuilt) {
            return Some("a lockfile can't be combined with other PATHs");
        }
        if !matches!(self.style, Some(PackageStyle::Nixpkgs)) {
            return None;
        }
        self.nixpkgs_contradiction()
    }

    /// Returns a message if `--style nixpkgs` contradicts another argument.
    const fn nixpkgs_contradiction(&self) -> Option<&'static str> {
        let write = &self.write;
        if !matches!(self.form, None | Some(Form::File)) {
            Some("`--style nixpkgs` can't be used with `--as`: it always prints a file")
        } else if self.paths.len() > 1 {
            Some("`--style nixpkgs` requires a single PATH")
        } else if !self.prebuilt.is_empty() {
            Some(
                "`--prebuilt` can't be used with `--style nixpkgs`: it writes an override for pyproject.nix",
            )
        } else if self.dry_run || write.diff || write.formatter.is_some() {
            Some(
                "`--dry-run`, `--diff` and `--formatter` can't be used with `--style nixpkgs`, which writes the whole file",
            )
        } else {
            None
        }
    }

    pub(super) fn run(mut self, ui: &Ui, session: &Session) -> Result<ExitCode, Failure> {
        self.paths.extend(self.manifest.project()?);
        let configured = Configured::find()?.unwrap_or_default();
        let (diff, dry_run) = (self.write.diff, self.dry_run);
        if let Some(reason) = self.style_is_overridden(&configured) {
            ui.hint(&format!(
                "printing an override for pyproject.nix, although the configuration has `style = \"nixpkgs\"`: {reason}"
            ));
        }
        let request = SnippetRequest {
            sources: self.sources(&configured)?,
            style: self.style(&configured),
            form: self.form,
            writing: self.write.writing(self.form, dry_run),
        };
        match make_snippet(request, session)? {
            SnippetReport::Packages(snippet) => {
                report(ui, &snippet, diff, dry_run)?;
                Ok(ExitCode::SUCCESS)
            }
            SnippetReport::Lock(report) => {
                let shown = Shown {
                    diff: diff || dry_run,
                    plan: false,
                };
                Ok(super::lock::tell(ui, report, shown)?)
            }
        }
    }

    /// Returns the packages to generate Nix for. Options of the command line
    /// override those of the configuration.
    ///
    /// # Errors
    /// If a subdirectory is given for a source that can't have one.
    fn sources(&self, configured: &Configured) -> Result<Sources, UnusedSubdirectory> {
        let here = [Utf8PathBuf::from(".")];
        let paths = match &self.paths[..] {
            [] if self.prebuilt.is_empty() => &here[..],
            paths => paths,
        };
        let is_lock = |path: &&Utf8PathBuf| PythonLock::is_path(path);
        let (locks, paths): (Vec<_>, Vec<_>) = paths.iter().partition(is_lock);
        let lock = locks.first().map(|path| (*path).clone());
        if let (Some(lock), true) = (&lock, self.prebuilt.is_empty()) {
            let mut options = self.options();
            options.input.uv_lock = Some(lock.clone());
            let layers = configured.layers(options);
            layers.common().checked()?;
            return Ok(Sources::Lock(Box::new(layers)));
        }
        let built = paths.into_iter().map(|path| {
            let mut options = self.options();
            options.input = InputOptions::named(path.as_str());
            configured.project(options)
        });
        let taken = self.prebuilt.iter().map(|package| {
            let mut options = Options {
                nixpkgs: self.nixpkgs.clone(),
                ..Options::default()
            };
            options.nixpkgs.prebuilt = Some(package.clone());
            options.input.uv_lock.clone_from(&lock);
            options.target.python.clone_from(&self.target.python);
            options.target.platforms.clone_from(&self.target.platforms);
            Ok(configured.prebuilt(options))
        });
        built
            .chain(taken)
            .collect::<Result<_, _>>()
            .map(Sources::Packages)
    }

    /// Returns the options of the command line that apply to each package that
    /// is built.
    fn options(&self) -> Options {
        Options {
            source: self.source.clone(),
            rust: self.rust.clone(),
            generate: self.write.generate.clone(),
            target: self.target.clone(),
            stanza: self.stanza.clone(),
            extra: self.extra.clone(),
            ..Options::default()
        }
    }

    /// Returns why the configured style doesn't apply, if it is one that can't.
    fn style_is_overridden(&self, configured: &Configured) -> Option<&'static str> {
        let is_nixpkgs = configured.config.style == Some(PackageStyle::Nixpkgs);
        if !is_nixpkgs || self.style.is_some() {
            return None;
        }
        let is_lock = self.paths.iter().any(|path| PythonLock::is_path(path));
        let of_lock = is_lock.then_some("that style doesn't support lockfiles");
        of_lock.or_else(|| self.nixpkgs_contradiction())
    }

    fn style(&self, configured: &Configured) -> PackageStyle {
        let configured = configured.config.style;
        // A flag that only stanzas have overrides a configured style.
        let configured = configured.filter(|_| self.nixpkgs_contradiction().is_none());
        self.style.or(configured).unwrap_or(PackageStyle::Pyproject)
    }
}

fn report(ui: &Ui, snippet: &Snippet, diff: bool, dry_run: bool) -> Result<(), Error> {
    ui.warnings(&snippet.warnings);
    for file in &snippet.written.files {
        let word = match (snippet.written.changed.contains(file), dry_run) {
            (true, true) => "Would write",
            (true, false) => "Wrote",
            (false, _) => "Fresh",
        };
        ui.status(word, &format!("`{file}`"));
    }
    ui.result(snippet, |snippet| {
        Text::Data(if snippet.written.files.is_empty() {
            snippet.written.nix.clone()
        } else if diff || dry_run {
            snippet.written.diff.clone()
        } else {
            String::new()
        })
    })
}
