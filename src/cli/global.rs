//! Flags that every command has, and how commands take a project.

use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ColorChoice, ValueEnum};

use crate::error::Error;
use crate::io::environment::variable;
use crate::io::source::project_of_manifest;
use crate::io::{Network, Progress, ProjectConfig, Session};
use crate::ops::Request;
use crate::options::{InputOptions, Options, RustOptions};

#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// Fetch nothing; use the crates in Cargo's cache and our own
    #[arg(long, global = true)]
    pub offline: bool,

    /// Obey the project's own `.cargo/config.toml` when fetching
    ///
    /// It may name other registries and proxies, and so who serves the crates
    /// and who gets your tokens for the registries that it names. Without
    /// this it is never looked at. PATH has to be a folder.
    #[arg(long, global = true)]
    pub trust_project_config: bool,

    /// How results are printed on standard output
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,

    /// When to use colours [default: `CARGO_TERM_COLOR`, else auto]
    #[arg(long, global = true, value_enum)]
    pub color: Option<ColorChoice>,

    /// Change to this folder first
    #[arg(long, short = 'C', global = true, value_name = "DIR")]
    pub directory: Option<Utf8PathBuf>,

    /// Print no progress, notes and warnings
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Say more: the codes of warnings, for docs/diagnostics.md
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

impl GlobalArgs {
    /// Starts the session that the command runs in.
    pub(super) fn session(&self, progress: Arc<dyn Progress>) -> Session {
        let project_config = if self.trust_project_config {
            ProjectConfig::Trusted
        } else {
            ProjectConfig::Ignored
        };
        Session::new(Network::new(self.offline), project_config, progress)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people
    Human,
    /// JSON as the schemas in `docs/schema` describe it
    Json,
    /// JSON, a line for each package, of `lock`
    Jsonl,
    /// Annotations for GitHub Actions, of `check`
    Github,
    /// SARIF 2.1.0 for code scanning, of `check`
    Sarif,
    /// A picture for Graphviz, of `why`
    Dot,
    /// A picture for Mermaid, of `why`
    Mermaid,
    /// A picture, of `why`
    Svg,
}

impl Format {
    /// Whether only `check` has the format.
    pub(super) const fn is_of_check(self) -> bool {
        matches!(self, Self::Github | Self::Sarif)
    }

    /// Whether the format is a picture. Only `why` has those.
    pub(super) const fn is_picture(self) -> bool {
        matches!(self, Self::Dot | Self::Mermaid | Self::Svg)
    }
}

/// Returns when to use colours if no flag says it: as the variable of Cargo
/// does.
pub(super) fn default_color() -> ColorChoice {
    let variable = variable("CARGO_TERM_COLOR");
    ColorChoice::from_str(&variable, true).unwrap_or(ColorChoice::Auto)
}

/// The manifest of a project, in the place of its PATH.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ManifestArgs {
    /// Cargo.toml or pyproject.toml of the project, in the place of PATH
    ///
    /// For a Cargo.toml, the Python project in its folder or in the nearest
    /// folder above is used, within the repository.
    #[arg(long, value_name = "FILE", value_parser = manifest)]
    pub manifest_path: Option<Utf8PathBuf>,
}

fn manifest(text: &str) -> Result<Utf8PathBuf, &'static str> {
    let path = Utf8PathBuf::from(text);
    match path.file_name() {
        Some("Cargo.toml" | "pyproject.toml" | "setup.py") => Ok(path),
        _ => Err("expected the path of a Cargo.toml, pyproject.toml or setup.py"),
    }
}

impl ManifestArgs {
    /// Returns the folder of the project, if a manifest is given.
    ///
    /// # Errors
    /// Fails if the manifest doesn't exist.
    pub(super) fn project(&self) -> Result<Option<Utf8PathBuf>, Error> {
        let manifest = self.manifest_path.as_deref();
        Ok(manifest.map(project_of_manifest).transpose()?)
    }
}

/// The project, as PATH and flags name it.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Project folder, unpacked sdist, or sdist: a file (.tar.gz, .zip), an https
    /// address, or NAME==VERSION of the configured package index [default: .]
    #[arg(conflicts_with = "manifest_path")]
    path: Option<Utf8PathBuf>,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    pub rust: RustOptions,
}

impl SourceArgs {
    pub(super) fn new(path: Option<Utf8PathBuf>, manifest: ManifestArgs) -> Self {
        Self {
            path,
            manifest,
            rust: RustOptions::default(),
        }
    }

    /// Replaces the path.
    pub(super) fn set_path(&mut self, path: Utf8PathBuf) {
        self.path = Some(path);
    }

    /// Returns the path, or the folder of the manifest that is given.
    ///
    /// # Errors
    /// Fails if the manifest doesn't exist.
    pub(super) fn path(&self) -> Result<Utf8PathBuf, Error> {
        let of_manifest = self.manifest.project()?;
        Ok(of_manifest
            .or_else(|| self.path.clone())
            .unwrap_or_else(|| ".".into()))
    }

    /// Returns the request for the project, which is fetched if it is a release.
    ///
    /// # Errors
    /// Fails if the manifest doesn't exist or the release can't be fetched.
    pub(super) fn into_request(self, session: &Session) -> Result<Request, Error> {
        let options = Options {
            input: InputOptions::named(self.path()?.as_str()),
            rust: self.rust,
            ..Options::default()
        };
        Request::new(&options).fetched(session)
    }
}
