//! Compares the formats of packages in real lockfiles with uv2nix's.
//!
//! `tests/scripts/uv2nix-formats` writes `testdata/locks/*/formats.tsv`.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::SourceReason;
use super::*;
use crate::project::PythonName;
use crate::target::Platform;

/// The environment of a line of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    preference: String,
    system: String,
    libc: String,
    python: String,
}

/// Name, version, format and wheel of each package.
type Rows = BTreeSet<[String; 4]>;

fn cases(table: &str) -> BTreeMap<Case, Rows> {
    let mut cases: BTreeMap<_, Rows> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<_> = line.split('\t').map(str::to_owned).collect();
        let [preference, system, libc, python, rest @ ..] = &cells[..] else {
            panic!("{line}");
        };
        let case = Case {
            preference: preference.clone(),
            system: system.clone(),
            libc: libc.clone(),
            python: python.clone(),
        };
        let row = rest.to_vec().try_into().unwrap();
        cases.entry(case).or_default().insert(row);
    }
    cases
}

/// Returns the packages of an environment as the table has them.
fn rows(lock: &PythonLock, settings: &UvSettings, case: &Case) -> Rows {
    let python = case.python.trim_end_matches('t');
    let environment = Environment {
        platform: Platform::from_system(&case.system).unwrap(),
        libc: match case.libc.as_str() {
            "musl" => Libc::Musl,
            _ => Libc::Glibc,
        },
        python_minor: python.strip_prefix("3.").unwrap().parse().unwrap(),
        is_free_threaded: python != case.python,
    };
    let preference = match case.preference.as_str() {
        "sdist" => Preference::Sdist,
        _ => Preference::Wheel,
    };
    let row = |place: usize| {
        let package = &lock.packages[place];
        let version = package
            .version
            .clone()
            .unwrap_or_else(|| "0.0.0".to_owned());
        let (format, wheel) = match choose_format(package, environment, settings, preference) {
            PackageFormat::Wheel(name) => ("wheel", name),
            PackageFormat::Source(SourceReason::Local) => ("local", "-".to_owned()),
            PackageFormat::Source(_) => ("pyproject", "-".to_owned()),
            PackageFormat::Virtual => ("virtual", "-".to_owned()),
            // uv2nix chooses to build the wheel by path, and fails only then.
            PackageFormat::Impossible(_) if matches!(package.source, LockedSource::Path(_)) => {
                ("pyproject", "-".to_owned())
            }
            PackageFormat::Impossible(_) => ("error", "-".to_owned()),
        };
        let version = if format == "error" {
            "-".to_owned()
        } else {
            version
        };
        [package.name.to_string(), version, format.to_owned(), wheel]
    };
    reach(lock, &environment.markers())
        .into_iter()
        .map(row)
        .collect()
}

/// Returns whether nixpkgs' order of the package's wheels is contradictory, so
/// that its sorting algorithm decides.
fn is_unordered(name: &str) -> bool {
    name.starts_with("mac-order") || name == "build-tags-language"
}

/// Returns whether a package has a musl wheel for POWER, on which pyproject.nix
/// fails.
fn is_for_power(lock: &PythonLock, name: &str) -> bool {
    let entries = lock.entries(&PythonName::new(name));
    let mut names = entries
        .flat_map(|entry| &entry.wheels)
        .map(|wheel| &wheel.file_name);
    names.any(|name| name.contains("musllinux") && name.contains("ppc64le"))
}

fn compare(
    folder: &str,
    (pyproject, members): (&str, &[&str]),
    (lock, table): (&str, &str),
) -> usize {
    let lock = parse("uv.lock", lock).unwrap();
    let members: Vec<_> = members.iter().map(|text| (*text).to_owned()).collect();
    let settings = UvSettings::read(pyproject, &members).unwrap();
    let mut count = 0;
    for (case, expected) in cases(table) {
        // The evaluation of the whole package set fails.
        if expected.iter().any(|row| row[0] == "*") {
            continue;
        }
        let found = rows(&lock, &settings, &case);
        for row in &expected {
            count += 1;
            let is_it = |other: &&[String; 4]| {
                row == *other || (is_unordered(&row[0]) && row[..3] == other[..3])
            };
            let is_theirs =
                row[2] == "error" && case.libc == "musl" && is_for_power(&lock, &row[0]);
            assert!(
                is_theirs || found.iter().any(|other| is_it(&other)),
                "{folder} {case:?}: {row:?} isn't in {:?}",
                found
                    .iter()
                    .filter(|other| other[0] == row[0])
                    .collect::<Vec<_>>()
            );
        }
        for row in &found {
            assert!(
                expected.iter().any(|other| other[0] == row[0]),
                "{folder} {case:?}: {row:?} is too much"
            );
        }
    }
    count
}

macro_rules! case {
    ($name:literal $(, $member:literal)*) => {
        compare(
            $name,
            (
                include_str!(concat!("../../testdata/locks/", $name, "/pyproject.toml")),
                &[$(include_str!(concat!("../../testdata/locks/", $name, "/", $member, "/pyproject.toml"))),*],
            ),
            (
                include_str!(concat!("../../testdata/locks/", $name, "/uv.lock")),
                include_str!(concat!("../../testdata/locks/", $name, "/formats.tsv")),
            ),
        )
    };
}

#[test]
fn every_package_is_what_uv2nix_makes_of_it() {
    let counts = [
        case!("conflicts"),
        case!("environments"),
        case!("flat-index"),
        case!("forks"),
        case!("forty"),
        case!("git-url"),
        case!("one"),
        case!("tags"),
        case!("torch"),
        case!("workspace"),
    ];
    assert!(counts.iter().sum::<usize>() > 6000, "{counts:?}");
}
