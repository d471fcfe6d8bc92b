//! Changes to an overlay file.
//!
//! Each change is checked against the parsed file when it is added, so that one
//! that is refused leaves the others alone. [`Edits::apply`] splices all of them
//! at once and parses the result once.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::keep::Versions;
use super::sets::{AttrSet, Insertion};
use super::{Block, Digests, Document, KEEP, OverlayError, PREFIX, PythonLockMark};
use super::{keep, text_digest, unified_diff};
use crate::nix::{Guard, Names};

/// Lays out a stanza for a place: its indentation in spaces, its guard, and what
/// the file calls what the stanza refers to.
pub type Layout<'a> = dyn Fn(usize, Guard, &Names) -> Result<String, OverlayError> + 'a;

/// A stanza for a file.
pub struct NewBlock<'a> {
    /// The package, normalized as in PEP 503.
    pub name: &'a str,
    /// Its version.
    pub version: Option<&'a str>,
    /// What it is made from, as a JSON object in one line.
    pub recipe: &'a str,
    /// Digests of what it was made from; those of its text and of the lines to
    /// keep are filled in.
    pub digests: &'a Digests,
    /// Lays out `NAME = ...;` for an indentation in spaces, which isn't in the
    /// text, and for what handles a package that the package set lacks.
    pub layout: &'a Layout<'a>,
    /// Whether the package set may lack the package.
    pub may_be_absent: bool,
    /// Whether to replace a stanza that was edited by hand.
    pub force: bool,
}

/// What putting a stanza does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The file has no stanza of the package yet.
    Added,
    /// The stanza has another text.
    Changed,
    /// The stanza has the same text; its marks may change.
    Same,
}

/// Changes to one file.
pub struct Edits<'d> {
    document: &'d Document,
    /// The new text of stanzas, by package.
    put: HashMap<String, String>,
    /// The packages that the file has no stanza of, in the order of their
    /// stanzas.
    added: Vec<String>,
    removed: BTreeSet<String>,
    python_lock: Option<PythonLockMark>,
}

impl<'d> Edits<'d> {
    /// Starts without a change.
    #[must_use]
    pub fn new(document: &'d Document) -> Self {
        Self {
            document,
            put: HashMap::new(),
            added: Vec::new(),
            removed: BTreeSet::new(),
            python_lock: None,
        }
    }

    /// Puts a stanza in place of the old one, or after all others if there is
    /// none. Of several edits of one package, the last counts.
    ///
    /// # Errors
    /// Fails if the file has no place for it, if the user sets the name, if the
    /// old stanza was edited by hand, or if lines to keep don't fit. The edits
    /// stay as they are.
    pub fn put(&mut self, new: &NewBlock) -> Result<Change, OverlayError> {
        let composed = compose(self.document, new)?;
        self.require_sound(new.name, &composed)?;
        let change = match self.document.block(new.name) {
            Some(block) if block.body() == composed.body => Change::Same,
            Some(_) => Change::Changed,
            None => Change::Added,
        };
        let name = new.name.to_owned();
        self.removed.remove(&name);
        let before = self.put.insert(name.clone(), composed.text);
        if change == Change::Added && before.is_none() {
            self.added.push(name);
        }
        Ok(change)
    }

    /// Removes a stanza with its marks and the blank line before it. A file
    /// that doesn't have it stays as it is.
    pub fn remove(&mut self, name: &str) {
        if self.put.remove(name).is_some() {
            self.added.retain(|added| added != name);
        }
        if self.document.block(name).is_some() {
            self.removed.insert(name.to_owned());
        }
    }

    /// Tells whether a stanza of the file is going to be removed.
    #[must_use]
    pub fn removes(&self, name: &str) -> bool {
        self.removed.contains(name)
    }

    /// Sets the mark of the lock of Python packages.
    pub fn set_python_lock_mark(&mut self, mark: PythonLockMark) {
        self.python_lock = Some(mark);
    }

