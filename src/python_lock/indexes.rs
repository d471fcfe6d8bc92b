//! The package indexes that `[tool.uv]` names, for their credentials.

use std::fmt;

use serde::Deserialize;

use super::settings::WithToolUv;
use crate::project::{strings_in_array, without_credentials};
use crate::toml_text::parse_manifest;

/// An index or a page of links. The URL may contain a password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct NamedIndex {
    /// The name by which credentials are looked up.
    pub name: Option<String>,
    /// The address, with credentials if the file has them.
    pub url: String,
}

impl fmt::Debug for NamedIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = formatter.debug_struct("NamedIndex");
        fields.field("name", &self.name);
        fields
            .field("url", &without_credentials(&self.url))
            .finish()
    }
}

/// Parses `NAME=ADDRESS`, or an address alone, as uv's variables have them.
pub fn named_index(text: &str) -> NamedIndex {
    let named = text.split_once('=').filter(|(name, _)| {
        let mut bytes = name.bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    });
    let (name, url) = named.map_or((None, text), |(name, url)| (Some(name.to_owned()), url));
    let url = url.to_owned();
    NamedIndex { name, url }
}

/// Reads the indexes of a `pyproject.toml`, or of a `uv.toml` put below
/// `[tool.uv]`. Invalid entries are left out: uv reports them.
pub fn read_indexes(pyproject: &str) -> Vec<NamedIndex> {
    let pyproject: WithToolUv<toml::Table> = parse_manifest(pyproject).unwrap_or_default();
    let uv = pyproject.tool.uv;
    let tables = uv.get("index").and_then(toml::Value::as_array);
    let tables = tables.into_iter().flatten();
    let named = tables.filter_map(|table| table.clone().try_into().ok());
    let unnamed = ["index-url", "extra-index-url", "find-links"]
        .iter()
        .filter_map(|key| uv.get(*key))
        .flat_map(strings)
        .map(|url| NamedIndex {
            name: None,
            url: url.to_owned(),
        });
    named.chain(unnamed).collect()
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
        let found = read_indexes(text);
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
        assert_eq!(read_indexes("tool = 3"), []);
        assert_eq!(read_indexes("["), []);
    }
}
