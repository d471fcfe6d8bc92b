//! The extras and groups of a flake's environments.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::nix::expr::Expr;
use crate::nix::ident::is_identifier;
use crate::nix::print::print_inline;
use crate::project::PythonName;
use crate::python_lock::{ChosenMembers, Conflict, ConflictItem, DefaultGroups, PythonLock};

/// How the environments differ from `workspace.deps`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// The members of conflicting sets.
    pub members: ChosenMembers,
    /// The projects with `default-groups = "all"`, which uv2nix doesn't support.
    pub with_all_groups: BTreeSet<PythonName>,
    /// The chosen members that are installed by default.
    by_default: Vec<Conflict>,
}

impl Dependencies {
    /// Chooses a member of each set of conflicts. `defaults` has
    /// `tool.uv.default-groups` of the workspace's members.
    pub fn choose(lock: &PythonLock, defaults: &BTreeMap<PythonName, DefaultGroups>) -> Self {
        let members = ChosenMembers::choose(lock, defaults);
        let with_all_groups = defaults
            .iter()
            .filter(|(_, groups)| **groups == DefaultGroups::All)
            .map(|(name, _)| name.clone())
            .collect();
        let by_default = members.chosen.iter().filter(|member| {
            let groups = defaults.get(&member.package);
            groups.is_some_and(|groups| member.item.is_group_of(groups))
        });
        Self {
            by_default: by_default.cloned().collect(),
            with_all_groups,
            members,
        }
    }

    /// Prints the definitions of [`Self::default_variable`] and
    /// [`Self::all_variable`]; empty if `workspace.deps` has both.
    pub(super) fn definitions(&self) -> String {
        let mut text = String::new();
        let added = self.added();
        if self.has_default_variable() {
            let why = if self.members.chosen.is_empty() {
                "The default groups; uv2nix doesn't know `default-groups = \"all\"`."
            } else {
                "The default groups, and one of what conflicts (`tool.uv.conflicts`)."
            };
            let _ = write!(
                text,
                "\n# {why}\ndependencies = workspace.deps.default // {{"
            );
            let names = self.with_all_groups.iter().chain(added.keys().copied());
            for name in names.collect::<BTreeSet<_>>() {
                let key = attribute(name);
                let mut value = if self.with_all_groups.contains(name) {
                    self.without_excluded(name, "groups")
                } else {
                    format!("workspace.deps.default.{key}")
                };
                if let Some(names) = added.get(name) {
                    let _ = write!(value, " ++ {}", list(names));
                }
                let _ = write!(text, "{key} = {value};");
            }
            text.push_str("};\n");
        }
        if !self.members.excluded.is_empty() {
            text.push_str("# All extras and groups, except for those that conflict with these.\n");
            text.push_str("allDependencies = workspace.deps.all // {");
            for name in excluded_packages(&self.members) {
                let value = self.without_excluded(name, "all");
                let _ = write!(text, "{} = {value};", attribute(name));
            }
            text.push_str("};\n");
        }
        text
    }

    /// Returns the dependencies of the package.
    pub(super) fn default_variable(&self) -> &'static str {
        if self.has_default_variable() {
            "dependencies"
        } else {
            "workspace.deps.default"
        }
    }

    /// Returns the dependencies of the package set and the shell.
    pub(super) const fn all_variable(&self) -> &'static str {
        if self.has_conflicts() {
            "allDependencies"
        } else {
            "workspace.deps.all"
        }
    }

    /// Returns whether no environment can have all extras and groups.
    pub(super) const fn has_conflicts(&self) -> bool {
        !self.members.excluded.is_empty()
    }

    fn has_default_variable(&self) -> bool {
        !self.with_all_groups.is_empty() || !self.added().is_empty()
    }

    /// Returns the chosen members that aren't installed by default.
    fn added(&self) -> BTreeMap<&PythonName, Vec<&str>> {
        let mut added: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for member in &self.members.chosen {
            if let Some(name) = member.item.name()
                && !self.by_default.contains(member)
            {
                added.entry(&member.package).or_default().push(name);
            }
        }
        added
    }

    /// Prints a list of `workspace.deps` without the excluded members.
    fn without_excluded(&self, package: &PythonName, which: &str) -> String {
        let all = format!("workspace.deps.{which}.{}", attribute(package));
        let excluded = self.members.excluded.iter();
        let excluded = excluded.filter(|member| member.package == *package);
        // Dependency groups have no extras.
        let is_there =
            |member: &&Conflict| which == "all" || matches!(member.item, ConflictItem::Group(_));
        let excluded = excluded.filter(is_there);
        let excluded: Vec<_> = excluded.filter_map(|member| member.item.name()).collect();
        if excluded.is_empty() {
            return all;
        }
        format!("lib.subtractLists {} {all}", list(&excluded))
    }
}

fn excluded_packages(members: &ChosenMembers) -> BTreeSet<&PythonName> {
    let excluded = members.excluded.iter();
    let excluded = excluded.filter(|member| member.item.name().is_some());
    excluded.map(|member| &member.package).collect()
}

fn attribute(name: &PythonName) -> String {
    if is_identifier(name.as_str()) {
        name.to_string()
    } else {
        print_inline(&Expr::string(name.as_str()))
    }
}

fn list(names: &[&str]) -> String {
    print_inline(&Expr::strings(names.iter().copied()))
}
