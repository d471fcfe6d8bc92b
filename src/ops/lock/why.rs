//! `why` for the packages of a lock.

use schemars::JsonSchema;
use serde::Serialize;

use super::report::planned_report;
use super::{Build, Failure, LockRequest, Run, prepared};
use crate::error::{Error, Exit};
use crate::io::Session;
use crate::ops::load::{Loaded, Request};
use crate::ops::locked::{candidates, label, request_for, worst};
use crate::ops::why::{WhyReport, why};
use crate::project::{Project, PythonName};
use crate::python_build::BuildFacts;

/// What `cargo pyhack why --format json` prints for a lock.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct LockWhy {
    /// The path of the lockfile.
    pub lock: String,
    /// The name that is explained; null for all native dependencies.
    pub name: Option<String>,
    /// The package with that name, if the lockfile has one.
    pub package: Vec<WhyPackage>,
    /// What the crates and extension modules of the packages that are built
    /// from source need.
    pub packages: Vec<WhyReport>,
    /// What the packages that are built from source are built with.
    pub build_systems: Vec<WhyBuildSystem>,
    /// The packages that couldn't be read.
    pub failures: Vec<WhyFailure>,
}

/// A package of a lock, and how the environments build it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyPackage {
    /// Its name and version.
    pub package: String,
    /// How the environments build it.
    pub builds: Vec<Build>,
}

/// What a package of a lock is built with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyBuildSystem {
    /// Its name and version.
    pub package: String,
    /// `build-backend`, or the default of PEP 517.
    pub backend: String,
    /// The build requirements that are explained, in the order in which they
    /// were found.
    pub requirements: Vec<WhyRequirement>,
}

/// A build requirement of a package.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyRequirement {
    /// The requirement, as PEP 508 writes it.
    pub requirement: String,
    /// What asks for it.
    pub origin: String,
}

/// A package that couldn't be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyFailure {
    /// Its name and version.
    pub package: String,
    /// The error that occurred.
    pub error: Failure,
}

impl LockWhy {
    /// Returns the worst exit code of the packages that couldn't be read.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let failures = self.failures.iter();
        worst(
            &failures
                .map(|failure| failure.error.clone())
                .collect::<Vec<_>>(),
        )
    }
}

/// Explains a name for all packages of a lock that are built from source.
///
/// # Errors
/// Fails if the lock can't be read.
pub fn why_locked(
    request: &LockRequest,
    name: Option<&str>,
    session: &Session,
) -> Result<LockWhy, Error> {
    prepared(request, session, |run| Ok(why_of_all(run, name)))
}

fn why_of_all(run: Run, name: Option<&str>) -> LockWhy {
    let mut found = LockWhy {
        lock: run.workspace.path.to_string(),
        name: name.map(str::to_owned),
        ..LockWhy::default()
    };
    let asked = name.map(PythonName::new);
    for planned in run.planned {
        if asked.as_ref() == Some(&planned.package.name) {
            found.package.push(WhyPackage {
                package: label(planned.package),
                builds: planned_report(run, &[planned]).builds,
            });
        }
    }
    let candidates = candidates(run.asked, run.planned);
    let is_one = |name: &PythonName| asked.as_ref() == Some(name);
    let is_package = candidates.keys().any(is_one);
    for (package, entries) in &candidates {
        // If the name is that of a package, all of its needs are explained.
        if is_package && !is_one(package) {
            continue;
        }
        let about = name.filter(|_| !is_package);
        for &entry in entries {
            why_of_entry(run, entry, about, &mut found);
        }
    }
    found
}

fn why_of_entry(run: Run, entry: usize, name: Option<&str>, found: &mut LockWhy) {
    let package = &run.workspace.lock.packages[entry];
    let options = run.layers.of(package.name.as_str());
    let request = request_for(run.workspace, package, &options, run.asked, run.session);
    let explained = request.and_then(|request| {
        let requirements = why_build_system(&request, name, run.session)?;
        Ok((requirements, why(&request, name, run.session)?))
    });
    match explained {
        Ok((build_system, report)) => {
            let is_told = name.is_none() || !build_system.requirements.is_empty();
            let build_system = WhyBuildSystem {
                package: label(package),
                ..build_system
            };
            found.build_systems.extend(is_told.then_some(build_system));
            found.packages.push(report);
        }
        Err(error) => found.failures.push(WhyFailure {
            package: label(package),
            error: (&error).into(),
        }),
    }
}

/// Explains a name, or all of the build system.
fn why_build_system(
    request: &Request,
    name: Option<&str>,
    session: &Session,
) -> Result<WhyBuildSystem, Error> {
    let loaded = Loaded::read(request, session)?;
    let Project {
        identity,
        python_root,
        ..
    } = &loaded.project;
    let python_minor = loaded.target.python_minor;
    let facts = BuildFacts::read(&loaded.files, python_root, &identity.name, python_minor)?;
    let asked = name.map(PythonName::new);
    let requirements = facts.requirements.iter();
    let requirements =
        requirements.filter(|found| asked.as_ref().is_none_or(|asked| found.name() == *asked));
    Ok(WhyBuildSystem {
        package: identity.name.to_string(),
        backend: facts.backend.clone(),
        requirements: requirements
            .map(|found| WhyRequirement {
                requirement: found.requirement.to_string(),
                origin: found.origin.to_string(),
            })
            .collect(),
    })
}
