//! What the hooks of an in-tree backend do before a build: the files that they
//! copy, move and link, and the calls of cargo and maturin.

use super::commands::BuildCommand;
use super::trace::{CHDIR, STAGING, Trace};
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
    let paths = traces.iter().filter_map(|trace| {
        if !STAGING.contains(&trace.name.as_str()) {
            return None;
        }
        let from = trace.arguments.get(0, "src")?.as_str()?;
        let to = trace.arguments.get(1, "dst")?.as_str()?;
        Some(StagedPath {
            from: from.to_owned(),
            to: to.to_owned(),
            line: trace.line,
        })
    });
    paths.collect()
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