    /// Returns the text of the file with all changes.
    ///
    /// # Errors
    /// Fails if the result isn't Nix, or has other stanzas than it should.
    pub fn apply(&self) -> Result<String, OverlayError> {
        let text = splice(self.document.text(), self.splices());
        if text == self.document.text() {
            return Ok(text);
        }
        let changed = Document::parse(self.document.place(), &text)?;
        self.require_marks(&changed)?;
        changed.require_sound()?;
        Ok(text)
    }

    fn splices(&self) -> Vec<Splice> {
        let document = self.document;
        let mut splices = Vec::new();
        let mut removals: Vec<Range<usize>> = Vec::new();
        for block in document.blocks() {
            if let Some(text) = self.put.get(&block.name) {
                splices.push(Splice {
                    range: block.range.clone(),
                    text: text.trim_end().to_owned(),
                });
            } else if self.removed.contains(&block.name) {
                add_removal(&mut removals, document.text(), block);
            }
        }
        splices.extend(removals.into_iter().map(|range| Splice {
            range,
            text: String::new(),
        }));
        splices.extend(self.insertion());
        splices.extend(self.mark_splice(&splices));
        splices
    }

    /// All new stanzas, at the end of their set.
    fn insertion(&self) -> Option<Splice> {
        let insertion = self.document.sets().insertion.as_ref().ok()?;
        let added = self.added.iter().filter_map(|name| self.put.get(name));
        let added: Vec<&str> = added.map(String::as_str).collect();
        if added.is_empty() {
            return None;
        }
        let blocks = added.join(self.document.newline());
        Some(Splice {
            range: insertion.range.clone(),
            text: format!("{}{blocks}{}", insertion.before, insertion.after),
        })
    }

    /// The lock's mark, in place of the old one or at the top of the file.
    fn mark_splice(&self, others: &[Splice]) -> Option<Splice> {
        let mark = self.python_lock.as_ref()?;
        let old = self.document.python_lock_range().filter(|old| {
            // A stanza that is replaced takes everything in it along.
            let is_inside = |other: &Splice| other.range.contains(&old.start);
            !others.iter().any(is_inside)
        });
        Some(match old {
            Some(range) => Splice {
                range,
                text: mark.to_string(),
            },
            None => Splice {
                range: 0..0,
                text: format!("{mark}{}", self.document.newline()),
            },
        })
    }

    /// Refuses a stanza that would break the file, or bring marks of its own.
    fn require_sound(&self, name: &str, composed: &Composed) -> Result<(), OverlayError> {
        let document = self.document;
        let is_in_place = composed.place.is_between_entries(document);
        if is_in_place && is_sound_alone(document.place(), name, &composed.text) {
            return Ok(());
        }
        // The whole file tells what is wrong, and where.
        let mut alone = Edits::new(document);
        alone.put.insert(name.to_owned(), composed.text.clone());
        if document.block(name).is_none() {
            alone.added.push(name.to_owned());
        }
        alone.apply().map(drop)
    }

    /// Requires that a changed file has the marks that it should have, and no
    /// others: nothing in a stanza may be taken for one.
    fn require_marks(&self, changed: &Document) -> Result<(), OverlayError> {
        let old = self.document.blocks().iter().map(|block| &block.name);
        let stay = old.filter(|name| !self.removed.contains(*name));
        let expected: Vec<_> = stay.chain(&self.added).collect();
        let found: Vec<_> = changed.blocks().iter().map(|block| &block.name).collect();
        let expected_mark = self.python_lock.as_ref();
        let expected_mark = expected_mark.or_else(|| self.document.python_lock_mark());
        let mark = changed.python_lock_mark();
        if expected == found && (mark.is_none() || mark == expected_mark) {
            return Ok(());
        }
        let mut put = expected.iter().filter(|name| self.put.contains_key(**name));
        let wrong = put.find(|name| !found.contains(name));
        let any_put = self.put.keys().min();
        Err(OverlayError::Keep {
            place: self.document.place().to_owned(),
            name: wrong.copied().or(any_put).cloned().unwrap_or_default(),
            kept: "the options of the `from` mark".to_owned(),
        })
    }
}

