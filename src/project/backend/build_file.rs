//! `CMakeLists.txt` of scikit-build-core and `meson.build` of meson-python:
//! calls of cargo in them, and Corrosion's `corrosion_import_crate`.
//!
//! Both are searched for words, not evaluated, so each crate is a guess.

use super::context::Context;
use super::plan::{BackendPlan, PlannedModule, RootRule};
use crate::project::error::ProjectError;
use crate::project::options::CargoOptions;
use crate::project::paths::{folder_of, join_inside};
use crate::project::problems::{Guess, Unread, UnreadPart};

/// Upper bound on the words of one call.
const MAX_WORDS: usize = 60;

/// Paths of the build file's own folder, which paths start with.
const OWN_FOLDERS: [&str; 3] = [
    "${CMAKE_CURRENT_SOURCE_DIR}/",
    "${CMAKE_SOURCE_DIR}/",
    "${PROJECT_SOURCE_DIR}/",
];

/// Reads every file of that name in the project.
pub(super) fn plan(context: Context<'_>, name: &str) -> Result<BackendPlan, ProjectError> {
    // The backends' `get_requires_for_build_wheel` adds the programs that
    // aren't in PATH; in a build by Nix, none is.
    let programs: &[&str] = match name {
        "meson.build" => &["ninja"],
        _ => &["cmake", "ninja"],
    };
    let mut plan = BackendPlan {
        requires: programs.iter().map(|name| (*name).to_owned()).collect(),
        ..BackendPlan::default()
    };
    for path in context.files_named(name) {
        let text = context.files.text(path)?.unwrap_or_default();
        for CargoCall { line, arguments } in cargo_calls(text) {
            let mut options = CargoOptions::default();
            options.read_arguments(&arguments);
            let manifest = options.manifest_path.take();
            let manifest = manifest.unwrap_or_else(|| "Cargo.toml".to_owned());
            let manifest = join_inside(folder_of(path), &manifest)
                .filter(|manifest| context.files.has(manifest));
            let Some(manifest) = manifest else {
                let unread = Unread::new(path, Some(line), UnreadPart::CratePath);
                plan.unread.push(unread);
                continue;
            };
            let file = path.to_owned();
            plan.add_once(PlannedModule {
                options,
                guess: Some(Guess::BuildFile { file, line }),
                ..PlannedModule::new(manifest, RootRule::BuildFile)
            });
        }
    }
    Ok(plan)
}

/// A call that builds a crate, as arguments of cargo.
#[derive(Debug, PartialEq, Eq)]
struct CargoCall {
    /// The line, from 1.
    line: usize,
    arguments: Vec<String>,
}

fn cargo_calls(text: &str) -> Vec<CargoCall> {
    let words = split_words(text);
    let mut calls = Vec::new();
    for (index, (line, word)) in words.iter().enumerate() {
        let mut rest = words[index + 1..].iter().map(|(_, word)| *word).peekable();
        let arguments = if word.eq_ignore_ascii_case("corrosion_import_crate") {
            corrosion_arguments(rest.take(MAX_WORDS))
        } else if is_cargo(word) && matches!(rest.peek(), Some(&("build" | "rustc" | "cbuild"))) {
            rest.take(MAX_WORDS)
                .take_while(|word| !matches!(*word, ")" | "COMMAND"))
                .map(str::to_owned)
                .collect()
        } else {
            continue;
        };
        let line = *line;
        calls.push(CargoCall { line, arguments });
    }
    calls
}

fn is_cargo(word: &str) -> bool {
    matches!(
        word,
        "cargo" | "${CARGO}" | "${CARGO_EXECUTABLE}" | "${Rust_CARGO}"
    )
}

/// Converts `MANIFEST_PATH path FEATURES a b NO_DEFAULT_FEATURES ...` to
/// arguments of cargo.
fn corrosion_arguments<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut key = "";
    let words = words.skip_while(|word| *word == "(");
    for word in words.take_while(|word| *word != ")") {
        match (key, word) {
            (_, "NO_DEFAULT_FEATURES") => arguments.push("--no-default-features".to_owned()),
            (_, "ALL_FEATURES") => arguments.push("--all-features".to_owned()),
            (_, "LOCKED" | "FROZEN") => arguments.push("--locked".to_owned()),
            (_, word)
                if word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_') =>
            {
                key = word;
            }
            ("MANIFEST_PATH", path) => arguments.push(format!("--manifest-path={path}")),
            ("FEATURES", feature) => arguments.push(format!("--features={feature}")),
            _ => {}
        }
    }
    arguments
}

/// Returns words and parentheses without comments, each with its line, from 1.
/// Paths lose the file's own folder.
fn split_words(text: &str) -> Vec<(usize, &str)> {
    let is_separator =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | ';');
    let mut words = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let tokens = line
            .split_inclusive(['(', ')'])
            .flat_map(|part| match part.strip_suffix(['(', ')']) {
                Some(before) => [before, &part[before.len()..]],
                None => [part, ""],
            })
            .flat_map(|part| part.split(is_separator));
        for word in tokens {
            let relative = OWN_FOLDERS
                .iter()
                .find_map(|folder| word.strip_prefix(folder));
            let word = relative.unwrap_or(word);
            if !word.is_empty() {
                words.push((index + 1, word));
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_cargo_and_corrosion_are_found() {
        let text = "# cargo build\nadd_custom_command(OUTPUT x COMMAND cargo build --release\n\
                    --manifest-path ${CMAKE_CURRENT_SOURCE_DIR}/rust/Cargo.toml COMMAND cp a b)\n\
                    corrosion_import_crate(MANIFEST_PATH native/Cargo.toml CRATES x FEATURES a b\nNO_DEFAULT_FEATURES)\n";
        let call = |line, arguments: &[&str]| CargoCall {
            line,
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let expected = [
            call(
                2,
                &["build", "--release", "--manifest-path", "rust/Cargo.toml"],
            ),
            call(
                4,
                &[
                    "--manifest-path=native/Cargo.toml",
                    "--features=a",
                    "--features=b",
                    "--no-default-features",
                ],
            ),
        ];
        assert_eq!(cargo_calls(text), expected);
        let meson = "run_command('cargo', 'build', '--manifest-path', 'a/Cargo.toml')\n";
        assert_eq!(cargo_calls(meson)[0].arguments[2], "a/Cargo.toml");
    }
}
