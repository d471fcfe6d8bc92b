//! The types of values: each is valid from the moment it is read, and keeps
//! its spelling, which marks have.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use camino::{Utf8Component, Utf8Path};
use clap::{Arg, ArgAction, ArgMatches, ValueEnum};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::field::{Field, Names, OrEmpty, Word};
use crate::native::NativeTable;
use crate::nix::is_identifier;
use crate::project::PythonName;
use crate::target::Platform;

/// Where the package set has a package's source from, without the folder in
/// it: [`SourceKind`](crate::project::SourceKind) has that too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SourceWord {
    /// An sdist from a package index.
    Registry,
    /// A project of the workspace.
    Local,
    /// A git repository.
    Git,
    /// An archive at a URL.
    Url,
    /// A local sdist or wheel.
    Path,
}

/// The folder of a package in a git repository or an archive, below its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Subdirectory(String);

impl Subdirectory {
    pub fn as_path(&self) -> &Utf8Path {
        Utf8Path::new(&self.0)
    }
}

impl From<&Utf8Path> for Subdirectory {
    fn from(path: &Utf8Path) -> Self {
        Self(path.to_string())
    }
}

impl FromStr for Subdirectory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_below = |part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir);
        let mut parts = Utf8Path::new(text).components();
        if parts.all(is_below) && !text.contains(char::is_control) {
            return Ok(Self(text.to_owned()));
        }
        Err("not a folder in a repository or archive".to_owned())
    }
}

/// An attribute path below `pkgs`, which may be its first part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Attribute(String);

impl Attribute {
    /// Without `pkgs.`
    pub fn below_pkgs(&self) -> &str {
        self.0.strip_prefix("pkgs.").unwrap_or(&self.0)
    }
}

impl FromStr for Attribute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let attribute = Self(text.to_owned());
        if is_attribute_path(attribute.below_pkgs()) {
            return Ok(attribute);
        }
        Err("not an attribute path".to_owned())
    }
}

/// Whether a text is identifiers of Nix with dots between.
pub(super) fn is_attribute_path(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

/// The name of an environment variable, as shells allow it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct VariableName(String);

impl VariableName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VariableName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_number = text.starts_with(|c: char| c.is_ascii_digit());
        if !text.is_empty() && !is_number && text.chars().all(is_part) {
            return Ok(Self(text.to_owned()));
        }
        Err("not the name of a variable".to_owned())
    }
}

/// A library of which there are nixpkgs' copy and a crate's own, or all of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Library(String);

impl Library {
    /// What stands for all of them.
    const ALL: &str = "all";

    pub fn all() -> Self {
        Self(Self::ALL.to_owned())
    }

    /// Its name, unless all are meant.
    pub fn name(&self) -> Option<&str> {
        (self.0 != Self::ALL).then_some(&self.0)
    }
}

impl FromStr for Library {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = NativeTable::built_in().library.iter().map(|row| &*row.name);
        let known: Vec<_> = known.collect();
        if text == Self::ALL || known.contains(&text) {
            return Ok(Self(text.to_owned()));
        }
        let known = known.join(", ");
        Err(format!("expected one of {known}"))
    }
}

/// A dependency that is dropped: a package's name, or a prefix of names that
/// ends in `-`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DroppedName(String);

impl DroppedName {
    /// Normalised by PEP 503.
    pub fn normalized(&self) -> String {
        let name = PythonName::new(self.0.trim_end_matches('-'));
        let suffix = if self.0.ends_with('-') { "-" } else { "" };
        format!("{name}{suffix}")
    }
}

impl FromStr for DroppedName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if PythonName::new(text.trim_end_matches('-')).is_valid() {
            return Ok(Self(text.to_owned()));
        }
        let text = text.escape_debug();
        Err(format!(
            "`{text}` is neither a package name nor a prefix of one"
        ))
    }
}

/// Names that replace those of lower layers.
impl Field for Vec<DroppedName> {
    fn flags(flag: Arg, _names: Names) -> Vec<Arg> {
        let flag = flag.action(ArgAction::Append).value_delimiter(',');
        vec![flag.value_parser(OrEmpty(DroppedName::parser()))]
    }

    fn typed(matches: &ArgMatches, names: Names) -> Option<Self> {
        if !matches.contains_id(names.id) {
            return None;
        }
        let names = matches.get_many::<Option<DroppedName>>(names.id);
        let names = names.into_iter().flatten().flatten();
        // What is typed has no spelling to keep.
        Some(names.map(|name| DroppedName(name.normalized())).collect())
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": DroppedName::schema(generator) })
    }
}

/// The platforms to build for, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Platforms(Option<Vec<Platform>>);

impl Platforms {
    /// The platforms; nixpkgs' usual ones where none are named.
    pub fn or_default(platforms: Option<&Self>) -> BTreeSet<Platform> {
        let named = platforms.and_then(|platforms| platforms.0.as_ref());
        let named: BTreeSet<_> = named.into_iter().flatten().copied().collect();
        if named.is_empty() {
            Platform::DEFAULT.into()
        } else {
            named
        }
    }
}

