//! `lock`: the stanzas of all packages of a lock of Python packages that are
//! built from source.

mod cycles;
mod jobs;
mod report;
#[cfg(test)]
mod tests;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::artifact::Place;
use super::locked::{Asked, Finding, Planned, Results, Workspace};
use super::overlay::{Draft, OverlayFile, Writing, redo_if_changed};
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::write::read_text;
use crate::io::{IoError, Session, all_in_order};
use crate::nix::{AnyStanza, Form, print_all};
use crate::options::{Layers, Options};
use crate::overlay::{Block, OverlayError, PythonLockMark};
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
    /// How its stanzas are made; `uv_lock` names the lock, or its folder.
    pub layers: Layers,
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
    prepared(request, session, |run| redo_if_changed(|| run.write()))
}

/// Puts the stanzas of a lock into a draft, which the caller writes.
///
/// # Errors
/// As [`lock`].
pub(super) fn lock_into(
    request: &LockRequest,
    draft: &mut Draft,
    session: &Session,
) -> Result<LockReport, Error> {
    prepared(request, session, |run| {
        let run = Run {
            is_printed: false,
            ..run
        };
        Ok(run.run(draft)?.report)
    })
}

/// Reads a lock and plans what is done with it.
fn prepared<T>(
    request: &LockRequest,
    session: &Session,
    then: impl FnOnce(Run) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut layers = request.layers.clone();
    let path = layers.common().input.uv_lock.unwrap_or_else(|| ".".into());
    let workspace = Workspace::read(&path, session)?;
    // Where that was a folder, it is the file in it.
    layers.command_line.input.uv_lock = Some(workspace.path.clone());
    let asked = Asked::of(&layers.common(), &workspace)?;
    let planned = workspace.plan(&asked);
    then(Run {
        request,
        session,
        workspace: &workspace,
        layers: &layers,
        asked: &asked,
        planned: &planned,
        is_printed: request.writing.is_none(),
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
    layers: &'a Layers,
    asked: &'a Asked,
    planned: &'a [Planned<'a>],
    /// Whether stanzas are printed, and not put into a file.
    is_printed: bool,
}

/// What a run over a lock found.
struct Outcome {
    report: LockReport,
    /// The stanzas, where they are printed.
    stanzas: Vec<AnyStanza>,
}

impl Run<'_> {
    /// Puts the stanzas into the file, or prints them if there is none.
    fn write(self) -> Result<LockReport, Error> {
        let request = self.request;
        let file = match &request.writing {
            Some(writing) => OverlayFile::open(writing, self.session)?,
            None => OverlayFile::nowhere()?,
        };
        let mut draft = file.draft();
        let Outcome {
            mut report,
            stanzas,
        } = self.run(&mut draft)?;
        if request.is_plan {
            return Ok(report);
        }
        if request.writing.is_none() {
            let form = request.form.unwrap_or(Form::Overlay);
            report.nix = print_all(&stanzas, form);
            return Ok(report);
        }
        let written = draft.finish()?;
        report.nix = written.text;
        report.files = written.files;
        report.changed = written.changed;
        report.diff = written.diff;
        Ok(report)
    }

    fn run(self, draft: &mut Draft) -> Result<Outcome, Error> {
        let jobs = self.jobs(draft.file())?;
        let mut report = LockReport::new(self.workspace, self.asked);
        let mut stanzas = Vec::new();
        if self.request.is_plan {
            let told = jobs.iter().map(|job| self.told(job)).collect();
            report.packages = self.with_others(&jobs, told);
            return Ok(Outcome { report, stanzas });
        }
        let known = self.request.known.iter();
        let known = known.map(|(key, found)| (key.clone(), found.0.clone()));
        let results = Results::open(known.collect(), self.session.cache());
        let mut done = self.work(&jobs, &results, draft.file());
        self.break_cycles(&jobs, &mut done);
        let mut told = Vec::new();
        for (job, done) in jobs.iter().zip(done) {
            told.push(self.take(job, done, draft, &mut stanzas));
        }
        let without = jobs.iter().zip(&told);
        let without = without.filter(|(_, told)| told.needs_nothing());
        let without: Vec<_> = without.map(|(job, _)| job).collect();
        let digests: Vec<_> = without.iter().map(|job| job.looked_at()).collect();
        let looked_at = without.iter().zip(&digests);
        let looked_at = looked_at.map(|(job, digest)| (job.name.as_str(), digest.as_str()));
        let mark = self.mark(looked_at, draft.file().path())?;
        let unwanted = without.iter().filter(|job| job.options.rust_only());
        let unwanted: BTreeSet<_> = unwanted.map(|job| job.name.as_str()).collect();
        report.packages = self.with_others(&jobs, told);
        // A part of the packages says nothing of the others.
        if !self.is_printed && self.request.shard.is_none() {
            report.removed = self.remove(draft, &unwanted)?;
            draft.set_python_lock_mark(mark);
        }
        Ok(Outcome { report, stanzas })
    }

    /// Works at all jobs, several at once.
    fn work(self, jobs: &[Job], results: &Results, file: &OverlayFile) -> Vec<Done> {
        let together = Together::new(self.session, jobs.len());
        let session = self.session.with_progress(Arc::new(together));
        let place = Place {
            file: file.path(),
            document: file.document(),
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

    /// Removes the stanzas of the lock whose packages are no longer in it or
    /// are `unwanted`, except for those that were edited by hand.
    fn remove(self, draft: &mut Draft, unwanted: &BTreeSet<&str>) -> Result<Vec<String>, Error> {
        let file = draft.file();
        let lock = path_from(parent_folder(file.path()), &self.workspace.path)?;
        let blocks = file.document().blocks().iter();
        let gone = blocks.filter(|block| {
            let is_unwanted = unwanted.contains(block.name.as_str()) && is_of_lock(block);
            block.is_as_written() && (is_unwanted || self.is_gone(block, &lock))
        });
        let gone: Vec<_> = gone.map(|block| block.name.clone()).collect();
        for name in &gone {
            draft.remove(name);
        }
        Ok(gone)
    }

    /// Whether a stanza is of this lock, which no longer has its package.
    fn is_gone(self, block: &Block, lock: &Utf8Path) -> bool {
        let recipe = block.recipe.as_deref().unwrap_or("{}");
        let options: Options = serde_json::from_str(recipe).unwrap_or_default();
        let name = PythonName::new(&block.name);
        options.is_of_lock()
            && options.input.uv_lock.as_deref() == Some(lock)
            && self.workspace.lock.entries(&name).next().is_none()
    }

    /// Says what was looked at, and has no stanza.
    fn mark<'a>(
        self,
        without: impl Iterator<Item = (&'a str, &'a str)>,
        file: &Utf8Path,
    ) -> Result<PythonLockMark, Error> {
        let folder = parent_folder(file);
        let common = self.layers.common();
        let common = common.try_with_paths(|path| path_from(folder, path))?;
        Ok(PythonLockMark::new(common.in_one_line(), without))
    }
}

impl Shard {
    const fn has(self, place: usize) -> bool {
        place % self.of == self.part - 1
    }
}
