//! The work at each package.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{LockedPackageReport, Run, StanzaState};
use crate::error::Error;
use crate::io::paths::{join_below, parent_folder, path_from};
use crate::io::source::Source;
use crate::io::write::read_file;
use crate::io::{Progress, Session};
use crate::nix::AnyStanza;
use crate::ops::digests::{self, Beside};
use crate::ops::locked::{Finding, Place, Results, Workspace, make_locked};
use crate::ops::nix_snippet::lock_beside;
use crate::ops::overlay::{Draft, MadeStanza, make};
use crate::ops::recipe::Recipe;
use crate::overlay::{Block, Made, Overlay, text_digest};
use crate::project::{ProjectError, PythonName};

/// A package to be worked at.
pub(super) struct Job {
    pub name: PythonName,
    /// Its entries in the lock.
    pub entries: Vec<usize>,
    /// How its stanza is made.
    pub recipe: Recipe,
    /// The same, as the mark has it.
    pub marked: String,
    /// The digests of what it is made from.
    pub made: Made,
    /// What its result is kept by; none for a project of the user's.
    pub key: Option<String>,
    /// Whether the file has what would be made.
    pub is_fresh: bool,
    /// Whether the file's mark says that it has no Rust.
    pub has_none: bool,
    /// Why the stanza in the file isn't what would be made, if there is one.
    pub reasons: Vec<String>,
    /// The files of a project of the user's: held, so that they aren't read
    /// again when its stanza is made.
    _source: Option<Arc<Source>>,
}

/// What became of a job.
pub(super) enum Done {
    /// It was found.
    Found(Finding),
    /// A stanza of a project of the user's was made.
    Made(Box<MadeStanza>),
    /// The stanza in the file is what would be made.
    Fresh,
}

