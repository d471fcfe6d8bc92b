//! Build requirements as pyproject.nix's `resolveBuildSystem` takes them, from
//! `[build-system].requires` and what the backend's hooks add.
//!
//! Requirements follow PEP 508; markers are evaluated for the target's Python
//! and each of its platforms.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::{Requirement, VerbatimUrl, VersionOrUrl};
use serde::Deserialize;

use crate::pep508;
use crate::project::{ProjectError, PythonName};
use crate::target::{Platform, Target};
use crate::text_place::TextPlace;
use crate::toml_text::span_of_item;

const TABLE: &str = include_str!("../data/build-systems.toml");

/// Upper bound on the requirements that a package's own extras add: extras may
/// refer to each other in a circle.
const MAX_REFERENCES: usize = 1000;

/// The required packages: the platforms on which each is needed, with the
/// extras there.
pub type BuildSystem = BTreeMap<PythonName, BTreeMap<Platform, BTreeSet<String>>>;

/// The package that has the build requirements.
#[derive(Debug, Clone, Copy)]
pub struct RequiringPackage<'a> {
    pub name: &'a PythonName,
    /// The requirements of its extras: a package may require itself with an
    /// extra.
    pub extras: &'a BTreeMap<String, Vec<String>>,
    pub target: &'a Target,
    /// The file with the requirements, for errors.
    pub place: &'a str,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    pub system: BuildSystem,
    /// The URLs of those that name one; `resolveBuildSystem` ignores it.
    pub urls: BTreeMap<PythonName, String>,
}

impl Requirements {
    /// Reads `build-system.requires` of a `pyproject.toml` with this text, and
    /// `more` requirements that come from elsewhere.
    ///
    /// # Errors
    /// If one of them isn't valid. The error points at it if it is in the text.
    pub fn read_pyproject(
        requires: &[String],
        more: &[String],
        package: RequiringPackage<'_>,
        pyproject: &str,
    ) -> Result<Self, ProjectError> {
        let read = Self::read(requires.iter().chain(more), package);
        read.map_err(|error| match error {
            ProjectError::Requirement {
                requirement,
                message,
                ..
            } => {
                let is_it = |item: &str| shortened(item) == requirement;
                let span = span_of_item(pyproject, &["build-system", "requires"], is_it);
                ProjectError::Requirement {
                    at: TextPlace::span_or_file(package.place, pyproject, span),
                    requirement,
                    message,
                }
            }
            error => error,
        })
    }

    /// Reads requirements in the form of PEP 508.
    ///
    /// # Errors
    /// If one of them isn't valid.
    pub fn read<'a>(
        requires: impl IntoIterator<Item = &'a String>,
        package: RequiringPackage<'a>,
    ) -> Result<Self, ProjectError> {
        let environments = package.target.environments();
        let mut found = Self::default();
        // The requirements in reverse order, each with the platforms on which it
        // counts.
        let mut open: Vec<(&String, BTreeSet<Platform>)> = requires
            .into_iter()
            .map(|text| (text, package.target.platforms.clone()))
            .collect();
        open.reverse();
        let mut references = 0;
        while let Some((text, platforms)) = open.pop() {
            let requirement = parse_requirement(text, package.place)?;
            let on: BTreeSet<Platform> = environments
                .iter()
                .filter(|(platform, _)| platforms.contains(platform))
                .filter(|(_, environment)| requirement.marker.evaluate(environment, &[]))
                .map(|(platform, _)| *platform)
                .collect();
            let name = PythonName::new(requirement.name.as_ref());
            let extras: BTreeSet<_> = requirement.extras.iter().map(ToString::to_string).collect();
            if name == *package.name {
                for (extra, requires) in package.extras {
                    if extras.contains(PythonName::new(extra).as_str()) && !on.is_empty() {
                        references += requires.len();
                        open.extend(requires.iter().rev().map(|text| (text, on.clone())));
                    }
                }
                if references > MAX_REFERENCES {
                    return Ok(found);
                }
                continue;
            }
            if let (Some(VersionOrUrl::Url(url)), false) =
                (&requirement.version_or_url, on.is_empty())
            {
                found.urls.insert(name.clone(), url.to_string());
            }
            for platform in on {
                let platforms = found.system.entry(name.clone()).or_default();
                let known = platforms.entry(platform).or_default();
                known.extend(extras.iter().cloned());
            }
        }
        Ok(found)
    }

    /// Returns the packages that `[build-system].requires` doesn't name:
    /// pyproject.nix reads that of a local project, but not what hooks add.
    pub fn except_declared(&self, requires: &[String]) -> BuildSystem {
        let mut system = self.system.clone();
        for requirement in requires
            .iter()
            .filter_map(|text| parse_requirement(text, "").ok())
        {
            system.remove(&PythonName::new(requirement.name.as_ref()));
        }
        system
    }

    /// Returns the packages that neither the package set nor the user's lockfile
    /// has: with one of them, `resolveBuildSystem` fails to evaluate.
    ///
    /// # Panics
    /// Never: a test parses the table too.
    pub fn unknown(&self, uv_lock: Option<&BTreeSet<PythonName>>) -> Vec<&PythonName> {
        let table: Table = toml::from_str(TABLE).expect("the table is checked by a test");
        self.system
            .keys()
            .filter(|name| !table.names.contains(name.as_str()))
            .filter(|name| uv_lock.is_none_or(|lock| !lock.contains(name)))
            .collect()
    }
}

