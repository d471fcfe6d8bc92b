//! What one crate needs, as it is built on a platform, and the evidence.
//!
//! Only the strongest evidence counts: the rows of our table, then what the
//! manifest tells other build tools (`system-deps`, `pkg-config`), then what
//! the build script does.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::build_script::Action;
use super::graph::GraphCrate;
use super::source_facts::SourceFacts;
use super::table::{BuildContext, EnvValue, NativeTable, Need, PkgConfigTable};
use crate::target::Platform;

/// What a crate needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "WhyNeed")]
pub struct CrateNeed {
    /// An attribute path below `pkgs`, or `NAME=VALUE` for a variable.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub what: Needed,
    /// Why.
    pub reason: String,
    /// How that is known.
    pub evidence: Evidence,
}

/// Something that a crate needs. It is displayed as Nix refers to it:
/// `pkgs.openssl`, or `NAME=VALUE` for a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// A library: an attribute path below `pkgs`.
    Library(String),
    /// A program: an attribute path below `pkgs`.
    Program(String),
    /// An environment variable.
    Variable(String, EnvValue),
}

impl Needed {
    /// The attribute path or the variable's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Library(name) | Self::Program(name) | Self::Variable(name, _) => name,
        }
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(attr) | Self::Program(attr) => write!(f, "pkgs.{attr}"),
            Self::Variable(name, value) => write!(f, "{name}={value}"),
        }
    }
}

/// How something is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A row of our table, with its own evidence.
    Table(String),
    /// What the crate's `Cargo.toml` says.
    Manifest(String),
    /// What the build script does, and where.
    BuildScript(String),
    /// What the crate's root module has.
    Source(String),
}

/// Why a crate doesn't build in Nix's sandbox, or why its needs are unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// The build downloads something. The variables are those that packages in
    /// nixpkgs set to what they fetched.
    Download(String, BTreeSet<String>),
    /// The crate is native, but nothing shows what it needs.
    Unknown(String),
    /// The crate needs a module of pkg-config that the table lacks.
    UnknownModule(String),
    /// The build script couldn't be read.
    Unreadable(String),
    /// The program loads something when it runs.
    Runtime(String),
}

/// The needs of a crate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrateNeeds {
    pub needs: Vec<CrateNeed>,
    pub problems: Vec<Problem>,
    /// The names of dependencies that the crate makes no use of: their needs
    /// don't count for it.
    pub unused: BTreeSet<String>,
    /// Whether the needs count only if a build script calls the crate.
    pub is_for_build_scripts: bool,
}

/// A crate as it is built on a platform.
#[derive(Clone, Copy)]
pub struct CrateBuild<'a> {
    pub krate: &'a GraphCrate,
    /// `None` if the crate couldn't be downloaded.
    pub facts: Option<&'a SourceFacts>,
    pub platform: Platform,
    pub context: BuildContext<'a>,
}

