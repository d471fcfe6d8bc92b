//! What the readers of both formats share.

use std::collections::HashMap;
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use pep508_rs::MarkerTree;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::{Artifact, ArtifactPlace, LockedPackage, LockedWheel, PythonLockError, WheelName};
use crate::hash::Sha256;

/// A lock that is being read.
pub(super) struct Reader<'a> {
    pub place: &'a str,
    text: &'a str,
    /// Where lines begin.
    lines: Vec<usize>,
    /// Markers that were read: the same stand in many entries.
    markers: HashMap<String, MarkerTree>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(place: &'a str, text: &'a str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            place,
            text,
            lines: [0].into_iter().chain(newlines).collect(),
            markers: HashMap::new(),
        }
    }

    /// Reads the whole.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, PythonLockError> {
        toml::from_str(self.text).map_err(|error| PythonLockError::Syntax {
            place: self.place.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
            text: Arc::new(NamedSource::new(self.place, self.text.to_owned())),
            at: error.span().map(SourceSpan::from),
        })
    }

    /// The line of a place, from 1 on.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).max(1)
    }

    /// Reads the entries, each with its line; what is wrong with one is told by
    /// its name.
    pub(super) fn entries<T>(
        &mut self,
        entries: Vec<Spanned<T>>,
        name: impl Fn(&T) -> &str,
        read: impl Fn(T, usize, &mut Self) -> Result<LockedPackage, String>,
    ) -> Result<Vec<LockedPackage>, PythonLockError> {
        let entries = entries.into_iter().map(|entry| {
            let line = self.line(entry.span().start);
            let entry = entry.into_inner();
            let package = name(&entry).escape_debug().to_string();
            read(entry, line, self).map_err(|message| PythonLockError::Entry {
                place: self.place.to_owned(),
                line,
                package,
                message,
            })
        });
        entries.collect()
    }

    /// Refuses a format of another version.
    pub(super) fn unknown_version(&self, found: Option<String>) -> PythonLockError {
        PythonLockError::Version {
            place: self.place.to_owned(),
            found: found.map_or_else(|| "no".to_owned(), |found| found.escape_debug().to_string()),
            known: "1",
        }
    }

    pub(super) fn marker(&mut self, text: Option<&str>) -> Result<MarkerTree, String> {
        let Some(text) = text else {
            return Ok(MarkerTree::default());
        };
        if let Some(known) = self.markers.get(text) {
            return Ok(known.clone());
        }
        let marker: MarkerTree = text.parse().map_err(|_| {
            format!(
                "has a marker that makes no sense: `{}`",
                text.escape_debug()
            )
        })?;
        self.markers.insert(text.to_owned(), marker.clone());
        Ok(marker)
    }
}

/// A file of an entry: `url`, or `path`, or neither.
pub(super) fn artifact(
    (url, path): (Option<&String>, Option<&String>),
    hash: Option<Sha256>,
    size: Option<u64>,
) -> Artifact {
    let place = match (url, path) {
        (Some(url), _) => ArtifactPlace::Url(url.clone()),
        (None, Some(path)) => ArtifactPlace::Path(path.into()),
        (None, None) => ArtifactPlace::Nowhere,
    };
    Artifact { place, hash, size }
}

/// A wheel, if its name is one of a wheel.
pub(super) fn wheel(name: Option<&String>, artifact: Artifact) -> Option<LockedWheel> {
    let name = name.cloned().unwrap_or_else(|| artifact.file_name());
    let name = WheelName::new(&name)?;
    Some(LockedWheel { name, artifact })
}
