//! `prebuilt`: packages that are taken from nixpkgs.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::de::{DeArray, DeTable};

use super::{ConfigError, Reader, owned};
use crate::ops::prebuilt::parse;
use crate::options::Recipe;

/// A package that is taken from nixpkgs.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum PrebuiltForm {
    /// `NAME` or `NAME=ATTR`
    Name(String),
    /// The same, and what of its dependencies isn't needed.
    Table {
        name: String,
        attr: Option<String>,
        drop: Option<Vec<String>>,
        strict: Option<bool>,
    },
}

impl Reader<'_> {
    /// Refuses a package that is to be built and to be taken from nixpkgs.
    pub(super) fn distinct(
        self,
        prebuilt: &BTreeMap<String, Recipe>,
        packages: &BTreeMap<String, Recipe>,
        table: &DeTable,
    ) -> Result<(), ConfigError> {
        let mut names = prebuilt.keys();
        let Some(name) = names.find(|name| packages.contains_key(*name)) else {
            return Ok(());
        };
        let message = format!("`{name}` stands in `packages` and in `prebuilt`");
        let help = "it is built, or taken from nixpkgs: take it out of one";
        let at = table.get("prebuilt").map_or(0..0, toml::Spanned::span);
        Err(self.wrong(message, help, at))
    }

    /// `"NAME"`, `"NAME=ATTR"`, or a table.
    pub(super) fn prebuilt(
        self,
        entries: &DeArray,
    ) -> Result<BTreeMap<String, Recipe>, ConfigError> {
        let help = "write `\"NAME\"`, `\"NAME=ATTR\"`, or `{ name = \"NAME\", attr = \"ATTR\", drop = [...] }`";
        let mut found = BTreeMap::new();
        for entry in entries {
            let wrong = |message: String| self.wrong(message, help, entry.span());
            let entry: PrebuiltForm = owned(entry.get_ref())
                .try_into()
                .map_err(|_| wrong("that names no package to take from nixpkgs".to_owned()))?;
            let (text, drop, strict) = match entry {
                PrebuiltForm::Name(text) => (text, None, None),
                PrebuiltForm::Table {
                    name,
                    attr,
                    drop,
                    strict,
                } => {
                    let attr = attr.map(|attr| format!("={attr}"));
                    (name + &attr.unwrap_or_default(), drop, strict)
                }
            };
            let (name, _) = parse(&text).map_err(wrong)?;
            let recipe = Recipe {
                prebuilt: Some(text),
                drop,
                strict,
                ..Recipe::default()
            };
            found.insert(name.to_string(), recipe);
        }
        Ok(found)
    }
}
