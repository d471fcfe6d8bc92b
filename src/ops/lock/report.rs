//! What is told of a lock.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Failure, KeptFinding, Run};
use crate::error::Exit;
use crate::ops::artifact::{MadeStanza, Saved};
use crate::ops::locked::{Asked, Finding, Planned, Workspace, worst};
use crate::overlay::{Change, Reason};
use crate::project::without_credentials;
use crate::python_lock::{ArtifactPlace, LockedPackage, LockedSource, PackageFormat};
use crate::warning::{Warning, WarningReport, as_reports, ignore_reports};

/// What `cargo pyhack lock --format json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct LockReport {
    /// The lock.
    pub lock: String,
    /// The Python that is built for.
    pub python: String,
    /// The platforms that are built for.
    pub platforms: Vec<String>,
    /// The packages, by name and version.
    pub packages: Vec<LockedPackageReport>,
    /// The Nix text: what was asked for, or what is in the file now.
    pub nix: String,
    /// The files that hold it, where they were asked for.
    pub files: Vec<String>,
    /// Those of them that were changed.
    pub changed: Vec<String>,
    /// What changes in them, as a unified diff.
    pub diff: String,
    /// What will or may fail, and what to do; of single packages it is there.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
    /// Packages whose stanzas were taken out: the lock no longer has them, or
    /// only stanzas of packages with Rust are asked for.
    pub removed: Vec<String>,
}

/// A package of a lock. With `--format jsonl`, each is a line.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LockedPackageReport {
    /// Its name, normalised by PEP 503.
    pub name: String,
    /// Its version; several, with commas between, where the lock has several.
    pub version: Option<String>,
    /// The kind of its source: `registry`, `git`, `url`, `path`, `directory`,
    /// `editable`, or `virtual`.
    pub source: String,
    /// What the environments have of it; empty where none has it.
    pub builds: Vec<Build>,
    /// Whether it is built from source somewhere.
    pub is_built: bool,
    /// Whether there is Rust in it; null where nobody has looked.
    pub rust: Option<bool>,
    /// What is fetched to look at it.
    pub fetch: Vec<Fetch>,
    /// The folders that cargo builds in.
    pub cargo_roots: Vec<String>,
    /// How many crates the locks in it have.
    pub crates: Option<usize>,
    /// Its build system.
    pub build_system: Vec<String>,
    /// The libraries and programs of nixpkgs that it is built with.
    pub native_inputs: Vec<String>,
    /// The stanza in the file.
    pub stanza: Option<StanzaState>,
    /// Why it is another one than before.
    #[serde(deserialize_with = "skip_reasons")]
    #[schemars(with = "Vec<String>")]
    pub reasons: Vec<Reason>,
    /// The stanza, as it is laid out alone.
    pub nix: Option<String>,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports", deserialize_with = "ignore_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
    /// The error, if the stanza couldn't be made.
    pub error: Option<Failure>,
    /// Whether that is because the stanza in the file was edited by hand.
    #[serde(skip)]
    pub(in crate::ops) is_edited: bool,
    /// What the result is kept by: that of another run with the same key is
    /// the same.
    pub key: Option<String>,
    /// The result, for `--merge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub(in crate::ops) saved: Option<Saved>,
}

/// What some environments have of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// The platforms.
    pub platforms: Vec<String>,
    /// `wheel`, `source`, `nothing` for a virtual project, or `impossible`.
    pub built: String,
    /// The wheel, or why.
    pub why: String,
}

/// What is fetched of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fetch {
    /// Where from.
    pub url: String,
    /// Its size in bytes, if the lock says it.
    pub size: Option<u64>,
    /// Whether it is in our cache.
    pub is_cached: bool,
}

/// What became of a stanza in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StanzaState {
    /// It is what would be written.
    Fresh,
    /// It wasn't there.
    New,
    /// It was another one.
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

    /// Without what only `--format jsonl` has.
    pub fn forget_saved(&mut self) {
        for package in &mut self.packages {
            package.saved = None;
        }
    }

    /// The exit code: that of the packages which failed.
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
    /// What another run found, by its key; none where it has no result.
    ///
    /// # Errors
    /// Where the line is none of `--format jsonl`.
    pub fn read(line: &str) -> Result<Option<(String, KeptFinding)>, String> {
        let report: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if report
            .saved
            .iter()
            .any(|saved| !saved.is_sound(&report.name))
        {
            return Err(format!(
                "what it says of `{}` can't be of that package",
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

    /// Whether it was looked at, and needs no stanza.
    pub(in crate::ops) const fn needs_nothing(&self) -> bool {
        matches!(self.rust, Some(false))
            && self.stanza.is_none()
            && self.nix.is_none()
            && self.error.is_none()
    }

    pub(super) fn facts(&mut self, made: &MadeStanza) {
        self.cargo_roots.clone_from(&made.package.cargo_roots);
        self.crates = Some(made.crates);
        self.build_system.clone_from(&made.build_system);
        self.native_inputs = made.stanza.inputs();
        self.nix = Some(made.stanza.print_at(0));
    }
}

impl Run<'_> {
    pub(super) fn planned(self, entries: &[&Planned]) -> LockedPackageReport {
        let mut builds: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for planned in entries {
            for (environment, built) in &planned.builds {
                let platforms = builds
                    .entry(self.words(planned.package, built))
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

    /// What an environment has of a package, in a word, and which or why.
    fn words(self, package: &LockedPackage, built: &PackageFormat) -> (String, String) {
        let (built, why) = match built {
            PackageFormat::Wheel(file) => ("wheel", file.clone()),
            PackageFormat::Source(why) => {
                let is_told =
                    why.is_by_source() && self.workspace.settings.sources.contains(&package.name);
                let by = if is_told {
                    ", by `tool.uv.sources`"
                } else {
                    ""
                };
                ("source", format!("{}{by}", why.describe()))
            }
            PackageFormat::Virtual => ("nothing", "a virtual project".to_owned()),
            PackageFormat::Impossible(why) => ("impossible", why.to_string()),
        };
        (built.to_owned(), why)
    }

    pub(super) fn fetched(self, entry: usize) -> Option<Fetch> {
        let package = &self.workspace.lock.packages[entry];
        if let LockedSource::Git { url, revision, .. } = &package.source {
            return Some(Fetch {
                url: format!("{}#{revision}", without_credentials(url)),
                size: None,
                is_cached: Workspace::has_checkout(&package.source, self.session),
            });
        }
        let sdist = package.sdist.as_ref()?;
        let ArtifactPlace::Url(url) = &sdist.place else {
            return None;
        };
        Some(Fetch {
            url: without_credentials(url),
            size: sdist.size,
            is_cached: self.workspace.store.has(sdist),
        })
    }
}

/// Reasons are compared with a file, which isn't that of another run.
fn skip_reasons<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Reason>, D::Error> {
    IgnoredAny::deserialize(deserializer)?;
    Ok(Vec::new())
}
