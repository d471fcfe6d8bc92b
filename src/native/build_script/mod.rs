//! What a build script looks for, told from its text.
//!
//! It is read as Rust syntax, from `main` on through the functions of its own
//! that it calls. Where a condition on features or the platform guards
//! something, that is kept with it; other conditions are taken both ways, and
//! variables of the environment count as unset.

mod conditions;
mod scan;
mod script;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cfg::CfgSet;

/// What a build script does that matters outside of Rust.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildScript {
    /// Whether there is one.
    pub exists: bool,
    /// What it does, in the order of its text.
    pub finds: Vec<Find>,
    /// Why it couldn't be read.
    pub unreadable: Option<String>,
}

/// One thing that a build script does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Find {
    /// What it does.
    pub what: What,
    /// When: all of these hold, as in `cfg(...)`.
    pub conditions: Vec<String>,
    /// The file and the line.
    pub place: String,
}

/// What a build script does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Asks pkg-config for a module.
    PkgConfig(String),
    /// Runs a program.
    Program(String),
    /// Calls a crate, by its name in Rust.
    Uses(String),
    /// Has rustc link a library that it doesn't build: `None` where the name
    /// isn't in the text.
    Links(Option<String>),
}

/// The largest file that is read: anything is nested less than this deep.
pub const MAX_FILE: usize = 256 << 10;

impl BuildScript {
    /// Reads the script at `root` among the files of a crate.
    #[must_use]
    pub fn read(root: &str, files: &BTreeMap<String, String>) -> Self {
        let exists = true;
        match scan::finds(root, files) {
            Ok(finds) => Self {
                exists,
                finds,
                unreadable: None,
            },
            Err(message) => Self {
                exists,
                finds: Vec::new(),
                unreadable: Some(message),
            },
        }
    }

    /// What it does where these are set; features may be on or off where
    /// they aren't known.
    pub fn done_with<'a>(
        &'a self,
        cfgs: &'a CfgSet,
        knows_features: bool,
    ) -> impl Iterator<Item = &'a Find> {
        let holds = move |text: &&String| {
            (!knows_features && text.contains("feature"))
                || text
                    .parse()
                    .map_or(true, |condition| cfgs.holds(&condition))
        };
        self.finds
            .iter()
            .filter(move |find| find.conditions.iter().filter(|text| !holds(text)).count() == 0)
    }

    /// Whether it calls a crate where these are set; it counts where the
    /// script couldn't be read.
    #[must_use]
    pub fn uses(&self, krate: &str, cfgs: &CfgSet, knows_features: bool) -> bool {
        let name = krate.replace('-', "_");
        let is_use = |find: &Find| matches!(&find.what, What::Uses(used) if *used == name);
        self.unreadable.is_some() || self.done_with(cfgs, knows_features).any(is_use)
    }
}

#[cfg(test)]
mod tests;
