//! What a build script does that matters outside of Rust, from its text.
//!
//! The script is read as Rust syntax: from `main` on, through the functions of
//! its own that it calls. Actions are recorded with the conditions on features
//! and the platform that guard them. Of other conditions both branches are
//! read, and environment variables that Cargo doesn't set count as unset.

mod conditions;
mod finding;
mod scan;
mod script;
mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::finding::{Action, Finding};
use super::cfg::CfgSet;

/// The actions of a build script.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildScript {
    /// Whether the crate has a build script.
    pub exists: bool,
    /// The actions, in the order of the text.
    pub finds: Vec<Finding>,
    /// Why the script couldn't be read.
    pub unreadable: Option<String>,
}

impl BuildScript {
    /// Reads the script at `root` among the files of a crate.
    pub fn read(root: &str, files: &BTreeMap<String, String>) -> Self {
        let (finds, unreadable) = match scan::read_findings(root, files) {
            Ok(finds) => (finds, None),
            Err(message) => (Vec::new(), Some(message)),
        };
        Self {
            exists: true,
            finds,
            unreadable,
        }
    }

    /// The actions that the script takes with these `cfg`s. Unless the
    /// features are known, each may be on or off.
    pub fn findings<'a>(
        &'a self,
        cfgs: &'a CfgSet,
        knows_features: bool,
    ) -> impl Iterator<Item = &'a Finding> {
        self.finds.iter().filter(move |finding| {
            let mut conditions = finding.conditions.iter();
            conditions.all(|condition| condition.may_hold(cfgs, knows_features))
        })
    }

    /// Whether the script calls a crate. A script that couldn't be read may
    /// call any.
    pub fn calls_crate(&self, krate: &str, cfgs: &CfgSet, knows_features: bool) -> bool {
        let name = krate.replace('-', "_");
        let is_call =
            |finding: &Finding| matches!(&finding.action, Action::Uses(used) if *used == name);
        self.unreadable.is_some() || self.findings(cfgs, knows_features).any(is_call)
    }
}

#[cfg(test)]
mod tests;
