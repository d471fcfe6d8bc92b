//! The jobs of a run: generating the stanza of each package.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::Utf8Path;

use super::impossible::Prebuilt;
use super::report::{fetch_of, planned_report};
use super::{LockedPackageReport, Run, StanzaState};
use crate::error::Error;
use crate::io::paths::{join_below, parent_folder, path_from};
use crate::io::source::Source;
use crate::io::write::read_file;
use crate::io::{Progress, Session};
use crate::nix::AnyStanza;
use crate::ops::digests::{self, Beside};
use crate::ops::finished::{FinishedStanza, Place};
use crate::ops::load::Request;
use crate::ops::locked::{Finding, Results, candidates, digests_of, make_locked};
use crate::ops::nix_snippet::lock_beside;
use crate::ops::overlay::{Draft, OverlayFile, make_from_source};
use crate::ops::submodules::require_member;
use crate::options::{EnvironmentOptions, InputOptions, Options};
use crate::overlay::{
    Block, Digests, MadeFrom, OverlayError, Reason, RecipeChange, Wanted, digest, freshness,
};
use crate::project::{ProjectError, PythonName};

/// A package whose stanza is generated, if it isn't fresh.
pub(super) struct Job {
    pub name: PythonName,
    /// Indices of the package's entries in the lock.
    pub entries: Vec<usize>,
    /// The options for its stanza.
    pub options: Options,
    /// The options as the stanza's mark contains them.
    pub marked: String,
    /// The digests of the stanza's input.
    pub digests: Digests,
    /// The options that decide the result. Part of the key.
    recipe: String,
    /// The key of the result in the cache. `None` for a local project.
    pub key: Option<String>,
    /// Whether the stanza in the file is up to date.
    pub is_fresh: bool,
    /// Whether the stanza in the file builds a package with Rust.
    is_cargo_block: bool,
    /// Whether the file's mark says that it needs no stanza.
    pub has_none: bool,
    /// Why the stanza in the file is out of date, if there is one.
    pub reasons: Vec<Reason>,
    /// The source of a local project. Keeps it open, so that generating the
    /// stanza doesn't read it again.
    _source: Option<Arc<Source>>,
}

/// The result of a job.
pub(super) enum Done {
    /// The result for a package that isn't a local project.
    Found(Finding),
    /// The stanza of a local project was generated.
    Made(Box<FinishedStanza>),
    /// The stanza in the file is up to date.
    Fresh,
}

/// Returns a job for each package that may need a stanza, sorted by name.
pub(super) fn plan_jobs(
    run: Run,
    file: &OverlayFile,
    prebuilt: &Prebuilt,
) -> Result<Vec<Job>, Error> {
    let mut candidates = candidates(run.asked, run.planned);
    candidates.retain(|name, _| !prebuilt.has(name));
    let blocks = file.document().blocks().iter();
    // A stanza in the file is kept up to date even if it isn't needed any
    // more.
    for block in blocks.filter(|block| is_of_lock(block)) {
        let name = PythonName::new(&block.name);
        let entries = run.workspace.buildable(&name);
        if !entries.is_empty() {
            candidates.entry(name).or_insert(entries);
        }
    }
    let names = candidates.iter().enumerate();
    let shard = run.request.shard;
    let names = names.filter(|(place, _)| shard.is_none_or(|shard| shard.has(*place)));
    let jobs = names.map(|(_, (name, entries))| plan_job(run, name, entries, file));
    jobs.collect()
}

fn plan_job(
    run: Run,
    name: &PythonName,
    entries: &[usize],
    file: &OverlayFile,
) -> Result<Job, Error> {
    let folder = parent_folder(file.path());
    let mut options = run.layers.of(name.as_str());
    let local = entries.iter().find_map(|&entry| {
        let source = &run.workspace.lock.packages[entry].source;
        source.folder()
    });
    let document = file.document();
    let block = document.block(name.as_str());
    let old = block.and_then(|block| block.digests.as_ref());
    let (digests, source) = if let Some(below) = local {
        options.input = InputOptions {
            path: Some(join_below(run.workspace.folder(), below)),
            uv_lock: None,
            sdist: None,
        };
        options.environment = EnvironmentOptions::default();
        let found = local_digests(run, &options, name, old, file.path());
        found.unzip()
    } else {
        let digests = digests_of(run.workspace, entries, run.asked, file.path(), old);
        (Some(digests), None)
    };
    let mut moved = options
        .clone()
        .try_with_paths(|path| path_from(folder, path))?;
    let marked = moved.in_one_line();
    let reasons = block.map(|block| stale_reasons(run, entries, block, digests.as_ref(), &marked));
    let digests = digests.unwrap_or_default();
    // The mark works on machines whose cache is empty, too.
    let has_none = block.is_none()
        && document
            .python_lock_mark()
            .is_some_and(|mark| mark.is_without_rust(name.as_str(), &looked_at(&digests, &marked)));
    // The path of the lock doesn't change the stanza.
    moved.input.uv_lock = None;
    let recipe = format!("{}\n{}", moved.in_one_line(), run.asked.set_digest);
    let generates_lock = generates_lock(&options);
    let key = local.is_none().then(|| {
        // A lock that was generated before is reused and decides the
        // stanza. Other locks are only written.
        let beside = join_below(folder, format!("{name}.lock"));
        let beside = generates_lock.then(|| read_file(&beside).ok().flatten());
        Results::key(&digests, &recipe, beside.flatten().as_deref())
    });
    Ok(Job {
        name: name.clone(),
        entries: entries.to_vec(),
        options,
        marked,
        digests,
        recipe,
        key,
        is_cargo_block: block.is_some_and(|block| block.body().contains("hacks.importCargoLock")),
        is_fresh: reasons.as_ref().is_some_and(Vec::is_empty),
        has_none,
        reasons: reasons.unwrap_or_default(),
        _source: source,
    })
}

