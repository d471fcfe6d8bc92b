//! From `[build-system].requires` to what `resolveBuildSystem` takes.
//!
//! Requirements are PEP 508. A requirement whose marker holds on none of the
//! platforms that we write for is left out.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, Requirement, VerbatimUrl};
use serde::Deserialize;

use crate::project::{ProjectError, PythonName};

/// Names of build requirements and the extras asked of each.
pub type BuildSystem = BTreeMap<PythonName, BTreeSet<String>>;

const TABLE: &str = include_str!("../data/build-systems.toml");

/// The Python that markers are evaluated for.
const PYTHON: &str = "3.13";

/// Reads requirements; `place` is the file that they stand in.
///
/// # Errors
/// At the first that is no PEP 508 requirement.
pub fn build_system(requires: &[String], place: &str) -> Result<BuildSystem, ProjectError> {
    let environments = environments();
    let mut found = BuildSystem::new();
    for text in requires {
        let refuse = |message: String| ProjectError::Requirement {
            place: place.to_owned(),
            requirement: shortened(text),
            message,
        };
        if !is_reasonable(text) {
            return Err(refuse("it is longer than anybody means it".to_owned()));
        }
        let requirement: Requirement<VerbatimUrl> = text
            .parse()
            .map_err(|e: pep508_rs::Pep508Error<VerbatimUrl>| refuse(e.message.to_string()))?;
        let holds = |environment| requirement.marker.evaluate(environment, &[]);
        if environments.iter().any(holds) {
            let extras = requirement.extras.iter().map(ToString::to_string);
            found
                .entry(PythonName::new(requirement.name.as_ref()))
                .or_default()
                .extend(extras);
        }
    }
    Ok(found)
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

/// The requirements that the package set doesn't bring by itself: naming one
/// in `resolveBuildSystem` is an evaluation error unless the user's lock has
/// it.
///
/// # Panics
/// Never: a test reads the table too.
#[must_use]
pub fn unknown(build_system: &BuildSystem) -> Vec<&PythonName> {
    let table: Table = toml::from_str(TABLE).expect("the table is checked by a test");
    build_system
        .keys()
        .filter(|name| !table.names.contains(name.as_str()))
        .collect()
}

/// The table `data/build-systems.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "it is there for readers of the table")]
    source: String,
    names: BTreeSet<String>,
}

/// CPython on the platforms that Nix users have.
fn environments() -> Vec<MarkerEnvironment> {
    [
        ("linux", "Linux", "x86_64"),
        ("linux", "Linux", "aarch64"),
        ("darwin", "Darwin", "arm64"),
    ]
    .into_iter()
    .map(|(sys_platform, platform_system, platform_machine)| {
        let full = format!("{PYTHON}.0");
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: &full,
            os_name: "posix",
            platform_machine,
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system,
            platform_version: "",
            python_full_version: &full,
            python_version: PYTHON,
            sys_platform,
        })
        .expect("the versions above are versions")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(requires: &[&str]) -> Vec<String> {
        let requires: Vec<_> = requires.iter().map(|r| (*r).to_owned()).collect();
        build_system(&requires, "pyproject.toml")
            .unwrap()
            .iter()
            .map(|(name, extras)| format!("{name}{extras:?}"))
            .collect()
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
    fn markers_that_never_hold_leave_it_out() {
        let requires = [
            "cffi>=1.12; platform_python_implementation != 'PyPy'",
            "tomli; python_version < '3.11'",
            "pywin32; sys_platform == 'win32'",
            "x; sys_platform == 'darwin'",
        ];
        assert_eq!(read(&requires), ["cffi{}", "x{}"]);
    }

    #[test]
    fn urls_are_requirements_too() {
        assert_eq!(
            read(&["maturin @ https://example.org/maturin.tar.gz"]),
            ["maturin{}"]
        );
    }

    #[test]
    fn what_the_package_set_lacks_is_told() {
        let requires = ["Setuptools_Rust", "maturin", "setuptools-gettext"].map(str::to_owned);
        let build_system = build_system(&requires, "pyproject.toml").unwrap();
        let unknown: Vec<_> = unknown(&build_system)
            .into_iter()
            .map(PythonName::as_str)
            .collect();
        assert_eq!(unknown, ["setuptools-gettext"]);
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
            let error = build_system(&[format!("a; {marker}")], "pyproject.toml").unwrap_err();
            assert!(matches!(error, ProjectError::Requirement { .. }));
        }
    }

    #[test]
    fn nonsense_is_named() {
        let error = build_system(&["==1".to_owned()], "pyproject.toml").unwrap_err();
        assert!(error.to_string().contains("`==1`"), "{error}");
    }
}
