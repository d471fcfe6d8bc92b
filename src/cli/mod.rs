//! The command line: parses arguments, runs a command and prints its result.

mod check;
mod global;
mod hash;
mod init;
mod inspect;
mod lock;
mod nix_snippet;
mod progress;
mod report;
mod stanza_args;
mod style;
mod ui;
mod vendor;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::error::Error;
use crate::options::UnusedSubdirectory;
use global::{Format, GlobalArgs};
use inspect::InspectArgs;
use ui::Ui;

pub use ui::FORMAT_VERSION;

const EXAMPLES: &str = "\
Examples:
  cargo pyhack                                      what is in this folder
  cargo pyhack inspect bcrypt-5.0.0.tar.gz          what is in an sdist
  cargo pyhack init                                 a flake for a uv project
  cargo pyhack nix-snippet --as file > overlay.nix  the stanza, as a file to import
  cargo pyhack lock --write overlay.nix             those of all packages in a uv.lock
  cargo pyhack check --fix                          stanzas in an overlay, kept up to date
  cargo pyhack hash                                 nixpkgs' cargoHash
  cargo pyhack vendor                               the crates, to build offline
  cargo pyhack why openssl                          which crates need it, through which features

Exit codes:
    0  done
    1  `check` found differences
    2  the command line is wrong
    3  the input has to be mended
    4  the surroundings have to be mended: network, disk, a missing program
  101  a bug of cargo-pyhack

Environment:
  CARGO_HOME                   Cargo's folder: crates in its cache are not fetched again
  CARGO                        cargo that resolves what is built, and makes locks [default: cargo]
  CARGO_NET_OFFLINE            `true` is `--offline`
  CARGO_REGISTRIES_NAME_TOKEN  token of the registry NAME
  CARGO_PYHACK_CACHE_DIR       folder of our own cache [default: cargo-pyhack in the user's cache folder]
  CARGO_PYHACK_STALL_SECONDS   cut a connection on which nothing comes for so long [default: 20]
  CARGO_PYHACK_RETRY_SECONDS   first pause before another try [default: 0.3]
  HTTPS_PROXY, NO_PROXY        proxy for fetching crates
  NIX_SSL_CERT_FILE            certificates to trust; also CARGO_HTTP_CAINFO, SSL_CERT_FILE";

/// Write the Nix for Python packages with Rust in them, without Nix
///
/// Reads a project or sdist of a Python package that builds Rust, with maturin,
/// setuptools-rust or another way, and says what Nix needs to build it. Nothing
/// of the project is run, and an sdist is read in memory.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-pyhack",
    bin_name = "cargo pyhack",
    version,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Project folder, unpacked sdist, or sdist file to inspect [default: .]
    path: Option<Utf8PathBuf>,

    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(InspectArgs),
    Vendor(vendor::VendorArgs),
    Hash(hash::HashArgs),
    NixSnippet(nix_snippet::NixSnippetArgs),
    Why(why::WhyArgs),
    Check(check::CheckArgs),
    Lock(lock::LockArgs),
    Init(init::InitArgs),
}

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    ui::set_panic_hook();
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return ui::print_clap(&error),
    };
    let ui = Ui::new(&cli.global);
    match run(cli, &ui) {
        Ok(code) => code,
        Err(Failure::Usage(message)) => {
            ui::print_clap(&Cli::command().error(ErrorKind::ArgumentConflict, message))
        }
        Err(Failure::Command(error)) => {
            ui.error(&error);
            ExitCode::from(error.exit() as u8)
        }
    }
}

/// Why a command failed.
#[derive(Debug)]
enum Failure {
    /// The command line doesn't fit the configuration. Printed like the errors
    /// that clap finds.
    Usage(String),
    Command(Error),
}

impl From<UnusedSubdirectory> for Failure {
    fn from(error: UnusedSubdirectory) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Command(error)
    }
}

/// Parses the command line.
///
/// # Errors
/// Those of clap, and combinations that clap accepts but a command would
/// ignore, such as a PATH before a command.
fn parse(all: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let cli = Cli::try_parse_from(arguments(all))?;
    if let (Some(path), Some(_)) = (&cli.path, &cli.command) {
        let message = format!("`{path}` stands before the command; put it behind");
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    if cli.global.format.is_picture() && !matches!(cli.command, Some(Command::Why(_))) {
        let message = "only `why` draws pictures: `--format` is `human` or `json` elsewhere";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    if cli.global.format == Format::Jsonl && !matches!(cli.command, Some(Command::Lock(_))) {
        let message = "only `lock` prints lines: `--format` is `human` or `json` elsewhere";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    if let Some(Command::NixSnippet(args)) = &cli.command
        && let Some(message) = args.contradiction()
    {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    if let Some(Command::Vendor(args)) = &cli.command
        && let Some(message) = args.contradiction()
    {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    Ok(cli)
}

fn run(cli: Cli, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = &cli.global.session(ui.progress());
    let done = match cli.command {
        Some(Command::Check(args)) => return Ok(args.run(ui, session)?),
        Some(Command::NixSnippet(args)) => return args.run(ui, session),
        Some(Command::Init(args)) => return Ok(args.run(ui, session)?),
        Some(Command::Lock(args)) => return Ok(args.run(ui, &cli.global, session)?),
        None => InspectArgs::new(cli.path).run(ui, session),
        Some(Command::Inspect(args)) => args.run(ui, session),
        Some(Command::Vendor(args)) => args.run(ui, session),
        Some(Command::Hash(args)) => args.run(ui, session),
        Some(Command::Why(args)) => args.run(ui, &cli.global, session),
    };
    done?;
    Ok(ExitCode::SUCCESS)
}

/// Removes the subcommand's name if Cargo passed it on: `cargo pyhack hash`
/// runs `cargo-pyhack pyhack hash`.
fn arguments(all: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = all.collect();
    if arguments
        .get(1)
        .is_some_and(|argument| argument == "pyhack")
    {
        arguments.remove(1);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_anywhere_and_a_path_only_behind_the_command() {
        let parse = |line: &str| parse(line.split(' ').map(OsString::from));
        for line in [
            "x --offline hash a.zip",
            "x hash --offline a.zip",
            "x hash a.zip --offline",
        ] {
            let cli = parse(line).unwrap();
            assert!(
                cli.global.offline && matches!(cli.command, Some(Command::Hash(_))),
                "{line}"
            );
        }
        let cli = parse("x --offline a.zip").unwrap();
        assert!(cli.global.offline && cli.path.unwrap() == "a.zip" && cli.command.is_none());
        assert!(parse("x a.zip hash").is_err());
    }

    #[test]
    fn cargo_s_own_word_is_dropped_once() {
        let words = |words: &[&str]| arguments(words.iter().map(OsString::from));
        assert_eq!(
            words(&["cargo-pyhack", "pyhack", "hash"]),
            ["cargo-pyhack", "hash"]
        );
        assert_eq!(words(&["cargo-pyhack", "hash"]), ["cargo-pyhack", "hash"]);
        assert_eq!(
            words(&["cargo-pyhack", "hash", "pyhack"]),
            ["cargo-pyhack", "hash", "pyhack"]
        );
    }
}