/// Tells whether a stanza replaces one with the same text and the same lines to
/// keep, however both are laid out.
#[must_use]
pub fn says_the_same(document: &Document, new: &NewBlock) -> bool {
    let Some(block) = document.block(new.name) else {
        return false;
    };
    compose(document, new).is_ok_and(|composed| {
        let digests = composed.digests;
        digests.text == block.text_digest() && digests.kept == block.kept_digest()
    })
}

/// A stanza that is laid out for its place.
struct Composed<'d> {
    /// The stanza between its marks, each line indented and ended.
    text: String,
    /// The lines between the marks, likewise.
    body: String,
    digests: Digests,
    place: Place<'d>,
}

/// Where a stanza goes.
#[derive(Clone, Copy)]
enum Place<'d> {
    /// In place of an old one.
    Old(&'d Block),
    /// After all others.
    New(&'d Insertion),
}

impl Place<'_> {
    const fn indentation(self) -> usize {
        match self {
            Self::Old(block) => block.indentation,
            Self::New(insertion) => insertion.indentation,
        }
    }

    const fn guard(self) -> Guard {
        match self {
            Self::Old(block) => block.guard,
            Self::New(insertion) => insertion.guard,
        }
    }

    /// The set that it is in.
    fn set(self, document: &Document) -> Option<&AttrSet> {
        document.sets().get(match self {
            Self::Old(block) => block.set,
            Self::New(insertion) => insertion.set,
        })
    }

    /// Tells whether the place is between entries of its set. Marks may also be
    /// around the bracket that opens it, or behind the `in` of a `let`.
    fn is_between_entries(self, document: &Document) -> bool {
        match self {
            Self::New(_) => true,
            Self::Old(block) => self.set(document).is_some_and(|set| {
                set.inside.start <= block.range.start && block.range.end <= set.inside.end
            }),
        }
    }
}

/// Lays out a stanza for its place in a file.
fn compose<'d>(document: &'d Document, new: &NewBlock) -> Result<Composed<'d>, OverlayError> {
    let place = match document.block(new.name) {
        Some(block) => Place::Old(block),
        None => Place::New(insertion_of(document, new.name)?),
    };
    let own = match place {
        Place::Old(block) => block.range.clone(),
        Place::New(_) => 0..0,
    };
    let set = place.set(document);
    if let Some(entry) = set.and_then(|set| set.other_entry(new.name, &own)) {
        return Err(document.taken(new.name, entry));
    }
    let names = set.map_or_else(Names::default, |set| set.surroundings.names.clone());
    let stanza = (new.layout)(place.indentation(), place.guard(), &names)?;
    let (stanza, kept) = match place {
        Place::Old(block) => {
            let stanza = with_kept_lines(document, block, new, stanza)?;
            let kept = keep::digest(&stanza);
            (stanza, kept)
        }
        Place::New(_) => (stanza, new.digests.kept.clone()),
    };
    if let Some(set) = set {
        require_bound(document, new.name, place, set, &stanza)?;
    }
    let digests = Digests {
        text: text_digest(&stanza),
        kept,
        relies_on_set: new.may_be_absent && place.guard() == Guard::Set,
        ..new.digests.clone()
    };
    let indented = |text: &str| indent(text, place.indentation(), document.newline());
    let body = indented(&stanza);
    if let Place::Old(block) = place
        && !new.force
        && block.is_edited()
        && digests.text != block.text_digest()
    {
        return Err(OverlayError::Edited {
            at: document.place_of_block(block),
            name: new.name.to_owned(),
            diff: unified_diff(block.body(), &body, document.place()),
        });
    }
    let head = indented(&first_marks(new, &digests));
    let end = indented(&format!("{PREFIX} end {}", new.name));
    Ok(Composed {
        text: format!("{head}{body}{end}"),
        body,
        digests,
        place,
    })
}

