//! `check`: whether the stanzas of overlay files are what would be written
//! today.
//!
//! If the digests in a stanza's marks are those of today, nothing has changed
//! and nothing is generated. Otherwise the stanza is generated and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::configured::Configured;
use super::digests::{self, Beside, Details};
use super::finished::{FinishedStanza, Place};
use super::load::Request;
use super::lock::is_of_lock;
use super::overlay::{Draft, OverlayFile, Writing, make, redo_if_changed};
use crate::error::Error;
use crate::io::paths::{join_below, parent_folder};
use crate::io::source::Source;
use crate::io::write::read_file;
use crate::io::{IoError, Session};
use crate::nix::{Form, normalized};
use crate::options::Options;
use crate::overlay::{
    Block, Digests, MadeFrom, OverlayError, Reason, RecipeChange, Wanted, freshness,
};
use crate::python_index::Release;
use crate::warning::{Warning, WarningReport, as_reports};

mod cause;
mod files;
mod locked;
mod prebuilt;
#[cfg(test)]
mod tests;

use cause::Cause;
use files::{CheckedFile, checked_files};
use locked::{check_lock, with_marked};
use prebuilt::check_prebuilt;

/// What `cargo pyhack check --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The overrides, in the order of their files.
    pub stanzas: Vec<CheckedStanza>,
    /// The files that `--fix` changed.
    pub changed: Vec<String>,
    /// A unified diff of what changed in the files, or would with `--fix`.
    pub diff: String,
    /// Warnings about the files.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// An override that was checked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckedStanza {
    /// The path of the overlay.
    pub file: String,
    /// The line of its first mark, counted from 1; null if it is missing.
    pub line: Option<usize>,
    /// The name of the package.
    pub package: String,
    /// The state of the override.
    pub state: State,
    /// Why the override isn't up to date, or can't be checked.
    #[schemars(with = "Vec<String>")]
    pub reasons: Vec<Cause>,
}

/// The state of an override.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is what would be generated today.
    Fresh,
    /// It isn't what would be generated today.
    OutOfDate,
    /// It was out of date or missing, and has been written.
    Fixed,
    /// It was edited by hand.
    Edited,
    /// It should be in the file but isn't.
    Missing,
    /// Its source doesn't exist.
    WithoutSource,
}

impl CheckReport {
    /// Whether no stanza has to be changed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let states = self.stanzas.iter().map(|stanza| stanza.state);
        states
            .into_iter()
            .all(|state| matches!(state, State::Fresh | State::Fixed))
    }
}

/// The arguments of a check.
#[derive(Debug, Default)]
pub struct CheckRequest {
    /// Overlay files, and a lock whose stanzas they have. Without an overlay,
    /// the one that the configuration names is checked.
    pub files: Vec<Utf8PathBuf>,
    /// Whether to write stanzas that are out of date or missing.
    pub fix: bool,
    /// Whether to replace stanzas that were edited by hand, too.
    pub force: bool,
    /// A command that formats stanzas from standard input.
    pub formatter: Option<String>,
}

/// Checks files, and updates them with `fix`. Without `fix`, nothing is
/// fetched.
///
/// # Errors
/// Fails if a file can't be read, parsed or written.
pub fn check(
    request: &CheckRequest,
    configured: &Configured,
    session: &Session,
) -> Result<CheckReport, Error> {
    let session = if request.fix {
        session.clone()
    } else {
        session.offline()
    };
    let mut report = CheckReport::default();
    for file in checked_files(&request.files, configured)? {
        let mut found = redo_if_changed(|| check_file(&file, request, &session))?;
        // The same file may be named by two paths.
        let is_reported = |stanza: &CheckedStanza| {
            let mut reported = report.stanzas.iter();
            reported.any(|other| other.file == stanza.file && other.package == stanza.package)
        };
        found.stanzas.retain(|stanza| !is_reported(stanza));
        report.warnings.append(&mut found.warnings);
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
    checked: &CheckedFile,
    request: &CheckRequest,
    session: &Session,
) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    let CheckedFile {
        file,
        packages: wanted,
        lock,
        is_configured,
    } = checked;
    let writing = Writing {
        file: file.clone(),
        form: Form::File,
        force: request.force,
        dry_run: !request.fix,
        formatter: request.formatter.clone(),
    };
    let overlay = OverlayFile::open(&writing, session)?;
    if !overlay.exists() && wanted.is_empty() && lock.is_none() {
        let place = file.to_string();
        return Err(OverlayError::NotFound { place }.into());
    }
    let run = Run {
        overlay: &overlay,
        is_dry: writing.dry_run,
        session,
    };
    let mut draft = overlay.draft();
    let lock = lock.clone().map(|lock| match is_configured {
        true => lock,
        false => with_marked(run, lock),
    });
    let has_lock = check_lock(run, &mut draft, lock, &mut report)?;
    let has_stanzas = run.check(&mut draft, wanted, &mut report)?;
    if !has_lock && !has_stanzas {
        let file = file.to_string();
        report.warnings.push(Warning::NoStanza { file });
        return Ok(report);
    }
    overlay.document().require_sound_outside()?;
    let written = draft.finish()?;
    report.diff.push_str(&written.diff);
    if !writing.dry_run {
        report.changed.extend(written.changed);
    }
    Ok(report)
}

