//! `lock`: the stanzas of all packages in a `uv.lock` or `pylock.toml` that are
//! built from source.

mod cycles;
mod impossible;
mod jobs;
mod report;
#[cfg(test)]
mod tests;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::finished::Place;
use super::locked::{Asked, Finding, Planned, Results, Workspace, plan};
use super::overlay::{Draft, OverlayFile, Writing, redo_if_changed};
use crate::error::Error;
use crate::io::paths::{parent_folder, path_from};
use crate::io::write::read_text;
use crate::io::{IoError, Session, all_in_order};
use crate::nix::{AnyStanza, Form, print_all};
use crate::options::{Layers, Options};
use crate::overlay::{Block, OverlayError, PythonLockMark};
use crate::project::PythonName;
use crate::text_place::TextPlace;

use cycles::break_cycles;
use impossible::Prebuilt;
pub(super) use jobs::is_of_lock;
use jobs::{Done, Job, Together, described, do_job, plan_jobs, put, with_others};
pub use report::{Build, Built, Fetch, LockReport, LockedPackageReport, StanzaState};
pub use why::{LockWhy, WhyBuildSystem, WhyFailure, WhyPackage, why_locked};

pub use super::locked::{Failure, contained};

/// Number of packages that are processed at once. A first run spends most of
/// its time waiting for the network.
const THREADS: usize = 8;

/// The arguments of a run over a lock.
#[derive(Default)]
pub struct LockRequest {
    /// The options for stanzas. `uv_lock` names the lock or its folder.
    pub layers: Layers,
    /// The file that the stanzas are put into.
    pub writing: Option<Writing>,
    /// What is printed around the stanzas without `writing`.
    pub form: Option<Form>,
    /// Whether to only report what would be fetched.
    pub is_plan: bool,
    /// Whether the report has only packages that may get a stanza.
    pub only_candidates: bool,
    /// The part of the packages to process. All of them by default.
    pub shard: Option<Shard>,
    /// The results of other runs, by their keys.
    pub known: BTreeMap<String, KeptFinding>,
}

/// One of several parts of a lock's packages, for `--shard K/N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// The number of the part, counted from 1.
    pub part: usize,
    /// The number of parts.
    pub of: usize,
}

/// The result of another run for a package.
#[derive(Debug, Clone)]
pub struct KeptFinding(pub(super) Finding);

/// Generates the stanzas of a lock.
///
/// # Errors
/// Fails if the lock or the overlay can't be read, or the overlay can't be
/// written. Errors of single packages are in the report.
pub fn lock(request: &LockRequest, session: &Session) -> Result<LockReport, Error> {
    prepared(request, session, |run| redo_if_changed(|| run.write()))
}

/// Puts the stanzas of a lock into a draft, which the caller writes.
///
/// # Errors
/// Those of [`lock`].
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

/// Reads a lock and plans which packages are built from source.
fn prepared<T>(
    request: &LockRequest,
    session: &Session,
    then: impl FnOnce(Run) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut layers = request.layers.clone();
    let path = layers.common().input.uv_lock.unwrap_or_else(|| ".".into());
    let workspace = Workspace::read(&path, session)?;
    // The options may name the folder of the lock.
    layers.command_line.input.uv_lock = Some(workspace.path.clone());
    let asked = Asked::of(&layers.common(), &workspace)?;
    let planned = plan(&workspace, &asked);
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
/// Fails if a file can't be read or has another format.
pub fn read_results(files: &[Utf8PathBuf]) -> Result<BTreeMap<String, KeptFinding>, Error> {
    let mut known = BTreeMap::new();
    for file in files {
        let text = read_text(file)?.ok_or_else(|| IoError::NotFound { path: file.clone() })?;
        for (place, line) in text.lines().enumerate() {
            let read = LockedPackageReport::read(line).map_err(|message| OverlayError::Recipe {
                at: TextPlace::line_of(file.as_str(), &text, place + 1, None),
                message: format!("not a line of `lock --format jsonl`: {message}"),
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
    /// Whether stanzas are printed instead of written to a file.
    is_printed: bool,
}

/// The result of a run over a lock.
struct Outcome {
    report: LockReport,
    /// The stanzas, if they are printed.
    stanzas: Vec<AnyStanza>,
}

impl Run<'_> {
    /// Writes the stanzas to the file, or to the report if there is none.
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
            report.written.nix = print_all(&stanzas, form);
            return Ok(report);
        }
        report.written = draft.finish()?;
        Ok(report)
    }

    fn run(self, draft: &mut Draft) -> Result<Outcome, Error> {
        let prebuilt = Prebuilt::find(self, draft.file());
        let jobs = plan_jobs(self, draft.file(), &prebuilt)?;
        let mut report = LockReport::new(self.workspace, self.asked);
        let mut stanzas = Vec::new();
        if self.request.is_plan {
            let told = jobs.iter().map(|job| described(self, job)).collect();
            report.packages = with_others(self, &jobs, told);
            prebuilt.judge(&mut report.packages);
            return Ok(Outcome { report, stanzas });
        }
        let known = self.request.known.iter();
        let known = known.map(|(key, found)| (key.clone(), found.0.clone()));
        let results = Results::open(known.collect(), self.session.cache());
        let mut done = self.work(&jobs, &results, draft.file());
        break_cycles(self, &jobs, &mut done);
        let mut told = Vec::new();
        for (job, done) in jobs.iter().zip(done) {
            told.push(put(self, job, done, draft, &mut stanzas));
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
        report.packages = with_others(self, &jobs, told);
        prebuilt.judge(&mut report.packages);
        // With `--shard`, the other packages aren't known.
        if !self.is_printed && self.request.shard.is_none() {
            report.removed = self.remove(draft, &unwanted)?;
            draft.set_python_lock_mark(mark);
        }
        Ok(Outcome { report, stanzas })
    }

    /// Does all jobs, several at once.
    fn work(self, jobs: &[Job], results: &Results, file: &OverlayFile) -> Vec<Done> {
        let together = Together::new(self.session, jobs.len());
        let session = self.session.with_progress(Arc::new(together));
        let place = Place {
            file: file.path(),
            document: file.document(),
            session: &session,
        };
        let job = |job: &Job| {
            session.progress().begin(job.name.as_str());
            let done = contained(|| do_job(self, job, results, place));
            let done = done.unwrap_or_else(|failure| Done::Found(Finding::Failed(failure)));
            session.progress().step(job.name.as_str());
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

    /// Whether a stanza comes from this lock, which no longer has its package.
    fn is_gone(self, block: &Block, lock: &Utf8Path) -> bool {
        let recipe = block.recipe.as_deref().unwrap_or("{}");
        let options: Options = serde_json::from_str(recipe).unwrap_or_default();
        let name = PythonName::new(&block.name);
        options.is_of_lock()
            && options.input.uv_lock.as_deref() == Some(lock)
            && self.workspace.lock.entries(&name).next().is_none()
    }

    /// Returns the mark of the lock, with the packages that need no stanza.
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
