//! The indexes that `[tool.uv]` names: who asks for a login, and which.

use std::fmt;

use serde::Deserialize;

use super::settings::Pyproject;
use crate::project::{strings_in_array, without_credentials};

/// An index or a page of links. Its address may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedIndex {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its address.
    pub url: String,
}

impl fmt::Debug for NamedIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("NamedIndex");
        shown.field("name", &self.name);
        shown.field("url", &without_credentials(&self.url)).finish()
    }
}

#[derive(Deserialize)]
struct Index {
    name: Option<String>,
    url: String,
}

/// The indexes of a `pyproject.toml`, or of a `uv.toml` put below
/// `[tool.uv]`. What makes no sense is left out: uv tells of it.
#[must_use]
pub fn indexes(pyproject: &str) -> Vec<NamedIndex> {
    let pyproject: Pyproject<toml::Table> = toml::from_str(pyproject).unwrap_or_default();
    let uv = pyproject.tool.uv;
    let tables = uv.get("index").and_then(toml::Value::as_array);
    let named = tables.into_iter().flatten().filter_map(|table| {
        let Index { name, url } = table.clone().try_into().ok()?;
        Some(NamedIndex { name, url })
    });
    let others = ["index-url", "extra-index-url", "find-links"];
    let others = others
        .iter()
        .filter_map(|key| uv.get(*key))
        .flat_map(strings);
    let others = others.map(|url| NamedIndex {
        name: None,
        url: url.to_owned(),
    });
    named.chain(others).collect()
}

/// Returns a string, or the strings of an array.
fn strings(value: &toml::Value) -> impl Iterator<Item = &str> {
    value.as_str().into_iter().chain(strings_in_array(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_those_of_uv() {
        let text = "[tool.uv]\nindex-url = \"https://a.example.org/simple\"\n\
            extra-index-url = [\"https://u:secret@b.example.org/simple\"]\n\
            [[tool.uv.index]]\nname = \"my-corp\"\nurl = \"https://c.example.org/simple\"\nexplicit = true\n\
            [[tool.uv.index]]\nurl = \"https://d.example.org/simple\"\n\
            [[tool.uv.index]]\nname = \"broken\"\n";
        let found = indexes(text);
        let shown = format!("{found:?}");
        assert!(!shown.contains("secret"), "{shown}");
        let found = found.iter().map(|index| {
            let name = index.name.as_deref().unwrap_or("-");
            (name, index.url.as_str())
        });
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("my-corp", "https://c.example.org/simple"),
                ("-", "https://d.example.org/simple"),
                ("-", "https://a.example.org/simple"),
                ("-", "https://u:secret@b.example.org/simple"),
            ]
        );
        assert_eq!(indexes("tool = 3"), []);
        assert_eq!(indexes("["), []);
    }
}
