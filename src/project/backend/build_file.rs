//! `CMakeLists.txt` of scikit-build-core and `meson.build` of meson-python:
//! calls of cargo in them, and Corrosion's `corrosion_import_crate`.
//!
//! Both are read as words, not as languages: what they find is a guess.

use camino::Utf8Path;

use super::{BackendPlan, Context, Module};
use crate::project::files::{join_inside, parent};
use crate::project::options::CargoOptions;
use crate::project::{ProjectError, RootRule};

/// Reads every file of that name in the project.
pub(super) fn plan(context: Context<'_>, name: &str) -> Result<BackendPlan, ProjectError> {
    let mut plan = BackendPlan::default();
    // Their `get_requires_for_build_wheel`, where neither is on PATH yet, as
    // in a build by Nix.
    let programs: &[&str] = match name {
        "meson.build" => &["ninja"],
        _ => &["cmake", "ninja"],
    };
    plan.requires
        .extend(programs.iter().map(|name| (*name).to_owned()));
    let paths: Vec<_> = context
        .files
        .paths()
        .filter(|path| path.file_name() == Some(name))
        .filter(|path| path.starts_with(context.root_prefix()))
        .collect();
    for path in paths {
        let text = context.files.text(path)?.unwrap_or_default();
        let folder = parent(path).unwrap_or(Utf8Path::new("."));
        for (line, arguments) in calls(text) {
            let mut options = CargoOptions::default();
            options.read_arguments(&arguments);
            let manifest = options.manifest_path.take();
            let manifest = manifest.unwrap_or_else(|| "Cargo.toml".to_owned());
            let found = join_inside(folder, &manifest).filter(|path| context.files.has(path));
            let Some(manifest) = found else {
                plan.unread.push(format!(
                    "{path}:{line}: a crate, by a path that isn't plain text"
                ));
                continue;
            };
            if plan
                .modules
                .iter()
                .any(|module| module.manifest == manifest)
            {
                continue;
            }
            plan.modules.push(Module {
                rule: RootRule::BuildFile,
                options,
                guess: Some(format!("{path}:{line} has it built")),
                ..Module::at(manifest)
            });
        }
    }
    Ok(plan)
}

/// No call has more words.
const MAX_WORDS: usize = 60;

/// The calls in a text, as arguments of cargo, each with its line.
fn calls(text: &str) -> Vec<(usize, Vec<String>)> {
    let words = words(text);
    let mut found = Vec::new();
    for (place, (line, word)) in words.iter().enumerate() {
        let rest = words[place + 1..].iter().map(|(_, word)| word.as_str());
        if word.eq_ignore_ascii_case("corrosion_import_crate") {
            found.push((*line, corrosion(rest.take(MAX_WORDS))));
        } else if is_cargo(word)
            && matches!(rest.clone().next(), Some("build" | "rustc" | "cbuild"))
        {
            let arguments = rest
                .take(MAX_WORDS)
                .take_while(|w| !matches!(*w, ")" | "COMMAND"));
            found.push((*line, arguments.map(str::to_owned).collect()));
        }
    }
    found
}

fn is_cargo(word: &str) -> bool {
    word == "cargo" || matches!(word, "${CARGO}" | "${CARGO_EXECUTABLE}" | "${Rust_CARGO}")
}

/// `MANIFEST_PATH path FEATURES a b NO_DEFAULT_FEATURES ...`
fn corrosion<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut key = "";
    for word in words
        .skip_while(|word| *word == "(")
        .take_while(|word| *word != ")")
    {
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

/// Words and parentheses, without comments, each with its line; the folder of
/// the file itself is left away from paths.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let spaced = line.replace('(', " ( ").replace(')', " ) ");
        for word in spaced
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | ';'))
        {
            let here = [
                "${CMAKE_CURRENT_SOURCE_DIR}/",
                "${CMAKE_SOURCE_DIR}/",
                "${PROJECT_SOURCE_DIR}/",
            ];
            let word = here
                .iter()
                .find_map(|prefix| word.strip_prefix(prefix))
                .unwrap_or(word);
            if !word.is_empty() {
                found.push((number + 1, word.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_cargo_and_corrosion_are_found() {
        let text = "# cargo build\nadd_custom_command(OUTPUT x COMMAND cargo build --release\n\
                    --manifest-path ${CMAKE_CURRENT_SOURCE_DIR}/rust/Cargo.toml COMMAND cp a b)\n\
                    corrosion_import_crate(MANIFEST_PATH native/Cargo.toml CRATES x FEATURES a b\nNO_DEFAULT_FEATURES)\n";
        let expected = [
            (
                2,
                vec!["build", "--release", "--manifest-path", "rust/Cargo.toml"],
            ),
            (
                4,
                vec![
                    "--manifest-path=native/Cargo.toml",
                    "--features=a",
                    "--features=b",
                    "--no-default-features",
                ],
            ),
        ];
        let expected =
            expected.map(|(line, words)| (line, words.into_iter().map(str::to_owned).collect()));
        assert_eq!(calls(text), expected);
        let meson = "run_command('cargo', 'build', '--manifest-path', 'a/Cargo.toml')\n";
        assert_eq!(calls(meson)[0].1[2], "a/Cargo.toml");
    }
}
