//! Warnings about pins next to an overlay that are too old.

use camino::Utf8Path;

use super::facts::Facts;
use crate::io::Session;
use crate::io::pins::FoundPins;
use crate::nix::pins::{PinFindings, PinRequirements, judge};
use crate::project::{CrateSource, RustProject};
use crate::warning::Warning;

/// The functions of pyproject.nix that every stanza calls.
const HACKS: [&str; 1] = ["importCargoLock"];

/// Judges the pins next to the overlay in a folder. What is known about a
/// pinned nixpkgs replaces what is known about its branches.
pub(super) fn judge_pins(
    facts: &mut Facts,
    folder: &Utf8Path,
    rust: &RustProject,
    session: &Session,
) {
    let crates = rust.cargo_lock.iter().flat_map(|lock| &lock.crates);
    let mut fetched = crates.filter(|krate| matches!(krate.source, CrateSource::CratesIo(_)));
    let asked = PinRequirements {
        hacks: &HACKS,
        fetches: fetched.next().is_some(),
        rust: facts.rust.as_ref(),
    };
    let judged: Vec<_> = session
        .pins(folder)
        .iter()
        .map(|found| judge_file(found, asked))
        .collect();
    if judged.iter().any(|judged| judged.knows_rustc) {
        facts.forget_rustc();
    }
    facts
        .warnings
        .extend(judged.into_iter().flat_map(|judged| judged.warnings));
}

fn judge_file(found: &FoundPins, asked: PinRequirements) -> PinFindings {
    let place = found.place.as_str().escape_debug().to_string();
    match &found.pins {
        Ok(pins) => judge(&place, found.file, pins, asked),
        Err(unread) => {
            let reason = unread.reason.escape_debug().to_string();
            let at = unread.at.clone();
            PinFindings {
                warnings: vec![Warning::UnreadPins { place, reason, at }],
                knows_rustc: false,
            }
        }
    }
}
