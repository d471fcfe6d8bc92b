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
        if STAGING.contains(&trace.name.as_str()) {
            staged_by_function(trace).into_iter().collect()
        } else {
            staged_by_program(trace)
        }
    });
    paths.collect()
}

fn staged_by_function(trace: &Trace) -> Option<StagedPath> {
    Some(StagedPath {
        from: trace.arguments.get(0, "src")?.as_str()?.to_owned(),
        to: trace.arguments.get(1, "dst")?.as_str()?.to_owned(),
        line: trace.line,
    })
}

/// Returns what a call of `cp`, `mv`, `ln` or `rsync` stages: each of its
/// arguments to the last one. Options with a value of their own aren't known.
fn staged_by_program(trace: &Trace) -> Vec<StagedPath> {
    let runs = is_runner(&trace.name) && !is_finder(&trace.name);
    let words = words(trace).filter(|_| runs).unwrap_or_default();
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
            staged.extend(from.iter().map(|from| StagedPath {
                from: from.clone(),
                to: to.clone(),
                line: trace.line,
            }));
        }
    }
    staged
}

/// Returns the words of the command in a call; `None` if it has none. Words that
/// aren't known are [`UNKNOWN`].
fn words(trace: &Trace) -> Option<Vec<String>> {
    match trace.arguments.get(0, "args")? {
        Value::Str(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Value::List(items) => Some(items.iter().map(text).collect()),
        _ => None,
    }
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
    for trace in traces {
        let Trace {
            name,
            arguments,
            line,
            ..
        } = trace;
        if CHDIR.contains(&name.as_str()) {
            folder = arguments.get(0, "path").map(text);
            continue;
        }
        let Some(words) = words(trace) else {
            continue;
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
