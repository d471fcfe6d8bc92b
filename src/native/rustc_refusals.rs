//! Crates that newer versions of rustc don't compile, from
//! `data/rustc-refusals.toml`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use semver::{Version, VersionReq};
use serde::Deserialize;

use super::table::BuildContext;
use crate::target::Toolchains;

const REFUSALS: &str = include_str!("../../data/rustc-refusals.toml");

/// A crate that a rustc of nixpkgs doesn't compile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The first rustc that refuses the crate.
    pub since: Version,
    /// What rustc says.
    pub error: String,
    /// The branches of nixpkgs whose rustc refuses it, each with its rustc.
    pub branches: Vec<(String, Version)>,
    pub way_out: WayOut,
}

/// What helps against a refusal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WayOut {
    /// A newer version of the crate, in the lock.
    Update { krate: String, fixed: Version },
    /// A lint that is allowed with `RUSTFLAGS`.
    AllowLint(String),
    /// An older rustc.
    OlderRustc,
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update { krate, fixed } => write!(
                f,
                "run `cargo update -p {krate} --precise {fixed}` with a copy of its `Cargo.lock`, and pass that with `--lock-file`"
            ),
            Self::AllowLint(lint) => {
                write!(f, "allow the lint: `--env RUSTFLAGS=\"-A {lint}\"`")
            }
            Self::OlderRustc => f.write_str(
                "lock a later release of the package, or build with an older rustc: pass a `cargo` and a `rustc` from rust-overlay or fenix to `importCargoLock`",
            ),
        }
    }
}

/// The crates and features that newer versions of rustc refuse.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusalTable {
    #[serde(rename = "crate")]
    crates: Vec<CrateRow>,
    feature: Vec<FeatureRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CrateRow {
    name: String,
    versions: VersionReq,
    #[serde(default)]
    features: BTreeSet<String>,
    #[serde(default)]
    is_local: bool,
    since: Version,
    error: String,
    fixed: Option<Version>,
    lint: Option<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who check the table"))]
    evidence: String,
}

/// An unstable feature that was removed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureRow {
    name: String,
    since: Version,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who check the table"))]
    evidence: String,
}

/// A crate as it is built.
#[derive(Clone, Copy)]
pub(super) struct RefusedCrate<'a> {
    pub name: &'a str,
    pub version: &'a Version,
    pub is_local: bool,
    pub context: &'a BuildContext<'a>,
}

impl RefusalTable {
    fn built_in() -> &'static Self {
        static TABLE: LazyLock<RefusalTable> =
            LazyLock::new(|| toml::from_str(REFUSALS).expect("a test reads the table"));
        &TABLE
    }
}

/// Finds why a rustc of nixpkgs doesn't compile a crate. `unstable` are the
/// unstable features that it turns on, separated by `, `.
pub(super) fn find_refusals(krate: RefusedCrate, unstable: &[&str]) -> Vec<Refusal> {
    let table = RefusalTable::built_in();
    let rows = table.crates.iter().filter(|row| row.holds(krate));
    let mut found: Vec<_> = rows.filter_map(CrateRow::refusal).collect();
    let names: BTreeSet<_> = unstable
        .iter()
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .collect();
    for row in table
        .feature
        .iter()
        .filter(|row| names.contains(&*row.name))
    {
        let error = format!("E0635: unknown feature `{}`", row.name);
        found.extend(refusal(&row.since, error, WayOut::OlderRustc));
    }
    found.dedup();
    found
}

impl CrateRow {
    fn holds(&self, krate: RefusedCrate) -> bool {
        let mut features = self.features.iter();
        self.name == krate.name
            && self.versions.matches(krate.version)
            && (krate.is_local || !self.is_local)
            && features.all(|name| krate.context.has_feature(name))
    }

    fn refusal(&self) -> Option<Refusal> {
        let way_out = match (&self.fixed, &self.lint) {
            (Some(fixed), _) => WayOut::Update {
                krate: self.name.clone(),
                fixed: fixed.clone(),
            },
            (None, Some(lint)) => WayOut::AllowLint(lint.clone()),
            (None, None) => WayOut::OlderRustc,
        };
        refusal(&self.since, self.error.clone(), way_out)
    }
}

