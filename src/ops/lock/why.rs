//! `why` for the packages of a lock.

use schemars::JsonSchema;
use serde::Serialize;

use super::report::planned_report;
use super::{Build, Failure, LockRequest, Run, prepared};
use crate::error::Error;
use crate::io::Session;
use crate::ops::locked::{candidates, label, request_for};
use crate::ops::why::{WhyReport, why};
use crate::project::{ProjectError, PythonName};

/// What `cargo pyhack why --format json` prints for a lock.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct LockWhy {
    /// The path of the lock.
    pub lock: String,
    /// The name that is explained; null for all native inputs.
    pub name: Option<String>,
    /// The package of that name, if the lock has one.
    pub package: Vec<WhyPackage>,
    /// The packages with Rust that are built from source.
    pub packages: Vec<WhyReport>,
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

/// A package that couldn't be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyFailure {
    /// Its name and version.
    pub package: String,
    /// The error that occurred.
    pub error: Failure,
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
    match request.and_then(|request| why(&request, name, run.session)) {
        Ok(report) => found.packages.push(report),
        Err(Error::Project(ProjectError::NoRust { .. })) => {}
        Err(error) => found.failures.push(WhyFailure {
            package: label(package),
            error: (&error).into(),
        }),
    }
}
