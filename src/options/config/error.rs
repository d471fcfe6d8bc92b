//! What is wrong with a configuration.

use miette::Diagnostic;
use thiserror::Error;

use crate::text_place::TextPlace;

/// A configuration that makes no sense.
#[derive(Debug, Error, Diagnostic)]
#[error("{at}: {message}")]
#[diagnostic(code(pyhack::config::invalid), help("{help}"))]
pub struct ConfigError {
    pub at: TextPlace,
    pub message: String,
    pub help: String,
}
