//! What the hooks of an in-tree backend do before a build: the files that they
//! copy, move and link, and the calls of cargo and maturin.

use super::commands::BuildCommand;
use super::trace::{CHDIR, STAGING, Trace, is_finder, is_runner};
use super::value::Value;

/// A file or folder that a hook puts somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedPath {
    /// Relative to the project's folder, or for links to the folder of `to`.
    pub from: String,
    /// Relative to the project's folder.
    pub to: String,
    /// The line, from 1.
    pub line: usize,
}

/// Returns what recorded calls stage, in their order.
pub(super) fn staged_paths(traces: &[Trace]) -> Vec<StagedPath> {
    let paths = traces.iter().flat_map(|trace| {
        let staged = if STAGING.contains(&trace.name.as_str()) {
            staged_by_function(trace).into_iter().collect()
        } else {
            staged_by_program(trace)
        };
        staged.into_iter().map(|(from, to)| StagedPath {
            from,
            to,
            line: trace.line,
        })
    });
    paths.collect()
}

fn staged_by_function(trace: &Trace) -> Option<(String, String)> {
    let from = trace.arguments.get(0, "src")?.as_str()?;
    let to = trace.arguments.get(1, "dst")?.as_str()?;
    Some((from.to_owned(), to.to_owned()))
}

/// Returns what a call of `cp`, `mv`, `ln` or `rsync` stages: each of its
/// arguments to the last one. Options with a value of their own aren't known.
fn staged_by_program(trace: &Trace) -> Vec<(String, String)> {
    let arguments = trace.arguments.get(0, "args");
    let words = match arguments.filter(|_| is_runner(&trace.name) && !is_finder(&trace.name)) {
        Some(Value::Str(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::List(items)) => items.iter().map(text).collect(),
        _ => Vec::new(),
    };
    let cwd = trace.arguments.get(usize::MAX, "cwd");
    let cwd = cwd.and_then(Value::as_str).unwrap_or_default();
    // `cp -r a b && maturin build` runs in a shell.
    let commands = words.split(|word| matches!(word.as_str(), "&&" | "||" | ";" | "|"));
    let mut staged = Vec::new();
    for command in commands {
        let Some((program, arguments)) = command.split_first() else {
            continue;
        };
        if !matches!(program.as_str(), "cp" | "mv" | "ln" | "rsync") {
            continue;
        }
        let paths = arguments.iter().filter(|word| !word.starts_with('-'));
        let paths: Vec<_> = paths.map(|path| in_folder(cwd, path)).collect();
        if let Some((to, from)) = paths.split_last() {
            staged.extend(from.iter().map(|from| (from.clone(), to.clone())));
        }
    }
    staged
}

fn in_folder(folder: &str, path: &str) -> String {
    // `a/.` and `a/` are what is in `a`.
    let path = path.strip_suffix("/.").unwrap_or(path);
    let path = path.trim_end_matches('/');
    if folder.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// Returns the calls of cargo and maturin among recorded calls, with the
/// working directory that they are made in.
pub(super) fn traced_commands(traces: &[Trace]) -> Vec<BuildCommand> {
    let mut folder: Option<String> = None;
    let mut found = Vec::new();
    for Trace {
        name,
        arguments,
        line,
        ..
    } in traces
    {
        if CHDIR.contains(&name.as_str()) {
            folder = arguments.get(0, "path").map(text);
            continue;
        }
        let Some(words) = arguments.get(0, "args") else {
            continue;
        };
        let words: Vec<String> = match words {
            Value::Str(text) => text.split_whitespace().map(str::to_owned).collect(),
            Value::List(items) => items.iter().map(text).collect(),
            _ => continue,
        };
        // `[sys.executable, "-m", "maturin"]`, of which the first isn't known.
        let words = match words.split_first() {
            Some((first, rest)) if first == UNKNOWN => rest.to_vec(),
            _ => words,
        };
        let command = BuildCommand::from_words(&words, *line).filter(BuildCommand::builds);
        let cwd = arguments.get(usize::MAX, "cwd");
        let cwd = cwd.filter(|cwd| **cwd != Value::None).map(text);
        found.extend(command.map(|command| BuildCommand {
            folder: cwd.or_else(|| folder.clone()),
            ..command
        }));
    }
    found
}

/// Stands for a word that isn't known: no path of a project has it.
const UNKNOWN: &str = "\0";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or(UNKNOWN).to_owned()
}
