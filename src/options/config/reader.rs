//! Reads a configuration, each key by itself, so that the line of the one that
//! is wrong is known.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::error::ConfigError;
use super::model::{Config, PackageStyle};
use super::prebuilt::PrebuiltForm;
use crate::options::values::is_attribute_path;
use crate::options::{InputOptions, NixpkgsOptions, Options, PrebuiltPackage};
use crate::suggest::nearest;
use crate::text_place::TextPlace;
use crate::toml_text::{TomlError, require_bounded};

/// The keys that aren't options of packages.
const OWN_KEYS: [&str; 3] = ["overlay", "packages", "style"];

/// Where all keys are explained.
const SEE_DOCUMENTATION: &str = "the keys and their values are in `docs/configuration.md`";

impl Config {
    /// Reads the configuration in a `pyproject.toml` or `Cargo.toml`, if
    /// there is one. `depth` is how many folders the file's is below that of
    /// its repository.
    ///
    /// # Errors
    /// Where a key is unknown or a value makes no sense, or a `pyproject.toml`
    /// that names us isn't TOML. A `Cargo.toml` that isn't has no configuration:
    /// cargo reports that.
    pub fn read(place: &str, text: &str, depth: usize) -> Result<Option<Self>, ConfigError> {
        // Most files have none, and are large.
        if !text.contains("pyhack") {
            return Ok(None);
        }
        let is_cargos = place.ends_with("Cargo.toml");
        let reader = Reader { place, text, depth };
        let parsed =
            require_bounded(text).and_then(|()| DeTable::parse(text).map_err(TomlError::from));
        let table = match parsed {
            Ok(table) => table,
            Err(_) if is_cargos => return Ok(None),
            Err(error) => return Err(reader.no_toml(&error)),
        };
        reader.require_name(table.get_ref())?;
        let path: &[&str] = if is_cargos {
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
        found.map(|table| reader.config(table)).transpose()
    }
}

impl Config {
    /// Requires that a file is TOML.
    ///
    /// # Errors
    /// Fails where it isn't.
    pub fn require_toml(place: &str, text: &str) -> Result<(), ConfigError> {
        let reader = Reader {
            place,
            text,
            depth: 0,
        };
        let parsed = DeTable::parse(text).map(drop);
        parsed.map_err(|error| reader.no_toml(&error.into()))
    }
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    place: &'a str,
    text: &'a str,
    depth: usize,
}

impl Reader<'_> {
    /// Refuses a table that has our name misspelled, or isn't a table.
    fn require_name(self, table: &DeTable) -> Result<(), ConfigError> {
        let Some(DeValue::Table(tools)) = table.get("tool").map(Spanned::get_ref) else {
            return Ok(());
        };
        for (name, value) in tools {
            let is_ours = name.get_ref() == "cargo-pyhack";
            let is_alike = matches!(name.get_ref().as_ref(), "pyhack" | "cargo_pyhack");
            if is_alike || (is_ours && !matches!(value.get_ref(), DeValue::Table(_))) {
                let message = format!("unknown table `tool.{}`", name.get_ref());
                let help = "use `[tool.cargo-pyhack]` for the configuration";
                return Err(self.wrong(message, help, name.span()));
            }
        }
        Ok(())
    }

