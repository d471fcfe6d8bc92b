//! Dependency cycles between modules: such modules can't be understood or
//! tested on their own.
//!
//! The test compares the modules of each folder. A subfolder counts as one
//! module with all its files. A `mod.rs` and the files of its folder may use
//! each other.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{ModulePath, SOURCES, shown};

/// Known cycles, each as the list of its modules. The test fails on a new
/// cycle, on a new module in a known one, and on an entry whose cycle no longer
/// exists.
const KNOWN: &[&[&str]] = &[];

type Edges = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

#[test]
fn modules_form_no_cycles() {
    let edges: Edges = SOURCES
        .modules
        .keys()
        .map(|path| (path.clone(), SOURCES.dependencies(path)))
        .collect();
    let folders: BTreeSet<_> = edges
        .keys()
        .map(|path| path[..path.len() - 1].to_vec())
        .collect();
    let found = folders
        .iter()
        .flat_map(|folder| circles(&siblings(folder, &edges)));
    let found: Vec<_> = found.collect();
    let known = KNOWN.iter().map(|names| {
        let names = names
            .iter()
            .map(|name| name.split("::").map(str::to_owned).collect());
        names.collect::<BTreeSet<ModulePath>>()
    });
    let known: Vec<_> = known.collect();
    let is_known =
        |circle: &&BTreeSet<ModulePath>| known.iter().any(|known| circle.is_subset(known));
    let new = found.iter().filter(|circle| !is_known(circle));
    let new: Vec<_> = new.map(|circle| ties(&edges, circle)).collect();
    assert!(
        new.is_empty(),
        "these imports form cycles between modules: {new:#?}"
    );
    let has_part =
        |known: &&BTreeSet<ModulePath>| found.iter().any(|circle| circle.is_subset(known));
    let gone = known.iter().filter(|known| !has_part(known));
    let gone: Vec<Vec<_>> = gone
        .map(|known| known.iter().map(shown).collect())
        .collect();
    assert!(
        gone.is_empty(),
        "these cycles no longer exist, remove them from `KNOWN`: {gone:#?}"
    );
}

/// Returns the direct child modules of a folder with the dependencies between
/// them.
fn siblings(folder: &[String], edges: &Edges) -> Edges {
    let child = |path: &ModulePath| {
        let is_below = path.len() > folder.len() && path.starts_with(folder);
        is_below.then(|| path[..=folder.len()].to_vec())
    };
    let mut siblings = Edges::new();
    for (from, to) in edges {
        let Some(from) = child(from) else {
            continue;
        };
        let to = to.iter().filter_map(child).filter(|to| *to != from);
        siblings.entry(from.clone()).or_default().extend(to);
    }
    siblings
}

/// Returns the imports that form a cycle.
fn ties(edges: &Edges, circle: &BTreeSet<ModulePath>) -> Vec<String> {
    let member = |path: &ModulePath| circle.iter().find(|member| path.starts_with(member));
    let ties = edges.iter().flat_map(|(from, to)| {
        let to = to.iter().filter(|to| {
            let ends = member(from).zip(member(to));
            ends.is_some_and(|(from, to)| from != to)
        });
        to.map(|to| format!("{} -> {}", shown(from), shown(to)))
    });
    ties.collect()
}

/// Returns the strongly connected components with more than one node (Tarjan's
/// algorithm).
fn circles<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<BTreeSet<N>> {
    let mut search = Search {
        edges,
        indices: BTreeMap::new(),
        lowest: BTreeMap::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for node in edges.keys() {
        if !search.indices.contains_key(node) {
            search.visit(node);
        }
    }
    search.found
}

struct Search<'a, N> {
    edges: &'a BTreeMap<N, BTreeSet<N>>,
    /// The order in which the search reached each node.
    indices: BTreeMap<&'a N, usize>,
    /// The index of the first open node that each node leads back to.
    lowest: BTreeMap<&'a N, usize>,
    open: Vec<&'a N>,
    found: Vec<BTreeSet<N>>,
}

impl<'a, N: Ord + Clone> Search<'a, N> {
    fn visit(&mut self, node: &'a N) {
        let index = self.indices.len();
        self.indices.insert(node, index);
        self.open.push(node);
        let mut lowest = index;
        for next in self.edges.get(node).into_iter().flatten() {
            if !self.indices.contains_key(next) {
                self.visit(next);
                lowest = lowest.min(self.lowest[next]);
            } else if self.open.contains(&next) {
                lowest = lowest.min(self.indices[next]);
            }
        }
        self.lowest.insert(node, lowest);
        if lowest == index {
            let start = self.open.iter().position(|open| *open == node).unwrap();
            let component: BTreeSet<_> = self.open.drain(start..).cloned().collect();
            if component.len() > 1 {
                self.found.push(component);
            }
        }
    }
}

#[test]
fn cycles_are_found_and_trees_are_not() {
    let edges = |list: &[(u8, u8)]| {
        let mut edges: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (from, to) in list {
            edges.entry(*from).or_default().insert(*to);
            edges.entry(*to).or_default();
        }
        edges
    };
    assert_eq!(
        circles(&edges(&[(1, 2), (1, 3), (2, 4), (3, 4)])),
        Vec::new()
    );
    let two = edges(&[(1, 2), (2, 3), (3, 2), (3, 4), (4, 5), (5, 6), (6, 4)]);
    assert_eq!(
        circles(&two),
        [BTreeSet::from([4, 5, 6]), BTreeSet::from([2, 3])]
    );
}
