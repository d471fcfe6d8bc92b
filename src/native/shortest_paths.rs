//! Shortest ways through what is built.

use std::collections::{BTreeMap, VecDeque};

use super::detect::ModuleBuild;
use super::features::Unit;

/// So many ways of the same length are told.
const MAX_WAYS: usize = 16;

/// For each unit those before it on shortest ways from the root.
pub(super) fn shortest(build: &ModuleBuild, root: Unit) -> BTreeMap<Unit, Vec<Unit>> {
    let mut lengths = BTreeMap::from([(root, 0_usize)]);
    let mut before: BTreeMap<Unit, Vec<Unit>> = BTreeMap::new();
    let mut open = VecDeque::from([root]);
    while let Some(unit) = open.pop_front() {
        let length = lengths[&unit] + 1;
        for edge in &build.built.units[&unit].dependencies {
            let known = *lengths.entry(edge.to).or_insert_with(|| {
                open.push_back(edge.to);
                length
            });
            let before = before.entry(edge.to).or_default();
            if known == length && !before.contains(&unit) {
                before.push(unit);
            }
        }
    }
    before
}

/// All shortest ways to a unit, up to a limit.
pub(super) fn back(before: &BTreeMap<Unit, Vec<Unit>>, root: Unit, unit: Unit) -> Vec<Vec<Unit>> {
    let (mut done, mut open) = (Vec::new(), vec![vec![unit]]);
    while let Some(way) = open.pop() {
        let last = way[way.len() - 1];
        if last == root {
            done.push(way.into_iter().rev().collect());
            if done.len() == MAX_WAYS {
                break;
            }
            continue;
        }
        for &previous in before.get(&last).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(previous);
            open.push(longer);
        }
    }
    done
}
