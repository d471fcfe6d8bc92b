//! The native side of a project, as it is printed.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::native::NativeFacts;
use crate::native::{EnvValue, Evidence, NativeInput, NativeProblem, NativeVariable, Problem};
use crate::target::Platform;

/// What the crates that are built need besides Rust.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Native {
    /// Whose edges tell what is built; null without a lock.
    pub resolved_by: Option<ResolvedBy>,
    /// Libraries of the host.
    pub build_inputs: Vec<Input>,
    /// Programs of the build.
    pub native_build_inputs: Vec<Input>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Why each variable is set.
    pub env_reasons: Vec<Variable>,
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

/// Whose edges tell what is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// Cargo's, with features and platforms.
    Cargo,
    /// The lock's, which are those of every feature and platform.
    Lock,
}

/// A nixpkgs attribute and why it is needed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Input {
    /// The attribute's path below `pkgs`.
    pub attr: String,
    /// The crate that needs it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why.
    pub reason: String,
    /// How that is known.
    pub evidence: Evidence,
    /// The platforms that it is needed on, by Nix's names.
    pub platforms: Vec<String>,
}

/// An environment variable and why it is set.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Variable {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The crate that reads it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The crate's version.
    pub version: String,
    /// Why.
    pub reason: String,
    /// How that is known.
    pub evidence: Evidence,
    /// The platforms that it is set on, by Nix's names.
    pub platforms: Vec<String>,
}

impl Native {
    pub(super) fn new(facts: &NativeFacts) -> Self {
        let list = |inputs: &[NativeInput]| inputs.iter().map(Input::new).collect();
        let inputs = &facts.inputs;
        let variables = inputs.env.iter();
        Self {
            resolved_by: resolved_by(facts),
            build_inputs: list(&inputs.build_inputs),
            native_build_inputs: list(&inputs.native_build_inputs),
            env: variables
                .clone()
                .rev()
                .map(|variable| (variable.name.clone(), shown(&variable.value)))
                .collect(),
            env_reasons: variables.map(Variable::new).collect(),
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

impl Input {
    fn new(input: &NativeInput) -> Self {
        let origin = &input.origin;
        Self {
            attr: input.attr.clone(),
            krate: origin.krate.clone(),
            version: origin.version.clone(),
            reason: origin.reason.clone(),
            evidence: origin.evidence.clone(),
            platforms: systems(&origin.platforms),
        }
    }
}

impl Variable {
    fn new(variable: &NativeVariable) -> Self {
        let origin = &variable.origin;
        Self {
            name: variable.name.clone(),
            value: shown(&variable.value),
            krate: origin.krate.clone(),
            version: origin.version.clone(),
            reason: origin.reason.clone(),
            evidence: origin.evidence.clone(),
            platforms: systems(&origin.platforms),
        }
    }
}

pub(super) fn resolved_by(facts: &NativeFacts) -> Option<ResolvedBy> {
    let graph = facts.graph.as_ref()?;
    Some(if graph.is_exact {
        ResolvedBy::Cargo
    } else {
        ResolvedBy::Lock
    })
}

pub(super) fn systems(platforms: &BTreeSet<Platform>) -> Vec<String> {
    let systems = platforms
        .iter()
        .map(|platform| platform.system().to_owned());
    systems.collect()
}

/// A variable's value, as Nix has it between quotes.
pub(super) fn shown(value: &EnvValue) -> String {
    match value {
        EnvValue::Text(text) => text.clone(),
        EnvValue::InPackage { package, path } => format!("${{pkgs.{package}}}{path}"),
    }
}
