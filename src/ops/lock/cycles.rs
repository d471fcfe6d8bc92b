//! Breaks cycles between packages of a lock.

use super::Run;
use super::jobs::{Done, Job};
use crate::error::Error;
use crate::nix::AnyStanza;
use crate::ops::finished::FinishedStanza;
use crate::ops::locked::Finding;
use crate::python_build::plan;
use crate::python_lock::PythonLockError;
use crate::warning::Warning;

/// Breaks cycles between packages, which are infinite recursions in Nix, by
/// leaving out unneeded requirements or else by using a wheel. A cycle that
/// can't be broken becomes an error of its packages.
pub(super) fn break_cycles(run: Run, jobs: &[Job], done: &mut [Done]) {
    let facts = jobs.iter().zip(&*done).filter_map(|(job, done)| {
        let Done::Found(Finding::Stanza(finished)) = done else {
            return None;
        };
        let facts = finished.facts.as_deref()?;
        Some((job.name.clone(), facts.clone()))
    });
    let facts = facts.collect();
    let plan = plan(&facts, &run.asked.sets, &run.workspace.settings);
    for (job, done) in jobs.iter().zip(done) {
        let Done::Found(Finding::Stanza(finished)) = done else {
            continue;
        };
        let FinishedStanza {
            stanza: AnyStanza::Source(stanza),
            facts,
            warnings,
            ..
        } = finished.as_mut()
        else {
            continue;
        };
        let mut unbroken = plan.unbroken.iter();
        if let Some(cycle) = unbroken.find(|cycle| cycle.packages.contains(&job.name)) {
            let cycle = cycle.to_string();
            let error = Error::from(PythonLockError::Cycle { cycle });
            *done = Done::Found(Finding::Failed((&error).into()));
            continue;
        }
        if let Some(cycle) = plan.wheels.get(&job.name) {
            stanza.prefers_wheel = true;
            stanza.only_version = None;
            warnings.push(Warning::WheelInCycle {
                name: job.name.to_string(),
                cycle: cycle.to_string(),
            });
            continue;
        }
        let dropped = plan.dropped.iter();
        for dropped in dropped.filter(|dropped| dropped.package == job.name) {
            stanza.build_system.remove(&dropped.requirement);
        }
        if facts.is_some() && !stanza.changes_something() {
            *done = Done::Found(Finding::Nothing);
        }
    }
}
