//! Extras and groups that conflict (`tool.uv.conflicts`): which of them an
//! environment has.
//!
//! uv2nix narrows a set of conflicting members down only if the dependencies
//! that it is given name exactly one of them.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::model::{Conflict, ConflictItem, PythonLock};
use super::settings::DefaultGroups;
use crate::project::PythonName;

/// The member of each set of `tool.uv.conflicts` that an environment has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChosenMembers {
    /// The members that are chosen.
    pub chosen: Vec<Conflict>,
    /// The members that conflict with a chosen one.
    pub excluded: Vec<Conflict>,
}

impl ChosenMembers {
    /// Chooses a member of each set: one that uv installs by default, otherwise
    /// the first one that no other set excludes. A set with a member that has
    /// no dependencies may stay without one.
    pub fn choose(lock: &PythonLock, defaults: &BTreeMap<PythonName, DefaultGroups>) -> Self {
        let is_default = |member: &Conflict| match &member.item {
            ConflictItem::Group(group) => defaults
                .get(&member.package)
                .map_or(group == "dev", |groups| groups.has(group)),
            ConflictItem::Extra(_) | ConflictItem::Package => false,
        };
        let mut found = Self::default();
        // A default of a later set goes before the first member of an earlier
        // one.
        for takes_others in [false, true] {
            for set in &lock.conflicts {
                let is_free = |member: &&Conflict| {
                    has_dependencies(lock, member)
                        && !found.excluded.contains(member)
                        && (takes_others || is_default(member))
                };
                let is_narrowed = set.iter().any(|member| found.chosen.contains(member));
                if let Some(member) = set.iter().find(is_free).filter(|_| !is_narrowed) {
                    found.take(member.clone(), lock);
                }
            }
        }
        found
    }

    fn take(&mut self, member: Conflict, lock: &PythonLock) {
        for set in lock.conflicts.iter().filter(|set| set.contains(&member)) {
            for other in set.iter().filter(|other| **other != member) {
                if !self.excluded.contains(other) {
                    self.excluded.push(other.clone());
                }
            }
        }
        self.chosen.push(member);
    }
}

/// Returns whether the lockfile has dependencies for an extra or group;
/// uv leaves out those that have none.
fn has_dependencies(lock: &PythonLock, member: &Conflict) -> bool {
    lock.entries(&member.package)
        .any(|package| match &member.item {
            ConflictItem::Extra(extra) => package.optional.contains_key(extra),
            ConflictItem::Group(group) => package.groups.contains_key(group),
            ConflictItem::Package => false,
        })
}

/// `PACKAGE[EXTRA]`, `PACKAGE:GROUP`, or `PACKAGE`, as uv's messages have them.
impl Display for Conflict {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let package = &self.package;
        match &self.item {
            ConflictItem::Extra(extra) => write!(f, "{package}[{extra}]"),
            ConflictItem::Group(group) => write!(f, "{package}:{group}"),
            ConflictItem::Package => write!(f, "{package}"),
        }
    }
}

impl ConflictItem {
    /// Returns the name of the extra or group; `None` for a package.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Extra(name) | Self::Group(name) => Some(name),
            Self::Package => None,
        }
    }

    /// Returns whether it is one of the groups that are installed by default.
    pub fn is_group_of(&self, defaults: &DefaultGroups) -> bool {
        matches!(self, Self::Group(group) if defaults.has(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_lock::parse;

    /// The names of what is chosen and excluded for `sets` of the groups and
    /// extras of `app`; a group starts with `group `.
    fn choice(sets: &[&[&str]], defaults: Option<DefaultGroups>) -> [Vec<String>; 2] {
        let member = |name: &&str| match name.strip_prefix("group ") {
            Some(group) => format!("{{ package = \"app\", group = \"{group}\" }}"),
            None => format!("{{ package = \"app\", extra = \"{name}\" }}"),
        };
        let sets = sets.iter().map(|set| {
            let set: Vec<_> = set.iter().map(member).collect();
            format!("[{}]", set.join(", "))
        });
        let sets: Vec<_> = sets.collect();
        let lock = format!(
            "version = 1\nconflicts = [{}]\n[[package]]\nname = \"app\"\nsource = {{ virtual = \".\" }}\n\
             [package.optional-dependencies]\na = []\nb = []\nc = []\n\
             [package.dev-dependencies]\ndev = []\nlint = []\n",
            sets.join(", ")
        );
        let lock = parse("uv.lock", &lock).unwrap();
        let defaults = defaults.map(|groups| (PythonName::new("app"), groups));
        let found = ChosenMembers::choose(&lock, &defaults.into_iter().collect());
        [found.chosen, found.excluded].map(|members| {
            let names = members.iter().filter_map(|member| member.item.name());
            names.map(str::to_owned).collect()
        })
    }

    #[test]
    fn the_first_member_is_chosen() {
        assert_eq!(choice(&[&["b", "a"]], None), [vec!["b"], vec!["a"]]);
        assert_eq!(choice(&[], None), [[""; 0], [""; 0]]);
    }

    #[test]
    fn a_member_is_in_no_set_with_another_chosen_one() {
        // `b` is excluded by the first set, `c` by the third.
        let sets: [&[&str]; 3] = [&["a", "b"], &["b", "c"], &["c", "a"]];
        assert_eq!(choice(&sets, None), [vec!["a"], vec!["b", "c"]]);
        assert_eq!(choice(&sets[..2], None), [vec!["a", "c"], vec!["b"]]);
    }

    #[test]
    fn groups_that_uv_installs_by_default_go_first() {
        let sets: [&[&str]; 2] = [&["a", "b"], &["a", "group dev"]];
        assert_eq!(choice(&sets, None), [vec!["dev", "b"], vec!["a"]]);
        let none = DefaultGroups::Names(Vec::new());
        assert_eq!(choice(&sets, Some(none)), [vec!["a"], vec!["b", "dev"]]);
        let sets: [&[&str]; 1] = [&["a", "group lint"]];
        let all = choice(&sets, Some(DefaultGroups::All));
        assert_eq!(all, [vec!["lint"], vec!["a"]]);
    }

    #[test]
    fn members_without_dependencies_are_not_in_the_lock() {
        assert_eq!(choice(&[&["none", "a"]], None), [vec!["a"], vec!["none"]]);
        assert_eq!(choice(&[&["none", "x"]], None), [[""; 0], [""; 0]]);
    }
}
