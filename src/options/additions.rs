//! Keys with several values that add up.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgAction, ArgMatches};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::field::{Field, Names, OrEmpty, Word};
use super::values::{Attribute, Library, VariableName};
use crate::native::Choice;

/// A list or a table that is added to those of lower layers. An empty value
/// among those that are typed drops theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Additions<C> {
    pub values: C,
    #[serde(skip)]
    drops_lower: bool,
}

/// What values are added to.
pub trait Collection:
    Default
    + Extend<Self::Word>
    + IntoIterator<Item = Self::Word>
    + PartialEq
    + Serialize
    + DeserializeOwned
{
    /// What one flag adds.
    type Word: Word;

    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

impl Collection for BTreeSet<Attribute> {
    type Word = Attribute;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let item = Attribute::schema(generator);
        json_schema!({ "type": "array", "items": item, "uniqueItems": true })
    }
}

impl Collection for BTreeMap<VariableName, String> {
    type Word = (VariableName, String);

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        table(&Self::Word::schema(generator))
    }
}

impl Collection for BTreeMap<Library, Choice> {
    type Word = (Library, Choice);

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        table(&Self::Word::schema(generator))
    }
}

/// A table with values of that schema.
fn table(value: &Schema) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": value })
}

impl<C: Collection> Field for Additions<C> {
    fn flags(flag: Arg, _names: Names) -> Vec<Arg> {
        let flag = flag.action(ArgAction::Append);
        vec![flag.value_parser(OrEmpty(C::Word::parser()))]
    }

    fn typed(matches: &ArgMatches, names: Names) -> Option<Self> {
        let mut typed = Self::default();
        for word in matches.get_many::<Option<C::Word>>(names.id)? {
            match word {
                Some(word) => typed.values.extend([word.clone()]),
                None => typed.drops_lower = true,
            }
        }
        Some(typed)
    }

    fn over(self, lower: Self) -> Self {
        if self.drops_lower {
            return self;
        }
        let mut values = lower.values;
        values.extend(self.values);
        Self {
            values,
            drops_lower: lower.drops_lower,
        }
    }

    fn is_marked(&self) -> bool {
        self.values != C::default()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        C::schema(generator)
    }
}
