//! What a configuration says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use clap::ValueEnum;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::prebuilt::PrebuiltForm;
use crate::options::Options;

/// A configuration. Paths are relative to the folder of its file.
#[derive(Debug, Default)]
pub struct Config {
    /// The file that stanzas are put into.
    pub overlay: Option<Utf8PathBuf>,
    /// How `nix-snippet` writes a package.
    pub style: Option<PackageStyle>,
    /// The entries of packages that are built, by the names that they have
    /// there.
    pub packages: BTreeMap<String, Options>,
    /// Those of packages that are taken from nixpkgs, by their normalised
    /// names.
    pub prebuilt: BTreeMap<String, Options>,
    /// What is said of all packages.
    pub general: Options,
}

/// How a package is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PackageStyle {
    /// An override for pyproject.nix
    Pyproject,
    /// A file for `callPackage` that calls `buildPythonPackage`
    Nixpkgs,
}

/// A package in the configuration; for the schema alone.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the schema is made from its types")]
enum PackageForm {
    /// The project folder or sdist, or `NAME==VERSION`.
    Path(String),
    /// That, and more.
    Table(Box<Options>),
}

impl JsonSchema for Config {
    fn schema_name() -> Cow<'static, str> {
        "Config".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Options::json_schema(generator);
        let described = |mut schema: Schema, text: &str| {
            schema.insert("description".to_owned(), text.into());
            schema.to_value()
        };
        let packages = json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<PackageForm>(),
        });
        let own = [
            (
                "overlay",
                described(
                    String::json_schema(generator),
                    "The overlay file, relative to the file with the configuration.",
                ),
            ),
            (
                "style",
                described(
                    generator.subschema_for::<PackageStyle>(),
                    "How packages are written where no file is checked.",
                ),
            ),
            (
                "packages",
                described(
                    packages,
                    "The packages that have an override in the overlay, by name; a string is short for a table with a `path`.",
                ),
            ),
            (
                "prebuilt",
                described(
                    Vec::<PrebuiltForm>::json_schema(generator),
                    "The packages in the lockfile that are taken from nixpkgs.",
                ),
            ),
        ];
        let properties = schema.get_mut("properties");
        if let Some(properties) = properties.and_then(|value| value.as_object_mut()) {
            // That is said of a package.
            properties.remove("path");
            properties.remove("sdist");
            properties.extend(own.map(|(name, schema)| (name.to_owned(), schema)));
        }
        described(schema, "What is configured.")
            .try_into()
            .unwrap_or_default()
    }
}
