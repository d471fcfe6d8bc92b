//! The command line: parses arguments, runs a command and prints its result.

mod cache;
mod check;
mod completions;
mod global;
mod hash;
mod init;
mod inspect;
mod lock;
mod nix_snippet;
mod progress;
mod report;
mod snippet;
mod stanza_args;
mod style;
mod text;
mod ui;
mod vendor;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches as _, Parser, Subcommand};

use crate::error::Error;
use crate::io::cache_size::prune_daily;
use crate::io::paths::{enter, exists};
use crate::io::{Session, temporary};
use crate::options::UnusedSubdirectory;
use crate::suggest::nearest;
use global::{GlobalArgs, ManifestArgs, default_color, with_formats};
use inspect::InspectArgs;
use ui::Ui;

pub use ui::FORMAT_VERSION;

const EXAMPLES: &str = "\
Examples:
  cargo pyhack                              inspect the project in this folder
  cargo pyhack inspect bcrypt-5.0.0.tar.gz  inspect an sdist
  cargo pyhack inspect bcrypt==5.0.0        inspect a release on the package index
  cargo pyhack init                         create a flake for a uv project
  cargo pyhack lock --write overlay.nix     write the overrides for a uv.lock
  cargo pyhack check --fix                  update the overrides
  cargo pyhack nix-snippet                  print the override for this package
  cargo pyhack why openssl                  show which crates need OpenSSL
  cargo pyhack hash                         print nixpkgs' cargoHash
  cargo pyhack vendor                       vendor the crates

Exit codes:
    0  success
    1  `check` found outdated, edited or missing overrides
    2  invalid command line
    3  invalid input: project, sdist, lockfile, overlay or configuration
    4  environment: network, disk, or a missing program or credential
  101  a bug in cargo-pyhack

Environment:
  CARGO_HOME                   Cargo's folder: its cache, configuration and credentials
  CARGO                        the cargo that resolves dependencies [default: cargo]
  CARGO_NET_OFFLINE            `true` is the same as `--offline`
  CARGO_REGISTRIES_NAME_TOKEN  token for the registry NAME
  CARGO_PYHACK_CACHE_DIR       the cache [default: cargo-pyhack in the user's cache folder]
  CARGO_PYHACK_CACHE_SIZE      size to prune the cache to, once a day [default: 2GiB]
  CARGO_PYHACK_STALL_SECONDS   close connections without data after this time [default: 20]
  CARGO_PYHACK_RETRY_SECONDS   pause before the first retry [default: 0.3]
  CARGO_TERM_COLOR             default of `--color`
  UV_DEFAULT_INDEX             package index for NAME==VERSION; also UV_INDEX, PIP_INDEX_URL
  HTTPS_PROXY, NO_PROXY        proxy to fetch with
  NIX_SSL_CERT_FILE            certificates to trust; also SSL_CERT_FILE, CARGO_HTTP_CAINFO";

/// Generate the Nix overrides that build Python packages from source
///
/// Reads a project, an sdist or a `uv.lock` and generates what uv2nix and
/// pyproject.nix need to build the packages in it: build systems, Rust crates,
/// libraries and environment variables. Doesn't need Nix, and never runs code
/// from a package.
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

    /// What to inspect: a project folder, an unpacked sdist, or an sdist [default: .]
    #[arg(conflicts_with = "manifest_path")]
    path: Option<Utf8PathBuf>,

    #[command(flatten)]
    manifest: ManifestArgs,

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
    Cache(cache::CacheArgs),
    Completions(completions::CompletionsArgs),
}

