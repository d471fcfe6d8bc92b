//! `check`: whether the stanzas of overlay files are what would be written
//! today.
//!
//! Digests in the markers tell, without working anything out, that nothing
//! has changed. What did is told by making the stanza again.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::digests::{self, Beside};
use super::load::Request;
use super::lock::is_of_lock;
use super::locked::Place;
use super::overlay::{Draft, MadeStanza, Writing, make, redo_if_changed, with_stanza};
use super::recipe::Recipe;
use crate::error::Error;
use crate::io::paths::{join_below, parent_folder};
use crate::io::source::Source;
use crate::io::write::read_file;
use crate::io::{IoError, Session};
use crate::nix::{Form, normalized};
use crate::overlay::{Block, Made, Overlay, OverlayError, text_digest};

/// What `cargo pyhack check --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The stanzas, in the order of their files.
    pub stanzas: Vec<CheckedStanza>,
    /// The files that were changed with `--fix`.
    pub changed: Vec<String>,
    /// What would change in the files, or did, as a unified diff.
    pub diff: String,
}

/// A stanza that was checked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckedStanza {
    /// The file.
    pub file: String,
    /// The line of its first mark, from 1 on; null where it isn't there.
    pub line: Option<usize>,
    /// The package.
    pub package: String,
    /// What was found.
    pub state: State,
    /// Why it is out of date, or can't be told.
    pub reasons: Vec<String>,
}

/// What was found of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is what would be written today.
    Fresh,
    /// It isn't.
    OutOfDate,
    /// It was out of date, and is mended.
    Fixed,
    /// It was edited by hand.
    Edited,
    /// It is asked for and isn't there.
    Missing,
    /// What it is made from isn't there.
    WithoutSource,
}

impl CheckReport {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let states = self.stanzas.iter().map(|stanza| stanza.state);
        states
            .into_iter()
            .all(|state| matches!(state, State::Fresh | State::Fixed))
    }
}

/// What is to be checked.
#[derive(Debug, Default)]
pub struct Checking {
    /// Overlay files, with what the configuration asks for in each, by the
    /// package's name.
    pub files: BTreeMap<Utf8PathBuf, BTreeMap<String, Recipe>>,
    /// The lock of which a file has the stanzas, where the file itself doesn't
    /// say it or shall have another one, and what is said of some of its
    /// packages.
    pub locks: BTreeMap<Utf8PathBuf, (Recipe, BTreeMap<String, Recipe>)>,
    /// Whether stanzas are mended.
    pub fix: bool,
    /// Whether those edited by hand are replaced, too.
    pub force: bool,
    /// A program that lays stanzas out.
    pub formatter: Option<String>,
}

/// Checks files, and mends them if that is asked for. Without it, nothing is
/// fetched.
///
/// # Errors
/// Where a file can't be read, parsed or written.
pub fn check(checking: &Checking, session: &Session) -> Result<CheckReport, Error> {
    let session = if checking.fix {
        session.clone()
    } else {
        session.offline()
    };
    let mut report = CheckReport::default();
    for file in checking.files.keys() {
        let mut found = redo_if_changed(|| check_file(file, checking, &session))?;
        // Two of the paths may lead to one file.
        let is_told = |stanza: &CheckedStanza| {
            let mut told = report.stanzas.iter();
            told.any(|told| told.file == stanza.file && told.package == stanza.package)
        };
        found.stanzas.retain(|stanza| !is_told(stanza));
        if found.stanzas.is_empty() {
            continue;
        }
        report.stanzas.extend(found.stanzas);
        report.changed.extend(found.changed);
        report.diff.push_str(&found.diff);
    }
    Ok(report)
}

fn check_file(
    file: &Utf8Path,
    checking: &Checking,
    session: &Session,
) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    let nothing = BTreeMap::new();
    let wanted = checking.files.get(file).unwrap_or(&nothing);
    let writing = Writing {
        file: file.to_owned(),
        form: Form::File,
        force: checking.force,
        dry_run: !checking.fix,
        formatter: checking.formatter.clone(),
    };
    let draft = Draft::open(&writing, session)?;
    let lock = checking.locks.get(file);
    if !draft.is_there() && wanted.is_empty() && lock.is_none() {
        let place = file.to_string();
        return Err(OverlayError::NotFound { place }.into());
    }
    let file = draft.file().to_owned();
    let run = Run {
        file: &file,
        writing: &writing,
        session,
    };
    let draft = if run.check_lock(&draft, lock, &mut report)? {
        // It is another file now.
        Draft::open(&writing, session)?
    } else {
        draft
    };
    run.check(draft, wanted, &mut report)?;
    Ok(report)
}

