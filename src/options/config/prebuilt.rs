//! `prebuilt`: packages that are taken from nixpkgs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::de::{DeArray, DeTable};

use super::error::ConfigError;
use super::reader::{Reader, owned};
use crate::options::{NixpkgsOptions, Options, PrebuiltPackage};

/// A package that is taken from nixpkgs, as it may be written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum PrebuiltForm {
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

impl TryFrom<PrebuiltForm> for NixpkgsOptions {
    type Error = String;

    fn try_from(form: PrebuiltForm) -> Result<Self, String> {
        let (text, drop, strict) = match form {
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
        let names = drop.map(|names| names.iter().map(|name| name.parse()).collect());
        Ok(Self {
            prebuilt: Some(text.parse()?),
            drop: names.transpose()?,
            strict,
        })
    }
}

impl Reader<'_> {
    /// Refuses a package that is to be built and to be taken from nixpkgs.
    pub(super) fn require_distinct(
        self,
        prebuilt: &BTreeMap<String, Options>,
        packages: &BTreeMap<String, Options>,
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
    ) -> Result<BTreeMap<String, Options>, ConfigError> {
        let help = "write `\"NAME\"`, `\"NAME=ATTR\"`, or `{ name = \"NAME\", attr = \"ATTR\", drop = [...] }`";
        let mut found = BTreeMap::new();
        for entry in entries {
            let wrong = |message: String| self.wrong(message, help, entry.span());
            let form: PrebuiltForm = owned(entry.get_ref())
                .try_into()
                .map_err(|_| wrong("that names no package to take from nixpkgs".to_owned()))?;
            let nixpkgs = NixpkgsOptions::try_from(form).map_err(wrong)?;
            let name = nixpkgs
                .prebuilt
                .as_ref()
                .map(|PrebuiltPackage { name, .. }| name.to_string());
            let options = Options {
                nixpkgs,
                ..Options::default()
            };
            found.insert(name.unwrap_or_default(), options);
        }
        Ok(found)
    }
}
