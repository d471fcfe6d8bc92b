//! The indexes that the configuration of uv and pip names.

use std::collections::BTreeSet;

use configparser::ini::{Ini, IniDefault};
use toml::{Table, Value};

use crate::python_lock::NamedIndex;
use crate::toml_text::parse_manifest;

/// What one place of configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexLayer {
    /// The indexes that are asked first.
    pub extra: Vec<NamedIndex>,
    /// The index that is asked if those don't have a package.
    pub default: Option<NamedIndex>,
}

/// Returns the indexes in the order in which they are asked: the additional ones
/// of all layers, then the first layer's default. This is uv's order.
#[must_use]
pub fn indexes_in_order(layers: &[IndexLayer]) -> Vec<NamedIndex> {
    let extra = layers.iter().flat_map(|layer| &layer.extra);
    let default = layers.iter().find_map(|layer| layer.default.as_ref());
    let mut seen = BTreeSet::new();
    let is_new = |index: &&NamedIndex| seen.insert(index.url.trim_end_matches('/').to_owned());
    extra.chain(default).filter(is_new).cloned().collect()
}

/// Reads a `uv.toml`.
#[must_use]
pub fn uv_layer(text: &str) -> IndexLayer {
    of_uv(&parse_manifest(text).unwrap_or_default())
}

/// Reads `[tool.uv]` of a `pyproject.toml`; `None` if there is no such table.
#[must_use]
pub fn uv_layer_of_project(text: &str) -> Option<IndexLayer> {
    let table: Table = parse_manifest(text).ok()?;
    Some(of_uv(table.get("tool")?.get("uv")?.as_table()?))
}

fn of_uv(table: &Table) -> IndexLayer {
    let mut layer = IndexLayer::default();
    let entries = table.get("index").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        let is = |key: &str| entry.get(key).and_then(Value::as_bool) == Some(true);
        let is_flat = entry.get("format").and_then(Value::as_str) == Some("flat");
        let index: Option<NamedIndex> = entry.clone().try_into().ok();
        // An explicit index is only for the packages that name it.
        let Some(index) = index.filter(|_| !is("explicit") && !is_flat) else {
            continue;
        };
        if is("default") {
            layer.default.get_or_insert(index);
        } else {
            layer.extra.push(index);
        }
    }
    let texts = |key: &str| -> Vec<&str> {
        match table.get(key) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    };
    layer
        .extra
        .extend(texts("extra-index-url").into_iter().map(unnamed));
    let default = texts("index-url").first().map(|url| unnamed(url));
    layer.default = layer.default.or(default);
    layer
}

/// Reads a `pip.conf`. As in pip, what a section says of `pip download` or `pip
/// install` goes before `[global]`.
#[must_use]
pub fn pip_layer(text: &str) -> IndexLayer {
    let mut defaults = IniDefault::default();
    defaults.comment_symbols = vec!['#', ';'];
    // Addresses may have these characters.
    defaults.inline_comment_symbols = Some(Vec::new());
    let mut ini = Ini::new_from_defaults(defaults);
    ini.set_multiline(true);
    if ini.read(text.to_owned()).is_err() {
        return IndexLayer::default();
    }
    let value = |key: &str| {
        let spellings = [key.to_owned(), key.replace('-', "_")];
        let mut places = ["download", "install", "global"]
            .into_iter()
            .flat_map(|section| spellings.iter().map(move |key| (section, key)));
        places.find_map(|(section, key)| ini.get(section, key))
    };
    let words = |key: &str| {
        let value = value(key).unwrap_or_default();
        value.split_whitespace().map(unnamed).collect::<Vec<_>>()
    };
    IndexLayer {
        extra: words("extra-index-url"),
        default: words("index-url").into_iter().next(),
    }
}

fn unnamed(url: &str) -> NamedIndex {
    NamedIndex {
        name: None,
        url: url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(layers: &[IndexLayer]) -> Vec<String> {
        let indexes = indexes_in_order(layers).into_iter();
        indexes.map(|index| index.url).collect()
    }

    #[test]
    fn uv_asks_its_indexes_in_this_order() {
        let text = "index-url = \"https://old.example.org/simple\"\n\
            extra-index-url = [\"https://more.example.org/simple\"]\n\
            [[index]]\nname = \"main\"\nurl = \"https://main.example.org/simple\"\ndefault = true\n\
            [[index]]\nname = \"first\"\nurl = \"https://first.example.org/simple\"\n\
            [[index]]\nname = \"pinned\"\nurl = \"https://pinned.example.org/simple\"\nexplicit = true\n\
            [[index]]\nurl = \"https://flat.example.org/\"\nformat = \"flat\"\n\
            [[index]]\nname = \"broken\"\n";
        let expected = [
            "https://first.example.org/simple",
            "https://more.example.org/simple",
            "https://main.example.org/simple",
        ];
        assert_eq!(urls(&[uv_layer(text)]), expected);
        let project = "[tool.uv]\nindex-url = \"https://a.example.org/\"\n";
        let project = uv_layer_of_project(project).unwrap();
        assert_eq!(
            urls(&[project, uv_layer(text)])[2],
            "https://a.example.org/"
        );
        assert_eq!(uv_layer_of_project("[tool.other]\n"), None);
        assert_eq!(uv_layer("["), IndexLayer::default());
    }

    #[test]
    fn pip_has_sections_and_several_lines() {
        let text = "# ours\n[global]\nindex-url = https://u:p;#x@global.example.org/simple\n\
            extra_index_url =\n    https://a.example.org/simple\n    https://b.example.org/simple\n\
            trusted-host = x\n[install]\n; nothing\n";
        let expected = [
            "https://a.example.org/simple",
            "https://b.example.org/simple",
            "https://u:p;#x@global.example.org/simple",
        ];
        assert_eq!(urls(&[pip_layer(text)]), expected);
        let text = format!("{text}index-url = https://install.example.org/simple\n");
        assert_eq!(
            urls(&[pip_layer(&text)])[2],
            "https://install.example.org/simple"
        );
        assert_eq!(pip_layer("index-url"), IndexLayer::default());
    }

    #[test]
    fn an_index_is_asked_once() {
        let layer = |url: &str| IndexLayer {
            extra: vec![unnamed("https://a.example.org/simple/")],
            default: Some(unnamed(url)),
        };
        let layers = [
            IndexLayer::default(),
            layer("https://a.example.org/simple"),
            layer("https://b.example.org/simple"),
        ];
        assert_eq!(urls(&layers), ["https://a.example.org/simple/"]);
    }
}
