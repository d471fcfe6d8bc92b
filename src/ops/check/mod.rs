//! `check`: whether the stanzas of overlay files are what would be written
//! today.
//!
//! Digests in the markers tell, without working anything out, that nothing
//! has changed. What did is told by making the stanza again.

mod files;
mod locked;
mod prebuilt;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::configured::Configured;
use super::digests;
use super::load::Request;
use super::lock::is_of_lock;
use super::overlay::{Draft, MadeStanza, Writing, make, with_stanza};
use super::stanza::{folder_of, joined};
use crate::error::Error;
use crate::io::write::read_file;
use crate::io::{IoError, Network, Progress};
use crate::nix::{Form, normalized};
use crate::options::Options;
use crate::overlay::{Block, Made, Overlay, OverlayError, text_digest};
use files::{CheckedFile, checked_files};

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

/// What is asked for.
#[derive(Debug, Default)]
pub struct CheckRequest {
    /// Overlay files, and a lock of Python packages that they are of. Without
    /// an overlay, the one that the configuration names.
    pub files: Vec<Utf8PathBuf>,
    /// Whether stanzas that are out of date or missing are written.
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
pub fn check(
    request: &CheckRequest,
    configured: &Configured,
    base: &Request,
    progress: &dyn Progress,
) -> Result<CheckReport, Error> {
    let base = Request {
        network: if request.fix {
            base.network.clone()
        } else {
            Network::Offline
        },
        project_config: base.project_config.clone(),
        ..Request::default()
    };
    let mut report = CheckReport::default();
    for checked in checked_files(&request.files, configured)? {
        let CheckedFile {
            file,
            packages: wanted,
            lock,
        } = checked;
        let writing = Writing {
            file: file.clone(),
            form: Form::File,
            force: request.force,
            dry_run: !request.fix,
            formatter: request.formatter.clone(),
        };
        let draft = Draft::open(&writing)?;
        if !draft.is_there() && wanted.is_empty() && lock.is_none() {
            let place = file.to_string();
            return Err(OverlayError::NotFound { place }.into());
        }
        let file = draft.file().to_owned();
        let run = Run {
            file: &file,
            writing: &writing,
            base: &base,
            progress,
        };
        let draft = if run.check_lock(&draft, lock, &mut report)? {
            // It is another file now.
            Draft::open(&writing)?
        } else {
            draft
        };
        run.check(draft, &wanted, &mut report)?;
    }
    Ok(report)
}

/// The check of one file.
#[derive(Clone, Copy)]
struct Run<'a> {
    /// Where it really is.
    file: &'a Utf8Path,
    writing: &'a Writing,
    base: &'a Request,
    progress: &'a dyn Progress,
}

/// What was found of a stanza, and the one that it should be.
type Found = (CheckedStanza, Option<Result<MadeStanza, Error>>);

impl Run<'_> {
    fn check(
        self,
        mut draft: Draft,
        wanted: &BTreeMap<String, Options>,
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
    fn recipe(self, block: &Block, overlay: &Overlay) -> Result<Options, Error> {
        let wrong = |message: String| OverlayError::Recipe {
            place: format!("`{}`, line {}", overlay.place, block.line),
            message,
        };
        let text = block.recipe.as_deref().unwrap_or("{}");
        let recipe: Options = serde_json::from_str(text).map_err(|error| {
            wrong(format!(
                "what the stanza is made from can't be read: {error}"
            ))
        })?;
        if recipe.input.path.is_none() && recipe.nixpkgs.prebuilt.is_none() {
            return Err(wrong("it doesn't say what the stanza is made from".to_owned()).into());
        }
        let recipe = recipe.checked().map_err(|error| wrong(error.to_string()))?;
        let folder = folder_of(self.file);
        Ok(recipe.with_paths(|path| normalized(&joined(folder, path))))
    }

    /// Checks a stanza, and makes it anew where it is out of date.
    fn block(
        self,
        overlay: &Overlay,
        block: &Block,
        wanted: Option<&Options>,
    ) -> Result<Found, Error> {
        let mut checked = self.fresh(block);
        let recipe = self.recipe(block, overlay)?;
        let wanted = wanted.map(|wanted| wanted_of(wanted, &recipe));
        let wanted = wanted.as_ref();
        let is_configured = wanted.is_none_or(|wanted| *wanted == recipe);
        let has_moved = wanted.is_some_and(|wanted| wanted.input.path != recipe.input.path);
        let recipe = wanted.cloned().unwrap_or(recipe);
        if recipe.nixpkgs.prebuilt.is_some() {
            return Ok(self.prebuilt(overlay, block, &recipe));
        }
        let request = Request::new(&recipe, self.base);
        let old = block.made.clone().unwrap_or_default();
        let is_edited = text_digest(&overlay.text[block.body.clone()]) != old.text;
        let now = match self.now(&request, &old, &block.name) {
            Ok(now) => now,
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
        checked.reasons = digests::reasons(&request, block, (&old, &now));
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
        let made = make((&recipe, overlay.text), self.file, self.base, self.progress);
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

    fn now(self, request: &Request, old: &Made, name: &str) -> Result<Made, Error> {
        let beside = match old.beside.as_str() {
            "" => None,
            name => read_file(&joined(folder_of(self.file), Utf8Path::new(name)))?,
        };
        let kind = digests::kind_in_lock(folder_of(self.file), name);
        digests::of_source(request, old.up, (beside.as_deref(), kind))
    }

    fn missing(self, name: &str, recipe: &Options) -> Found {
        let made = make((recipe, "{ }"), self.file, self.base, self.progress);
        let path = recipe.input.path.clone().unwrap_or_default();
        let checked = CheckedStanza {
            file: self.file.to_string(),
            line: None,
            package: name.to_owned(),
            state: State::Missing,
            reasons: vec![match &recipe.nixpkgs.prebuilt {
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

/// What the configuration asks for. It can't have every expression for a
/// toolchain: one of the command line's stays.
fn wanted_of(wanted: &Options, recipe: &Options) -> Options {
    let mut wanted = wanted.clone();
    if wanted.stanza.toolchain.is_none() {
        wanted.stanza.toolchain.clone_from(&recipe.stanza.toolchain);
    }
    wanted
}
