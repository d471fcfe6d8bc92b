//! The variables of the environment.

/// Returns the text of a variable, empty if it isn't set or isn't UTF-8.
#[must_use]
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
