//! The native side of a project, as it is printed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::native::NativeFacts;
use crate::native::{NativeInput, NativeProblem, NativeVariable, Problem, ResolvedBy};

/// What the crates that are built need besides Rust.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Native {
    /// Whose edges tell what is built; null without a lock.
    pub resolved_by: Option<ResolvedBy>,
    /// Libraries of the host.
    pub build_inputs: Vec<NativeInput>,
    /// Programs of the build.
    pub native_build_inputs: Vec<NativeInput>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Why each variable is set.
    pub env_reasons: Vec<NativeVariable>,
    /// What build scripts would download: no build in Nix's sandbox succeeds
    /// unless it is fetched with Nix.
    pub downloads: Vec<Download>,
}

/// Something that a build script would download.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Download {
    /// The crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// What it does.
    pub reason: String,
    /// The variables that packagers set to what they fetched.
    pub variables: Vec<String>,
}

impl Native {
    pub(super) fn new(facts: &NativeFacts) -> Self {
        let inputs = &facts.inputs;
        // Of several values of a variable, the first counts.
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
