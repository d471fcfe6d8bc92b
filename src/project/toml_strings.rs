//! Strings in TOML values whose type formats leave open.

use toml::Value;

/// Returns the strings of an array; none if the value isn't one.
pub(crate) fn strings_in_array(value: &Value) -> impl Iterator<Item = &str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str)
}

/// Returns the words of a string, or the strings of an array.
pub(super) fn split_words(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text.split_whitespace().collect(),
        value => strings_in_array(value).collect(),
    }
}
