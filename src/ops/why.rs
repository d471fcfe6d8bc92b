//! `why`: what leads to a native input or a crate, or why nothing does.

use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Facts;
use super::load::{Loaded, Request};
use super::locked::with_python_of_lock;
use crate::error::Error;
use crate::io::Session;
use crate::native::{DependencyPath, Explainer, NativeTable, Picture, ResolvedBy, WhyNot};
use crate::suggest::nearest;
use crate::warning::{Warning, WarningReport, as_reports};

/// What `cargo pyhack why --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyReport {
    /// The package, normalised by PEP 503.
    pub package: String,
    /// The name that is explained; null for all native inputs.
    pub name: Option<String>,
    /// The answer in one word.
    pub answer: Answer,
    /// How it was found which crates are built; null without a lock.
    pub resolved_by: Option<ResolvedBy>,
    /// The shortest paths from the module's crate to the crates that need it,
    /// or that have the name.
    pub ways: Vec<DependencyPath>,
    /// If there are no paths: the crates that could need it or have the name,
    /// and why they aren't built or don't need it.
    pub why_not: Vec<WhyNot>,
    /// The known name that is most like the one asked for, if nothing has that.
    pub nearest: Option<String>,
    /// A row to fill in if no table has the native crate.
    pub row: Option<String>,
    /// Warnings about the build.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
    /// The paths as a picture.
    #[serde(skip)]
    pub picture: Picture,
}

/// Whether something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A crate needs it, or it is a crate that is built.
    Needed,
    /// A crate of the lock could need it, but doesn't.
    NotNeeded,
    /// Nothing in the lock has to do with it.
    NotInTheLock,
}

/// Explains a name, or all native inputs.
///
/// # Errors
/// Fails without Rust or a lock, or if something can't be read.
pub fn why(request: &Request, name: Option<&str>, session: &Session) -> Result<WhyReport, Error> {
    let request = &with_python_of_lock(request, session);
    let loaded = Loaded::read(request, session)?;
    let rust = loaded.rust(request)?;
    rust.require_cargo_lock(&loaded.files)?;
    let facts = Facts::gather(&loaded, Some(rust), request, session)?;
    let native = &facts.native;
    let mut warnings = super::facts::source_warnings(&loaded);
    warnings.extend(native.warnings());
    let mut report = WhyReport {
        package: loaded.project.identity.name.to_string(),
        name: name.map(str::to_owned),
        answer: Answer::NotInTheLock,
        resolved_by: native.graph.as_ref().map(|graph| graph.resolved_by),
        ways: Vec::new(),
        why_not: Vec::new(),
        nearest: None,
        row: None,
        warnings,
        picture: Picture::default(),
    };
    let Some(graph) = &native.graph else {
        return Ok(report);
    };
    let explainer = Explainer {
        graph,
        builds: &native.builds,
    };
    let (ways, why_not) = match name {
        None => (explainer.all_needs(), Vec::new()),
        Some(name) => {
            let explanation = explainer.explain(name);
            (explanation.paths, explanation.why_not)
        }
    };
    report.answer = match (&ways[..], &why_not[..]) {
        ([], []) if name.is_some() => Answer::NotInTheLock,
        ([], _) => Answer::NotNeeded,
        _ => Answer::Needed,
    };
    // Only what the lock has beyond what cargo resolved is left.
    if let (Answer::NotInTheLock, Some(name), Some(lock)) = (report.answer, name, &rust.cargo_lock)
    {
        let locked = lock
            .crates
            .iter()
            .filter(|krate| krate.name.as_str() == name);
        report.why_not.extend(locked.map(|krate| WhyNot {
            krate: krate.name.to_string(),
            version: krate.version.to_string(),
            reason: "nothing that the module's crate depends on leads to it".to_owned(),
        }));
        if !report.why_not.is_empty() {
            report.answer = Answer::NotNeeded;
        }
    }
    if let (Answer::NotInTheLock, Some(name)) = (report.answer, name) {
        report.nearest = known_name(name, &explainer);
    }
    report.row = name.and_then(|name| row(name, &ways));
    report.picture = Picture::new(&ways);
    report.ways = ways;
    report.why_not.extend(why_not);
    Ok(report)
}

/// Returns the name of a crate or of what one needs that is most like another
/// name: of this project's first, else of the table's.
fn known_name(name: &str, explainer: &Explainer) -> Option<String> {
    let needs = explainer.all_needs();
    let needs = needs.iter().flat_map(|path| &path.needs);
    let needs = needs.map(|need| need.what.name());
    let crates = explainer.graph.crates.iter();
    let crates = crates.map(|krate| krate.name.as_str());
    let own = needs.chain(crates);
    let known = nearest(name, own).or_else(|| nearest(name, NativeTable::built_in().names()));
    known.map(str::to_owned)
}

/// Returns a row to fill in for a native crate that no table has.
fn row(name: &str, ways: &[DependencyPath]) -> Option<String> {
    let way = ways.first()?;
    let last = way.crates.last()?;
    let is_unknown =
        last.krate == name && way.needs.is_empty() && NativeTable::built_in().rows(name).is_empty();
    is_unknown.then(|| {
        format!(
            "[[native]]\ncrate = \"{name}\"\nneed = \"hard\" # or soft, bundled, tool, net, runtime, none\n\
             build_inputs = []\nnative_build_inputs = []\nnote = \"\"\nevidence = \"{name} {} build.rs\"\n",
            last.version
        )
    })
}
