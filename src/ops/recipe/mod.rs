//! How a stanza is made: what a marker says, and the command line or the
//! configuration before it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Extra, Request, StanzaOptions};
use crate::error::Error;
use crate::native::{Choice, NativeTable, Preferences};
use crate::nix::{OwnExpr, is_identifier};
use crate::overlay::OverlayError;
use crate::project::SourceKind;
use crate::python_lock::{Libc, Preference};
use crate::target::Platform;

mod words;

pub use words::{ChoiceWord, SourceWord};

/// How a stanza is made. In a marker, paths are relative to the overlay's
/// folder; in the configuration, to its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Recipe {
    /// The project folder or sdist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub path: Option<Utf8PathBuf>,
    /// A `uv.lock` or `pylock.toml` that has the package, in the place of a
    /// path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub lock: Option<Utf8PathBuf>,
    /// The package of a lock that is taken from nixpkgs, as `NAME` or
    /// `NAME=ATTR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prebuilt: Option<String>,
    /// The dependencies that nixpkgs' build doesn't need, in the place of what
    /// we propose; a name that ends in `-` is a prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Vec<String>>,
    /// Whether another version in nixpkgs than in the lock is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// What a lock's packages are taken from where there is a choice: uv2nix'
    /// `sourcePreference` (default: wheel).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_preference: Option<Preference>,
    /// The C library of the Linux that is built for (default: glibc).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libc: Option<Libc>,
    /// Whether a lock's packages that are wheels have stanzas, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// Where the package set has the source from; told by `uv.lock` or the
    /// project if it isn't given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceWord>,
    /// The package's folder in a git repository or an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub subdirectory: Option<Utf8PathBuf>,
    /// One of several folders that cargo builds in, relative to the source
    /// root.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub cargo_root: Option<Utf8PathBuf>,
    /// A lock to take in the place of the source's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub lock_file: Option<Utf8PathBuf>,
    /// Whether cargo makes a lock that is missing or doesn't fit; it is kept
    /// beside the overlay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_lock: Option<bool>,
    /// The `CPython` to build for, such as `3.13`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The platforms to build for, by Nix's names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platforms: Option<Vec<String>>,
    /// Whose copies of libraries are linked, by their names; `all` for those
    /// that aren't named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prefer: BTreeMap<String, ChoiceWord>,
    /// Whether the lock lies beside the overlay, so that nothing is imported
    /// from a derivation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_ifd: Option<bool>,
    /// A Nix expression for a toolchain with cargo and rustc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolchain: Option<String>,
    /// Whether comments say why an input is there (default: true).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<bool>,
    /// Further libraries, as attribute paths below `pkgs`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub build_inputs: BTreeSet<String>,
    /// Further programs, likewise.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub native_build_inputs: BTreeSet<String>,
    /// Further environment variables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

/// The key that stands for all libraries in `prefer`.
const ALL: &str = "all";

impl Recipe {
    /// The names of its keys.
    pub const KEYS: [&str; 22] = [
        "path",
        "lock",
        "prebuilt",
        "drop",
        "strict",
        "source-preference",
        "libc",
        "all",
        "source",
        "subdirectory",
        "cargo-root",
        "lock-file",
        "generate-lock",
        "python",
        "platforms",
        "prefer",
        "no-ifd",
        "toolchain",
        "comments",
        "build-inputs",
        "native-build-inputs",
        "env",
    ];

    /// This recipe, with what `default` says where it says nothing.
    #[must_use]
    pub fn over(self, default: &Self) -> Self {
        let default = default.clone();
        let mut prefer = default.prefer;
        prefer.extend(self.prefer);
        let mut env = default.env;
        env.extend(self.env);
        Self {
            lock: self.lock.or(default.lock.filter(|_| self.path.is_none())),
            path: self.path.or(default.path),
            prebuilt: self.prebuilt.or(default.prebuilt),
            drop: self.drop.or(default.drop),
            strict: self.strict.or(default.strict),
            source_preference: self.source_preference.or(default.source_preference),
            libc: self.libc.or(default.libc),
            all: self.all.or(default.all),
            source: self.source.or(default.source),
            subdirectory: self.subdirectory.or(default.subdirectory),
            cargo_root: self.cargo_root.or(default.cargo_root),
            lock_file: self.lock_file.or(default.lock_file),
            generate_lock: self.generate_lock.or(default.generate_lock),
            python: self.python.or(default.python),
            platforms: self.platforms.or(default.platforms),
            prefer,
            no_ifd: self.no_ifd.or(default.no_ifd),
            toolchain: self.toolchain.or(default.toolchain),
            comments: self.comments.or(default.comments),
            build_inputs: &self.build_inputs | &default.build_inputs,
            native_build_inputs: &self.native_build_inputs | &default.native_build_inputs,
            env,
        }
    }

    /// The same with paths as they are from another folder, for which `to`
    /// translates them.
    ///
    /// # Errors
    /// Where `to` fails.
    pub fn moved<E>(mut self, to: impl Fn(&Utf8Path) -> Result<Utf8PathBuf, E>) -> Result<Self, E> {
        let paths = [&mut self.path, &mut self.lock, &mut self.lock_file];
        for path in paths.into_iter().flatten() {
            *path = to(path)?;
        }
        Ok(self)
    }

    /// The same with other paths.
    #[must_use]
    pub fn with_paths(self, to: impl Fn(&Utf8Path) -> Utf8PathBuf) -> Self {
        let Ok(recipe) = self.moved(|path| Ok::<_, Infallible>(to(path)));
        recipe
    }

