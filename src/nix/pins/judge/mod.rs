//! Checks whether pinned versions are new enough.

use std::collections::BTreeMap;

use jiff::civil::Date;
use semver::Version;
use serde::Deserialize;

use super::address::NixosRelease;
use super::file::PinFile;
use super::pin::{Age, Pin, PinnedProject, escape};
use crate::target::Toolchains;
use crate::warning::{PinUpdate, RustcOf, Warning};

const TABLE: &str = include_str!("../../../../data/nixpkgs.toml");

/// The contents of `data/nixpkgs.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    import_cargo_lock: Date,
    pyproject_nix: Vec<Hacks>,
    /// The days on which versions `1.N.0` came out.
    rust_released: BTreeMap<Version, Date>,
}

/// What pyproject.nix' hacks have since a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hacks {
    since: Date,
    has: Vec<String>,
}

impl Table {
    fn built_in() -> Self {
        toml::from_str(TABLE).expect("a test reads the table")
    }

    /// The day on which a rustc came out; `None` if the table lacks it.
    fn rust_released(&self, rustc: &Version) -> Option<Date> {
        let first_patch = Version::new(rustc.major, rustc.minor, 0);
        self.rust_released.get(&first_patch).copied()
    }
}

/// A rustc that the build needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededRust {
    /// The oldest that is new enough.
    pub version: Version,
    /// The crate that needs it.
    pub krate: String,
}

/// What a build requires of the pinned versions.
#[derive(Debug, Clone, Copy, Default)]
pub struct PinRequirements<'a> {
    /// The functions of pyproject.nix' hacks that the stanza calls, and their
    /// arguments.
    pub hacks: &'a [&'a str],
    /// Whether `importCargoLock` has crates to fetch.
    pub fetches: bool,
    pub rust: Option<&'a NeededRust>,
}

/// The result of [`judge`].
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PinFindings {
    /// A warning for each version that is too old.
    pub warnings: Vec<Warning>,
    /// Whether the age of nixpkgs shows if its rustc is new enough.
    pub knows_rustc: bool,
}

/// Checks the pins of the file at the path `place`.
pub fn judge(place: &str, file: PinFile, pins: &[Pin], asked: PinRequirements) -> PinFindings {
    let table = Table::built_in();
    let mut judged = PinFindings::default();
    let at = PinLocation { place, file };
    if let Some(nixpkgs) = nixpkgs_pin(pins) {
        if asked.fetches && nixpkgs.age.is_before(table.import_cargo_lock) {
            judged.warnings.push(Warning::OldNixpkgs {
                pinned: at.describe(nixpkgs),
                since: table.import_cargo_lock.to_string(),
                update: at.update(nixpkgs),
            });
        }
        if let Some(needed) = asked.rust {
            let verdict = table.rustc(nixpkgs, needed);
            judged.knows_rustc = verdict.is_some();
            if let Some(Verdict::TooOld(why) | Verdict::Keeps(why)) = &verdict {
                // An update brings the same rustc where the branch keeps it.
                let keeps = matches!(verdict, Some(Verdict::Keeps(_)));
                judged.warnings.push(Warning::RustVersion {
                    krate: needed.krate.clone(),
                    version: needed.version.clone(),
                    rustc: RustcOf::Pinned {
                        finding: format!("{} {why}", at.describe(nixpkgs)),
                        update: (!keeps).then(|| at.update(nixpkgs)),
                    },
                });
            }
        }
    }
    judged
        .warnings
        .extend(lacking(&table, &at, pins, asked.hacks));
    judged
}

/// Warnings for the functions that the pinned pyproject.nix lacks.
fn lacking(table: &Table, at: &PinLocation, pins: &[Pin], asked: &[&str]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let hacks = pins
        .iter()
        .find(|pin| pin.project == PinnedProject::PyprojectNix);
    for row in &table.pyproject_nix {
        let lacks = |pin: &&Pin| pin.age.is_before(row.since);
        let Some(pin) = hacks.filter(lacks) else {
            continue;
        };
        for what in asked
            .iter()
            .filter(|what| row.has.iter().any(|has| has == *what))
        {
            warnings.push(Warning::OldPyprojectNix {
                pinned: at.describe(pin),
                function: (*what).to_owned(),
                since: row.since.to_string(),
                update: at.update(pin),
            });
        }
    }
    warnings
}

/// The pin of the nixpkgs that builds use: the one called `nixpkgs`, else the
/// newest. One of unknown age may be the newest.
fn nixpkgs_pin(pins: &[Pin]) -> Option<&Pin> {
    let all = || {
        pins.iter()
            .filter(|pin| pin.project == PinnedProject::Nixpkgs)
    };
    let age = |pin: &&Pin| match pin.age {
        Age::Of(day) | Age::Before(day) => (false, Some(day)),
        Age::Unknown => (true, None),
    };
    all()
        .find(|pin| pin.name == "nixpkgs")
        .or_else(|| all().max_by_key(age))
}

/// How nixpkgs' rustc compares with the one that is needed.
enum Verdict {
    New,
    TooOld(String),
    /// Too old, and the branch keeps its rustc.
    Keeps(String),
}

impl Table {
    /// Returns `None` if neither branch nor age show it.
    fn rustc(&self, nixpkgs: &Pin, needed: &NeededRust) -> Option<Verdict> {
        let released = self.rust_released(&needed.version)?;
        let branch = nixpkgs.branch.as_deref().unwrap_or_default();
        if let Some(release) = NixosRelease::of_branch(branch) {
            let branch = escape(branch);
            return match rustc_of(release) {
                Some(rustc) if rustc < needed.version => Some(Verdict::Keeps(format!(
                    "follows {branch}, which has {rustc}"
                ))),
                Some(_) => Some(Verdict::New),
                None => (release.closed_on() <= released).then(|| {
                    let older = format!(
                        "follows {branch}, which is older than that rustc, released on {released}"
                    );
                    Verdict::Keeps(older)
                }),
            };
        }
        match nixpkgs.age {
            age if age.is_before(released) => Some(Verdict::TooOld(format!(
                "is older than that rustc, released on {released}"
            ))),
            Age::Of(_) => Some(Verdict::New),
            Age::Before(_) | Age::Unknown => None,
        }
    }
}

/// The rustc of a stable branch, if the table of branches has it.
fn rustc_of(release: NixosRelease) -> Option<Version> {
    let name = release.branch();
    let mut rows = Toolchains::built_in().nixpkgs.into_iter();
    rows.find(|row| row.branch == name).map(|row| row.rustc)
}

/// The file of a pin.
struct PinLocation<'a> {
    place: &'a str,
    file: PinFile,
}

impl PinLocation<'_> {
    /// ``the nixpkgs of 2026-05-01 (`nixpkgs` in `flake.lock`)``
    fn describe(&self, pin: &Pin) -> String {
        let what = match pin.project {
            PinnedProject::Nixpkgs => "nixpkgs",
            PinnedProject::PyprojectNix => "pyproject.nix",
            PinnedProject::Uv2nix => "uv2nix",
        };
        let age = match pin.age {
            Age::Of(day) => format!(" of {day}"),
            Age::Before(day) => format!(" from before {day}"),
            Age::Unknown => String::new(),
        };
        format!(
            "the {what}{age} (`{}` in `{}`)",
            escape(&pin.name),
            self.place
        )
    }

    fn update(&self, pin: &Pin) -> PinUpdate {
        PinUpdate {
            command: self.file.update(&pin.name),
        }
    }
}

#[cfg(test)]
mod tests;
