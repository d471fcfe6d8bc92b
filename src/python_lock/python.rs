//! Which Python an environment has if none is asked for. All commands that
//! work on a lockfile choose by this rule.

use super::environment::{nixpkgs_patch, nixpkgs_python, parse_python_version};
use super::model::PythonLock;
use crate::target::{Toolchains, allows_patch, allows_python};

/// The facts that a Python is chosen from.
#[derive(Debug, Clone, Copy, Default)]
pub struct PythonChoice<'a> {
    /// The text of `.python-version`.
    pub file: Option<&'a str>,
    /// `requires-python` of the lockfile.
    pub requires: Option<&'a str>,
    /// The newest minor version that the workspace's members with Rust support.
    pub newest: Option<u8>,
    /// The lockfile, if its wheels are preferred.
    pub wheels: Option<&'a PythonLock>,
}

impl PythonChoice<'_> {
    /// Chooses a minor version of Python 3: that of `.python-version`,
    /// otherwise nixpkgs' `python3`, otherwise the newest one. What
    /// `requires-python` doesn't allow is passed over, and so is what the
    /// members or the wheels don't support if there is another one.
    pub fn choose(&self) -> u8 {
        let from_file = self.file.and_then(parse_python_version);
        if let Some(minor) = from_file.filter(|minor| allows_python(self.requires, *minor)) {
            return minor;
        }
        let toolchains = Toolchains::built_in();
        let allowed = toolchains.pythons(self.requires);
        let known = toolchains.newest_build_systems;
        let newest = self.newest.map_or(known, |newest| newest.min(known));
        let can_be_built = |minor: &&u8| **minor <= newest;
        let has_wheels = |minor: &&u8| self.wheels.is_none_or(|lock| lock.has_wheels_for(**minor));
        // nixpkgs' own has the most in its binary cache.
        let usual = nixpkgs_python();
        let usual = allowed.iter().filter(move |minor| **minor == usual);
        let mut newest_first = usual.chain(allowed.iter().rev()).filter(can_be_built);
        let first = newest_first.clone().next();
        newest_first
            .find(has_wheels)
            .or(first)
            .or(allowed.first())
            .copied()
            .unwrap_or_else(|| toolchains.newest_python(self.requires, None))
    }
}

/// Returns the version that uv2nix has to compare `requires-python` with
/// (`pythonVersion`), if it isn't that of nixpkgs' `CPython` 3.`minor`: the
/// newest allowed one before it, otherwise the oldest one after it.
pub fn python_version_override(requires: Option<&str>, minor: u8) -> Option<String> {
    let patch = nixpkgs_patch(minor)?;
    let is_allowed = |patch: &u8| allows_patch(requires, minor, *patch);
    if is_allowed(&patch) || !allows_python(requires, minor) {
        return None;
    }
    let mut nearest = (0..patch).rev().chain(patch..=u8::MAX);
    let patch = nearest.find(is_allowed)?;
    Some(format!("3.{minor}.{patch}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_lock;

    /// A choice for `requires` by file, Rust and wheels.
    fn chosen(requires: &str, file: &str, newest: Option<u8>, has_wheels: bool) -> u8 {
        let lock = "version = 1\n[[package]]\nname = \"a\"\nsource = { registry = \"x\" }\n\
            wheels = [{ url = \"a-1-cp312-cp312-any.whl\" }]\n";
        let lock = python_lock::parse("uv.lock", lock).unwrap();
        let choice = PythonChoice {
            file: Some(file),
            requires: Some(requires),
            newest,
            wheels: has_wheels.then_some(&lock),
        };
        choice.choose()
    }

    #[test]
    fn the_file_goes_first_if_it_is_allowed() {
        assert_eq!(chosen(">=3.11,<3.14", "3.11", None, true), 11);
        assert_eq!(chosen(">=3.11,<3.14", "3.8", None, false), 13);
    }

    #[test]
    fn otherwise_it_is_nixpkgs_own_or_the_newest_that_fits() {
        assert_eq!(chosen(">=3.11", "", None, false), 13);
        assert_eq!(chosen(">=3.11,<3.13", "", None, false), 12);
        assert_eq!(chosen(">=3.11,<3.14", "", None, true), 12);
        assert_eq!(chosen(">=3.11,<3.14", "pypy", Some(11), true), 11);
        // They can't agree.
        assert_eq!(chosen(">=3.11,<3.14", "", Some(9), false), 11);
    }

    #[test]
    fn an_override_is_the_nearest_patch_version() {
        let patch = nixpkgs_patch(12).unwrap();
        for (requires, version) in [
            (None, None),
            (Some("==3.12.*"), None),
            (Some(">=3.12,<3.13"), None),
            (Some("==3.12.8"), Some("3.12.8".to_owned())),
            (Some(">=3.12.1,<3.12.5"), Some("3.12.4".to_owned())),
            (Some(">=3.12.30"), Some("3.12.30".to_owned())),
            (Some(">=3.13"), None),
        ] {
            assert_eq!(
                python_version_override(requires, 12),
                version,
                "{requires:?}"
            );
        }
        let own = format!("==3.12.{patch}");
        assert_eq!(python_version_override(Some(&own), 12), None);
    }
}
