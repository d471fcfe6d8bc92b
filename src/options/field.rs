//! What the type of a key has to know.

use camino::Utf8PathBuf;
use clap::builder::TypedValueParser;
use clap::{Arg, ArgAction, ArgMatches};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::python_index::Release;

/// What a key is called.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// In the configuration, and as a flag.
    pub key: &'static str,
    /// For clap.
    pub id: &'static str,
    /// The key with `no-` before it.
    pub no_key: &'static str,
    /// The identifier of the flag that says no.
    pub not_id: &'static str,
}

/// The type of a key: how its value is typed, merged, and described. Reading
/// and writing it is serde's part.
pub trait Field: Sized + Serialize + DeserializeOwned {
    /// The arguments that it is typed with; none where it has no flag. `flag`
    /// has the key's names, and its help.
    fn flags(_flag: Arg, _names: Names) -> Vec<Arg> {
        Vec::new()
    }

    /// What was typed, if anything was.
    fn typed(_matches: &ArgMatches, _names: Names) -> Option<Self> {
        None
    }

    /// This value of one layer over that of a lower one.
    #[must_use]
    fn over(self, _lower: Self) -> Self {
        self
    }

    /// Whether marks have it. A value that means the same as none has no place
    /// there.
    fn is_marked(&self) -> bool {
        true
    }

    /// Its schema in the configuration.
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

/// Typed as an argument of its own.
impl Field for Utf8PathBuf {}

/// Likewise.
impl Field for Release {}

/// Typed with a pair of flags, of which the last one counts: that of the key
/// and its opposite, `--all` and `--no-all`, or `--no-ifd` and `--ifd`. Help
/// shows the one that `flag` has.
impl Field for bool {
    fn flags(flag: Arg, names: Names) -> Vec<Arg> {
        let Names {
            key,
            id,
            no_key,
            not_id,
        } = names;
        let (shown, hidden, other) = if flag.get_long() == Some(key) {
            (id, not_id, key.strip_prefix("no-").unwrap_or(no_key))
        } else {
            (not_id, id, key)
        };
        let flag = flag.id(shown).action(ArgAction::SetTrue);
        let other = Arg::new(hidden).long(other).action(ArgAction::SetTrue);
        vec![
            flag.overrides_with(hidden),
            other.overrides_with(shown).hide(true),
        ]
    }

    fn typed(matches: &ArgMatches, names: Names) -> Option<Self> {
        let no = matches.get_flag(names.not_id).then_some(false);
        matches.get_flag(names.id).then_some(true).or(no)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }
}

/// One value of a flag.
pub trait Word: Clone + Send + Sync + 'static {
    type Parser: TypedValueParser<Value = Self>;

    fn parser() -> Self::Parser;

    /// Its schema in the configuration.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// Reads a value from text, or says what it has to be.
pub type TextParser<T> = fn(&str) -> Result<T, String>;

/// Reads a value of a flag; none where it is empty.
#[derive(Clone)]
pub struct OrEmpty<P>(pub P);

impl<P: TypedValueParser> TypedValueParser for OrEmpty<P> {
    type Value = Option<P::Value>;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Self::Value, clap::Error> {
        if value.is_empty() {
            return Ok(None);
        }
        self.0.parse_ref(command, arg, value).map(Some)
    }

    fn possible_values(
        &self,
    ) -> Option<Box<dyn Iterator<Item = clap::builder::PossibleValue> + '_>> {
        self.0.possible_values()
    }
}