/// The check of one file.
#[derive(Clone, Copy)]
struct Run<'a> {
    overlay: &'a OverlayFile,
    /// Whether files are left as they are.
    is_dry: bool,
    session: &'a Session,
}

/// A checked stanza, and the one to write in its place if it isn't fresh.
type Found = (CheckedStanza, Option<Result<FinishedStanza, Error>>);

impl<'a> Run<'a> {
    /// Checks the stanzas that don't come from a lock, and returns whether
    /// there are any.
    fn check(
        self,
        draft: &mut Draft,
        wanted: &BTreeMap<String, Options>,
        report: &mut CheckReport,
    ) -> Result<bool, Error> {
        let document = self.overlay.document();
        let before = report.stanzas.len();
        let file = self.overlay.path().as_str();
        let reported = report.stanzas.iter().filter(|stanza| stanza.file == file);
        let reported: BTreeSet<_> = reported.map(|stanza| stanza.package.clone()).collect();
        for block in document.blocks() {
            let is_empty = block.recipe.is_none() && block.digests.is_none();
            let wanted = wanted.get(&block.name);
            let is_left_out = wanted.is_none() && is_of_lock(block);
            if reported.contains(&block.name) || is_left_out {
                continue;
            }
            let found = match wanted.filter(|_| is_empty) {
                Some(recipe) => self.missing(&block.name, recipe),
                None => self.block(block, wanted)?,
            };
            self.take(found, draft, report)?;
        }
        for (name, recipe) in wanted {
            if document.block(name).is_none() || draft.removes(name) {
                self.take(self.missing(name, recipe), draft, report)?;
            }
        }
        Ok(report.stanzas.len() > before)
    }

    /// Puts a generated stanza into the draft, and adds to the report.
    fn take(
        self,
        (mut checked, made): Found,
        draft: &mut Draft,
        report: &mut CheckReport,
    ) -> Result<(), Error> {
        match made {
            None => {}
            Some(Err(error)) if !self.is_dry => return Err(error),
            Some(Err(error)) => checked.reasons.push(Cause::failed(&error)),
            Some(Ok(made)) => match draft.put(&made) {
                Ok(_) if self.is_dry => {}
                Ok(_) => checked.state = State::Fixed,
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

    /// Returns the folder of the file.
    fn folder(self) -> &'a Utf8Path {
        parent_folder(self.overlay.path())
    }

    /// Returns the place that stanzas are generated for.
    fn place(self) -> Place<'a> {
        Place {
            file: self.overlay.path(),
            document: self.overlay.document(),
            session: self.session,
        }
    }

    /// Returns a mark's options, with paths relative to the working folder.
    fn recipe(self, block: &Block) -> Result<Options, Error> {
        let wrong = |message: String| OverlayError::Recipe {
            at: self.overlay.document().place_of_block(block),
            message,
        };
        let text = block.recipe.as_deref().unwrap_or("{}");
        let recipe: Options = serde_json::from_str(text)
            .map_err(|error| wrong(format!("invalid options in the `from` mark: {error}")))?;
        if !recipe.input.has_source() && recipe.nixpkgs.prebuilt.is_none() {
            return Err(wrong("the `from` mark doesn't name a source".to_owned()).into());
        }
        let recipe = recipe.checked().map_err(|error| wrong(error.to_string()))?;
        Ok(recipe.with_paths(|path| normalized(&join_below(self.folder(), path))))
    }

    /// Checks a stanza, and generates it if it is out of date.
    fn block(self, block: &Block, configured: Option<&Options>) -> Result<Found, Error> {
        let mut checked = self.fresh(block);
        let old = self.recipe(block)?;
        let recipe = configured.map_or_else(|| old.clone(), |wanted| wanted_of(wanted, &old));
        if recipe.nixpkgs.prebuilt.is_some() {
            return Ok(check_prebuilt(self, block, &recipe));
        }
        let request = Request::new(&recipe);
        // `_source` keeps the source open until the stanza is generated.
        let (digests, _source) = match self.digests_today(&request, block) {
            Ok(found) => found,
            Err(Error::Io(IoError::NotFound { path })) => {
                checked.state = State::WithoutSource;
                checked.reasons.push(Cause::SourceMissing { path });
                return Ok((checked, None));
            }
            Err(error) => return Err(error),
        };
        let wanted = Wanted {
            from: MadeFrom::Project,
            version: None,
            digests: &digests,
            recipe: change_of(&old, &recipe),
        };
        let reasons = freshness(block, &wanted);
        if reasons.is_empty() {
            return Ok((checked, None));
        }
        let made = make(&recipe, self.place());
        if let Ok(made) = &made
            && made.package.name != block.name
        {
            checked.state = stale_state(&reasons);
            let name = made.package.name.clone();
            checked.reasons.push(Cause::OtherPackage { name });
            return Ok((checked, None));
        }
        // New rules that generate the same text aren't a reason to write.
        let may_say_the_same = reasons
            .iter()
            .all(|reason| matches!(reason, Reason::RulesChanged | Reason::KeptLinesChanged));
        if let (Ok(made), true) = (&made, may_say_the_same)
            && self.overlay.says_the_same(made)
        {
            return Ok((checked, None));
        }
        checked.state = stale_state(&reasons);
        let reasons = detailed_reasons(block, &request, wanted, self.session);
        checked.reasons.extend(reasons.into_iter().map(Cause::from));
        Ok((checked, Some(made)))
    }

    fn fresh(self, block: &Block) -> CheckedStanza {
        CheckedStanza {
            file: self.overlay.path().to_string(),
            line: Some(block.line),
            package: block.name.clone(),
            state: State::Fresh,
            reasons: Vec::new(),
        }
    }

    /// Returns today's digests of a stanza's input, and its source.
    fn digests_today(
        self,
        request: &Request,
        block: &Block,
    ) -> Result<(Digests, Option<Arc<Source>>), Error> {
        let old = block.digests.as_ref();
        let beside = old.map(|old| old.beside.as_str());
        let beside = match beside.filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => read_file(&join_below(self.folder(), Utf8Path::new(name)))?,
        };
        let up = old.map_or(0, |old| old.up);
        let beside = Beside {
            lock: beside.as_deref(),
            kind: digests::kind_in_lock(self.folder(), &block.name, self.session),
        };
        if let Some(digests) = digests::of_release(request, &beside)? {
            return Ok((digests, None));
        }
        if request.options.input.sdist.is_some() {
            // Another release than that of the stanza, which tells enough.
            return Ok((old.cloned().unwrap_or_default(), None));
        }
        let source = digests::source(&request.path, up, self.session)?;
        let digests = digests::of_source(&source, request, up, &beside)?;
        Ok((digests, Some(source)))
    }

