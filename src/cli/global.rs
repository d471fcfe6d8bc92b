//! Flags that every command has, and how commands take a project.

use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, Args, ColorChoice, Command, ValueEnum};

use crate::error::Error;
use crate::io::environment::variable;
use crate::io::source::project_of_manifest;
use crate::io::{Network, Progress, ProjectConfig, Session};
use crate::ops::Request;
use crate::options::{InputOptions, Options, RustOptions};

#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// Run without accessing the network; only use cached crates and sdists
    #[arg(long, global = true)]
    pub offline: bool,

    /// Use the project's `.cargo/config.toml` when fetching
    ///
    /// It can set registries and proxies, and thereby who provides the crates
    /// and who gets your registry tokens. It is ignored by default. PATH must be
    /// a folder.
    #[arg(long, global = true)]
    pub trust_project_config: bool,

    /// Format of the results on stdout
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,

    /// When to use colours [default: `CARGO_TERM_COLOR`, else auto]
    #[arg(long, global = true, value_enum)]
    pub color: Option<ColorChoice>,

    /// Change to DIR before doing anything
    #[arg(long, short = 'C', global = true, value_name = "DIR")]
    pub directory: Option<Utf8PathBuf>,

    /// Don't print progress, notes or warnings
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Print more: codes of warnings, help for notes, and unchanged overrides
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
        let network = Network::new(self.offline).reporting_to(progress.clone());
        Session::new(network, project_config, progress)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text
    Human,
    /// JSON, with the schemas in `docs/schema`
    Json,
    /// JSON, one line per package
    Jsonl,
    /// Annotations for GitHub Actions
    Github,
    /// SARIF 2.1.0 for code scanning
    Sarif,
    /// A graph for Graphviz
    Dot,
    /// A graph for Mermaid
    Mermaid,
    /// A picture of the graph
    Svg,
}

impl Format {
    /// The command that alone has the format; `None` if all have it.
    pub(super) const fn only_command(self) -> Option<&'static str> {
        match self {
            Self::Human | Self::Json => None,
            Self::Jsonl => Some("lock"),
            Self::Github | Self::Sarif => Some("check"),
            Self::Dot | Self::Mermaid | Self::Svg => Some("why"),
        }
    }

    /// Returns a parser for `--format` of a command. The help lists the formats
    /// that the command has. The others are accepted, since the flag may come
    /// before the command.
    fn parser(command: Option<&str>) -> impl TypedValueParser<Value = Self> {
        let formats = Self::value_variants().iter();
        let values = formats.filter_map(|format| {
            let value = format.to_possible_value()?;
            let only = format.only_command();
            Some(value.hide(only.is_some() && only != command))
        });
        PossibleValuesParser::new(values).try_map(|name| Self::from_str(&name, false))
    }
}

/// Has the help of each command list only the formats that the command has.
pub(super) fn with_formats(command: Command) -> Command {
    let is_format = |arg: &Arg| arg.get_id() == "format";
    let Some(format) = command.get_arguments().find(|arg| is_format(arg)).cloned() else {
        return command;
    };
    command
        .mut_args(|arg| {
            if is_format(&arg) {
                arg.value_parser(Format::parser(None))
            } else {
                arg
            }
        })
        .mut_subcommands(|command| {
            let parser = Format::parser(Some(command.get_name()));
            command.arg(format.clone().value_parser(parser))
        })
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
    /// Cargo.toml or pyproject.toml of the project, instead of PATH
    ///
    /// A Cargo.toml selects the Python project in its folder, or in the nearest
    /// folder above within the repository.
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
    /// Project folder, unpacked sdist, or sdist: a .tar.gz or .zip file, an https
    /// URL, or NAME==VERSION from the configured package index [default: .]
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
