//! What a lock says of a workspace as a whole.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{LockedPackage, LockedWheel, PackageSource, PythonLock};
use crate::project::{PythonName, SourceKind};

impl PythonLock {
    /// The names of its packages.
    pub fn names(&self) -> impl Iterator<Item = &PythonName> {
        self.packages.iter().map(|package| &package.name)
    }

    /// What a package set makes of a package's source; none where the lock
    /// hasn't the package.
    #[must_use]
    pub fn kind(&self, name: &PythonName) -> Option<SourceKind> {
        Some(self.entries(name).next()?.source.kind())
    }

    /// The members that are installed as packages, each with its folder
    /// relative to the lock's, by name.
    #[must_use]
    pub fn members<'a>(&'a self) -> Vec<(&'a PythonName, &'a Utf8Path)> {
        let member = |package: &'a LockedPackage| match &package.source {
            PackageSource::Editable(folder) => Some((&package.name, folder.as_path())),
            _ => None,
        };
        let mut members: Vec<_> = self.packages.iter().filter_map(member).collect();
        members.sort_unstable();
        members
    }

    /// Whether it has packages from folders that aren't members.
    #[must_use]
    pub fn has_folders(&self) -> bool {
        let mut sources = self.packages.iter().map(|package| &package.source);
        sources.any(|source| matches!(source, PackageSource::Directory(_)))
    }

    /// Whether each package with wheels has one for `CPython` 3.`minor`, on
    /// whatever platform.
    #[must_use]
    pub fn has_wheels_for(&self, minor: u8) -> bool {
        let mut wheels: BTreeMap<&PythonName, Vec<&LockedWheel>> = BTreeMap::new();
        for package in self.packages.iter().filter(|p| !p.wheels.is_empty()) {
            wheels
                .entry(&package.name)
                .or_default()
                .extend(&package.wheels);
        }
        let is_for = |wheel: &&LockedWheel| wheel.name.is_for_python(minor);
        wheels.values().all(|wheels| wheels.iter().any(is_for))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_what_is_installed() {
        let lock = r#"
version = 1
requires-python = ">=3.11"
conflicts = [[{ package = "app", extra = "a" }, { package = "app", extra = "b" }]]

[[package]]
name = "Under_Score"
source = { editable = "packages/under" }

[[package]]
name = "app"
source = { virtual = "." }

[[package]]
name = "a"
source = { editable = "." }

[[package]]
name = "b"
source = { directory = "../b" }
"#;
        let lock = PythonLock::read("uv.lock", lock).unwrap();
        let members = lock.members().into_iter();
        let members: Vec<_> = members
            .map(|(name, folder)| (name.as_str(), folder.as_str()))
            .collect();
        assert_eq!(members, [("a", "."), ("under-score", "packages/under")]);
        assert!(!lock.conflicts.is_empty() && lock.has_folders());
        assert!(lock.has_wheels_for(15));
        assert_eq!(lock.kind(&PythonName::new("B")), Some(SourceKind::Local));
        assert_eq!(lock.kind(&PythonName::new("c")), None);
    }

    #[test]
    fn wheels_tell_the_pythons() {
        let pythons = |names: &[&str]| -> Vec<u8> {
            let wheels: Vec<_> = names
                .iter()
                .map(|name| format!("{{ url = \"https://example.org/{name}.whl\" }}"))
                .collect();
            let lock = format!(
                "version = 1\n[[package]]\nname = \"a\"\nsource = {{ registry = \"x\" }}\nwheels = [{}]",
                wheels.join(", ")
            );
            let lock = PythonLock::read("uv.lock", &lock).unwrap();
            (11..=15)
                .filter(|minor| lock.has_wheels_for(*minor))
                .collect()
        };
        let all = [11, 12, 13, 14, 15];
        assert_eq!(pythons(&["a-1.0-py3-none-any"]), all);
        assert_eq!(pythons(&["a-1.0-py2.py3-none-any"]), all);
        assert_eq!(pythons(&["a-1.0-py312-none-any"]), [12, 13, 14, 15]);
        assert_eq!(
            pythons(&["a-1.0-cp313-abi3-macosx_11_0_arm64"]),
            [13, 14, 15]
        );
        assert_eq!(
            pythons(&[
                "a-1.0-cp311-cp311-musllinux_1_1_x86_64",
                "a-1.0-1-cp313-cp313-win32",
                "a-1.0-cp314-cp314t-win32",
            ]),
            [11, 13]
        );
        assert_eq!(pythons(&["a-1.0-pp310-pypy310_pp73-win32"]), [0u8; 0]);
        assert_eq!(pythons(&[]), all);
    }
}
