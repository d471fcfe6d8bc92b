//! What breaks when a source is built with a package set, and how to mend it.

use pep440_rs::Version;
use serde::Deserialize;

use super::requirement::Place;
use crate::project::PythonName;

/// The probability that a symptom occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// The build nearly always works.
    Unlikely,
    /// It depends on the source's code.
    Possible,
    /// The build nearly always fails.
    Likely,
    /// The symptom always occurs.
    Certain,
}

/// A change that makes the source build.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mend {
    /// Lines for `postPatch`, run in the folder of `pyproject.toml`.
    PostPatch(Vec<String>),
    /// A requirement for the user's lock, whose packages replace the set's.
    Pin(String),
    /// Instructions for a person.
    Manual(String),
}

/// A problem of building a source with a package set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The package of the set, or `python`.
    pub system: PythonName,
    /// The version in the set. `None` if the set doesn't decide it.
    pub version: Option<Version>,
    /// What happens during the build, as a clause.
    pub symptom: String,
    /// How likely the symptom is.
    pub likelihood: Likelihood,
    /// The line of the source that causes it, if it is a single one.
    pub place: Option<Place>,
    /// The change that helps, if one is known.
    pub mend: Option<Mend>,
    /// Where the rule can be checked, such as release notes.
    pub evidence: String,
}
