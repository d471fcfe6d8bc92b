//! What the parsers of both formats share.

use std::collections::HashMap;
use std::ops::Range;

use camino::Utf8PathBuf;
use pep508_rs::MarkerTree;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::error::PythonLockError;
use super::model::{Artifact, ArtifactPlace, LockedPackage};
use super::wheel::WheelName;
use crate::pep508::parse_marker;
use crate::project::PythonName;
use crate::text_place::TextPlace;
use crate::toml_text::{parse_lock, span_of};

/// How much of a marker a message shows, in characters.
const MAX_SHOWN: usize = 200;

/// A lockfile that is being parsed.
pub(super) struct Reader<'a> {
    place: &'a str,
    text: &'a str,
    /// Markers that were parsed; most are in many entries.
    markers: HashMap<String, MarkerTree>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(place: &'a str, text: &'a str) -> Self {
        Self {
            place,
            text,
            markers: HashMap::new(),
        }
    }

    /// Parses the whole file as one type.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, PythonLockError> {
        parse_lock(self.text).map_err(|error| PythonLockError::Syntax {
            at: TextPlace::span_or_file(self.place, self.text, error.span),
            message: error.message,
        })
    }

    /// Returns the place of a part of the file, in bytes.
    fn at(&self, part: Range<usize>) -> TextPlace {
        TextPlace::span(self.place, self.text, part)
    }

    /// Converts the entries. An error names the entry and its line.
    pub(super) fn entries<T>(
        &mut self,
        entries: Vec<Spanned<T>>,
        name: impl Fn(&T) -> &str,
        convert: impl Fn(T, PythonName, &mut Self) -> Result<LockedPackage, String>,
    ) -> Result<Vec<LockedPackage>, PythonLockError> {
        let entries = entries.into_iter().map(|entry| {
            let span = entry.span();
            let entry = entry.into_inner();
            let package = name(&entry).escape_debug().to_string();
            let normalized = PythonName::new(name(&entry));
            let converted = if normalized.is_valid() {
                convert(entry, normalized, self)
            } else {
                Err("is not a valid package name".to_owned())
            };
            converted.map_err(|message| PythonLockError::Entry {
                at: self.at(span),
                package,
                message,
            })
        });
        entries.collect()
    }

    /// Returns the error for a table of uv before 0.3.
    pub(super) fn old_format(&self, table: Range<usize>) -> PythonLockError {
        PythonLockError::OldFormat { at: self.at(table) }
    }

    pub(super) fn empty(&self) -> PythonLockError {
        PythonLockError::Empty {
            place: self.place.to_owned(),
        }
    }

    /// Returns the error for a version that isn't known, of the key `key`.
    pub(super) fn unknown_version(&self, found: Option<&str>, key: &str) -> PythonLockError {
        let span = span_of(self.text, &[key]);
        PythonLockError::Version {
            at: TextPlace::span_or_file(self.place, self.text, span),
            found: found.map(|found| found.escape_debug().to_string()),
            known: "1",
        }
    }

    pub(super) fn marker(&mut self, text: &str) -> Result<MarkerTree, String> {
        if let Some(known) = self.markers.get(text) {
            return Ok(known.clone());
        }
        let marker = parse_marker(text).map_err(|message| {
            let shown: String = text.chars().take(MAX_SHOWN).collect();
            let shown = shown.escape_debug();
            format!("has an invalid marker: `{shown}` ({message})")
        })?;
        self.markers.insert(text.to_owned(), marker.clone());
        Ok(marker)
    }
}

/// Returns where a file of an entry is: at `url`, at `path`, or unknown.
pub(super) fn artifact_place(url: Option<&String>, path: Option<&String>) -> ArtifactPlace {
    match (url, path) {
        (Some(url), _) => ArtifactPlace::Url(url.clone()),
        (None, Some(path)) => ArtifactPlace::Path(Utf8PathBuf::from(path)),
        (None, None) => ArtifactPlace::Nowhere,
    }
}

/// Returns the name of a wheel; `None` for a file with another name.
pub(super) fn wheel_name(name: Option<&String>, artifact: &Artifact) -> Option<WheelName> {
    WheelName::parse(&name.cloned().unwrap_or_else(|| artifact.file_name()))
}

pub(super) fn invalid_hash(text: &str) -> String {
    format!("has an invalid hash: `{}`", text.escape_debug())
}