    /// As a marker has it: JSON, in which no line can end.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What is asked for.
    ///
    /// # Errors
    /// Names what isn't understood, and the place that it stands in.
    pub fn asked(&self, place: &str) -> Result<(Request, StanzaOptions), Error> {
        let wrong = |message| OverlayError::Recipe {
            place: place.to_owned(),
            message,
        };
        let request = self.request().map_err(wrong)?;
        Ok((request, self.options().map_err(wrong)?))
    }

    /// What is asked for, by this recipe.
    ///
    /// # Errors
    /// Names what isn't understood.
    pub fn request(&self) -> Result<Request, String> {
        Ok(Request {
            path: self.path.clone().unwrap_or_else(|| ".".into()),
            python_minor: self.python.as_deref().map(minor).transpose()?,
            platforms: self.platforms()?,
            cargo_root: self.cargo_root.clone(),
            lock_file: self.lock_file.clone(),
            generate_lock: self.generate_lock.unwrap_or_default(),
            preferences: self.preferences()?,
            ..Request::default()
        })
    }

    /// How its stanza is written.
    ///
    /// # Errors
    /// Names what isn't understood.
    pub fn options(&self) -> Result<StanzaOptions, String> {
        let toolchain = self.toolchain.as_deref().map(str::parse::<OwnExpr>);
        let folder = || self.subdirectory.clone();
        let source = self.source.map(|word| match word {
            SourceWord::Registry => SourceKind::Registry,
            SourceWord::Local => SourceKind::Local,
            SourceWord::Git => SourceKind::Git(folder()),
            SourceWord::Url => SourceKind::Url(folder()),
            SourceWord::Path => SourceKind::Path,
        });
        if let (
            Some(folder),
            None | Some(SourceKind::Registry | SourceKind::Local | SourceKind::Path),
        ) = (&self.subdirectory, &source)
        {
            return Err(format!(
                "`{folder}`: a subdirectory goes with a source that is `git` or `url`"
            ));
        }
        if let Some(folder) = self.subdirectory.as_deref().filter(|f| !is_below(f)) {
            let folder = folder.as_str().escape_debug();
            return Err(format!(
                "`{folder}` is no folder of a repository or archive"
            ));
        }
        Ok(StanzaOptions {
            source,
            no_ifd: self.no_ifd.unwrap_or_default(),
            toolchain: toolchain
                .transpose()
                .map_err(|error| format!("toolchain: {error}"))?,
            no_comments: self.comments == Some(false),
            extra: Extra {
                build_inputs: attributes(&self.build_inputs)?,
                native_build_inputs: attributes(&self.native_build_inputs)?,
                env: variables(&self.env)?,
            },
        })
    }

    fn platforms(&self) -> Result<BTreeSet<Platform>, String> {
        let names = self.platforms.iter().flatten();
        let told = |name: &String| {
            platform(name).map_err(|known| format!("`{name}` is no platform: it has to be {known}"))
        };
        names.map(told).collect()
    }

    fn preferences(&self) -> Result<Preferences, String> {
        let mut preferences = Preferences::default();
        for (library, choice) in &self.prefer {
            let choice = match choice {
                ChoiceWord::System => Choice::System,
                ChoiceWord::Bundled => Choice::Bundled,
            };
            if library == ALL {
                preferences.all = Some(choice);
                continue;
            }
            require_library(library)
                .map_err(|known| format!("`{library}` is no {}", known.trim_start_matches("a ")))?;
            preferences.libraries.insert(library.clone(), choice);
        }
        Ok(preferences)
    }
}

fn minor(text: &str) -> Result<u8, String> {
    let told = |known: String| format!("`{text}` is no {}", known.trim_start_matches("a "));
    python_minor(text).map_err(told)
}

/// The minor version of a `CPython` such as `3.13`.
///
/// # Errors
/// Says what it has to be.
pub fn python_minor(text: &str) -> Result<u8, String> {
    let minor = text.strip_prefix("3.");
    // The build without a global lock.
    let minor = minor.map(|minor| minor.strip_suffix('t').unwrap_or(minor));
    let minor = minor.and_then(|minor| minor.parse().ok());
    let minor = minor.filter(|minor| *minor >= 7);
    minor.ok_or_else(|| "a CPython from 3.7 on, as in `3.13`".to_owned())
}

/// A platform, by Nix's name or rustc's.
///
/// # Errors
/// Lists those that are known.
pub fn platform(text: &str) -> Result<Platform, String> {
    Platform::from_name(text).ok_or_else(|| {
        let names = Platform::ALL.map(Platform::system);
        format!("one of {}", names.join(", "))
    })
}

/// Refuses a library that nothing is to choose of.
///
/// # Errors
/// Lists those that are known.
pub fn require_library(name: &str) -> Result<(), String> {
    let known = NativeTable::built_in().library.iter().map(|row| &*row.name);
    let known: Vec<_> = known.collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(format!("a library to choose: one of {}", known.join(", ")))
}

/// Whether a path leads to something below, and nowhere else.
pub(super) fn is_below(path: &Utf8Path) -> bool {
    path.components()
        .all(|part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir))
        && !path.as_str().chars().any(char::is_control)
}

/// Attribute paths below `pkgs`, which may stand before them.
fn attributes(paths: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let paths = paths.iter().map(|path| {
        let below = path.strip_prefix("pkgs.").unwrap_or(path);
        if below.split('.').all(is_identifier) {
            Ok(below.to_owned())
        } else {
            Err(format!("`{}` is no attribute path", path.escape_debug()))
        }
    });
    paths.collect()
}

fn variables(env: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let is_name = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match env.keys().find(|name| !is_name(name)) {
        Some(name) => Err(format!("`{}` is no variable's name", name.escape_debug())),
        None => Ok(env.clone()),
    }
}