    fn config(self, table: &DeTable) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        for (key, value) in table {
            let (name, at) = (key.get_ref().as_ref(), value.span());
            match (name, value.get_ref()) {
                ("overlay", DeValue::String(path)) => {
                    config.overlay = Some(self.inside(path, at)?);
                }
                ("style", DeValue::String(style)) => {
                    config.style = Some(self.style(style, at)?);
                }
                ("prebuilt", DeValue::Array(entries)) => {
                    config.prebuilt = prebuilt(self, entries)?;
                }
                ("prebuilt", _) => {
                    let message = "`prebuilt` is not a list".to_owned();
                    let help = "write it as a list: `prebuilt = [\"torch=torchWithoutCuda\"]`";
                    return Err(self.wrong(message, help, at));
                }
                // These need to know the other keys.
                ("packages", DeValue::Table(_)) => {}
                ("overlay" | "style", _) => {
                    let message = format!("`{name}` is not a string");
                    return Err(self.wrong(message, "write it in quotes", at));
                }
                ("packages", _) => {
                    let help = "write it as a table: `packages.cryptography = \"cryptography-46.0.6.tar.gz\"`";
                    return Err(self.wrong("`packages` is not a table".to_owned(), help, at));
                }
                ("path" | "sdist", _) => {
                    let message = format!("`{name}` can only be set for a single package");
                    let help = "set it in `packages.NAME`";
                    return Err(self.wrong(message, help, key.span()));
                }
                _ => {
                    let key = Key {
                        name: key,
                        value,
                        table,
                    };
                    self.require_known(key, &OWN_KEYS)?;
                    let option = self.option(key)?;
                    for path in [option.input.uv_lock.as_deref(), option.cargo_lock()] {
                        let path = path.map(|path| self.inside(path.as_str(), key.value.span()));
                        path.transpose()?;
                    }
                    config.general = option.merged(config.general);
                }
            }
        }
        let at = table.get("subdirectory").map_or(0..0, Spanned::span);
        self.require_sound(config.general.clone(), at)?;
        if let Some(DeValue::Table(packages)) = table.get("packages").map(Spanned::get_ref) {
            config.packages = self.packages(packages, &config.general)?;
        }
        require_distinct(self, &config.prebuilt, &config.packages, table)?;
        Ok(config)
    }

    fn style(self, style: &str, at: Range<usize>) -> Result<PackageStyle, ConfigError> {
        use clap::ValueEnum;

        PackageStyle::from_str(style, false).map_err(|_| {
            let message = format!("unknown style `{style}`");
            self.wrong(message, "use `pyproject` or `nixpkgs`", at)
        })
    }

    fn packages(
        self,
        table: &DeTable,
        general: &Options,
    ) -> Result<BTreeMap<String, Options>, ConfigError> {
        let mut found = BTreeMap::new();
        for (name, value) in table {
            let mut options = Options::default();
            match value.get_ref() {
                DeValue::String(text) => options.input = InputOptions::named(text),
                DeValue::Table(table) => {
                    for (name, value) in table {
                        let key = Key { name, value, table };
                        self.require_known(key, &[])?;
                        options = self.option(key)?.merged(options);
                    }
                }
                _ => {
                    let message = format!("`{}` is neither a path nor a table", name.get_ref());
                    let help = "write the project folder or sdist as a string: `\"cryptography-46.0.6.tar.gz\"`";
                    return Err(self.wrong(message, help, value.span()));
                }
            }
            if options.nixpkgs.prebuilt.is_some() {
                let message = format!("`{}` is taken from nixpkgs here", name.get_ref());
                let help = "move it to the list `prebuilt`, next to `packages`";
                return Err(self.wrong(message, help, name.span()));
            }
            let locks = [&options, general].map(|options| &options.input.uv_lock);
            if !options.input.has_source() && locks.iter().all(|lock| lock.is_none()) {
                let message = format!("`{}` has neither `path` nor `sdist`", name.get_ref());
                let help = "set `path` to its project folder or sdist, `sdist` to `NAME==VERSION`, or `uv-lock` to the lockfile that has it";
                return Err(self.wrong(message, help, name.span()));
            }
            self.require_sound(options.clone().over(general.clone()), value.span())?;
            found.insert(name.get_ref().to_string(), options);
        }
        Ok(found)
    }

    /// The options that have one key alone.
    fn option(self, key: Key) -> Result<Options, ConfigError> {
        let name = key.name.get_ref().as_ref();
        if let Some(new) = Options::renamed(name)
            && key.table.contains_key(new)
        {
            let message = format!("`{name}` and `{new}` are the same key");
            let help = format!("keep `{new}` and delete `{name}`");
            return Err(self.wrong(message, &help, key.name.span()));
        }
        if let ("toolchain", DeValue::String(text)) = (name, key.value.get_ref())
            && !is_attribute_path(text)
        {
            let message = format!("`toolchain` is not an attribute path: {text}");
            let help = "use an attribute path such as `pkgs.rust-bin.stable.latest.default`, or pass the expression with `--toolchain`";
            return Err(self.wrong(message, help, key.value.span()));
        }
        let table = toml::Table::from_iter([(name.to_owned(), owned(key.value.get_ref()))]);
        toml::Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| {
                let message = format!("`{name}`: {}", error.message());
                self.wrong(message, SEE_DOCUMENTATION, key.value.span())
            })
    }

    /// Refuses options that don't go together.
    fn require_sound(self, merged: Options, at: Range<usize>) -> Result<(), ConfigError> {
        let checked = merged.checked().map(drop);
        checked.map_err(|error| self.wrong(error.to_string(), SEE_DOCUMENTATION, at))
    }

    /// Refuses an unknown key. `more` are known besides options.
    fn require_known(self, key: Key, more: &[&'static str]) -> Result<(), ConfigError> {
        let name = key.name.get_ref().as_ref();
        let keys: Vec<&str> = Options::KEYS.iter().chain(more).copied().collect();
        if keys.contains(&name) || Options::renamed(name).is_some() {
            return Ok(());
        }
        let help = match nearest(name, keys.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the keys are {}", keys.join(", ")),
        };
        let message = format!("unknown key `{}`", name.escape_debug());
        Err(self.wrong(message, &help, key.name.span()))
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
                let message = format!("`{path}` is outside the repository");
                return Err(self.wrong(message, "choose a file in the repository", at));
            }
        }
        Ok(path.to_owned())
    }

    fn no_toml(self, error: &TomlError) -> ConfigError {
        let message = format!("invalid TOML: {}", error.message);
        let help = "correct the file, which may contain the configuration";
        self.wrong(message, help, error.span.clone().unwrap_or_default())
    }

    pub(super) fn wrong(self, message: String, help: &str, at: Range<usize>) -> ConfigError {
        ConfigError {
            at: TextPlace::span(self.place, self.text, at),
            message,
            help: help.to_owned(),
        }
    }
}