impl CrateBuild<'_> {
    /// Works out what the crate needs.
    pub fn find_needs(&self) -> CrateNeeds {
        let mut needs = self.needs_from_table().unwrap_or_else(|| {
            let mut needs = CrateNeeds::default();
            if !self.add_from_manifest(&mut needs) {
                self.add_from_build_script(&mut needs);
            }
            needs
        });
        self.add_bootstrap(&mut needs);
        needs
    }

    fn needs_from_table(&self) -> Option<CrateNeeds> {
        let table = NativeTable::built_in();
        let rows = table.matching_rows(&self.krate.name, &self.krate.version, &self.context)?;
        let mut needs = CrateNeeds::default();
        for row in rows {
            let libraries = row.build_inputs.iter().cloned().map(Needed::Library);
            let programs = row.native_build_inputs.iter().cloned().map(Needed::Program);
            let variables = row
                .env
                .iter()
                .map(|(name, value)| Needed::Variable(name.clone(), value.clone()));
            let all = libraries.chain(programs).chain(variables);
            needs.needs.extend(all.map(|what| CrateNeed {
                what,
                reason: row.note.clone(),
                evidence: Evidence::Table(row.evidence.clone()),
            }));
            needs.unused.extend(row.unused.iter().cloned());
            needs.is_for_build_scripts |= row.called;
            match row.need {
                Need::Net => {
                    let problem = Problem::Download(row.note.clone(), row.variables.clone());
                    needs.problems.push(problem);
                }
                Need::Runtime => needs.problems.push(Problem::Runtime(row.note.clone())),
                _ => {}
            }
        }
        Some(needs)
    }

    /// Adds the modules of `[package.metadata.system-deps]` and
    /// `[package.metadata.pkg-config]`. Returns whether there are any.
    fn add_from_manifest(&self, needs: &mut CrateNeeds) -> bool {
        let metadata = |key: &str| self.krate.metadata.get(key)?.as_object();
        let mut modules: Vec<(String, &str)> = Vec::new();
        for (key, value) in metadata("system-deps").into_iter().flatten() {
            // `[package.metadata.system-deps.'cfg(...)']` has tables.
            if key.starts_with("cfg(") {
                let target = key.parse();
                let holds = target.is_ok_and(|target| self.context.cfgs.is_target(&target));
                let inner = value.as_object().filter(|_| holds);
                let inner = inner.into_iter().flatten();
                modules.extend(inner.filter_map(|(key, value)| {
                    Some((self.system_deps_module(key, value)?, "system-deps"))
                }));
            } else {
                let module = self.system_deps_module(key, value);
                modules.extend(module.map(|module| (module, "system-deps")));
            }
        }
        let pkg_config = metadata("pkg-config").into_iter().flatten();
        modules.extend(pkg_config.map(|(key, _)| (key.clone(), "pkg-config")));
        for (module, key) in &modules {
            let evidence = Evidence::Manifest(format!("package.metadata.{key} names {module}"));
            self.add_module(module, evidence, needs);
        }
        !modules.is_empty()
    }

    /// The module of an entry of `system-deps`; `None` if it is optional or
    /// its feature is off.
    fn system_deps_module(&self, key: &str, value: &serde_json::Value) -> Option<String> {
        let feature = value.get("feature").and_then(|feature| feature.as_str());
        let is_optional = value.get("optional").and_then(serde_json::Value::as_bool);
        if feature.is_some_and(|feature| !self.context.has_feature(feature))
            || is_optional == Some(true)
        {
            return None;
        }
        let name = value.get("name").and_then(|name| name.as_str());
        Some(name.unwrap_or(key).to_owned())
    }

    fn add_module(&self, module: &str, evidence: Evidence, needs: &mut CrateNeeds) {
        let Some(row) = PkgConfigTable::built_in().find(module) else {
            let problem = Problem::UnknownModule(module.to_owned());
            needs.problems.push(problem);
            return;
        };
        if row.linux_only && !self.platform.is_linux() {
            return;
        }
        needs.needs.push(CrateNeed {
            what: Needed::Library(row.attr.clone()),
            reason: format!("asks pkg-config for {module}"),
            evidence,
        });
    }

    fn add_from_build_script(&self, needs: &mut CrateNeeds) {
        let is_native = self.krate.links.is_some()
            || self.krate.name.ends_with("-sys")
            || self.krate.name.ends_with("_sys");
        let script = self.facts.map(|facts| &facts.script);
        let Some(script) = script.filter(|script| script.exists) else {
            // A crate without a build script links libraries by `#[link]`
            // alone, which is not looked at.
            if is_native && self.facts.is_none() {
                let problem = Problem::Unknown("its text couldn't be had".to_owned());
                needs.problems.push(problem);
            }
            return;
        };
        if let Some(message) = &script.unreadable {
            needs.problems.push(Problem::Unreadable(message.clone()));
            return;
        }
        let (mut is_known, mut linked) = (false, BTreeSet::new());
        for finding in script.findings(self.context.cfgs, self.context.features.is_some()) {
            let evidence =
                |what: &str| Evidence::BuildScript(format!("{}: {what}", finding.location));
            match &finding.action {
                Action::PkgConfig(module) => {
                    is_known = true;
                    self.add_module(module, evidence(&format!("pkg-config {module}")), needs);
                }
                Action::Program(name) => is_known |= add_program(name, evidence(name), needs),
                Action::Uses(name) => {
                    // These crates build a library, or the table has what
                    // they need.
                    is_known |= matches!(
                        name.as_str(),
                        "cc" | "cmake" | "autotools" | "bindgen" | "cxx_build" | "nasm_rs"
                    );
                }
                Action::Links(name) => {
                    linked.extend(name.iter().filter(|name| !is_in_toolchain(name)).cloned());
                }
            }
        }
        needs.needs.sort();
        needs.needs.dedup();
        if is_native && !is_known && !linked.is_empty() {
            let names: Vec<_> = linked.into_iter().collect();
            let message = format!("its build script links {}", names.join(", "));
            needs.problems.push(Problem::Unknown(message));
        }
    }

    /// Adds `RUSTC_BOOTSTRAP`, with which a stable compiler accepts unstable
    /// features.
    fn add_bootstrap(&self, needs: &mut CrateNeeds) {
        let Some(facts) = self.facts else {
            return;
        };
        let features: Vec<_> = facts.unstable_with(self.context.cfgs).collect();
        if features.is_empty() || (self.context.features.is_none() && !self.krate.is_local) {
            return;
        }
        let value = EnvValue::Text("1".to_owned());
        needs.needs.push(CrateNeed {
            what: Needed::Variable("RUSTC_BOOTSTRAP".to_owned(), value),
            reason: format!("turns on unstable features: {}", features.join(", ")),
            evidence: Evidence::Source("`#![feature(...)]` in the crate's root".to_owned()),
        });
    }
}

/// Serializes a value as the text that it is displayed as.
pub(super) fn as_text<S: Serializer>(
    value: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Adds what a program needs that a build script runs. Returns whether the
/// table has the program.
fn add_program(name: &str, evidence: Evidence, needs: &mut CrateNeeds) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let Some(program) = NativeTable::built_in().program(name) else {
        return false;
    };
    if program.is_download {
        let message = format!("its build script runs {name}");
        let problem = Problem::Download(message, BTreeSet::new());
        needs.problems.push(problem);
    } else if !program.attr.is_empty() {
        needs.needs.push(CrateNeed {
            what: Needed::Program(program.attr.clone()),
            reason: format!("runs {name} in its build script"),
            evidence,
        });
    }
    true
}

/// Whether the C toolchains of Linux and macOS come with a library.
pub fn is_in_toolchain(library: &str) -> bool {
    matches!(
        library,
        "c" | "m"
            | "dl"
            | "rt"
            | "util"
            | "pthread"
            | "stdc++"
            | "c++"
            | "c++abi"
            | "gcc_s"
            | "gcc"
            | "iconv"
            | "System"
            | "objc"
            | "resolv"
            | "atomic"
    )
}
