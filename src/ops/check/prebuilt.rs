//! The stanzas of packages that are taken from nixpkgs.

use super::{Found, Run, State};
use crate::error::Error;
use crate::ops::prebuilt::make_prebuilt;
use crate::options::Options;
use crate::overlay::{Block, Overlay, text_digest};
use crate::python_lock::PythonLockError;

impl Run<'_> {
    /// Checks a stanza; what it is made from is read at once.
    pub(super) fn prebuilt(self, overlay: &Overlay, block: &Block, recipe: &Options) -> Found {
        let mut checked = self.fresh(block);
        let made = make_prebuilt(recipe, self.file);
        let old = block.made.clone().unwrap_or_default();
        if let Err(Error::PythonLock(
            error @ (PythonLockError::NotFound { .. } | PythonLockError::NoPackage { .. }),
        )) = &made
        {
            checked.state = State::WithoutSource;
            checked.reasons.push(error.to_string());
            return (checked, None);
        }
        let is_edited = text_digest(&overlay.text[block.body.clone()]) != old.text;
        if let Ok(made) = &made {
            let (was, is) = (&block.version, &made.package.version);
            if was != is {
                let [was, is] =
                    [was, is].map(|version| version.as_deref().unwrap_or("none").to_owned());
                let reason = format!("the version changed from {was} to {is}");
                checked.reasons.push(reason);
            } else if made.made.source != old.source {
                let reason = "what the lock says of its dependencies changed";
                checked.reasons.push(reason.to_owned());
            }
            if block.recipe.as_ref() != Some(&made.recipe) {
                checked.reasons.push("the configuration changed".to_owned());
            }
        }
        if old.kept != block.kept(overlay.text) {
            checked.reasons.push("the lines to keep changed".to_owned());
        }
        if is_edited {
            checked.reasons.push("it was edited by hand".to_owned());
        }
        if made.is_ok() && checked.reasons.is_empty() {
            return (checked, None);
        }
        checked.state = if is_edited {
            State::Edited
        } else {
            State::OutOfDate
        };
        (checked, Some(made))
    }
}
