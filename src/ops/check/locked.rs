//! The stanzas of a lock of Python packages.

use super::{CheckReport, CheckedStanza, Run, State};
use crate::error::Error;
use crate::nix::normalized;
use crate::ops::lock::{
    Failure, LockReport, LockRequest, LockedPackageReport, StanzaState, is_of_lock, lock,
};
use crate::ops::overlay::Draft;
use crate::ops::stanza::{folder_of, joined};
use crate::options::{Layers, Options};
use crate::overlay::Overlay;

impl Run<'_> {
    /// Checks the stanzas that are of a lock, and says whether the file was
    /// changed.
    pub(super) fn check_lock(
        self,
        draft: &Draft,
        wanted: Option<Layers>,
        report: &mut CheckReport,
    ) -> Result<bool, Error> {
        let overlay = Overlay::parse(self.file.as_str(), &draft.text)?;
        let Some(layers) = wanted.or_else(|| self.marked_layers(&overlay)) else {
            return Ok(false);
        };
        let request = LockRequest {
            layers,
            writing: Some(self.writing.clone()),
            only_candidates: true,
            ..LockRequest::default()
        };
        let found = lock(&request, self.base, self.progress)?;
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

    /// The options that the file's marks have.
    fn marked_layers(self, overlay: &Overlay) -> Option<Layers> {
        let mark = overlay.lock.as_ref().map(|(mark, _)| mark.recipe.as_str());
        let of_block = || {
            let block = overlay.blocks.iter().find(|block| is_of_lock(block))?;
            block.recipe.as_deref()
        };
        let options: Options = serde_json::from_str(mark.or_else(of_block)?).ok()?;
        let folder = folder_of(self.file);
        Some(Layers {
            general: options.with_paths(|path| normalized(&joined(folder, path))),
            ..Layers::default()
        })
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
