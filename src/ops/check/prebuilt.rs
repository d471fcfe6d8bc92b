//! Checks the stanzas of packages that are taken from nixpkgs.

use super::{Cause, Found, Run, State, stale_state};
use crate::error::Error;
use crate::ops::finished::FinishedStanza;
use crate::ops::prebuilt::make_prebuilt;
use crate::options::Options;
use crate::overlay::{Block, Digests, MadeFrom, Reason, RecipeChange, Wanted, freshness};
use crate::python_lock::PythonLockError;

/// Checks a stanza by generating it, which only reads the lock.
pub(super) fn check_prebuilt(run: Run, block: &Block, recipe: &Options) -> Found {
    let mut checked = run.fresh(block);
    let made = make_prebuilt(recipe, run.overlay.path(), run.session);
    if let Err(Error::PythonLock(
        error @ (PythonLockError::NotFound { .. } | PythonLockError::NoPackage { .. }),
    )) = &made
    {
        checked.state = State::WithoutSource;
        checked.reasons.push(Cause::not_in_python_lock(error));
        return (checked, None);
    }
    let reasons = match &made {
        Ok(made) => reasons(block, made),
        Err(_) => edits(block),
    };
    if let Ok(made) = &made {
        let is_same = reasons == [Reason::RulesChanged] && run.overlay.says_the_same(made);
        if reasons.is_empty() || is_same {
            return (checked, None);
        }
    }
    checked.state = stale_state(&reasons);
    checked.reasons.extend(reasons.into_iter().map(Cause::from));
    (checked, Some(made))
}

/// Compares a stanza with the one that was generated.
fn reasons(block: &Block, made: &FinishedStanza) -> Vec<Reason> {
    let is_same = block.recipe.as_ref() == Some(&made.recipe);
    let wanted = Wanted {
        from: MadeFrom::Nixpkgs,
        version: made.package.version.as_deref(),
        digests: &made.digests,
        recipe: if is_same {
            RecipeChange::None
        } else {
            RecipeChange::Changed
        },
    };
    freshness(block, &wanted)
}

/// Compares a stanza with its own marks, which shows what the user changed.
fn edits(block: &Block) -> Vec<Reason> {
    let none = Digests::default();
    let wanted = Wanted {
        from: MadeFrom::Nixpkgs,
        version: block.version.as_deref(),
        digests: block.digests.as_ref().unwrap_or(&none),
        recipe: RecipeChange::None,
    };
    freshness(block, &wanted)
}
