//! The keys, in the order in which marks have them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::additions::Additions;
use super::error::UnusedSubdirectory;
use super::field::{Field, Names};
use super::setting::{Chosen, Setting};
use super::values::{
    Attribute, DroppedName, Library, Platforms, PrebuiltPackage, SourceWord, Subdirectory,
    VariableName,
};
use crate::native::{Choice, Preferences};
use crate::nix::UserExpr;
use crate::project::SourceKind;
use crate::python_index::Release;
use crate::python_lock::{Libc, Preference};
use crate::target::{Platform, Python};

/// Makes the groups of keys, and [`Options`] of them. The text of a key is its
/// flag's help, and its description in the schema. `or` has the name that a key
/// had before, which marks keep; behind the type is what its flag has besides
/// name and help.
macro_rules! keys {
    (@names $key:literal $name:ident) => {
        Names {
            key: $key,
            id: stringify!($name),
            no_key: concat!("no-", $key),
            not_id: concat!("not_", stringify!($name)),
        }
    };
    ($(
        $(#[doc = $group_text:literal])+
        $group:ident: $Group:ident {$(
            $(#[doc = $text:literal])+
            $key:literal $(or $old:literal)? => $name:ident: $type:ty $(, $flag:expr)?;
        )+}
    )+) => {
        $(
            $(#[doc = $group_text])+
            #[derive(Debug, Clone, Default, PartialEq, Eq)]
            pub struct $Group {
                $( $(#[doc = $text])+ pub $name: Option<$type>, )+
            }

            impl $Group {
                fn over(self, lower: Self) -> Self {
                    Self { $( $name: merged(self.$name, lower.$name), )+ }
                }
            }

            impl Args for $Group {
                fn augment_args(command: Command) -> Command {
                    $(
                        let names = keys!(@names $key $name);
                        let arg = flag(names, &[$($text),+]);
                        $( let arg = changed(arg, $flag); )?
                        let command = command.args(<$type>::flags(arg, names));
                    )+
                    command
                }

                fn augment_args_for_update(command: Command) -> Command {
                    Self::augment_args(command)
                }
            }

            impl FromArgMatches for $Group {
                fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                    Ok(Self { $( $name: <$type>::typed(matches, keys!(@names $key $name)), )+ })
                }

                fn update_from_arg_matches(
                    &mut self,
                    matches: &ArgMatches,
                ) -> Result<(), clap::Error> {
                    *self = Self::from_arg_matches(matches)?.over(self.clone());
                    Ok(())
                }
            }
        )+

        /// A layer of options. In a mark, paths are relative to the overlay's
        /// folder; in the configuration, to its own; else to the working
        /// folder.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Options {
            $( $(#[doc = $group_text])+ pub $group: $Group, )+
        }

        impl Options {
            /// The keys.
            pub const KEYS: &[&str] = &[$($($key),+),+];

            /// The key that had this name before.
            pub fn renamed(old: &str) -> Option<&'static str> {
                match old {
                    $($( $( $old => Some($key), )? )+)+
                    _ => None,
                }
            }

            /// This layer over a lower one, key by key.
            pub(super) fn merged(self, lower: Self) -> Self {
                Self { $( $group: self.$group.over(lower.$group), )+ }
            }

            /// Reads the value of a key; `false` where there is no such key.
            fn read<'de, M: MapAccess<'de>>(
                &mut self,
                key: &str,
                map: &mut M,
            ) -> Result<bool, M::Error> {
                match key {
                    $($( $key $(| $old)? => self.$group.$name = map.next_value()?, )+)+
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }

        /// As marks have it: with each key's first name.
        impl Serialize for Options {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $($(
                    let value = self.$group.$name.as_ref();
                    if let Some(value) = value.filter(|value| value.is_marked()) {
                        let [name, ..] = [$($old,)? $key];
                        map.serialize_entry(name, value)?;
                    }
                )+)+
                map.end()
            }
        }

        impl JsonSchema for Options {
            fn schema_name() -> Cow<'static, str> {
                "Options".into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let properties = [$($(
                    ($key, described(<$type>::schema(generator), &[$($text),+])),
                )+)+];
                json_schema!({ "type": "object", "properties": BTreeMap::from(properties) })
            }
        }
    };
}

keys! {
    /// What a stanza is made from.
    input: InputOptions {
        /// The project folder or sdist.
        "path" => path: Utf8PathBuf;
        /// An sdist to fetch, instead of a path: `NAME==VERSION` from the index
        /// that uv and pip are configured with, or an https URL.
        "sdist" => sdist: Release;
        /// A `uv.lock` or `pylock.toml` that has the package, instead of a path.
        "uv-lock" or "lock" => uv_lock: Utf8PathBuf;
    }

    /// What is taken from nixpkgs.
    nixpkgs: NixpkgsOptions {
        /// The package of a lockfile that is taken from nixpkgs, as `NAME` or
        /// `NAME=ATTR`.
        "prebuilt" => prebuilt: PrebuiltPackage;
        /// Comma-separated dependencies to drop with --prebuilt; a name that ends in
        /// `-` is a prefix [default: those that nixpkgs' build doesn't need]
        "drop" => drop: Vec<DroppedName>,
            |flag| flag.value_name("LIST").requires("prebuilt");
        /// Make it an error if nixpkgs has another version than the lockfile
        "strict" => strict: bool, |flag| flag.requires("prebuilt");
    }

    /// The environments of a lock.
    environment: EnvironmentOptions {
        /// Prefer wheels or sdists of packages that have both [default: the
        /// preference in the configuration, else wheel]
        "source-preference" => source_preference: Setting<Preference>,
            |flag| flag.value_name("KIND");
        /// C library to build for on Linux [default: glibc]
        "libc" => libc: Setting<Libc>, |flag| flag.value_name("LIBC");
        /// Also write overrides for packages with Rust that have wheels
        ///
        /// These overrides have no effect until a setting makes the package set use
        /// the sdist. The sdists are fetched.
        "all" => all: bool;
        /// Only write overrides for packages with Rust
        ///
        /// Other packages that are built from source must get their build system
        /// elsewhere.
        "rust-only" => rust_only: bool;
    }

    /// Where the package set has a package from.
    source: SourceOptions {
        /// Where the package set has the package from [default: the source in the
        /// uv.lock above the overlay, else local for a folder and registry for an
        /// sdist]
        "source" => source: Setting<SourceWord>, |flag| flag.value_name("KIND");
        /// Folder of the package in its git repository or archive
        "subdirectory" => subdirectory: Setting<Subdirectory>, |flag| flag.value_name("DIR");
    }

    /// The Rust side of a project.
    rust: RustOptions {
        /// Folder of the Cargo workspace, relative to the source root, if there are
        /// several
        "cargo-root" => cargo_root: Setting<Utf8PathBuf>, |flag| flag.value_name("DIR");
        /// Use this file instead of the source's Cargo.lock
        "cargo-lock" or "lock-file" => cargo_lock: Setting<Utf8PathBuf>,
            |flag| flag.long("lock-file").visible_alias("cargo-lock").value_name("FILE");
    }

    /// Locks that cargo makes.
    generate: GenerateOptions {
        /// Generate a missing Cargo.lock, or update one that doesn't match the manifests
        ///
        /// Cargo runs in a temporary folder with only the manifests. The Cargo.lock is
        /// saved next to FILE as NAME.lock, reused by later runs, and added to the
        /// build.
        "generate-lock" => generate_lock: bool, |flag| flag.requires("write");
    }

    /// What a package is built for.
    target: TargetOptions {
        /// CPython to build for, such as 3.13 [default: chosen from the uv.lock, else
        /// the newest that the project supports]
        ///
        /// In a project with a uv.lock, the default is the version in
        /// .python-version, else nixpkgs' default, or the newest that the project
        /// and its wheels support.
        "python" => python: Setting<Python>, |flag| flag.value_name("VERSION");
        /// Comma-separated platforms to build for [default:
        /// aarch64-darwin,aarch64-linux,x86_64-linux]
        ///
        /// Known platforms are aarch64-darwin, aarch64-linux, x86_64-darwin and
        /// x86_64-linux. The target triples of rustc are accepted, too.
        "platforms" => platforms: Platforms,
            |flag| flag.value_name("LIST").visible_alias("platform");
        /// Link nixpkgs' libraries (`system`) or the copies in the crates
        /// (`bundled`) [default: as most packages in nixpkgs do]
        ///
        /// Applies to all libraries that support both, or to one: `--prefer
        /// zstd=bundled`. Can be used several times.
        "prefer" => prefer: Additions<BTreeMap<Library, Choice>>,
            |flag| flag.value_name("[LIBRARY=]CHOICE");
    }

    /// How a stanza is written.
    stanza: StanzaOptions {
        /// Save Cargo.lock next to the overlay, to avoid import from derivation
        "no-ifd" => no_ifd: bool;
        /// Nix expression for a Rust toolchain to build with, such as one of
        /// rust-overlay or fenix
        "toolchain" => toolchain: Setting<UserExpr>, |flag| flag.value_name("EXPR");
        /// Whether comments show why an input is needed (default: true).
        "comments" => comments: bool, |flag| {
            let help = "Omit the comments that show why an input is needed";
            flag.long("no-comments").help(help)
        };
    }

    /// What is wanted besides what is found.
    extra: ExtraOptions {
        /// Add libraries, as comma-separated attribute paths below `pkgs`
        ///
        /// An empty LIST removes those in the configuration.
        "build-inputs" => build_inputs: Additions<BTreeSet<Attribute>>,
            |flag| flag.value_name("LIST").value_delimiter(',');
        /// Add build tools, as comma-separated attribute paths below `pkgs`
        ///
        /// An empty LIST removes those in the configuration.
        "native-build-inputs" => native_build_inputs: Additions<BTreeSet<Attribute>>,
            |flag| flag.value_name("LIST").value_delimiter(',');
        /// Set an environment variable of the build
        ///
        /// Can be used several times. An empty value removes those in the
        /// configuration.
        "env" => env: Additions<BTreeMap<VariableName, String>>,
            |flag| flag.value_name("NAME=VALUE");
    }
}

/// What decides: a value of the upper layer, over one of the lower.
fn merged<T: Field>(upper: Option<T>, lower: Option<T>) -> Option<T> {
    match (upper, lower) {
        (Some(upper), Some(lower)) => Some(upper.over(lower)),
        (upper, lower) => upper.or(lower),
    }
}

/// The flag of a key. Help is the text's first paragraph, long help all of it.
fn flag(names: Names, text: &[&str]) -> Arg {
    let mut paragraphs = vec![String::new()];
    for line in text.iter().map(|line| line.trim()) {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => {
                let space = if last.is_empty() { "" } else { " " };
                last.push_str(space);
                last.push_str(line);
            }
            _ => paragraphs.push(String::new()),
        }
    }
    let flag = Arg::new(names.id).long(names.key);
    let flag = match &paragraphs[..] {
        [_, _, ..] => flag.long_help(paragraphs.join("\n\n")),
        _ => flag,
    };
    flag.help(paragraphs.swap_remove(0))
}

/// Helps to infer the type of a closure.
fn changed(flag: Arg, change: impl FnOnce(Arg) -> Arg) -> Arg {
    change(flag)
}

/// A schema with a description: the text's first paragraph, as the others are
/// about the flag.
fn described(mut schema: Schema, text: &[&str]) -> Schema {
    let lines = text.iter().map(|line| line.trim());
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    schema.insert("description".to_owned(), lines.join(" ").into());
    schema
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Options;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a table of options")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Options, M::Error> {
                let mut options = Options::default();
                while let Some(key) = map.next_key::<String>()? {
                    if !options.read(&key, &mut map)? {
                        let key = key.escape_debug();
                        return Err(de::Error::custom(format!("unknown key `{key}`")));
                    }
                }
                Ok(options)
            }
        }

        deserializer.deserialize_map(Keys)
    }
}

