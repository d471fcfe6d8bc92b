//! Results for packages, stored by a digest of their input, so that later runs
//! can reuse them and runs on several machines can be merged.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use miette::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Exit};
use crate::hash::Sha256;
use crate::io::Cache;
use crate::io::cache::Stage;
use crate::ops::digests::rules;
use crate::ops::finished::FinishedStanza;
use crate::overlay::Digests;
use crate::text_place::TextPlace;
use crate::warning::Warning;

/// The stage of the cache that has the results.
const RESULTS: Stage<Finding> = Stage::json("results-5", "");

/// The result for a package.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ops) enum Finding {
    /// The package needs this stanza.
    Stanza(Box<FinishedStanza>),
    /// The package needs no stanza.
    Nothing,
    /// No stanza could be generated.
    Failed(Failure),
}

/// An error of one package, in the form that reports and the cache have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// A stable identifier, which has a heading in `docs/diagnostics.md`.
    pub code: String,
    /// What went wrong, in one sentence.
    pub message: String,
    /// What the user can do about it.
    pub help: String,
    /// The exit code of a run that only has this error.
    pub exit: u8,
    /// The place in a file that it is about. Results of other runs have none.
    #[serde(skip)]
    pub place: Option<TextPlace>,
    /// Whether the same source always fails like this.
    #[serde(skip)]
    pub(in crate::ops) is_lasting: bool,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
            part.map_or_else(String::new, |part| part.to_string())
        };
        Self {
            code: text(error.code()),
            message: error.to_string(),
            help: text(error.help()),
            exit: error.exit() as u8,
            place: error.place().cloned(),
            is_lasting: matches!(error, Error::Project(error) if error.is_of_the_source()),
        }
    }
}

impl Failure {
    /// The failure of a package whose job panicked. The panic itself was
    /// reported when it happened.
    pub(in crate::ops) fn bug() -> Self {
        Self {
            code: "pyhack::bug::panic".to_owned(),
            message: "cargo-pyhack panicked on this package; this is a bug".to_owned(),
            help: "please report it with the package and the lines above; other packages aren't affected".to_owned(),
            exit: Exit::Bug as u8,
            place: None,
            is_lasting: false,
        }
    }
}

/// Runs the job of one package. A panic in it doesn't end those of others.
///
/// # Errors
/// Returns the failure of the package if the job panics.
pub fn contained<T>(job: impl FnOnce() -> T) -> Result<T, Failure> {
    // What the job shares with others is locked, and a broken lock is taken
    // over.
    catch_unwind(AssertUnwindSafe(job)).map_err(|_| Failure::bug())
}

/// The known results for packages.
#[derive(Default)]
pub(in crate::ops) struct Results {
    cache: Cache,
    /// The results of other runs, by their keys.
    known: BTreeMap<String, Finding>,
}

impl Results {
    /// Makes the results of the cache and of other runs available.
    pub(in crate::ops) fn open(known: BTreeMap<String, Finding>, cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            known,
        }
    }

    /// Returns the key of a result: a digest of its input and of the rules.
    pub(in crate::ops) fn key(digests: &Digests, recipe: &str, beside: Option<&[u8]>) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let beside = beside.map(Sha256::of).map(|hash| hash.to_hex());
        let (source, rules) = (&digests.source, rules());
        let text = format!("{version}\n{rules}\n{source}\n{recipe}\n{beside:?}\n");
        Sha256::of(text.as_bytes()).to_hex()
    }

    pub(in crate::ops) fn get(&self, key: &str) -> Option<Finding> {
        if let Some(known) = self.known.get(key) {
            return Some(known.clone());
        }
        self.cache.get(&RESULTS, &Sha256::from_hex(key)?)
    }

    /// Stores a result, unless another run may find another one: that of an
    /// approximation, or of a failure that isn't of the source alone.
    pub(in crate::ops) fn add(&self, key: &str, finding: &Finding) {
        let is_lasting = match finding {
            Finding::Stanza(finished) => {
                let mut warnings = finished.warnings.iter();
                !warnings.any(|warning| matches!(warning, Warning::Approximate { .. }))
            }
            Finding::Nothing => true,
            Finding::Failed(failure) => failure.is_lasting,
        };
        if let (true, Some(key)) = (is_lasting, Sha256::from_hex(key)) {
            // If this fails, the next run computes it again.
            let _ = self.cache.put(&RESULTS, &key, finding);
        }
    }
}

/// Returns the exit code of a run with these errors.
pub(in crate::ops) fn worst(failures: &[Failure]) -> Exit {
    let codes = failures.iter().map(|failure| failure.exit);
    match codes.max() {
        None => Exit::Done,
        Some(code) if code == Exit::Bug as u8 => Exit::Bug,
        Some(code) if code == Exit::Surroundings as u8 => Exit::Surroundings,
        Some(_) => Exit::Input,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::IoError;
    use crate::project::ProjectError;

    fn is_kept(error: &Error) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(folder.path().to_owned()));
        let results = Results::open(BTreeMap::new(), &cache);
        let key = Results::key(&Digests::default(), "", None);
        results.add(&key, &Finding::Failed(error.into()));
        match results.get(&key) {
            None => false,
            Some(Finding::Failed(failure)) => {
                assert_eq!(failure.message, error.to_string());
                true
            }
            Some(_) => panic!("a failure became something else"),
        }
    }

    #[test]
    fn a_failure_that_another_run_has_too_is_kept() {
        let missing = ProjectError::MissingBuildSystem {
            place: "demo-1.0.tar.gz".to_owned(),
            missing: vec!["scikit-build".to_owned()],
        };
        assert!(is_kept(&missing.into()));
    }

    #[test]
    fn a_panic_is_the_failure_of_one_package() {
        assert_eq!(contained(|| 5), Ok(5));
        let failure = contained(|| panic!("on purpose")).unwrap_err();
        assert_eq!(failure, Failure::bug());
        let other = Failure::from(&Error::from(IoError::NoCargo {
            message: String::new(),
        }));
        assert_eq!(worst(&[other, failure]), Exit::Bug);
    }

    #[test]
    fn a_failure_of_the_network_is_tried_again() {
        let offline = IoError::NoCargo {
            message: "no such file".to_owned(),
        };
        assert!(!is_kept(&offline.into()));
    }
}