/// Returns the command line, for its man pages.
#[must_use]
pub fn command() -> clap::Command {
    with_formats(Cli::command())
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
    if let Some(folder) = &cli.global.directory
        && let Err(error) = enter(folder)
    {
        let message = error.to_string();
        return ui::print_clap(&Cli::command().error(ErrorKind::ValueValidation, message));
    }
    let done = run(cli, &ui);
    temporary::end();
    match done {
        Ok(code) => code,
        Err(Failure::Usage(message)) => {
            // A stranger's configuration may be what it is about.
            let message = style::escaped_data(&message);
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
    let mut command = command().color(default_color());
    let matches = command.try_get_matches_from_mut(arguments(all))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    let before = cli.path.as_ref().or(cli.manifest.manifest_path.as_ref());
    if let (Some(path), Some(_)) = (before, &cli.command) {
        let message = format!("put `{path}` after the command");
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    if let (Some(path), None) = (&cli.path, &cli.command)
        && !may_be_a_path(path)
        && !exists(&from_directory(&cli.global, path))
    {
        return Err(unknown_command(path.as_str()));
    }
    if let Some(only) = cli.global.format.only_command()
        && matches.subcommand_name() != Some(only)
    {
        let message =
            format!("only `{only}` supports this format; use `--format human` or `--format json`");
        return Err(command.error(ErrorKind::ArgumentConflict, message));
    }
    if let Some(Command::NixSnippet(args)) = &cli.command
        && let Some(message) = args.contradiction()
    {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    if let Some(Command::Why(args)) = &cli.command
        && let Some(message) = args.contradiction()
    {
        return Err(Cli::command().error(ErrorKind::MissingRequiredArgument, message));
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
    let done = run_command(cli, ui, session);
    // What isn't printed isn't remembered as reported, either.
    let logins = (!ui.is_quiet()).then(|| session.new_logins());
    for login in logins.into_iter().flatten() {
        let message = format!("{login}, for the first time from this machine");
        ui.status("Sent", &message);
    }
    prune_daily(session.cache());
    done
}

fn run_command(cli: Cli, ui: &Ui, session: &Session) -> Result<ExitCode, Failure> {
    let done = match cli.command {
        None => return Ok(InspectArgs::new(cli.path, cli.manifest).run(ui, session)?),
        Some(Command::Inspect(args)) => return Ok(args.run(ui, session)?),
        Some(Command::Why(args)) => return Ok(args.run(ui, &cli.global, session)?),
        Some(Command::Check(args)) => return Ok(args.run(ui, session)?),
        Some(Command::NixSnippet(args)) => return args.run(ui, session),
        Some(Command::Init(args)) => return Ok(args.run(ui, session)?),
        Some(Command::Lock(args)) => return Ok(args.run(ui, &cli.global, session)?),
        Some(Command::Vendor(args)) => args.run(ui, session),
        Some(Command::Hash(args)) => args.run(ui, session),
        Some(Command::Cache(args)) => args.run(ui, session),
        Some(Command::Completions(args)) => args.run(ui),
    };
    done?;
    Ok(ExitCode::SUCCESS)
}

/// Whether an argument that names no command looks like a path: it has a
/// folder, an ending, or is what an index or address has.
fn may_be_a_path(path: &Utf8Path) -> bool {
    path.as_str().contains(['/', '\\', '.', '='])
}

/// Returns a path as it is seen from the folder that `--directory` names.
fn from_directory(global: &GlobalArgs, path: &Utf8Path) -> Utf8PathBuf {
    match &global.directory {
        Some(folder) => folder.join(path),
        None => path.to_owned(),
    }
}

/// Returns clap's error for an unknown subcommand.
fn unknown_command(word: &str) -> clap::Error {
    let command = Cli::command();
    let names: Vec<_> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let mut error = clap::Error::new(ErrorKind::InvalidSubcommand).with_cmd(&command);
    let string = |text: &str| ContextValue::String(text.to_owned());
    error.insert(ContextKind::InvalidSubcommand, string(word));
    if let Some(name) = nearest(word, names.iter().map(String::as_str)) {
        let names = ContextValue::Strings(vec![name.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, names);
    } else {
        let text = format!(
            "`{word}` is not a file or folder either; available commands: {}",
            names.join(", ")
        );
        let suggested = ContextValue::StyledStrs(vec![text.into()]);
        error.insert(ContextKind::Suggested, suggested);
    }
    error
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
    use std::collections::{BTreeMap, BTreeSet};

    use bytesize::ByteSize;
    use clap::ValueEnum as _;
    use clap::builder::PossibleValue;

    use super::*;
    use crate::io::cache_size::DEFAULT_LIMIT;
    use crate::io::network::HttpSettings;
    use crate::nix::Form;
    use crate::options::PackageStyle;
    use crate::python_lock::{Libc, Preference};
    use crate::target::Platform;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    /// The default in a help text that somebody wrote, not clap.
    fn stated_default(help: &str) -> Option<&str> {
        Some(help.split_once("[default: ")?.1.split_once(']')?.0)
    }

    /// The flags and arguments whose help states a default, with all that is
    /// stated of one.
    fn stated_defaults() -> BTreeMap<String, BTreeSet<String>> {
        let command = command();
        let mut open: Vec<_> = vec![&command];
        let mut stated: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        while let Some(command) = open.pop() {
            open.extend(command.get_subcommands());
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                if let Some(default) = stated_default(&help) {
                    let name = arg.get_long().unwrap_or(arg.get_id().as_str()).to_owned();
                    stated.entry(name).or_default().insert(default.to_owned());
                }
            }
        }
        stated
    }

    #[test]
    fn the_defaults_in_the_help_are_those_of_the_code() {
        let name = |value: Option<PossibleValue>| value.unwrap().get_name().to_owned();
        let platforms = Platform::DEFAULT.map(Platform::system).join(",");
        let libc = name(Libc::default().to_possible_value());
        let preference = name(Preference::default().to_possible_value());
        let pyproject = name(PackageStyle::Pyproject.to_possible_value());
        let overlay = name(Form::Overlay.to_possible_value());
        let file = name(Form::File.to_possible_value());
        let stated = stated_defaults();
        for (flag, default) in [
            ("platforms", platforms),
            ("libc", libc),
            ("source-preference", preference),
            ("style", pyproject),
            ("as", format!("{overlay}; {file} with --write")),
            (
                "max-size",
                ByteSize(DEFAULT_LIMIT).to_string().replace(".0 ", ""),
            ),
            ("color", "auto".to_owned()),
        ] {
            let is_right = |stated: &String| {
                let last = stated.rsplit(", else ").next();
                let last = last.and_then(|last| last.rsplit("else ").next());
                last == Some(&*default)
            };
            assert!(
                stated[flag].iter().all(is_right),
                "{flag} {:?}",
                stated[flag]
            );
        }
        // These are described in words.
        let others = [
            "drop",
            "files",
            "formatter",
            "path",
            "paths",
            "platform",
            "prefer",
            "python",
            "source",
        ];
        let known: BTreeSet<_> = stated.keys().map(String::as_str).collect();
        let compared = [
            "as",
            "color",
            "libc",
            "max-size",
            "platforms",
            "source-preference",
            "style",
        ];
        assert_eq!(known, compared.into_iter().chain(others).collect());
    }

    #[test]
    fn the_variables_in_the_help_have_the_defaults_of_the_code() {
        let lines = EXAMPLES.lines().filter_map(|line| {
            let name = line.split_whitespace().next()?;
            Some((name, stated_default(line)?))
        });
        let stated: BTreeMap<_, _> = lines.collect();
        let http = HttpSettings::default();
        let size: ByteSize = stated["CARGO_PYHACK_CACHE_SIZE"].parse().unwrap();
        let seconds = |name: &str| {
            let seconds = stated[name].parse().unwrap();
            std::time::Duration::from_secs_f64(seconds)
        };
        assert_eq!(size.as_u64(), DEFAULT_LIMIT);
        assert_eq!(seconds("CARGO_PYHACK_STALL_SECONDS"), http.stall);
        assert_eq!(seconds("CARGO_PYHACK_RETRY_SECONDS"), http.first_pause);
    }

    #[test]
    fn the_help_of_a_command_lists_the_formats_that_it_has() {
        let command = command();
        for (name, more) in [
            ("hash", &[][..]),
            ("lock", &["jsonl"]),
            ("check", &["github", "sarif"]),
            ("why", &["dot", "mermaid", "svg"]),
        ] {
            let format = command
                .find_subcommand(name)
                .and_then(|command| command.get_arguments().find(|arg| arg.get_id() == "format"));
            let listed = format.unwrap().get_possible_values();
            let listed = listed.iter().filter(|value| !value.is_hide_set());
            let listed: Vec<_> = listed.map(PossibleValue::get_name).collect();
            assert_eq!(listed, [&["human", "json"], more].concat(), "{name}");
            let parse = |line: &str| parse(line.split(' ').map(OsString::from));
            assert_eq!(
                parse(&format!("x {name} --format svg a")).is_ok(),
                name == "why"
            );
        }
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
    fn a_mistyped_command_is_no_path() {
        let parse = |line: &str| parse(line.split(' ').map(OsString::from));
        for (line, told) in [
            ("x nix-snipet", "a similar subcommand exists: 'nix-snippet'"),
            (
                "x -C /tmp tests",
                "available commands: inspect, vendor, hash",
            ),
            ("x why a-1.0.tar.gz", "`why NAME a-1.0.tar.gz`"),
            ("x why ./a", "`why NAME ./a`"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
        for line in [
            "x ./nix-snipet",
            "x a.zip",
            "x tests",
            "x why --all a.zip",
            "x why openssl a.zip",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
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
