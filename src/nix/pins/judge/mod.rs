//! Whether what is pinned is new enough.

use std::collections::BTreeMap;

use semver::Version;
use serde::Deserialize;

use super::address::{closed_on, stable};
use super::{Age, Day, Input, Pin, PinFile, shown};
use crate::target::Toolchains;
use crate::warning::{PinUpdate, RustcOf, Warning};

const TABLE: &str = include_str!("../../../../data/nixpkgs.toml");

/// The table `data/nixpkgs.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    import_cargo_lock: Day,
    pyproject_nix: Vec<Hacks>,
    rust: Rust,
}

/// What pyproject.nix' hacks have since a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hacks {
    since: Day,
    has: Vec<String>,
}

/// When a rustc comes out, and when nixpkgs has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rust {
    /// The minor version that is counted from.
    first: u64,
    released: Day,
    every_days: i64,
    usual_days: i64,
    #[serde(deserialize_with = "minors")]
    seen: BTreeMap<u64, Day>,
}

/// TOML's keys are texts.
fn minors<'de, D: serde::Deserializer<'de>>(de: D) -> Result<BTreeMap<u64, Day>, D::Error> {
    let seen: BTreeMap<String, Day> = BTreeMap::deserialize(de)?;
    let minor = |key: String| key.parse().map_err(serde::de::Error::custom);
    seen.into_iter()
        .map(|(key, day)| Ok((minor(key)?, day)))
        .collect()
}

impl Table {
    /// The table that the program comes with.
    fn built_in() -> Self {
        toml::from_str(TABLE).expect("the table is checked by a test")
    }
}

impl Rust {
    /// The day on which a rustc came out; `None` before the table begins.
    fn released(&self, rustc: &Version) -> Option<Day> {
        let count = rustc.minor.checked_sub(self.first)?;
        let count = i64::try_from(count).ok().filter(|_| rustc.major == 1)?;
        Some(self.released.plus(count.checked_mul(self.every_days)?))
    }

    /// The day from which on nixpkgs-unstable has it, or most likely has.
    fn in_nixpkgs(&self, rustc: &Version) -> Option<Day> {
        let usual = self.released(rustc)?.plus(self.usual_days);
        Some(self.seen.get(&rustc.minor).copied().unwrap_or(usual))
    }
}

/// A rustc that the build needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededRust {
    /// The oldest one.
    pub version: Version,
    /// The crate that asks for it.
    pub krate: String,
}

/// What the build asks of what is pinned.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// What the stanza uses of pyproject.nix' hacks.
    pub hacks: &'a [&'a str],
    /// Whether `importCargoLock` has something to fetch.
    pub fetches: bool,
    /// The rustc that is needed.
    pub rust: Option<&'a NeededRust>,
}

/// What came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What is too old.
    pub warnings: Vec<Warning>,
    /// Whether it is known which rustc there is.
    pub knows_rustc: bool,
}

/// Judges the pins of the file at `place`.
///
/// # Panics
/// Never: a test reads the table too.
#[must_use]
pub fn judge(place: &str, file: PinFile, pins: &[Pin], asked: Asked) -> Judged {
    let table = Table::built_in();
    let mut judged = Judged::default();
    let at = Place { place, file };
    if let Some(nixpkgs) = chosen(pins) {
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

/// What the pinned pyproject.nix lacks.
fn lacking(table: &Table, at: &Place, pins: &[Pin], asked: &[&str]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let hacks = pins.iter().find(|pin| pin.input == Input::PyprojectNix);
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

/// The nixpkgs that is meant: the one of that name, else the newest.
fn chosen(pins: &[Pin]) -> Option<&Pin> {
    let all = || pins.iter().filter(|pin| pin.input == Input::Nixpkgs);
    // What can't be told may be the newest.
    let newest = |pin: &&Pin| match pin.age {
        Age::Of(day) | Age::Before(day) => (false, Some(day)),
        Age::Unknown => (true, None),
    };
    all()
        .find(|pin| pin.name == "nixpkgs")
        .or_else(|| all().max_by_key(newest))
}

/// Which rustc there is.
enum Verdict {
    New,
    TooOld(String),
    /// Too old, and a newer one of the branch has the same.
    Keeps(String),
}

impl Table {
    /// `None` where nothing tells.
    fn rustc(&self, nixpkgs: &Pin, needed: &NeededRust) -> Option<Verdict> {
        let released = self.rust.released(&needed.version)?;
        let branch = nixpkgs.branch.as_deref().unwrap_or_default();
        if let Some(version) = stable(branch) {
            let branch = shown(branch);
            return match rustc_of(version) {
                Some(rustc) if rustc < needed.version => Some(Verdict::Keeps(format!(
                    "follows {branch}, which has {rustc}"
                ))),
                Some(_) => Some(Verdict::New),
                None => (closed_on(version) <= released).then(|| {
                    let older =
                        format!("follows {branch}, from before that came out on {released}");
                    Verdict::Keeps(older)
                }),
            };
        }
        let certain = format!("is older than that, which came out on {released}");
        match nixpkgs.age {
            Age::Of(day) if day < released => Some(Verdict::TooOld(certain)),
            Age::Of(day) if day < self.rust.in_nixpkgs(&needed.version)? => {
                let weeks = self.rust.usual_days / 7;
                Some(Verdict::TooOld(format!(
                    "most likely has an older one: that came out on {released}, and nixpkgs takes \
                     about {weeks} weeks"
                )))
            }
            Age::Of(_) => Some(Verdict::New),
            Age::Before(day) if day <= released => Some(Verdict::TooOld(certain)),
            Age::Before(_) | Age::Unknown => None,
        }
    }
}

/// The rustc of a stable branch of today.
fn rustc_of((year, month): (i64, i64)) -> Option<Version> {
    let name = format!("nixos-{year:02}.{month:02}");
    let mut rows = Toolchains::built_in().nixpkgs.into_iter();
    rows.find(|row| row.branch == name).map(|row| row.rustc)
}

/// Where a pin is.
struct Place<'a> {
    place: &'a str,
    file: PinFile,
}

impl Place<'_> {
    /// ``the nixpkgs of 2026-05-01 (`nixpkgs` in `flake.lock`)``
    fn describe(&self, pin: &Pin) -> String {
        let what = match pin.input {
            Input::Nixpkgs => "nixpkgs",
            Input::PyprojectNix => "pyproject.nix",
            Input::Uv2nix => "uv2nix",
        };
        let age = match pin.age {
            Age::Of(day) => format!(" of {day}"),
            Age::Before(day) => format!(" from before {day}"),
            Age::Unknown => String::new(),
        };
        format!(
            "the {what}{age} (`{}` in `{}`)",
            shown(&pin.name),
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
