//! Checks the stanzas that come from a lock of Python packages.

use super::{Cause, CheckReport, CheckedStanza, Run, State};
use crate::error::Error;
use crate::io::paths::join_below;
use crate::nix::normalized;
use crate::ops::lock::{
    LockReport, LockRequest, LockedPackageReport, StanzaState, is_of_lock, lock_into,
};
use crate::ops::overlay::Draft;
use crate::options::{Layers, Options};

/// Checks the stanzas that come from a lock, puts those that aren't fresh into
/// the draft, and returns whether there is a lock.
pub(super) fn check_lock(
    run: Run,
    draft: &mut Draft,
    wanted: Option<Layers>,
    report: &mut CheckReport,
) -> Result<bool, Error> {
    let Some(layers) = wanted.or_else(|| marked_layers(run)) else {
        return Ok(false);
    };
    let request = LockRequest {
        layers,
        only_candidates: true,
        ..LockRequest::default()
    };
    let found = lock_into(&request, draft, run.session)?;
    let stanzas = found.packages.iter();
    let kept = stanzas.filter(|package| !found.removed.contains(&package.name));
    report
        .stanzas
        .extend(kept.filter_map(|package| checked(run, package)));
    add_removed(run, &found, report);
    Ok(true)
}

/// Adds the options of the file's marks below those of a lock that was named on
/// the command line: it is to be checked as it was written.
pub(super) fn with_marked(run: Run, mut layers: Layers) -> Layers {
    if let Some(marked) = marked_layers(run) {
        layers.general = layers.general.over(marked.general);
    }
    layers
}

/// Returns the options that the marks of the file contain.
fn marked_layers(run: Run) -> Option<Layers> {
    let document = run.overlay.document();
    let mark = document.python_lock_mark();
    let mark = mark.map(|mark| mark.recipe.as_str());
    let of_block = || {
        let block = document.blocks().iter().find(|block| is_of_lock(block))?;
        block.recipe.as_deref()
    };
    let options: Options = serde_json::from_str(mark.or_else(of_block)?).ok()?;
    Some(Layers {
        general: options.with_paths(|path| normalized(&join_below(run.folder(), path))),
        ..Layers::default()
    })
}

fn checked(run: Run, package: &LockedPackageReport) -> Option<CheckedStanza> {
    let block = run.overlay.document().block(&package.name);
    if block.is_none() && package.needs_nothing() {
        return None;
    }
    let reasons = package.reasons.iter().cloned();
    let mut reasons: Vec<_> = reasons.map(Cause::from).collect();
    let state = match (&package.error, package.stanza) {
        (Some(error), _) => {
            let error = error.message.clone();
            reasons.push(Cause::Failed { error });
            if package.is_edited {
                State::Edited
            } else if block.is_none() {
                State::Missing
            } else {
                State::OutOfDate
            }
        }
        (None, Some(StanzaState::Fresh)) => {
            reasons.clear();
            State::Fresh
        }
        (None, Some(_)) if !run.is_dry => State::Fixed,
        (None, Some(StanzaState::New)) => State::Missing,
        (None, Some(StanzaState::Changed)) => State::OutOfDate,
        // The package no longer contains Rust.
        (None, None) => {
            reasons.push(Cause::NoRust);
            State::OutOfDate
        }
    };
    if block.is_none() && package.error.is_none() {
        reasons.push(match package.rust {
            Some(false) => Cause::IsBuilt,
            _ => Cause::HasRust,
        });
    }
    Some(CheckedStanza {
        file: run.overlay.path().to_string(),
        line: block.map(|block| block.line),
        package: package.name.clone(),
        state,
        reasons,
    })
}

fn add_removed(run: Run, found: &LockReport, report: &mut CheckReport) {
    let document = run.overlay.document();
    for name in &found.removed {
        report.stanzas.push(CheckedStanza {
            file: run.overlay.path().to_string(),
            line: document.block(name).map(|block| block.line),
            package: name.clone(),
            state: if run.is_dry {
                State::OutOfDate
            } else {
                State::Fixed
            },
            reasons: vec![
                if found.packages.iter().any(|package| &package.name == name) {
                    Cause::RustOnly
                } else {
                    Cause::Removed {
                        python_lock: found.lock.clone(),
                    }
                },
            ],
        });
    }
}
