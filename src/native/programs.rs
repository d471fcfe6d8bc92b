//! Programs that builds run and crates that they call, from
//! `data/programs.toml`, and which calls download something.
//!
//! Build scripts of crates and the Python files of builds are judged by the
//! same rules.

use std::sync::LazyLock;

use serde::Deserialize;

const PROGRAMS: &str = include_str!("../../data/programs.toml");

/// Upper bound on commands in the arguments of other commands.
const MAX_NESTING: usize = 4;

/// Options that keep a program off the network.
const OFFLINE: [&str; 6] = [
    "--frozen-offline",
    "--no-download",
    "--no-index",
    "--offline",
    "--path",
    "-mod=vendor",
];

/// Options whose value is the next argument, before a subcommand.
const WITH_VALUE: [&str; 10] = [
    "--cache-dir",
    "--cwd",
    "--dir",
    "--directory",
    "--git-dir",
    "--prefix",
    "--project",
    "--work-tree",
    "-C",
    "-c",
];

/// Programs that run the command in their arguments.
const WRAPPERS: [&str; 7] = ["command", "env", "exec", "nice", "sudo", "time", "xargs"];

const SHELLS: [&str; 4] = ["bash", "dash", "sh", "zsh"];

/// The words that end a command in a shell.
const SEPARATORS: [&str; 5] = ["&&", "||", "|", "&", ";"];

/// A program that builds run by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub name: String,
    /// An attribute path below `pkgs`; empty if stdenv has the program.
    #[serde(default)]
    pub attr: String,
    /// Whether each call of the program downloads something.
    #[serde(default)]
    pub is_download: bool,
    /// The subcommands that download something; an empty one stands for a call
    /// without any.
    #[serde(default)]
    pub downloads: Vec<String>,
}

/// The programs that builds run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramTable {
    /// The names of crates with which build scripts download, sorted.
    clients: Vec<String>,
    /// Sorted by name.
    program: Vec<Program>,
}

impl ProgramTable {
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<ProgramTable> =
            LazyLock::new(|| toml::from_str(PROGRAMS).expect("a test reads the table"));
        &TABLE
    }

    /// Finds a program by its name or its path.
    pub fn find(&self, program: &str) -> Option<&Program> {
        let name = base_name(program);
        let index = self
            .program
            .binary_search_by(|row| row.name.as_str().cmp(name));
        index.ok().map(|index| &self.program[index])
    }

    /// Finds a crate with which build scripts download, by its name in Rust.
    pub fn client(&self, name: &str) -> Option<&str> {
        let mut clients = self.clients.iter().map(String::as_str);
        clients.find(|client| client.replace('-', "_") == name)
    }

    /// Returns the part of a command that downloads something, such as
    /// `npm ci`. `None` if no part of it is known to.
    pub fn download<'a>(
        &self,
        program: &'a str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Option<String> {
        let words: Vec<_> = [program].into_iter().chain(arguments).collect();
        self.download_in(&words, 0)
    }

    fn download_in(&self, words: &[&str], depth: usize) -> Option<String> {
        let mut commands = words.split(|word| SEPARATORS.contains(word));
        commands.find_map(|command| self.download_of(command, depth))
    }

    /// Judges one command without separators.
    fn download_of(&self, words: &[&str], depth: usize) -> Option<String> {
        let is_prefix = |word: &&str| word.contains('=') || WRAPPERS.contains(&base_name(word));
        let start = words.iter().position(|word| !is_prefix(word))?;
        let (program, arguments) = words[start..].split_first()?;
        let program = base_name(program);
        if depth >= MAX_NESTING {
            return None;
        }
        if let Some(script) = script_of(program, arguments) {
            let words = shell_words(script);
            return self.download_in(&words, depth + 1);
        }
        if let Some(module) = module_of(program, arguments) {
            return self.download_in(module, depth + 1);
        }
        let row = self.find(program)?;
        let is_offline = |argument: &&str| {
            let name = argument.split('=').next().unwrap_or_default();
            OFFLINE.contains(argument) || OFFLINE.contains(&name)
        };
        let subcommand = row.subcommand(arguments)?;
        if arguments.iter().any(is_offline) {
            return None;
        }
        Some(format!("{program} {subcommand}").trim_end().to_owned())
    }
}

impl Program {
    /// Returns the subcommand that downloads something; an empty text if each
    /// call of the program does.
    fn subcommand(&self, arguments: &[&str]) -> Option<&str> {
        if self.is_download {
            return Some("");
        }
        let words = positional(arguments);
        let is_asked = |subcommand: &&String| {
            let expected: Vec<_> = subcommand.split_whitespace().collect();
            if expected.is_empty() {
                words.is_empty()
            } else {
                words.starts_with(&expected)
            }
        };
        self.downloads.iter().find(is_asked).map(String::as_str)
    }
}