/// Refuses a stanza that uses a name that isn't in scope.
fn require_bound(
    document: &Document,
    name: &str,
    place: Place,
    set: &AttrSet,
    stanza: &str,
) -> Result<(), OverlayError> {
    let unbound = set.surroundings.unbound(stanza);
    if unbound.is_empty() {
        return Ok(());
    }
    let at = match place {
        Place::Old(block) => document.place_of_block(block),
        Place::New(insertion) => document.place_of(insertion.range.start..insertion.range.start),
    };
    Err(OverlayError::Unbound {
        at,
        name: name.to_owned(),
        unbound: quoted(&unbound),
        help: set.surroundings.advice(&unbound),
    })
}

/// Names for a message.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names = names.into_iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(" and ")
}

fn insertion_of<'d>(document: &'d Document, name: &str) -> Result<&'d Insertion, OverlayError> {
    let insertion = document.sets().insertion.as_ref();
    insertion.map_err(|problem| OverlayError::NoPlace {
        place: document.place().to_owned(),
        found: problem.to_string(),
        help: problem.help(name),
    })
}

/// Carries the lines to keep of an old stanza over into a new one.
fn with_kept_lines(
    document: &Document,
    old: &Block,
    new: &NewBlock,
    stanza: String,
) -> Result<String, OverlayError> {
    if !old.body().lines().any(keep::is_kept) {
        return Ok(stanza);
    }
    let versions = Versions {
        old: old.version.as_deref(),
        new: new.version,
    };
    keep::carry_over(old.body(), &stanza, versions).map_err(|line| OverlayError::Keep {
        place: document.place().to_owned(),
        name: old.name.clone(),
        kept: line.trim_end_matches(KEEP).trim().to_owned(),
    })
}

/// Tells whether a stanza with its marks is the only content of a set around
/// it.
fn is_sound_alone(place: &str, name: &str, text: &str) -> bool {
    const BRACE: &str = "{\n";
    let fragment = Document::parse_fragment(place, &format!("{BRACE}{text}}}\n"));
    fragment.is_ok_and(|fragment| {
        let whole = BRACE.len()..BRACE.len() + text.trim_end().len();
        let is_whole = |block: &Block| block.name == name && block.range == whole;
        fragment.python_lock_mark().is_none()
            && matches!(fragment.blocks(), [block] if is_whole(block))
    })
}

/// A part of a text, and what replaces it.
struct Splice {
    range: Range<usize>,
    text: String,
}

/// Replaces parts of a text that don't overlap.
fn splice(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.range.start);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for Splice { range, text: new } in splices {
        result.push_str(&text[at..range.start]);
        result.push_str(&new);
        at = range.end;
    }
    result.push_str(&text[at..]);
    result
}

/// Adds the lines of a stanza to what is removed, with the blank line before
/// it. Blocks come in the order of the file; those that are adjacent are removed
/// as one, so that what precedes the first of them counts for all.
fn add_removal(removals: &mut Vec<Range<usize>>, text: &str, block: &Block) {
    let end = text[block.range.end..]
        .find('\n')
        .map_or(text.len(), |newline| block.range.end + newline + 1);
    let mut start = start_with_adjacent(removals, block.range.start);
    if text[..start].ends_with("\n\n") {
        start = start_with_adjacent(removals, start - 1);
    }
    removals.push(start..end);
}

/// Takes the removal that ends at `start` out of the list, and returns where it
/// starts.
fn start_with_adjacent(removals: &mut Vec<Range<usize>>, start: usize) -> usize {
    let adjacent = removals.pop_if(|last| last.end == start);
    adjacent.map_or(start, |last| last.start)
}

/// The marks before a stanza.
fn first_marks(new: &NewBlock, digests: &Digests) -> String {
    let version = new.version.map(|version| format!(" {version}"));
    let (name, version) = (new.name, version.unwrap_or_default());
    format!(
        "{PREFIX} begin {name}{version}\n{PREFIX} from {}\n{PREFIX} made {digests}\n",
        new.recipe
    )
}

/// Indents and ends each line.
fn indent(text: &str, indentation: usize, newline: &str) -> String {
    let spaces = " ".repeat(indentation);
    let lines = text.lines().map(|line| match line {
        "" => newline.to_owned(),
        line => format!("{spaces}{line}{newline}"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests;
