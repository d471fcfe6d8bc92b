//! `prebuilt`: packages that are taken from nixpkgs.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::options::NixpkgsOptions;

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
