//! The `[tool.cargo-pyhack]` table of a new overlay, and how it is added to a
//! `pyproject.toml`.

use std::fmt::{self, Display, Formatter};

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::error::Error;
use crate::io::links::linked_file;
use crate::io::write::{read_text, write_file};
use crate::nix::flake::InitError;
use crate::overlay::unified_diff;
use crate::toml_text::require_bounded;

/// The keys of `[tool.cargo-pyhack]` and their values, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Configuration(Vec<(&'static str, String)>);

/// A `pyproject.toml` to which the configuration was added.
pub(super) struct ConfiguredFile {
    pub path: Utf8PathBuf,
    old: String,
    new: String,
}

impl Configuration {
    pub(super) fn add(&mut self, key: &'static str, text: &str) {
        self.0.push((key, text.to_owned()));
    }

    /// Reads a `pyproject.toml` and adds the missing keys. The rest of the file
    /// keeps every byte.
    ///
    /// # Errors
    /// Fails if the file can't be read, or its `tool` isn't a table.
    pub(super) fn put_into(&self, path: &Utf8Path) -> Result<ConfiguredFile, Error> {
        let path = linked_file(path)?;
        let old = read_text(&path)?.unwrap_or_default();
        let new = self
            .added_to(&old)
            .ok_or_else(|| InitError::Configuration {
                file: path.to_string(),
            })?;
        Ok(ConfiguredFile { path, old, new })
    }

    /// Returns the text with the missing keys, or `None` if `tool` isn't a
    /// table to add them to.
    fn added_to(&self, text: &str) -> Option<String> {
        require_bounded(text).ok()?;
        let mut document: DocumentMut = text.parse().ok()?;
        let mut implicit = Table::new();
        implicit.set_implicit(true);
        let tool = document.entry("tool").or_insert(Item::Table(implicit));
        let tool = tool.as_table_like_mut()?;
        if let Some(table) = tool.get_mut("cargo-pyhack") {
            let table = table.as_table_like_mut()?;
            for (key, text) in &self.0 {
                table.entry(key).or_insert(value(text));
            }
            return Some(document.to_string());
        }
        // Append a new table after all comments.
        let gap = match text {
            "" => "",
            _ if text.ends_with("\n\n") => "",
            _ if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let text = format!("{text}{gap}{self}");
        // An inline table has no place for it.
        text.parse::<DocumentMut>().ok()?;
        Some(text)
    }
}

/// Prints the table as TOML.
impl Display for Configuration {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        writeln!(f, "[tool.cargo-pyhack]")?;
        for (key, text) in &self.0 {
            writeln!(f, "{key} = {}", value(text).to_string().trim())?;
        }
        Ok(())
    }
}

impl ConfiguredFile {
    /// Replaces the file.
    ///
    /// # Errors
    /// Fails if the file can't be written.
    pub(super) fn write(&self) -> Result<(), Error> {
        write_file(&self.path, self.new.as_bytes(), true)?;
        Ok(())
    }

    pub(super) fn diff(&self) -> String {
        unified_diff(&self.old, &self.new, self.path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added_to(text: &str) -> Option<String> {
        let mut configuration = Configuration::default();
        configuration.add("overlay", "nix/over \"lay\".nix");
        configuration.add("uv-lock", "uv.lock");
        configuration.added_to(text)
    }

    const LINES: &str =
        "[tool.cargo-pyhack]\noverlay = 'nix/over \"lay\".nix'\nuv-lock = \"uv.lock\"\n";

    #[test]
    fn a_table_is_put_behind_all_else() {
        for (text, gap) in [
            ("", ""),
            ("[project]\nname   =  \"a\" # why", "\n\n"),
            ("[project]\nname = 'a'\n\n[tool.uv]\n# end\n", "\n"),
            ("[[tool.mypy.overrides]]\na = 1\n\n", ""),
        ] {
            let expected = format!("{text}{gap}{LINES}");
            assert_eq!(added_to(text).as_deref(), Some(expected.as_str()), "{text}");
        }
    }

    #[test]
    fn keys_that_are_there_stay() {
        let text = "[tool.cargo-pyhack]\nuv-lock   = 'a.lock' # mine\n\n[tool.uv]\n";
        let expected = "[tool.cargo-pyhack]\nuv-lock   = 'a.lock' # mine\n\
            overlay = 'nix/over \"lay\".nix'\n\n[tool.uv]\n";
        assert_eq!(added_to(text).as_deref(), Some(expected));
    }

    #[test]
    fn without_a_place_for_them_nothing_is_added() {
        assert_eq!(added_to("tool = 1\n"), None);
        assert_eq!(added_to("tool = { uv = { } }\n"), None);
        assert_eq!(added_to("[tool]\ncargo-pyhack = 1\n"), None);
        assert_eq!(added_to("no toml"), None);
    }
}
