//! The report of `lock`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Failure, KeptFinding, Run};
use crate::error::Exit;
use crate::nix::{Guard, Names};
use crate::ops::finished::{FinishedStanza, Written};
use crate::ops::locked::{Asked, Finding, Planned, Workspace, has_checkout, worst};
use crate::overlay::{Change, Reason};
use crate::project::without_credentials;
use crate::python_lock::{ArtifactPlace, LockedPackage, LockedSource, PackageFormat};
use crate::warning::{Warning, WarningReport, as_reports, ignore_reports};

/// What `cargo pyhack lock --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct LockReport {
    /// The path of the lockfile.
    pub lock: String,
    /// The Python that is built for.
    pub python: String,
    /// The platforms that are built for.
    pub platforms: Vec<String>,
    /// The packages, by name and version.
    pub packages: Vec<LockedPackageReport>,
    /// The text, and where it was written to.
    #[serde(flatten)]
    pub written: Written,
    /// Warnings about the whole lockfile.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
    /// Packages whose overrides were removed: the lockfile no longer has them,
    /// or only overrides of packages with Rust are wanted.
    pub removed: Vec<String>,
}

/// A package of a lock. With `--format jsonl`, each is a line.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LockedPackageReport {
    /// Its name, normalised by PEP 503.
    pub name: String,
    /// Its version. If the lockfile has several, they are separated by commas.
    pub version: Option<String>,
    /// The kind of its source: `registry`, `git`, `url`, `path`, `directory`,
    /// `editable`, or `virtual`.
    pub source: String,
    /// How the environments build it; empty if none of them has it.
    pub builds: Vec<Build>,
    /// Whether an environment builds it from source.
    pub is_built: bool,
    /// Whether it contains Rust; null if its source wasn't read.
    pub rust: Option<bool>,
    /// The files that are fetched to read its source.
    pub fetch: Vec<Fetch>,
    /// The Cargo roots.
    pub cargo_roots: Vec<String>,
    /// The number of crates in its Cargo locks.
    pub crates: Option<usize>,
    /// The Python packages that it is built with.
    pub build_system: Vec<String>,
    /// The libraries and programs of nixpkgs that it is built with.
    pub native_inputs: Vec<String>,
    /// The state of the override in the file.
    pub stanza: Option<StanzaState>,
    /// Why the override changed.
    #[serde(deserialize_with = "skip_reasons")]
    #[schemars(with = "Vec<String>")]
    pub reasons: Vec<Reason>,
    /// The override as it is printed by itself.
    pub nix: Option<String>,
    /// Warnings about the package.
    #[serde(serialize_with = "as_reports", deserialize_with = "ignore_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
    /// The error, if the override couldn't be generated.
    pub error: Option<Failure>,
    /// Whether the error is that the stanza was edited by hand.
    #[serde(skip)]
    pub(in crate::ops) is_edited: bool,
    /// The key of the result. Runs that give it the same key have the same
    /// result.
    pub key: Option<String>,
    /// The result, for `--merge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub(in crate::ops) saved: Option<FinishedStanza>,
}

/// How some environments build a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// The platforms of these environments.
    pub platforms: Vec<String>,
    /// What is installed in them.
    pub built: Built,
    /// The file name of the wheel, or the reason.
    pub why: String,
}

/// What is installed of a package.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Built {
    /// Neither a wheel fits nor is there an sdist.
    Impossible,
    /// Nothing: it is a virtual project.
    Nothing,
    /// The package of nixpkgs.
    Prebuilt,
    /// What is built from its sdist or folder.
    Source,
    /// A wheel.
    Wheel,
}

impl Built {
    /// Returns the word for it, which JSON has too.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Impossible => "impossible",
            Self::Nothing => "nothing",
            Self::Prebuilt => "prebuilt",
            Self::Source => "source",
            Self::Wheel => "wheel",
        }
    }
}

/// A file that is fetched for a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fetch {
    /// The URL that it is fetched from.
    pub url: String,
    /// Its size in bytes, if the lockfile has it.
    pub size: Option<u64>,
    /// Whether it is cached.
    pub is_cached: bool,
}

/// The state of an override in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StanzaState {
    /// It is up to date.
    Fresh,
    /// It is missing in the file, or was before this run.
    New,
    /// It is out of date, or was before this run.
    Changed,
}

impl From<Change> for StanzaState {
    fn from(change: Change) -> Self {
        match change {
            Change::Same => Self::Fresh,
            Change::Added => Self::New,
            Change::Changed => Self::Changed,
        }
    }
}

impl LockReport {
    pub(super) fn new(workspace: &Workspace, asked: &Asked) -> Self {
        let environments = asked.environments.iter();
        let python = environments.clone().next();
        Self {
            lock: workspace.path.to_string(),
            python: python.map_or_else(String::new, |environment| environment.python()),
            platforms: environments.map(|e| e.system()).collect(),
            warnings: asked.warnings.clone(),
            ..Self::default()
        }
    }

