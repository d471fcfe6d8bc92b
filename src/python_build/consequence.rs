//! What goes wrong with a package set, and what helps.

use pep440_rs::Version;
use serde::Deserialize;

use super::requirement::Place;
use crate::project::PythonName;

/// How likely a symptom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// The build works nearly always.
    Unlikely,
    /// It depends on the source's code.
    Possible,
    /// It fails nearly always.
    Likely,
    /// It always comes.
    Certain,
}

/// What makes a source build.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mend {
    /// Lines for `postPatch`, run in the folder of `pyproject.toml`.
    PostPatch(Vec<String>),
    /// A requirement for the user's lock, whose packages replace the set's.
    Pin(String),
    /// Something that a person has to do.
    Manual(String),
}

/// What goes wrong with the package set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The package of the set, or `python`.
    pub system: PythonName,
    /// Its version there.
    pub version: Option<Version>,
    /// What happens.
    pub symptom: String,
    /// How likely it is.
    pub likelihood: Likelihood,
    /// What in the source brings it.
    pub place: Option<Place>,
    /// What can be done.
    pub mend: Option<Mend>,
    /// Where it can be checked.
    pub evidence: String,
}
