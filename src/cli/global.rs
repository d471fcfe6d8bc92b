//! Flags that every command has, and how commands take a project.

use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ColorChoice, ValueEnum};

use crate::io::{Network, Progress, ProjectConfig, Session};
use crate::ops::Request;
use crate::options::{Options, RustOptions};

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

    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,

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
    /// A picture for Graphviz, of `why`
    Dot,
    /// A picture for Mermaid, of `why`
    Mermaid,
    /// A picture, of `why`
    Svg,
}

impl Format {
    /// Whether the format is a picture. Only `why` has those.
    pub(super) const fn is_picture(self) -> bool {
        matches!(self, Self::Dot | Self::Mermaid | Self::Svg)
    }
}

/// The project, as PATH and flags name it.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Project folder, unpacked sdist, or sdist file (.tar.gz, .zip)
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,

    #[command(flatten)]
    pub rust: RustOptions,
}

impl SourceArgs {
    pub(super) fn new(path: Utf8PathBuf) -> Self {
        Self {
            path,
            rust: RustOptions::default(),
        }
    }

    pub(super) fn into_request(self) -> Request {
        Request {
            path: self.path,
            options: Options {
                rust: self.rust,
                ..Options::default()
            },
            ..Request::default()
        }
    }
}
