//! How single values are typed.

use camino::Utf8PathBuf;
use clap::ValueEnum;
use clap::builder::EnumValueParser;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::field::{TextParser, Word};
use super::values::{Attribute, DroppedName, Library, SourceWord, Subdirectory, VariableName};
use crate::native::Choice;
use crate::nix::UserExpr;
use crate::python_lock::{Libc, Preference};
use crate::target::{Platform, Python};

/// Those with a form of their own.
macro_rules! texts {
    ($($type:ty: $parse:expr),+ $(,)?) => {$(
        impl Word for $type {
            type Parser = TextParser<Self>;

            fn parser() -> Self::Parser {
                $parse
            }

            fn schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    )+};
}

texts! {
    Attribute: str::parse,
    DroppedName: str::parse,
    Platform: str::parse,
    Python: str::parse,
    Subdirectory: str::parse,
    UserExpr: str::parse,
    Utf8PathBuf: |text| Ok(text.into()),
    (VariableName, String): variable,
}

/// Those that are one of a few names.
macro_rules! names {
    ($($type:ty),+ $(,)?) => {$(
        impl Word for $type {
            type Parser = EnumValueParser<Self>;

            fn parser() -> Self::Parser {
                EnumValueParser::new()
            }

            fn schema(generator: &mut SchemaGenerator) -> Schema {
                generator.subschema_for::<Self>()
            }
        }
    )+};
}

names!(Libc, Preference, SourceWord);

/// `--prefer [LIBRARY=]CHOICE`
impl Word for (Library, Choice) {
    type Parser = TextParser<Self>;

    fn parser() -> Self::Parser {
        preference
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Choice>()
    }
}

fn preference(text: &str) -> Result<(Library, Choice), String> {
    let (library, choice) = match text.split_once('=') {
        Some((library, choice)) => (Some(library), choice),
        None => (None, text),
    };
    let choice = Choice::from_str(choice, false).map_err(
        |_| "expected `system`, `bundled`, or LIBRARY=CHOICE, for example `zstd=bundled`",
    )?;
    let library = library.map(str::parse).transpose()?;
    Ok((library.unwrap_or_else(Library::all), choice))
}

/// `--env NAME=VALUE`
fn variable(text: &str) -> Result<(VariableName, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.parse()?, value.to_owned()))
}