impl InputOptions {
    /// What an argument or a text of the configuration names: a release, an
    /// address, or else a path.
    pub fn named(text: &str) -> Self {
        let sdist = Release::parse(text);
        Self {
            path: sdist.is_none().then(|| text.into()),
            sdist,
            uv_lock: None,
        }
    }

    /// Whether a source is named, and not a lock alone.
    pub const fn has_source(&self) -> bool {
        self.path.is_some() || self.sdist.is_some()
    }

    /// Returns the name of the source for people; empty if there is none.
    pub fn shown(&self) -> String {
        match (&self.sdist, &self.path) {
            (Some(sdist), _) => sdist.shown(),
            (None, path) => path.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Options {
    /// A lock of Python packages, and what they are built for.
    pub fn of_lock(path: Utf8PathBuf, target: TargetOptions) -> Self {
        Self {
            input: InputOptions {
                uv_lock: Some(path),
                ..InputOptions::default()
            },
            target,
            ..Self::default()
        }
    }

    /// This layer over a lower one.
    #[must_use]
    pub fn over(self, mut lower: Self) -> Self {
        // A package of a lock and a path are two things to make a stanza from.
        if self.input.has_source() {
            lower.input = InputOptions::default();
        }
        // The folder is one of the source that the same layer names, or a lower
        // one.
        if self.source.source.is_some() && !has_folders(self.source.source.chosen()) {
            lower.source.subdirectory = None;
        }
        self.merged(lower)
    }

    /// Merged options, if they make sense together.
    ///
    /// # Errors
    /// Where a subdirectory goes with no source.
    pub fn checked(self) -> Result<Self, UnusedSubdirectory> {
        match self.source.subdirectory.chosen() {
            Some(folder) if !has_folders(self.source.source.chosen()) => Err(UnusedSubdirectory {
                folder: folder.as_path().to_owned(),
            }),
            _ => Ok(self),
        }
    }

    /// The same with other paths, as `to` has them.
    ///
    /// # Errors
    /// Where `to` fails.
    pub fn try_with_paths<E>(
        mut self,
        to: impl Fn(&Utf8Path) -> Result<Utf8PathBuf, E>,
    ) -> Result<Self, E> {
        for path in [&mut self.input.path, &mut self.input.uv_lock] {
            *path = path.take().map(|path| to(&path)).transpose()?;
        }
        let cargo_lock = self.rust.cargo_lock;
        let cargo_lock = cargo_lock.map(|path| path.try_map(|path| to(&path)));
        self.rust.cargo_lock = cargo_lock.transpose()?;
        Ok(self)
    }

    /// The same with other paths, as `to` has them.
    #[must_use]
    pub fn with_paths(self, to: impl Fn(&Utf8Path) -> Utf8PathBuf) -> Self {
        let Ok(options) = self.try_with_paths(|path| Ok::<_, std::convert::Infallible>(to(path)));
        options
    }

    /// As a mark has it: JSON on one line.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether the stanza is that of a package of a lock, and not of a path.
    pub const fn is_of_lock(&self) -> bool {
        let input = &self.input;
        input.uv_lock.is_some() && !input.has_source() && self.nixpkgs.prebuilt.is_none()
    }

    /// The platforms to build for.
    pub fn platforms(&self) -> BTreeSet<Platform> {
        Platforms::or_default(self.target.platforms.as_ref())
    }

    /// The minor version of Python 3 to build for.
    pub fn python_minor(&self) -> Option<u8> {
        self.target.python.chosen().map(|python| python.minor)
    }

    /// Whose copies of libraries are linked.
    pub fn preferences(&self) -> Preferences {
        let mut preferences = Preferences::default();
        let prefer = self.target.prefer.as_ref();
        for (library, &choice) in prefer.into_iter().flat_map(|prefer| &prefer.values) {
            match library.name() {
                Some(name) => {
                    preferences.libraries.insert(name.to_owned(), choice);
                }
                None => preferences.all = Some(choice),
            }
        }
        preferences
    }

    /// A lock to take in the place of the source's.
    pub fn cargo_lock(&self) -> Option<&Utf8Path> {
        self.rust.cargo_lock.chosen().map(Utf8PathBuf::as_path)
    }

    /// The folder that cargo builds in, where there are several.
    pub fn cargo_root(&self) -> Option<&Utf8Path> {
        self.rust.cargo_root.chosen().map(Utf8PathBuf::as_path)
    }

    /// Where the package set has the package from, if that is said.
    pub fn source_kind(&self) -> Option<SourceKind> {
        let folder = self.source.subdirectory.chosen();
        let folder = folder.map(|folder| folder.as_path().to_owned());
        Some(match self.source.source.chosen()? {
            SourceWord::Registry => SourceKind::Registry,
            SourceWord::Local => SourceKind::Local,
            SourceWord::Git => SourceKind::Git(folder),
            SourceWord::Url => SourceKind::Url(folder),
            SourceWord::Path => SourceKind::Path,
        })
    }

    /// Whether the comments that say why something is there are left out.
    pub fn no_comments(&self) -> bool {
        self.stanza.comments == Some(false)
    }

    /// Whether packages without Rust get no stanza.
    pub fn rust_only(&self) -> bool {
        self.environment.rust_only.unwrap_or_default()
    }

    /// Whether a lock lies beside the overlay, so that nothing is imported from
    /// a derivation.
    pub fn no_ifd(&self) -> bool {
        self.stanza.no_ifd.unwrap_or_default()
    }
}

impl From<SourceKind> for SourceOptions {
    fn from(kind: SourceKind) -> Self {
        let word = match kind {
            SourceKind::Registry => SourceWord::Registry,
            SourceKind::Local => SourceWord::Local,
            SourceKind::Git(_) => SourceWord::Git,
            SourceKind::Url(_) => SourceWord::Url,
            SourceKind::Path => SourceWord::Path,
        };
        let folder = kind.subdirectory().map(Subdirectory::from);
        Self {
            source: Some(Setting::new(word)),
            subdirectory: folder.map(Setting::new),
        }
    }
}

/// Whether a package may be in a folder of such a source.
const fn has_folders(source: Option<&SourceWord>) -> bool {
    matches!(source, Some(SourceWord::Git | SourceWord::Url))
}
