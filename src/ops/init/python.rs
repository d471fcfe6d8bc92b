//! Which Python a flake takes.

use crate::nix::flake::{InitError, PYTHON_VERSION_FILE};
use crate::python_lock::{PythonLock, nixpkgs_python, parse_python_version};
use crate::target::{Toolchains, allows_python};

/// What decides.
pub(super) struct Wanted<'a> {
    /// `--python`
    pub asked: Option<u8>,
    /// The text of `.python-version`.
    pub file: Option<&'a str>,
    /// `requires-python` of the whole workspace.
    pub requires: Option<&'a str>,
    /// The newest that members with Rust in them can be built for.
    pub newest: Option<u8>,
    /// The lock, where its wheels are wanted.
    pub wheels: Option<&'a PythonLock>,
}

impl Wanted<'_> {
    /// Chooses one; it is always one that `requires-python` allows.
    pub(super) fn choose(&self) -> Result<u8, InitError> {
        let by_flag = self.asked.map(|minor| ("--python", minor));
        let by_file = || Some((PYTHON_VERSION_FILE, parse_python_version(self.file?)?));
        let requires = || self.requires.unwrap_or_default().to_owned();
        if let Some((asked, minor)) = by_flag.or_else(by_file) {
            if allows_python(self.requires, minor) {
                return Ok(minor);
            }
            let requires = requires();
            return Err(InitError::Python {
                asked,
                minor,
                requires,
            });
        }
        let toolchains = Toolchains::built_in();
        let allowed = toolchains.pythons(self.requires);
        let known = toolchains.newest_build_systems;
        let newest = self.newest.map_or(known, |newest| newest.min(known));
        let can_be_built = |minor: &&u8| **minor <= newest;
        let has_wheels = |minor: &&u8| self.wheels.is_none_or(|lock| lock.has_wheels_for(**minor));
        // nixpkgs' own has the most in its caches, and is what `lock` takes.
        let usual = nixpkgs_python();
        let usual = allowed.iter().filter(move |minor| **minor == usual);
        let mut newest_first = usual.chain(allowed.iter().rev()).filter(can_be_built);
        let first = newest_first.clone().next();
        let chosen = newest_first.find(has_wheels).or(first);
        chosen
            .or(allowed.first())
            .copied()
            .ok_or_else(|| InitError::NoPython {
                requires: requires(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_lock;

    /// A choice for `>=3.11,<3.14`: by flag, file, Rust and wheels.
    fn chosen(asked: Option<u8>, file: &str, newest: Option<u8>, has_lock: bool) -> Option<u8> {
        let lock = "version = 1\n[[package]]\nname = \"a\"\nsource = { registry = \"x\" }\n\
            wheels = [{ url = \"a-1-cp312-cp312-any.whl\" }]\n";
        let lock = python_lock::parse("uv.lock", lock).unwrap();
        let wanted = Wanted {
            asked,
            file: Some(file),
            requires: Some(">=3.11,<3.14"),
            newest,
            wheels: has_lock.then_some(&lock),
        };
        wanted.choose().ok()
    }

    #[test]
    fn what_is_asked_for_goes_first_and_has_to_be_allowed() {
        assert_eq!(chosen(Some(13), "3.11", Some(11), true), Some(13));
        assert_eq!(chosen(None, "3.11", None, true), Some(11));
        assert_eq!(chosen(Some(14), "", None, false), None);
        assert_eq!(chosen(None, "3.8", None, false), None);
    }

    #[test]
    fn else_it_is_the_newest_that_fits() {
        assert_eq!(chosen(None, "", None, false), Some(13));
        assert_eq!(chosen(None, "", None, true), Some(12));
        assert_eq!(chosen(None, "pypy", Some(11), true), Some(11));
        // They can't agree.
        assert_eq!(chosen(None, "", Some(9), false), Some(11));
    }
}