impl Run<'_> {
    /// The packages to be worked at, by name.
    pub(super) fn jobs(self, draft: &Draft) -> Result<Vec<Job>, Error> {
        let mut candidates = Workspace::candidates(self.asked, self.planned);
        let overlay = Overlay::parse(draft.file().as_str(), &draft.text)?;
        // A stanza that is there is kept true, whether it is needed today or
        // not.
        for block in overlay.blocks.iter().filter(|block| is_of_lock(block)) {
            let name = PythonName::new(&block.name);
            let entries = self.workspace.buildable(&name);
            if !entries.is_empty() {
                candidates.entry(name).or_insert(entries);
            }
        }
        let names = candidates.iter().enumerate();
        let shard = self.request.shard;
        let names = names.filter(|(place, _)| shard.is_none_or(|shard| shard.has(*place)));
        let jobs = names.map(|(_, (name, entries))| self.job(name, entries, (draft, &overlay)));
        jobs.collect()
    }

    fn job(
        self,
        name: &PythonName,
        entries: &[usize],
        (draft, overlay): (&Draft, &Overlay),
    ) -> Result<Job, Error> {
        let folder = parent_folder(draft.file());
        let configured = self.request.packages.get(name.as_str());
        let recipe = configured.cloned().unwrap_or_default().over(self.recipe);
        let local = entries.iter().find_map(|&entry| {
            let source = &self.workspace.lock.packages[entry].source;
            source.folder()
        });
        let block = overlay.block(name.as_str());
        let old = block.and_then(|block| block.made.as_ref());
        let (recipe, made, source) = if let Some(below) = local {
            let recipe = Recipe {
                path: Some(join_below(self.workspace.folder(), below)),
                lock: None,
                all: None,
                source_preference: None,
                libc: None,
                ..recipe
            };
            let found = self.local_digests((&recipe, name), old, draft);
            let (made, source) = found.unzip();
            (recipe, made, source)
        } else {
            let made = self
                .workspace
                .digests((entries, self.asked), draft.file(), old);
            (recipe, Some(made), None)
        };
        let moved = recipe.clone().moved(|path| path_from(folder, path))?;
        let marked = moved.in_one_line();
        let is_fresh = made.as_ref().zip(block).is_some_and(|(made, block)| {
            block.recipe.as_ref() == Some(&marked) && is_fresh(made, block, overlay.text)
        });
        let reasons = block.map_or_else(Vec::new, |block| {
            self.reasons(entries, (block, overlay.text), (made.as_ref(), &marked))
        });
        let made = made.unwrap_or_default();
        // Caches are empty elsewhere: the file's own word is taken.
        let mark = overlay.lock.as_ref().map(|(mark, _)| mark);
        let has_none = block.is_none()
            && mark.is_some_and(|mark| mark.is_without((name.as_str(), &made.source)));
        let key = local.is_none().then(|| {
            let plain = Recipe {
                lock: None,
                ..moved
            };
            let beside = join_below(folder, format!("{name}.lock"));
            let beside = read_file(&beside).ok().flatten();
            Results::key(&made, &plain.in_one_line(), beside.as_deref())
        });
        Ok(Job {
            name: name.clone(),
            entries: entries.to_vec(),
            recipe,
            marked,
            made,
            key,
            is_fresh,
            has_none,
            reasons,
            _source: source,
        })
    }

    /// Why a stanza isn't what would be made today.
    fn reasons(
        self,
        entries: &[usize],
        (block, text): (&Block, &str),
        (made, marked): (Option<&Made>, &str),
    ) -> Vec<String> {
        let mut reasons = Vec::new();
        let (Some(made), Some(old)) = (made, &block.made) else {
            return vec!["it says of nothing what it was made from".to_owned()];
        };
        let versions = entries.iter().filter_map(|&entry| {
            let version = &self.workspace.lock.packages[entry].version;
            version.as_deref()
        });
        let version = versions.collect::<Vec<_>>().join(",");
        let was = block.version.as_deref().unwrap_or_default();
        if !version.is_empty() && !was.is_empty() && version != was {
            reasons.push(format!("the version changed from {was} to {version}"));
        } else if old.source != made.source {
            reasons.push(format!("what `{}` says of it changed", self.workspace.path));
        }
        if old.lock != made.lock {
            reasons.push("the lock beside the overlay changed".to_owned());
        }
        if block.recipe.as_deref() != Some(marked) {
            reasons.push("how it is made was changed".to_owned());
        }
        if old.rules != made.rules {
            reasons.push("cargo-pyhack's rules changed".to_owned());
        }
        if old.kept != block.kept(text) {
            reasons.push("the lines to keep changed".to_owned());
        }
        if old.text != text_digest(&text[block.body.clone()]) {
            reasons.push("it was edited by hand".to_owned());
        }
        reasons
    }

    /// The digests of a project of the user's and its files, if they can be
    /// told.
    fn local_digests(
        self,
        (recipe, name): (&Recipe, &PythonName),
        old: Option<&Made>,
        draft: &Draft,
    ) -> Option<(Made, Arc<Source>)> {
        let (request, _) = recipe.asked(draft.file().as_str()).ok()?;
        let old = old.cloned().unwrap_or_default();
        let folder = parent_folder(draft.file());
        let beside = match old.beside.as_str() {
            "" => None,
            name => read_file(&join_below(folder, name)).ok()?,
        };
        let source = digests::source(&request.path, old.up, self.session).ok()?;
        let beside = Beside {
            lock: beside.as_deref(),
            kind: digests::kind_in_lock(folder, name.as_str(), self.session),
        };
        let made = digests::of_source(&source, &request, old.up, &beside).ok()?;
        Some((made, source))
    }

    /// Does a job.
    pub(super) fn done(self, job: &Job, results: &Results, place: Place) -> Done {
        if job.has_none {
            return Done::Found(Finding::NoRust);
        }
        let Some(key) = &job.key else {
            return if job.is_fresh {
                Done::Fresh
            } else {
                Self::local(job, place)
            };
        };
        if let Some(known) = results.get(key) {
            return Done::Found(known);
        }
        if job.is_fresh {
            return Done::Fresh;
        }
        let made = make_locked(
            self.workspace,
            &job.entries,
            (&job.recipe, self.asked),
            place,
        );
        let finding = match made {
            Ok(Some(saved)) => Finding::Rust(Box::new(saved)),
            Ok(None) => Finding::NoRust,
            Err(error) => Finding::Failed((&error).into()),
        };
        results.add(key, &finding);
        Done::Found(finding)
    }

    fn local(job: &Job, place: Place) -> Done {
        match make(&job.recipe, place) {
            Ok(made) => Done::Made(Box::new(made)),
            Err(Error::Project(ProjectError::NoRust { .. })) => Done::Found(Finding::NoRust),
            Err(error) => Done::Found(Finding::Failed((&error).into())),
        }
    }

    /// Puts what was made into the draft, and tells of it.
    pub(super) fn take(
        self,
        (job, done): (&Job, Done),
        draft: &mut Draft,
        stanzas: &mut Vec<AnyStanza>,
    ) -> LockedPackageReport {
        let mut told = self.told(job);
        let folder = parent_folder(draft.file()).to_owned();
        let made = match done {
            Done::Fresh => {
                told.rust = Some(true);
                told.stanza = Some(StanzaState::Fresh);
                return told;
            }
            Done::Found(Finding::NoRust) => {
                told.rust = Some(false);
                return told;
            }
            Done::Found(Finding::Failed(failure)) => {
                told.error = Some(failure);
                return told;
            }
            Done::Found(Finding::Rust(saved)) => {
                told.saved.clone_from(&Some((*saved).clone()));
                let mut made = job.made.clone();
                made.build.clone_from(&saved.build);
                if let Some(lock) = saved.locks.first() {
                    made.lock = Made::digest(lock.text.as_bytes());
                    made.beside.clone_from(&lock.name);
                }
                saved.made(&folder, job.marked.clone(), made)
            }
            Done::Made(made) => *made,
        };
        told.facts(&made);
        told.rust = Some(true);
        told.warnings.clone_from(&made.warnings);
        if self.request.writing.is_none() {
            let names = made.locks.iter().filter_map(|lock| lock.path.file_name());
            told.warnings.extend(names.map(lock_beside));
        }
        if job.is_fresh {
            told.stanza = Some(StanzaState::Fresh);
        } else if self.request.writing.is_some() {
            let before = draft.body(&made.package.name);
            match draft.put(&made) {
                Ok(()) if before.is_none() => told.stanza = Some(StanzaState::New),
                Ok(()) if before == draft.body(&made.package.name) => {
                    told.stanza = Some(StanzaState::Fresh);
                }
                Ok(()) => told.stanza = Some(StanzaState::Changed),
                Err(error) => told.error = Some((&error).into()),
            }
        }
        stanzas.push(made.stanza);
        told
    }
}

impl Job {
    /// The package and what it is made from, for the file's mark.
    pub(super) fn looked_at(&self) -> (&str, &str) {
        (self.name.as_str(), &self.made.source)
    }
}

/// Whether a stanza is of a lock, and not of a path.
pub(in crate::ops) fn is_of_lock(block: &Block) -> bool {
    let recipe = block.recipe.as_deref().unwrap_or("{}");
    let recipe: Recipe = serde_json::from_str(recipe).unwrap_or_default();
    recipe.lock.is_some() && recipe.path.is_none() && recipe.prebuilt.is_none()
}

/// Whether a stanza is what would be made from the same.
fn is_fresh(made: &Made, block: &Block, text: &str) -> bool {
    block.made.as_ref().is_some_and(|old| {
        old.source == made.source
            && old.lock == made.lock
            && old.rules == made.rules
            && old.kept == block.kept(text)
            && old.text == text_digest(&text[block.body.clone()])
    })
}

/// One display of the progress of many packages.
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

    fn step(&self) {
        self.outer.progress().step();
    }

    // Others go on.
    fn finish(&self) {}
}