pub(crate) fn parse_requirement(
    text: &str,
    place: &str,
) -> Result<Requirement<VerbatimUrl>, ProjectError> {
    if !is_reasonable(text) {
        return Err(refuse(text, place, "it is too long"));
    }
    pep508::parse_requirement(text).or_else(|message| {
        // uv and old versions of pip accept `>=1<2`.
        let with_commas = pep508::parse_requirement(&with_commas(text));
        with_commas.map_err(|_| refuse(text, place, &message))
    })
}

/// Inserts the missing commas between version bounds.
fn with_commas(text: &str) -> String {
    let mut corrected = String::new();
    for c in text.chars() {
        let follows_digit = corrected.ends_with(|last: char| last.is_ascii_digit());
        if follows_digit && matches!(c, '<' | '>' | '=' | '~' | '!') {
            corrected.push(',');
        }
        corrected.push(c);
    }
    corrected
}

fn refuse(text: &str, place: &str, message: &str) -> ProjectError {
    ProjectError::Requirement {
        at: TextPlace::file(place),
        requirement: shortened(text),
        message: message.to_owned(),
    }
}

/// Returns the first 200 characters.
fn shortened(requirement: &str) -> String {
    match requirement.char_indices().nth(200) {
        Some((end, _)) => format!("{}...", &requirement[..end]),
        None => requirement.to_owned(),
    }
}

/// Returns whether a requirement is short enough to be parsed: the time and
/// memory for a marker double with each term, and each parenthesis takes stack.
fn is_reasonable(requirement: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let operators = requirement
        .split(|c| !is_word(c))
        .filter(|word| matches!(*word, "and" | "or"))
        .count();
    requirement.len() <= 4096 && operators <= 20 && requirement.matches('(').count() <= 20
}

