//! What the pins beside an overlay are too old for.

use camino::Utf8Path;

use super::facts::Facts;
use crate::io::pins::{FoundPins, find_pins};
use crate::nix::pins::{PinFindings, PinRequirements, judge};
use crate::project::{CrateSource, RustProject};
use crate::warning::{Warning, WarningCode};

/// What every stanza uses of pyproject.nix.
const HACKS: [&str; 1] = ["importCargoLock"];

impl Facts {
    /// Judges the pins of the overlay in a folder: what is known of nixpkgs
    /// itself goes before what is known of its branches.
    pub(super) fn judge_pins(&mut self, folder: &Utf8Path, rust: &RustProject) {
        let crates = rust.lock.iter().flat_map(|lock| &lock.crates);
        let mut fetched = crates.filter(|krate| matches!(krate.source, CrateSource::CratesIo(_)));
        let asked = PinRequirements {
            hacks: &HACKS,
            fetches: fetched.next().is_some(),
            rust: self.rust.as_ref(),
        };
        let judged: Vec<_> = find_pins(folder)
            .iter()
            .map(|found| judge_file(found, asked))
            .collect();
        if judged.iter().any(|judged| judged.knows_rustc) {
            self.forget_rustc();
        }
        self.warnings
            .extend(judged.into_iter().flat_map(|judged| judged.warnings));
    }

    /// Takes back what is told of nixpkgs' rustc: another one counts.
    pub(super) fn forget_rustc(&mut self) {
        let (code, _) = WarningCode::RustVersion.describe();
        self.warnings.retain(|warning| warning.code != code);
        self.rust = None;
    }
}

fn judge_file(found: &FoundPins, asked: PinRequirements) -> PinFindings {
    let place = found.place.as_str().escape_debug().to_string();
    let text = found.text.as_deref().map_err(ToOwned::to_owned);
    match text.and_then(|text| found.file.read(text)) {
        Ok(pins) => judge(&place, found.file, &pins, asked),
        Err(reason) => {
            let reason = reason.escape_debug();
            let message = format!("`{place}` can't be read: {reason}");
            let warnings = vec![Warning::new(WarningCode::UnreadPins, message)];
            PinFindings {
                warnings,
                knows_rustc: false,
            }
        }
    }
}