/// Returns why a stanza is out of date.
fn stale_reasons(
    run: Run,
    entries: &[usize],
    block: &Block,
    digests: Option<&Digests>,
    marked: &str,
) -> Vec<Reason> {
    let Some(digests) = digests else {
        return vec![Reason::NoDigests];
    };
    let versions = entries.iter().filter_map(|&entry| {
        let version = &run.workspace.lock.packages[entry].version;
        version.as_deref()
    });
    let version = versions.collect::<Vec<_>>().join(",");
    let wanted = Wanted {
        from: MadeFrom::PythonLock(&run.workspace.path),
        version: Some(version.as_str()).filter(|version| !version.is_empty()),
        digests,
        recipe: if block.recipe.as_deref() == Some(marked) {
            RecipeChange::None
        } else {
            RecipeChange::Changed
        },
    };
    freshness(block, &wanted)
}

/// Returns the digests and the source of a local project, if it can be read.
fn local_digests(
    run: Run,
    options: &Options,
    name: &PythonName,
    old: Option<&Digests>,
    file: &Utf8Path,
) -> Option<(Digests, Arc<Source>)> {
    let request = Request::new(options);
    let old = old.cloned().unwrap_or_default();
    let folder = parent_folder(file);
    let beside = match old.beside.as_str() {
        "" => None,
        name => read_file(&join_below(folder, name)).ok()?,
    };
    let source = digests::source(&request.path, old.up, run.session).ok()?;
    let beside = Beside {
        lock: beside.as_deref(),
        kind: digests::kind_in_lock(folder, name.as_str(), run.session),
    };
    let digests = digests::of_source(&source, &request, old.up, &beside).ok()?;
    Some((digests, source))
}

/// Generates the stanza of a job, unless it is fresh or its result is known.
pub(super) fn do_job(run: Run, job: &Job, results: &Results, place: Place) -> Done {
    if job.has_none {
        return Done::Found(Finding::Nothing);
    }
    let Some(key) = &job.key else {
        return if job.is_fresh {
            Done::Fresh
        } else {
            make_local(run, job, place)
        };
    };
    if let Some(known) = results.get(key) {
        return Done::Found(known);
    }
    if job.is_fresh {
        return Done::Fresh;
    }
    let made = make_locked(run.workspace, &job.entries, &job.options, run.asked, place);
    let finding = match made {
        Ok(Some(finished)) => Finding::Stanza(Box::new(finished)),
        Ok(None) => Finding::Nothing,
        Err(error) => Finding::Failed((&error).into()),
    };
    results.add(key, &finding);
    if let (Finding::Stanza(finished), true) = (&finding, generates_lock(&job.options)) {
        // The next run finds a generated lock, so its key is another one.
        for lock in &finished.locks {
            let key = Results::key(&job.digests, &job.recipe, Some(lock.text.as_bytes()));
            results.add(&key, &finding);
        }
    }
    Done::Found(finding)
}

fn make_local(run: Run, job: &Job, place: Place) -> Done {
    let lock = run.workspace.path.as_str();
    let folder = job.options.input.path.as_deref();
    let there = folder.map(|folder| require_member(folder, lock, job.name.as_str()));
    if let Some(Err(error)) = there {
        return Done::Found(Finding::Failed((&error).into()));
    }
    let sets = Some(Arc::clone(&run.asked.sets));
    match make_from_source(&job.options, sets, place) {
        Ok(made) => Done::Made(Box::new(made)),
        Err(Error::Project(ProjectError::NoRust { .. })) => Done::Found(Finding::Nothing),
        Err(error) => Done::Found(Finding::Failed((&error).into())),
    }
}