/// The name of a program without its folder and Windows' ending.
fn base_name(program: &str) -> &str {
    let name = program.rsplit('/').next().unwrap_or(program);
    let endings = [".cmd", ".exe", ".bat"];
    let stems = endings.iter().find_map(|ending| name.strip_suffix(ending));
    stems.unwrap_or(name)
}

/// The arguments that are neither options nor their values.
fn positional<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut words = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if WITH_VALUE.contains(argument) {
            arguments.next();
        } else if !argument.starts_with('-') {
            words.push(*argument);
        }
    }
    words
}

/// The script in `sh -c SCRIPT`.
fn script_of<'a>(program: &str, arguments: &[&'a str]) -> Option<&'a str> {
    if !SHELLS.contains(&program) {
        return None;
    }
    let is_script = |argument: &&str| argument.starts_with('-') && argument.ends_with('c');
    let option = arguments.iter().position(is_script)?;
    arguments.get(option + 1).copied()
}

/// The module and its arguments in `python -m MODULE ARGUMENTS`.
fn module_of<'a, 'b>(program: &str, arguments: &'b [&'a str]) -> Option<&'b [&'a str]> {
    if !program.starts_with("python") {
        return None;
    }
    let option = arguments.iter().position(|argument| *argument == "-m")?;
    arguments.get(option + 1..)
}

/// The words of a shell script. A separator is a word of its own; quotes are
/// dropped and don't join words, which is enough to find the programs.
fn shell_words(script: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in script.split_whitespace() {
        let is_end = word.ends_with(';');
        let word = word.trim_matches([';', '(', ')', '"', '\'']);
        if !word.is_empty() {
            words.push(word);
        }
        if is_end {
            words.push(";");
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn download(command: &str) -> Option<String> {
        let words: Vec<_> = command.split(' ').collect();
        let (program, arguments) = words.split_first().unwrap();
        ProgramTable::built_in().download(program, arguments.iter().copied())
    }

    #[test]
    fn programs_are_sorted_and_distinct() {
        let table = ProgramTable::built_in();
        assert!(table.program.is_sorted_by(|a, b| a.name < b.name));
        for row in &table.program {
            assert!(row.downloads.is_sorted_by(|a, b| a < b), "{}", row.name);
            assert!(!row.is_download || row.downloads.is_empty(), "{}", row.name);
        }
        assert!(
            toml::from_str::<ProgramTable>("clients = []\n[[program]]\nname = \"a\"\nx = 1\n")
                .is_err()
        );
    }

    #[test]
    fn crates_that_download_are_found_by_their_name_in_rust() {
        let table = ProgramTable::built_in();
        assert!(table.clients.is_sorted_by(|a, b| a < b));
        assert_eq!(table.client("ureq"), Some("ureq"));
        assert_eq!(table.client("cached_path"), Some("cached-path"));
        assert_eq!(table.client("serde"), None);
    }

    #[test]
    fn calls_that_download_are_found_behind_options() {
        for (command, part) in [
            ("npm ci", "npm ci"),
            ("npm --prefix ui install --silent", "npm install"),
            ("npm.cmd ci", "npm ci"),
            ("yarn", "yarn"),
            ("yarn --cwd ui install", "yarn install"),
            ("pnpm i", "pnpm i"),
            ("bun install", "bun install"),
            ("git clone x y", "git clone"),
            ("git -C dep submodule update --init", "git submodule update"),
            ("/usr/bin/curl -O x", "curl"),
            ("cargo install wasm-bindgen-cli", "cargo install"),
            ("python3 -m pip install numpy", "pip install"),
            ("uv pip install numpy", "uv pip install"),
            ("go mod download", "go mod download"),
            ("env A=b wget x", "wget"),
            ("npx tailwindcss -i a", "npx"),
        ] {
            assert_eq!(download(command).as_deref(), Some(part), "{command}");
        }
    }

    #[test]
    fn calls_that_stay_local_are_none() {
        for command in [
            "npm run build",
            "yarn build",
            "git rev-parse HEAD",
            "git submodule status",
            "git commit -m fetch",
            "cargo build",
            "cargo install --path tools",
            "pip install --no-index dist",
            "python3 setup.py install",
            "go build -o x",
            "unheard-of install",
        ] {
            assert_eq!(download(command), None, "{command}");
        }
    }

    #[test]
    fn scripts_of_shells_are_read() {
        let table = ProgramTable::built_in();
        let script = |text| table.download("sh", ["-c", text]);
        let found = script("cd ui && npm ci; npm run build");
        assert_eq!(found.as_deref(), Some("npm ci"));
        assert_eq!(script("(git clone x)").as_deref(), Some("git clone"));
        assert_eq!(script("echo curl"), None);
        // Commands in commands are followed to a bounded depth.
        let nested = "sh -c ".repeat(100_000);
        assert_eq!(script(&nested), None);
    }
}
