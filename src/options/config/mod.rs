//! Configuration: `[tool.cargo-pyhack]` in `pyproject.toml`, or
//! `[workspace.metadata.pyhack]` in `Cargo.toml`.
//!
//! Whoever wrote it isn't always who runs us: it can name no Nix but
//! attribute paths, and no file out of its repository.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use miette::{Diagnostic, NamedSource, SourceSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::de::{DeTable, DeValue};

use crate::nix::is_identifier;
use crate::options::Recipe;

mod prebuilt;

/// What is configured.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Config {
    /// The overlay file, relative to the file with the configuration.
    #[schemars(with = "Option<String>")]
    pub overlay: Option<Utf8PathBuf>,
    /// How packages are written where no file is checked.
    pub style: Option<Style>,
    /// The packages that have a stanza in the overlay, by their names; a
    /// string is short for a table with a `path`.
    #[schemars(with = "BTreeMap<String, PackageForm>")]
    pub packages: BTreeMap<String, Recipe>,
    /// What is said of all packages.
    #[serde(flatten)]
    pub defaults: Recipe,
}

/// How a package is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A stanza for pyproject.nix.
    Pyproject,
    /// As in nixpkgs.
    Nixpkgs,
}

/// A package in the configuration; for the schema alone.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema is made from its types")]
enum PackageForm {
    /// The project folder or sdist.
    Path(String),
    /// That, and more.
    Table(Box<Recipe>),
}

/// A configuration that makes no sense.
#[derive(Debug, Error, Diagnostic)]
#[error("`{place}`, line {line}: {message}")]
#[diagnostic(code(pyhack::config::invalid), help("{help}"))]
pub struct ConfigError {
    /// The file.
    pub place: String,
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Its text.
    #[source_code]
    pub text: NamedSource<String>,
    /// Where.
    #[label]
    pub at: SourceSpan,
}

const OWN_KEYS: [&str; 3] = ["overlay", "packages", "style"];

impl Config {
    /// Reads the configuration in a `pyproject.toml` or `Cargo.toml`, if
    /// there is one. `depth` is how many folders the file's is below that of
    /// its repository.
    ///
    /// # Errors
    /// Where a key is unknown or a value makes no sense. A file that is no
    /// TOML has none: who reads it for what else it says will tell.
    pub fn read(place: &str, text: &str, depth: usize) -> Result<Option<Self>, ConfigError> {
        // Most files have none, and are large.
        if !text.contains("pyhack") {
            return Ok(None);
        }
        let Ok(table) = DeTable::parse(text) else {
            return Ok(None);
        };
        let reader = Reader { place, text, depth };
        reader.names(table.get_ref())?;
        let path: &[&str] = if place.ends_with("Cargo.toml") {
            &["workspace", "metadata", "pyhack"]
        } else {
            &["tool", "cargo-pyhack"]
        };
        let mut found = Some(table.get_ref());
        for name in path {
            found = found.and_then(|table| match table.get(*name)?.get_ref() {
                DeValue::Table(table) => Some(table),
                _ => None,
            });
        }
        let Some(table) = found else {
            return Ok(None);
        };
        reader.config(table).map(Some)
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    place: &'a str,
    text: &'a str,
    depth: usize,
}

impl Reader<'_> {
    /// Tells of a table that is ours by a wrong name, or is none.
    fn names(self, table: &DeTable) -> Result<(), ConfigError> {
        let Some(DeValue::Table(tools)) = table.get("tool").map(toml::Spanned::get_ref) else {
            return Ok(());
        };
        for (name, value) in tools {
            let is_ours = name.get_ref() == "cargo-pyhack";
            let is_alike = matches!(name.get_ref().as_ref(), "pyhack" | "cargo_pyhack");
            if is_alike || (is_ours && !matches!(value.get_ref(), DeValue::Table(_))) {
                let message = format!("`tool.{}` is no table of ours", name.get_ref());
                let help = "the configuration is the table `[tool.cargo-pyhack]`";
                return Err(self.wrong(message, help, name.span()));
            }
        }
        Ok(())
    }