/// The check of one file.
#[derive(Clone, Copy)]
struct Run<'a> {
    /// Where it really is.
    file: &'a Utf8Path,
    writing: &'a Writing,
    session: &'a Session,
}

/// What was found of a stanza, and the one that it should be.
type Found = (CheckedStanza, Option<Result<MadeStanza, Error>>);

impl Run<'_> {
    fn check(
        self,
        mut draft: Draft,
        wanted: &BTreeMap<String, Recipe>,
        report: &mut CheckReport,
    ) -> Result<(), Error> {
        let text = draft.text.clone();
        let overlay = Overlay::parse(self.file.as_str(), &text)?;
        let before = report.stanzas.len();
        for block in &overlay.blocks {
            let is_empty = block.recipe.is_none() && block.made.is_none();
            let wanted = wanted.get(&block.name);
            let is_told = report
                .stanzas
                .iter()
                .any(|told| told.package == block.name && told.file == self.file.as_str());
            if is_told || (wanted.is_none() && is_of_lock(block)) {
                continue;
            }
            let found = match wanted.filter(|_| is_empty) {
                Some(recipe) => self.missing(&block.name, recipe),
                None => self.block(&overlay, block, wanted)?,
            };
            self.take(found, &mut draft, report)?;
        }
        for (name, recipe) in wanted {
            if overlay.block(name).is_none() {
                self.take(self.missing(name, recipe), &mut draft, report)?;
            }
        }
        if report.stanzas.len() == before {
            return Ok(());
        }
        let written = draft.finish()?;
        report.diff.push_str(&written.diff);
        if !self.writing.dry_run {
            report.changed.extend(written.changed);
        }
        Ok(())
    }

    /// Puts what was made anew into the file's draft, and reports.
    fn take(
        self,
        (mut checked, made): Found,
        draft: &mut Draft,
        report: &mut CheckReport,
    ) -> Result<(), Error> {
        match made {
            None => {}
            Some(Err(error)) if !self.writing.dry_run => return Err(error),
            Some(Err(error)) => checked
                .reasons
                .push(format!("what would change can't be told: {error}")),
            Some(Ok(made)) => match draft.put(&made) {
                Ok(()) if self.writing.dry_run => {}
                Ok(()) => checked.state = State::Fixed,
                Err(Error::Overlay(OverlayError::Edited { diff, .. })) => {
                    checked.state = State::Edited;
                    report.diff.push_str(&diff);
                }
                Err(error) => return Err(error),
            },
        }
        report.stanzas.push(checked);
        Ok(())
    }

    /// What the marker says, with paths as they are from here.
    fn recipe(self, block: &Block, overlay: &Overlay) -> Result<Recipe, Error> {
        let wrong = |message: String| OverlayError::Recipe {
            place: format!("`{}`, line {}", overlay.place, block.line),
            message,
        };
        let text = block.recipe.as_deref().unwrap_or("{}");
        let recipe: Recipe = serde_json::from_str(text).map_err(|error| {
            wrong(format!(
                "what the stanza is made from can't be read: {error}"
            ))
        })?;
        if recipe.path.is_none() && recipe.prebuilt.is_none() {
            return Err(wrong("it doesn't say what the stanza is made from".to_owned()).into());
        }
        let folder = parent_folder(self.file);
        Ok(recipe.with_paths(|path| normalized(&join_below(folder, path))))
    }

    /// Checks a stanza, and makes it anew where it is out of date.
    fn block(
        self,
        overlay: &Overlay,
        block: &Block,
        wanted: Option<&Recipe>,
    ) -> Result<Found, Error> {
        let mut checked = self.fresh(block);
        let recipe = self.recipe(block, overlay)?;
        let wanted = wanted.map(|wanted| wanted_of(wanted, &recipe));
        let wanted = wanted.as_ref();
        let is_configured = wanted.is_none_or(|wanted| *wanted == recipe);
        let has_moved = wanted.is_some_and(|wanted| wanted.path != recipe.path);
        let recipe = wanted.cloned().unwrap_or(recipe);
        if recipe.prebuilt.is_some() {
            return Ok(self.prebuilt(overlay, block, &recipe));
        }
        let (request, _) = recipe.asked(self.file.as_str())?;
        let old = block.made.clone().unwrap_or_default();
        let is_edited = text_digest(&overlay.text[block.body.clone()]) != old.text;
        // It is held here, so that making the stanza doesn't open it again.
        let (now, _source) = match self.now(&request, &old, &block.name) {
            Ok(found) => found,
            Err(Error::Io(IoError::NotFound { path })) => {
                checked.state = State::WithoutSource;
                checked
                    .reasons
                    .push(format!("its source `{path}` isn't there"));
                return Ok((checked, None));
            }
            Err(error) => return Err(error),
        };
        let is_same = now.source == old.source && now.lock == old.lock && is_configured;
        let has_new_lines = block.kept(overlay.text) != old.kept;
        if is_same && !is_edited && !has_new_lines && now.rules == old.rules {
            return Ok((checked, None));
        }
        checked.state = State::OutOfDate;
        checked.reasons = digests::reasons(&request, block, (&old, &now), self.session);
        if !is_configured && (!has_moved || checked.reasons.is_empty()) {
            checked.reasons.push("the configuration changed".to_owned());
        }
        if has_new_lines {
            checked.reasons.push("the lines to keep changed".to_owned());
        }
        if is_edited {
            checked.state = State::Edited;
            checked.reasons.push("it was edited by hand".to_owned());
        }
        let made = make(&recipe, self.place(overlay.text));
        if let Ok(made) = &made
            && made.package.name != block.name
        {
            let name = &made.package.name;
            checked.reasons = vec![format!(
                "its source is the package `{name}` now: delete the stanza, and write that one's"
            )];
            return Ok((checked, None));
        }
        // New rules that say the same are no reason to write anything.
        if let (Ok(made), true) = (&made, is_same && !is_edited)
            && self.says_the_same(overlay, block, made)?
        {
            checked.state = State::Fresh;
            checked.reasons.clear();
            return Ok((checked, None));
        }
        Ok((checked, Some(made)))
    }

    fn fresh(self, block: &Block) -> CheckedStanza {
        CheckedStanza {
            file: self.file.to_string(),
            line: Some(block.line),
            package: block.name.clone(),
            state: State::Fresh,
            reasons: Vec::new(),
        }
    }

    /// Whether a stanza that is made anew has the same text, however it is
    /// laid out.
    fn says_the_same(
        self,
        overlay: &Overlay,
        block: &Block,
        made: &MadeStanza,
    ) -> Result<bool, Error> {
        let Ok(text) = with_stanza(overlay, made, self.writing) else {
            return Ok(false);
        };
        let new = Overlay::parse(overlay.place, &text)?;
        let Some(new) = new.block(&block.name) else {
            return Ok(false);
        };
        let old = &overlay.text[block.body.clone()];
        let is_same_text = text_digest(&text[new.body.clone()]) == text_digest(old);
        Ok(is_same_text && new.kept(&text) == block.kept(overlay.text))
    }

    /// The digests of what a stanza would be made from, and its source.
    fn now(self, request: &Request, old: &Made, name: &str) -> Result<(Made, Arc<Source>), Error> {
        let beside = match old.beside.as_str() {
            "" => None,
            name => read_file(&join_below(parent_folder(self.file), name))?,
        };
        let source = digests::source(&request.path, old.up, self.session)?;
        let beside = Beside {
            lock: beside.as_deref(),
            kind: digests::kind_in_lock(parent_folder(self.file), name, self.session),
        };
        let now = digests::of_source(&source, request, old.up, &beside)?;
        Ok((now, source))
    }

    /// The file, with this text in it.
    const fn place<'b>(&'b self, text: &'b str) -> Place<'b> {
        Place {
            file: self.file,
            text,
            session: self.session,
        }
    }

    fn missing(self, name: &str, recipe: &Recipe) -> Found {
        let made = make(recipe, self.place("{ }"));
        let path = recipe.path.clone().unwrap_or_default();
        let checked = CheckedStanza {
            file: self.file.to_string(),
            line: None,
            package: name.to_owned(),
            state: State::Missing,
            reasons: vec![match &recipe.prebuilt {
                Some(prebuilt) => format!("the configuration takes `{prebuilt}` from nixpkgs"),
                None => format!("the configuration asks for a stanza of `{path}`"),
            }],
        };
        let made = made.and_then(|made| {
            if made.package.name == name {
                return Ok(made);
            }
            Err(OverlayError::OtherPackage {
                path: path.to_string(),
                name: made.package.name,
                wanted: name.to_owned(),
            }
            .into())
        });
        (checked, Some(made))
    }
}

mod locked;
mod prebuilt;

/// What the configuration asks for. It can't have every expression for a
/// toolchain: one of the command line's stays.
fn wanted_of(wanted: &Recipe, recipe: &Recipe) -> Recipe {
    let mut wanted = wanted.clone();
    if wanted.toolchain.is_none() {
        wanted.toolchain.clone_from(&recipe.toolchain);
    }
    wanted
}