/// Returns what is known about a package before its job is done.
pub(super) fn described(run: Run, job: &Job) -> LockedPackageReport {
    let entries = job.entries.iter().map(|&entry| &run.planned[entry]);
    let mut told = planned_report(run, &entries.collect::<Vec<_>>());
    told.key.clone_from(&job.key);
    told.reasons.clone_from(&job.reasons);
    for &entry in &job.entries {
        told.fetch.extend(fetch_of(run, entry));
    }
    told
}

/// Returns the packages of the jobs and the others of the lock.
pub(super) fn with_others(
    run: Run,
    jobs: &[Job],
    told: Vec<LockedPackageReport>,
) -> Vec<LockedPackageReport> {
    let mut packages = told;
    if !run.request.only_candidates {
        let worked_at: BTreeSet<_> = jobs.iter().flat_map(|job| &job.entries).collect();
        let others = run.planned.iter().enumerate();
        let others = others.filter(|(place, _)| !worked_at.contains(place));
        packages.extend(others.map(|(_, planned)| planned_report(run, &[planned])));
    }
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    packages
}

/// Puts a generated stanza into the draft, and adds to the report.
pub(super) fn put(
    run: Run,
    job: &Job,
    done: Done,
    draft: &mut Draft,
    stanzas: &mut Vec<AnyStanza>,
) -> LockedPackageReport {
    let mut told = described(run, job);
    let made = match done {
        Done::Fresh => {
            told.rust = Some(job.is_cargo_block);
            told.stanza = Some(StanzaState::Fresh);
            return told;
        }
        Done::Found(Finding::Nothing) => {
            told.rust = Some(false);
            return told;
        }
        Done::Found(Finding::Failed(failure)) => {
            told.error = Some(failure);
            return told;
        }
        Done::Found(Finding::Stanza(finished)) => {
            told.saved = Some((*finished).clone());
            let mut digests = job.digests.clone();
            if let Some(lock) = finished.locks.first() {
                digests.cargo_lock = digest(lock.text.as_bytes());
            }
            finished.marked(job.marked.clone(), digests)
        }
        Done::Made(made) => *made,
    };
    told.facts(&made);
    told.rust = Some(!made.package.cargo_roots.is_empty());
    told.warnings.clone_from(&made.warnings);
    if run.is_printed {
        let locks = made.locks.iter();
        told.warnings
            .extend(locks.map(|lock| lock_beside(&lock.name)));
    }
    if job.is_fresh {
        told.stanza = Some(StanzaState::Fresh);
    } else if !run.is_printed {
        match draft.put(&made) {
            Ok(change) => told.stanza = Some(change.into()),
            Err(error) => {
                told.is_edited = matches!(error, Error::Overlay(OverlayError::Edited { .. }));
                told.error = Some((&error).into());
            }
        }
    }
    if run.is_printed {
        stanzas.push(made.stanza);
    }
    told
}

impl Job {
    /// Returns the digest that the file's mark has for the package.
    pub(super) fn looked_at(&self) -> String {
        looked_at(&self.digests, &self.marked)
    }
}

/// Returns the digest of all that decides that a package needs no stanza.
fn looked_at(digests: &Digests, marked: &str) -> String {
    digest(format!("{}\n{marked}", digests.source).as_bytes())
}

/// Whether a lock that doesn't fit is replaced by a generated one.
fn generates_lock(options: &Options) -> bool {
    options.generate.generate_lock.unwrap_or_default()
}

/// Whether a stanza comes from a lock, and not from a path.
pub(in crate::ops) fn is_of_lock(block: &Block) -> bool {
    let recipe = block.recipe.as_deref().unwrap_or("{}");
    let options: Options = serde_json::from_str(recipe).unwrap_or_default();
    options.is_of_lock()
}

/// Shows the progress of several packages as one.
pub(super) struct Together {
    outer: Session,
    total: AtomicU64,
}

impl Together {
    pub(super) fn new(outer: &Session, packages: usize) -> Self {
        let total = AtomicU64::new(packages as u64);
        outer.progress().start("Working", packages as u64);
        let outer = outer.clone();
        Self { outer, total }
    }
}

impl Progress for Together {
    fn start(&self, _what: &'static str, total: u64) {
        let total = self.total.fetch_add(total, Ordering::Relaxed) + total;
        self.outer.progress().start("Working", total);
    }

    fn begin(&self, item: &str) {
        self.outer.progress().begin(item);
    }

    fn step(&self, item: &str) {
        self.outer.progress().step(item);
    }

    fn receive(&self, bytes: u64) {
        self.outer.progress().receive(bytes);
    }

    // Other packages still use the display.
    fn finish(&self) {}

    fn interrupt(&self) {
        self.outer.progress().interrupt();
    }
}
