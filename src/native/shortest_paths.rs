//! Shortest paths through the crates that are built.

use std::collections::{BTreeMap, VecDeque};

use super::features::{Unit, UnitGraph};

/// Upper bound on the paths to one crate: a diamond of many crates has
/// exponentially many of the same length.
const MAX_PATHS: usize = 16;

/// The shortest paths from one crate to all others.
pub(super) struct ShortestPaths {
    root: Unit,
    /// For each crate, those before it on shortest paths.
    predecessors: BTreeMap<Unit, Vec<Unit>>,
}

impl ShortestPaths {
    pub(super) fn from_root(units: &UnitGraph, root: Unit) -> Self {
        let mut lengths = BTreeMap::from([(root, 0_usize)]);
        let mut predecessors: BTreeMap<Unit, Vec<Unit>> = BTreeMap::new();
        let mut open = VecDeque::from([root]);
        while let Some(unit) = open.pop_front() {
            let length = lengths[&unit] + 1;
            for dependency in &units[&unit].dependencies {
                let shortest = *lengths.entry(dependency.to).or_insert_with(|| {
                    open.push_back(dependency.to);
                    length
                });
                let before = predecessors.entry(dependency.to).or_default();
                if shortest == length && !before.contains(&unit) {
                    before.push(unit);
                }
            }
        }
        Self { root, predecessors }
    }

    /// The shortest paths to a crate, both ends included.
    pub(super) fn paths_to(&self, unit: Unit) -> Vec<Vec<Unit>> {
        let (mut done, mut open) = (Vec::new(), vec![vec![unit]]);
        while let Some(path) = open.pop() {
            let last = path[path.len() - 1];
            if last == self.root {
                done.push(path.into_iter().rev().collect());
                if done.len() == MAX_PATHS {
                    break;
                }
                continue;
            }
            for &previous in self.predecessors.get(&last).into_iter().flatten() {
                let mut longer = path.clone();
                longer.push(previous);
                open.push(longer);
            }
        }
        done
    }
}
