//! A build requirement, and who asks for it.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use pep440_rs::Version;
use pep508_rs::{Requirement, VerbatimUrl, VersionOrUrl};
use serde::{Deserialize, Serialize};

use crate::build_system::parse_requirement;
use crate::project::PythonName;

/// A file of the source and a line of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the source root.
    pub file: Utf8PathBuf,
    /// The line, from 1; `None` where a whole table of the file counts.
    pub line: Option<usize>,
}

/// What makes a package a build requirement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// `[build-system].requires`.
    BuildSystemRequires,
    /// PEP 517's default for a source without it.
    LegacyDefault,
    /// The source's build backend, which its `requires` lacks.
    Backend {
        /// `build-backend`.
        module: String,
    },
    /// `setup_requires` of `setup.py` or `setup.cfg`.
    SetupRequires(Place),
    /// An import that `setup.py` or another build script executes.
    SetupImport {
        /// The module.
        module: String,
        /// The import.
        place: Place,
        /// Whether the distribution that has the module is known; otherwise
        /// its name is taken to be the module's.
        is_known: bool,
    },
    /// What the backend's `get_requires_for_build_wheel` adds, or what the
    /// backend runs.
    BackendHook {
        /// What in the backend or in its settings asks for it.
        what: String,
    },
}

/// A condition on the package set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Condition {
    /// A package of the set.
    pub package: PythonName,
    /// The condition holds if the set's version of the package is older.
    pub older_than: Version,
}

/// A build requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRequirement {
    /// The requirement; its marker says where it counts.
    pub requirement: Requirement<VerbatimUrl>,
    /// Who asks for it.
    pub origin: Origin,
    /// It counts only with such a package set.
    pub condition: Option<Condition>,
    /// Whether the text leaves open that it counts: it is met if the set has
    /// the package.
    pub is_doubtful: bool,
}

/// What decides about build requirements and the text leaves open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// Where it is.
    pub place: Place,
    /// What it is, as in "a call of `x`".
    pub what: String,
}

impl Place {
    /// A line of a file.
    pub fn line(file: &Utf8Path, line: usize) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line),
        }
    }

    /// A file as a whole.
    pub fn file(file: &Utf8Path) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => write!(f, "{}", self.file),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuildSystemRequires => write!(f, "`build-system.requires`"),
            Self::LegacyDefault => write!(f, "the default of PEP 517"),
            Self::Backend { module } => write!(f, "the build backend `{module}`"),
            Self::SetupRequires(place) => write!(f, "`setup_requires` in {place}"),
            Self::SetupImport { module, place, .. } => write!(f, "`import {module}` in {place}"),
            Self::BackendHook { what } => write!(f, "{what}"),
        }
    }
}

impl BuildRequirement {
    /// The normalised name.
    #[must_use]
    pub fn name(&self) -> PythonName {
        PythonName::new(self.requirement.name.as_ref())
    }

    /// The version bounds that the set's version is outside of.
    #[must_use]
    pub fn excludes(&self, version: &Version) -> bool {
        match &self.requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(bounds)) => !bounds.contains(version),
            _ => false,
        }
    }
}

/// A requirement of a text of ours.
///
/// # Panics
/// Never: the names come from tables and Rust sources, and tests read them all.
pub(super) fn known(text: &str) -> Requirement<VerbatimUrl> {
    parse_requirement(text, "").expect("a requirement of ours is PEP 508")
}

/// Reads a requirement as leniently as old versions of setuptools: bounds such
/// as `>=1.11.*` lose the `.*`, and bounds that make no sense are left out.
///
/// `Err` has what can't be read; with a requirement where the name can.
pub(super) fn read(text: &str) -> Result<Requirement<VerbatimUrl>, UnreadRequirement> {
    let error = match parse_requirement(text, "") {
        Ok(requirement) => return Ok(requirement),
        Err(error) => error,
    };
    if let Ok(requirement) = parse_requirement(&without_wildcards(text), "") {
        return Ok(requirement);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let trimmed = text.trim();
    let end = trimmed.find(|c| !is_name(c)).unwrap_or(trimmed.len());
    let name = trimmed[..end].trim_end_matches(['-', '_', '.']);
    Err(UnreadRequirement {
        requirement: parse_requirement(name, "").ok(),
        what: error.to_string(),
    })
}

/// A requirement that isn't one by PEP 508.
#[derive(Debug)]
pub(super) struct UnreadRequirement {
    /// Its name alone.
    pub requirement: Option<Requirement<VerbatimUrl>>,
    /// What is wrong with it.
    pub what: String,
}

/// Takes `.*` away from bounds that don't allow it: PEP 440 has it with `==`
/// and `!=` alone.
fn without_wildcards(text: &str) -> String {
    let (bounds, marker) = text.split_once(';').unwrap_or((text, ""));
    let bound = |bound: &str| {
        let is_ordered = bound.contains('<') || bound.contains('>') || bound.contains("~=");
        if is_ordered {
            bound.replace(".*", "")
        } else {
            bound.to_owned()
        }
    };
    let bounds: Vec<_> = bounds.split(',').map(bound).collect();
    let separator = if marker.is_empty() { "" } else { ";" };
    format!("{}{separator}{marker}", bounds.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_setuptools_took_are_read() {
        for (text, expected) in [
            ("numpy>=1.11.*", "numpy>=1.11"),
            ("numpy (>=1.0)", "numpy>=1.0"),
            ("cython>=0.29,==3.*", "cython>=0.29,==3.*"),
            (
                "a>=1.*; python_version < '4'",
                "a>=1 ; python_full_version < '4'",
            ),
        ] {
            assert_eq!(read(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_requirement_that_makes_no_sense_keeps_its_name() {
        let unread = read("numpy>=one").unwrap_err();
        assert_eq!(unread.requirement.unwrap().to_string(), "numpy");
        assert!(unread.what.contains("numpy>=one"), "{}", unread.what);
        assert!(read("==1").unwrap_err().requirement.is_none());
    }

    #[test]
    fn origins_name_the_place() {
        let place = Place::line(Utf8Path::new("setup.py"), 7);
        let origin = Origin::SetupImport {
            module: "numpy".to_owned(),
            place: place.clone(),
            is_known: true,
        };
        assert_eq!(origin.to_string(), "`import numpy` in setup.py:7");
        let origin = Origin::SetupRequires(Place::file(Utf8Path::new("setup.cfg")));
        assert_eq!(origin.to_string(), "`setup_requires` in setup.cfg");
        let what = "a call of `x`".to_owned();
        assert_eq!(
            Unread { place, what }.to_string(),
            "setup.py:7: a call of `x`"
        );
    }
}