/// `None` if no branch of nixpkgs has a rustc that is new enough to refuse it.
fn refusal(since: &Version, error: String, way_out: WayOut) -> Option<Refusal> {
    let branches = Toolchains::built_in().nixpkgs.into_iter();
    let new_enough = branches.filter(|branch| branch.rustc >= *since);
    let branches: Vec<_> = new_enough
        .map(|branch| (branch.branch, branch.rustc))
        .collect();
    (!branches.is_empty()).then(|| Refusal {
        since: since.clone(),
        error,
        branches,
        way_out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::CfgSet;
    use crate::native::table::Preferences;
    use crate::target::Platform;

    fn refusals(label: &str, is_local: bool, features: &[&str], unstable: &[&str]) -> Vec<Refusal> {
        let (name, version) = label.split_once(' ').unwrap();
        let none = BTreeSet::new();
        let context = BuildContext {
            features: Some(&features.iter().copied().collect()),
            dependencies: &BTreeSet::new(),
            cfgs: &CfgSet::of(Platform::X86_64Linux),
            is_loaded: true,
            preferences: &Preferences::default(),
            unfit: &none,
        };
        let krate = RefusedCrate {
            name,
            version: &version.parse().unwrap(),
            is_local,
            context: &context,
        };
        find_refusals(krate, unstable)
    }

    #[test]
    fn rows_are_sorted_explained_and_have_a_version_that_is_fixed() {
        let table = RefusalTable::built_in();
        assert!(table.crates.is_sorted_by(|a, b| a.name <= b.name));
        assert!(table.feature.is_sorted_by(|a, b| a.name < b.name));
        for row in &table.crates {
            assert!(
                !row.error.is_empty() && !row.evidence.is_empty(),
                "{}",
                row.name
            );
            let fixed = row.fixed.as_ref();
            assert!(
                fixed.is_none_or(|fixed| !row.versions.matches(fixed)),
                "{}",
                row.name
            );
        }
        assert!(table.feature.iter().all(|row| !row.evidence.is_empty()));
    }

    #[test]
    fn crates_are_refused_in_their_range_with_their_features() {
        let parsing = ["formatting", "parsing"];
        assert_eq!(refusals("time 0.3.34", false, &[], &[]), []);
        assert_eq!(refusals("time 0.3.36", false, &parsing, &[]), []);
        assert_eq!(refusals("time 0.3.9", false, &parsing, &[]), []);
        let found = refusals("time 0.3.34", false, &parsing, &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].since, Version::new(1, 80, 0));
        assert!(found[0].branches.len() >= 2);
        let way_out = found[0].way_out.to_string();
        assert!(
            way_out.contains("cargo update -p time --precise 0.3.36"),
            "{way_out}"
        );
    }

    #[test]
    fn lints_are_errors_in_the_project_s_own_crates_alone() {
        assert_eq!(refusals("tokenizers 0.13.3", false, &[], &[]), []);
        let found = refusals("tokenizers 0.13.3", true, &[], &[]);
        assert!(
            found[0]
                .way_out
                .to_string()
                .contains("-A invalid_reference_casting")
        );
    }

    #[test]
    fn features_that_were_removed_are_refused_in_any_crate() {
        let found = refusals("anything 1.0.0", false, &[], &["core_intrinsics, stdsimd"]);
        assert_eq!(found[0].error, "E0635: unknown feature `stdsimd`");
        assert_eq!(
            refusals("anything 1.0.0", false, &[], &["core_intrinsics"]),
            []
        );
    }

    #[test]
    fn a_rustc_that_nixpkgs_does_not_have_yet_refuses_nothing() {
        let error = String::new();
        assert_eq!(
            refusal(&Version::new(9, 0, 0), error, WayOut::OlderRustc),
            None
        );
    }
}
