//! Build requirements and where they come from.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use pep440_rs::{Operator, Version};
use pep508_rs::{MarkerTree, Requirement, VerbatimUrl, VersionOrUrl};
use serde::{Deserialize, Serialize};

use crate::build_system::parse_requirement;
use crate::project::PythonName;

/// A file of the source and a line of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the source root.
    pub file: Utf8PathBuf,
    /// The line, counted from 1. `None` for the file as a whole.
    pub line: Option<usize>,
}

/// Where a build requirement comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// `[build-system].requires`.
    BuildSystemRequires,
    /// PEP 517's default for a source without `[build-system].requires`.
    LegacyDefault,
    /// The source's build backend, if `requires` doesn't list it.
    Backend {
        /// The value of `build-backend` up to the colon.
        module: String,
    },
    /// `setup_requires` of `setup.py` or `setup.cfg`.
    SetupRequires(Place),
    /// An import that `setup.py` or another build script executes.
    SetupImport {
        /// The dotted name of the imported module.
        module: String,
        /// Where the import statement is.
        place: Place,
        /// Whether the table lists the distribution that provides the module.
        /// Otherwise the distribution is assumed to have the module's name.
        is_known: bool,
    },
    /// PEP 517's hook `get_requires_for_build_wheel` of the backend, or a
    /// program that the backend runs.
    BackendHook {
        /// The part of the backend or of its settings that asks for it.
        what: String,
    },
}

/// A condition on the package set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Condition {
    /// The package whose version is compared.
    pub package: PythonName,
    /// The condition holds if the set's version of the package is older.
    pub older_than: Version,
}

/// A requirement of a source's build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRequirement {
    /// The requirement, with a marker if it applies to some environments only.
    pub requirement: Requirement<VerbatimUrl>,
    /// Where the requirement comes from.
    pub origin: Origin,
    /// The condition on the package set under which it applies, if any.
    pub condition: Option<Condition>,
    /// Whether it isn't known if the build uses it. It is then added if the set
    /// has the package, and not reported if it hasn't.
    pub is_doubtful: bool,
}

/// Code that may add build requirements but can't be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// Where the code is.
    pub place: Place,
    /// A description of the code, such as "a call of `x`".
    pub what: String,
}

impl Place {
    /// Makes the place of one line, counted from 1.
    pub fn line(file: &Utf8Path, line: usize) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line),
        }
    }

    /// Makes the place of a whole file.
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
    /// Returns the name of the distribution, normalised by PEP 503.
    #[must_use]
    pub fn name(&self) -> PythonName {
        PythonName::new(self.requirement.name.as_ref())
    }

    /// Whether the requirement has version bounds that exclude `version`.
    #[must_use]
    pub fn excludes(&self, version: &Version) -> bool {
        match &self.requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(bounds)) => !bounds.contains(version),
            _ => false,
        }
    }

    /// Whether a version is newer than the bounds allow.
    pub(super) fn is_exceeded(&self, version: &Version) -> bool {
        let Some(VersionOrUrl::VersionSpecifier(bounds)) = &self.requirement.version_or_url else {
            return false;
        };
        let is_too_old = bounds.iter().any(|bound| {
            let is_lower = !matches!(
                bound.operator(),
                Operator::LessThan
                    | Operator::LessThanEqual
                    | Operator::NotEqual
                    | Operator::NotEqualStar
            );
            is_lower && version < bound.version()
        });
        !bounds.contains(version) && !is_too_old
    }

    /// The requirement without its marker.
    pub(super) fn without_marker(&self) -> String {
        let mut requirement = self.requirement.clone();
        requirement.marker = MarkerTree::default();
        requirement.to_string()
    }
}

/// Parses a requirement from a built-in table or from this program's source.
///
/// # Panics
/// Never, since tests parse all of these texts.
pub(super) fn known(text: &str) -> Requirement<VerbatimUrl> {
    parse_requirement(text, "").expect("a requirement of ours is PEP 508")
}

/// Parses a requirement as leniently as old versions of setuptools did: bounds
/// such as `>=1.11.*` lose the `.*`.
///
/// # Errors
/// Fails if the text still isn't a requirement by PEP 508. The error contains a
/// requirement without bounds if the text begins with a name.
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

/// The error for a text that isn't a requirement by PEP 508.
#[derive(Debug)]
pub(super) struct UnreadRequirement {
    /// The requirement without its bounds, if the text begins with a name.
    pub requirement: Option<Requirement<VerbatimUrl>>,
    /// The message of the parser.
    pub what: String,
}

/// Removes `.*` from bounds that can't have it. PEP 440 allows it for `==` and
/// `!=` only.
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
        let what = "a call to `x`".to_owned();
        assert_eq!(
            Unread { place, what }.to_string(),
            "setup.py:7: a call to `x`"
        );
    }
}