/// The table `data/build-systems.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for readers of the table")]
    source: String,
    names: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirements(requires: &[&str]) -> Result<Requirements, ProjectError> {
        let requires: Vec<_> = requires.iter().map(|r| (*r).to_owned()).collect();
        let extras = [
            ("build", vec!["maturin", "own[More]"]),
            ("more", vec!["cffi", "own[build]"]),
        ];
        let package = RequiringPackage {
            name: &PythonName::new("own"),
            extras: &extras
                .map(|(k, v)| (k.to_owned(), v.into_iter().map(str::to_owned).collect()))
                .into(),
            target: &Target {
                python_minor: 13,
                platforms: Platform::DEFAULT.into(),
            },
            place: "pyproject.toml",
        };
        Requirements::read(&requires, package)
    }

    /// Formats each requirement as `name{"extra"}`, with the platforms unless it
    /// is for all.
    fn read(requires: &[&str]) -> Vec<String> {
        let found = requirements(requires).unwrap().system;
        let label = |(name, platforms): (&PythonName, &BTreeMap<Platform, BTreeSet<String>>)| {
            let extras: BTreeSet<_> = platforms.values().flatten().collect();
            let systems: Vec<_> = platforms.keys().map(|p| p.system()).collect();
            let at = if systems.len() == 3 {
                String::new()
            } else {
                format!("@{}", systems.join(","))
            };
            format!("{name}{extras:?}{at}")
        };
        found.iter().map(label).collect()
    }

    #[test]
    fn names_are_normalised_and_extras_kept() {
        assert_eq!(
            read(&[
                "Setuptools_SCM[toml]>=8",
                "setuptools-scm[Other]",
                "maturin>=1,<2"
            ]),
            ["maturin{}", "setuptools-scm{\"other\", \"toml\"}"]
        );
    }

    #[test]
    fn markers_are_for_each_platform() {
        let requires = [
            "cffi>=1.12; platform_python_implementation != 'PyPy'",
            "tomli; python_version < '3.11'",
            "pywin32; sys_platform == 'win32'",
            "x; sys_platform == 'darwin'",
            "y; platform_machine == 'x86_64'",
        ];
        assert_eq!(
            read(&requires),
            ["cffi{}", "x{}@aarch64-darwin", "y{}@x86_64-linux"]
        );
    }

    #[test]
    fn urls_are_requirements_too() {
        let found = requirements(&["maturin @ https://example.org/maturin.tar.gz"]).unwrap();
        assert_eq!(found.system.len(), 1);
        let url = &found.urls[&PythonName::new("maturin")];
        assert!(url.contains("example.org"), "{url}");
    }

    #[test]
    fn a_package_that_requires_itself_requires_its_extras() {
        assert_eq!(read(&["own[build]"]), ["cffi{}", "maturin{}"]);
        assert_eq!(read(&["own"]), Vec::<String>::new());
        let requires = [
            "own[build]; sys_platform == 'darwin'",
            "cffi; sys_platform == 'win32'",
        ];
        assert_eq!(
            read(&requires),
            ["cffi{}@aarch64-darwin", "maturin{}@aarch64-darwin"]
        );
    }

    #[test]
    fn what_the_package_set_lacks_is_told() {
        let found = requirements(&["Setuptools_Rust", "maturin", "setuptools-gettext"]).unwrap();
        let names = |lock: Option<&BTreeSet<PythonName>>| -> Vec<String> {
            found
                .unknown(lock)
                .into_iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(names(None), ["setuptools-gettext"]);
        let lock = BTreeSet::from([PythonName::new("setuptools-gettext")]);
        assert_eq!(names(Some(&lock)), Vec::<String>::new());
    }

    #[test]
    fn the_table_is_sorted_and_normalised() {
        let table: toml::Table = TABLE.parse().unwrap();
        let names: Vec<_> = table["names"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_str().unwrap())
            .collect();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert!(
            names
                .iter()
                .all(|name| PythonName::new(name).as_str() == *name)
        );
    }

    #[test]
    fn markers_that_would_never_end_are_refused() {
        let terms: Vec<_> = (0..24)
            .map(|i| format!("(extra=='a{i:02}' and extra=='b{i:02}')"))
            .collect();
        let deep = format!(
            "{}os_name=='posix'{}",
            "(".repeat(50_000),
            ")".repeat(50_000)
        );
        for marker in [terms.join(" or "), deep] {
            let error = requirements(&[&format!("a; {marker}")]).unwrap_err();
            assert!(matches!(error, ProjectError::Requirement { .. }));
        }
    }

    #[test]
    fn missing_commas_are_forgiven() {
        assert_eq!(
            read(&["maturin>=0.13.0<14", "py3>=1"]),
            ["maturin{}", "py3{}"]
        );
    }

    #[test]
    fn nonsense_is_named() {
        let error = requirements(&["==1"]).unwrap_err();
        assert!(error.to_string().contains("`==1`"), "{error}");
    }
}