    fn config(self, table: &DeTable) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let (mut rest, mut prebuilt) = (toml::Table::new(), BTreeMap::new());
        for (key, value) in table {
            let (name, at) = (key.get_ref().as_ref(), value.span());
            match (name, value.get_ref()) {
                ("overlay", DeValue::String(path)) => {
                    config.overlay = Some(self.inside(path, at)?);
                }
                ("style", DeValue::String(style)) => {
                    config.style = Some(match style.as_ref() {
                        "pyproject" => Style::Pyproject,
                        "nixpkgs" => Style::Nixpkgs,
                        _ => {
                            let message = format!("`{style}` is no style");
                            return Err(self.wrong(message, "it is `pyproject` or `nixpkgs`", at));
                        }
                    });
                }
                ("prebuilt", DeValue::Array(entries)) => {
                    prebuilt = self.prebuilt(entries)?;
                }
                ("prebuilt", _) => {
                    let message = "`prebuilt` is no list".to_owned();
                    let help = "name each: `prebuilt = [\"torch=torchWithoutCuda\"]`";
                    return Err(self.wrong(message, help, at));
                }
                ("packages", DeValue::Table(packages)) => {
                    config.packages = self.packages(packages, table.contains_key("lock"))?;
                }
                ("overlay" | "style", _) => {
                    let message = format!("`{name}` is no text");
                    return Err(self.wrong(message, "put it between quotes", at));
                }
                ("packages", _) => {
                    let help =
                        "name each: `packages.cryptography = \"cryptography-46.0.6.tar.gz\"`";
                    return Err(self.wrong("`packages` is no table".to_owned(), help, at));
                }
                ("path", _) => {
                    let message = "`path` is said of a package, not of all".to_owned();
                    let help = "say it in `packages.NAME`";
                    return Err(self.wrong(message, help, key.span()));
                }
                _ => {
                    rest.insert(name.to_owned(), owned(value.get_ref()));
                    self.known(name, key.span(), &OWN_KEYS)?;
                }
            }
        }
        let whole = table.values().next().map_or(0..0, toml::Spanned::span);
        self.values(table)?;
        config.defaults = self.recipe(rest, whole)?;
        self.distinct(&prebuilt, &config.packages, table)?;
        config.packages.extend(prebuilt);
        Ok(config)
    }

    fn packages(
        self,
        table: &DeTable,
        has_lock: bool,
    ) -> Result<BTreeMap<String, Recipe>, ConfigError> {
        let mut found = BTreeMap::new();
        for (name, value) in table {
            let recipe = match value.get_ref() {
                DeValue::String(path) => Recipe {
                    path: Some(path.as_ref().into()),
                    ..Recipe::default()
                },
                DeValue::Table(table) => {
                    for key in table.keys() {
                        self.known(key.get_ref(), key.span(), &[])?;
                    }
                    let rest = table
                        .iter()
                        .map(|(key, value)| (key.get_ref().to_string(), owned(value.get_ref())));
                    self.recipe(rest.collect(), value.span())?
                }
                _ => {
                    let message = format!("`{}` is neither a path nor a table", name.get_ref());
                    let help = "name the project folder or sdist: `\"cryptography-46.0.6.tar.gz\"`";
                    return Err(self.wrong(message, help, value.span()));
                }
            };
            if recipe.prebuilt.is_some() {
                let message = format!("`{}` is taken from nixpkgs here", name.get_ref());
                let help = "say that in the list `prebuilt`, beside `packages`";
                return Err(self.wrong(message, help, name.span()));
            }
            if recipe.path.is_none() && recipe.lock.is_none() && !has_lock {
                let message = format!("`{}` has no `path`", name.get_ref());
                let help = "name the project folder or sdist that its stanza is made from, or the `lock` that it is in";
                return Err(self.wrong(message, help, name.span()));
            }
            found.insert(name.get_ref().to_string(), recipe);
        }
        Ok(found)
    }

    /// Reads each key by itself, so that the one that is wrong is told.
    fn values(self, table: &DeTable) -> Result<(), ConfigError> {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if !Recipe::KEYS.contains(&name) || name == "prebuilt" {
                continue;
            }
            if let ("path" | "lock" | "lock-file", DeValue::String(path)) = (name, value.get_ref())
            {
                self.inside(path, value.span())?;
            }
            let alone = toml::Table::from_iter([(name.to_owned(), owned(value.get_ref()))]);
            let alone: Result<Recipe, _> = toml::Value::Table(alone).try_into();
            if let Err(error) = alone {
                let message = format!("`{name}`: {}", error.message());
                let help = "the keys and their values are in `docs/configuration.md`";
                return Err(self.wrong(message, help, value.span()));
            }
        }
        Ok(())
    }

    /// A table as a recipe that could be carried out.
    fn recipe(self, table: toml::Table, at: Range<usize>) -> Result<Recipe, ConfigError> {
        let help = "the keys and their values are in `docs/configuration.md`";
        let recipe: Recipe =
            toml::Value::Table(table)
                .try_into()
                .map_err(|error: toml::de::Error| {
                    self.wrong(error.message().to_owned(), help, at.clone())
                })?;
        let is_path = |text: &str| text.split('.').all(is_identifier);
        if let Some(toolchain) = recipe.toolchain.as_deref().filter(|text| !is_path(text)) {
            let message = format!("`toolchain` is more than an attribute path: {toolchain}");
            let help = "name an attribute, as in `pkgs.rust-bin.stable.latest.default`, or give the expression with \
                        `--toolchain`";
            return Err(self.wrong(message, help, at));
        }
        let checked = recipe
            .request()
            .map(drop)
            .and_then(|()| recipe.options().map(drop));
        checked.map_err(|message| self.wrong(message, help, at))?;
        Ok(recipe)
    }

    /// Refuses a key that nobody knows.
    fn known(self, key: &str, at: Range<usize>, more: &[&'static str]) -> Result<(), ConfigError> {
        let keys: Vec<&str> = Recipe::KEYS.iter().chain(more).copied().collect();
        if keys.contains(&key) {
            return Ok(());
        }
        let likeness = |known: &str| strsim::jaro_winkler(known, key);
        let nearest = keys.iter().copied();
        let nearest = nearest.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let help = match nearest.filter(|known| likeness(known) > 0.75) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the keys are {}", keys.join(", ")),
        };
        Err(self.wrong(
            format!("there is no key `{}`", key.escape_debug()),
            &help,
            at,
        ))
    }

    /// A path that doesn't lead out of the repository.
    fn inside(self, path: &str, at: Range<usize>) -> Result<Utf8PathBuf, ConfigError> {
        let path = Utf8Path::new(path);
        let mut depth = i64::try_from(self.depth).unwrap_or_default();
        for part in path.components() {
            match part {
                Utf8Component::Normal(_) => depth += 1,
                Utf8Component::CurDir => {}
                Utf8Component::ParentDir => depth -= 1,
                Utf8Component::RootDir | Utf8Component::Prefix(_) => depth = -1,
            }
            if depth < 0 {
                let message = format!("`{path}` leads out of the repository");
                return Err(self.wrong(message, "name a file in it", at));
            }
        }
        Ok(path.to_owned())
    }

    fn wrong(self, message: String, help: &str, at: Range<usize>) -> ConfigError {
        let end = at.start.min(self.text.len());
        ConfigError {
            place: self.place.to_owned(),
            line: self.text[..end].matches('\n').count() + 1,
            message,
            help: help.to_owned(),
            text: NamedSource::new(self.place, self.text.to_owned()),
            at: at.into(),
        }
    }
}

/// A value without its places.
fn owned(value: &DeValue) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Boolean(value) => toml::Value::Boolean(*value),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(|item| owned(item.get_ref())).collect())
        }
        DeValue::Table(table) => {
            let entries = table.iter();
            let entries =
                entries.map(|(key, value)| (key.get_ref().to_string(), owned(value.get_ref())));
            toml::Value::Table(entries.collect())
        }
        // None of these is asked for: the type will be told of.
        DeValue::Integer(number) => {
            toml::Value::Integer(number.as_str().parse().unwrap_or_default())
        }
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().unwrap_or_default()),
        DeValue::Datetime(time) => toml::Value::Datetime(*time),
    }
}

#[cfg(test)]
mod tests;