    fn missing(self, name: &str, recipe: &Options) -> Found {
        let made = make(recipe, self.place());
        let source = recipe.input.shown();
        let cause = match &recipe.nixpkgs.prebuilt {
            Some(package) => Cause::ConfiguredPrebuilt {
                package: package.to_string(),
            },
            None => Cause::Configured {
                path: source.clone().into(),
            },
        };
        let checked = CheckedStanza {
            file: self.overlay.path().to_string(),
            line: None,
            package: name.to_owned(),
            state: State::Missing,
            reasons: vec![cause],
        };
        let made = made.and_then(|made| {
            if made.package.name == name {
                return Ok(made);
            }
            Err(OverlayError::OtherPackage {
                path: source,
                name: made.package.name,
                wanted: name.to_owned(),
            }
            .into())
        });
        (checked, Some(made))
    }
}

/// Returns the state of a stanza that isn't fresh.
fn stale_state(reasons: &[Reason]) -> State {
    if reasons.contains(&Reason::EditedByHand) {
        State::Edited
    } else {
        State::OutOfDate
    }
}

/// Returns why a stanza is out of date. Reads the project to give more exact
/// reasons than digests can.
fn detailed_reasons(
    block: &Block,
    request: &Request,
    wanted: Wanted,
    session: &Session,
) -> Vec<Reason> {
    if block.digests.is_none() {
        return freshness(block, &wanted);
    }
    let details = details(request, session);
    let digests = Digests {
        build: details.build,
        ..wanted.digests.clone()
    };
    let wanted = Wanted {
        version: details.version.as_deref(),
        digests: &digests,
        ..wanted
    };
    freshness(block, &wanted)
}

/// Returns what the project says today. A release says its version by itself; it
/// is only read if it is in the cache.
fn details(request: &Request, session: &Session) -> Details {
    let version = request.options.input.sdist.as_ref();
    let version = version.and_then(Release::version);
    let fetched = request.clone().fetched(&session.offline());
    let read = fetched.map(|request| Details::read(&request, session));
    let read = read.unwrap_or_default();
    Details {
        version: read.version.or(version),
        ..read
    }
}

/// Compares a recipe with that of the stanza.
fn change_of(old: &Options, new: &Options) -> RecipeChange {
    if old == new {
        RecipeChange::None
    } else if old.input.path == new.input.path && old.input.sdist == new.input.sdist {
        RecipeChange::Changed
    } else {
        RecipeChange::Moved
    }
}

/// Returns the options that the configuration asks for. It can't express every
/// toolchain, so one that the command line set is kept.
fn wanted_of(wanted: &Options, recipe: &Options) -> Options {
    let mut wanted = wanted.clone();
    if let (Some(sdist), Some(old)) = (&mut wanted.input.sdist, &recipe.input.sdist)
        && sdist.hash.is_none()
        && sdist.is_same(old)
    {
        sdist.clone_from(old);
    }
    if wanted.stanza.toolchain.is_none() {
        wanted.stanza.toolchain.clone_from(&recipe.stanza.toolchain);
    }
    wanted
}
