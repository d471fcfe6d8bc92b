//! The flags that every command has.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ColorChoice, ValueEnum};

use crate::io::{Network, ProjectConfig};
use crate::native::{Choice, Preferences};
use crate::ops::Request;
use crate::options::{ChoiceWord, Recipe, platform, python_minor, require_library};
use crate::target::Platform;

/// Flags of every command.
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
    /// What these flags say of any request; the path has to be put in.
    pub(super) fn request(&self) -> Request {
        let project_config = if self.trust_project_config {
            ProjectConfig::Trusted(".".into())
        } else {
            ProjectConfig::Ignored
        };
        Request {
            project_config,
            network: Network::new(self.offline),
            ..Request::default()
        }
    }
}

/// How results are printed.
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
    /// Whether it draws, which `why` alone does.
    pub(super) const fn is_picture(self) -> bool {
        matches!(self, Self::Dot | Self::Mermaid | Self::Svg)
    }
}

/// The project to look at.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Project folder, unpacked sdist, or sdist file (.tar.gz, .zip)
    #[arg(default_value = ".")]
    pub path: Utf8PathBuf,

    /// One of several folders that cargo builds in, relative to the source root
    #[arg(long, value_name = "DIR")]
    pub cargo_root: Option<Utf8PathBuf>,

    /// A lock to take in the place of the source's `Cargo.lock`
    #[arg(long, value_name = "FILE")]
    pub lock_file: Option<Utf8PathBuf>,
}

impl SourceArgs {
    /// The project in a folder or archive.
    pub(super) const fn new(path: Utf8PathBuf) -> Self {
        Self {
            path,
            cargo_root: None,
            lock_file: None,
        }
    }

    pub(super) fn into_request(self, global: &GlobalArgs) -> Request {
        let project_config = if global.trust_project_config {
            ProjectConfig::Trusted(self.path.clone().into())
        } else {
            ProjectConfig::Ignored
        };
        Request {
            path: self.path,
            project_config,
            cargo_root: self.cargo_root,
            lock_file: self.lock_file,
            network: Network::new(global.offline),
            ..Request::default()
        }
    }
}

/// What the package is built for.
#[derive(Debug, Default, Args)]
pub(super) struct TargetArgs {
    /// CPython to build for, such as 3.13 [default: the newest that the project allows]
    #[arg(long, value_name = "VERSION", value_parser = python_minor)]
    pub python: Option<u8>,

    /// Platforms to build for, with commas between
    ///
    /// By Nix's names: aarch64-darwin, aarch64-linux, x86_64-darwin,
    /// x86_64-linux; or by rustc's.
    #[arg(long, visible_alias = "platform", value_name = "LIST", value_delimiter = ',', value_parser = platform)]
    #[arg(default_value = "aarch64-darwin,aarch64-linux,x86_64-linux")]
    pub platforms: Vec<Platform>,

    /// Whether to link nixpkgs' libraries or the crates' own copies
    ///
    /// For all libraries that let one choose, or for one: `--prefer
    /// zstd=bundled`. May be given several times. By default what nixpkgs'
    /// packagers mostly do with each.
    #[arg(long, value_name = "[LIBRARY=]CHOICE", value_parser = preference)]
    pub prefer: Vec<(Option<String>, Choice)>,
}

impl TargetArgs {
    /// As a recipe; what is said anyway isn't in it.
    pub(super) fn recipe(&self) -> Recipe {
        let default: BTreeSet<_> = Platform::DEFAULT.into();
        let platforms: BTreeSet<_> = self.platforms.iter().copied().collect();
        let systems = platforms
            .iter()
            .map(|platform| platform.system().to_owned());
        let prefer = self.prefer.iter().map(|(library, choice)| {
            let choice = match choice {
                Choice::System => ChoiceWord::System,
                Choice::Bundled => ChoiceWord::Bundled,
            };
            (library.clone().unwrap_or_else(|| "all".to_owned()), choice)
        });
        Recipe {
            python: self.python.map(|minor| format!("3.{minor}")),
            platforms: (platforms != default).then(|| systems.collect()),
            prefer: prefer.collect(),
            ..Recipe::default()
        }
    }

    pub(super) fn apply(self, request: Request) -> Request {
        Request {
            python_minor: self.python,
            platforms: self.platforms.into_iter().collect(),
            preferences: preferences(self.prefer),
            ..request
        }
    }
}

fn preference(text: &str) -> Result<(Option<String>, Choice), String> {
    let (library, choice) = match text.split_once('=') {
        Some((library, choice)) => (Some(library), choice),
        None => (None, text),
    };
    let choice = match choice {
        "system" => Choice::System,
        "bundled" => Choice::Bundled,
        _ => return Err("`system` or `bundled`, or one of them as in `zstd=bundled`".to_owned()),
    };
    if let Some(library) = library {
        require_library(library)?;
    }
    Ok((library.map(str::to_owned), choice))
}

/// The last word on each library counts.
fn preferences(given: Vec<(Option<String>, Choice)>) -> Preferences {
    let mut preferences = Preferences::default();
    for (library, choice) in given {
        match library {
            Some(library) => {
                preferences.libraries.insert(library, choice);
            }
            None => preferences.all = Some(choice),
        }
    }
    preferences
}
