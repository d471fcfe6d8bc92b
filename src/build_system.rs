//! From `[build-system].requires` and what the backend's hooks add to it to
//! what `resolveBuildSystem` takes.
//!
//! Requirements are PEP 508; a marker is evaluated for the Python and each of
//! the platforms that are asked for.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::{Requirement, VerbatimUrl, VersionOrUrl};
use serde::Deserialize;

use crate::project::{ProjectError, PythonName};
use crate::target::{Platform, Target};

const TABLE: &str = include_str!("../data/build-systems.toml");

/// Extras of a package may name its extras, in a circle too: once so many
/// were followed, nothing new comes.
const MAX_REFERENCES: usize = 1000;

/// For each name that is required: the platforms, and the extras asked for
/// on each.
pub type BuildSystem = BTreeMap<PythonName, BTreeMap<Platform, BTreeSet<String>>>;

/// What a package asks for to be built.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The package itself.
    pub name: &'a PythonName,
    /// Its extras, for requirements of itself.
    pub extras: &'a BTreeMap<String, Vec<String>>,
    /// What it is built for.
    pub target: &'a Target,
    /// The file that the requirements stand in, for errors.
    pub place: &'a str,
}

/// What is required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// By name.
    pub system: BuildSystem,
    /// Those that name a URL, of which `resolveBuildSystem` knows nothing.
    pub urls: BTreeMap<PythonName, String>,
}

impl Requirements {
    /// Reads requirements.
    ///
    /// # Errors
    /// At the first that is no PEP 508 requirement.
    pub fn read<'a>(
        requires: impl IntoIterator<Item = &'a String>,
        request: Request<'a>,
    ) -> Result<Self, ProjectError> {
        let environments = request.target.environments();
        let mut found = Self::default();
        let everywhere: BTreeSet<Platform> = request.target.platforms.clone();
        let mut open: Vec<(&String, BTreeSet<Platform>)> = requires
            .into_iter()
            .map(|text| (text, everywhere.clone()))
            .collect();
        let mut references = 0;
        open.reverse();
        while let Some((text, platforms)) = open.pop() {
            let requirement = parse_requirement(text, request.place)?;
            let on: BTreeSet<Platform> = environments
                .iter()
                .filter(|(platform, _)| platforms.contains(platform))
                .filter(|(_, environment)| requirement.marker.evaluate(environment, &[]))
                .map(|(platform, _)| *platform)
                .collect();
            let name = PythonName::new(requirement.name.as_ref());
            let extras: BTreeSet<_> = requirement.extras.iter().map(ToString::to_string).collect();
            if name == *request.name {
                // Itself with extras: what those ask for, itself being what
                // is built.
                for (extra, more) in request.extras {
                    if extras.contains(PythonName::new(extra).as_str()) && !on.is_empty() {
                        references += more.len();
                        open.extend(more.iter().rev().map(|text| (text, on.clone())));
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
                platforms
                    .entry(platform)
                    .or_default()
                    .extend(extras.clone());
            }
        }
        Ok(found)
    }

    /// What backends' hooks ask for beyond `[build-system].requires`, which
    /// pyproject.nix reads of a local project itself.
    #[must_use]
    pub fn unasked(&self, requires: &[String]) -> BuildSystem {
        let asked: BTreeSet<_> = requires
            .iter()
            .filter_map(|text| parse_requirement(text, "").ok())
            .map(|requirement| PythonName::new(requirement.name.as_ref()))
            .collect();
        let system = self.system.iter();
        let unasked = system.filter(|(name, _)| !asked.contains(name));
        unasked
            .map(|(name, on)| (name.clone(), on.clone()))
            .collect()
    }

    /// The names that the package set doesn't bring by itself and the user's
    /// lock doesn't have: naming one in `resolveBuildSystem` is an evaluation
    /// error.
    ///
    /// # Panics
    /// Never: a test reads the table too.
    #[must_use]
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
        return Err(refuse(text, place, "it is longer than anybody means it"));
    }
    let parsed: Result<_, pep508_rs::Pep508Error<VerbatimUrl>> = text.parse();
    parsed.or_else(|error| {
        // uv takes `>=1<2` for what it means, and so do old versions of pip.
        let mended: Result<_, pep508_rs::Pep508Error<VerbatimUrl>> = with_commas(text).parse();
        mended.map_err(|_| refuse(text, place, &error.message.to_string()))
    })
}

/// Puts the commas that are missing between version bounds.
fn with_commas(text: &str) -> String {
    let mut mended = String::new();
    for c in text.chars() {
        let follows_digit = mended.ends_with(|last: char| last.is_ascii_digit());
        if follows_digit && matches!(c, '<' | '>' | '=' | '~' | '!') {
            mended.push(',');
        }
        mended.push(c);
    }
    mended
}

fn refuse(text: &str, place: &str, message: &str) -> ProjectError {
    ProjectError::Requirement {
        place: place.to_owned(),
        requirement: shortened(text),
        message: message.to_owned(),
    }
}

fn shortened(requirement: &str) -> String {
    match requirement.char_indices().nth(200) {
        Some((end, _)) => format!("{}...", &requirement[..end]),
        None => requirement.to_owned(),
    }
}

/// A marker takes time and memory that double with each term, and stack with
/// each parenthesis: a stranger's may have only so many.
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
    #[expect(dead_code, reason = "it is there for readers of the table")]
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
        let request = Request {
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
        Requirements::read(&requires, request)
    }

    /// `name{"extra"}`, with the platforms where they aren't all.
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
