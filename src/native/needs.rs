//! What one crate needs, as it is built on a platform, and how we know.
//!
//! The strongest evidence counts alone: a row of our table; then what the
//! manifest says to others that build it (`system-deps`, `pkg-config`); then
//! what the build script does.

use std::collections::BTreeSet;

use serde::Serialize;

use super::build_script::What;
use super::cfg::CfgSet;
use super::graph::GraphCrate;
use super::source_facts::CrateDigest;
use super::table::{EnvValue, NativeTable, Need, PkgConfigTable, Preferences, Situation};
use crate::target::Platform;

/// Something that a crate needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrateNeed {
    /// What.
    pub what: Needed,
    /// Why, for people.
    pub reason: String,
    /// How we know.
    pub evidence: Evidence,
}

/// What a crate may need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// A library, by its attribute path below `pkgs`.
    Library(String),
    /// A program, likewise.
    Program(String),
    /// An environment variable.
    Variable(String, EnvValue),
}

/// How something is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A row of our table, with its own evidence.
    Table(String),
    /// What stands in the manifest.
    Manifest(String),
    /// What the build script does, and where.
    BuildScript(String),
    /// What stands in the root of the crate.
    Source(String),
}

/// What keeps a crate from being built, or from being understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// It downloads; the variables are those that packagers set.
    Download(String, BTreeSet<String>),
    /// It is native, and nothing is known of it.
    Unknown(String),
    /// It needs a module of pkg-config that no attribute is known for.
    UnknownModule(String),
    /// Its build script couldn't be read.
    Unreadable(String),
    /// It loads something when the program runs.
    Runtime(String),
}

/// All that is known of one crate's needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrateNeeds {
    /// What it needs.
    pub needs: Vec<CrateNeed>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The crates whose needs don't count, though it depends on them.
    pub unused: BTreeSet<String>,
    /// Whether this counts only where a build script calls the crate.
    pub is_for_build_scripts: bool,
}

/// A crate as it is built on a platform.
#[derive(Clone, Copy)]
pub struct BuiltAs<'a> {
    /// The crate.
    pub krate: &'a GraphCrate,
    /// What is kept of its text, where it could be had.
    pub digest: Option<&'a CrateDigest>,
    /// Its features; `None` where only the lock is known.
    pub features: Option<&'a BTreeSet<&'a str>>,
    /// What it depends on as it is built.
    pub dependencies: &'a BTreeSet<&'a str>,
    /// The platform.
    pub platform: Platform,
    /// What is set there, features included.
    pub cfgs: &'a CfgSet,
    /// Whether it becomes part of a module that Python loads.
    pub is_loaded: bool,
    /// What the user prefers.
    pub preferences: &'a Preferences,
}

