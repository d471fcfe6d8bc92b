//! Keys with one value.

use clap::{Arg, ArgMatches};
use schemars::{Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::field::{Field, Names, OrEmpty, Word};

/// What a layer says of a key with one value: the value, or that it is the
/// default again, whatever lower layers say. The latter is typed as an empty
/// value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Setting<T>(Option<T>);

impl<T> Setting<T> {
    pub const fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// The same with the value mapped.
    pub fn try_map<U, E>(self, to: impl FnOnce(T) -> Result<U, E>) -> Result<Setting<U>, E> {
        self.0.map(to).transpose().map(Setting)
    }
}

/// The value of a key that may be missing.
pub trait Chosen<T> {
    /// The value, unless the default counts.
    fn chosen(&self) -> Option<&T>;
}

impl<T> Chosen<T> for Option<Setting<T>> {
    fn chosen(&self) -> Option<&T> {
        self.as_ref()?.0.as_ref()
    }
}

impl<T: Word + Serialize + DeserializeOwned> Field for Setting<T> {
    fn flags(flag: Arg, _names: Names) -> Vec<Arg> {
        vec![flag.value_parser(OrEmpty(T::parser()))]
    }

    fn typed(matches: &ArgMatches, names: Names) -> Option<Self> {
        matches.get_one::<Option<T>>(names.id).cloned().map(Self)
    }

    fn is_marked(&self) -> bool {
        self.0.is_some()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}
