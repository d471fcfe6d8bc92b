//! The flags that every command has.

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ColorChoice, ValueEnum};

/// Flags of every command.
#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// Fetch nothing; use the crates in Cargo's cache and our own
    #[arg(long, global = true)]
    pub offline: bool,

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

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people
    Human,
    /// JSON as the schemas in `docs/schema` describe it
    Json,
}

/// The project to look at.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Project folder, unpacked sdist, or sdist file (.tar.gz, .zip)
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,
}