/// Names that replace those of lower layers.
impl Field for Platforms {
    fn flags(flag: Arg, _names: Names) -> Vec<Arg> {
        let flag = flag.action(ArgAction::Append).value_delimiter(',');
        vec![flag.value_parser(OrEmpty(Platform::parser()))]
    }

    fn typed(matches: &ArgMatches, names: Names) -> Option<Self> {
        let typed = matches.get_many::<Option<Platform>>(names.id)?;
        let typed: BTreeSet<_> = typed.copied().flatten().collect();
        let is_default = typed.is_empty() || typed == Platform::DEFAULT.into();
        Some(Self((!is_default).then(|| typed.into_iter().collect())))
    }

    fn is_marked(&self) -> bool {
        self.0.is_some()
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": Platform::schema(generator) })
    }
}

/// A package of a lock that is taken from nixpkgs' Python packages, written as
/// `NAME` or `NAME=ATTR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrebuiltPackage {
    pub name: PythonName,
    /// Its attribute path below nixpkgs' Python packages.
    pub attr: String,
    spelled: String,
}

impl FromStr for PrebuiltPackage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, attr) = match text.split_once('=') {
            Some((name, attr)) => (PythonName::new(name), Some(attr.to_owned())),
            None => (PythonName::new(text), None),
        };
        if name.is_valid() && attr.as_deref().is_none_or(is_attribute_path) {
            return Ok(Self {
                attr: attr.unwrap_or_else(|| name.to_string()),
                name,
                spelled: text.to_owned(),
            });
        }
        Err(format!(
            "`{}` is not NAME, or NAME=ATTR with an attribute path in nixpkgs' Python packages",
            text.escape_debug()
        ))
    }
}

impl fmt::Display for PrebuiltPackage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl Serialize for PrebuiltPackage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.spelled)
    }
}

/// Typed as an argument of its own.
impl Field for PrebuiltPackage {}

/// Values that are read from text; the second part makes a message of the text
/// and what is wrong with it.
macro_rules! read_from_text {
    ($($type:ty: $told:expr),+ $(,)?) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let told: fn(&str, &str) -> String = $told;
                text.parse().map_err(|wrong: String| {
                    serde::de::Error::custom(told(&text.escape_debug().to_string(), &wrong))
                })
            }
        }
    )+};
}

read_from_text! {
    Attribute: |text, wrong| format!("`{text}` is {wrong}"),
    Subdirectory: |text, wrong| format!("`{text}` is {wrong}"),
    VariableName: |text, wrong| format!("`{text}` is {wrong}"),
    Library: |text, wanted| format!("unknown library `{text}`: {wanted}"),
    DroppedName: |_, wrong| wrong.to_owned(),
    PrebuiltPackage: |_, wrong| wrong.to_owned(),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid<T: FromStr>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }

    #[test]
    fn a_prebuilt_package_is_a_name_and_an_attribute() {
        let of = |text: &str| text.parse::<PrebuiltPackage>().unwrap();
        assert_eq!(
            (of("Torch").name.as_str(), &*of("Torch").attr),
            ("torch", "torch")
        );
        assert_eq!(of("torch=torchWithoutCuda").attr, "torchWithoutCuda");
        assert_eq!(of("Torch=a.b").to_string(), "Torch=a.b");
        for wrong in ["", "a=", "a=b c", "a=${x}", "a b", "a=b.", "-"] {
            assert!(!is_valid::<PrebuiltPackage>(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_dropped_name_is_a_name_or_a_prefix() {
        let of = |text: &str| text.parse::<DroppedName>().unwrap().normalized();
        assert_eq!((of("NVIDIA-"), of("a_b")), ("nvidia-".into(), "a-b".into()));
        for wrong in ["", "-", "a b", "_"] {
            assert!(!is_valid::<DroppedName>(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_subdirectory_is_below() {
        assert!(is_valid::<Subdirectory>("bindings/python"));
        for wrong in ["..", "a/../..", "/a", "a\nb"] {
            assert!(!is_valid::<Subdirectory>(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_attribute_path_may_begin_with_pkgs() {
        let of = |text: &str| text.parse::<Attribute>().map(|a| a.below_pkgs().to_owned());
        assert_eq!(of("pkgs.zlib"), Ok("zlib".to_owned()));
        assert_eq!(of("darwin.libiconv"), Ok("darwin.libiconv".to_owned()));
        for wrong in ["", "a; b", "a.", "pkgs.", "${x}"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_s_name_is_one_for_shells() {
        assert!(is_valid::<VariableName>("A_1"));
        for wrong in ["", "1A", "A-B", "A B", "Ä"] {
            assert!(!is_valid::<VariableName>(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_library_is_one_of_the_table() {
        assert!(is_valid::<Library>("zstd") && is_valid::<Library>("all"));
        let error = "sqlite9".parse::<Library>().unwrap_err();
        assert!(error.starts_with("expected one of "), "{error}");
    }
}
