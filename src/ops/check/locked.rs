//! The stanzas of a lock of Python packages.

use std::collections::BTreeMap;

use super::{CheckReport, CheckedStanza, Run, State};
use crate::error::Error;
use crate::io::paths::{join_below, parent_folder};
use crate::nix::normalized;
use crate::ops::lock::{
    Failure, LockReport, LockRequest, LockedPackageReport, StanzaState, is_of_lock, lock,
};
use crate::ops::overlay::Draft;
use crate::ops::recipe::Recipe;
use crate::overlay::Overlay;

/// What a lock is asked for: how its stanzas are made, and what is said of
/// some of its packages.
type Wanted = (Recipe, BTreeMap<String, Recipe>);

impl Run<'_> {
    /// Checks the stanzas that are of a lock, and says whether the file was
    /// changed.
    pub(super) fn check_lock(
        self,
        draft: &Draft,
        wanted: Option<&Wanted>,
        report: &mut CheckReport,
    ) -> Result<bool, Error> {
        let overlay = Overlay::parse(self.file.as_str(), &draft.text)?;
        let Some(recipe) = self.lock_recipe(&overlay, wanted) else {
            return Ok(false);
        };
        let request = LockRequest {
            recipe,
            packages: wanted
                .map(|(_, packages)| packages.clone())
                .unwrap_or_default(),
            writing: Some(self.writing.clone()),
            only_candidates: true,
            ..LockRequest::default()
        };
        let found = lock(&request, self.session)?;
        let stanzas = found.packages.iter();
        report
            .stanzas
            .extend(stanzas.filter_map(|package| self.checked(package, &overlay)));
        self.add_removed(&found, &overlay, report);
        report.diff.push_str(&found.diff);
        if self.writing.dry_run {
            return Ok(false);
        }
        report.changed.extend(found.changed.iter().cloned());
        Ok(!found.changed.is_empty())
    }

    /// What is asked for goes before what the file says.
    fn lock_recipe(self, overlay: &Overlay, wanted: Option<&Wanted>) -> Option<Recipe> {
        if let Some((recipe, _)) = wanted {
            return Some(recipe.clone());
        }
        let mark = overlay.lock.as_ref().map(|(mark, _)| mark.recipe.as_str());
        let of_block = || {
            let block = overlay.blocks.iter().find(|block| is_of_lock(block))?;
            block.recipe.as_deref()
        };
        let recipe: Recipe = serde_json::from_str(mark.or_else(of_block)?).ok()?;
        let folder = parent_folder(self.file);
        Some(recipe.with_paths(|path| normalized(&join_below(folder, path))))
    }

    fn checked(self, package: &LockedPackageReport, overlay: &Overlay) -> Option<CheckedStanza> {
        let block = overlay.block(&package.name);
        if block.is_none() && package.rust == Some(false) {
            return None;
        }
        let mut reasons = package.reasons.clone();
        let is_dry = self.writing.dry_run;
        let state = match (&package.error, package.stanza) {
            (Some(error), _) => {
                reasons.push(told(error));
                match error.code.as_str() {
                    "pyhack::overlay::edited" => State::Edited,
                    _ if block.is_none() => State::Missing,
                    _ => State::OutOfDate,
                }
            }
            (None, Some(StanzaState::Fresh)) => {
                reasons.clear();
                State::Fresh
            }
            (None, Some(_)) if !is_dry => State::Fixed,
            (None, Some(StanzaState::New)) => State::Missing,
            (None, Some(StanzaState::Changed)) => State::OutOfDate,
            // It has no Rust any more.
            (None, None) => {
                reasons.push("there is no Rust in it: delete the stanza".to_owned());
                State::OutOfDate
            }
        };
        if block.is_none() && package.error.is_none() {
            reasons.push("it is built from source, and has Rust in it".to_owned());
        }
        Some(CheckedStanza {
            file: self.file.to_string(),
            line: block.map(|block| block.line),
            package: package.name.clone(),
            state,
            reasons,
        })
    }

    fn add_removed(self, found: &LockReport, overlay: &Overlay, report: &mut CheckReport) {
        for name in &found.removed {
            report.stanzas.push(CheckedStanza {
                file: self.file.to_string(),
                line: overlay.block(name).map(|block| block.line),
                package: name.clone(),
                state: if self.writing.dry_run {
                    State::OutOfDate
                } else {
                    State::Fixed
                },
                reasons: vec![format!("`{}` no longer has it", found.lock)],
            });
        }
    }
}

fn told(error: &Failure) -> String {
    format!("what would change can't be told: {}", error.message)
}
