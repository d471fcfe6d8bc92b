//! What was found of packages, kept by what it was found from: so that a
//! second run finds it again, and runs on other machines can be joined.

use std::collections::BTreeMap;

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
use crate::warning::Warning;

/// What was found, in our cache.
const RESULTS: Stage<Finding> = Stage::json("results-4", "");

/// What was found of a package.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::ops) enum Finding {
    /// Its stanza.
    Stanza(Box<FinishedStanza>),
    /// No need for a stanza.
    Nothing,
    /// Nothing: why.
    Failed(Failure),
}

/// An error of one package, in the form that reports and the cache have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Its stable name; `docs/diagnostics.md` has a heading for each.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The exit code that it alone would end with.
    pub exit: u8,
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
        }
    }
}

/// What is known of packages.
#[derive(Default)]
pub(in crate::ops) struct Results {
    cache: Cache,
    /// From other runs.
    known: BTreeMap<String, Finding>,
}

impl Results {
    /// What is in our cache, and in files of other runs.
    pub(in crate::ops) fn open(known: BTreeMap<String, Finding>, cache: &Cache) -> Self {
        Self {
            cache: cache.clone(),
            known,
        }
    }

    /// What decides a finding: what it is made from, and by which rules.
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

    /// Keeps what the same run elsewhere would find.
    pub(in crate::ops) fn add(&self, key: &str, finding: &Finding) {
        let is_lasting = match finding {
            Finding::Stanza(finished) => {
                let mut warnings = finished.warnings.iter();
                !warnings.any(|warning| matches!(warning, Warning::Approximate { .. }))
            }
            Finding::Nothing => true,
            Finding::Failed(_) => false,
        };
        if let (true, Some(key)) = (is_lasting, Sha256::from_hex(key)) {
            // Without it, the next run works it out again.
            let _ = self.cache.put(&RESULTS, &key, finding);
        }
    }
}

/// The exit code of a run in which these failed.
pub(in crate::ops) fn worst(failures: &[Failure]) -> Exit {
    let codes = failures.iter().map(|failure| failure.exit);
    match codes.max() {
        None => Exit::Done,
        Some(code) if code == Exit::Surroundings as u8 => Exit::Surroundings,
        Some(_) => Exit::Input,
    }
}