    /// Removes what only `--format jsonl` prints.
    pub fn forget_saved(&mut self) {
        for package in &mut self.packages {
            package.saved = None;
        }
    }

    /// Returns the exit code, which depends on the packages that failed.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let failures = self
            .packages
            .iter()
            .filter_map(|package| package.error.clone());
        worst(&failures.collect::<Vec<_>>())
    }
}

impl LockedPackageReport {
    /// Reads the result of another run and its key from a line. Returns `None`
    /// if the line has no result.
    ///
    /// # Errors
    /// Fails if the line isn't one that `--format jsonl` prints.
    pub fn read(line: &str) -> Result<Option<(String, KeptFinding)>, String> {
        let report: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if report
            .saved
            .iter()
            .any(|saved| !saved.is_sound(&report.name))
        {
            return Err(format!(
                "the result for `{}` doesn't belong to that package",
                report.name.escape_debug()
            ));
        }
        let finding = match (report.saved, report.error, report.rust) {
            (Some(saved), _, _) => Finding::Stanza(Box::new(saved)),
            (None, Some(failure), _) => Finding::Failed(failure),
            (None, None, Some(false)) => Finding::Nothing,
            (None, None, _) => return Ok(None),
        };
        Ok(report.key.map(|key| (key, KeptFinding(finding))))
    }

    /// Whether its source was read and it needs no stanza.
    pub(in crate::ops) const fn needs_nothing(&self) -> bool {
        matches!(self.rust, Some(false))
            && self.stanza.is_none()
            && self.nix.is_none()
            && self.error.is_none()
    }

    pub(super) fn facts(&mut self, made: &FinishedStanza) {
        self.cargo_roots.clone_from(&made.package.cargo_roots);
        self.crates = Some(made.crates);
        self.build_system.clone_from(&made.build_system);
        self.native_inputs = made.stanza.inputs();
        self.nix = Some(made.stanza.print_at(0, Guard::Stanza, &Names::default()));
    }
}

pub(super) fn planned_report(run: Run, entries: &[&Planned]) -> LockedPackageReport {
    let mut builds: BTreeMap<(Built, String), Vec<String>> = BTreeMap::new();
    for planned in entries {
        for (environment, built) in &planned.builds {
            let platforms = builds
                .entry(built_words(run, planned.package, built))
                .or_default();
            platforms.push(environment.system());
        }
    }
    let builds = builds.into_iter().map(|((built, why), platforms)| Build {
        platforms,
        built,
        why,
    });
    let versions = entries.iter().filter_map(|p| p.package.version.clone());
    let versions: Vec<_> = versions.collect();
    let package = entries.first().map(|planned| planned.package);
    LockedPackageReport {
        name: package.map_or_else(String::new, |package| package.name.to_string()),
        version: (!versions.is_empty()).then(|| versions.join(",")),
        source: package
            .map_or("", |package| package.source.key())
            .to_owned(),
        builds: builds.collect(),
        is_built: entries.iter().any(|planned| planned.is_built()),
        ..LockedPackageReport::default()
    }
}

/// Returns how an environment builds a package, and the wheel or the reason.
fn built_words(run: Run, package: &LockedPackage, built: &PackageFormat) -> (Built, String) {
    match built {
        PackageFormat::Wheel(file) => (Built::Wheel, file.clone()),
        PackageFormat::Source(why) => {
            let is_told =
                why.is_by_source() && run.workspace.settings.sources.contains(&package.name);
            let by = if is_told {
                ", by `tool.uv.sources`"
            } else {
                ""
            };
            (Built::Source, format!("{}{by}", why.describe()))
        }
        PackageFormat::Virtual => (Built::Nothing, "a virtual project".to_owned()),
        PackageFormat::Impossible(why) => (Built::Impossible, why.to_string()),
    }
}

pub(super) fn fetch_of(run: Run, entry: usize) -> Option<Fetch> {
    let package = &run.workspace.lock.packages[entry];
    if let LockedSource::Git { url, revision, .. } = &package.source {
        return Some(Fetch {
            url: format!("{}#{revision}", without_credentials(url)),
            size: None,
            is_cached: has_checkout(&package.source, run.session),
        });
    }
    let sdist = package.sdist.as_ref()?;
    let ArtifactPlace::Url(url) = &sdist.place else {
        return None;
    };
    Some(Fetch {
        url: without_credentials(url),
        size: sdist.size,
        is_cached: run.workspace.store.has(sdist),
    })
}

/// Skips the reasons of another run, which apply to the file of that run.
fn skip_reasons<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Reason>, D::Error> {
    IgnoredAny::deserialize(deserializer)?;
    Ok(Vec::new())
}
