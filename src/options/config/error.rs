//! What is wrong with a configuration.

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// A configuration that makes no sense.
#[derive(Debug, Error, Diagnostic)]
#[error("`{place}`, line {line}: {message}")]
#[diagnostic(code(pyhack::config::invalid), help("{help}"))]
pub struct ConfigError {
    /// The path of the file.
    pub place: String,
    /// The line, from 1 on.
    pub line: usize,
    pub message: String,
    pub help: String,
    #[source_code]
    pub text: NamedSource<String>,
    #[label]
    pub at: SourceSpan,
}
