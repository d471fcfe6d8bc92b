//! The native inputs of a project in reports.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::native::NativeFacts;
use crate::native::{NativeInput, NativeProblem, NativeVariable, Problem, ResolvedBy};

/// What the crates that are built need besides Rust.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Native {
    /// How it was found which crates are built; null without a lock.
    pub resolved_by: Option<ResolvedBy>,
    /// The libraries, for `buildInputs`.
    pub build_inputs: Vec<NativeInput>,
    /// The programs, for `nativeBuildInputs`.
    pub native_build_inputs: Vec<NativeInput>,
    /// The environment variables, by name.
    pub env: BTreeMap<String, String>,
    /// Why each variable is set.
    pub env_reasons: Vec<NativeVariable>,
    /// Downloads by build scripts, which fail in Nix's sandbox unless the files
    /// are fetched with Nix.
    pub downloads: Vec<Download>,
}

/// A download by a build script.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Download {
    /// The name of the crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The version of the crate.
    pub version: String,
    /// What the build script does.
    pub reason: String,
    /// The variables that name a file fetched beforehand.
    pub variables: Vec<String>,
}

impl Native {
    pub(super) fn new(facts: &NativeFacts) -> Self {
        let inputs = &facts.inputs;
        // The first of several values of a variable is used.
        let env = inputs.env.iter().rev();
        Self {
            resolved_by: facts.graph.as_ref().map(|graph| graph.resolved_by),
            build_inputs: inputs.build_inputs.clone(),
            native_build_inputs: inputs.native_build_inputs.clone(),
            env: env
                .map(|variable| (variable.name.clone(), variable.value.to_string()))
                .collect(),
            env_reasons: inputs.env.clone(),
            downloads: inputs.problems.iter().filter_map(download).collect(),
        }
    }
}

fn download(problem: &NativeProblem) -> Option<Download> {
    let Problem::Download(reason, variables) = &problem.problem else {
        return None;
    };
    Some(Download {
        krate: problem.krate.clone(),
        version: problem.version.clone(),
        reason: reason.clone(),
        variables: variables.iter().cloned().collect(),
    })
}