impl BuiltAs<'_> {
    /// Says what the crate needs.
    #[must_use]
    pub fn needs(&self) -> CrateNeeds {
        let mut found = self.by_table().unwrap_or_else(|| {
            let mut found = CrateNeeds::default();
            if !self.by_manifest(&mut found) {
                self.by_build_script(&mut found);
            }
            found
        });
        self.unstable(&mut found);
        found
    }

    fn by_table(&self) -> Option<CrateNeeds> {
        let situation = Situation {
            name: &self.krate.name,
            version: &self.krate.version,
            features: self.features,
            dependencies: self.dependencies,
            cfgs: self.cfgs,
            is_loaded: self.is_loaded,
            preferences: self.preferences,
        };
        let mut found = CrateNeeds::default();
        for row in NativeTable::built_in().holding(&situation)? {
            let evidence = Evidence::Table(row.evidence.clone());
            let need = |what| CrateNeed {
                what,
                reason: row.note.clone(),
                evidence: evidence.clone(),
            };
            let libraries = row.build_inputs.iter().cloned().map(Needed::Library);
            let programs = row.native_build_inputs.iter().cloned().map(Needed::Program);
            let env = row.env.iter();
            let variables = env.map(|(name, value)| Needed::Variable(name.clone(), value.clone()));
            found
                .needs
                .extend(libraries.chain(programs).chain(variables).map(need));
            found.unused.extend(row.unused.iter().cloned());
            found.is_for_build_scripts |= row.called;
            match row.need {
                Need::Net => {
                    let problem = Problem::Download(row.note.clone(), row.variables.clone());
                    found.problems.push(problem);
                }
                Need::Runtime => found.problems.push(Problem::Runtime(row.note.clone())),
                _ => {}
            }
        }
        Some(found)
    }

    /// `[package.metadata.system-deps]` and `[package.metadata.pkg-config]`.
    fn by_manifest(&self, found: &mut CrateNeeds) -> bool {
        let metadata = &self.krate.metadata;
        let mut modules: Vec<(String, &str)> = Vec::new();
        if let Some(table) = metadata.get("system-deps").and_then(|t| t.as_object()) {
            for (key, value) in table {
                // `[package.metadata.system-deps.'cfg(...)']` holds tables.
                if key.starts_with("cfg(") {
                    let holds = key.parse().is_ok_and(|target| self.cfgs.is_target(&target));
                    let inner = value.as_object().filter(|_| holds);
                    let inner = inner.into_iter().flatten();
                    modules.extend(inner.filter_map(|(key, value)| {
                        Some((self.module(key, value)?, "system-deps"))
                    }));
                } else {
                    modules.extend(self.module(key, value).map(|m| (m, "system-deps")));
                }
            }
        }
        if let Some(table) = metadata.get("pkg-config").and_then(|t| t.as_object()) {
            modules.extend(table.keys().map(|key| (key.clone(), "pkg-config")));
        }
        for (module, key) in &modules {
            let evidence = Evidence::Manifest(format!("package.metadata.{key} names {module}"));
            self.take_module(module, &evidence, found);
        }
        !modules.is_empty()
    }

    /// The module that an entry of `system-deps` asks for as it is built.
    fn module(&self, key: &str, value: &serde_json::Value) -> Option<String> {
        let feature = value.get("feature").and_then(|f| f.as_str());
        let is_optional = value.get("optional").and_then(serde_json::Value::as_bool);
        let is_on = |feature: &str| self.features.is_none_or(|on| on.contains(feature));
        if feature.is_some_and(|feature| !is_on(feature)) || is_optional == Some(true) {
            return None;
        }
        let name = value.get("name").and_then(|n| n.as_str()).unwrap_or(key);
        Some(name.to_owned())
    }

    fn take_module(&self, module: &str, evidence: &Evidence, found: &mut CrateNeeds) {
        let Some(row) = PkgConfigTable::built_in().find(module) else {
            found
                .problems
                .push(Problem::UnknownModule(module.to_owned()));
            return;
        };
        if row.linux_only && !self.platform.is_linux() {
            return;
        }
        found.needs.push(CrateNeed {
            what: Needed::Library(row.attr.clone()),
            reason: format!("asks pkg-config for {module}"),
            evidence: evidence.clone(),
        });
    }

    fn by_build_script(&self, found: &mut CrateNeeds) {
        let is_native = self.krate.links.is_some()
            || self.krate.name.ends_with("-sys")
            || self.krate.name.ends_with("_sys");
        let script = self.digest.map(|digest| &digest.script);
        let Some(script) = script.filter(|script| script.exists) else {
            // Without a build script, a crate links what `#[link]` says.
            if is_native && self.digest.is_none() {
                found
                    .problems
                    .push(Problem::Unknown("its text couldn't be had".to_owned()));
            }
            return;
        };
        if let Some(message) = &script.unreadable {
            found.problems.push(Problem::Unreadable(message.clone()));
            return;
        }
        let (mut is_known, mut linked) = (false, BTreeSet::new());
        for find in script.done_with(self.cfgs, self.features.is_some()) {
            let evidence = |what: &str| Evidence::BuildScript(format!("{}: {what}", find.place));
            match &find.what {
                What::PkgConfig(module) => {
                    is_known = true;
                    self.take_module(module, &evidence(&format!("pkg-config {module}")), found);
                }
                What::Program(name) => is_known |= take_program(name, &evidence(name), found),
                What::Uses(name) => {
                    // These build, or call what the table knows.
                    is_known |= matches!(
                        name.as_str(),
                        "cc" | "cmake" | "autotools" | "bindgen" | "cxx_build" | "nasm_rs"
                    );
                }
                What::Links(name) => {
                    linked.extend(name.iter().filter(|name| !is_of_the_system(name)).cloned());
                }
            }
        }
        found.needs.sort();
        found.needs.dedup();
        if is_native && !is_known && !linked.is_empty() {
            let names: Vec<_> = linked.into_iter().collect();
            let message = format!("its build script links {}", names.join(", "));
            found.problems.push(Problem::Unknown(message));
        }
    }

    fn unstable(&self, found: &mut CrateNeeds) {
        let Some(digest) = self.digest else {
            return;
        };
        let features: Vec<_> = digest.unstable_on(self.cfgs).collect();
        if features.is_empty() || (self.features.is_none() && !self.krate.is_local) {
            return;
        }
        let value = EnvValue::Text("1".to_owned());
        found.needs.push(CrateNeed {
            what: Needed::Variable("RUSTC_BOOTSTRAP".to_owned(), value),
            reason: format!("turns on unstable features: {}", features.join(", ")),
            evidence: Evidence::Source("`#![feature(...)]` in the crate's root".to_owned()),
        });
    }
}

/// Takes a program that a build script runs; whether it is known.
fn take_program(name: &str, evidence: &Evidence, found: &mut CrateNeeds) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let Some(program) = NativeTable::built_in().program(name) else {
        return false;
    };
    if program.is_download {
        let message = format!("its build script runs {name}");
        found
            .problems
            .push(Problem::Download(message, BTreeSet::new()));
    } else if !program.attr.is_empty() {
        found.needs.push(CrateNeed {
            what: Needed::Program(program.attr.clone()),
            reason: format!("runs {name} in its build script"),
            evidence: evidence.clone(),
        });
    }
    true
}

/// Whether every compiler of Linux and macOS links it without more.
fn is_of_the_system(library: &str) -> bool {
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