/// A key in a table.
#[derive(Clone, Copy)]
struct Key<'a> {
    name: &'a Spanned<std::borrow::Cow<'a, str>>,
    value: &'a Spanned<DeValue<'a>>,
    table: &'a DeTable<'a>,
}

/// A value without the places in the text.
pub(super) fn owned(value: &DeValue) -> toml::Value {
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
        // No key has such a value: the error only names the type.
        DeValue::Integer(number) => {
            toml::Value::Integer(number.as_str().parse().unwrap_or_default())
        }
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().unwrap_or_default()),
        DeValue::Datetime(time) => toml::Value::Datetime(*time),
    }
}

/// Refuses a package that is to be built and to be taken from nixpkgs.
fn require_distinct(
    reader: Reader,
    prebuilt: &BTreeMap<String, Options>,
    packages: &BTreeMap<String, Options>,
    table: &DeTable,
) -> Result<(), ConfigError> {
    let mut names = prebuilt.keys();
    let Some(name) = names.find(|name| packages.contains_key(*name)) else {
        return Ok(());
    };
    let message = format!("`{name}` is in both `packages` and `prebuilt`");
    let help = "remove it from one of them: it is either built or taken from nixpkgs";
    let at = table.get("prebuilt").map_or(0..0, Spanned::span);
    Err(reader.wrong(message, help, at))
}

/// Reads the list: `"NAME"`, `"NAME=ATTR"`, or a table each.
fn prebuilt(reader: Reader, entries: &DeArray) -> Result<BTreeMap<String, Options>, ConfigError> {
    let help = "write `\"NAME\"`, `\"NAME=ATTR\"`, or `{ name = \"NAME\", attr = \"ATTR\", drop = [...] }`";
    let mut found = BTreeMap::new();
    for entry in entries {
        let wrong = |message: String| reader.wrong(message, help, entry.span());
        let form: PrebuiltForm = owned(entry.get_ref())
            .try_into()
            .map_err(|_| wrong("the package to take from nixpkgs is missing".to_owned()))?;
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
