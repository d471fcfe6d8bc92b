//! The libraries, programs and variables of a build in reports.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::native::NativeFacts;
use crate::native::needs::Needed;
use crate::native::{Evidence, NativeInput, NativeProblem, NativeVariable, Problem, ResolvedBy};
use crate::python_native::{PythonNative, PythonNeed};
use crate::target::Platform;

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

/// What an extension module in C, C++ or Fortran needs to build.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExtensionInput {
    /// Where the override adds it.
    pub kind: ExtensionInputKind,
    /// The attribute's path below `pkgs`, or the name of the variable.
    pub name: String,
    /// The value of a variable.
    pub value: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How that is known.
    pub evidence: Evidence,
    /// The platforms that it is needed on, by Nix's names.
    #[schemars(with = "Vec<String>")]
    pub platforms: BTreeSet<Platform>,
}

/// Where an override adds what an extension module needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionInputKind {
    /// A library, in `buildInputs`.
    Library,
    /// A program that the build runs, in `nativeBuildInputs`.
    Program,
    /// An environment variable, in `env`.
    Variable,
}

impl ExtensionInput {
    pub(super) fn all(native: &PythonNative) -> Vec<Self> {
        native.all().map(Self::new).collect()
    }

    fn new(need: &PythonNeed) -> Self {
        let (kind, value) = match &need.what {
            Needed::Library(_) => (ExtensionInputKind::Library, None),
            Needed::Program(_) => (ExtensionInputKind::Program, None),
            Needed::Variable(_, value) => (ExtensionInputKind::Variable, Some(value.to_string())),
        };
        Self {
            kind,
            name: need.what.name().to_owned(),
            value,
            reason: need.reason.clone(),
            evidence: need.evidence.clone(),
            platforms: need.platforms.clone(),
        }
    }

    /// Whether a user means it by a name: that of the variable or attribute, or
    /// the attribute's last part.
    pub(super) fn is_meant_by(&self, name: &str) -> bool {
        self.name == name || self.name.rsplit('.').next() == Some(name)
    }
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

/// As Nix refers to it: `pkgs.openssl`, or `NAME=VALUE` for a variable.
impl std::fmt::Display for ExtensionInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value}", self.name),
            None => write!(f, "pkgs.{}", self.name),
        }
    }
}
