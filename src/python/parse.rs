//! Parsing, on a thread with a stack that is large enough for any accepted
//! file.

use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::Parsed;

use super::exec::Interpreter;
use super::situation::Situation;
use super::value::Note;

/// Longest file that is read, in bytes. Reading takes memory that grows with
/// the depth of nesting, at worst 2 KiB a byte; real build scripts are not a
/// fifth as long.
pub(super) const MAX_LENGTH: usize = 128 * 1024;

/// Stack for the deepest nesting in a file of that length, in bytes.
const STACK: usize = if cfg!(debug_assertions) {
    1 << 30
} else {
    256 << 20
};

/// Parses and executes a file, and passes its syntax tree and the interpreter
/// on to `read`.
pub(super) fn with_syntax<T: Send>(
    text: &str,
    situation: &Situation,
    read: impl Send + for<'a> FnOnce(&'a Parsed<ModModule>, &mut Interpreter<'a>) -> T,
) -> Result<T, Note> {
    if text.len() > MAX_LENGTH {
        let what = format!("more than the limit of {MAX_LENGTH} bytes");
        return Err(Note::new(1, what));
    }
    let lines: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let work = || {
        let module = ruff_python_parser::parse_unchecked_source(text, PySourceType::Python);
        if let Some(error) = module.errors().first() {
            let start = text.floor_char_boundary(error.location.start().to_usize());
            let line = lines.partition_point(|line| *line <= start);
            let before = &text[lines[line - 1]..start];
            return Err(Note {
                line,
                column: Some(before.chars().count() + 1),
                what: error.error.to_string(),
            });
        }
        let mut interpreter = Interpreter::new(situation, &lines);
        let _ = interpreter.block(&module.syntax().body);
        Ok(read(&module, &mut interpreter))
    };
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK);
        let thread = builder
            .spawn_scoped(scope, work)
            .map_err(|error| Note::new(1, format!("failed to start a thread: {error}")))?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
