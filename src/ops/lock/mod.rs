//! `lock`: the stanzas of all packages of a lock of Python packages that are
//! built from source and have Rust in them.

mod jobs;
mod report;
mod why;

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::locked::{Asked, Finding, Place, Planned, Results, Workspace};
use super::overlay::{Draft, Writing, redo_if_changed};
use super::recipe::Recipe;
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::write::read_text;
use crate::io::{IoError, Session, all_in_order};
use crate::nix::{Form, print_all};
use crate::overlay::{LockMark, OverlayError};
use crate::project::PythonName;

pub(super) use jobs::is_of_lock;
use jobs::{Done, Job, Together};
pub use report::{Build, Fetch, LockReport, LockedPackageReport, StanzaState};
pub use why::{LockWhy, WhyFailure, WhyPackage, why_locked};

pub use super::locked::Failure;

/// So many packages are worked at at once: most of the time of a first run is
/// spent waiting for the network.
const THREADS: usize = 8;

/// What is asked of a lock.
#[derive(Default)]
pub struct LockRequest {
    /// How its stanzas are made; `lock` names the lock, or its folder. Paths
    /// are relative to the working folder.
    pub recipe: Recipe,
    /// What is said of some packages besides.
    pub packages: BTreeMap<String, Recipe>,
    /// The file that the stanzas are put into.
    pub writing: Option<Writing>,
    /// What is printed around them without one.
    pub form: Option<Form>,
    /// Whether only what would be fetched is told.
    pub is_plan: bool,
    /// Whether packages that are no candidates are left out of the report.
    pub only_candidates: bool,
    /// One part of the packages of several.
    pub shard: Option<Shard>,
    /// What other runs found, by its key.
    pub known: BTreeMap<String, KeptFinding>,
}

/// The K-th of N parts, K from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// K.
    pub part: usize,
    /// N.
    pub of: usize,
}

/// What another run found of a package.
#[derive(Debug, Clone)]
pub struct KeptFinding(pub(super) Finding);

/// Makes the stanzas of a lock.
///
/// # Errors
/// Where the lock or the overlay can't be read, or the overlay can't be
/// written. What is wrong with single packages is in the report.
pub fn lock(request: &LockRequest, session: &Session) -> Result<LockReport, Error> {
    prepared(request, session, |run| redo_if_changed(|| run.run()))
}

/// Reads a lock and plans what is done with it.
fn prepared<T>(
    request: &LockRequest,
    session: &Session,
    then: impl FnOnce(Run) -> Result<T, Error>,
) -> Result<T, Error> {
    let path = request.recipe.lock.clone().unwrap_or_else(|| ".".into());
    let workspace = Workspace::read(&path, session)?;
    let recipe = Recipe {
        path: None,
        lock: Some(workspace.path.clone()),
        ..request.recipe.clone()
    };
    let wrong = |message| OverlayError::Recipe {
        place: workspace.path.to_string(),
        message,
    };
    let asked = Asked::of(&recipe, &workspace).map_err(wrong)?;
    let planned = workspace.plan(&asked);
    then(Run {
        request,
        session,
        workspace: &workspace,
        recipe: &recipe,
        asked: &asked,
        planned: &planned,
    })
}

/// Reads the results of other runs, as `--format jsonl` prints them.
///
/// # Errors
/// Where a file can't be read, or isn't one of results.
pub fn read_results(files: &[Utf8PathBuf]) -> Result<BTreeMap<String, KeptFinding>, Error> {
    let mut known = BTreeMap::new();
    for file in files {
        let text = read_text(file)?.ok_or_else(|| IoError::NotFound { path: file.clone() })?;
        for (place, line) in text.lines().enumerate() {
            let read = LockedPackageReport::read(line).map_err(|message| OverlayError::Recipe {
                place: format!("`{file}`, line {}", place + 1),
                message: format!("it is no line of `lock --format jsonl`: {message}"),
            })?;
            known.extend(read);
        }
    }
    Ok(known)
}

/// One run over a lock.
#[derive(Clone, Copy)]
struct Run<'a> {
    request: &'a LockRequest,
    session: &'a Session,
    workspace: &'a Workspace,
    recipe: &'a Recipe,
    asked: &'a Asked,
    planned: &'a [Planned<'a>],
}

impl Run<'_> {
    fn run(self) -> Result<LockReport, Error> {
        let mut draft = match &self.request.writing {
            Some(writing) => Draft::open(writing, self.session)?,
            None => Draft::nowhere(),
        };
        let jobs = self.jobs(&draft)?;
        let mut report = LockReport::new(self.workspace, self.asked);
        if self.request.is_plan {
            let told = jobs.iter().map(|job| self.told(job)).collect();
            report.packages = self.with_others(&jobs, told);
            return Ok(report);
        }
        let known = self.request.known.iter();
        let known = known.map(|(key, found)| (key.clone(), found.0.clone()));
        let results = Results::open(known.collect(), self.session.cache());
        let done = self.work(&jobs, &results, &draft);
        let mut stanzas = Vec::new();
        let mut told = Vec::new();
        for (job, done) in jobs.iter().zip(done) {
            told.push(self.take((job, done), &mut draft, &mut stanzas));
        }
        let without = jobs.iter().zip(&told);
        let without = without.filter(|(_, told)| told.rust == Some(false));
        let without = without.map(|(job, _)| job.looked_at());
        let mark = self.mark(without, draft.file())?;
        report.packages = self.with_others(&jobs, told);
        if self.request.writing.is_none() {
            let form = self.request.form.unwrap_or(Form::Overlay);
            report.nix = print_all(&stanzas, form);
            return Ok(report);
        }
        // A part of the packages says nothing of the others.
        if self.request.shard.is_none() {
            report.removed = self.remove(&mut draft)?;
            draft.mark(&mark)?;
        }
        let written = draft.finish()?;
        report.nix = written.text;
        report.files = written.files;
        report.changed = written.changed;
        report.diff = written.diff;
        Ok(report)
    }

    /// Works at all jobs, several at once.
    fn work(self, jobs: &[Job], results: &Results, draft: &Draft) -> Vec<Done> {
        let together = Arc::new(Together::new(self.session, jobs.len()));
        let session = self.session.with_progress(together);
        let place = Place {
            file: draft.file(),
            text: &draft.text,
            session: &session,
        };
        let job = |job: &Job| {
            let done = self.done(job, results, place);
            session.progress().step();
            done
        };
        let done = all_in_order(jobs, THREADS, job, |done| done.collect());
        self.session.progress().finish();
        done
    }

    /// Takes stanzas of the lock out whose packages are no longer in it.
    fn remove(self, draft: &mut Draft) -> Result<Vec<String>, Error> {
        let lock = path_from(parent_folder(draft.file()), &self.workspace.path)?;
        let is_gone = |name: &str, recipe: &Recipe| {
            let name = PythonName::new(name);
            recipe.lock.as_ref() == Some(&lock)
                && recipe.path.is_none()
                && recipe.prebuilt.is_none()
                && self.workspace.lock.entries(&name).next().is_none()
        };
        draft.remove(is_gone)
    }

    /// Says what was looked at, and has no stanza.
    fn mark<'a>(
        self,
        without: impl Iterator<Item = (&'a str, &'a str)>,
        file: &Utf8Path,
    ) -> Result<LockMark, Error> {
        let folder = parent_folder(file);
        let recipe = self.recipe.clone().moved(|path| path_from(folder, path))?;
        Ok(LockMark::new(recipe.in_one_line(), without))
    }
}

impl Shard {
    const fn has(self, place: usize) -> bool {
        place % self.of == self.part - 1
    }
}
